//! `init`: a configuration that says what was inferred, for a person to look over. It decides nothing by itself: no rule is
//! ignored, no finding allowed, and what is not sure stands in comments.

use std::collections::{BTreeMap, BTreeSet};

use super::layout;
use super::{Options, Page, WIDTH, envs};
use crate::discover::{Kind, Tree, classify::classify};
use crate::model::{Audit, Confidence, Dimension, Environment, FileId, Role, Unresolved};
use crate::report::lines::Lines;

/// What the file says of itself.
const HEAD: &str = "\
# What the files of this repository do not say. Written by `paritylint init`.
#
# Lines without # hold from now on. Lines with # are what was inferred, and open
# questions: take the # away where the answer is right. What is left out is
# inferred again in every run.
#
#   paritylint check                   what differs and will hurt
#   paritylint config --show-origin    what is in force, and where it is said
#   paritylint schema                  every key, as JSON Schema
";

/// The configuration that `init` writes.
pub fn init(audit: &Audit, tree: &Tree, options: &Options) -> String {
    // What is written stays true wherever the program is started.
    let page = Page { lines: Lines::new(tree), ..Page::new(audit, tree, options) };
    let mut out = String::from(HEAD);
    let environments = distinct(&audit.model.environments);
    reference(&page, &environments, &mut out);
    for environment in &environments {
        out.push('\n');
        one(&page, environment, &mut out);
    }
    not_found(&page, &mut out);
    let project: Vec<&Unresolved> = audit.model.unresolved.iter().filter(|one| one.environment.is_none()).collect();
    if !project.is_empty() {
        out.push('\n');
        questions(&page, &project, &[], &mut out);
    }
    out.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Environments of one name count once, however many projects have them.
fn distinct(all: &[Environment]) -> Vec<&Environment> {
    let mut seen = BTreeSet::new();
    all.iter().filter(|environment| seen.insert(environment.name.as_str())).collect()
}

/// Whether it is sure enough that it is one.
fn is_sure(environment: &Environment) -> bool {
    environment.confidence >= Confidence::Invoked
}

fn comment(out: &mut String, text: &str) {
    for line in layout::wrap(text, WIDTH - 2) {
        layout::add(out, format_args!("# {line}\n"));
    }
}

fn reference(page: &Page<'_>, environments: &[&Environment], out: &mut String) {
    let names: BTreeSet<&str> = page.audit.references.values().map(String::as_str).collect();
    let Some(name) = names.first() else { return };
    let Some(role) = environments.iter().find(|one| one.name == *name).map(|one| one.role) else { return };
    let peers: Vec<&&Environment> = environments.iter().filter(|one| one.role == role).collect();
    let alone = names.len() == 1 && peers.len() == 1;
    let mark = if alone && peers.iter().all(|one| is_sure(one)) { "" } else { "# " };
    out.push('\n');
    comment(out, "The environment that the others are compared with.");
    if !alone {
        let role = role.name();
        let text = format!("Several are {role}: another differs only where it differs from each, unless one is named.");
        comment(out, &text);
    }
    layout::add(out, format_args!("{mark}reference = {}\n", text(name)));
}

/// A text as TOML writes it.
fn text(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

fn table(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    format!("[environments.{}]", if bare { name.to_owned() } else { text(name) })
}

fn one(page: &Page<'_>, environment: &Environment, out: &mut String) {
    let sure = is_sure(environment);
    let mark = if sure { "" } else { "# " };
    for (head, all) in [("Known by", &environment.because), ("Although", &environment.although)] {
        for evidence in all.iter().take(4) {
            let place = if evidence.span.start == evidence.span.end {
                layout::one_line(page.lines.file(evidence.span.file))
            } else {
                page.place(evidence.span)
            };
            comment(out, &format!("{head}: {} ({place})", page.say(&evidence.text)));
        }
    }
    if !sure {
        let how = environment.confidence.name();
        comment(out, &format!("This one is only {how}, so its findings are lowered. Is it right?"));
    }
    layout::add(
        out,
        format_args!("{mark}{}\n{mark}role = \"{}\"\n", table(&environment.name), environment.role.name()),
    );
    let runners = runners(page, environment);
    let ours = |one: &&Unresolved| one.environment.as_deref() == Some(environment.name.as_str());
    let open: Vec<&Unresolved> = page.audit.model.unresolved.iter().filter(ours).collect();
    for line in &runners {
        layout::add(out, format_args!("# {line}\n"));
    }
    questions(page, &open, &runners, out);
}

/// What runs it, as configuration would say it.
fn runners(page: &Page<'_>, environment: &Environment) -> Vec<String> {
    // A file that several environments share says nothing of one of them alone.
    let shared = |file: &FileId| {
        let others = page.audit.model.environments.iter().filter(|other| other.name != environment.name);
        others.into_iter().any(|other| other.files.contains(file))
    };
    let paths = environment.files.iter().filter(|file| !shared(file)).map(|file| page.lines.file(*file));
    let of = |kind: Kind| -> Vec<&str> { paths.clone().filter(|path| classify(path) == Some(kind)).collect() };
    let mut found = Vec::new();
    let compose: Vec<String> = of(Kind::Compose).into_iter().map(text).collect();
    if !compose.is_empty() {
        found.push(format!("compose = [{}]", compose.join(", ")));
    } else if let [one] = of(Kind::Dockerfile).as_slice() {
        found.push(format!("dockerfile = {}", text(one)));
    }
    let module = page.audit.model.facts.iter().find(|fact| {
        fact.id.dimension == Dimension::Setting
            && fact.id.key == "SETTINGS_MODULE"
            && *fact.id.environment == *environment.name
    });
    found.extend(module.and_then(|fact| fact.text("value")).map(|module| format!("settings = {}", text(module))));
    found
}

/// What the files do not decide, by reason, and the lines that would. What no line decides `envs` shows.
fn questions(page: &Page<'_>, all: &[&Unresolved], said: &[String], out: &mut String) {
    let all: Vec<&Unresolved> = all.iter().copied().filter(|one| one.answer_with.is_some()).collect();
    let mut by_reason: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for one in &all {
        let place = one.span.map(|span| format!(" ({})", page.place(span))).unwrap_or_default();
        by_reason.entry(&one.reason).or_default().insert(format!("{}{place}", one.what));
    }
    for (reason, what) in by_reason {
        let what = what.into_iter().collect::<Vec<_>>().join(", ");
        comment(out, &page.say(&format!("Open: {what}: {reason}.")));
    }
    for answer in envs::answers(&all, usize::MAX) {
        for line in answer.lines().filter(|line| !said.iter().any(|known| known == line)) {
            answer_line(&page.say(line), out);
        }
    }
}

/// A line of configuration as a comment; a long list a few items a line, so that nothing is cut.
fn answer_line(line: &str, out: &mut String) {
    let list = line.split_once(" = [").and_then(|(key, rest)| Some((key, rest.strip_suffix(']')?)));
    match list {
        Some((key, items)) if layout::width(line) > WIDTH - 2 => {
            layout::add(out, format_args!("# {key} = [\n"));
            for items in layout::wrap(items, WIDTH - 8) {
                layout::add(out, format_args!("#     {items}\n"));
            }
            out.push_str("# ]\n");
        }
        _ => layout::add(out, format_args!("# {line}\n")),
    }
}

fn not_found(page: &Page<'_>, out: &mut String) {
    let missing: Vec<Role> = page.audit.model.not_found.iter().map(|(role, _)| *role).collect();
    for role in missing {
        out.push('\n');
        let name = role.name();
        comment(out, &format!("No {name} environment was found. If there is one, say what is known of it:"));
        layout::add(out, format_args!("# [environments.{name}]\n# dockerfile = \"Dockerfile\"\n"));
        layout::add(out, format_args!("# services = {{ database = \"postgres:16\" }}\n"));
        layout::add(out, format_args!("# exists = false    # there is none\n"));
    }
}
