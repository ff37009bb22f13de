//! `.gitlab-ci.yml`.

use super::tree::{self, Node};
use super::{CommandText, Texts, texts};
use crate::model::{FileId, Problem, Span, Spanned};

/// A pipeline.
#[derive(Clone, Default, Debug)]
pub struct Pipeline {
    /// `stages`.
    pub stages: Vec<Spanned<String>>,
    /// Variables of all jobs.
    pub variables: Texts,
    /// `include` of files of the same repository.
    pub local_includes: Vec<Spanned<String>>,
    /// Whether something else is included, which is not read.
    pub other_includes: Vec<Span>,
    /// The jobs, templates (`.name`) among them.
    pub jobs: Vec<Job>,
    /// What holds for jobs that do not say otherwise.
    pub default: Option<Job>,
}

/// One of a job's rules.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `if`.
    pub condition: Option<Spanned<String>>,
    /// `when`.
    pub when: Option<Spanned<String>>,
}

/// A job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name.
    pub name: Spanned<String>,
    /// `stage`.
    pub stage: Option<Spanned<String>>,
    /// `image`.
    pub image: Option<Spanned<String>>,
    /// `services`: image and alias.
    pub services: Vec<(Spanned<String>, Option<Spanned<String>>)>,
    /// `variables`.
    pub variables: Texts,
    /// `before_script`.
    pub before_script: Vec<CommandText>,
    /// `script`.
    pub script: Vec<CommandText>,
    /// `needs`.
    pub needs: Vec<Spanned<String>>,
    /// `rules`.
    pub rules: Vec<Rule>,
    /// `environment`.
    pub environment: Option<Spanned<String>>,
    /// `when`.
    pub when: Option<Spanned<String>>,
    /// `extends`.
    pub extends: Vec<Spanned<String>>,
    /// `allow_failure`.
    pub allow_failure: bool,
    /// Its extent.
    pub span: Span,
}

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

/// Reads `.gitlab-ci.yml`.
pub fn parse(file: FileId, text: &str) -> (Pipeline, Vec<Problem>) {
    let (root, problems) = tree::yaml(file, text);
    let Some(root) = root else { return (Pipeline::default(), problems) };
    let mut pipeline = Pipeline {
        stages: root.get("stages").map(Node::texts).unwrap_or_default(),
        variables: texts(root.get("variables")),
        ..Pipeline::default()
    };
    for include in root.get("include").map_or(&[][..], Node::one_or_many) {
        match include.field("local").or_else(|| include.spanned().filter(|text| !text.value.contains("://"))) {
            Some(path) => pipeline.local_includes.push(path),
            None => pipeline.other_includes.push(include.span),
        }
    }
    let name = Spanned::new("default".to_owned(), root.span);
    pipeline.default = Some(job(&name, root.get("default").unwrap_or(&root)));
    for (name, node) in root.entries() {
        if !GLOBAL.contains(&name.value.as_str()) && matches!(node.kind, tree::Kind::Map(_)) {
            pipeline.jobs.push(job(name, node));
        }
    }
    (pipeline, problems)
}

fn job(name: &Spanned<String>, node: &Node) -> Job {
    let named = |node: &Node| node.field("name").or_else(|| node.spanned());
    let list = |key: &str| node.get(key).map_or(&[][..], Node::one_or_many);
    Job {
        name: name.clone(),
        stage: node.field("stage"),
        image: node.get("image").and_then(named),
        services: list("services").iter().filter_map(|node| Some((named(node)?, node.field("alias")))).collect(),
        variables: texts(node.get("variables")),
        before_script: script(node.get("before_script"), 0),
        script: script(node.get("script"), 0),
        needs: list("needs").iter().filter_map(|node| node.field("job").or_else(|| node.spanned())).collect(),
        rules: list("rules")
            .iter()
            .map(|node| Rule { condition: node.field("if"), when: node.field("when") })
            .collect(),
        environment: node.get("environment").and_then(named),
        when: node.field("when"),
        extends: node.get("extends").map(Node::texts).unwrap_or_default(),
        allow_failure: node.get("allow_failure").is_some_and(|value| value.as_bool() != Some(false)),
        span: name.span.to(node.span),
    }
}

/// The lines of a script; lists in lists are laid flat.
fn script(node: Option<&Node>, depth: usize) -> Vec<CommandText> {
    let nodes = node.map_or(&[][..], Node::one_or_many).iter();
    let flat = nodes.flat_map(|node| match node.kind {
        tree::Kind::List(_) if depth < 10 => script(Some(node), depth + 1),
        _ => CommandText::of(node).into_iter().collect(),
    });
    flat.collect()
}
