//! Environments that a platform's files define: Procfile, app.json.

use super::images;
use super::plan::{CommandLine, ImageBuild, NativeBuild, Planned, Runs, Unit};
use super::words::naming;
use crate::discover::{Kind, paths};
use crate::formats::dockerfile::{Action, Build};
use crate::formats::small::tree::{Node, yaml};
use crate::formats::small::{CommandText, app_json, procfile};
use crate::formats::workflow::Step;
use crate::formats::{Var, Vars};
use crate::knowledge::deployments::pushes_sources;
use crate::links::Repository;
use crate::model::{Certainty, Confidence, FileId, Known, Origin, Reason, Role, Span};

/// Whether a manifest of Cloud Foundry, whose buildpack reads the Procfile, says an environment.
fn by_manifest(planned: &Planned) -> bool {
    planned.environment.because.iter().any(|evidence| evidence.text == super::cloud_foundry::MANIFEST)
}

/// Whether Heroku builds an image of a folder, by a file that also says what runs in it.
fn is_built_by_heroku(repository: &Repository<'_>, folder: &str, known: &[Planned]) -> bool {
    let file = paths::join(folder, "heroku.yml").and_then(|path| repository.tree.find(&path));
    file.is_some_and(|file| known.iter().any(|planned| planned.environment.files.contains(&file)))
}

/// Names of lines of a Procfile that a build runs and that start nothing (<https://doc.scalingo.com/platform/app/procfile>).
const BUILD_HOOKS: [&str; 4] = ["postcompile", "post_compile", "precompile", "pre_compile"];

/// Why a plain Procfile is one of production.
pub(super) const READ: &str = "a platform reads the Procfile";

/// The environments of Procfiles; `known` are those of stronger runners.
pub fn procfiles(repository: &Repository<'_>, known: &[Planned]) -> Vec<Planned> {
    let mut found = Vec::new();
    for file in repository.of(Kind::Procfile) {
        let path = repository.tree.path(*file);
        let Ok(read) = repository.tree.parsed(*file, procfile::read) else { continue };
        let procfile = &read.0;
        let naming = naming(path);
        let plain = paths::name(path) == "Procfile";
        let started =
            |compose: &FileId| repository.tree.text(*compose).is_ok_and(|text| text.contains(paths::name(path)));
        // `honcho start -f Procfile.dev` in a service: the processes are that environment's.
        let used = known.iter().any(|planned| planned.environment.files.contains(file))
            || plain && known.iter().any(by_manifest)
            || plain && is_built_by_heroku(repository, paths::parent(path), known)
            || plain && is_started_by_name(repository, path)
            || !plain && repository.of(Kind::Compose).iter().any(started);
        if procfile.is_empty() || naming.template || used || !(plain || naming.role.is_some()) {
            continue;
        }
        let commands = procfile.iter().map(|process| process.command.text.as_str()).collect::<Vec<_>>().join("\n");
        let develops =
            ["runserver", "npm run", "--reload", "yarn ", "make "].iter().any(|sign| commands.contains(sign));
        let app = app_json_beside(repository, path).filter(|_| plain);
        if plain && app.is_none() && is_started_by_host(repository, known, procfile) {
            continue;
        }
        let (role, word, why) = match naming.role {
            Some((role, word)) => (role, word, "the Procfile's name"),
            None if develops && app.is_none() && !is_slug(repository, paths::parent(path)) => {
                (Role::Development, "host".to_owned(), "the Procfile starts development tools")
            }
            None => (Role::Production, "production".to_owned(), READ),
        };
        // What starts processes on a developer's machine is one more way beside the environment that is known for it.
        let developed = || known.iter().any(|planned| planned.environment.role == Role::Development);
        if role == Role::Development
            && (developed() || found.iter().any(|other: &Planned| other.environment.role == role))
        {
            continue;
        }
        let taken = known.iter().any(|planned| planned.environment.role == role && planned.environment.name == word);
        let word = if taken { "platform".to_owned() } else { word };
        let confidence = if role == Role::Production { Confidence::Invoked } else { Confidence::Named };
        let mut planned = Planned::new(&word, role, confidence).because(Span::new(*file, 0, 0), why);
        if let Some(app) = app {
            planned.add_evidence(Span::new(app, 0, 0), "app.json describes the same application");
        }
        let image = if role == Role::Production { platform_image(repository, paths::parent(path)) } else { None };
        if let Some(image) = &image {
            planned.add_file(image.dockerfile);
        }
        let given = app.filter(|_| role == Role::Production).map(|app| heroku(repository, app, None));
        for process in procfile.iter().filter(|process| !BUILD_HOOKS.contains(&process.name.value.as_str())) {
            let command = line(&process.command);
            let runs = Runs::Process { command, image: image.clone(), native: None };
            let name = &process.name.value;
            planned.units.push(Unit { name: name.clone(), runs });
            planned.variables.extend(given.iter().map(|given| (name.clone(), given.clone())));
        }
        found.push(planned);
    }
    found
}

/// Whether a start script or an image names the Procfile of a folder, as a program like honcho is told to start it: a platform
/// reads the one at the top, and none by its path.
fn is_started_by_name(repository: &Repository<'_>, path: &str) -> bool {
    let Some((_, short)) =
        path.rsplit_once('/').map(|(folder, name)| (folder, format!("{}/{name}", paths::name(folder))))
    else {
        return false;
    };
    let kinds = [Kind::Shell, Kind::Dockerfile, Kind::Compose];
    let mut files = kinds.into_iter().flat_map(|kind| repository.of(kind));
    files.any(|file| {
        let starts = |line: &str| line.contains(&short) && ["--procfile", "-f "].iter().any(|flag| line.contains(flag));
        repository.tree.text(*file).is_ok_and(|text| text.lines().any(starts))
    })
}

/// A command of a file as one to run.
pub(super) fn line(command: &CommandText) -> CommandLine {
    CommandLine { text: command.text.clone(), map: command.map.clone(), span: command.span }
}

fn app_json_beside(repository: &Repository<'_>, path: &str) -> Option<FileId> {
    let file = repository.tree.find(&paths::join(paths::parent(path), "app.json")?)?;
    let app = repository.tree.parsed(file, app_json::parse).ok()?;
    app.0.is_heroku.then_some(file)
}

/// Whether files that only a platform's build reads lie in a folder.
pub(super) fn is_slug(repository: &Repository<'_>, folder: &str) -> bool {
    let read = ["runtime.txt", "Aptfile", ".buildpacks", "bin/post_compile", "bin/pre_compile"];
    read.iter().any(|name| paths::join(folder, name).is_some_and(|path| repository.tree.find(&path).is_some()))
}

/// Whether a host's own file starts the same application as a Procfile: that is then one application, which the host runs.
fn is_started_by_host(repository: &Repository<'_>, known: &[Planned], procfile: &[procfile::Process]) -> bool {
    let module = |text: &str| {
        let mut words = text.split_whitespace();
        words
            .find(|word| word.contains(".wsgi") || word.contains(".asgi") || word.contains(':') && !word.contains('/'))
            .map(str::to_owned)
    };
    let ours: Vec<String> = procfile.iter().filter_map(|process| module(&process.command.text)).collect();
    let starts = |unit: &Unit| {
        let Runs::Process { command, .. } = &unit.runs else { return false };
        module(&command.text).is_some_and(|module| ours.contains(&module))
    };
    let hosted =
        |planned: &&Planned| planned.environment.files.iter().any(|file| repository.of(Kind::Platform).contains(file));
    known
        .iter()
        .filter(hosted)
        .any(|planned| planned.environment.role == Role::Production && planned.units.iter().any(starts))
}

/// The Dockerfile whose image a Procfile's commands run in: one that has no command of its own, or is named for production.
fn platform_image(repository: &Repository<'_>, folder: &str) -> Option<ImageBuild> {
    if app_json_beside(repository, &paths::join(folder, "Procfile")?).is_some()
        || repository.tree.find("runtime.txt").is_some()
        || is_pushed(repository, folder)
        || is_pushed_by_action(repository) && by_buildpack(repository, folder)
    {
        return None;
    }
    let mut best: Option<(u8, FileId)> = None;
    for file in
        repository.of(Kind::Dockerfile).iter().filter(|file| paths::parent(repository.tree.path(**file)) == folder)
    {
        let path = repository.tree.path(*file);
        let plain = paths::name(path) == "Dockerfile";
        let role = naming(path).role.map(|(role, _)| role);
        let image = ImageBuild {
            dockerfile: *file,
            context: folder.into(),
            target: None,
            args: Default::default(),
            span: None,
        };
        let build = images::build(repository, &image)?;
        // What a platform runs is the application, and no server for those who work on a part of it.
        if !plain && (!images::is_python(repository, *file) || super::developed::develops(repository, &image, &build)) {
            continue;
        }
        let command = super::starts::runs_something(&build);
        // An image that starts by itself needs no Procfile: a buildpack reads that, where it can tell what to install.
        let rank = match (role, plain, command) {
            (Some(Role::Production), _, _) => 3,
            (None, false, _) if brings_code(repository, folder, &build) => 2,
            (None, true, true) if by_buildpack(repository, folder) => 0,
            // What has no command since compose files give it one is theirs where Heroku builds what the Procfile starts.
            (None, true, false)
                if by_buildpack(repository, folder)
                    && is_for_heroku(repository)
                    && is_told_by_compose(repository, *file) =>
            {
                0
            }
            (None, true, _) => 1,
            _ => 0,
        };
        if rank > 0 && best.is_none_or(|(known, _)| known < rank) {
            best = Some((rank, *file));
        }
    }
    let dockerfile = best?.1;
    Some(ImageBuild { dockerfile, context: folder.into(), target: None, args: Default::default(), span: None })
}

/// Whether the program speaks of Heroku: by a module of that name, or by the variable that each of its machines has.
fn is_for_heroku(repository: &Repository<'_>) -> bool {
    repository.of(Kind::Python).iter().any(|file| {
        paths::name(repository.tree.path(*file)) == "heroku.py"
            || repository.tree.text(*file).is_ok_and(|text| text.contains("\"DYNO\"") || text.contains("'DYNO'"))
    })
}

/// Whether a service of a compose file builds a Dockerfile and says what it starts.
fn is_told_by_compose(repository: &Repository<'_>, dockerfile: FileId) -> bool {
    super::compose::read_files(repository).iter().any(|file| {
        file.alone.services.values().filter(|service| service.command.is_some()).any(|service| {
            service.build.is_some()
                && super::compose::image_of(repository, &file.alone, service)
                    .is_some_and(|image| image.dockerfile == dockerfile)
        })
    })
}

/// Whether an image brings a folder of the project, and not only what is installed for it.
fn brings_code(repository: &Repository<'_>, folder: &str, build: &Build) -> bool {
    let is_folder = |source: &str| {
        let path = paths::join(folder, source);
        path.is_none_or(|path| path.is_empty() || path.contains(['*', '$']) || repository.tree.is_dir(&path))
    };
    let brings = |action: &Action| match action {
        Action::Copy { from: None, sources, .. } => sources.iter().any(|source| is_folder(&source.value)),
        _ => false,
    };
    build.stages.iter().any(|stage| stage.steps.iter().any(|step| brings(&step.action)))
}

/// Whether a manifest of Cloud Foundry pushes the sources of a folder, for a buildpack to build.
fn is_pushed(repository: &Repository<'_>, folder: &str) -> bool {
    let tree = repository.tree;
    let files = [Kind::Platform, Kind::Kubernetes].into_iter().flat_map(|kind| repository.of(kind));
    files.filter(|file| paths::name(tree.path(**file)).starts_with("manifest")).any(|file| {
        let Ok(parsed) = tree.parsed(*file, yaml) else { return false };
        let applications = parsed.0.as_ref().and_then(|root| root.get("applications"));
        let sources = |application: &Node| {
            let own = application.field("path").map_or_else(|| ".".to_owned(), |path| path.value);
            application.get("docker").is_none()
                && paths::join(paths::parent(tree.path(*file)), &own).is_some_and(|path| path == folder)
        };
        applications.map_or(&[][..], Node::items).iter().any(sources)
    })
}

/// Whether a step of a workflow pushes the sources to a platform, for a buildpack to build.
pub(super) fn is_pushed_by_action(repository: &Repository<'_>) -> bool {
    let pushes = |step: &Step| {
        let input = |name: &str| step.with.get(name).map(|text| text.value.as_str());
        step.uses.as_ref().is_some_and(|action| pushes_sources(&action.value, input))
    };
    let workflows = repository.of(Kind::Workflow).iter().filter_map(|file| repository.workflow(*file));
    workflows.into_iter().any(|flow| flow.jobs.iter().any(|job| job.steps.iter().any(pushes)))
}

/// Whether a buildpack can tell what a folder needs.
fn by_buildpack(repository: &Repository<'_>, folder: &str) -> bool {
    let known = ["requirements.txt", "Pipfile.lock", "Pipfile", "poetry.lock", "uv.lock", "setup.py"];
    known.iter().any(|name| paths::join(folder, name).is_some_and(|path| repository.tree.find(&path).is_some()))
}

/// What Heroku sets, and what `app.json` says that is set, for one of its environments. The values of the file are those
/// that an application starts with: they may be others by now, but for the tests; and what it asks for, it asks for once.
pub(super) fn heroku(repository: &Repository<'_>, file: FileId, environment: Option<&str>) -> Vars {
    let Ok(read) = repository.tree.parsed(file, app_json::parse) else { return Vars::new() };
    let app = &read.0;
    let chosen = |name: &str, span: Span, why: String| {
        let value = Known::Unknown(Reason::at(why, span).of_what_is_given());
        (name.to_owned(), Var { value, ..Var::set("", Origin::set(span)) })
    };
    let whole = Span::new(file, 0, 0);
    let mut all: Vars = ["DYNO", "PORT"].map(|name| chosen(name, whole, format!("Heroku sets {name}"))).into();
    if environment == Some("test") {
        all.insert("CI".into(), Var::set("true", Origin::set(whole)));
    }
    for addon in app.addons_of(environment.unwrap_or("production")) {
        let Some(name) = addon.variable() else { continue };
        all.extend([chosen(&name, addon.plan.span, format!("the add-on {} sets it", addon.plan.value))]);
    }
    let own = environment.and_then(|name| app.environments.get(name));
    for var in app.env.iter().chain(own.iter().flat_map(|own| &own.env)) {
        let name = &var.name.value;
        if let Some(value) = &var.value {
            let certainty = match environment {
                Some(_) => Certainty::Stated,
                None => Certainty::Default { variable: Some(name.clone()) },
            };
            all.insert(name.clone(), Var { certainty, ..Var::set(value.value.clone(), Origin::set(value.span)) });
        } else if var.generator.is_some() {
            all.extend([chosen(name, var.name.span, "Heroku makes it up".to_owned())]);
        } else if var.required && environment.is_some() {
            all.extend([chosen(name, var.name.span, "it is given by hand on Heroku".to_owned())]);
        }
    }
    all
}

/// The test environment that `app.json` names: the code as the platform builds it, and the command that tests it.
pub fn app_json_tests(repository: &Repository<'_>) -> Vec<Planned> {
    let mut found = Vec::new();
    for file in repository.of(Kind::AppJson) {
        let Ok(app) = repository.tree.parsed(*file, app_json::parse) else { continue };
        let Some(tests) = app.0.environments.get("test") else { continue };
        let mut planned = Planned::new("test", Role::Test, Confidence::Invoked)
            .because(Span::new(*file, 0, 0), "app.json defines a test environment");
        let folder = paths::parent(repository.tree.path(*file)).to_owned();
        let native = Some(NativeBuild { folder: folder.clone(), build: None });
        let runs = match tests.scripts.get("test").or_else(|| app.0.scripts.get("test")) {
            Some(command) => Runs::Process { command: line(command), image: None, native },
            None => Runs::Machine { folder },
        };
        planned.units.push(Unit { name: "test".into(), runs });
        planned.variables.insert("test".into(), heroku(repository, *file, Some("test")));
        found.push(planned);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn a_procfile_beside_the_file_of_a_host_is_the_same_application() {
        let needs = ("requirements.txt", "django\ngunicorn\n");
        let procfile = ("Procfile", "web: gunicorn shop.wsgi\n");
        let host = "services:\n- {type: web, name: shop, runtime: python, buildCommand: pip install -r requirements.txt, startCommand: 'gunicorn shop.wsgi'}\n";
        let found = environments(&[needs, procfile, ("render.yaml", host)]);
        assert_eq!(found, ["production production: render.yaml"]);
        let image = ("Dockerfile", "FROM python:3.13\nCOPY . /app\n");
        let heroku = ("heroku.yml", "build: {docker: {web: Dockerfile}}\nrun: {web: gunicorn shop.wsgi}\n");
        assert_eq!(environments(&[needs, procfile, image, heroku]), ["production production: heroku.yml Dockerfile"]);
    }

    #[test]
    fn a_server_that_reloads_is_of_a_platform_where_only_that_reads_the_files_beside() {
        let files = [
            ("requirements.txt", "flask\n"),
            ("Procfile", "web: gunicorn views:app --reload\n"),
            ("Aptfile", "libpq\n"),
        ];
        assert_eq!(environments(&files), ["production production: Procfile"]);
        assert_eq!(environments(&files[..2]), ["host development: Procfile"]);
    }

    #[test]
    fn a_procfile_that_a_start_script_names_is_read_by_no_platform() {
        let start = "#!/bin/sh\nexec honcho --procfile /app/worker/Procfile start\n";
        let files =
            [("requirements.txt", "flask\n"), ("worker/Procfile", "work: ./work.sh\n"), ("bin/start.sh", start)];
        assert_eq!(environments(&files), [""; 0]);
        assert_eq!(environments(&files[..2]), ["production production: worker/Procfile"]);
    }

    #[test]
    fn an_image_that_compose_files_give_a_command_is_not_what_heroku_runs() {
        let of = |more: (&str, &str)| {
            let found = environments(&[
                ("requirements.txt", "django\ngunicorn\n"),
                ("Procfile", "web: gunicorn shop.wsgi\n"),
                ("Dockerfile", "FROM python:3.13\nCOPY . /app\n"),
                ("compose.yaml", "services: {web: {build: ., command: ./manage.py runserver, volumes: ['.:/app']}}\n"),
                more,
            ]);
            found.into_iter().find(|line| line.contains(" production: "))
        };
        let heroku = of(("shop/settings/heroku.py", "from .base import *\n"));
        assert_eq!(heroku.as_deref(), Some("production production: Procfile"));
        let other = of(("shop/settings/base.py", "A = 1\n"));
        assert_eq!(other.as_deref(), Some("production production: Procfile Dockerfile"));
    }
}
