//! What CI really runs: pipelines with their includes, workflows with the composite actions and the callers of this
//! repository.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::discover::{Tree, paths};
use crate::formats::pipelines::{azure, bitbucket, cloud_build, code_build, drone, jenkins, taskcluster};
use crate::formats::workflow::expand::typed;
use crate::formats::workflow::{self, Action, Ci, Data, Inputs, RunInstance, RunText, Step, Target, Workflow};
use crate::formats::{Var, Vars};
use crate::formats::{circleci, gitlab, travis, workflow::Job};
use crate::model::{FileId, Origin, Span, SpanMap, Spanned};

use super::ci_places::{self, OF_AZURE};
use super::commit_hooks;

/// Steps that one job may come to.
const MOST_STEPS: usize = 500;
/// Runs of a step that are told apart.
const MOST_RUNS: usize = 12;
/// Callers of one workflow that are told apart.
const MOST_CALLERS: usize = 64;

/// Whether a file is a pipeline of GitLab.
fn is_gitlab(tree: &Tree, file: FileId) -> bool {
    paths::name(tree.path(file)).starts_with(".gitlab-ci.")
}

/// The configuration of a CI other than GitHub's and GitLab's, by its file.
fn elsewhere(tree: &Tree, file: FileId) -> Option<Workflow> {
    let path = tree.path(file);
    let folder = paths::name(paths::parent(path));
    let name = paths::name(path).to_ascii_lowercase();
    Some(match name.as_str() {
        ".travis.yml" => travis::workflow(tree, file),
        "bitbucket-pipelines.yml" => bitbucket::workflow(tree, file),
        ".taskcluster.yml" => taskcluster::workflow(tree, file),
        _ if folder == ".circleci" => circleci::workflow(tree, file),
        // A part of a configuration that is put together when it runs.
        _ if path.contains(".circleci/") => Workflow::elsewhere(Ci::CircleCi, file, Vec::new(), Vec::new()),
        name if name.starts_with("azure-pipelines") || OF_AZURE.contains(&folder) => azure::workflow(tree, file),
        name if name.starts_with("jenkinsfile") => jenkins::workflow(tree, file),
        name if name.starts_with("buildspec") => code_build::workflow(tree, file),
        name if name.starts_with("cloudbuild") => cloud_build::workflow(tree, file),
        name if name.starts_with(".drone.") || name.starts_with(".woodpecker.") || folder == ".woodpecker" => {
            drone::workflow(tree, file)
        }
        _ => return None,
    })
}

/// The texts that a step runs in the runs of a matrix; as it is written where they are too many or not known.
pub(super) fn runs(run: &RunText, instances: &[RunInstance]) -> Vec<RunText> {
    let mut all: Vec<RunText> = Vec::new();
    for instance in instances.iter().take(MOST_CALLERS) {
        let of_matrix = instance.values.iter().filter(|(name, _)| name.starts_with("matrix."));
        let values: BTreeMap<_, _> = of_matrix.map(|(name, text)| (name.clone(), text.clone())).collect();
        let own = workflow::with_values(run, &values);
        if !all.iter().any(|known| known.text == own.text) {
            all.push(own);
        }
    }
    if all.is_empty() || all.len() > MOST_RUNS { vec![run.clone()] } else { all }
}

/// The variables of a step that a call of compose in it reads.
pub(super) fn of_compose(workflow: &Workflow, job: &Job, step: &Step) -> Vars {
    let all = workflow.env.iter().chain(&job.env).chain(&step.env);
    let ours = all.filter(|(name, text)| name.starts_with("COMPOSE_") && !text.value.contains('$'));
    ours.map(|(name, text)| (name.clone(), Var::set(text.value.clone(), Origin::set(text.span)))).collect()
}

/// Puts the literal variables of workflow, job and step in the place of `${{ env.NAME }}`, but for those that a step
/// of the job may set anew.
fn with_variables(workflow: &mut Workflow) {
    for job in &mut workflow.jobs {
        let steps = job.steps.iter().filter_map(|step| step.run.as_ref());
        let writes: Vec<String> =
            steps.filter(|run| run.text.contains("GITHUB_ENV")).map(|run| run.text.clone()).collect();
        for step in &mut job.steps {
            let Some(run) = step.run.take_if(|run| run.text.contains("env.")) else { continue };
            let all = workflow.env.iter().chain(&job.env).chain(&step.env);
            let literal = |name: &String, text: &str| {
                !text.contains("${{") && !writes.iter().any(|written| written.contains(&format!("{name}=")))
            };
            let values = all.filter(|(name, text)| literal(name, &text.value));
            let values = values.map(|(name, text)| (format!("env.{name}"), text.clone())).collect();
            step.run = Some(workflow::with_values(&run, &values));
        }
    }
}

/// The workflows of these files, with what they use of the repository.
pub(super) fn read(tree: &Tree, files: &[FileId]) -> BTreeMap<FileId, Arc<Workflow>> {
    let mut all: BTreeMap<FileId, Workflow> = BTreeMap::new();
    let mut parts: BTreeSet<FileId> = BTreeSet::new();
    for file in files {
        if is_gitlab(tree, *file) {
            if !parts.contains(file) {
                let pipeline = gitlab::read(tree, *file);
                parts.extend(pipeline.files.iter().filter(|part| *part != file));
                all.insert(*file, gitlab::workflow(pipeline, *file));
            }
        } else if let Some(workflow) = elsewhere(tree, *file) {
            all.insert(*file, workflow);
        } else if let Ok(parsed) = tree.parsed(*file, workflow::parse) {
            let mut own = parsed.as_ref().clone();
            for job in &mut own.jobs {
                job.steps = steps(tree, std::mem::take(&mut job.steps), 0);
            }
            with_variables(&mut own);
            own.jobs.iter_mut().for_each(ci_places::from_checkout);
            all.insert(*file, own);
        }
    }
    // A pipeline that another includes or triggers is a part of that.
    all.retain(|file, _| !parts.contains(file));
    // A called workflow may call another: what it hands on is known once its own callers are.
    for _ in 0..4 {
        let callers = callers(tree, &all);
        let mut changed = false;
        for (file, callers) in callers {
            if let Some(called) = all.get_mut(&file).filter(|called| called.callers != callers) {
                called.callers = callers;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for workflow in all.values_mut() {
        // Where something else starts it as well, its inputs are not what callers hand it.
        if !workflow.on.iter().all(|trigger| trigger.event.value == "workflow_call") {
            continue;
        }
        let inputs = same_everywhere(&workflow.callers);
        for step in workflow.jobs.iter_mut().flat_map(|job| &mut job.steps) {
            step.run = step.run.take().map(|run| workflow::with_values(&run, &inputs));
        }
    }
    all.into_iter().map(|(file, workflow)| (file, Arc::new(workflow))).collect()
}

/// The inputs that every caller hands the same value; where they differ, no one text is what runs.
fn same_everywhere(callers: &[Inputs]) -> BTreeMap<String, Spanned<String>> {
    let Some((first, rest)) = callers.split_first() else { return BTreeMap::new() };
    let same = |(name, (value, _)): &(&String, &(Data, Span))| {
        rest.iter().all(|other| other.get(*name).is_some_and(|(other, _)| other == value))
    };
    let text = |(name, (value, span)): (&String, &(Data, Span))| {
        Some((format!("inputs.{name}"), Spanned::new(value.text()?, *span)))
    };
    first.iter().filter(same).filter_map(text).collect()
}

/// Steps with those of composite actions in the place of the steps that use them.
fn steps(tree: &Tree, written: Vec<Step>, depth: usize) -> Vec<Step> {
    let mut out = Vec::new();
    for step in written {
        let Some((action, folder)) = composite(tree, &step).filter(|_| depth < 10 && out.len() < MOST_STEPS) else {
            let started = commit_hooks::of_action(&step).or_else(|| started(&step));
            out.push(step);
            out.extend(started);
            continue;
        };
        let mut inner = workflow::inlined(&action, &step);
        let span = step.uses.as_ref().map_or(step.span, |uses| uses.span);
        let path = BTreeMap::from([("github.action_path".to_owned(), Spanned::new(folder, span))]);
        for step in &mut inner {
            step.run = step.run.take().map(|run| workflow::with_values(&run, &path));
        }
        out.extend(steps(tree, inner, depth + 1));
    }
    out.truncate(MOST_STEPS);
    out
}

/// The step that starts what an action for trials in a browser then tries.
fn started(step: &Step) -> Option<Step> {
    let start = step.with.get("start")?;
    step.uses.as_ref().filter(|uses| uses.value.starts_with("cypress-io/github-action@"))?;
    let map = SpanMap::Whole(start.span);
    let run = RunText { text: start.value.clone(), map, span: start.span, shell: None, working_directory: None };
    Some(Step { run: Some(run), env: step.env.clone(), ..Step::blank(start.span) })
}

/// The composite action of the repository that a step uses, and its folder.
fn composite(tree: &Tree, step: &Step) -> Option<(Arc<Action>, String)> {
    let Target::Action(folder) = workflow::target(&step.uses.as_ref()?.value) else { return None };
    let file = ["action.yml", "action.yaml"].iter().find_map(|name| tree.find(&paths::join(&folder, name)?))?;
    let action = tree.parsed(file, workflow::action).ok()?;
    let folder = if folder.is_empty() { ".".to_owned() } else { format!("./{}", folder.trim_start_matches("./")) };
    action.using.as_ref().is_some_and(|using| using.value == "composite").then_some((action, folder))
}

/// What the jobs of the repository hand to each workflow that they reuse.
fn callers(tree: &Tree, all: &BTreeMap<FileId, Workflow>) -> BTreeMap<FileId, Vec<Inputs>> {
    let mut found: BTreeMap<FileId, Vec<Inputs>> = BTreeMap::new();
    for caller in all.values() {
        for job in &caller.jobs {
            let Some((file, called)) = reused(tree, all, job) else { continue };
            let sets = found.entry(file).or_default();
            for handed in workflow::handed(caller, job, &BTreeMap::new()) {
                let set = with_defaults(called, handed);
                if sets.len() < MOST_CALLERS && !sets.contains(&set) {
                    sets.push(set);
                }
            }
        }
    }
    found
}

/// The workflow of the repository that a job reuses.
fn reused<'a>(tree: &Tree, all: &'a BTreeMap<FileId, Workflow>, job: &Job) -> Option<(FileId, &'a Workflow)> {
    let Target::Workflow(path) = workflow::target(&job.uses.as_ref()?.value) else { return None };
    let file = tree.find(&path)?;
    Some((file, all.get(&file)?))
}

/// Inputs that a caller leaves out have their default, else nothing.
fn with_defaults(called: &Workflow, mut handed: Inputs) -> Inputs {
    let declared = called.on.iter().find(|trigger| trigger.event.value == "workflow_call");
    for (name, default) in declared.map(|trigger| &trigger.inputs).into_iter().flatten() {
        let span = called.jobs.first().map(|job| job.id.span);
        if handed.keys().any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        let value = match (default, span) {
            (Some(default), _) => Some((typed(Data::Text(default.value.clone())), default.span)),
            (None, Some(span)) => Some((Data::Null, span)),
            (None, None) => None,
        };
        handed.extend(value.map(|value| (name.clone(), value)));
    }
    handed
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::discover::{Overlay, Tree};
    use crate::formats::workflow::expand;
    use crate::model::Known;

    const CALLER: &str = "on: push
jobs:
  call:
    uses: ./.github/workflows/tests.yml
    strategy: {matrix: {py: ['3.11', '3.12']}}
    with: {python: '${{ matrix.py }}'}
    secrets: inherit
  again:
    uses: ./.github/workflows/tests.yml
    with: {python: '3.13', slow: true}
";
    const CALLED: &str = "on:
  workflow_call:
    inputs:
      python: {type: string}
      slow: {type: boolean, default: false}
      database: {type: string, default: 'postgres:16'}
jobs:
  test:
    runs-on: ubuntu-latest
    services: {db: {image: '${{ inputs.database }}'}}
    env: {MODE: \"${{ inputs.slow && 'all' || 'few' }}\"}
    steps:
      - uses: ./setup
        if: inputs.slow
        with: {version: '${{ inputs.python }}'}
      - run: pytest
";
    const ACTION: &str = "inputs:
  version: {default: '3.9'}
  extra: {default: dev}
runs:
  using: composite
  steps:
    - uses: actions/setup-python@v5
      with: {python-version: '${{ inputs.version }}'}
    - uses: ./inner
      with: {what: '${{ inputs.extra }}'}
";
    const INNER: &str = "inputs: {what: {}, none: {}}
runs:
  using: composite
  steps:
    - run: |
        pip install -r ${{ inputs.what }}.txt
        echo ${{ format('{0}!', inputs.what) }} ${{ inputs.none }}
      shell: bash
";

    #[test]
    fn inputs_of_callers_and_steps_of_actions_come_through() {
        let files = [
            (".github/workflows/ci.yml", CALLER),
            (".github/workflows/tests.yml", CALLED),
            ("setup/action.yml", ACTION),
            ("inner/action.yaml", INNER),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let ids = [".github/workflows/ci.yml", ".github/workflows/tests.yml"].map(|path| tree.find(path).unwrap());
        let all = read(&tree, &ids);
        let called = &all[&ids[1]];
        let runs = expand(called, &called.jobs[0], &std::collections::BTreeMap::new());
        let pythons: Vec<_> = runs.iter().filter_map(|run| run.python[0].0.one().cloned()).collect();
        assert_eq!(pythons, ["3.11", "3.12", "3.13"]);
        let place = runs[0].python[0].1;
        assert_eq!((place.file, &CALLER[place.range()]), (ids[0], "'3.11'"));
        assert_eq!(runs[0].services["db"].image.0, Known::One("postgres:16".into()));
        let modes: Vec<_> = runs.iter().filter_map(|run| run.env["MODE"].0.one().cloned()).collect();
        assert_eq!(modes, ["few", "few", "all"]);
        let steps = &called.jobs[0].steps;
        assert_eq!(steps.len(), 3);
        let run = steps[1].run.as_ref().unwrap();
        assert!(run.text.starts_with("pip install -r dev.txt\necho ${{"), "{}", run.text);
        assert!(runs[0].steps[1].run.as_ref().is_some_and(|text| text.one().is_some_and(|t| t.contains("echo dev! "))));
        assert_eq!(runs[0].steps[1].runs, Known::One(false));
        let word = run.text.find("pip").unwrap();
        assert_eq!(&INNER[run.map.span(word, word + 3).range()], "pip");
    }

    #[test]
    fn a_script_has_the_inputs_that_every_caller_hands_alike() {
        let caller = "on: push
jobs:
  a: {uses: ./.github/workflows/t.yml, with: {file: dev.txt, python: '3.12', slow: true}}
  b: {uses: ./.github/workflows/t.yml, with: {file: dev.txt, python: '3.13'}}
";
        let called = |on: &str| {
            format!(
                "on: {on}
jobs:
  t:
    runs-on: u
    steps:
      - run: pip install -r ${{{{ inputs.file }}}} 'x==${{{{ inputs.python }}}}' ${{{{ inputs.slow && 'a' }}}}${{{{ inputs.mode }}}}
"
            )
        };
        let inputs = "inputs: {file: {type: string}, python: {type: string}, slow: {type: boolean}, mode: {type: string, default: m}}";
        let script = |on: &str| {
            let files = [(".github/workflows/c.yml", caller.to_owned()), (".github/workflows/t.yml", called(on))];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            let ids: Vec<_> = tree.files().map(|(file, _)| file).collect();
            let run = read(&tree, &ids)[&ids[1]].jobs[0].steps[0].run.clone();
            run.map(|run| run.text).unwrap_or_default()
        };
        let filled = script(&format!("{{workflow_call: {{{inputs}}}}}"));
        assert_eq!(filled, "pip install -r dev.txt 'x==${{ inputs.python }}' ${{ inputs.slow && 'a' }}m");
        let also = script(&format!("{{push: {{}}, workflow_call: {{{inputs}}}}}"));
        assert!(also.contains("${{ inputs.file }}"), "{also}");
    }

    #[test]
    fn workflows_that_call_each_other_end() {
        let a = "on: workflow_call\njobs: {a: {uses: ./.github/workflows/b.yml, with: {x: '${{ inputs.x }}y'}}}";
        let b = "on: workflow_call\njobs: {b: {uses: ./.github/workflows/a.yml, with: {x: '${{ inputs.x }}z'}}}";
        let loops = "runs: {using: composite, steps: [{uses: ./x}, {uses: ./x}]}";
        let user = "on: push\njobs: {c: {runs-on: u, steps: [{uses: ./x}]}}";
        let files = [
            (".github/workflows/a.yml", a),
            (".github/workflows/b.yml", b),
            (".github/workflows/c.yml", user),
            ("x/action.yml", loops),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let ids: Vec<_> = tree.files().map(|(file, _)| file).take(3).collect();
        assert!(!read(&tree, &ids).is_empty());
    }

    #[test]
    fn what_a_ci_would_read_at_the_top_is_not_read_below_where_there_is_one() {
        let flow = "on: push\njobs: {test: {runs-on: u, steps: [{run: pytest}]}}\n";
        let travis = ("gen/client/.travis.yml", "language: python\nscript: pytest\n");
        let read = |files: &[(&str, &str)]| {
            let tree =
                crate::discover::Tree::open(Box::new(crate::discover::Overlay::of(files.iter().copied()))).unwrap();
            let flows = crate::links::Repository::read(&tree).workflows();
            flows.iter().map(|(file, _)| tree.path(*file).to_owned()).collect::<Vec<_>>()
        };
        let top = (".github/workflows/main.yml", flow);
        assert_eq!(read(&[top, travis]), [".github/workflows/main.yml"]);
        assert_eq!(read(&[travis]), ["gen/client/.travis.yml"]);
        assert!(
            super::super::ci_places::is_at_top("{{cookiecutter.name}}/.github/workflows/test.yml"),
            "the top of what a template makes"
        );
    }
}
