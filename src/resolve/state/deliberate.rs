//! What shows that a choice was made with open eyes, or that it is not what it looks like: a reason beside it, a proxy that
//! checks in front, options that suit it.

use super::Statements;
use crate::discover::Tree;
use crate::environments::Planned;
use crate::formats::python::Val;
use crate::formats::small::tree::{self, Node};
use crate::knowledge::reasons::{self, Choice};
use crate::model::{ComponentKind, Dimension, FileId, Role, Span};
use crate::resolve::part::Part;
use crate::resolve::services::Used;
use crate::resolve::settings::Loaded;

/// States what is deliberate in an environment's settings and services.
pub fn state(
    statements: &mut Statements,
    tree: &Tree,
    planned: &Planned,
    (parts, loaded): (&[Part<'_>], &Loaded),
    used: &[Used],
) {
    stand_ins(statements, tree, planned.environment.role, used);
    let values = &loaded.settings.values;
    if let Some(hosts) = values.get("ALLOWED_HOSTS") {
        let mut fact = statements.about(None, Dimension::Setting, "ALLOWED_HOSTS");
        // On its own line a comment need not say what it speaks of.
        let reasoned = |span| {
            let beside = format!("hosts: {}", beside(tree, span));
            [comment(tree, span), beside].iter().any(|text| reasons::gives(Choice::Hosts, text))
        };
        if hosts.origin.steps.iter().any(|step| reasoned(step.span)) {
            fact.bool("reasoned", true, &hosts.origin);
        }
        if routed(tree, planned, parts) {
            fact.bool("routed_by_host", true, &hosts.origin);
        }
    }
    if let Some(options) = database(values.get("DATABASES")).filter(|options| tuned(options)) {
        statements.about(None, Dimension::Service, "database").bool("tuned", true, &options.origin);
    }
}

/// What the comment says that ends on the line above a value, or on its line.
pub(crate) fn comment(tree: &Tree, span: Span) -> String {
    let Ok(text) = tree.text(span.file) else { return String::new() };
    let Some((before, after)) = text.split_at_checked(span.start as usize) else { return String::new() };
    let own = after.lines().next().and_then(|line| line.split_once('#')).map(|(_, comment)| comment);
    let above: Vec<&str> = before.lines().map(str::trim).collect();
    let ends = if before.ends_with('\n') { above.len() } else { above.len().saturating_sub(1) };
    let block = above.iter().take(ends).rev().take(8).take_while(|line| line.starts_with('#')).copied();
    let mut block: Vec<&str> = block.collect();
    block.reverse();
    block.into_iter().chain(own).collect::<Vec<_>>().join(" ")
}

/// What the comment says on the line where a value ends.
fn beside(tree: &Tree, span: Span) -> String {
    let after = tree.text(span.file).ok().and_then(|text| text.get(span.end as usize..));
    let line = after.and_then(|after| after.lines().next()).unwrap_or_default();
    line.split_once('#').map(|(_, comment)| comment.to_owned()).unwrap_or_default()
}

/// The comment with which a file begins.
pub(crate) fn head(tree: &Tree, file: FileId) -> String {
    let lines = tree.text(file).unwrap_or_default().lines().map(str::trim);
    lines.take_while(|line| line.starts_with('#')).collect::<Vec<_>>().join(" ")
}

/// The text with which a module of Python begins, if it begins with one.
fn docstring(tree: &Tree, file: FileId) -> Option<&str> {
    let text = tree.text(file).ok()?.trim_start();
    let quote = ["\"\"\"", "'''"].into_iter().find(|quote| text.starts_with(quote))?;
    text.get(quote.len()..)?.split(quote).next()
}

/// States which stand-ins of tests and development have their reason beside them: something of the process itself, with a
/// comment where it is set or at the head of the module.
fn stand_ins(statements: &mut Statements, tree: &Tree, role: Role, used: &[Used]) {
    if !matches!(role, Role::Test | Role::Development) {
        return;
    }
    let settings = |span: &Span| tree.path(span.file).ends_with(".py");
    for one in used {
        let spans = || one.origin.steps.iter().map(|step| step.span).filter(settings);
        let beside = spans().any(|span| reasons::gives(Choice::StandIn, &comment(tree, span)));
        let first = spans().next().and_then(|span| docstring(tree, span.file));
        if beside || first.is_some_and(|text| reasons::gives(Choice::StandIn, text)) {
            statements.about(None, Dimension::Service, &one.role).bool("reasoned", true, &one.origin);
        }
    }
}

/// Whether a router of Traefik's passes only requests for named hosts on to a service of ours that publishes no port.
fn routed(tree: &Tree, planned: &Planned, parts: &[Part<'_>]) -> bool {
    let ours = |name: &str| parts.iter().any(|part| part.kind == ComponentKind::App && *part.name == *name);
    let files =
        planned.environment.files.iter().filter(|file| tree.text(**file).is_ok_and(|text| text.contains(ROUTERS)));
    files.filter_map(|file| tree.parsed(*file, tree::yaml).ok()).any(|parsed| {
        let services = parsed.0.as_ref().and_then(|root| root.get("services")).map_or(&[][..], Node::entries);
        services.iter().any(|(name, service)| {
            ours(&name.value)
                && service.get("ports").is_none()
                && labels(service).any(|(label, value)| label.starts_with(ROUTERS) && value.contains("Host(`"))
        })
    })
}

/// How the labels that set up a router begin.
const ROUTERS: &str = "traefik.http.routers";

/// The labels of a service of compose, which are a mapping or texts with an equals sign.
fn labels(service: &Node) -> impl Iterator<Item = (&str, &str)> {
    let labels = service.get("labels");
    let pairs = labels.map_or(&[][..], Node::entries).iter();
    let texts = labels.map_or(&[][..], Node::items).iter();
    let pairs = pairs.filter_map(|(name, value)| Some((name.value.as_str(), value.as_str()?)));
    pairs.chain(texts.filter_map(|text| text.as_str()?.split_once('=')))
}

/// The options of the first database.
fn database(databases: Option<&Val>) -> Option<&Val> {
    databases?.behind().get("default")?.behind().get("OPTIONS")?.behind().into()
}

/// Whether options let several write to one file: a log that is written ahead, or locks that are taken at once.
fn tuned(options: &Val) -> bool {
    let text = |name: &str| options.get(name).map(Val::behind).and_then(Val::as_str).unwrap_or_default().to_lowercase();
    let commands: String = text("init_command").chars().filter(|c| !c.is_whitespace()).collect();
    commands.contains("journal_mode=wal") || ["immediate", "exclusive"].contains(&text("transaction_mode").as_str())
}
