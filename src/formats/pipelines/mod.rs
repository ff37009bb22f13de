//! Pipelines of further CIs in the shape of a workflow, so that every CI is judged by the same rules: Azure Pipelines,
//! Bitbucket, Drone with Woodpecker, Cloud Build, CodeBuild, Jenkins, Taskcluster.

pub mod azure;
pub mod bitbucket;
pub mod cloud_build;
pub mod code_build;
pub mod drone;
pub mod jenkins;
pub mod taskcluster;
#[cfg(test)]
mod tests;

use crate::formats::small::tree::{Kind, Node};
use crate::formats::small::{CommandText, quoted};
use crate::formats::workflow::{ContainerSpec, Job, RunText, Step, Texts};
use crate::model::{Span, Spanned};

/// Jobs that one file may come to.
const MOST_JOBS: usize = 200;

/// A step that runs a text.
fn running(command: &CommandText) -> Step {
    let run = RunText {
        text: command.text.clone(),
        map: command.map.clone(),
        span: command.span,
        shell: None,
        working_directory: None,
    };
    Step { run: Some(run), ..Step::blank(command.span) }
}

/// A step that uses an action, with these inputs.
fn using(action: &str, span: Span, with: Texts) -> Step {
    Step { uses: Some(Spanned::new(action.to_owned(), span)), with, ..Step::blank(span) }
}

/// A step that builds an image, and where it is pushed.
fn building(span: Span, with: impl IntoIterator<Item = (&'static str, Option<Spanned<String>>)>) -> Step {
    let with = with.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))).collect();
    using("docker/build-push-action@v6", span, with)
}

/// Words as one command.
fn line(words: &[Node]) -> Option<CommandText> {
    let mut command = CommandText::joined(words, " ")?;
    let texts: Vec<String> = words.iter().filter_map(Node::scalar).map(|word| quoted(&word)).collect();
    command.text = texts.join(" ");
    Some(command)
}

/// The container of an image with variables.
fn container(image: Spanned<String>, env: Texts) -> ContainerSpec {
    ContainerSpec { env, ..ContainerSpec::of(image) }
}

/// The scalars of a mapping; what is no scalar comes from a store of secrets.
fn variables(node: Option<&Node>) -> Texts {
    let entries = node.map_or(&[][..], Node::entries).iter();
    let text = |node: &Node| node.scalar().unwrap_or_else(|| "${{ secrets.it }}".to_owned());
    entries.map(|(name, value)| (name.value.clone(), Spanned::new(text(value), value.span))).collect()
}

/// A condition in GitHub's words: the branches that something runs on.
pub(super) fn on_branches(branches: &[Spanned<String>]) -> Option<Spanned<String>> {
    let plain = |branch: &Spanned<String>| !branch.value.contains(['*', '{', '$']);
    let span = branches.first()?.span;
    let all: Vec<String> =
        branches.iter().map(|branch| format!("github.ref == 'refs/heads/{}'", branch.value)).collect();
    branches.iter().all(plain).then(|| Spanned::new(all.join(" || "), span))
}

/// An id of letters, digits and dashes.
fn slug(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '-' };
    let text: String = name.chars().map(plain).collect();
    text.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// Adds a job under an id that no other has; what is the same text again is the same job.
fn push(jobs: &mut Vec<Job>, mut job: Job) -> Option<Spanned<String>> {
    let places = |job: &Job| job.steps.iter().map(|step| step.span).collect::<Vec<_>>();
    let own = places(&job);
    let same = |other: &&Job| !own.is_empty() && places(other) == own && other.environment == job.environment;
    if let Some(same) = jobs.iter().find(same) {
        return Some(same.id.clone());
    }
    if jobs.len() >= MOST_JOBS {
        return None;
    }
    let plain = job.id.value.clone();
    let mut number = 1;
    while jobs.iter().any(|other| other.id.value == job.id.value) {
        number += 1;
        job.id.value = format!("{plain}-{number}");
    }
    let id = job.id.clone();
    jobs.push(job);
    Some(id)
}

/// Puts the values of names in, between an opening and a closing text; a name that is not known stays.
fn fill(node: &mut Node, (open, close): (&str, &str), value: &dyn Fn(&str) -> Option<String>, depth: usize) {
    if depth > 60 {
        return;
    }
    match &mut node.kind {
        Kind::Text(text) if text.contains(open) => {
            let filled = filled(text, (open, close), value);
            if filled != *text {
                *text = filled;
                node.map = crate::model::SpanMap::Whole(node.span);
            }
        }
        Kind::List(items) => items.iter_mut().for_each(|item| fill(item, (open, close), value, depth + 1)),
        Kind::Map(entries) => {
            for (_, entry) in entries {
                fill(entry, (open, close), value, depth + 1);
            }
        }
        _ => {}
    }
}

fn filled(text: &str, (open, close): (&str, &str), value: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        out.push_str(before);
        let Some((name, next)) = after.split_once(close) else {
            out.push_str(open);
            rest = after;
            continue;
        };
        match value(name.trim()) {
            Some(text) => out.push_str(&text),
            None => out.extend([open, name, close]),
        }
        rest = next;
    }
    out.push_str(rest);
    out
}
