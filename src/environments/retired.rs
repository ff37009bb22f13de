//! Files that say how production runs, but are kept without being read any more.

use super::plan::{Planned, Runs, Unit};
use super::words::naming;
use super::{platform, published, service_roles, ways};
use crate::discover::paths;
use crate::formats::small::tree::{self, Node};
use crate::formats::workflow::Job;
use crate::knowledge::deployments::{Means, is_said};
use crate::links::Repository;
use crate::model::{Confidence, FileId, Role};

/// What the comment at the head of a file says where nothing reads it.
const SAYING: [&str; 6] =
    ["not currently being used", "not currently used", "not used", "no longer used", "unused", "obsolete"];

/// Whether a platform's file says of itself that nothing reads it, or another file says that its way is not taken.
pub(super) fn is_unused(repository: &Repository<'_>, file: FileId) -> bool {
    let text = repository.tree.text(file).unwrap_or_default();
    let head = text.lines().take_while(|line| line.starts_with('#') || line.trim().is_empty());
    let head = head.map(|line| line.trim_start_matches('#').trim()).collect::<Vec<_>>().join(" ").to_lowercase();
    let named = paths::name(repository.tree.path(file)) == "heroku.yml";
    SAYING.iter().any(|saying| head.contains(saying)) || named && by_buildpacks(repository, file)
}

/// Whether Heroku builds an application by buildpacks, as `app.json` says, and has a Procfile for that.
fn by_buildpacks(repository: &Repository<'_>, file: FileId) -> bool {
    let folder = paths::parent(repository.tree.path(file));
    let beside = |name: &str| repository.tree.find(&paths::join(folder, name)?);
    let Some(app) = beside("app.json").filter(|_| beside("Procfile").is_some()) else { return false };
    let Ok(parsed) = repository.tree.parsed(app, tree::yaml) else { return false };
    let Some(root) = &parsed.0 else { return false };
    let stack = root.field("stack").map(|stack| stack.value);
    let packed = root.get("buildpacks").is_some_and(|packs: &Node| !packs.items().is_empty());
    stack.map_or(packed, |stack| stack.starts_with("heroku-"))
}

/// Whether the images of the repository are made by buildpacks: their file says so, or a job that makes them.
fn is_packed(repository: &Repository<'_>) -> bool {
    let tree = repository.tree;
    let described = tree.find("project.toml").and_then(|file| tree.text(file).ok());
    let packs = |text: &str| ["paketo", "buildpack", "pack build"].iter().any(|sign| text.contains(sign));
    let by_job = |job: &Job| {
        let uses = job.uses.iter().chain(job.steps.iter().filter_map(|step| step.uses.as_ref()));
        let runs = job.steps.iter().filter_map(|step| step.run.as_ref()).map(|run| run.text.as_str());
        let mut texts = uses.map(|uses| uses.value.as_str()).chain(runs).chain([job.id.value.as_str()]);
        texts.any(|text| packs(&text.to_lowercase()))
    };
    described.is_some_and(|text| text.contains("[io.buildpacks") || text.contains("[[build.buildpacks"))
        || repository.workflows().iter().any(|(_, workflow)| workflow.jobs.iter().any(by_job))
}

/// Drops productions that rest on a Dockerfile which nobody publishes, where buildpacks build the application.
pub(super) fn drop_images(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    let packed = is_packed(repository);
    let built = |planned: &Planned| {
        planned.environment.files.iter().any(|file| {
            paths::name(repository.tree.path(*file)) == "Procfile" && (packed || by_buildpacks(repository, *file))
        })
    };
    if !all.iter().any(built) {
        return;
    }
    // One whose name says production is kept for those who run it by themselves.
    let named =
        |file: FileId| naming(repository.tree.path(file)).role.is_some_and(|(role, _)| role == Role::Production);
    let own = |unit: &Unit| match &unit.runs {
        Runs::Image(image) => !named(image.dockerfile) && published::pushed(repository, image.dockerfile).is_none(),
        _ => false,
    };
    all.retain(|planned| {
        planned.environment.role != Role::Production
            || planned.units.is_empty()
            || !planned.units.iter().all(own)
            || planned.environment.confidence == Confidence::Explicit
    });
}

/// Drops productions that nothing deploys beside one that a job does: a Procfile with nothing else for its platform, where what that job does reads none, and
/// services of a compose file that are built as production's are.
pub(super) fn drop_undeployed(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    let production = |planned: &Planned| planned.environment.role == Role::Production;
    let deployed = |planned: &Planned| production(planned) && !planned.deployed_by.is_empty() && !planned.only_named;
    let composed = |planned: &Planned| planned.units.iter().any(|unit| matches!(unit.runs, Runs::Compose { .. }));
    let image = |planned: &Planned| planned.units.iter().any(|unit| !matches!(unit.runs, Runs::Process { .. }));
    let by_image = all.iter().any(|planned| deployed(planned) && image(planned)) && !reads_procfile(repository);
    let by_other = all.iter().any(|planned| deployed(planned) && !composed(planned));
    let left = |planned: &Planned| match planned.environment.because.as_slice() {
        [first] if first.text == platform::READ => {
            by_image && !platform::is_slug(repository, paths::parent(repository.tree.path(first.span.file)))
        }
        [first, ..] => by_other && composed(planned) && first.text == service_roles::parted(Role::Production),
        [] => false,
    };
    all.retain(|planned| {
        !production(planned)
            || !planned.deployed_by.is_empty()
            || planned.environment.confidence == Confidence::Explicit
            || !left(planned)
    });
}

/// Whether a job may deploy to what reads a Procfile.
fn reads_procfile(repository: &Repository<'_>) -> bool {
    repository.workflows().iter().any(|(_, workflow)| {
        workflow.jobs.iter().any(|job| {
            let texts = ways::texts(repository, job);
            is_said(Means::Procfile, texts.iter().map(AsRef::as_ref))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn an_image_beside_buildpacks_is_not_what_is_deployed() {
        let files = [
            (
                "Dockerfile",
                "FROM python:3.13\nENV DJANGO_SETTINGS_MODULE=a.settings.production\nCOPY . /app\nCMD gunicorn a.wsgi\n",
            ),
            ("app.json", "{\"name\": \"a\", \"stack\": \"heroku-22\"}"),
            ("Procfile", "web: gunicorn a.wsgi\n"),
            ("requirements.txt", "gunicorn\n"),
        ];
        assert_eq!(environments(&files), ["production production: Procfile app.json"]);
        let named =
            files.map(|(path, text)| (if path == "Dockerfile" { "docker/prod/Dockerfile" } else { path }, text));
        assert_eq!(environments(&named).len(), 2, "it is kept for those who run it by themselves");
    }

    #[test]
    fn where_buildpacks_make_the_image_the_dockerfile_is_not_what_runs() {
        let with = |more: (&str, &str)| {
            environments(&[
                ("Dockerfile", "FROM python:3.13\nCOPY . /app\nCMD flask run\n"),
                ("Procfile", "web: gunicorn a:app\n"),
                ("requirements.txt", "gunicorn\n"),
                more,
            ])
        };
        assert_eq!(
            with(("project.toml", "[[io.buildpacks.group]]\nid = \"a\"\n")),
            ["production production: Procfile"]
        );
        let flow = "on: push\njobs: {image: {runs-on: u, steps: [{run: pack build acme/shop}]}}\n";
        assert_eq!(with((".github/workflows/main.yml", flow)), ["production production: Procfile"]);
    }

    #[test]
    fn a_file_that_is_not_read_is_no_environment() {
        let heroku = "build: {docker: {web: Dockerfile}}\n";
        let found = |comment: &str, app: &str| {
            let text = format!("{comment}{heroku}");
            let files = [
                ("Dockerfile", "FROM python:3.13\nCOPY . /app\nCMD gunicorn a.wsgi\n"),
                ("heroku.yml", text.as_str()),
                ("app.json", app),
                ("Procfile", "web: gunicorn a.wsgi\n"),
                ("requirements.txt", "gunicorn\n"),
            ];
            environments(&files).iter().any(|line| line.contains("heroku.yml"))
        };
        let container = "{\"name\": \"a\", \"stack\": \"container\"}";
        assert!(found("# builds it\n", container));
        assert!(!found("# This is not currently\n# being used\n", container));
        assert!(!found("", "{\"name\": \"a\", \"stack\": \"heroku-22\"}"));
        assert!(!found("", "{\"name\": \"a\", \"buildpacks\": [{\"url\": \"heroku/python\"}]}"));
    }

    #[test]
    fn a_procfile_beside_an_image_that_a_job_deploys_is_left_behind() {
        let with = |deploys: &str, app: &str| {
            let build = "{uses: docker/build-push-action@v6, with: {push: true, tags: 'ghcr.io/acme/shop'}}";
            let steps = format!("{build}, {{run: {deploys}}}");
            let flow = format!("on: push\njobs: {{deploy-production: {{runs-on: u, steps: [{steps}]}}}}\n");
            let files = [
                ("Dockerfile", "FROM python:3.13\nCOPY . /app\nCMD gunicorn a.wsgi\n"),
                ("Procfile", "web: gunicorn a.wsgi\nworker: celery -A a worker\n"),
                ("requirements.txt", "gunicorn\n"),
                (".github/workflows/ship.yml", &flow),
                ("app.json", app),
            ];
            environments(&files).iter().any(|line| line.contains("Procfile"))
        };
        assert!(!with("helm upgrade shop oci://acme/charts", "{}"));
        assert!(with("git push heroku main", "{}"));
        assert!(with("helm upgrade shop oci://acme/charts", "{\"name\": \"shop\", \"stack\": \"heroku-24\"}"));
    }

    #[test]
    fn services_built_as_production_s_are_tried_where_a_job_deploys_otherwise() {
        let with = |more: &[(&str, &str)]| {
            let files = [
                (
                    "Dockerfile",
                    "FROM python:3.13 AS dev\nCOPY . /app\nCMD flask run\nFROM dev AS prod\nCMD gunicorn a.wsgi\n",
                ),
                (
                    "compose.yaml",
                    "services: {web: {build: {context: ., target: dev}, volumes: ['.:/app']}, live: {build: {context: ., target: prod}}}\n",
                ),
                ("Procfile", "web: gunicorn a.wsgi\n"),
                ("requirements.txt", "gunicorn\n"),
            ];
            let all: Vec<(&str, &str)> = files.iter().chain(more).copied().collect();
            environments(&all).iter().any(|line| line.contains("production: compose.yaml"))
        };
        let flow = "on: push\njobs: {deploy: {runs-on: u, steps: [{run: git push dokku@acme.example main}]}}\n";
        assert!(with(&[]), "nothing says which of the two it is");
        assert!(!with(&[(".github/workflows/ship.yml", flow)]));
    }
}
