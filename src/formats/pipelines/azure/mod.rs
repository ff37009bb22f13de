//! Azure Pipelines: stages, jobs, steps and the templates of the repository.
//! Source: <https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/>.

mod tasks;

use std::collections::BTreeMap;

use super::{container, fill, on_branches, push, slug, variables};
use crate::discover::{Tree, paths};
use crate::formats::small::tree::{self, Kind, Node};
use crate::formats::workflow::{Ci, Job, Matrix, Texts, Trigger, Workflow};
use crate::model::{FileId, Problem, Span, Spanned};

/// How deep templates may hold one another.
const MAX_DEPTH: usize = 8;
/// Entries that one list may come to.
const MOST_ENTRIES: usize = 500;

/// What is known on the way to the jobs.
struct Reading<'t> {
    tree: &'t Tree,
    /// `resources.containers` by their names.
    containers: BTreeMap<String, Node>,
    jobs: Vec<Job>,
}

/// The pipeline of a file as a workflow.
pub fn workflow(tree: &Tree, file: FileId) -> Workflow {
    let (root, problems) = tree::yaml(file, tree.text(file).unwrap_or_default());
    let off = |key: &str| root.as_ref().and_then(|root| root.field(key)).is_some_and(|text| text.value == "none");
    let other = |key: &[&str]| root.as_ref().is_some_and(|root| root.path(key).is_some());
    let by_hand = off("trigger")
        && off("pr")
        && !other(&["schedules"])
        && !other(&["resources", "pipelines"])
        && !other(&["resources", "webhooks"]);
    let extended = root.as_ref().and_then(|root| root.get("extends")).cloned();
    let mut jobs = root.map(|root| read(tree, root, file)).unwrap_or_default();
    // A pipeline whose stages another repository holds is known by its own name.
    if let Some(mut job) = extended.as_ref().filter(|_| jobs.is_empty()).and_then(foreign) {
        let stem = paths::name(tree.path(file)).split('.').next().unwrap_or_default();
        job.id.value = slug(stem);
        jobs.push(job);
    }
    let mut workflow = finished(file, jobs, problems);
    if by_hand {
        workflow.on = vec![Trigger::of(Spanned::new("workflow_dispatch".to_owned(), Span::new(file, 0, 0)))];
    }
    workflow
}

/// Whether a text is a pipeline that is started by itself, and no template.
pub fn is_pipeline(text: &str) -> bool {
    let begins = |keys: &[&str]| text.lines().any(|line| keys.iter().any(|key| line.starts_with(key)));
    begins(&["trigger:", "pr:", "schedules:"]) && begins(&["extends:", "pool:", "stages:", "jobs:", "steps:"])
}

/// The job that a template of another repository stands for.
fn foreign(node: &Node) -> Option<Job> {
    let template = node.field("template").filter(|path| path.value.contains('@') && !path.value.ends_with("@self"))?;
    let stem = paths::name(&template.value).split('.').next().unwrap_or_default();
    let mut job = Job::blank(Spanned::new(slug(stem), template.span));
    job.span = node.span;
    job.with = variables(node.get("parameters"));
    let place = |name: &&str| job.with.get(*name).filter(|text| !text.value.contains('$')).cloned();
    job.environment = ["environment", "environmentName", "env"].iter().find_map(place);
    job.uses = Some(template);
    Some(job)
}

fn finished(file: FileId, jobs: Vec<Job>, problems: Vec<Problem>) -> Workflow {
    Workflow::elsewhere(Ci::Azure, file, jobs, problems)
}

fn read(tree: &Tree, mut root: Node, file: FileId) -> Vec<Job> {
    with_parameters(&mut root, None);
    let listed = root.path(&["resources", "containers"]).map_or(&[][..], Node::items);
    let containers = listed.iter().filter_map(|one| Some((one.field("container")?.value, one.clone()))).collect();
    let mut reading = Reading { tree, containers, jobs: Vec::new() };
    let whole = texts(root.get("variables"));
    let root = reading.extended(root, file);
    let stages = reading.list(root.get("stages"), "stages", file, 0);
    let mut before: Vec<Spanned<String>> = Vec::new();
    let mut named: BTreeMap<String, Vec<Spanned<String>>> = BTreeMap::new();
    for (stage, file) in &stages {
        let needs = match stage.get("dependsOn") {
            Some(on) => on.texts().iter().filter_map(|name| named.get(&name.value)).flatten().cloned().collect(),
            None => before.clone(),
        };
        let own = reading.of_jobs(stage, &whole, &needs, *file);
        named.extend(stage.field("stage").map(|name| (name.value, own.clone())));
        before = own;
    }
    if stages.is_empty() {
        reading.of_jobs(&root, &whole, &[], file);
    }
    reading.jobs
}

/// Puts the parameters of a file in: what is handed over, else the defaults.
fn with_parameters(node: &mut Node, handed: Option<&Node>) {
    let declared = node.get("parameters");
    let listed = declared.map_or(&[][..], Node::items).iter();
    let defaults = listed.filter_map(|one| Some((one.field("name")?.value, one.field("default")?.value)));
    let mapped = declared.map_or(&[][..], Node::entries).iter();
    let mapped = mapped.filter_map(|(name, value)| Some((name.value.clone(), value.scalar()?)));
    let mut all: BTreeMap<String, String> = defaults.chain(mapped).collect();
    let handed = handed.map_or(&[][..], Node::entries).iter();
    all.extend(handed.filter_map(|(name, value)| Some((name.value.clone(), value.scalar()?))));
    let value = |name: &str| all.get(name.strip_prefix("parameters.")?).cloned();
    fill(node, ("${{", "}}"), &value, 0);
}

/// The variables of a mapping, or of a list of names and values.
fn texts(node: Option<&Node>) -> Texts {
    let mut all = Texts::new();
    for item in node.map_or(&[][..], Node::items) {
        if let (Some(name), Some(value)) = (item.field("name"), item.field("value")) {
            all.insert(name.value, value);
        }
    }
    all.extend(variables(node.filter(|node| matches!(node.kind, Kind::Map(_)))));
    all
}

impl Reading<'_> {
    /// A template by its path: from the folder of the file that asks for it, or from the root.
    fn template(&self, path: &str, from: FileId, handed: Option<&Node>) -> Option<(Node, FileId)> {
        let path = path.strip_suffix("@self").unwrap_or(path);
        let folder = if path.starts_with('/') { "" } else { paths::parent(self.tree.path(from)) };
        let file = self.tree.find(&paths::join(folder, path.trim_start_matches('/'))?)?;
        let mut root = tree::yaml(file, self.tree.text(file).ok()?).0?;
        with_parameters(&mut root, handed);
        Some((root, file))
    }

    /// What a pipeline that extends a template comes to.
    fn extended(&self, root: Node, file: FileId) -> Node {
        let template = root
            .get("extends")
            .and_then(|extends| self.template(&extends.field("template")?.value, file, extends.get("parameters")));
        template.map_or(root, |(template, _)| template)
    }

    /// The entries of a list with those of its templates and conditions in their place, each with its file.
    fn list(&self, node: Option<&Node>, key: &str, file: FileId, depth: usize) -> Vec<(Node, FileId)> {
        let mut out = Vec::new();
        for item in node.map_or(&[][..], Node::items) {
            if depth > MAX_DEPTH || out.len() > MOST_ENTRIES {
                break;
            }
            if let Some(path) = item.field("template") {
                if let Some((root, at)) = self.template(&path.value, file, item.get("parameters")) {
                    out.extend(self.list(root.get(key), key, at, depth + 1));
                } else if key != "steps" {
                    out.push((item.clone(), file));
                }
            } else if let [(name, inner)] = item.entries()
                && name.value.starts_with("${{")
            {
                out.extend(self.list(Some(inner), key, file, depth + 1));
            } else {
                out.push((item.clone(), file));
            }
        }
        out
    }

    /// The jobs of a stage, or of a pipeline without stages; what came out.
    fn of_jobs(
        &mut self,
        stage: &Node,
        whole: &Texts,
        needs: &[Spanned<String>],
        file: FileId,
    ) -> Vec<Spanned<String>> {
        let mut whole = whole.clone();
        if stage.get("stage").is_some() {
            whole.extend(texts(stage.get("variables")));
        }
        let mut jobs = self.list(stage.get("jobs"), "jobs", file, 0);
        if jobs.is_empty() && stage.get("steps").is_some() {
            jobs.push((stage.clone(), file));
        }
        let mut ids: Vec<Spanned<String>> = Vec::new();
        if let Some(mut job) = foreign(stage) {
            job.needs = needs.to_vec();
            ids.extend(push(&mut self.jobs, job));
        }
        for (node, file) in &jobs {
            let mut job = foreign(node).unwrap_or_else(|| self.job(node, stage, &whole, *file));
            let on = node.get("dependsOn").map(Node::texts).unwrap_or_default();
            let of_stage = ids.iter().filter(|id| on.iter().any(|name| name.value == id.value));
            job.needs = of_stage.chain(needs).cloned().collect();
            ids.extend(push(&mut self.jobs, job));
        }
        ids
    }

    fn job(&self, node: &Node, stage: &Node, whole: &Texts, file: FileId) -> Job {
        let plain = || Spanned::new("job".to_owned(), node.span);
        let id = node.field("job").or_else(|| node.field("deployment")).or_else(|| stage.field("stage"));
        let mut job = Job::blank(id.filter(|id| !id.value.is_empty()).unwrap_or_else(plain));
        job.span = node.span;
        job.name = stage.field("displayName").or_else(|| stage.field("stage")).or_else(|| node.field("displayName"));
        job.env.clone_from(whole);
        job.env.extend(texts(node.get("variables").filter(|_| node.get("job").or(node.get("deployment")).is_some())));
        let own = |key: &str| node.get(key).or_else(|| stage.get(key));
        job.runs_on = own("pool").and_then(|pool| pool.get("vmImage")).cloned();
        job.environment =
            node.get("environment").and_then(|environment| environment.field("name").or_else(|| environment.spanned()));
        job.condition = own("condition").and_then(condition);
        job.continue_on_error = node.get("continueOnError").and_then(Node::as_bool) == Some(true);
        job.container = node.get("container").and_then(|named| self.container(named));
        for (name, named) in node.get("services").map_or(&[][..], Node::entries) {
            job.services.extend(self.container(named).map(|spec| (name.value.clone(), spec)));
        }
        job.matrix = matrix(node, &mut job.env);
        let values = job.env.clone();
        let value = |name: &str| values.get(name).map(|text| text.value.clone());
        for (mut step, file) in self.list(steps(node), "steps", file, 0) {
            fill(&mut step, ("$(", ")"), &value, 0);
            job.steps.extend(tasks::step(&step, self.tree, file));
        }
        job.env = job.env.into_iter().map(|(name, text)| (name.to_uppercase().replace('.', "_"), text)).collect();
        job
    }

    fn container(&self, named: &Node) -> Option<crate::formats::workflow::ContainerSpec> {
        let resource = named.as_str().and_then(|name| self.containers.get(name)).unwrap_or(named);
        let image = resource.field("image").or_else(|| resource.spanned())?;
        let spec = container(image, variables(resource.get("env")));
        let ports = resource.get("ports").map(Node::texts).unwrap_or_default();
        Some(crate::formats::workflow::ContainerSpec { ports, node: resource.clone(), ..spec })
    }
}

/// The steps of a job, or those that a strategy of deployment goes through.
fn steps(node: &Node) -> Option<&Node> {
    let deployed = || {
        let strategy = node.get("strategy")?;
        let ways = ["runOnce", "rolling", "canary"];
        ways.iter().find_map(|way| strategy.path(&[way, "deploy", "steps"]))
    };
    node.get("steps").or_else(deployed)
}

/// The branches that a condition asks for.
fn condition(node: &Node) -> Option<Spanned<String>> {
    let text = node.scalar()?;
    let asked = text.split("refs/heads/").skip(1);
    let branch = |rest: &str| rest.split(['\'', '"', ')', ' ']).next().unwrap_or_default().to_owned();
    let positive = !text.contains("ne(") && !text.contains("not(");
    let branches: Vec<_> = asked.map(|rest| Spanned::new(branch(rest), node.span)).collect();
    on_branches(&branches).filter(|_| positive)
}

/// `strategy.matrix`: variables of each run by its name.
fn matrix(node: &Node, env: &mut Texts) -> Matrix {
    let runs = node.path(&["strategy", "matrix"]).filter(|matrix| !matrix.entries().is_empty());
    let Some(runs) = runs else { return Matrix::default() };
    let rows: Vec<Node> = runs.entries().iter().map(|(_, row)| row.clone()).collect();
    for (name, value) in rows.iter().flat_map(Node::entries) {
        env.insert(name.value.clone(), Spanned::new(format!("${{{{ matrix.{} }}}}", name.value), value.span));
    }
    let include = Node::new(Kind::List(rows), runs.span);
    Matrix { include: Some(include), span: Some(runs.span), ..Matrix::default() }
}
