//! One block a cause: in full with its source lines, or concise with a line a place.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{self, Ink};
use super::{Page, WIDTH, snippet};
use crate::model::{Finding, Location, Severity, StepKind};

/// Places quoted in full.
const FULL_PLACES: usize = 7;
/// Places of a concise block.
const CONCISE_PLACES: usize = 4;
/// Where values stand in a concise block.
const VALUE_COLUMN: usize = 38;
/// Things of a list that are named.
const ITEMS: usize = 8;

fn ink(severity: Severity) -> Ink {
    match severity {
        Severity::Error => Ink::Error,
        Severity::Warning => Ink::Warning,
        Severity::Note => Ink::Note,
    }
}

/// `error[rule]: title`, broken under the title where it is longer than a line.
fn headline(page: &Page<'_>, finding: &Finding) -> String {
    let head = format!("{}[{}]", finding.severity.name(), layout::one_line(&finding.rule));
    let indent = layout::width(&head) + 2;
    let message = page.say(&finding.message);
    // Beside a long rule a long word would be broken.
    let longest = message.split_whitespace().map(layout::width).max().unwrap_or(0);
    let below = indent > WIDTH / 2 || indent + longest > WIDTH;
    let room = if below { WIDTH - 8 } else { WIDTH - indent };
    let mut lines = layout::wrap(&message, room).into_iter();
    let color = page.options.color;
    let mut out = layout::paint(&head, ink(finding.severity), color);
    if below {
        out.push(':');
    } else {
        out.push_str(&layout::paint(&format!(": {}", lines.next().unwrap_or_default()), Ink::Strong, color));
    }
    out.push('\n');
    for line in lines {
        out.push_str(&" ".repeat(WIDTH - room));
        out.push_str(&layout::paint(&line, Ink::Strong, color));
        out.push('\n');
    }
    out
}

/// The places of a finding: the same thing at the same place is said once, for all its environments.
fn places(finding: &Finding) -> Vec<Location> {
    let mut places: Vec<Location> = Vec::new();
    for location in &finding.locations {
        // A second word about the same place and environment says nothing new.
        let said = |place: &Location| place.span == location.span && place.environment == location.environment;
        // What only holds the value, a list or a table around it, is seen from the value.
        let bare = location.label.is_empty() || location.environment.as_ref() == Some(&location.label);
        let around =
            |place: &Location| bare && location.span.contains(place.span) && place.environment == location.environment;
        if places.iter().any(|place| said(place) || around(place)) {
            continue;
        }
        let same = places.iter_mut().find(|place| place.span == location.span && place.label == location.label);
        match (same, &location.environment) {
            (Some(place), Some(name)) => match &mut place.environment {
                Some(names) if names.split(", ").any(|known| known == name) => {}
                Some(names) => layout::add(names, format_args!(", {name}")),
                none => *none = Some(name.clone()),
            },
            (Some(_), None) => {}
            (None, _) => places.push(location.clone()),
        }
    }
    places
}

/// The rules that are folded into a finding, by first appearance, with how often; and how many findings they are.
fn folded(page: &Page<'_>, finding: &Finding) -> (Vec<String>, usize) {
    let mut rules: Vec<&str> = Vec::new();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let own = page.audit.findings.iter().filter(|other| {
        other.suppressed.is_none()
            && other.part_of.as_deref() == Some(&finding.fingerprint)
            && other.project == finding.project
    });
    for other in own {
        if !rules.contains(&other.rule.as_str()) {
            rules.push(&other.rule);
        }
        *times.entry(&other.rule).or_default() += 1;
    }
    let total = times.values().sum();
    let named = rules.iter().map(|rule| match times.get(rule) {
        Some(n) if *n > 1 => format!("{rule} ({n} times)"),
        _ => (*rule).to_owned(),
    });
    (named.collect(), total)
}

/// What is listed, where the places do not say it already.
fn items(page: &Page<'_>, finding: &Finding) -> Option<String> {
    let said: String = finding
        .locations
        .iter()
        .map(|location| location.label.as_str())
        .chain([finding.message.as_str()])
        .collect::<Vec<_>>()
        .join("\n");
    if finding.items.iter().all(|item| layout::has_word(&said, &item.key)) {
        return None;
    }
    let one = |item: &crate::model::Item| page.say(&item.words());
    let mut text: Vec<String> = finding.items.iter().take(ITEMS).map(one).collect();
    if finding.items.len() > ITEMS {
        text.push(format!("and {} more", finding.items.len() - ITEMS));
    }
    Some(text.join(", "))
}

fn lowered(page: &Page<'_>, finding: &Finding) -> Option<String> {
    let lowered = finding.lowered.as_ref()?;
    let article = if lowered.from == Severity::Error { "an" } else { "a" };
    Some(format!("not {article} {}, because {}", lowered.from.name(), page.say(&lowered.because)))
}

/// A finding with its source lines.
pub(super) fn full(page: &Page<'_>, finding: &Finding) -> String {
    let mut out = headline(page, finding);
    let places = places(finding);
    let shown = &places[..places.len().min(FULL_PLACES)];
    let (drawn, gutter) = snippet::draw(page, finding.severity, shown);
    out.push_str(&drawn);
    let mut remarks: Vec<(&str, String)> = Vec::new();
    if places.len() > FULL_PLACES {
        let more = places.len() - FULL_PLACES;
        remarks.push(("note", format!("and {more} more {}", if more == 1 { "place" } else { "places" })));
    }
    remarks.extend(items(page, finding).map(|items| ("note", items)));
    let (rules, total) = folded(page, finding);
    if total > 0 {
        remarks.push(("note", format!("the cause of {}: {}", layout::count(total, "more finding"), rules.join(", "))));
    }
    remarks.extend(finding.notes.iter().map(|note| ("note", page.say(note))));
    remarks.extend(lowered(page, finding).map(|lowered| ("note", lowered)));
    if !finding.help.trim().is_empty() {
        remarks.push(("help", page.say(&finding.help)));
    }
    let color = page.options.color;
    let margin = " ".repeat(gutter + 1);
    if !remarks.is_empty() {
        layout::add(&mut out, format_args!("{margin}{}\n", layout::paint("|", Ink::Quiet, color)));
    }
    for (kind, text) in remarks {
        let indent = gutter + 1 + 2 + kind.len() + 2;
        for (at, line) in layout::wrap(&text, WIDTH - indent).iter().enumerate() {
            if at == 0 {
                let word = layout::paint(kind, if kind == "help" { Ink::Help } else { Ink::Note }, color);
                layout::add(
                    &mut out,
                    format_args!("{margin}{} {word}: {line}\n", layout::paint("=", Ink::Quiet, color)),
                );
            } else {
                layout::add(&mut out, format_args!("{}{line}\n", " ".repeat(indent)));
            }
        }
    }
    out
}

/// A finding as a headline and a line a place.
pub(super) fn concise(page: &Page<'_>, finding: &Finding) -> String {
    let mut out = headline(page, finding);
    let mut lines: BTreeSet<(String, Option<String>)> = BTreeSet::new();
    let mut places = places(finding);
    places.retain(|place| lines.insert((page.place(place.span), place.environment.clone())));
    for place in places.iter().take(CONCISE_PLACES) {
        out.push_str(&beside(&page.place(place.span), &value(page, place)));
    }
    let more = places.len().saturating_sub(CONCISE_PLACES);
    if more > 0 {
        layout::add(&mut out, format_args!("  and {more} more {}\n", if more == 1 { "place" } else { "places" }));
    }
    if let Some(items) = items(page, finding) {
        out.push_str(&layout::hang("  ", &items, WIDTH));
    }
    let (rules, total) = folded(page, finding);
    if total > 0 {
        out.push_str(&layout::hang("  same cause: ", &rules.join(", "), WIDTH));
    }
    for note in &finding.notes {
        out.push_str(&layout::hang("  ", &page.say(note), WIDTH));
    }
    if let Some(lowered) = lowered(page, finding) {
        out.push_str(&layout::hang("  ", &lowered, WIDTH));
    }
    out
}

/// What is said beside a place: its label, and what stands there where the label alone does not tell.
fn value(page: &Page<'_>, place: &Location) -> String {
    let label = page.label(place);
    let name = place.environment.as_deref().unwrap_or_default();
    let said = label.strip_prefix(name).unwrap_or(&label).trim_start_matches(':').trim();
    let there = || {
        // Of a value of several lines the first may be a bracket.
        let quoted = page.quoted(place.span);
        if quoted.contains(char::is_alphanumeric) { quoted } else { page.source_line(place.span) }
    };
    // What is copied says itself that it is.
    let bare = said.is_empty() || said == StepKind::CopiedFrom.words();
    match (name.is_empty(), bare, StepKind::is_word(said)) {
        (true, true, _) => there(),
        (false, true, _) => format!("{name}: {}", there()),
        (_, _, true) if place.span.start == place.span.end => format!("{label} this file"),
        (_, _, true) => format!("{label} {}", there()),
        _ => label,
    }
}

/// `  path:line      value`; a long path gets a line of its own, so that it stays whole.
fn beside(place: &str, value: &str) -> String {
    let place = format!("  {}", layout::cut_front(place, WIDTH - 2));
    if value.is_empty() {
        return format!("{place}\n");
    }
    let indent = VALUE_COLUMN - 1;
    let value = layout::cut(value, WIDTH - indent);
    if layout::width(&place) + 2 <= indent {
        format!("{}{value}\n", layout::pad(&place, indent))
    } else if layout::width(&place) + 2 + layout::width(&value) <= WIDTH {
        format!("{place}  {value}\n")
    } else {
        format!("{place}\n{}{value}\n", " ".repeat(indent))
    }
}
