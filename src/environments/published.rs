//! Where the repository itself builds and publishes its images, and under which names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::images::{context_of, of_file};
use super::own_images::split_tag;
use super::plan::ImageBuild;
use super::words::naming;
use crate::discover::{Kind, paths};
use crate::formats::dockerfile::Dockerfile;
use crate::formats::workflow::{self, Job, Step, Workflow};
use crate::links::view::publishes_image;
use crate::links::{Caller, Meaning, Repository};
use crate::model::{FileId, Role, Span, Spanned};

/// Where a workflow builds and pushes a Dockerfile.
pub(super) fn pushed(repository: &Repository<'_>, file: FileId) -> Option<Span> {
    publishing(repository, file).map(|publishing| publishing.span)
}

/// How a workflow publishes a Dockerfile.
pub(super) struct Publishing {
    /// Where.
    pub(super) span: Span,
    /// The stage that it asks for.
    pub(super) target: Option<String>,
    /// The workflow and its job.
    by: (FileId, String),
    /// The folder that it is built from, where it is said.
    context: Option<String>,
    args: BTreeMap<String, Option<String>>,
}

/// How a workflow publishes a Dockerfile: of several ways the whole, or the stage for production. An image for developers or
/// for tests, beside a stage for production, is not what is deployed.
pub(super) fn publishing(repository: &Repository<'_>, file: FileId) -> Option<Publishing> {
    let mut all = publishings(repository, file);
    let role = |target: &str| naming(target).role.map(|(role, _)| role);
    let for_production =
        |dockerfile: &Dockerfile| dockerfile.stage_names().any(|name| role(name) == Some(Role::Production));
    if repository.dockerfile(file).is_some_and(|dockerfile| for_production(&dockerfile)) {
        let aside = |target: &str| matches!(role(target), Some(Role::Development | Role::Test));
        all.retain(|one| !one.target.as_deref().is_some_and(aside));
    }
    let other = |one: &Publishing| {
        let role = one.target.as_deref().and_then(|target| naming(target).role);
        one.target.is_some() && role.is_none_or(|(role, _)| role != Role::Production)
    };
    let at = (0..all.len()).min_by_key(|at| other(&all[*at]))?;
    let mut best = all.swap_remove(at);
    // What one job builds with several values, one of them says nothing of.
    let rows = || all.iter().filter(|one| one.by == best.by && one.target == best.target);
    let several = |name: &str, value: &Option<String>| rows().any(|row| row.args.get(name) != Some(value));
    let args: Vec<String> =
        best.args.iter().filter(|(name, value)| several(name, value)).map(|(name, _)| name.clone()).collect();
    best.args.extend(args.into_iter().map(|name| (name, None)));
    Some(best)
}

/// The jobs that build and push a Dockerfile, and where.
pub fn jobs_that_push(repository: &Repository<'_>, dockerfile: FileId) -> Vec<(FileId, String, Span)> {
    let all = publishings(repository, dockerfile).into_iter();
    all.map(|one| (one.by.0, one.by.1, one.span)).collect()
}

/// Whether one workflow publishes both of two Dockerfiles.
pub(super) fn together(repository: &Repository<'_>, one: FileId, other: FileId) -> bool {
    let flows = |file: FileId| publishings(repository, file).into_iter().map(|one| one.by.0).collect::<Vec<_>>();
    let known = flows(other);
    one != other && flows(one).iter().any(|flow| known.contains(flow))
}

fn publishings(repository: &Repository<'_>, file: FileId) -> Vec<Publishing> {
    let mut found = Vec::new();
    let path = repository.tree.path(file);
    for call in &repository.calls {
        let (Caller::Job { file, job }, Meaning::Builds(build)) = (&call.caller, &call.meaning) else { continue };
        let context = paths::join(&call.folder, &build.context).unwrap_or_default();
        let named = build.dockerfile.clone().or_else(|| paths::join(&context, "Dockerfile"));
        let pushed = || {
            let pushes = |other: &&crate::links::Call| other.caller == call.caller && is_pushed(&other.meaning);
            repository.calls.iter().any(|other| pushes(&other))
        };
        if named.as_deref() == Some(path) && (build.push && !stays(&build.tags) || pushed()) && !is_for_ci(&build.tags)
        {
            let by = (*file, job.clone());
            let (target, args) = (build.target.clone(), build.args.clone());
            found.push(Publishing { span: call.span, target, context: Some(context), by, args });
        }
    }
    for (file_of, workflow) in repository.workflows() {
        let flow = &workflow;
        let run = |job| steps(flow, job).into_iter().flatten().map(move |step| (job, step));
        for (job, step) in workflow.jobs.iter().flat_map(run) {
            let dockers = |uses: &str| uses.starts_with("docker/build-push-action");
            let Some(uses) = &step.uses else { continue };
            let whole = publishes_image(&uses.value) && step.with.contains_key("context");
            if !(whole || dockers(&uses.value)) {
                continue;
            }
            let with = |name: &str| step.with.get(name).map(|value| value.value.trim().to_owned());
            let context = with("context").and_then(|context| paths::join("", &context)).unwrap_or_default();
            // Other actions look for the file below the context, or from the root as Docker's own.
            let below = with("dockerfile").and_then(|file| paths::join(&context, &file)).filter(|_| whole);
            let below = below.filter(|path| repository.tree.find(path).is_some());
            let named = below
                .or_else(|| with(if whole { "dockerfile" } else { "file" }).and_then(|file| paths::join("", &file)))
                .or_else(|| paths::join(&context, "Dockerfile"));
            let pushes = with("push").map_or(whole, |push| push != "false") || pushed_later(repository, file_of, job);
            let tags: Vec<String> =
                with("tags").iter().flat_map(|tags| tags.split([',', '\n'])).map(|tag| tag.trim().to_owned()).collect();
            if pushes && named.as_deref() == Some(path) && !is_for_ci(&tags) && !stays(&tags) {
                let target = with("target").or_else(|| OPTIONS.iter().find_map(|name| asked_for(&with(name)?)));
                let target = target.filter(|target| !target.contains("${{") && !target.is_empty());
                let by = (file_of, job.id.value.clone());
                let said = with("context").is_none_or(|text| !text.contains("{{"));
                let context = said.then_some(context);
                found.push(Publishing { span: uses.span, target, context, by, args: step_args(&step) });
            }
        }
    }
    found
}

/// Inputs of actions that hand options on to `docker build`.
pub(super) const OPTIONS: [&str; 4] = ["buildoptions", "build_options", "extra_args", "docker_build_args"];

/// The stage that the options of a build ask for.
pub(super) fn asked_for(options: &str) -> Option<String> {
    let mut words = options.split_whitespace();
    let flag = words.find(|word| word.starts_with("--target"))?;
    flag.strip_prefix("--target=").or_else(|| words.next()).map(str::to_owned)
}

/// Whether a command pushes an image to where others find it.
fn is_pushed(meaning: &Meaning) -> bool {
    matches!(meaning, Meaning::Pushes(name) if !is_local(name))
}

/// Whether every name of an image is one of a registry that the job itself starts.
fn stays(tags: &[String]) -> bool {
    let mut tags = tags.iter().filter(|tag| !tag.is_empty()).peekable();
    tags.peek().is_some() && tags.all(|tag| is_local(tag))
}

/// Whether a registry is one of the machine, or of a cluster that is set up on it to try things.
fn is_local(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["localhost", "127.0.0.1", "k3d", "minikube", "kind-registry"].iter().any(|word| name.contains(word))
}

/// Whether an image is by every name that it gets one which only the CI itself runs.
fn is_for_ci(tags: &[String]) -> bool {
    let own = |tag: &String| {
        let name = paths::name(split_tag(tag).0);
        name.split(['-', '_']).skip(1).any(|word| word == "ci")
    };
    let mut tags = tags.iter().filter(|tag| !tag.is_empty()).peekable();
    tags.peek().is_some() && tags.all(own)
}

/// The arguments that a step hands to the build of an image; none for a value that only the run knows.
pub(super) fn step_args(step: &Step) -> BTreeMap<String, Option<String>> {
    let lines = step.with.get("build-args").map(|value| value.value.as_str()).unwrap_or_default();
    let pair = |line: &str| {
        let (name, value) = line.trim().split_once('=')?;
        let value = value.trim();
        Some((name.to_owned(), (!value.contains("${{")).then(|| value.to_owned())))
    };
    lines.lines().filter_map(pair).collect()
}

/// The steps of a job as they run: for each row of its matrix, with what that and the variables of the workflow and the job give in
/// the place of their expressions.
pub(super) fn steps<'j>(workflow: &Workflow, job: &'j Job) -> Vec<Vec<Cow<'j, Step>>> {
    let holds = |step: &Step, name: &str| step.with.values().any(|text| text.value.contains(name));
    let given = workflow.env.iter().chain(&job.env).filter(|(_, text)| !text.value.contains("${{"));
    let given: BTreeMap<String, &str> = given.map(|(name, text)| (format!("env.{name}"), &*text.value)).collect();
    let filled = |step: &'j Step, row: &BTreeMap<String, Spanned<String>>| {
        if !holds(step, "matrix.") && !holds(step, "env.") {
            return Cow::Borrowed(step);
        }
        let mut step = step.clone();
        let row = row.iter().map(|(name, value)| (name.as_str(), &*value.value));
        let all: Vec<(&str, &str)> = row.chain(given.iter().map(|(name, value)| (name.as_str(), *value))).collect();
        for text in step.with.values_mut() {
            for (name, value) in &all {
                for written in [format!("${{{{ {name} }}}}"), format!("${{{{{name}}}}}")] {
                    text.value = text.value.replace(&written, value);
                }
            }
        }
        Cow::Owned(step)
    };
    if job.matrix.span.is_none() || !job.steps.iter().any(|step| holds(step, "matrix.")) {
        return vec![job.steps.iter().map(|step| filled(step, &BTreeMap::new())).collect()];
    }
    let instances = workflow::expand(workflow, job, &BTreeMap::new());
    instances.iter().map(|one| job.steps.iter().map(|step| filled(step, &one.values)).collect()).collect()
}

/// Whether a job pushes by another step what one of its steps only loads.
fn pushed_later(repository: &Repository<'_>, workflow: FileId, job: &Job) -> bool {
    let caller = Caller::Job { file: workflow, job: job.id.value.clone() };
    let action = |uses: &str| {
        uses.split('@').next().is_some_and(|name| {
            ["docker-push", "gcr-push", "ecr-push", "image-push", "push-image"]
                .iter()
                .any(|end| name.ends_with(&format!("/{end}")))
        })
    };
    repository.calls.iter().any(|call| call.caller == caller && is_pushed(&call.meaning))
        || job.steps.iter().any(|step| step.uses.as_ref().is_some_and(|uses| action(&uses.value)))
}

/// A Dockerfile as it is published, or as it stands.
pub(super) fn plain(repository: &Repository<'_>, dockerfile: FileId, span: Option<Span>) -> ImageBuild {
    let published = publishing(repository, dockerfile);
    let (target, said, args) = published.map(|one| (one.target, one.context, one.args)).unwrap_or_default();
    let context = said.unwrap_or_else(|| context_of(repository, dockerfile));
    let image = ImageBuild { dockerfile, context, target, args, span };
    // A stage that the file does not have is that of another repository's build.
    let there =
        image.target.is_none() || of_file(repository, &image, Vec::new()).is_some_and(|build| build.target.is_some());
    if there { image } else { ImageBuild { target: None, ..image } }
}

/// The only Dockerfile, or the only one that is called just that.
pub(super) fn sole(repository: &Repository<'_>) -> Option<FileId> {
    if let [only] = repository.of(Kind::Dockerfile) {
        return Some(*only);
    }
    let plain = |file: &&FileId| paths::name(repository.tree.path(**file)) == "Dockerfile";
    let mut files = repository.of(Kind::Dockerfile).iter().filter(plain);
    files.next().copied().filter(|_| files.next().is_none())
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::links::Repository;

    #[test]
    fn images_that_one_workflow_publishes_are_components_of_one_production() {
        let step = |folder: &str, more: &str| {
            let with = format!("{{image-name: acme/{folder}, context: {folder}{more}}}");
            format!("  {folder}: {{runs-on: u, steps: [{{uses: acme/docker-publish-action@v3, with: {with}}}]}}\n")
        };
        let flow = format!("on: push\njobs:\n{}{}", step("mail", ""), step("shop", ", dockerfile: web.Dockerfile"));
        let image = "FROM python:3.12\nCOPY . /app\nRUN pip install -r requirements.txt\nCMD python run.py\n";
        let found = super::super::tests::environments(&[
            ("mail/Dockerfile", image),
            ("mail/requirements.txt", "flask\n"),
            ("mail/run.py", "import flask\n"),
            ("shop/web.Dockerfile", image),
            ("shop/requirements.txt", "flask\n"),
            ("shop/run.py", "import flask\n"),
            (".github/workflows/image.yml", flow.as_str()),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("production production: mail/Dockerfile"), "{found:?}");
        assert!(found[0].contains("shop/web.Dockerfile"), "{found:?}");
    }

    #[test]
    fn what_a_job_builds_for_each_row_of_its_matrix_no_one_row_stands_for() {
        let of = |rows: &str| {
            let flow = format!(
                "on: push\njobs:\n  image:\n    runs-on: u\n    strategy: {{matrix: {{python: [{rows}]}}}}\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          push: true\n          tags: acme/shop\n          build-args: |\n            PYTHON=${{{{ matrix.python }}}}\n            MODE=live\n"
            );
            let tree = [("Dockerfile", "ARG PYTHON=3.10\nFROM python:${PYTHON}\n"), (".github/workflows/i.yml", &flow)];
            let tree = Tree::open(Box::new(Overlay::of(tree))).unwrap();
            let repository = Repository::read(&tree);
            let found = super::publishing(&repository, tree.find("Dockerfile").unwrap()).unwrap();
            assert_eq!(found.args["MODE"].as_deref(), Some("live"));
            found.args["PYTHON"].clone()
        };
        assert_eq!(of("'3.12'").as_deref(), Some("3.12"));
        assert_eq!(of("'3.12', '3.13'"), None);
    }

    #[test]
    fn what_a_build_is_handed_may_be_a_variable_of_the_workflow_or_the_job() {
        let flow = "on: push\nenv: {PY: '3.12', MODE: dev}\njobs:\n  image:\n    runs-on: u\n    env: {MODE: live}\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          push: true\n          tags: acme/shop\n          build-args: |\n            PYTHON=${{ env.PY }}\n            MODE=${{env.MODE}}\n            KEY=${{ env.KEY }}\n";
        let tree = [("Dockerfile", "ARG PYTHON=3.10\nFROM python:${PYTHON}\n"), (".github/workflows/i.yml", flow)];
        let tree = Tree::open(Box::new(Overlay::of(tree))).unwrap();
        let repository = Repository::read(&tree);
        let found = super::publishing(&repository, tree.find("Dockerfile").unwrap()).unwrap();
        let given = ["PYTHON", "MODE", "KEY"].map(|name| found.args[name].as_deref());
        assert_eq!(given, [Some("3.12"), Some("live"), None]);
    }

    #[test]
    fn a_plain_dockerfile_beside_the_only_one_that_is_published_is_none() {
        let flow = "on: push\njobs:\n  image:\n    runs-on: u\n    steps:\n      - uses: docker/build-push-action@v6\n        with: {context: ., file: infra/docker/Dockerfile, push: true, tags: acme/shop}\n";
        let found = super::super::tests::environments(&[
            ("Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD python run.py\n"),
            ("infra/docker/Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n"),
            (".github/workflows/image.yml", flow),
            ("run.py", "import a\n"),
        ]);
        assert_eq!(found, ["production production: infra/docker/Dockerfile .github/workflows/image.yml"]);
    }

    #[test]
    fn the_options_of_a_build_name_its_stage() {
        for (options, stage) in [
            ("--target prod", Some("prod")),
            ("--no-cache --target=web .", Some("web")),
            ("--no-cache", None),
            ("--target", None),
        ] {
            assert_eq!(super::asked_for(options).as_deref(), stage, "{options}");
        }
    }

    #[test]
    fn what_is_published_is_production_though_only_another_image_has_a_command() {
        let flow = "on: push\njobs:\n  b: {runs-on: u, steps: [{uses: docker/build-push-action@v6, with: {context: web, file: docker/web/Dockerfile, push: true}}]}\n";
        let found = super::super::tests::environments(&[
            (".github/workflows/build.yml", flow),
            ("docker/web/Dockerfile", "FROM python:3.12\nCOPY . /app\nRUN pip install -r requirements.txt\n"),
            ("web/manage.py", "import os\n"),
            ("web/requirements.txt", "django==5.2\n"),
            ("docker/lint/Dockerfile", "FROM python:3.13\nCOPY docker/lint/start.sh /\nENTRYPOINT [\"/start.sh\"]\n"),
            ("docker/lint/start.sh", "#!/bin/sh\ngit config --global --add safe.directory /app\nexec \"$@\"\n"),
        ]);
        let production: Vec<&String> = found.iter().filter(|line| line.contains(" production: ")).collect();
        assert_eq!(production.len(), 1, "{found:?}");
        assert!(production[0].contains("docker/web/Dockerfile"), "{found:?}");
    }
}
