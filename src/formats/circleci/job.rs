//! One job as a workflow calls it.

use super::parameters::{Values, fill, undecided};
use super::{Call, by_hand, handed, needs, steps, texts};
use crate::formats::small::tree::{Kind, Node};
use crate::formats::workflow::{ContainerSpec, Job, Matrix, Step};
use crate::model::{Span, Spanned};

/// Keys of a call that are no parameters of the job.
const OF_CALLS: [&str; 9] =
    ["requires", "name", "context", "type", "filters", "matrix", "pre-steps", "post-steps", "serial-group"];

/// The job of a call.
pub(super) fn of(root: &Node, call: &Call<'_>, all: &[Call<'_>]) -> Job {
    let with: Vec<(Spanned<String>, Node)> = call.with.map_or(&[][..], Node::entries).to_vec();
    let with: Vec<_> = with.into_iter().filter(|(name, _)| !OF_CALLS.contains(&name.value.as_str())).collect();
    let matrix = call.with.and_then(|with| with.path(&["matrix", "parameters"]));
    let axes = matrix.map_or(&[][..], Node::entries);
    let asks = |(name, axis): &(Spanned<String>, Node)| {
        (name.clone(), Node::new(Kind::Text(format!("${{{{ matrix.{} }}}}", name.value)), axis.span))
    };
    let with: Vec<_> = with.into_iter().chain(axes.iter().map(asks)).collect();
    let mut job = Job {
        name: Some(call.job.clone()).filter(|name| name.value != call.id.value),
        needs: needs(call, all, 0),
        condition: call.with.and_then(condition),
        by_hand: by_hand(call, all, 0),
        matrix: Matrix {
            axes: axes.to_vec(),
            exclude: call.with.and_then(|with| with.path(&["matrix", "exclude"])).cloned(),
            span: matrix.map(|matrix| matrix.span),
            ..Matrix::default()
        },
        ..Job::blank(call.id.clone())
    };
    let declared =
        root.get("jobs").and_then(|jobs| jobs.entries().iter().find(|(name, _)| name.value == call.job.value));
    match declared {
        Some((name, node)) => {
            job.span = if name.span.file == node.span.file { name.span.to(node.span) } else { name.span };
            let values = handed(node.get("parameters"), &with);
            described(root, &fill(node, &values), &mut job);
        }
        None => job.steps = vec![of_orb(root, &call.job)],
    }
    let extra =
        |key: &str| call.with.and_then(|with| with.get(key)).map_or(Vec::new(), |node| steps::of(root, node, "", 0));
    let (before, after) = (extra("pre-steps"), extra("post-steps"));
    job.steps.splice(0..0, before);
    job.steps.extend(after);
    job
}

/// Where a job runs and what it does.
fn described(root: &Node, node: &Node, job: &mut Job) {
    let executor = executor(root, node);
    let (node, executor) = (undecided(node), executor.map(|executor| undecided(&executor)));
    let of = |key: &str| node.get(key).or_else(|| executor.as_ref()?.get(key)).cloned();
    let images = of("docker").map_or(Vec::new(), |docker| docker.one_or_many().to_vec());
    let folder = of("working_directory").and_then(|folder| folder.scalar()).unwrap_or_else(|| "~/project".to_owned());
    job.env = executor.as_ref().map(|executor| texts(executor.get("environment"))).unwrap_or_default();
    if let Some(first) = images.first() {
        job.env.extend(texts(first.get("environment")));
        job.container = container(first);
    } else if let Some(image) = of("machine").and_then(|machine| machine.get("image").cloned()) {
        job.runs_on = machine(&image);
    }
    job.env.extend(texts(node.get("environment")));
    for service in images.iter().skip(1) {
        let Some(spec) = container(service) else { continue };
        let name = service.field("name").map_or_else(|| base_name(&spec.image.value), |name| name.value);
        job.services.insert(name, spec);
    }
    job.steps = node.get("steps").map_or(Vec::new(), |list| steps::of(root, list, &folder, 0));
}

/// The runner that a virtual machine's image is like: `ubuntu-2204:2024.05.1` is that release.
fn machine(image: &Node) -> Option<Node> {
    let text = image.scalar()?;
    let release = text.split(':').next()?.strip_prefix("ubuntu-")?;
    let (year, month) = (release.get(..2)?, release.get(2..4)?);
    Some(Node::new(Kind::Text(format!("ubuntu-{year}.{month}")), image.span))
}

/// The executor of the file that a job names, its parameters put in.
fn executor(root: &Node, job: &Node) -> Option<Node> {
    let named = job.get("executor")?;
    let name = named.field("name").or_else(|| named.spanned())?;
    let declared = root.get("executors")?.get(&name.value)?;
    let values: Values = handed(declared.get("parameters"), named.entries());
    Some(fill(declared, &values))
}

fn container(node: &Node) -> Option<ContainerSpec> {
    let image = node.field("image")?;
    let (key, env) = (image.span, texts(node.get("environment")));
    Some(ContainerSpec { env, span: node.span, key, node: node.clone(), ..ContainerSpec::of(image) })
}

/// The last part of an image's name.
fn base_name(image: &str) -> String {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split([':', '@']).next().unwrap_or(name).to_owned()
}

/// A job that an orb brings: one step that nobody here can look into.
fn of_orb(root: &Node, job: &Spanned<String>) -> Step {
    let (alias, name) = job.value.split_once('/').unwrap_or((job.value.as_str(), ""));
    let orb = root.get("orbs").and_then(|orbs| orbs.field(alias)).map_or_else(|| alias.to_owned(), |orb| orb.value);
    let (orb, version) = orb.split_once('@').unwrap_or((orb.as_str(), ""));
    steps::using(&Spanned::new(format!("{orb}/{name}@{version}"), job.span))
}

/// When it runs, in GitHub's words: on the branches that its filters name.
fn condition(with: &Node) -> Option<Spanned<String>> {
    let only = with.path(&["filters", "branches", "only"])?;
    let branches = only.texts();
    let plain = |branch: &Spanned<String>| !branch.value.starts_with('/');
    let span: Span = only.span;
    if branches.is_empty() || !branches.iter().all(plain) {
        return None;
    }
    let all: Vec<String> =
        branches.iter().map(|branch| format!("github.ref == 'refs/heads/{}'", branch.value)).collect();
    Some(Spanned::new(all.join(" || "), span))
}
