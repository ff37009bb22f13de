//! `why`: where one fact comes from.

use std::collections::BTreeSet;

use super::layout::{self, Ink};
use super::{Options, Page, WIDTH};
use crate::discover::Tree;
use crate::model::{Attr, Audit, Certainty, Dimension, Environment, Fact, Known, Span, near::distance, schema};
use crate::report::values;

/// Candidates that are named.
const CANDIDATES: usize = 12;
/// Where the places of a chain end.
const KIND_COLUMN: usize = 44;

/// What the words of a question ask for.
#[derive(Default)]
struct Question<'w> {
    environment: Option<&'w str>,
    dimension: Option<Dimension>,
    place: Option<(&'w str, usize)>,
    rest: Vec<&'w str>,
}

/// The origin chain of a fact; an error names the candidates, where the words fit several.
pub fn why(audit: &Audit, tree: &Tree, options: &Options, words: &[String]) -> Result<String, String> {
    let page = Page::new(audit, tree, options);
    let question = read(&page, words);
    let found = matching(&page, &question);
    let Some(first) = found.first() else { return Err(page.finish(&nothing(&page, &question, words))) };
    if found.iter().any(|fact| fact.id.dimension != first.id.dimension || fact.id.key != first.id.key) {
        return Err(page.finish(&several(&page, &found)));
    }
    let shown: Vec<String> = found.iter().map(|fact| one(&page, fact)).collect();
    Ok(page.finish(&shown.join("\n")))
}

fn read<'w>(page: &Page<'w>, words: &'w [String]) -> Question<'w> {
    let mut question = Question::default();
    for word in words {
        let place = word.trim_end_matches(':').rsplit_once(':').and_then(|(path, line)| {
            // `path:line:column` is what editors and `check` itself print.
            let before = path.rsplit_once(':').and_then(|(path, line)| Some((path, line.parse().ok()?)));
            before.or_else(|| Some((path, line.parse().ok()?)))
        });
        let environments = &page.audit.model.environments;
        if let Some(place) = place {
            question.place = Some(place);
        } else if let Some(name) =
            Environment::meant(environments.iter(), word).filter(|_| question.environment.is_none())
        {
            question.environment = Some(name);
        } else if question.dimension.is_none() && Dimension::of(word).is_some() {
            question.dimension = Dimension::of(word);
        } else {
            question.rest.push(word);
        }
    }
    question
}

/// The facts that a question means: by exact key, else by the key in any case, else by a part of a dotted key.
fn matching<'a>(page: &Page<'a>, question: &Question<'_>) -> Vec<&'a Fact> {
    let mut candidates: Vec<&Fact> = page
        .audit
        .model
        .facts
        .iter()
        .filter(|fact| question.environment.is_none_or(|name| *fact.id.environment == *name))
        .filter(|fact| question.dimension.is_none_or(|dimension| fact.id.dimension == dimension))
        .collect();
    if let Some((path, line)) = question.place {
        let here = |span: Span| {
            let place = page.lines.place(span);
            let path = path.trim_start_matches("./");
            (place.path == path || page.lines.file(span.file) == path) && (place.line..=place.end_line).contains(&line)
        };
        let written = |fact: &&Fact| fact.attributes.values().any(|attr| attr.origin.primary().is_some_and(here));
        let passed =
            |fact: &&Fact| fact.attributes.values().any(|attr| attr.origin.steps.iter().any(|step| here(step.span)));
        let first: Vec<&Fact> = candidates.iter().copied().filter(written).collect();
        candidates = if first.is_empty() { candidates.into_iter().filter(passed).collect() } else { first };
    }
    if question.rest.is_empty() && question.place.is_none() && question.dimension.is_none() {
        return Vec::new();
    }
    let component = |fact: &Fact, word: &str| fact.id.component.as_deref() == Some(word);
    let tests: [fn(&str, &str) -> bool; 3] = [
        |key, word| key == word,
        |key, word| key.eq_ignore_ascii_case(word),
        |key, word| key.rsplit('.').next() == Some(word) || key.split('.').next() == Some(word),
    ];
    for test in tests {
        let fits = |fact: &&&Fact| question.rest.iter().all(|word| test(&fact.id.key, word) || component(fact, word));
        let keyed =
            |fact: &&&Fact| question.rest.is_empty() || question.rest.iter().any(|word| test(&fact.id.key, word));
        let found: Vec<&Fact> = candidates.iter().filter(|fact| fits(fact) && keyed(fact)).copied().collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn command(page: &Page<'_>, fact: &Fact) -> String {
    let component = fact.id.component.as_deref().filter(|name| *name != fact.id.key);
    let component = component.map(|name| format!(" {name}")).unwrap_or_default();
    let start = page.say(&format!("  paritylint why {} {}", fact.id.environment, fact.id.dimension.name()));
    let key = page.say(&format!("{}{component}", fact.id.key));
    // Long ones stay whole, so that they can be pasted.
    if layout::width(&start) + 1 + layout::width(&key) <= WIDTH {
        format!("{start} {key}\n")
    } else {
        format!("{start} \\\n    {key}\n")
    }
}

fn several(page: &Page<'_>, found: &[&Fact]) -> String {
    let commands: BTreeSet<String> = found.iter().map(|fact| command(page, fact)).collect();
    let mut out = format!("{} fit; ask for one of them:\n", layout::count(commands.len(), "fact"));
    out.extend(commands.iter().take(CANDIDATES).map(String::as_str));
    if commands.len() > CANDIDATES {
        layout::add(&mut out, format_args!("  and {} more\n", commands.len() - CANDIDATES));
    }
    out
}

fn nothing(page: &Page<'_>, question: &Question<'_>, words: &[String]) -> String {
    let asked = page.say(&words.join(" "));
    if words.is_empty() {
        return "Ask for a fact: paritylint why ENVIRONMENT DIMENSION KEY\n".to_owned();
    }
    if let (Some(name), true, None) = (question.environment, question.rest.is_empty(), question.place) {
        let ask = format!(
            "{name} is an environment; ask for a fact of it, as in `paritylint why {name} setting DEBUG`. \
             `paritylint envs` shows what was found, `paritylint compare --all` every fact."
        );
        return beside_error(&page.say(&ask));
    }
    let mut out = beside_error(&format!("Nothing is known of `{asked}`."));
    for one in &page.audit.model.unresolved {
        let fits = |word: &&str| layout::has_word(&one.what, word);
        if question.rest.iter().any(fits)
            && question.environment.is_none_or(|name| one.environment.as_deref() == Some(name))
        {
            let whose = one.environment.as_deref().map(|name| format!("{name}: ")).unwrap_or_default();
            out.push_str(&layout::hang("  ", &page.say(&format!("{whose}{}: {}", one.what, one.reason)), WIDTH));
        }
    }
    let commands = near(page, question);
    if !commands.is_empty() {
        out.push_str("What comes near:\n");
        out.extend(commands.iter().take(CANDIDATES).map(String::as_str));
    } else if question.environment.is_none() && !page.audit.model.environments.is_empty() {
        let names: BTreeSet<&str> = page.audit.model.environments.iter().map(|one| one.name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        out.push_str(&layout::hang("", &format!("The environments are {}.", layout::list(&names, "and")), WIDTH));
        out.push_str("`paritylint compare --all` shows every fact.\n");
    }
    out
}

/// A sentence that stands behind `error: `.
fn beside_error(text: &str) -> String {
    layout::hang("       ", text, WIDTH).trim_start().to_owned()
}

/// Facts whose key is like a word of the question, the nearest first: of the environment and dimension that are asked for,
/// then by how much of the key the word is.
fn near(page: &Page<'_>, question: &Question<'_>) -> Vec<String> {
    let far = |fact: &Fact| {
        let key = fact.id.key.to_ascii_lowercase();
        let words = question.rest.iter().map(|word| word.to_ascii_lowercase());
        let like = |word: &String| {
            let changed = distance(word, &key);
            let close = changed <= word.chars().count() / 3 || word.len() > 2 && key.contains(word.as_str());
            close.then_some(changed)
        };
        let changed = words.filter_map(|word| like(&word)).min()?;
        let elsewhere = question.environment.is_some_and(|name| *fact.id.environment != *name);
        let other = question.dimension.is_some_and(|dimension| fact.id.dimension != dimension);
        Some((usize::from(elsewhere) + usize::from(other), changed))
    };
    let mut found: Vec<((usize, usize), String)> =
        page.audit.model.facts.iter().filter_map(|fact| Some((far(fact)?, command(page, fact)))).collect();
    found.sort();
    found.dedup();
    found.into_iter().map(|(_, command)| command).collect()
}

fn one(page: &Page<'_>, fact: &Fact) -> String {
    let color = page.options.color;
    let component = fact.id.component.as_deref().filter(|name| *name != fact.id.key);
    let component = component.map(|name| format!(" of {name}")).unwrap_or_default();
    let value = values::plain(fact, &page.redactor).map(|value| format!(" = {value}")).unwrap_or_default();
    let title = format!("{} {} {}{component}{value}", fact.id.environment, fact.id.dimension.name(), fact.id.key);
    let mut out = String::new();
    for (at, line) in layout::wrap(&page.say(&title), WIDTH - 2).into_iter().enumerate() {
        let indent = if at == 0 { "" } else { "  " };
        layout::add(&mut out, format_args!("{indent}{}\n", layout::paint(&line, Ink::Strong, color)));
    }
    let rows = schema::attributes(fact.id.dimension).filter_map(|row| Some((row.name, fact.get(row.name)?)));
    // Attributes of one chain: it is shown for the first.
    let mut before: Vec<(&str, &Attr)> = Vec::new();
    for (name, attr) in rows {
        let head = format!("  {} ", layout::pad(name, 12));
        out.push_str(&layout::hang(&head, &said(page, attr), WIDTH));
        match before.iter().position(|(_, known)| known.origin == attr.origin) {
            None => chain(page, attr, &mut out),
            Some(at) if at + 1 < before.len() && !attr.origin.steps.is_empty() => {
                layout::add(&mut out, format_args!("    as for {}\n", before[at].0));
            }
            Some(_) => {}
        }
        before.push((name, attr));
    }
    out
}

/// An attribute's value in words.
fn said(page: &Page<'_>, attr: &Attr) -> String {
    let value = match (&attr.value, values::attribute(attr, &page.redactor)) {
        (Known::Unknown(reason), _) => {
            let answer = reason.answer_with.as_ref().map(|line| format!("; {line} answers it")).unwrap_or_default();
            format!("cannot be decided: {}{answer}", reason.text)
        }
        (Known::OneOf(_, reason) | Known::Every(_, reason), Some(value)) => format!("{value} ({})", reason.text),
        (_, Some(value)) if value.is_empty() => "(empty)".to_owned(),
        (_, value) => value.unwrap_or_default(),
    };
    let certainty = match &attr.certainty {
        Certainty::Stated => String::new(),
        Certainty::Default { variable: Some(name) } => format!(" (unless {name} is set)"),
        Certainty::Default { variable: None } => " (can be overridden outside)".to_owned(),
    };
    page.say(&format!("{value}{certainty}"))
}

/// The steps of a chain, each with its source line. Parts of one line that one after the other say the same are one step.
fn chain(page: &Page<'_>, attr: &Attr, out: &mut String) {
    let steps = &attr.origin.steps;
    let again = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| steps.get(at)).zip(steps.get(at));
        before.is_some_and(|(before, step)| {
            before.kind == step.kind && before.note == step.note && page.place(before.span) == page.place(step.span)
        })
    };
    for (_, step) in steps.iter().enumerate().filter(|(at, _)| !again(*at)) {
        let place = layout::cut_front(&page.place(step.span), WIDTH - 6);
        let note = step.note.as_ref().map(|note| format!("  {}", page.say(note))).unwrap_or_default();
        let kind = format!("{}{note}", step.kind.words());
        let head = format!("    {} ", layout::pad(&place, KIND_COLUMN - 5));
        if layout::width(&head) + layout::width(&kind) <= WIDTH || layout::width(&head) <= KIND_COLUMN {
            out.push_str(&layout::hang(&head, &kind, WIDTH));
        } else {
            layout::add(out, format_args!("    {place}\n"));
            out.push_str(&layout::hang("      ", &kind, WIDTH));
        }
        let source = page.source_line(step.span);
        if !source.is_empty() {
            layout::add(
                out,
                format_args!(
                    "      {}\n",
                    layout::paint(&layout::cut(&source, WIDTH - 6), Ink::Quiet, page.options.color)
                ),
            );
        }
    }
}
