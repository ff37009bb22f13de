//! `cloudbuild.yaml`. What Google's builders run is one job; a step in an image of Python is a job in that image.
//! Source: <https://cloud.google.com/build/docs/build-config-file-schema>.

use super::{container, fill, line, push, running, slug};
use crate::discover::{Tree, paths};
use crate::formats::small::CommandText;
use crate::formats::small::tree::{self, Node};
use crate::formats::workflow::{Ci, Job, Step, Texts, Workflow};
use crate::model::{FileId, Span, Spanned};

/// The build of a file as a workflow.
pub fn workflow(tree: &Tree, file: FileId) -> Workflow {
    let (root, problems) = tree::yaml(file, tree.text(file).unwrap_or_default());
    let mut jobs = Vec::new();
    if let Some(mut root) = root {
        substitute(&mut root);
        let stem = paths::name(tree.path(file)).rsplit_once('.').map_or("cloudbuild", |(stem, _)| stem);
        let start = root.get("steps").map_or(Span::new(file, 0, 0), |steps| steps.span);
        let mut build = Job::blank(Spanned::new("build".to_owned(), start));
        build.name = Some(Spanned::new(slug(&stem.replace('.', "-")), start));
        for node in root.get("steps").map_or(&[][..], Node::items) {
            let Some(image) = node.field("name") else { continue };
            let steps = steps(node, &image);
            if is_python(&image.value) {
                let id = node.field("id").unwrap_or_else(|| Spanned::new("step".to_owned(), image.span));
                let job = Job {
                    span: node.span,
                    env: environment(node),
                    container: Some(container(image, Texts::new())),
                    steps,
                    ..Job::blank(Spanned::new(slug(&id.value), id.span))
                };
                build.needs.extend(push(&mut jobs, job));
            } else {
                build.steps.extend(steps);
            }
        }
        if !build.steps.is_empty() {
            push(&mut jobs, build);
        }
    }
    Workflow::elsewhere(Ci::CloudBuild, file, jobs, problems)
}

/// Puts the file's own substitutions in; a trigger may hand over others.
fn substitute(root: &mut Node) {
    let own: Vec<(String, String)> = root
        .get("substitutions")
        .map_or(&[][..], Node::entries)
        .iter()
        .filter_map(|(name, value)| Some((name.value.clone(), value.scalar()?)))
        .collect();
    let value = |name: &str| own.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    // One value may ask for another.
    for _ in 0..3 {
        fill(root, ("${", "}"), &value, 0);
    }
}

/// Whether an image is one of Python.
fn is_python(image: &str) -> bool {
    let name = image.split(['@', ':']).next().unwrap_or(image);
    name.rsplit('/').next().is_some_and(|last| last.starts_with("python"))
}

fn environment(node: &Node) -> Texts {
    let pairs = node.get("env").map(Node::texts).unwrap_or_default();
    let pair = |text: Spanned<String>| {
        let (name, value) = text.value.split_once('=')?;
        Some((name.to_owned(), Spanned::new(value.to_owned(), text.span)))
    };
    pairs.into_iter().filter_map(pair).collect()
}

/// The program that an image of Google's builders starts.
fn program(image: &str) -> Option<&str> {
    let name = image.split(['@', ':']).next().unwrap_or(image);
    let last = name.rsplit('/').next()?;
    match last {
        "cloud-sdk" | "google-cloud-cli" => None,
        "docker-compose" | "compose" => Some("docker-compose"),
        _ => (name.contains("cloud-builders") || last == "docker").then_some(last),
    }
}

fn steps(node: &Node, image: &Spanned<String>) -> Vec<Step> {
    let folder = node.field("dir");
    let placed = |mut step: Step| {
        step.run.iter_mut().for_each(|run| run.working_directory.clone_from(&folder));
        step.env = environment(node);
        step
    };
    let script = node.get("script").and_then(CommandText::of);
    let args = node.get("args").map_or(&[][..], Node::one_or_many);
    let entry = node.field("entrypoint");
    let entry = entry.as_ref().map(|entry| paths::name(&entry.value).to_owned());
    let shell = entry.as_deref().is_some_and(|entry| ["bash", "sh"].contains(&entry));
    let command = if script.is_some() {
        script
    } else if shell && args.first().and_then(Node::as_str).is_some_and(|flag| flag.ends_with('c')) {
        args.get(1).and_then(CommandText::of)
    } else {
        let program = entry.or_else(|| program(&image.value).map(str::to_owned));
        line(args).map(|mut line| {
            line.text = program.into_iter().chain([line.text]).collect::<Vec<_>>().join(" ");
            line
        })
    };
    command.map(|command| placed(running(&command))).into_iter().collect()
}
