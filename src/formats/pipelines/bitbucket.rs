//! `bitbucket-pipelines.yml`. Source: <https://support.atlassian.com/bitbucket-cloud/docs/bitbucket-pipelines-configuration-reference/>.

use super::{container, on_branches, push, running, slug, using, variables};
use crate::discover::Tree;
use crate::formats::small::CommandText;
use crate::formats::small::tree::{self, Node};
use crate::formats::workflow::{Ci, ContainerSpec, Job, Step, Texts, Workflow};
use crate::model::{FileId, Spanned};

/// Services that every file has without saying so.
const OWN: [&str; 1] = ["docker"];

/// The configuration as a workflow.
pub fn workflow(tree: &Tree, file: FileId) -> Workflow {
    let (root, problems) = tree::yaml(file, tree.text(file).unwrap_or_default());
    let mut jobs = Vec::new();
    let pipelines = root.as_ref().and_then(|root| root.get("pipelines"));
    for (kind, node) in pipelines.map_or(&[][..], Node::entries) {
        let Some(root) = &root else { continue };
        if kind.value == "default" {
            pipeline(root, node, None, false, &mut jobs);
        }
        for (branch, node) in node.entries() {
            let on = Some(branch).filter(|_| kind.value == "branches").map(std::slice::from_ref);
            pipeline(root, node, on.and_then(on_branches).as_ref(), kind.value == "custom", &mut jobs);
        }
    }
    Workflow::elsewhere(Ci::Bitbucket, file, jobs, problems)
}

/// The steps of one pipeline, one job each; those beside one another wait for the same.
fn pipeline(root: &Node, node: &Node, on: Option<&Spanned<String>>, by_hand: bool, jobs: &mut Vec<Job>) {
    let mut before: Vec<Spanned<String>> = Vec::new();
    for item in node.items() {
        let beside = item.get("parallel").map(|beside| beside.get("steps").unwrap_or(beside).items());
        let staged = item.get("stage");
        let steps: Vec<&Node> = match (beside, staged) {
            (Some(items), _) => items.iter().collect(),
            (None, Some(stage)) => stage.get("steps").map_or(&[][..], Node::items).iter().collect(),
            (None, None) => vec![item],
        };
        let mut ids = Vec::new();
        for node in steps.into_iter().filter_map(|item| item.get("step")) {
            let mut job = job(root, node);
            job.needs.clone_from(&before);
            job.condition = on.cloned();
            job.by_hand |= by_hand;
            job.environment = job.environment.or_else(|| staged?.field("deployment"));
            ids.extend(push(jobs, job));
        }
        if !ids.is_empty() {
            before = ids;
        }
    }
}

fn image(node: &Node) -> Option<Spanned<String>> {
    node.field("name").or_else(|| node.spanned())
}

fn job(root: &Node, node: &Node) -> Job {
    let name = node.field("name").unwrap_or_else(|| Spanned::new("step".to_owned(), node.span));
    let mut job = Job::blank(Spanned::new(slug(&name.value), name.span));
    job.span = node.span;
    job.environment = node.field("deployment");
    job.by_hand = node.field("trigger").is_some_and(|trigger| trigger.value == "manual");
    let own = node.get("image").or_else(|| root.get("image")).and_then(image);
    job.container = own.map(|image| container(image, Texts::new()));
    for service in node.get("services").map(Node::texts).unwrap_or_default() {
        let defined =
            root.get("definitions").and_then(|all| all.get("services")).and_then(|all| all.get(&service.value));
        let spec: Option<ContainerSpec> = defined.and_then(|defined| {
            let spec = container(defined.get("image").and_then(image)?, variables(defined.get("variables")));
            Some(ContainerSpec { span: defined.span, key: service.span, node: defined.clone(), ..spec })
        });
        if !OWN.contains(&service.value.as_str()) {
            job.services.extend(spec.map(|spec| (service.value, spec)));
        }
    }
    for part in ["script", "after-script"] {
        job.steps.extend(node.get(part).map_or(&[][..], Node::one_or_many).iter().filter_map(step));
    }
    job
}

/// A line of a script, or a pipe: `atlassian/heroku-deploy:2.0`.
fn step(node: &Node) -> Option<Step> {
    let Some(pipe) = node.field("pipe") else { return Some(running(&CommandText::of(node)?)) };
    let name = pipe.value.trim_start_matches("docker://").replacen(':', "@", 1);
    let with = variables(node.get("variables"));
    Some(using(&name, pipe.span, with))
}
