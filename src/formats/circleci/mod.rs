//! CircleCI: `.circleci/*.yml` in the shape of a workflow, so that every CI is judged by the same rules.
//!
//! Parameters are put in where they are asked for; commands and executors of the file stand in the place of their names;
//! those of orbs lie outside the repository. Source: <https://circleci.com/docs/configuration-reference/>.

mod job;
mod parameters;
mod split;
mod steps;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use parameters::{Values, fill};

use crate::discover::Tree;
use crate::formats::small::tree::{self, Kind, Node};
use crate::formats::workflow::{Ci, Job, Texts, Workflow};
use crate::model::{FileId, Spanned};

/// Jobs that one file may come to.
const MOST_JOBS: usize = 200;

/// A job as a workflow of the file calls it.
struct Call<'a> {
    /// The name that others require it by.
    id: Spanned<String>,
    /// The job of the file or of an orb.
    job: Spanned<String>,
    /// What it is called with.
    with: Option<&'a Node>,
    /// The calls before it.
    requires: Vec<Spanned<String>>,
}

/// The configuration of a file as a workflow.
pub fn workflow(tree: &Tree, file: FileId) -> Workflow {
    let text = tree.text(file).unwrap_or_default();
    let (root, problems) = tree::yaml(file, text);
    let jobs = root.map(|root| jobs(&split::whole(tree, file, root))).unwrap_or_default();
    Workflow::elsewhere(Ci::CircleCi, file, jobs, problems)
}

/// The jobs that the workflows call; without any workflow, the one that is named `build`.
fn jobs(root: &Node) -> Vec<Job> {
    let pipeline = parameters::defaults(root.get("parameters"), "pipeline.parameters.");
    let root = &fill(root, &pipeline);
    let mut out: Vec<Job> = Vec::new();
    let workflows = root.get("workflows").map_or(&[][..], Node::entries).iter();
    for (_, workflow) in workflows.filter(|(name, _)| name.value != "version") {
        let calls: Vec<Call<'_>> =
            workflow.get("jobs").map_or(&[][..], Node::items).iter().filter_map(called).collect();
        for call in calls.iter().filter(|call| !is_approval(call)) {
            if out.len() < MOST_JOBS && !out.iter().any(|job| job.id.value == call.id.value) {
                out.push(job::of(root, call, &calls));
            }
        }
    }
    if root.get("workflows").is_none()
        && let Some((name, _)) =
            root.get("jobs").and_then(|jobs| jobs.entries().iter().find(|(n, _)| n.value == "build"))
    {
        let call = Call { id: name.clone(), job: name.clone(), with: None, requires: Vec::new() };
        out.push(job::of(root, &call, &[]));
    }
    out
}

/// One entry of a workflow's `jobs`.
fn called(item: &Node) -> Option<Call<'_>> {
    if let Some(name) = item.spanned() {
        return Some(Call { id: name.clone(), job: name, with: None, requires: Vec::new() });
    }
    let (name, with) = item.entries().first()?;
    let requires = with.get("requires").map_or(&[][..], Node::one_or_many).iter();
    let required = |node: &Node| node.spanned().or_else(|| node.entries().first().map(|(name, _)| name.clone()));
    Some(Call {
        id: with.field("name").unwrap_or_else(|| name.clone()),
        job: name.clone(),
        requires: requires.filter_map(required).collect(),
        with: Some(with),
    })
}

/// Whether an entry waits for a person and does nothing else.
fn is_approval(call: &Call<'_>) -> bool {
    call.with.and_then(|with| with.field("type")).is_some_and(|kind| kind.value == "approval")
}

/// Whether a person has to let a call run: it requires an approval, or another call that does.
fn by_hand(call: &Call<'_>, all: &[Call<'_>], depth: usize) -> bool {
    let required = |name: &Spanned<String>| all.iter().find(|other| other.id.value == name.value);
    depth < 20
        && call.requires.iter().filter_map(required).any(|other| is_approval(other) || by_hand(other, all, depth + 1))
}

/// The calls that must have run before; an approval stands for those that it requires itself.
fn needs(call: &Call<'_>, all: &[Call<'_>], depth: usize) -> Vec<Spanned<String>> {
    let mut out = Vec::new();
    for name in &call.requires {
        match all.iter().find(|other| other.id.value == name.value) {
            Some(other) if is_approval(other) && depth < 20 => out.extend(needs(other, all, depth + 1)),
            Some(_) => out.push(name.clone()),
            None => {}
        }
    }
    out
}

/// Texts of a mapping.
fn texts(node: Option<&Node>) -> Texts {
    let entries = node.map_or(&[][..], Node::entries).iter();
    entries.filter_map(|(name, value)| Some((name.value.clone(), value.spanned()?))).collect()
}

/// The values that a call hands over, laid over the defaults of what it calls.
fn handed(declared: Option<&Node>, with: &[(Spanned<String>, Node)]) -> Values {
    let mut values: BTreeMap<String, Node> = parameters::defaults(declared, "parameters.");
    let known = |name: &str| declared.and_then(|declared| declared.get(name)).is_some();
    for (name, value) in with.iter().filter(|(name, _)| known(&name.value)) {
        values.insert(format!("parameters.{}", name.value), value.clone());
    }
    values
}

/// Whether a node is a mapping.
fn is_map(node: &Node) -> bool {
    matches!(node.kind, Kind::Map(_))
}
