//! The runs of the tests: the jobs of a CI, and the legs of their matrices, may each run on another database.

use std::collections::{BTreeMap, BTreeSet};

use super::components::Context;
use super::job;
use super::part::Part;
use super::settings::{self, Loaded};
use super::state::{self, Statements};
use super::{cells, services};
use crate::environments::plan::{Planned, Runs, Unit};
use crate::environments::settings::Module;
use crate::formats::World;
use crate::formats::workflow::{self, RunInstance};
use crate::model::{FileId, Known, Role};

/// Runs that are told apart.
const MOST: usize = 8;

/// One run: what is there in it, and the plan with its job alone.
struct Leg<'t> {
    planned: Planned,
    parts: Vec<Part<'t>>,
}

/// States what the other runs of the tests load and use beside what one of them does: all of it runs.
pub(super) fn state<'t>(
    statements: &mut Statements,
    context: &Context<'_, 't>,
    (planned, parts): (&Planned, &[Part<'t>]),
    modules: &[Module],
    main: &Loaded,
) {
    for leg in of(context, planned, parts, main) {
        let Some(loaded) = settings::load(context, &leg.planned, &leg.parts, modules) else { continue };
        if !is_of_the_same(main, &loaded) {
            continue;
        }
        let used = services::all_used(context.repository, &leg.planned, Some(&loaded), &leg.parts);
        let declared = services::all_declared(context, &leg.planned, &leg.parts);
        let mut own = Statements::new(&planned.environment.project, &planned.environment.name);
        state::service::state(&mut own, Role::Test, &used, &declared, &[], context.as_of);
        state::setting::state(&mut own, &loaded, context.repository.tree);
        cells::join(statements, own);
    }
}

/// Whether two runs load settings of one application.
fn is_of_the_same(main: &Loaded, other: &Loaded) -> bool {
    let files = |loaded: &Loaded| loaded.settings.files.iter().map(|(file, _)| *file).collect::<BTreeSet<FileId>>();
    main.choice.module == other.choice.module || !files(main).is_disjoint(&files(other))
}

/// The runs of the jobs that differ from that which the settings were loaded for: in the variables that the settings ask for, in
/// the containers beside them, or in the command that starts the tests.
fn of<'t>(context: &Context<'_, 't>, planned: &Planned, parts: &[Part<'t>], main: &Loaded) -> Vec<Leg<'t>> {
    let jobs: Vec<&Unit> = planned.units.iter().filter(|unit| is_job(unit)).collect();
    let Some(speaker) = jobs.iter().position(|unit| main.component.as_deref() == Some(unit.name.as_str())) else {
        return Vec::new();
    };
    // The run that the settings were loaded for is the first of its job.
    let order = std::iter::once(speaker).chain((0..jobs.len()).filter(|at| *at != speaker));
    let folder = parts.iter().find(|part| Some(&part.name) == main.component.as_ref()).map_or("", |part| &part.folder);
    let mut known: Vec<Asked> = Vec::new();
    let mut legs = Vec::new();
    for unit in order.map(|at| jobs[at]) {
        for (part, beside) in runs(context, unit) {
            let own = (asked(main, &part.world), commands(&part), beside);
            // Tests in another folder are those of another program.
            let other = unit.name != jobs[speaker].name && (part.processes.is_empty() || part.folder != folder);
            if other || known.contains(&own) {
                continue;
            }
            known.push(own);
            legs.push(Leg { planned: alone(planned, unit), parts: with(planned, parts, part) });
        }
    }
    legs.truncate(MOST);
    legs.split_off(legs.len().min(1))
}

/// The plan with the job alone whose settings were loaded, where others run the tests as well: what they declare is theirs.
pub(super) fn of_main(planned: &Planned, main: Option<&Loaded>) -> Option<Planned> {
    let name = main?.component.as_deref()?;
    let unit = planned.units.iter().find(|unit| is_job(unit) && unit.name == name)?;
    (planned.environment.role == Role::Test).then(|| alone(planned, unit))
}

fn is_job(unit: &Unit) -> bool {
    matches!(unit.runs, Runs::Job { .. })
}

/// The components as they are in the first run of each job, where a matrix gives its runs different variables: settings are loaded
/// for one run at a time.
pub(super) fn first<'t>(context: &Context<'_, 't>, planned: &Planned, parts: &[Part<'t>]) -> Option<Vec<Part<'t>>> {
    let several = |part: &Part<'_>| part.world.vars().values().any(|var| matches!(var.value, Known::Every(..)));
    if planned.environment.role != Role::Test || !parts.iter().any(several) {
        return None;
    }
    let of_run = |part: &Part<'t>| {
        let unit = planned.units.iter().find(|unit| *unit.name == *part.name).filter(|_| several(part))?;
        runs(context, unit).into_iter().next().map(|(part, _)| part)
    };
    Some(parts.iter().map(|part| of_run(part).unwrap_or_else(|| part.clone())).collect())
}

/// The variables that the settings ask for, the commands that start the tests, and the images of the containers beside them.
type Asked = (BTreeMap<String, Known<String>>, Vec<Vec<String>>, Images);
/// Images of service containers.
type Images = BTreeMap<String, Known<String>>;

fn asked(main: &Loaded, world: &World) -> BTreeMap<String, Known<String>> {
    let names = main.settings.reads.iter().map(|read| read.name.as_str()).chain([settings::MODULE_VARIABLE]);
    names.filter_map(|name| Some((name.to_owned(), world.vars().get(name)?.value.clone()))).collect()
}

fn commands(part: &Part<'_>) -> Vec<Vec<String>> {
    part.processes.iter().map(|process| process.argv.clone()).collect()
}

/// The runs of a job that differ, a component each, with the images of the containers beside it.
fn runs<'t>(context: &Context<'_, 't>, unit: &Unit) -> Vec<(Part<'t>, Images)> {
    let Runs::Job { workflow: file, job: id } = &unit.runs else { return Vec::new() };
    let Some(flow) = context.repository.workflow(*file) else { return Vec::new() };
    let Some(job) = flow.jobs.iter().find(|job| job.id.value == *id) else { return Vec::new() };
    let mut apart: Vec<RunInstance> = Vec::new();
    for instance in workflow::expand(&flow, job, &BTreeMap::new()) {
        if apart.len() < MOST && !apart.iter().any(|known| same(known, &instance)) {
            apart.push(instance);
        }
    }
    let of = |run: RunInstance| {
        let images = images(&run);
        (job::of_runs(context, &flow, job, &[run], &unit.name), images)
    };
    apart.into_iter().map(of).collect()
}

fn images(run: &RunInstance) -> Images {
    run.services.iter().map(|(name, container)| (name.clone(), container.image.0.clone())).collect()
}

/// Whether two runs of a job set the same variables, run the same scripts and have the same containers beside them.
fn same(a: &RunInstance, b: &RunInstance) -> bool {
    let values = |run: &RunInstance| {
        let all = std::iter::once(&run.env).chain(run.steps.iter().map(|step| &step.env));
        all.flatten().map(|(name, (value, _))| (name.clone(), value.clone())).collect::<Vec<_>>()
    };
    let scripts =
        |run: &RunInstance| run.steps.iter().map(|step| (step.run.clone(), step.runs.clone())).collect::<Vec<_>>();
    values(a) == values(b) && scripts(a) == scripts(b) && images(a) == images(b)
}

/// A plan with one of its jobs alone, and what is there beside the jobs.
fn alone(planned: &Planned, unit: &Unit) -> Planned {
    let mut own = planned.clone();
    own.units.retain(|other| other.name == unit.name || !is_job(other));
    own
}

/// A run's component with those that are no jobs.
fn with<'t>(planned: &Planned, parts: &[Part<'t>], part: Part<'t>) -> Vec<Part<'t>> {
    let of_job = |other: &&Part<'_>| planned.units.iter().any(|unit| is_job(unit) && *unit.name == *other.name);
    std::iter::once(part).chain(parts.iter().filter(|other| !of_job(other)).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use crate::discover::{Config, Overlay, Tree};
    use crate::links::Repository;
    use crate::model::{Dimension, Known, Value};

    const SETTINGS: &str =
        "import os\nDATABASES = {'default': {'ENGINE': 'django.db.backends.' + os.environ.get('DB', 'sqlite3')}}\n";

    /// What the tests use of databases, and the versions.
    fn databases(flows: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let site = [
            (
                "manage.py",
                "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\nfrom django.core.management import execute_from_command_line\n",
            ),
            ("site/settings.py", SETTINGS),
        ];
        let tree = Tree::open(Box::new(Overlay::of(site.into_iter().chain(flows.iter().copied())))).unwrap();
        let repository = Repository::read(&tree);
        let plan = crate::environments::infer(&repository, &Config::default(), true);
        let model = crate::resolve::resolve(&repository, plan, &Config::default(), "2026-01-01");
        let ours = |fact: &&crate::model::Fact| {
            fact.id.dimension == Dimension::Service && fact.id.key == "database" && &*fact.id.environment == "test"
        };
        let fact = model.facts.iter().find(ours).unwrap();
        let of = |name: &str| match fact.get(name).map(|attr| &attr.value) {
            Some(Known::One(Value::List(items))) => items.clone(),
            Some(value) => value.values().iter().filter_map(Value::as_text).map(str::to_owned).collect(),
            None => Vec::new(),
        };
        let all = of("each");
        (if all.is_empty() { of("product") } else { all }, of("version"))
    }

    fn job(env: &str, services: &str) -> String {
        format!(
            "on: push\njobs:\n  t:\n    runs-on: ubuntu-24.04\n{services}    steps:\n      - run: python manage.py test\n        env: {{{env}}}\n"
        )
    }

    #[test]
    fn the_legs_of_a_matrix_run_on_a_database_each() {
        let matrix = job("DB: '${{ matrix.db }}'", "    strategy: {matrix: {db: [sqlite3, mysql]}}\n");
        assert_eq!(databases(&[(".github/workflows/c.yml", &matrix)]).0, ["mysql", "sqlite"]);
        let pythons = job("DB: mysql", "    strategy: {matrix: {python: ['3.12', '3.13']}}\n");
        assert_eq!(databases(&[(".github/workflows/c.yml", &pythons)]).0, ["mysql"]);
    }

    #[test]
    fn jobs_with_services_of_their_own_run_on_those() {
        let of =
            |image: &str, db: &str| job(&format!("DB: {db}"), &format!("    services: {{db: {{image: '{image}'}}}}\n"));
        let (maria, postgres, plain) = (of("mariadb:10.11", "mysql"), of("postgres:16", "postgresql"), job("A: b", ""));
        let flows = [
            (".github/workflows/a.yml", maria.as_str()),
            (".github/workflows/b.yml", postgres.as_str()),
            (".github/workflows/c.yml", plain.as_str()),
        ];
        let (each, versions) = databases(&flows);
        assert_eq!(each, ["mariadb:10.11", "postgres:16", "sqlite"]);
        assert_eq!(versions, ["10.11", "16"], "what lives in the program has none");
        let (newer, older) = (of("postgres:16", "postgresql"), of("postgres:14", "postgresql"));
        let flows = [(".github/workflows/a.yml", newer.as_str()), (".github/workflows/b.yml", older.as_str())];
        assert_eq!(databases(&flows).1, ["14", "16"]);
    }
}
