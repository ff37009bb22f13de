//! Environments that jobs deploy in the same way: what one of them runs, the others run.

use std::collections::BTreeSet;

use super::deployments::Deployment;
use super::plan::{Planned, Runs, Unit};
use super::words::role_of_value;
use crate::formats::workflow::{Job, Texts, Workflow};
use crate::formats::{Var, Vars};
use crate::knowledge::deployments::{Act, act};
use crate::knowledge::environments::{Selector, selector};
use crate::links::{Caller, Meaning, Repository, meaning};
use crate::model::{Certainty, Known, Origin, Reason, Role};

/// The workflow and the job of a deployment.
fn with_job<T>(repository: &Repository<'_>, of: &Deployment, read: impl FnOnce(&Workflow, &Job) -> T) -> Option<T> {
    let workflow = repository.workflow(of.workflow)?;
    let job = workflow.jobs.iter().find(|job| job.id.value == of.job)?;
    Some(read(&workflow, job))
}

/// The tools that a job deploys with: actions without their versions, programs with their verbs.
fn tools(repository: &Repository<'_>, of: &Deployment) -> BTreeSet<String> {
    let acting = |job: &Job| {
        let used = job.uses.iter().chain(job.steps.iter().filter_map(|step| step.uses.as_ref()));
        let acting = used.filter(|uses| act(&uses.value) == Some(Act::Deploys));
        acting.filter_map(|uses| uses.value.split('@').next().map(str::to_owned)).collect::<BTreeSet<_>>()
    };
    let mut all = with_job(repository, of, |_, job| acting(job)).unwrap_or_default();
    let caller = Caller::Job { file: of.workflow, job: of.job.clone() };
    for call in repository.calls.iter().filter(|call| call.caller == caller) {
        if matches!(call.meaning, Meaning::Deploys(_)) {
            let words = meaning::unwrapped(&call.argv);
            let verb = words.iter().skip(1).find(|word| !word.starts_with('-') && role_of_value(word).is_none());
            all.extend(words.first().map(|program| format!("{program} {}", verb.map_or("", String::as_str))));
        }
    }
    all
}

/// Variables that choose settings, as the job that deploys sets them for what it prepares: modules that are there.
pub(super) fn selectors(repository: &Repository<'_>, of: &Deployment) -> Vars {
    let all = |workflow: &Workflow, job: &Job| {
        let sets: Vec<&Texts> =
            [&workflow.env, &job.env].into_iter().chain(job.steps.iter().map(|step| &step.env)).collect();
        let mut found = Vars::new();
        for (name, text) in sets.into_iter().flatten() {
            let other = role_of_value(&text.value).is_some_and(|(role, _)| role != of.role);
            let module = name != MODULE || is_module(repository, &text.value);
            if selector(name) == Some(Selector::Named) && !text.value.contains("${{") && module && !other {
                found.insert(name.clone(), Var::set(text.value.clone(), Origin::set(text.span)));
            }
        }
        found
    };
    with_job(repository, of, all).unwrap_or_default()
}

/// The variable that names a module of settings.
pub(super) const MODULE: &str = "DJANGO_SETTINGS_MODULE";

/// Whether a dotted name is that of a module of the repository.
fn is_module(repository: &Repository<'_>, name: &str) -> bool {
    let path = name.replace('.', "/");
    let ends = [format!("{path}.py"), format!("{path}/__init__.py")];
    let is =
        |known: &str, end: &str| known.strip_suffix(end).is_some_and(|start| start.is_empty() || start.ends_with('/'));
    !name.is_empty() && repository.tree.files().any(|(_, known)| ends.iter().any(|end| is(known, end)))
}

/// Gives environments that only a deployment names what runs in one that is deployed by the same tool. Of its variables
/// the names are known, not the values.
pub(super) fn share(repository: &Repository<'_>, placed: &[(usize, &Deployment)], all: &mut [Planned]) {
    for (at, deployment) in placed {
        let bare = |planned: &Planned| planned.only_named && planned.units.is_empty();
        let Some(known) = all.get(*at).filter(|planned| bare(planned) || is_image_alone(planned)) else { continue };
        if known.environment.role == Role::Test {
            continue;
        }
        let is_bare = bare(known);
        let own = tools(repository, deployment);
        let alike = placed.iter().find(|(other, by)| {
            let same_job = by.workflow == deployment.workflow && by.job == deployment.job;
            let Some(other) = all.get(*other).filter(|_| other != at) else { return false };
            let same_tool = || same_job || !own.is_disjoint(&tools(repository, by));
            is_bare && is_shared(other) && same_tool() || same_job && is_composed(other)
        });
        let Some(known) = alike.and_then(|(other, _)| all.get(*other)).cloned() else { continue };
        if let Some(planned) = all.get_mut(*at) {
            take(planned, &known);
        }
    }
}

/// Whether what an environment runs can run elsewhere: processes and images, not what a file describes for it alone.
pub(super) fn is_shared(planned: &Planned) -> bool {
    let movable = |unit: &Unit| matches!(unit.runs, Runs::Process { .. } | Runs::Image(_));
    let deployed = matches!(planned.environment.role, Role::Production | Role::Staging);
    deployed && !planned.only_named && !planned.units.is_empty() && planned.units.iter().all(movable)
}

/// Whether all that is known of an environment is the image that is published where it is deployed.
fn is_image_alone(planned: &Planned) -> bool {
    let image = |unit: &Unit| matches!(unit.runs, Runs::Image(_));
    planned.unseen.is_some() && !planned.shared && !planned.units.is_empty() && planned.units.iter().all(image)
}

/// Whether compose files say what runs in a production, which the job that deploys it may bring up elsewhere as well.
fn is_composed(planned: &Planned) -> bool {
    let composed = |unit: &Unit| matches!(unit.runs, Runs::Compose { .. });
    planned.is_of(Role::Production) && !planned.units.is_empty() && planned.units.iter().all(composed)
}

fn take(planned: &mut Planned, known: &Planned) {
    let name = &known.environment.name;
    planned.units.clone_from(&known.units);
    planned.only_named = false;
    (planned.shared, planned.unseen) = (true, known.unseen.clone());
    for (unit, vars) in &known.variables {
        let unknown = |(variable, var): (&String, &Var)| {
            let at = var.origin.primary();
            let text = format!("it is said for {name} only");
            let reason = at.map_or_else(|| Reason::new(text.clone()), |span| Reason::at(text.clone(), span));
            let value = Known::Unknown(reason);
            (variable.clone(), Var { value, certainty: Certainty::Stated, origin: var.origin.clone() })
        };
        planned.variables.insert(unit.clone(), vars.iter().map(unknown).collect());
    }
    known.environment.files.iter().for_each(|file| planned.add_file(*file));
    if let Some(first) = known.environment.because.first() {
        planned.add_evidence(first.span, format!("it is deployed as {name} is"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;
    use crate::discover::{Config, Overlay, Tree};
    use crate::environments::infer;
    use crate::links::Repository;

    const FLOW: &str = "on: push\njobs:\n  ship:\n    runs-on: u\n    environment: NAME\n    steps: [{uses: dokku/github-action@v1}]\n";

    #[test]
    fn what_is_deployed_as_production_is_runs_what_production_runs() {
        let (staging, production) = (FLOW.replace("NAME", "staging"), FLOW.replace("NAME", "production"));
        let files = [
            (".github/workflows/a.yml", staging.as_str()),
            (".github/workflows/b.yml", production.as_str()),
            ("Procfile", "web: gunicorn a.wsgi\n"),
            ("requirements.txt", "gunicorn\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let plan = infer(&Repository::read(&tree), &Config::read(&tree), false);
        let of = |name: &str| plan.environments.iter().find(|planned| planned.environment.name == name).unwrap();
        assert_eq!(of("staging").units.len(), of("production").units.len());
        assert!(of("staging").shared && !of("production").shared);
        assert!(environments(&files[..2]).iter().all(|line| !line.contains("Procfile")));
    }

    #[test]
    fn what_one_job_deploys_to_both_is_brought_up_by_the_same_files() {
        let with = |sites: &str, more: &str| {
            let flow = format!(
                "on: push\njobs:\n  image:\n    runs-on: u\n    steps: [{{uses: docker/build-push-action@v6, with: {{push: true, tags: acme/shop}}}}]\n  \
                 deploy:\n    runs-on: u\n    strategy: {{matrix: {{site: [{sites}]}}}}\n    environment: '${{{{ matrix.site }}}}'\n    steps: [{{run: ./deploy.sh}}]\n{more}"
            );
            let stack = "services: {web: {image: 'acme/shop:${TAG}', environment: {APP_ENV: production}}}\n";
            let image = "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n";
            let found = environments(&[
                (".github/workflows/a.yml", &flow),
                ("docker-compose.prod.yml", stack),
                ("Dockerfile", image),
                ("a/wsgi.py", ""),
            ]);
            found.iter().any(|line| line.contains(" staging: ") && line.contains("docker-compose.prod.yml"))
        };
        assert!(with("staging, production", ""));
        let other = "  deploy-staging: {runs-on: u, environment: staging, steps: [{run: ./deploy-staging.sh}]}\n";
        assert!(!with("production", other));
    }

    #[test]
    fn what_the_deploying_jobs_select_holds_for_each_of_what_they_deploy_alike() {
        let flow = |name: &str| format!("{FLOW}    env: {{ENVIRONMENT: NAME}}\n").replace("NAME", name);
        let (staging, production) = (flow("staging"), flow("production"));
        let files = [
            (".github/workflows/a.yml", staging.as_str()),
            (".github/workflows/b.yml", production.as_str()),
            ("Procfile", "web: gunicorn a.wsgi\n"),
            ("requirements.txt", "gunicorn\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let plan = infer(&Repository::read(&tree), &Config::read(&tree), false);
        let given = |name: &str| {
            let planned = plan.environments.iter().find(|planned| planned.environment.name == name).unwrap();
            planned.given.get("ENVIRONMENT").and_then(|var| var.value.one().cloned())
        };
        assert_eq!(
            (given("production").as_deref(), given("staging").as_deref()),
            (Some("production"), Some("staging"))
        );
    }

    #[test]
    fn the_deploying_job_says_which_module_it_deploys() {
        let flow = "on: push\nenv: {DJANGO_SETTINGS_MODULE: a.settings.gcp}\njobs: {deploy-production: {runs-on: u, steps: [{run: flyctl deploy}]}}\n";
        let chosen = |module: &str| {
            let files = [(".github/workflows/a.yml", flow), (module, ""), ("manage.py", "")];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            let plan = infer(&Repository::read(&tree), &Config::read(&tree), false);
            plan.environments.first().map(|planned| planned.given.len())
        };
        assert_eq!(chosen("src/a/settings/gcp.py"), Some(1));
        assert_eq!(chosen("src/a/settings/aws.py"), Some(0));
    }
}
