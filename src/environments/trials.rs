//! Tests beside those of a CI's jobs on their own machines: known by name alone, by hand.

use super::ci::{self, Jobs, words};
use super::deployments::deployments;
use super::plan::{Planned, Runs, Unit};
use super::words::role_of_value;
use crate::discover::{Kind, paths};
use crate::formats::Vars;
use crate::formats::shell::Word;
use crate::formats::workflow::{Job, Workflow};
use crate::links::{Call, Caller, Meaning, Repository};
use crate::model::{Confidence, FileId, Role, Span, SpanMap};

/// Whether what is composed for tests runs them by itself when it is brought up.
pub(super) fn tests_itself(planned: &Planned) -> bool {
    planned.units.iter().any(|unit| {
        let Runs::Compose { project, service, .. } = &unit.runs else { return false };
        let written = project.services.get(service).and_then(|service| service.command.as_ref());
        let words = || written.into_iter().flat_map(|line| &line.words).map(Word::written);
        // What is only said starts nothing.
        words().next() != Some("echo") && words().any(words_of_tests)
    })
}

/// Whether what is composed for tests is brought up by a script that jobs call for it by its name, or by a task or script where
/// it is what is tried from outside.
pub(super) fn is_brought_up(repository: &Repository<'_>, planned: &Planned) -> bool {
    let name = planned.environment.name.as_str();
    let kinds = [Kind::Makefile, Kind::Shell];
    let is_script = |file: FileId| kinds.iter().any(|kind| repository.of(*kind).contains(&file));
    let scripts = planned.environment.because.iter().map(|evidence| evidence.span.file).filter(|file| is_script(*file));
    let called = |file: FileId| {
        let script = paths::name(repository.tree.path(file));
        let mut flows = repository.of(Kind::Workflow).iter().filter_map(|flow| repository.tree.text(*flow).ok());
        let says = |line: &str| {
            let mut words = line.split_whitespace();
            words.any(|word| paths::name(word) == script) && words.any(|word| word == name)
        };
        flows.any(|text| text.lines().any(says))
    };
    let mut scripts = scripts.filter(|file| ci::is_from_outside(name) || called(*file));
    scripts.next().is_some()
}

/// Whether a word of a command, or a text of them, starts tests.
fn words_of_tests(text: &str) -> bool {
    words(text).any(|word| TESTS.contains(&word.as_str()))
}

/// Words of names that tell of tests.
const TESTS: [&str; 7] = ["test", "tests", "unittest", "unittests", "pytest", "testing", "runtests"];

/// The test environment of a job that is known by a name alone: that of what it calls, or of a workflow of another repository
/// that it reuses.
pub(super) fn by_name(repository: &Repository<'_>) -> Option<Planned> {
    let deploying: Jobs = deployments(repository).into_iter().map(|one| (one.workflow, one.job)).collect();
    for (file, workflow) in repository.workflows() {
        for job in &workflow.jobs {
            let Some(span) = calls_tests(job) else { continue };
            let own = Caller::Job { file, job: job.id.value.clone() };
            let others = |call: &Call| call.caller == own && ci::tests_others(repository, call);
            if !deploying.contains(&(file, job.id.value.clone()))
                && !ci::is_from_outside(&job.id.value)
                && !repository.calls.iter().any(others)
            {
                let why = format!("job {} runs what is named for tests", job.id.value);
                let mut planned = Planned::new("test", Role::Test, Confidence::Named).because(span, why);
                planned.add_file(file);
                ci::add_job(repository, file, &job.id.value, &mut planned);
                return Some(planned);
            }
        }
    }
    let mut workflows = repository.workflows();
    workflows.sort_by_key(|(file, _)| !words_of_tests(paths::name(repository.tree.path(*file))));
    let other = |by_id: bool| workflows.iter().find_map(|(_, workflow)| elsewhere(workflow, by_id));
    let found = other(false).or_else(|| other(true)).or_else(|| checked(repository, &deploying));
    found.or_else(|| bound(repository, &deploying))
}

/// The environment of a job that asks for one which is named for tests, and installs what the project needs there.
fn bound(repository: &Repository<'_>, deploying: &Jobs) -> Option<Planned> {
    repository.calls.iter().filter(|call| matches!(call.meaning, Meaning::InstallsPython(_))).find_map(|call| {
        let Caller::Job { file, job } = &call.caller else { return None };
        let workflow = repository.workflow(*file).filter(|_| !deploying.contains(&(*file, job.clone())))?;
        let named = workflow.jobs.iter().find(|other| other.id.value == *job)?.environment.clone()?;
        let tests = role_of_value(&named.value).is_some_and(|(role, _)| role == Role::Test);
        let why = format!("job {job} asks for an environment that is named for tests");
        let mut planned = Planned::new("test", Role::Test, Confidence::Named).because(named.span, why);
        planned.add_file(*file);
        ci::add_job(repository, *file, job, &mut planned);
        tests.then_some(planned)
    })
}

/// The environment of a job that only checks the site: it installs what that needs and starts its commands.
fn checked(repository: &Repository<'_>, deploying: &Jobs) -> Option<Planned> {
    let checks = |call: &&Call| {
        let verb = |verb: &String| ["check", "migrate", "makemigrations"].contains(&verb.as_str());
        let manages = matches!(&call.meaning, Meaning::Serves(found) if found.kind == "oneshot");
        (manages || matches!(call.meaning, Meaning::Manages(_))) && call.argv.iter().any(verb)
    };
    repository.calls.iter().filter(checks).find_map(|call| {
        let Caller::Job { file, job } = &call.caller else { return None };
        let installs =
            |other: &Call| other.caller == call.caller && matches!(other.meaning, Meaning::InstallsPython(_));
        if deploying.contains(&(*file, job.clone())) || !repository.calls.iter().any(installs) {
            return None;
        }
        let why = format!("job {job} starts the site's own checks");
        let mut planned = Planned::new("test", Role::Test, Confidence::Invoked).because(call.span, why);
        planned.add_file(*file);
        ci::add_job(repository, *file, job, &mut planned);
        Some(planned)
    })
}

/// Where a job calls a target, task or script that is named for tests.
fn calls_tests(job: &Job) -> Option<Span> {
    let named = |word: &str| {
        let bare = paths::name(word).split('.').next().unwrap_or_default();
        !word.starts_with('-') && words(bare).any(|part| TESTS.contains(&part.as_str())) && !ci::is_from_outside(bare)
    };
    let tests = |line: &str| {
        let wrappers = ["poetry", "uv", "pipenv", "run", "sudo", "bash", "sh", "exec", "time", "-e", "-x"];
        let mut rest = line.split_whitespace().skip_while(|word| wrappers.contains(word) || word.contains('='));
        let Some(first) = rest.next() else { return false };
        match first {
            "make" | "just" | "inv" | "invoke" | "task" | "fab" | "ant" | "pixi" | "pdm" | "poe" | "hatch" => {
                rest.any(named)
            }
            _ if ["deploy", "release", "publish", "push"].iter().any(|word| first.contains(word)) => false,
            _ if first.contains(['$', '"']) || !first.contains('/') && !first.ends_with(".sh") => false,
            _ => named(first) || rest.take_while(|word| !word.starts_with('-')).any(named),
        }
    };
    job.steps.iter().filter_map(|step| step.run.as_ref()).find_map(|run| {
        let line = run.text.lines().map(str::trim).find(|line| tests(line))?;
        let at = run.text.find(line)?;
        Some(run.map.span(at, at + line.len()))
    })
}

/// The test environment of a job that reuses a workflow of another repository, one of which is named for tests: that is all that
/// is known.
fn elsewhere(workflow: &Workflow, by_id: bool) -> Option<Planned> {
    let any = |text: &str, known: &[&str]| words(text).any(|word| known.contains(&word.as_str()));
    let path = |uses: &str| paths::name(uses.split('@').next().unwrap_or_default()).to_owned();
    let reused =
        |job: &Job| job.uses.as_ref().is_some_and(|uses| any(&path(&uses.value), &["ci", "test", "tests", "pytest"]));
    let titled = |job: &Job| {
        any(&job.id.value, &["test", "tests", "pytest", "unittest"])
            && !any(&job.id.value, &["post", "after", "e2e", "smoke", "load"])
    };
    let counts = |job: &&Job| if by_id { titled(job) } else { reused(job) };
    workflow.jobs.iter().filter(counts).find_map(|job| {
        let uses = job.uses.as_ref().filter(|uses| !uses.value.starts_with("./"))?;
        let why = format!("job {} reuses a workflow of another repository, named for tests", job.id.value);
        let mut planned = Planned::new("test", Role::Test, Confidence::Named).because(uses.span, why);
        planned.only_named = true;
        Some(planned)
    })
}

/// The test environment of a task, or of a script that is named for it, that runs the tests, where no CI does.
pub(super) fn by_hand(repository: &Repository<'_>) -> Option<Planned> {
    let script = |file: &FileId| words_of_tests(paths::name(repository.tree.path(*file)));
    let by = |call: &Call| match &call.caller {
        Caller::Make { .. } => Some("task"),
        Caller::Script(file) if script(file) => Some("script"),
        _ => None,
    };
    let scripted = of_script(repository);
    let calls = || repository.calls.iter().chain(&scripted).filter_map(|call| Some((call, by(call)?)));
    let mut planned = Planned::new("test", Role::Test, Confidence::Named);
    let composed = calls().find_map(|(call, by)| Some((call, by, ci::tests_in_service(repository, call)?)));
    if let Some((call, by, compose)) = composed {
        planned.add_evidence(call.span, format!("a {by} runs the tests in a service"));
        ci::add_service(repository, call, &compose, &mut planned);
        return (!planned.units.is_empty()).then_some(planned);
    }
    let (call, by) = calls().find(|(call, _)| call.meaning == Meaning::Tests)?;
    planned.add_evidence(call.span, format!("a {by} runs the tests by hand"));
    planned.units.push(Unit { name: "host".into(), runs: Runs::Machine { folder: call.folder.clone() } });
    Some(planned)
}

/// What the task for tests of a script of tasks calls: one of the shell at the top, called without an ending, whose functions they
/// are (`./run test`).
fn of_script(repository: &Repository<'_>) -> Vec<Call> {
    let tree = repository.tree;
    let tasks = |(file, path): (FileId, &str)| {
        let text = tree.text(file).ok().filter(|text| text.starts_with("#!"))?;
        let shell = text.lines().next().is_some_and(|line| line.ends_with("sh"));
        let at = ["\nfunction test ", "\nfunction test(", "\ntest()"].iter().find_map(|sign| text.find(sign))? + 1;
        let map = SpanMap::Whole(Span::new(file, at, at + text.get(at..)?.find('\n')?));
        let caller = Caller::Make { file, target: "test".into() };
        shell.then(|| repository.calls_of((&format!("./{path} test"), &map), "", Vars::new(), &caller))
    };
    tree.files().filter(|(_, path)| !path.contains(['/', '.'])).filter_map(tasks).flatten().collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::environments;

    const APP: (&str, &str) = ("Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n");
    const WEB: (&str, &str) = ("compose.yaml", "services: {web: {build: ., volumes: ['.:/app']}}\n");

    pub(in super::super) fn tested(files: &[(&str, &str)]) -> Vec<String> {
        let all: Vec<(&str, &str)> = files.iter().copied().chain([APP, WEB, ("a/wsgi.py", "")]).collect();
        environments(&all).into_iter().filter(|line| line.contains(" test:")).collect()
    }

    pub(in super::super) fn job(name: &str, id: &str, run: &str) -> (String, String) {
        let flow = format!("on: push\njobs: {{{id}: {{runs-on: u, steps: [{{run: '{run}'}}]}}}}\n");
        (format!(".github/workflows/{name}.yml"), flow)
    }

    #[test]
    fn tests_in_a_service_that_no_file_has_are_not_those_of_the_others() {
        let in_service = |service: &str| {
            let make = format!("test:\n\tdocker compose exec -T {service} python manage.py test\n");
            let flow = job("ci", "tests", "make test");
            tested(&[("Makefile", &make), (&flow.0, &flow.1)])
        };
        assert_eq!((in_service("web").len(), in_service("dev").len()), (1, 0));
    }

    #[test]
    fn a_task_that_runs_the_tests_names_their_environment() {
        use crate::discover::{Config, Overlay, Tree};
        let make = "test:\n\tdocker compose exec -T web sh -c \"export DB_ENGINE=sqlite; python manage.py test\"\n";
        let tree = Tree::open(Box::new(Overlay::of([APP, WEB, ("a/wsgi.py", ""), ("Makefile", make)]))).unwrap();
        let plan = super::super::infer(&crate::links::Repository::read(&tree), &Config::read(&tree), false);
        let environments = plan.environments.iter().map(|planned| &planned.environment);
        let found: Vec<_> = environments.map(|about| (about.role, about.confidence)).collect();
        assert!(found.contains(&(super::Role::Test, super::Confidence::Named)), "{found:?}");
    }

    #[test]
    fn jobs_that_test_in_services_stand_beside_those_that_test_on_their_machine() {
        let unit = job("ci", "unit", "pytest");
        let composed = job("docker", "inside", "docker compose run web pytest");
        assert_eq!(tested(&[(&unit.0, &unit.1), (&composed.0, &composed.1)]).len(), 2);
        let plain = |service: &str| {
            let stack = format!("services: {{web: {{build: .}}, {service}: {{build: .}}}}\n");
            let run = job("ci", "unit", &format!("docker compose -f ops/stack.yml run --rm {service}"));
            tested(&[(&run.0, &run.1), ("ops/stack.yml", &stack)]).len()
        };
        assert_eq!((plain("test"), plain("load")), (1, 0), "the service is called just that");
        let both = job("ci", "unit", "pytest && docker compose run web pytest");
        assert_eq!(tested(&[(&both.0, &both.1)]).len(), 1);
    }

    #[test]
    fn a_service_that_a_job_runs_may_test_by_a_script() {
        let flow = job("ci", "check", "docker compose run checks");
        let with = |command: &str, script: &str| {
            let text =
                format!("services: {{checks: {{image: acme/shop, command: {command}}}, db: {{image: postgres}}}}\n");
            let scripts = [("docker-compose.yml", text.as_str()), ("bin/run.sh", "exec \"bin/run-$1.sh\"\n")];
            let files = [(flow.0.as_str(), flow.1.as_str()), ("bin/run-all.sh", script), APP];
            environments(&[&files[..], &scripts].concat()).iter().filter(|line| line.contains(" test:")).count()
        };
        assert_eq!(with("./bin/run.sh all", "export A=1\nflake8\npytest $@\n"), 1);
        assert_eq!(with("bin/run-all.sh", "python manage.py test\n"), 1);
        assert_eq!(with("./bin/run.sh all", "exec gunicorn a.wsgi\n"), 0);
        assert_eq!(with("./bin/run.sh all", "pytest || true\nexec gunicorn a.wsgi\n"), 0);
    }

    #[test]
    fn what_a_job_calls_by_a_name_for_tests_is_one_where_nothing_else_says_more() {
        for run in ["script/test --cov", "poetry run inv test", "make tests", "./dev ci test_all"] {
            let named = job("ci", "check", run);
            assert_eq!(tested(&[(&named.0, &named.1)]), ["test test: .github/workflows/ci.yml"], "{run}");
        }
        for run in ["make lint", "./bin/deploy.sh test", "make e2e-tests"] {
            let other = job("ci", "check", run);
            assert!(tested(&[(&other.0, &other.1)]).is_empty(), "{run}");
        }
    }

    #[test]
    fn tests_in_a_container_that_a_script_has_started_are_an_environment() {
        let with = |run: &str| {
            let flow = job("ci", "check", run);
            tested(&[(&flow.0, &flow.1)])
        };
        assert_eq!(with("docker exec shop_web coverage run manage.py test"), ["test test: .github/workflows/ci.yml"]);
        assert!(with("docker exec shop_web python manage.py migrate").is_empty());
    }

    #[test]
    fn a_job_that_only_checks_the_site_is_one_where_no_tests_are() {
        let with = |run: &str| {
            let checks = job("ci", "build", run);
            tested(&[(&checks.0, &checks.1), ("manage.py", ""), ("requirements.txt", "django\n")]).len()
        };
        assert_eq!(with("pip install -r requirements.txt && python manage.py migrate"), 1);
        assert_eq!(with("python manage.py migrate"), 0, "nothing is installed");
    }

    #[test]
    fn files_that_bring_the_tests_up_stay_beside_those_of_ci() {
        let unit = job("ci", "unit", "pytest");
        let with = |command: &str| {
            let text = format!("services: {{web: {{build: ., command: {command}}}, db: {{image: postgres}}}}\n");
            tested(&[(&unit.0, &unit.1), ("compose.pytest.yaml", &text)]).len()
        };
        assert_eq!((with("sh -c \"sleep 1 && pytest\""), with("sleep infinity")), (2, 1));
    }

    #[test]
    fn files_for_trials_from_outside_that_are_brought_up_by_hand_stay_beside_the_tests() {
        let unit = job("ci", "unit", "pytest");
        let with = |name: &str, make: &str| {
            let path = format!("compose.{name}.yaml");
            let stack = "services: {web: {build: ., command: flask run}, db: {image: postgres}}\n";
            tested(&[(&unit.0, &unit.1), (&path, stack), ("Makefile", make)]).len()
        };
        let up = |name: &str| format!("up:\n\tdocker compose -f compose.{name}.yaml up -d\n");
        assert_eq!((with("e2e", &up("e2e")), with("e2e", ""), with("tests", &up("tests"))), (2, 1, 1));
    }

    #[test]
    fn files_for_tests_beside_others_that_test_are_an_environment_of_their_own() {
        let with = |second: &str| {
            let flow = format!(
                "on: push\njobs:\n  unit: {{runs-on: u, steps: [{{run: docker compose run web pytest}}]}}\n  \
                 api: {{runs-on: u, steps: [{{run: docker compose -f {second} run runner pytest}}]}}\n"
            );
            let stack = "services: {runner: {build: .}, db: {image: postgres}}\n";
            tested(&[(".github/workflows/ci.yml", &flow), (second, stack)]).len()
        };
        assert_eq!((with("compose.test.yaml"), with("ops/stack.yaml")), (2, 1));
    }

    #[test]
    fn jobs_of_one_workflow_test_in_containers_beside_those_on_their_machine() {
        let flow = "on: push\njobs:\n  unit: {runs-on: u, steps: [{run: pytest}]}\n  inside: {runs-on: u, steps: [{run: docker compose run web pytest}]}\n";
        assert_eq!(tested(&[(".github/workflows/ci.yml", flow)]).len(), 2);
    }

    #[test]
    fn a_job_that_is_named_for_tests_may_reuse_a_workflow_of_another_name() {
        let with = |id: &str| {
            let flow = format!("on: push\njobs: {{{id}: {{uses: acme/flows/.github/workflows/pre.yml@main}}}}\n");
            tested(&[(".github/workflows/ship.yml", &flow)]).len()
        };
        assert_eq!((with("pre_deploy_tests"), with("post_deploy_tests"), with("build")), (1, 0, 0));
    }

    #[test]
    fn a_part_of_a_value_of_the_matrix_may_be_what_runs() {
        let with = |asked: &str| {
            let flow = format!(
                "on: push\njobs:\n  b:\n    runs-on: u\n    strategy: {{matrix: {{part: [[unit, 'pytest a'], [rest, pytest]]}}}}\n    \
                 steps: [{{run: '${{{{ matrix.part{asked} }}}}'}}]\n"
            );
            tested(&[(".github/workflows/b.yml", &flow)]).len()
        };
        assert_eq!((with("[1]"), with("[0]")), (1, 0));
    }

    #[test]
    fn a_job_in_an_environment_for_tests_is_one_where_nothing_else_says_more() {
        let with = |name: &str, run: &str| {
            let flow = format!("on: push\njobs: {{b: {{runs-on: u, environment: {name}, steps: [{{run: {run}}}]}}}}\n");
            tested(&[(".github/workflows/b.yml", &flow), ("requirements.txt", "django\n")]).len()
        };
        assert_eq!(with("testing", "pip install -r requirements.txt"), 1);
        assert_eq!((with("testing", "echo"), with("shop", "pip install -r requirements.txt")), (0, 0));
    }

    #[test]
    fn what_travis_was_told_is_left_behind_where_another_ci_tests() {
        let (unit, travis) = (job("ci", "unit", "pytest"), (".travis.yml", "language: python\nscript: pytest\n"));
        assert_eq!(tested(&[(&unit.0, &unit.1), travis]), ["test test: .github/workflows/ci.yml"]);
        assert_eq!(tested(&[travis]), ["test test: .travis.yml"]);
    }

    #[test]
    fn tests_that_no_ci_runs_are_those_of_a_task() {
        let inside = tested(&[("Makefile", "test:\n\tdocker compose exec web pytest\n")]);
        assert_eq!(inside, ["test test: Makefile compose.yaml"]);
        assert_eq!(tested(&[("Makefile", "test:\n\tpytest\n")]), ["test test: Makefile"]);
        let script = "set -e\ndocker compose exec -T web pytest -x\n";
        assert_eq!(tested(&[("scripts/test.sh", script)]), ["test test: scripts/test.sh compose.yaml"]);
        assert!(tested(&[("scripts/start.sh", script)]).is_empty());
        let tasks = "#!/usr/bin/env bash\nfunction cmd {\n  docker compose exec web \"${@}\"\n}\nfunction test {\n  cmd pytest \"${@}\"\n}\n\"${@:-help}\"\n";
        assert_eq!(tested(&[("run", tasks)]), ["test test: run compose.yaml"]);
        assert!(tested(&[("run", &tasks.replace("function test", "function lint"))]).is_empty());
    }
}
