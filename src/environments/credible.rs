//! Whether a production or a staging of compose files is one: what only a person starts on a machine of his may be a try of it.

use super::base_role::{development_sign, only_services, starts_production_server};
use super::compose::{File, image_of};
use super::developed::is_guessed;
use super::images;
use super::plan::{Planned, Runs};
use super::starts::{commands, script};
use super::targets::is_deploy_script;
use super::words::{naming, selected};
use crate::discover::Kind;
use crate::formats::compose::{EnvVar, Project, Service};
use crate::knowledge::deployments::{Says, says};
use crate::knowledge::processes;
use crate::knowledge::reasons::{self, Choice};
use crate::links::{Call, Caller, Repository};
use crate::model::{Confidence, FileId, Role};

/// The evidence of a stack for production that is tried beside what is deployed.
const TRIED: &str = "it is started by hand; what is deployed is another";

/// Takes stacks that are named for production or staging, but tried by hand beside what is deployed, for development; and
/// lowers the confidence of those which nothing deploys and nothing inside shows to be deployed.
pub(super) fn weigh(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    drop_guesses(all);
    drop_stale(repository, all);
    let deployed: Vec<(Role, bool)> =
        all.iter().map(|planned| (planned.environment.role, is_deployed_elsewhere(planned))).collect();
    for planned in all.iter_mut().filter(|planned| is_stack(planned)) {
        let role = planned.environment.role;
        let alone = planned.deployed_by.is_empty();
        let served = matches!(role, Role::Production | Role::Staging);
        if alone && (is_to_be_filled_in(repository, planned) || served && is_called_a_try(repository, planned)) {
            planned.environment.confidence = planned.environment.confidence.min(Confidence::Guessed);
        }
        let deploying = |role| planned.deployed_by.is_empty() && !is_called_to_deploy(repository, planned, role);
        if !served || !deploying(role) {
            continue;
        }
        let clean = |(service, project, folder): (&Service, &Project, &str)| {
            serves(repository, project, service) && !develops(repository, service, folder)
        };
        let serves = services(planned).any(clean);
        let develops = !serves && services(planned).any(|(service, _, folder)| develops(repository, service, folder));
        let beside = deployed.iter().any(|(other, elsewhere)| *other == role && *elsewhere);
        let only = || services(planned).all(|(_, project, _)| only_services(project));
        // What a base for developers mounts, an overlay of it runs as well.
        let laid =
            planned.environment.files.iter().filter(|file| repository.of(Kind::Compose).contains(file)).count() > 1;
        if beside && (develops && laid || role == Role::Staging && only()) {
            planned.environment.role = Role::Development;
            if let Some(first) = planned.environment.because.first_mut() {
                first.text.push_str("; ");
                first.text.push_str(TRIED);
            }
        } else if beside && is_tried_by_jobs(repository, planned) {
            planned.environment.confidence = planned.environment.confidence.min(Confidence::Guessed);
        } else if (beside || !serves) && !services(planned).any(|(service, _, _)| selects(service, role)) {
            planned.environment.confidence = planned.environment.confidence.min(Confidence::Named);
        }
    }
}

/// Takes productions that are a heuristic's reading of compose files, which nothing deploys, away where another is deployed: they
/// are development, and none of their own beside another of that.
fn drop_guesses(all: &mut Vec<Planned>) {
    let production = |planned: &&Planned| planned.environment.role == Role::Production;
    if !all.iter().filter(production).any(is_deployed_elsewhere) {
        return;
    }
    let developed = all.iter().any(|planned| planned.environment.role == Role::Development);
    let guess =
        |planned: &Planned| is_stack(planned) && is_guessed(&planned.environment) && planned.deployed_by.is_empty();
    if developed {
        all.retain(|planned| !guess(planned));
        return;
    }
    if let Some(planned) = all.iter_mut().find(|planned| guess(planned)) {
        planned.environment.role = Role::Development;
        planned.environment.name = Role::Development.name().into();
    }
    all.retain(|planned| !guess(planned));
}

/// Takes stacks for production or staging away that run a checkout by a single file which nothing starts, and tell it of no
/// server for production, where another is deployed.
fn drop_stale(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    let elsewhere: Vec<Role> =
        all.iter().filter(|planned| is_deployed_elsewhere(planned)).map(|planned| planned.environment.role).collect();
    let stale = |planned: &Planned| {
        let about = &planned.environment;
        let alone = about.because.len() == 1 && about.files.len() == 1 && about.confidence == Confidence::Named;
        let deployed = matches!(about.role, Role::Production | Role::Staging);
        is_stack(planned)
            && alone
            && deployed
            && planned.deployed_by.is_empty()
            && elsewhere.contains(&about.role)
            && services(planned).any(|(service, _, folder)| develops(repository, service, folder))
            && !services(planned).any(|(service, ..)| starts_production_server(service))
    };
    all.retain(|planned| !stale(planned));
}

/// Whether a comment of one of the compose files says that it is a try of production.
fn is_called_a_try(repository: &Repository<'_>, planned: &Planned) -> bool {
    let composed = |file: &&FileId| repository.of(Kind::Compose).contains(file);
    planned.environment.files.iter().filter(composed).any(|file| says_try(repository, *file))
}

/// Whether a file that is named for production or staging says that it is only for trying it.
pub(super) fn is_a_try(repository: &Repository<'_>, file: &File) -> bool {
    let deployed = |(role, _): &(Role, String)| matches!(role, Role::Production | Role::Staging);
    file.naming.role.as_ref().is_some_and(deployed) && says_try(repository, file.id)
}

/// Whether a comment of a file says that it only tries what is deployed elsewhere.
fn says_try(repository: &Repository<'_>, file: FileId) -> bool {
    let says = |line: &str| line.split_once('#').is_some_and(|(_, comment)| reasons::gives(Choice::Try, comment));
    repository.tree.text(file).is_ok_and(|text| text.lines().any(says))
}

/// Whether all that runs is services of compose files, and configuration says nothing of it.
fn is_stack(planned: &Planned) -> bool {
    let composed = planned.units.iter().all(|unit| matches!(unit.runs, Runs::Compose { .. }));
    composed && !planned.units.is_empty() && planned.environment.confidence != Confidence::Explicit
}

/// Whether a compose file holds words in angle brackets (`<your-domain>`): whoever runs it is to put his own in their place.
fn is_to_be_filled_in(repository: &Repository<'_>, planned: &Planned) -> bool {
    let word = |text: &str| {
        let inner = text.split_once('>').map(|(inner, _)| inner).unwrap_or_default();
        let named = inner.starts_with(|c: char| c.is_ascii_alphabetic()) && inner.contains(['-', '_', ' ']);
        named && inner.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ' '))
    };
    let open = |line: &str| !line.trim_start().starts_with('#') && line.split('<').skip(1).any(word);
    let composed = planned.environment.files.iter().filter(|file| repository.of(Kind::Compose).contains(file));
    composed.filter_map(|file| repository.tree.text(*file).ok()).any(|text| text.lines().any(open))
}

/// Whether something other than a compose file says what is deployed: a job, a platform's file, an orchestrator.
fn is_deployed_elsewhere(planned: &Planned) -> bool {
    let hosted = planned.units.iter().any(|unit| matches!(unit.runs, Runs::Container(_) | Runs::Process { .. }));
    let image = planned.units.iter().any(|unit| matches!(unit.runs, Runs::Image(_)));
    !is_stack(planned) && (hosted || !planned.deployed_by.is_empty() && (image || planned.only_named))
}

/// Whether a job, or what is named for deploying, starts the files of an environment.
fn is_called_to_deploy(repository: &Repository<'_>, planned: &Planned, role: Role) -> bool {
    let deploys = |name: &str| name.split(['-', '_', '.']).any(|word| says(word) == Some(Says::Deploys));
    let counts = |call: &Call| match &call.caller {
        // What a job brings up on its own machine is tried there; one that deploys is known by that.
        Caller::Job { .. } => false,
        Caller::Script(file) => {
            let path = repository.tree.path(*file);
            is_deploy_script(path) || naming(path).role.is_some_and(|(of, _)| of == role)
        }
        Caller::Make { target, .. } => deploys(target),
        Caller::Guide(_) => false,
    };
    let evidence = || planned.environment.because.iter();
    repository.calls.iter().any(|call| counts(call) && evidence().any(|evidence| evidence.span == call.span))
}

/// Whether a job brings up the files of an environment on its own machine.
fn is_tried_by_jobs(repository: &Repository<'_>, planned: &Planned) -> bool {
    let by_job = |call: &&Call| matches!(call.caller, Caller::Job { .. });
    let evidence = || planned.environment.because.iter();
    repository.calls.iter().filter(by_job).any(|call| evidence().any(|evidence| evidence.span == call.span))
}

/// Whether a service runs a checkout, or a development server.
fn develops(repository: &Repository<'_>, service: &Service, folder: &str) -> bool {
    development_sign(repository.tree, service, folder).is_some()
}

/// Whether a variable of a service selects what is for a role.
fn selects(service: &Service, role: Role) -> bool {
    let named = |(name, var): (&String, &EnvVar)| {
        let value = var.var.value.one();
        value.and_then(|value| selected(name, value)).is_some_and(|(selected, _)| selected == role)
    };
    service.environment.iter().any(named)
}

/// The services that run in an environment, their projects and folders.
fn services(planned: &Planned) -> impl Iterator<Item = (&Service, &Project, &str)> {
    planned.units.iter().filter_map(|unit| match &unit.runs {
        Runs::Compose { project, service, folder, .. } => {
            Some((project.services.get(service)?, project.as_ref(), folder.as_str()))
        }
        _ => None,
    })
}

/// Whether a service starts a server that is made for production, by its own command or by that of the image it builds.
fn serves(repository: &Repository<'_>, project: &Project, service: &Service) -> bool {
    serves_with(repository, project, service, |found| found.kind == "production")
}

/// Whether a service starts such a server for programs, which hands nothing on to others.
pub(super) fn serves_programs(repository: &Repository<'_>, project: &Project, service: &Service) -> bool {
    serves_with(repository, project, service, |found| found.kind == "production" && found.interface.is_some())
}

fn serves_with(
    repository: &Repository<'_>,
    project: &Project,
    service: &Service,
    is: impl Fn(&processes::Match) -> bool,
) -> bool {
    let server = |text: &str| {
        let words: Vec<&str> = text.split([' ', ';', '\'', '"', '&', '\n']).filter(|word| !word.is_empty()).collect();
        let at = |at: usize| processes::server(&words[at..]).is_some_and(|found| is(&found));
        (0..words.len().min(2000)).any(at)
    };
    let by_image = |service: &Service| {
        let Some(image) = image_of(repository, project, service) else { return false };
        let Some(build) = images::build(repository, &image) else { return false };
        server(&commands(&build).join(" ")) || server(script(repository, &image, &build))
    };
    let plain = service.command.is_none() && service.entrypoint.is_none();
    starts_production_server(service) || plain && by_image(service)
}

#[cfg(test)]
mod tests {
    use crate::discover::{Config, Overlay, Tree};
    use crate::links::Repository;

    const DOCKERFILE: (&str, &str) = ("Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n");

    /// `name role confidence` of each environment that compose files run.
    fn stacks(files: &[(&str, &str)]) -> Vec<String> {
        let all: Vec<(&str, &str)> = files.iter().copied().chain([DOCKERFILE, ("a/wsgi.py", "import os\n")]).collect();
        let tree = Tree::open(Box::new(Overlay::of(all))).unwrap();
        let plan = super::super::infer(&Repository::read(&tree), &Config::read(&tree), false);
        let stacks =
            plan.environments.iter().filter(|planned| super::is_stack(planned)).map(|planned| &planned.environment);
        stacks.map(|about| format!("{} {} {}", about.name, about.role.name(), about.confidence.name())).collect()
    }

    const MAKE: (&str, &str) = ("Makefile", "up-prod:\n\tdocker compose -f compose.prod.yml up -d\n");
    const PROCFILE: (&str, &str) = ("Procfile", "web: gunicorn a.wsgi\n");

    #[test]
    fn what_only_a_person_starts_is_sure_by_what_it_runs() {
        let prod = |service: &str| format!("services: {{web: {{build: ., {service}}}}}\n");
        let of = |service: &str| stacks(&[("compose.prod.yml", prod(service).as_str()), MAKE]);
        assert_eq!(of("ports: ['80:80']"), ["prod production invoked"]);
        assert_eq!(of("volumes: ['.:/app']"), ["prod production named"]);
        assert_eq!(of("command: flask run"), ["prod production named"]);
        assert_eq!(
            of("volumes: ['.:/app'], environment: {ENVIRONMENT: production}"),
            ["production production invoked"]
        );
    }

    #[test]
    fn a_checkout_that_is_tried_beside_what_is_deployed_is_development() {
        let base = ("compose.yml", "services: {web: {build: ., command: flask run, volumes: ['.:/app']}}\n");
        let over = ("compose.prod.yml", "services: {web: {command: ./serve}}\n");
        assert_eq!(stacks(&[base, over, PROCFILE]), ["development development named", "prod development named"]);
        assert_eq!(stacks(&[base, over]), ["prod production named", "development development named"]);
        let alone = ("compose.prod.yml", "services: {web: {build: ., volumes: ['.:/app']}}\n");
        assert_eq!(stacks(&[alone, MAKE, PROCFILE]), ["prod production named"]);
        let built = ("compose.prod.yml", "services: {web: {build: .}}\n");
        assert_eq!(stacks(&[built, MAKE, PROCFILE]), ["prod production named"]);
    }

    #[test]
    fn a_base_below_an_override_is_no_production_beside_what_a_platform_runs() {
        let base = ("compose.yml", "services: {web: {build: ., command: uwsgi app.ini, environment: {A: b}}}\n");
        let over = ("compose.override.yml", "services: {web: {volumes: ['.:/app']}}\n");
        assert_eq!(stacks(&[base, over, PROCFILE]), ["development development invoked"]);
        assert_eq!(stacks(&[base, over]), ["production production guessed", "development development invoked"]);
    }

    #[test]
    fn a_service_called_for_production_beside_those_of_developers_is_none_where_a_job_deploys_another() {
        let all = "services: {prod: {build: ., ports: ['80:80'], profiles: [prod]}, dev: {build: ., command: flask run, volumes: ['.:/app'], profiles: [dev]}}\n";
        let (file, make) = (("compose.yml", all), ("Makefile", "serve:\n\tdocker compose up prod\n"));
        let of = |files: &[(&str, &str)]| stacks(files).into_iter().find(|line| line.starts_with("prod "));
        let flow = "on: push\njobs: {deploy: {runs-on: u, environment: production, steps: [{uses: dokku/github-action@v1}]}}\n";
        let job = (".github/workflows/ship.yml", flow);
        assert_eq!(of(&[file, make, PROCFILE, job]), None);
        assert!(of(&[file, make, PROCFILE]).is_some());
    }

    #[test]
    fn a_stack_that_is_told_to_be_a_try_is_no_sure_production() {
        let with = |comment: &str| {
            let stack = format!("services:\n  web:\n    build: .\n    # {comment}\n    command: gunicorn a.wsgi\n");
            stacks(&[("compose.prod.yml", &stack), MAKE])
        };
        assert!(with("A key for this prod-like setup.").is_empty());
        let base = "services: {web: {build: ., restart: always}} # a prod-like setup\n";
        assert_eq!(stacks(&[("compose.yml", base), MAKE]), ["production production guessed"]);
        assert_eq!(with("Starts the server."), ["prod production invoked"]);
        assert_eq!(with("not intended for production use without a secret of yours"), ["prod production invoked"]);
    }

    #[test]
    fn a_checkout_that_nothing_starts_is_none_beside_what_is_deployed() {
        let prod = ("compose.prod.yml", "services: {web: {build: ., volumes: ['.:/app']}}\n");
        assert!(stacks(&[prod, PROCFILE]).is_empty());
        assert_eq!(stacks(&[prod]), ["prod production named"]);
        assert_eq!(stacks(&[prod, MAKE, PROCFILE]), ["prod production named"]);
        let served = "services: {web: {image: 'acme/shop:1', command: sh -c 'gunicorn a.wsgi', volumes: ['.:/app']}}\n";
        assert_eq!(stacks(&[("compose.prod.yml", served), PROCFILE]), ["prod production named"]);
    }

    #[test]
    fn what_a_base_selects_for_all_does_not_rename_what_is_deployed() {
        let base = ("compose.base.yml", "services: {web: {environment: {ENVIRONMENT: development}}}\n");
        let prod = |more: &str| {
            let web = format!("extends: {{file: compose.base.yml, service: web}}, build: .{more}");
            stacks(&[base, ("compose.prod.yml", &format!("services: {{web: {{{web}}}}}\n"))])
        };
        assert_eq!(prod(""), ["prod production named"]);
        assert_eq!(prod(", environment: {ENVIRONMENT: staging}"), ["staging staging invoked"]);
    }

    #[test]
    fn what_a_job_brings_up_on_its_machine_is_tried_there() {
        let prod = ("compose.prod.yml", "services: {web: {build: ., volumes: ['.:/app']}}\n");
        let flow = |name: &str| {
            format!(
                "on: push\njobs: {{{name}: {{runs-on: u, steps: [{{run: docker compose -f compose.prod.yml up -d}}]}}}}\n"
            )
        };
        let (tried, deployed) = (flow("smoke-test"), flow("deploy-production"));
        assert_eq!(stacks(&[prod, (".github/workflows/test.yml", tried.as_str())]), ["prod production named"]);
        assert_eq!(stacks(&[prod, (".github/workflows/ship.yml", deployed.as_str())]), ["prod production invoked"]);
    }
}
