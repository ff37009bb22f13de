//! From the merged tree to jobs.

use std::collections::BTreeMap;

use super::{Environment, Job, Pipeline, Rule, Service, Trigger, extends};
use crate::formats::small::tree::{Kind, Node};
use crate::formats::small::{CommandText, Texts};
use crate::model::{Problem, Spanned};

/// Keys of a pipeline that name no job.
const GLOBAL: [&str; 12] = [
    "stages",
    "variables",
    "include",
    "default",
    "image",
    "services",
    "before_script",
    "after_script",
    "cache",
    "workflow",
    "spec",
    "types",
];

/// Keywords that a job takes from `default`.
const INHERITED: [&str; 12] = [
    "after_script",
    "artifacts",
    "before_script",
    "cache",
    "hooks",
    "id_tokens",
    "image",
    "interruptible",
    "retry",
    "services",
    "tags",
    "timeout",
];

/// The pipeline of a merged tree.
pub(super) fn pipeline(root: &Node, mut problems: Vec<Problem>) -> Pipeline {
    let mut jobs = Vec::new();
    let variables = variables(root.get("variables"));
    for (name, node) in root.entries() {
        let hidden = name.value.starts_with('.');
        if hidden || GLOBAL.contains(&name.value.as_str()) || !matches!(node.kind, Kind::Map(_)) {
            continue;
        }
        let full = extends::resolved(root, node, 0, &mut problems);
        let full = with_defaults(root, full);
        if full.get("script").is_none() && full.get("trigger").is_none() && full.get("run").is_none() {
            problems.push(Problem::new(name.span, format!("the job `{}` has no script", name.value)));
        }
        jobs.push(job(name, &full, &variables));
    }
    let named = root.get("stages").or_else(|| root.get("types")).map(Node::texts).unwrap_or_default();
    let at = root.span;
    let fixed = |name: &str| Spanned::new(name.to_owned(), at);
    let middle = if named.is_empty() { ["build", "test", "deploy"].map(fixed).to_vec() } else { named };
    let stages = std::iter::once(fixed(".pre")).chain(middle).chain([fixed(".post")]).collect();
    let rules = root.path(&["workflow", "rules"]).map(rules).unwrap_or_default();
    Pipeline { stages, variables, jobs, rules, problems, ..Pipeline::default() }
}

/// A job with the keywords of `default` that it neither sets nor refuses.
fn with_defaults(root: &Node, mut job: Node) -> Node {
    let inherit = job.path(&["inherit", "default"]).cloned();
    let allowed = |key: &str| match inherit.as_ref().map(|inherit| &inherit.kind) {
        Some(Kind::Bool(yes)) => *yes,
        Some(Kind::List(_)) => inherit.as_ref().is_some_and(|list| list.texts().iter().any(|text| text.value == key)),
        _ => true,
    };
    let Kind::Map(entries) = &mut job.kind else { return job };
    for key in INHERITED {
        let default = root.get("default").and_then(|default| default.get(key)).or_else(|| root.get(key));
        if let Some(value) = default
            && allowed(key)
            && !entries.iter().any(|(name, _)| name.value == key)
        {
            entries.push((Spanned::new(key.to_owned(), value.span), value.clone()));
        }
    }
    job
}

/// Variables, each a value or a mapping with one. In one that is not expanded every dollar stands for itself, as a
/// doubled one does in others.
fn variables(node: Option<&Node>) -> Texts {
    let text = |node: &Node| {
        let raw = node.get("expand").and_then(Node::as_bool) == Some(false);
        let text = node.get("value").unwrap_or(node).spanned()?;
        Some(if raw { Spanned::new(text.value.replace('$', "$$"), text.span) } else { text })
    };
    let entries = node.map_or(&[][..], Node::entries).iter();
    let entry = |(name, value): &(Spanned<String>, Node)| {
        let empty = || Spanned::new(String::new(), value.span);
        (name.value.clone(), text(value).unwrap_or_else(empty))
    };
    entries.map(entry).collect()
}

fn named(node: &Node) -> Option<Spanned<String>> {
    node.field("name").or_else(|| node.spanned())
}

fn job(name: &Spanned<String>, node: &Node, global: &Texts) -> Job {
    let list = |key: &str| node.get(key).map_or(&[][..], Node::one_or_many);
    let takes = |name: &str| match node.path(&["inherit", "variables"]).map(|inherit| (&inherit.kind, inherit)) {
        Some((Kind::Bool(yes), _)) => *yes,
        Some((Kind::List(_), names)) => names.texts().iter().any(|text| text.value == name),
        _ => true,
    };
    let refs = |key: &str| {
        let node = node.get(key);
        let node = node.map(|node| node.get("refs").or_else(|| node.get("variables")).unwrap_or(node));
        node.map(Node::texts).unwrap_or_default()
    };
    let needs = node.get("needs").map(|needs| {
        let need = |need: &Node| need.field("job").or_else(|| need.spanned());
        needs.one_or_many().iter().filter_map(need).collect()
    });
    let when = node.field("when");
    let manual = when.as_ref().is_some_and(|when| when.value == "manual");
    Job {
        name: name.clone(),
        stage: node.field("stage"),
        image: node.get("image").and_then(named),
        services: list("services").iter().filter_map(service).collect(),
        variables: variables(node.get("variables")),
        inherited: global.iter().filter(|(name, _)| takes(name)).map(|(a, b)| (a.clone(), b.clone())).collect(),
        before_script: script(node.get("before_script"), 0),
        script: script(node.get("script"), 0),
        after_script: script(node.get("after_script"), 0),
        needs,
        rules: node.get("rules").map(rules).unwrap_or_default(),
        only: refs("only"),
        except: refs("except"),
        environment: node.get("environment").and_then(environment),
        when,
        extends: node.get("extends").map(Node::texts).unwrap_or_default(),
        allow_failure: node.get("allow_failure").map_or(manual, |value| value.as_bool() != Some(false)),
        matrix: node.path(&["parallel", "matrix"]).map(matrix).unwrap_or_default(),
        trigger: node.get("trigger").map(trigger),
        doubted: None,
        span: if name.span.file == node.span.file { name.span.to(node.span) } else { name.span },
    }
}

fn service(node: &Node) -> Option<Service> {
    Some(Service {
        image: named(node)?,
        alias: node.field("alias"),
        variables: variables(node.get("variables")),
        span: node.span,
    })
}

fn environment(node: &Node) -> Option<Environment> {
    Some(Environment { name: named(node)?, url: node.field("url"), action: node.field("action") })
}

fn trigger(node: &Node) -> Trigger {
    let depends = node.field("strategy").is_some_and(|text| matches!(text.value.as_str(), "depend" | "mirror"));
    let forwards = node.path(&["forward", "yaml_variables"]).and_then(Node::as_bool) != Some(false);
    Trigger { child: None, depends, forwards, include: node.get("include").cloned(), span: node.span }
}

/// The rules of a job, a pipeline or an include.
pub(super) fn rules(node: &Node) -> Vec<Rule> {
    let mut out = Vec::new();
    for node in node.one_or_many() {
        if let Kind::List(_) = node.kind {
            out.extend(rules_flat(node));
        } else {
            out.push(rule(node));
        }
    }
    out
}

/// Rules that a reference put in as a list.
fn rules_flat(node: &Node) -> Vec<Rule> {
    node.items().iter().map(rule).collect()
}

fn rule(node: &Node) -> Rule {
    let files = |key: &str| {
        let node = node.get(key);
        node.map(|node| node.get("paths").unwrap_or(node).texts()).unwrap_or_default()
    };
    Rule {
        condition: node.field("if"),
        changes: files("changes"),
        exists: files("exists"),
        elsewhere: node.path(&["exists", "project"]).is_some(),
        when: node.field("when"),
        variables: variables(node.get("variables")),
    }
}

/// The lines of a script; lists in lists are laid flat.
fn script(node: Option<&Node>, depth: usize) -> Vec<CommandText> {
    let nodes = node.map_or(&[][..], Node::one_or_many).iter();
    let flat = nodes.flat_map(|node| match node.kind {
        Kind::List(_) if depth < 10 => script(Some(node), depth + 1),
        _ => CommandText::of(node).into_iter().collect(),
    });
    flat.collect()
}

/// Every combination of a matrix.
fn matrix(node: &Node) -> Vec<BTreeMap<String, Spanned<String>>> {
    let mut all = Vec::new();
    for part in node.one_or_many() {
        let mut rows = vec![BTreeMap::new()];
        for (name, values) in part.entries() {
            let values = values.texts();
            if rows.len().saturating_mul(values.len()) > 200 {
                return Vec::new();
            }
            let with = |row: &BTreeMap<String, Spanned<String>>, value: &Spanned<String>| {
                let mut row = row.clone();
                row.insert(name.value.clone(), value.clone());
                row
            };
            rows = rows.iter().flat_map(|row| values.iter().map(move |value| with(row, value))).collect();
        }
        all.extend(rows);
    }
    all
}
