//! `envs`: how the repository was understood.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{self, Ink};
use super::{Options, Page, WIDTH, header};
use crate::discover::Tree;
use crate::model::{Attr, Audit, Dimension, Environment, Evidence, Fact, Known, Unresolved};
use crate::report::values;

/// Where the second column of a row stands.
const SECOND: usize = 35;
/// Where the first stands; further right where names are longer, up to the second number.
const FIRST: usize = 13;
const FURTHEST: usize = 18;
/// Things that are not in the repository, listed for one environment.
const UNRESOLVED: usize = 8;
/// Steps of a chain that are shown.
const STEPS: usize = 4;

/// A label, a value and its place.
type Row = (String, String, String);

/// Where the first column stands beside labels.
fn first<'l>(labels: impl Iterator<Item = &'l str>) -> usize {
    labels.map(|label| layout::width(label) + 3).max().unwrap_or(0).clamp(FIRST, FURTHEST)
}

/// The report of `envs`.
pub fn envs(audit: &Audit, tree: &Tree, options: &Options) -> String {
    let page = Page::new(audit, tree, options);
    let model = &audit.model;
    let mut out = String::new();
    if let Some(nothing) = &model.nothing {
        out.push_str(&layout::hang("", &page.say(nothing), WIDTH));
    }
    let empty = model.environments.is_empty() && model.nothing.is_some();
    if !options.quiet && !empty {
        out.push_str(&layout::hang("", &heading(&page), WIDTH));
    }
    for environment in &model.environments {
        out.push('\n');
        one(&page, environment, &mut out);
    }
    out.push('\n');
    if model.nothing.is_none() {
        for (at, (role, why)) in model.not_found.iter().enumerate() {
            let head = if at == 0 { "Not found: " } else { "           " };
            let comma = if at + 1 < model.not_found.len() { "," } else { "" };
            let why = if why.is_empty() { String::new() } else { format!(" ({})", page.say(why)) };
            out.push_str(&layout::hang(head, &format!("{}{why}{comma}", role.name()), WIDTH));
        }
    }
    unresolved(&page, &mut out);
    if !options.quiet && model.nothing.is_none() {
        out.push_str(if options.has_config {
            "Wrong? Say it in [environments.NAME] of the configuration.\n"
        } else {
            "Wrong? paritylint init writes all of this to paritylint.toml for you to edit.\n"
        });
    }
    page.finish(&out)
}

fn heading(page: &Page<'_>) -> String {
    let projects = header::projects(page).len();
    let environments = page.audit.model.environments.len();
    let references: BTreeSet<&str> = page.audit.references.values().map(String::as_str).collect();
    let references: Vec<&str> = references.into_iter().collect();
    let reference = match references.as_slice() {
        [] => String::new(),
        [one] => format!(" Reference: {one}."),
        several => format!(" References: {}.", layout::list(several, "and")),
    };
    let counted = layout::count(environments, "environment");
    if projects == 0 {
        return format!("{counted}.");
    }
    format!("{counted} in {}.{reference}", layout::count(projects, "project"))
}

fn one(page: &Page<'_>, environment: &Environment, out: &mut String) {
    let several = header::projects(page).len() > 1;
    let project = if several { format!(" in {}", environment.project) } else { String::new() };
    let name = layout::pad(&format!("{}{project}", layout::one_line(&environment.name)), SECOND - 2);
    let name = layout::paint(&name, Ink::Strong, page.options.color);
    layout::add(out, format_args!("{name}  role {}, {}\n", environment.role.name(), environment.confidence.name()));
    let own = |dimension: Dimension| {
        page.audit.model.facts.iter().filter(move |fact| {
            fact.id.dimension == dimension
                && *fact.id.environment == *environment.name
                && *fact.id.project == *environment.project
        })
    };
    let mut rows: Vec<Row> = Vec::new();
    let images =
        own(Dimension::Image).filter(|fact| fact.id.component.as_deref().is_none_or(|name| name == fact.id.key));
    merged(page, "image", images, "reference", &mut rows);
    merged(page, "packages", own(Dimension::Package).filter(|fact| fact.id.key == "source"), "group", &mut rows);
    let selected = own(Dimension::Setting).filter(|fact| fact.id.key == "SETTINGS_MODULE");
    merged(page, "settings", selected, "value", &mut rows);
    // The list of all kinds of processes is for rules; the script that starts one is in the way to it.
    let runs = |fact: &&Fact| fact.get("runs").is_none() && fact.text("kind") != Some("entrypoint");
    for fact in own(Dimension::Process).filter(runs) {
        let bound = |command: String| match (fact.text("bind"), fact.text("port")) {
            (Some(bind), Some(port)) if !command.contains(port) => format!("{command}, {bind}:{port}"),
            _ => command,
        };
        let value = values::plain(fact, &page.redactor).map(bound);
        row(page, &fact.id.key, value, fact.get("command"), &mut rows);
        // Several jobs may run the same line of one script.
        let last = rows.pop();
        rows.extend(last.filter(|last| !rows.contains(last)));
    }
    for fact in own(Dimension::Service) {
        let product = fact.get("product").and_then(|attr| values::attribute(attr, &page.redactor));
        row(page, &fact.id.key, values::plain(fact, &page.redactor).or(product), fact.get("product"), &mut rows);
    }
    evidence(page, "because", &environment.because, &mut rows);
    evidence(page, "although", &environment.although, &mut rows);
    let first = first(rows.iter().map(|(label, ..)| label.as_str()));
    for row in &rows {
        columns(row, first, out);
    }
}

/// Rows of one kind: equal values of several components share one.
fn merged<'f>(
    page: &Page<'_>,
    label: &str,
    facts: impl Iterator<Item = &'f Fact>,
    attribute: &str,
    out: &mut Vec<Row>,
) {
    let mut rows: Vec<(Option<String>, Vec<&str>, &Attr)> = Vec::new();
    for fact in facts {
        let Some(attr) = fact.get(attribute) else { continue };
        let value = values::attribute(attr, &page.redactor).map(|value| {
            let mut seen = BTreeSet::new();
            let parts: Vec<&str> = value.split(" + ").filter(|part| seen.insert(*part)).collect();
            parts.join(" + ")
        });
        let component = fact.id.component.as_deref().unwrap_or("all");
        match rows.iter_mut().find(|(known, ..)| *known == value) {
            Some((_, components, _)) => components.push(component),
            None => rows.push((value, vec![component], attr)),
        }
    }
    let several = rows.len() > 1;
    for (at, (value, components, attr)) in rows.into_iter().enumerate() {
        let value = value.map(|value| if several { format!("{}: {value}", components.join(", ")) } else { value });
        row(page, if at == 0 { label } else { "" }, value, Some(attr), out);
        let Some(attr) = Some(attr).filter(|_| attribute != "reference") else { continue };
        for step in attr.origin.steps.iter().skip(1).take(STEPS) {
            let path = page.lines.path(step.span.file);
            let what = step.note.clone().unwrap_or_else(|| format!("{} {path}", step.kind.words()));
            let what = layout::cut(&page.say(&what), WIDTH - FURTHEST - 3);
            out.push((String::new(), format!("<- {what}"), page.place(step.span)));
        }
    }
}

fn row(page: &Page<'_>, label: &str, value: Option<String>, attr: Option<&Attr>, out: &mut Vec<Row>) {
    let value = match (value, attr.map(|attr| &attr.value)) {
        (Some(value), _) => page.say(&value),
        (None, Some(Known::Unknown(reason))) => format!("not known: {}", page.say(&reason.text)),
        (None, _) => "not known".to_owned(),
    };
    let mut place = attr.and_then(|attr| attr.origin.primary()).map(|span| page.place(span)).unwrap_or_default();
    if attr.is_some_and(|attr| attr.certainty.is_default() && !attr.value.is_unknown()) {
        let long = " (can be overridden outside)";
        place.push_str(if SECOND + layout::width(&place) + long.len() > WIDTH { " (default)" } else { long });
    }
    out.push((layout::cut(&page.say(label), 30), value, place.trim_start().to_owned()));
}

/// `  label      value                 place`, the place on a line of its own where it does not fit.
fn columns((label, value, place): &Row, first: usize, out: &mut String) {
    let head = if label.is_empty() { " ".repeat(first) } else { layout::pad(&format!("  {label}"), first - 1) + " " };
    let value = layout::cut(value, WIDTH - layout::width(&head));
    let line = layout::pad(&format!("{head}{value}"), SECOND - 1);
    if place.is_empty() {
        layout::add(out, format_args!("{}\n", line.trim_end()));
    } else if layout::width(&line) + 1 + layout::width(place) <= WIDTH {
        layout::add(out, format_args!("{line} {place}\n"));
    } else {
        let indent = if layout::width(place) <= WIDTH - SECOND { SECOND } else { first + 2 };
        layout::add(
            out,
            format_args!("{}\n{}{}\n", line.trim_end(), " ".repeat(indent), layout::cut_front(place, WIDTH - indent)),
        );
    }
}

fn evidence(page: &Page<'_>, label: &str, all: &[Evidence], out: &mut Vec<Row>) {
    // One reason is told once, at its first place.
    let mut texts: Vec<(&Evidence, String, usize)> = Vec::new();
    for one in all {
        let text = page.say(&one.text);
        match texts.iter_mut().find(|(_, known, _)| *known == text) {
            Some((.., more)) => *more += 1,
            None => texts.push((one, text, 0)),
        }
    }
    let to = texts.iter().map(|(_, text, _)| layout::width(text)).max().unwrap_or(0).min(42);
    for (at, (one, text, more)) in texts.into_iter().enumerate() {
        let empty = one.span.start == one.span.end;
        let place = if empty { layout::one_line(&page.lines.path(one.span.file)) } else { page.place(one.span) };
        let place = if more == 0 { place } else { format!("{place} and {more} more") };
        let label = if at == 0 { label } else { "" };
        out.push((label.to_owned(), layout::pad(&text, to), place));
    }
}

/// What the files do not decide, by environment, with the configuration that would.
fn unresolved(page: &Page<'_>, out: &mut String) {
    let mut by: BTreeMap<(&str, Option<&str>), Vec<&Unresolved>> = BTreeMap::new();
    for one in &page.audit.model.unresolved {
        by.entry((&one.project, one.environment.as_deref())).or_default().push(one);
    }
    if by.is_empty() {
        return;
    }
    out.push_str("Not in the repository, so not compared:\n");
    let first = first(by.keys().map(|(_, environment)| environment.unwrap_or("project")));
    for ((_, environment), all) in by {
        let rows = gathered(page, &all);
        for (at, (one, places)) in rows.iter().take(UNRESOLVED).enumerate() {
            let name = if at == 0 { layout::one_line(environment.unwrap_or("project")) } else { String::new() };
            let place = if places.is_empty() { String::new() } else { format!(" ({})", places.join(", ")) };
            let head = layout::pad(&format!("  {name}"), first - 1) + " ";
            let head = layout::pad(&format!("{head}{}", layout::cut(&page.say(&one.what), 34)), SECOND - 2) + "  ";
            out.push_str(&layout::hang(&head, &format!("{}{place}", page.say(&one.reason)), WIDTH));
        }
        if rows.len() > UNRESOLVED {
            let more = rows.len() - UNRESOLVED;
            layout::add(out, format_args!("{}and {more} more (check --format json)\n", " ".repeat(first)));
        }
        let answers = answers(&all, UNRESOLVED);
        let mut head = layout::pad(&format!("{}answer with", " ".repeat(first)), SECOND);
        if let (Some(environment), false) = (environment, answers.is_empty()) {
            out.push_str(&layout::hang(&head, &format!("[environments.{}]", layout::one_line(environment)), WIDTH));
            head = " ".repeat(SECOND);
        }
        for answer in answers {
            out.push_str(&layout::hang(&head, &page.say(&answer), WIDTH));
            head = " ".repeat(SECOND);
        }
    }
}

/// What is open, each with all the places where it shows.
fn gathered<'a>(page: &Page<'_>, all: &[&'a Unresolved]) -> Vec<(&'a Unresolved, Vec<String>)> {
    let mut rows: Vec<(&Unresolved, Vec<String>)> = Vec::new();
    for one in all.iter().copied() {
        let place = one.span.map(|span| page.place(span));
        match rows.iter_mut().find(|(known, _)| known.what == one.what && known.reason == one.reason) {
            Some((_, places)) => places.extend(place.filter(|place| !places.contains(place))),
            None => rows.push((one, place.into_iter().collect())),
        }
    }
    rows
}

/// The lines of configuration: names of `provides` are gathered in one.
pub(super) fn answers(all: &[&Unresolved], most: usize) -> Vec<String> {
    let mut provided: Vec<&str> = Vec::new();
    let mut others: Vec<&str> = Vec::new();
    for one in all.iter().take(most) {
        let Some(answer) = one.answer_with.as_deref() else { continue };
        let table = one.environment.as_ref().map(|name| format!("[environments.{name}]")).unwrap_or_default();
        let answer = answer.strip_prefix(&table).unwrap_or(answer).trim_start();
        let name = answer.strip_prefix("provides = [\"").and_then(|rest| rest.strip_suffix("\"]"));
        let list = if name.is_some() { &mut provided } else { &mut others };
        let said = name.unwrap_or(answer);
        if !list.contains(&said) {
            list.push(said);
        }
    }
    let provided = (!provided.is_empty()).then(|| format!("provides = [\"{}\"]", provided.join("\", \"")));
    provided.into_iter().chain(others.into_iter().map(str::to_owned)).collect()
}
