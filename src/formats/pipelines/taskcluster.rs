//! `.taskcluster.yml`. A task is whatever has a payload with a command, however deep it stands in the template that JSON-e
//! fills in: every branch of it may run, and those that ask for a branch of git run on that.
//! Source: <https://docs.taskcluster.net/docs/reference/integrations/github/taskcluster-yml-v1>.

use super::{container, line, on_branches, push, running, slug, variables};
use crate::discover::Tree;
use crate::formats::small::tree::{self, Node};
use crate::formats::workflow::{Ci, Job, Step, Workflow};
use crate::model::{FileId, Spanned};

/// How deep a template is followed.
const MOST_DEPTH: usize = 40;

/// The tasks of a file as a workflow.
pub fn workflow(tree: &Tree, file: FileId) -> Workflow {
    let (root, problems) = tree::yaml(file, tree.text(file).unwrap_or_default());
    let mut jobs = Vec::new();
    if let Some(tasks) = root.as_ref().and_then(|root| root.get("tasks")) {
        collect(tasks, &[], &mut jobs, 0);
    }
    Workflow::elsewhere(Ci::Taskcluster, file, jobs, problems)
}

/// Adds the tasks of a part of the template that runs on these branches; on all where there are none.
fn collect(node: &Node, branches: &[Spanned<String>], jobs: &mut Vec<Job>, depth: usize) {
    if depth > MOST_DEPTH {
        return;
    }
    if let Some(payload) = node.get("payload").filter(|payload| payload.get("command").is_some()) {
        push(jobs, job(node, payload, branches));
        return;
    }
    let asked = node.field("$if").map(|asked| named(&asked)).filter(|asked| !asked.is_empty());
    for (name, inner) in node.entries() {
        let own = asked.as_deref().filter(|_| name.value == "then").unwrap_or(branches);
        collect(inner, own, jobs, depth + 1);
    }
    node.items().iter().for_each(|inner| collect(inner, branches, jobs, depth + 1));
}

/// The branches of git that a condition names.
fn named(condition: &Spanned<String>) -> Vec<Spanned<String>> {
    let after = condition.value.split("refs/heads/").skip(1);
    let branch = |rest: &str| rest.split(['"', '\'', ' ', ')']).next().unwrap_or_default().to_owned();
    after.map(branch).filter(|branch| !branch.is_empty()).map(|branch| Spanned::new(branch, condition.span)).collect()
}

fn job(task: &Node, payload: &Node, branches: &[Spanned<String>]) -> Job {
    let name = task.path(&["metadata", "name"]).and_then(Node::spanned);
    let named = name.map(|name| Spanned::new(slug(&name.value), name.span)).filter(|name| !name.value.is_empty());
    let mut job = Job::blank(named.unwrap_or_else(|| Spanned::new("task".to_owned(), payload.span)));
    job.span = task.span;
    job.env = variables(payload.get("env"));
    job.container = payload.field("image").map(|image| container(image, crate::formats::workflow::Texts::new()));
    job.condition = on_branches(branches);
    job.steps = steps(payload.get("command").map_or(&[][..], Node::items));
    job
}

/// The steps of a command: it is one, or on machines without containers a list of them.
fn steps(command: &[Node]) -> Vec<Step> {
    let whole = |words: &[Node]| line(words).map(|line| running(&line));
    if command.iter().any(|word| !word.items().is_empty()) {
        return command.iter().filter_map(|one| whole(one.one_or_many())).collect();
    }
    whole(command).into_iter().collect()
}
