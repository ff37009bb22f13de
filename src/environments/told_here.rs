//! What guides tell to start on the machine itself, beside containers for development.

use super::alike::MODULE;
use super::base_role::{development_sign, may_be_ours, starts_production_server};
use super::compose::image_of;
use super::developed::develops;
use super::images::build;
use super::plan::{Planned, Runs, Unit};
use super::settings::named_by_entries;
use super::starts;
use super::words::naming;
use super::workstations::{is_application, is_for_others, is_in_container, is_in_machine};
use crate::discover::aside::documented;
use crate::discover::{Kind, paths};
use crate::links::guides::headings;
use crate::links::{Call, Caller, Meaning, Repository};
use crate::model::{FileId, Role};

/// Words of headings below which a guide tells how one works on a project in no container.
const APART: [&str; 8] =
    ["venv", "virtualenv", "virtualenvs", "virtualenvwrapper", "pipenv", "native", "manual", "manually"];

/// Whether a guide for those who work on the application starts it, and not in a container.
pub(super) fn is(repository: &Repository<'_>, call: &Call) -> bool {
    let Caller::Guide(file) = call.caller else { return false };
    let at = call.span.range().start;
    let Ok(text) = repository.tree.text(file) else { return false };
    is_application(repository, call)
        && !is_for_others(repository.tree.path(file))
        && !is_in_container(text, at)
        && !is_in_machine(text, at)
}

/// Where a guide starts the application, not in a container.
pub(super) fn call(repository: &Repository<'_>) -> Option<Call> {
    let calls = repository.calls.iter().filter(|call| is(repository, call));
    calls.min_by_key(|call| depth(repository, call)).cloned()
}

/// How far below the top what tells of a call lies: what tells of all of the project comes before what tells of a part.
pub(super) fn depth(repository: &Repository<'_>, call: &Call) -> usize {
    match call.caller {
        Caller::Guide(file) => documented(repository.tree.path(file))
            .unwrap_or_else(|| paths::parent(repository.tree.path(file)))
            .split('/')
            .filter(|part| !part.is_empty())
            .count(),
        _ => 0,
    }
}

/// Whether the containers for development hold nothing of the project, which a guide starts beside them.
pub(super) fn is_beside(repository: &Repository<'_>, planned: &Planned) -> bool {
    let foreign = |unit: &Unit| {
        let Runs::Compose { project, service, .. } = &unit.runs else { return false };
        project.services.get(service).is_some_and(|service| {
            service.build.is_none()
                && image_of(repository, project, service).is_none()
                && development_sign(repository.tree, service, "").is_none()
                && !starts_production_server(service)
                && service.image.as_ref().is_some_and(|image| image.value.one().is_some())
        })
    };
    !planned.units.is_empty() && planned.units.iter().all(foreign) && call(repository).is_some()
}

/// Whether containers start the application as it is deployed: a server for production, nothing of the checkout mounted.
pub(super) fn tries_deployed(repository: &Repository<'_>, planned: &Planned) -> bool {
    let mut serves = false;
    for unit in &planned.units {
        let Runs::Compose { project, service, .. } = &unit.runs else { return false };
        let Some(service) = project.services.get(service).filter(|service| may_be_ours(service)) else { continue };
        if development_sign(repository.tree, service, "").is_some() {
            return false;
        }
        if service.command.is_some() || service.entrypoint.is_some() {
            serves |= starts_production_server(service);
            continue;
        }
        let image = image_of(repository, project, service);
        let built = image.and_then(|image| Some((build(repository, &image)?, image)));
        if let Some((build, image)) = built {
            if develops(repository, &image, &build) {
                return false;
            }
            serves |= starts::serves(repository, &image, &build);
        }
    }
    serves
}

/// Whether a guide starts the application below a heading which says that it is in no container.
pub(super) fn is_apart(repository: &Repository<'_>, call: &Call) -> bool {
    let apart = |heading: &str| {
        let heading = heading.to_lowercase();
        let mut words = heading.split(|c: char| !c.is_alphanumeric());
        words.any(|word| APART.contains(&word)) || is_outside(&heading)
    };
    is(repository, call) && before(repository, call).is_some_and(|before| headings(before).into_iter().any(apart))
}

/// Whether a guide starts the application below a heading which says that this is a way of its own, in no container, whatever is
/// used there.
pub(super) fn is_way_of_its_own(repository: &Repository<'_>, call: &Call) -> bool {
    let outside = |heading: &str| is_outside(&heading.to_lowercase());
    let headed = || before(repository, call).is_some_and(|before| headings(before).into_iter().any(outside));
    is(repository, call) && (headed() || is_page_of_its_own(repository, call.span.file))
}

/// Where a page that is all about a way to work on the project in no container installs what that needs, and starts it by what is
/// not followed.
pub(super) fn set_up(repository: &Repository<'_>) -> Option<Call> {
    let apart = |call: &&Call| {
        let Caller::Guide(page) = call.caller else { return false };
        let path = repository.tree.path(page);
        let text = repository.tree.text(page).unwrap_or_default();
        let title = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().to_lowercase();
        let titled =
            title.starts_with("# ") && title.split(|c: char| !c.is_alphanumeric()).any(|word| APART.contains(&word));
        let runs = text.to_lowercase();
        !is_for_others(path)
            && (titled || is_page_of_its_own(repository, page))
            && STARTS.iter().any(|sign| runs.contains(sign))
    };
    let installs = |call: &&Call| matches!(call.meaning, Meaning::InstallsPython(_));
    repository.calls.iter().filter(installs).find(apart).cloned()
}

/// What a page says that tells how a server is started.
const STARTS: [&str; 4] = ["start local server", "start the server", "run the server", "localhost:"];

/// Whether a page is named for a way to work on the project in no container: by itself, or beside one that is named for containers.
fn is_page_of_its_own(repository: &Repository<'_>, page: FileId) -> bool {
    let path = repository.tree.path(page);
    let stem = |path: &str| {
        let name = paths::name(path).to_lowercase();
        name.rsplit_once('.').map_or(name.clone(), |(stem, _)| stem.to_owned()).replace(['-', '_', '.'], " ")
    };
    let own = stem(path);
    let named = |text: &str, known: &[&str]| text.split(' ').any(|word| known.contains(&word));
    let contained = |other: &str| {
        other != path && paths::parent(other) == paths::parent(path) && named(&stem(other), &["docker", "compose"])
    };
    let beside = || repository.of(Kind::Guide).iter().any(|other| contained(repository.tree.path(*other)));
    own == "virtual env"
        || is_outside(&own)
        || named(&own, &APART)
        || named(&own, &["local", "locally", "host"]) && !named(&own, &["docker", "compose"]) && beside()
}

fn is_outside(heading: &str) -> bool {
    let words = ["without", "outside of", "outside"];
    let kinds = ["docker", "containers", "a container"];
    words.iter().any(|word| kinds.iter().any(|kind| heading.contains(&format!("{word} {kind}"))))
}

/// The text of a page as far as a call in it.
fn before<'r>(repository: &'r Repository<'_>, call: &Call) -> Option<&'r str> {
    repository.tree.text(call.span.file).ok()?.get(..call.span.range().start)
}

/// Whether the containers for development are told to load other settings than the entry files of Django load by themselves,
/// which are named for development.
pub(super) fn has_other_settings(repository: &Repository<'_>, known: &[&Planned]) -> bool {
    let named = named_by_entries(repository);
    let is_local = |module: &str| {
        let last = module.rsplit(['/', '.']).next().unwrap_or(module);
        naming(&format!("{last}.x")).role.is_some_and(|(role, _)| role == Role::Development)
    };
    let mut told = known.iter().flat_map(|planned| &planned.units).filter_map(|unit| {
        let Runs::Compose { project, service, .. } = &unit.runs else { return None };
        let module = project.services.get(service)?.environment.get(MODULE)?;
        module.var.value.one()
    });
    let Some(first) = told.next() else { return false };
    named.iter().any(|module| is_local(module)) && !is_local(first) && told.all(|module| !is_local(module))
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const SITE: (&str, &str) = ("manage.py", "import os\n");
    const GUIDE: (&str, &str) = ("README.md", "4. `python manage.py runserver` to see it\n");

    fn developed(files: &[(&str, &str)]) -> Vec<String> {
        let found = environments(&[&[SITE, GUIDE][..], files].concat());
        found.into_iter().filter(|line| line.contains(" development: ")).collect()
    }

    #[test]
    fn a_guide_starts_the_application_beside_containers_that_try_what_is_deployed() {
        let image = |start: &str| format!("FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD [\"sh\", \"{start}\"]\n");
        let with = |compose: &str, script: &str| {
            let image = image("scripts/start.sh");
            developed(&[("compose.local.yaml", compose), ("Dockerfile", &image), ("scripts/start.sh", script)])
        };
        let compose = "services: {web: {build: .}}\n";
        let serves = "#!/bin/sh\npython manage.py migrate\nexec gunicorn a.wsgi\n";
        let both = ["local development: compose.local.yaml", "local-host development: README.md"];
        assert_eq!(with(compose, serves), both);
        assert_eq!(with(compose, "#!/bin/sh\npython manage.py runserver\n").len(), 1);
        assert_eq!(with("services: {web: {build: ., volumes: ['.:/app']}}\n", serves).len(), 1);
    }

    #[test]
    fn a_page_that_is_named_for_no_container_tells_of_a_way_of_its_own() {
        let stack = "services: {web: {build: ., volumes: ['.:/app'], command: flask run}}\n";
        let image = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD gunicorn a.wsgi\n";
        let block = "# Shop\n```\nflask run\n```\n";
        let with = |pages: &[(&str, &str)]| {
            let files = [("compose.yaml", stack), ("Dockerfile", image), ("shop/app.py", "app = Flask(__name__)\n")];
            super::super::tests::environments(&[&files[..], pages].concat())
                .into_iter()
                .filter(|line| line.contains(" development: "))
                .count()
        };
        assert_eq!((with(&[("docs/virtual-env.md", block)]), with(&[("docs/without_docker.md", block)])), (2, 2));
        let local = ("docs/install/local.md", block);
        assert_eq!(with(&[local, ("docs/install/docker.md", "# Docker\n")]), 2);
        assert_eq!(with(&[local]), 1, "that may be in the containers");
        let page = |title: &str| {
            format!("# {title}\n```\npip install -r needed.txt\n../bin/go\n# browse to http://localhost:8000\n```\n")
        };
        let (venv, plain) = (page("Run it in a venv"), page("Run it"));
        assert_eq!((with(&[("docs/setup.md", &venv)]), with(&[("docs/setup.md", &plain)])), (2, 1));
        assert_eq!(with(&[("docs/install/start.md", block), ("docs/install/docker.md", "# Docker\n")]), 1);
    }

    #[test]
    fn containers_with_nothing_of_the_project_are_what_the_machine_finds_beside_it() {
        let image = ("Dockerfile", "FROM python:3.12\nCOPY . .\nCMD gunicorn a.wsgi\n");
        let stack = |web: &str| {
            format!("services: {{db: {{image: 'postgres:16', ports: ['127.0.0.1:5432:5432']}}, thumbs: {{{web}}}}}\n")
        };
        let with = |web: &str| developed(&[image, ("compose.yaml", &stack(web))]);
        let joined = ["development development: compose.yaml README.md"];
        assert_eq!(with("image: 'acme/thumbs:2', ports: ['127.0.0.1:81:80']"), joined);
        assert_eq!(with("build: ., volumes: ['.:/app']"), ["development development: compose.yaml"]);
    }
}
