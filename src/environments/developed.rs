//! Images that only development builds: no production of their own, whatever their Dockerfile could be deployed as.

use super::base_role::only_services;
use super::images::{AS_IT_STANDS, PLAIN, build};
use super::own_distribution;
use super::plan::{ImageBuild, Planned, Runs, Unit};
use super::starts::{commands, only_hands_over, runs_something, script, serves};
use crate::discover::classify::classify;
use crate::discover::{Kind, paths};
use crate::formats::dockerfile::{Action, Build, CopyFrom};
use crate::knowledge::images;
use crate::links::Repository;
use crate::model::{Confidence, Environment, Evidence, FileId, Role};

/// What starts a server that is made for development.
pub(super) const SIGNS: [&str; 4] = ["runserver", "--reload", "flask run", "fastapi dev"];

/// Why a compose file of several is taken for a production.
pub(crate) const OFFERED: &str = "one of several ways offered to run it";

/// Why a plain compose file is taken for production's, for want of another sign.
pub(super) const BESIDE: &str = "a development file stands beside it";

/// Whether a production is a heuristic's: what is known of another one counts for more.
pub(super) fn is_guessed(about: &Environment) -> bool {
    let offered = about.because.iter().any(|evidence| evidence.text == OFFERED);
    about.role == Role::Production && (about.confidence == Confidence::Guessed || offered)
}

/// Drops productions that rest on nothing but a Dockerfile which another environment builds: where another production is
/// known, where the image has no command of its own, and where that starts a development server. A development that is an image
/// with such a server is the same as the compose files' beside it.
pub(super) fn drop(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    let other = |planned: &Planned| {
        let about = &planned.environment;
        about.role == Role::Production && !is_guessed(about) && image(planned).is_none()
    };
    let known = all.iter().any(other);
    let composed = |planned: &Planned| {
        planned.environment.role == Role::Development
            && planned.units.iter().any(|unit| matches!(unit.runs, Runs::Compose { .. }))
    };
    let stack = all.iter().any(composed);
    let at_hand = |planned: &Planned| {
        let starts = |unit: &Unit| match &unit.runs {
            Runs::Image(image) => {
                build(repository, image).is_some_and(|build| develops(repository, image, &build))
                    || is_composed(repository, image.dockerfile)
            }
            _ => false,
        };
        planned.environment.role == Role::Development
            && planned.environment.confidence != Confidence::Explicit
            && planned.units.iter().all(starts)
            && !planned.units.is_empty()
    };
    all.retain(|planned| {
        if stack && at_hand(planned) {
            return false;
        }
        let Some(image) = image(planned) else { return true };
        let Some(build) = build(repository, image) else { return true };
        !known
            && runs_something(&build)
            && !only_hands_over(repository, image, &build)
            && !develops(repository, image, &build)
    });
}

/// Drops a production that is a plain compose file for want of another sign, where a platform surely runs one: what the
/// file holds is then there for the files that are laid over it.
pub(super) fn drop_plain_stack(all: &mut Vec<Planned>) {
    let composed = |planned: &Planned| planned.units.iter().any(|unit| matches!(unit.runs, Runs::Compose { .. }));
    let process = |planned: &Planned| planned.units.iter().any(|unit| matches!(unit.runs, Runs::Process { .. }));
    let sure = |planned: &Planned| {
        let about = &planned.environment;
        about.role == Role::Production
            && about.confidence >= Confidence::Invoked
            && process(planned)
            && !composed(planned)
    };
    if !all.iter().any(sure) {
        return;
    }
    let developed: Vec<FileId> = all
        .iter()
        .filter(|planned| planned.environment.role == Role::Development && composed(planned))
        .flat_map(|planned| planned.environment.files.clone())
        .collect();
    // What comes up again by itself is made to stay.
    let stays = |planned: &Planned| {
        planned.units.iter().any(|unit| {
            let Runs::Compose { project, .. } = &unit.runs else { return false };
            project.services.values().any(|service| service.restart.is_some())
        })
    };
    all.retain(|planned| {
        let about = &planned.environment;
        if stays(planned) {
            return true;
        }
        let only = about.because.iter().all(|evidence| evidence.text == BESIDE);
        let laid_over = about.files.first().is_some_and(|file| developed.contains(file));
        !(about.role == Role::Production && only && laid_over && composed(planned) && planned.deployed_by.is_empty())
    });
}

/// Whether an environment is nothing but the services that an application needs.
pub(super) fn is_backing(planned: &Planned) -> bool {
    let backing = |unit: &Unit| matches!(&unit.runs, Runs::Compose { project, .. } if only_services(project));
    !planned.units.is_empty() && planned.units.iter().all(backing)
}

/// Whether a compose file of the repository builds a Dockerfile: one that is a variant of others, which runs as they do.
fn is_composed(repository: &Repository<'_>, dockerfile: FileId) -> bool {
    repository.of(Kind::Compose).iter().any(|file| {
        let project = super::compose::load(repository, &[*file]);
        let builds = |service| super::compose::image_of(repository, &project, service).map(|image| image.dockerfile);
        project.services.values().any(|service| service.build.is_some() && builds(service) == Some(dockerfile))
    })
}

/// Drops what developers start of services alone, beside other containers of theirs that run the application: those have services of
/// their own. With a machine among them it is what that one finds its services in.
pub(super) fn drop_backing(all: &mut Vec<Planned>) {
    let develops = |planned: &Planned| planned.environment.role == Role::Development;
    let composed = |unit: &Unit| matches!(&unit.runs, Runs::Compose { project, .. } if !only_services(project));
    let machine = |planned: &Planned| planned.units.iter().any(|unit| matches!(unit.runs, Runs::Machine { .. }));
    let ours = |planned: &Planned| develops(planned) && planned.units.iter().any(composed);
    if !all.iter().any(ours) || all.iter().any(|planned| develops(planned) && machine(planned)) {
        return;
    }
    let backing = |planned: &Planned| {
        develops(planned)
            && planned.environment.confidence != Confidence::Explicit
            && planned.deployed_by.is_empty()
            && planned.setups.is_empty()
            && is_backing(planned)
    };
    all.retain(|planned| !backing(planned));
}

/// Whether the project has anything to do with what an image away from the root holds: its code is copied, or what it needs is
/// installed by the project's own files. One that is built elsewhere and brings only scripts is a tool beside it.
pub(super) fn holds_project(repository: &Repository<'_>, image: &ImageBuild, build: &Build) -> bool {
    let tree = repository.tree;
    if paths::parent(tree.path(image.dockerfile)).is_empty() {
        return true;
    }
    let ours = |path: &str| {
        let kind = classify(path);
        matches!(kind, Some(Kind::Python | Kind::Requirements | Kind::Project | Kind::Lock))
    };
    let brings = |source: &str| {
        let bare = source.trim_start_matches('/');
        if bare.trim_end_matches('/') == "." || bare.is_empty() {
            let mut others = tree.under(&image.context).filter(|(file, _)| *file != image.dockerfile).peekable();
            return image.context.is_empty() || others.peek().is_none() || others.any(|(_, path)| ours(path));
        }
        let folder = bare.split(['*', '?', '[', '$']).next().unwrap_or_default();
        let whole = if folder == bare {
            paths::join(&image.context, bare)
        } else {
            paths::join(&image.context, paths::parent(folder))
        };
        let Some(path) = whole else { return true };
        tree.find(&path).map_or_else(|| tree.under(&path).any(|(_, path)| ours(path)), |_| ours(&path))
    };
    let mut actions = build.stages.iter().flat_map(|stage| &stage.steps).map(|step| &step.action);
    let brought = actions.any(|action| match action {
        Action::Copy { from: None, sources, .. } => sources.iter().any(|source| brings(&source.value)),
        Action::Copy { from, .. } => matches!(from, Some(CopyFrom::Image(_))),
        Action::Run { mounts, .. } => !mounts.is_empty(),
    });
    // What another image holds that is built on is not known.
    let unknown = |base: &str| base.contains(['/', '$']) && !images::is_for_ci(&images::describe(base, "").repository);
    brought
        || own_distribution::is_installed(repository, build)
        || build.stages.iter().any(|stage| unknown(&stage.base.raw.value))
}

/// The image of an environment that rests on nothing else.
fn image(planned: &Planned) -> Option<&ImageBuild> {
    let [evidence] = planned.environment.because.as_slice() else { return None };
    let [unit] = planned.units.as_slice() else { return None };
    let Runs::Image(image) = &unit.runs else { return None };
    (evidence.text == AS_IT_STANDS && planned.environment.role == Role::Production).then_some(image)
}

/// Makes a production that is nothing but the plain Dockerfile development's, where that starts a development server: for where
/// something else says what runs in production.
pub(super) fn give_way(repository: &Repository<'_>, all: &mut [Planned]) {
    for planned in all.iter_mut().filter(|planned| planned.environment.role == Role::Production) {
        let bare = |evidence: &Evidence| [AS_IT_STANDS, PLAIN].contains(&evidence.text.as_str());
        let reloads = |unit: &Unit| match &unit.runs {
            Runs::Image(image) => build(repository, image).is_some_and(|build| develops(repository, image, &build)),
            _ => false,
        };
        if planned.environment.because.iter().all(bare)
            && planned.deployed_by.is_empty()
            && !planned.units.is_empty()
            && planned.units.iter().all(reloads)
        {
            planned.environment.role = Role::Development;
            Role::Development.name().clone_into(&mut planned.environment.name);
            if let Some(span) = planned.environment.because.first().map(|evidence| evidence.span) {
                planned.add_evidence(span, "it starts a development server");
            }
        }
    }
}

/// Whether an image starts a development server, by its own words or in the script that they name, which knows no other.
pub(super) fn develops(repository: &Repository<'_>, image: &ImageBuild, build: &Build) -> bool {
    let signs = |text: &str| SIGNS.iter().any(|sign| text.contains(sign));
    let by_script = || signs(script(repository, image, build)) && !serves(repository, image, build);
    by_script() || signs(&commands(build).join(" "))
}

/// Whether compose files are named for development and show nothing else of a developer's machine.
pub(super) fn is_for_a_server(repository: &Repository<'_>, planned: &Planned) -> bool {
    let composed = planned.units.iter().any(|unit| matches!(unit.runs, Runs::Compose { .. }));
    let files = repository.of(Kind::Compose);
    let ours: Vec<FileId> = planned.environment.files.iter().copied().filter(|file| files.contains(file)).collect();
    composed
        && planned.environment.confidence == Confidence::Named
        && super::compose::development_signs(repository, &ours).is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const APP: &str = "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n";
    const CODE: (&str, &str) = ("a/wsgi.py", "import os\n");

    #[test]
    fn an_image_with_nothing_of_the_project_is_no_environment_of_it() {
        let backup = "FROM debian\nRUN apt-get install -y python3\nCOPY backup.sh /\nCMD python3 -m http.server\n";
        let files =
            [("Dockerfile", APP), CODE, ("docker/backup_k8s/Dockerfile", backup), ("docker/backup_k8s/backup.sh", "")];
        assert_eq!(environments(&files), ["production production: Dockerfile"]);
    }

    #[test]
    fn an_image_that_a_variant_for_developers_builds_is_theirs() {
        let compose = |file: &str| {
            format!("services: {{web: {{build: {{context: ., dockerfile: {file}}}, volumes: ['.:/app']}}}}\n")
        };
        let found = environments(&[
            ("docker/Dockerfile", APP),
            ("docker/Dockerfile.m1", "FROM python:3.12\nENV FLASK_ENV=development\nCOPY . /app\nCMD ./start\n"),
            ("compose.yaml", &compose("docker/Dockerfile")),
            ("compose.m1.yaml", &compose("docker/Dockerfile.m1")),
            CODE,
        ]);
        assert!(!found.iter().any(|line| line.contains("Dockerfile.m1") && !line.contains("compose")), "{found:?}");
    }

    #[test]
    fn a_plain_stack_below_a_development_is_no_production_beside_a_platform_that_runs_one() {
        let base =
            ("docker-compose.yml", "services: {web: {build: ., command: ./start}, db: {image: 'postgres:16'}}\n");
        let local = ("docker-compose.local.yml", "services: {web: {command: flask run, volumes: ['.:/app']}}\n");
        let manifest =
            ("manifests/manifest-prod.yml", "---\napplications:\n- name: shop\n  command: gunicorn a.wsgi\n");
        let productions = |files: &[(&str, &str)]| {
            let found = environments(files).into_iter().filter(|line| line.contains(" production: "));
            found.map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        let image = ("Dockerfile", "FROM python:3.12\nCOPY . /app\n");
        assert_eq!(productions(&[image, CODE, base, local]), ["production"]);
        assert_eq!(productions(&[image, CODE, base, local, manifest, ("requirements.txt", "flask\n")]), ["prod"]);
        let stays = ("docker-compose.yml", "services: {web: {build: ., command: ./start, restart: always}}\n");
        let all = productions(&[image, CODE, stays, local, manifest, ("requirements.txt", "flask\n")]);
        assert_eq!(all, ["prod", "production"]);
    }

    #[test]
    fn an_entry_point_that_only_prepares_starts_nothing_by_itself() {
        let image = |end: &str| format!("FROM python:3.12\nCOPY . /app\nENTRYPOINT [\"/app/entrypoint.sh\"]\n{end}");
        let (plain, with) = (image(""), image("CMD [\"gunicorn\", \"a.wsgi\"]\n"));
        let compose = ("compose.yaml", "services: {web: {build: ., volumes: ['.:/app'], command: flask run}}\n");
        let found = |image: &str, script: &str| {
            environments(&[("Dockerfile", image), compose, CODE, ("entrypoint.sh", script)]).len()
        };
        let prepares = "#!/bin/sh\npython manage.py migrate\nexec \"$@\"\n";
        assert_eq!(found(&plain, prepares), 1);
        assert_eq!(found(&with, prepares), 2);
        assert_eq!(found(&plain, "if [ -z \"$1\" ]; then\n  gunicorn a.wsgi\nfi\nexec \"$@\"\n"), 2);
    }

    #[test]
    fn services_alone_beside_containers_with_the_application_are_no_second_development() {
        let services = ("compose-dev.yml", "services: {db: {image: 'postgres:16'}, redis: {image: redis}}\n");
        let web = ("compose.yml", "services: {web: {build: ., volumes: ['.:/app']}, db: {image: 'postgres:16'}}\n");
        let image = ("Dockerfile", APP);
        let develops = |files: &[(&str, &str)]| {
            environments(files).into_iter().filter(|line| line.contains(" development: ")).collect::<Vec<_>>()
        };
        assert_eq!(develops(&[image, CODE, web, services]), ["development development: compose.yml"]);
        assert_eq!(develops(&[image, CODE, services]), ["dev development: compose-dev.yml"]);
    }

    #[test]
    fn a_stage_for_developers_is_what_their_compose_file_runs() {
        let stages = "FROM python:3.12 AS base\nCOPY . /app\nFROM base AS shop-local\nENV APP_ENV local\nCMD flask run\nFROM base AS shop-prod\nENV APP_ENV production\nCMD gunicorn a.wsgi\n";
        let compose = ("docker-compose.yml", "services: {web: {image: '${TAG}', volumes: ['.:/app']}}\n");
        let named = |files: &[(&str, &str)]| {
            let found = environments(files);
            found.iter().filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(named(&[("Dockerfile", stages), CODE]), ["production production", "local development"]);
        let found = named(&[("Dockerfile", stages), compose, CODE]);
        assert_eq!(found, ["production production", "development development"]);
    }

    #[test]
    fn a_plain_dockerfile_beside_one_that_is_named_for_production_is_none() {
        let found = environments(&[("Dockerfile", APP), ("Dockerfile.prod", APP), CODE]);
        assert_eq!(found, ["prod production: Dockerfile.prod"]);
        let linked = environments(&[("Dockerfile", APP), ("docker/Dockerfile", APP), CODE]);
        assert_eq!(linked, ["production production: Dockerfile docker/Dockerfile"]);
    }

    #[test]
    fn compose_files_that_a_job_deploys_to_development_are_for_a_server_where_a_machine_has_its_own() {
        let image = "services: {web: {image: acme/shop, command: gunicorn a.wsgi}}\n";
        let flow = "on: push\njobs: {ship: {runs-on: u, environment: development, steps: [{run: ./deploy.sh}]}}\n";
        let found = environments(&[
            ("compose.yaml", "services: {web: {build: ., command: flask run --debug, volumes: ['.:/app']}}\n"),
            ("deploy/compose.dev.yaml", image),
            ("deploy/compose.prod.yaml", image),
            (".github/workflows/ship.yml", flow),
            ("Dockerfile", APP),
            CODE,
        ]);
        let server = "dev development: deploy/compose.dev.yaml .github/workflows/ship.yml".to_owned();
        assert!(found.contains(&server), "{found:?}");
    }
}
