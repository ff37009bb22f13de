//! The runs of one job: a matrix or its callers make its steps differ.

use std::collections::BTreeMap;

use super::part::{Installs, PackagePart, Part, SystemPart};
use crate::formats::workflow::{self, Job, RunInstance, RunText, Workflow};
use crate::formats::{Var, Vars};
use crate::model::{Known, Origin, Reason, Span};

/// Runs that are told apart.
const MOST: usize = 8;

/// One of the ways in which a job's steps run.
#[derive(Clone)]
pub(super) struct Turn {
    /// The scripts; none for a step that is no script, or is passed over.
    pub(super) runs: Vec<Option<RunText>>,
    /// Variables that other runs give other values.
    pub(super) vars: Vars,
}

/// The ways in which a job's steps run; one, as it is written, where they are too many.
pub(super) fn of(workflow: &Workflow, job: &Job, instances: &[RunInstance]) -> Vec<Turn> {
    let called = workflow.on.iter().all(|trigger| trigger.event.value == "workflow_call");
    let mut all: Vec<Turn> = Vec::new();
    for instance in instances {
        let own = |name: &&String| called || !name.starts_with("inputs.");
        let values: BTreeMap<_, _> = instance
            .values
            .iter()
            .filter(|(name, _)| own(name))
            .map(|(name, text)| (name.clone(), text.clone()))
            .collect();
        let runs = |index: usize| instance.steps.get(index).is_none_or(|step| step.runs != Known::One(false));
        let steps = job.steps.iter().enumerate();
        let runs: Vec<Option<RunText>> = steps
            .map(|(index, step)| {
                step.run.as_ref().filter(|_| runs(index)).map(|run| workflow::with_values(run, &values))
            })
            .collect();
        let turn = Turn { runs, vars: own_vars(instance, instances) };
        let texts =
            |turn: &Turn| turn.runs.iter().map(|run| run.as_ref().map(|run| run.text.clone())).collect::<Vec<_>>();
        if !all.iter().any(|known| texts(known) == texts(&turn) && known.vars == turn.vars) {
            all.push(turn);
        }
        if all.len() > MOST {
            break;
        }
    }
    if all.is_empty() || all.len() > MOST {
        let runs = job.steps.iter().map(|step| step.run.clone()).collect();
        return vec![Turn { runs, vars: Vars::new() }];
    }
    all
}

/// The variables of workflow and job that a run gives another value than others do.
fn own_vars(instance: &RunInstance, instances: &[RunInstance]) -> Vars {
    let differs = |name: &String, value: &Known<String>| {
        instances.iter().any(|other| other.env.get(name).is_none_or(|(other, _)| other != value))
    };
    let known = instance.env.iter().filter(|(name, (value, _))| differs(name, value));
    known
        .filter_map(|(name, (value, span))| Some((name.clone(), Var::set(value.one()?.clone(), Origin::set(*span)))))
        .collect()
}

/// Runs every turn from the same beginning; what they do not share is there in some of the runs only.
pub(super) fn together<'t>(part: &mut Part<'t>, turns: &[Turn], span: Span, mut run: impl FnMut(&mut Part<'t>, &Turn)) {
    let before = part.installs.clone();
    let mut all: Vec<Installs> = Vec::new();
    for turn in turns {
        part.installs = before.clone();
        run(part, turn);
        all.push(std::mem::take(&mut part.installs));
    }
    let mut rest = all.into_iter();
    part.installs = rest.next().unwrap_or(before);
    let reason = Reason::at("some runs of the job have it", span);
    for other in rest {
        join(&mut part.installs, other, &reason);
    }
}

fn join(into: &mut Installs, other: Installs, reason: &Reason) {
    for (name, part) in &mut into.packages {
        match other.packages.get(name) {
            Some(theirs) => same_package(part, theirs),
            None => part.maybe = part.maybe.take().or_else(|| Some(reason.clone())),
        }
    }
    for (name, part) in other.packages {
        into.packages.entry(name).or_insert_with(|| PackagePart { maybe: Some(reason.clone()), ..part });
    }
    let named = |list: &[SystemPart], part: &SystemPart| list.iter().any(|known| known.package == part.package);
    for part in into.system.iter_mut().filter(|part| !named(&other.system, part)) {
        part.maybe = part.maybe.take().or_else(|| Some(reason.clone()));
    }
    let more: Vec<SystemPart> = other.system.into_iter().filter(|part| !named(&into.system, part)).collect();
    into.system.extend(more.into_iter().map(|part| SystemPart { maybe: Some(reason.clone()), ..part }));
    into.packages_complete = std::mem::replace(&mut into.packages_complete, Ok(())).and(other.packages_complete);
    into.system_complete = std::mem::replace(&mut into.system_complete, Ok(())).and(other.system_complete);
    for source in other.sources {
        if !into.sources.contains(&source) {
            into.sources.push(source);
        }
    }
    into.installs_python |= other.installs_python;
    if into.python.as_ref().map(Known::values) != other.python.as_ref().map(Known::values) {
        into.python = Some(Known::Unknown(reason.clone()));
    }
}

/// A package whose versions differ is there, in no one version.
fn same_package(part: &mut PackagePart, theirs: &PackagePart) {
    let version = |part: &PackagePart| part.package.version.as_ref().map(|version| version.value.clone());
    let specifier = |part: &PackagePart| part.package.specifier.as_ref().map(|specifier| specifier.value.clone());
    if version(part) != version(theirs) {
        part.package.version = None;
    }
    if specifier(part) != specifier(theirs) {
        part.package.specifier = None;
    }
    part.package.pinned &= theirs.package.pinned;
    part.package.applies = part.package.applies.filter(|applies| theirs.package.applies == Some(*applies));
    part.maybe = part.maybe.take().or_else(|| theirs.maybe.clone());
}

#[cfg(test)]
mod tests {
    use crate::discover::{Config, Overlay, Tree};
    use crate::links::Repository;
    use crate::model::Dimension;

    /// The packages of the tests, with those versions that every run has.
    fn packages(files: &[(&str, &str)]) -> Vec<String> {
        let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).unwrap();
        let repository = Repository::read(&tree);
        let plan = crate::environments::infer(&repository, &Config::default(), true);
        let model = crate::resolve::resolve(&repository, plan, &Config::default(), "2026-01-01");
        let facts = model.facts.iter().filter(|fact| fact.id.dimension == Dimension::Package);
        let shown = |fact: &crate::model::Fact| match fact.text("version") {
            Some(version) => format!("{}={version}", fact.id.key),
            None => fact.id.key.clone(),
        };
        let mut all: Vec<String> = facts.map(shown).filter(|text| !text.contains(' ') && text != "source").collect();
        all.sort();
        all
    }

    #[test]
    fn a_called_workflow_runs_for_each_caller() {
        let called = "on: {workflow_call: {inputs: {set: {type: string}}}}\njobs:\n  t:\n    runs-on: ubuntu-24.04\n    steps:\n      \
                      - run: pip install -r ${{ inputs.set }}.txt pytest==8.0\n      - run: pytest\n";
        let caller = "on: push\njobs:\n  a: {uses: ./.github/workflows/t.yml, with: {set: one}}\n  \
                      b: {uses: ./.github/workflows/t.yml, with: {set: two}}\n";
        let files = [
            (".github/workflows/c.yml", caller),
            (".github/workflows/t.yml", called),
            ("one.txt", "django==5.0\nredis==5.0\n"),
            ("two.txt", "django==4.2\nredis==5.0\n"),
        ];
        assert_eq!(packages(&files), ["django", "pytest=8.0", "redis=5.0"]);
    }

    #[test]
    fn a_variable_of_the_matrix_is_that_of_the_run() {
        let workflow = "on: push\njobs:\n  t:\n    runs-on: ubuntu-24.04\n    strategy: {matrix: {v: ['4.2', '5.0']}}\n    \
                        env: {V: '${{ matrix.v }}'}\n    steps:\n      - run: pip install django==$V celery==5.4 && pytest\n";
        assert_eq!(packages(&[(".github/workflows/c.yml", workflow)]), ["celery=5.4", "django"]);
    }

    #[test]
    fn a_step_that_no_run_takes_installs_nothing_and_a_matrix_is_put_in() {
        let workflow = "on: push\njobs:\n  t:\n    runs-on: ubuntu-24.04\n    strategy: {matrix: {set: [one]}}\n    steps:\n      \
                        - if: matrix.set == 'two'\n        run: pip install celery\n      - run: pip install -r ${{ matrix.set }}.txt\n      \
                        - run: pytest\n";
        let files = [(".github/workflows/c.yml", workflow), ("one.txt", "django==5.0\n")];
        assert_eq!(packages(&files), ["django=5.0"]);
    }
}
