//! `.drone.yml` and `.woodpecker.yml`. Every step has an image of its own, so each is a job.
//! Sources: <https://docs.drone.io/pipeline/docker/overview/>, <https://woodpecker-ci.org/docs/usage/workflow-syntax>.

use super::{building, container, fill, on_branches, push, running, slug, using, variables};
use crate::discover::Tree;
use crate::formats::small::CommandText;
use crate::formats::small::tree::{self, Node};
use crate::formats::workflow::{Ci, ContainerSpec, Job, Matrix, Step, Texts, Workflow};
use crate::model::{FileId, Spanned};

/// The pipelines of a file as a workflow.
pub fn workflow(tree: &Tree, file: FileId) -> Workflow {
    let text = tree.text(file).unwrap_or_default();
    let mut jobs = Vec::new();
    for root in tree::yaml_all(file, text) {
        if root.get("kind").is_none_or(|kind| kind.as_str() == Some("pipeline")) {
            pipeline(root, &mut jobs);
        }
    }
    Workflow::elsewhere(Ci::Drone, file, jobs, tree::yaml(file, text).1)
}

/// The entries of a list or of a mapping, each with its name.
fn named(node: Option<&Node>) -> Vec<(Spanned<String>, &Node)> {
    let Some(node) = node else { return Vec::new() };
    let listed =
        node.items().iter().filter_map(|item| Some((item.field("name").or_else(|| item.field("image"))?, item)));
    let mapped = node.entries().iter().map(|(name, item)| (name.clone(), item));
    listed.chain(mapped).collect()
}

/// The branches that `when` or `trigger` names.
fn branches(node: Option<&Node>) -> Vec<Spanned<String>> {
    let branch = node.and_then(|node| node.get("branch"));
    branch.map(|branch| branch.get("include").unwrap_or(branch).texts()).unwrap_or_default()
}

fn pipeline(mut root: Node, jobs: &mut Vec<Job>) {
    let axes: Vec<(Spanned<String>, Node)> = root.get("matrix").map_or(&[][..], Node::entries).to_vec();
    let axes: Vec<_> = axes.into_iter().filter(|(name, _)| name.value != "include").collect();
    let axis =
        |name: &str| axes.iter().any(|(axis, _)| axis.value == name).then(|| format!("${{{{ matrix.{name} }}}}"));
    if !axes.is_empty() {
        fill(&mut root, ("${", "}"), &axis, 0);
    }
    let mut services = Vec::new();
    for (name, node) in named(root.get("services")) {
        let Some(image) = node.field("image") else { continue };
        let spec = container(image, variables(node.get("environment")));
        services.push((name.value, ContainerSpec { span: node.span, key: name.span, node: node.clone(), ..spec }));
    }
    let mut before: Vec<Spanned<String>> = Vec::new();
    for (name, node) in named(root.get("steps").or_else(|| root.get("pipeline"))) {
        let mut job = job(&name, node);
        job.services = services.iter().cloned().collect();
        job.needs.clone_from(&before);
        job.matrix = Matrix { axes: axes.clone(), span: axes.first().map(|(name, _)| name.span), ..Matrix::default() };
        let own = branches(node.get("when"));
        let whole = if own.is_empty() { branches(root.get("trigger").or_else(|| root.get("when"))) } else { own };
        job.condition = on_branches(&whole);
        before.extend(push(jobs, job));
    }
}

fn job(name: &Spanned<String>, node: &Node) -> Job {
    let mut job = Job::blank(Spanned::new(slug(&name.value), name.span));
    job.span = node.span;
    job.env = variables(node.get("environment"));
    let image = node.field("image");
    let settings = node.get("settings");
    let commands = node.get("commands").map_or(&[][..], Node::one_or_many);
    job.continue_on_error = node.field("failure").is_some_and(|failure| failure.value == "ignore");
    if commands.is_empty() {
        job.steps = image.as_ref().and_then(|image| plugin(image, settings.unwrap_or(node))).into_iter().collect();
    } else {
        job.container = image.map(|image| container(image, Texts::new()));
        job.steps = commands.iter().filter_map(CommandText::of).map(|command| running(&command)).collect();
    }
    job
}

/// What a plugin does: it builds an image, or it is an action of its name.
fn plugin(image: &Spanned<String>, settings: &Node) -> Option<Step> {
    let name = image.value.split(['@', ':']).next()?;
    let last = name.rsplit('/').next()?;
    let texts = variables(Some(settings));
    let builds = ["docker", "kaniko", "ecr", "gcr", "acr", "drone-docker", "drone-kaniko", "plugin-docker-buildx"];
    if builds.contains(&last) && (name.contains("plugin") || name.contains("drone") || name.contains("woodpecker")) {
        let of = |key: &str| texts.get(key).cloned();
        let dry = of("dry_run").is_some_and(|dry| dry.value == "true");
        let pushed = Spanned::new((!dry).to_string(), image.span);
        let with = [
            ("file", of("dockerfile")),
            ("context", of("context")),
            ("target", of("target")),
            ("tags", of("repo")),
            ("push", Some(pushed)),
        ];
        return Some(building(image.span, with));
    }
    let action = if last == "drone-ssh" { "appleboy/ssh-action".to_owned() } else { format!("{name}@v1") };
    Some(using(&action, image.span, texts))
}
