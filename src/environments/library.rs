//! Repositories that run nothing: libraries.

use super::plan::{Planned, Runs, Unit};
use crate::discover::aside::is_aside;
use crate::discover::{Kind, paths};
use crate::links::Repository;
use crate::model::{Confidence, FileId, Role};

/// Folders of projects on which a library is tried.
const TRIALS: [&str; 7] = ["test", "tests", "testproject", "test_project", "testapp", "sandbox", "demo"];

/// The sentence for a repository that is a library.
pub(super) fn says(repository: &Repository<'_>, all: &[Planned]) -> Option<String> {
    // An editor's container around a pulled image says how one works on the code, not that anything runs.
    let edited = |planned: &Planned| {
        let pulled = |unit: &Unit| matches!(unit.runs, Runs::Pulled { command: None, .. });
        planned.units.iter().all(|unit| pulled(unit) && planned.setups.contains_key(&unit.name))
            && !planned.units.is_empty()
    };
    // A name of a module alone runs nothing, where no project of Django or the like is there to start.
    let only_named = |planned: &Planned| {
        planned.environment.confidence == Confidence::Named
            && planned.units.iter().all(|unit| matches!(unit.runs, Runs::Machine { .. }))
            && planned.config.role.is_none()
            && is_packaged(repository)
    };
    let runs =
        all.iter().any(|planned| planned.environment.role != Role::Test && !edited(planned) && !only_named(planned));
    if runs
        || all.iter().any(|planned| {
            !planned.environment.files.is_empty() && planned.environment.confidence == Confidence::Explicit
        })
    {
        return None;
    }
    if !all.is_empty() && is_site(repository) {
        return None;
    }
    let project = repository.of(Kind::Project).iter().any(|file| {
        let name = paths::name(repository.tree.path(*file));
        let text = repository.tree.text(*file).unwrap_or_default();
        name == "setup.py" || name == "pyproject.toml" && text.contains("[project]") || text.contains("[tool.poetry]")
    });
    project.then(|| {
        "This looks like a library (a Python project, no image, no process, no deploy): nothing to audit.".into()
    })
}

/// Whether the code is built as a package and nothing is there that starts it as a site.
pub(super) fn is_packaged(repository: &Repository<'_>) -> bool {
    let named = |kind: Kind, name: &str| {
        let text = |file: &FileId| repository.tree.text(*file).unwrap_or_default();
        let path = |file: &FileId| repository.tree.path(*file);
        let mut files = repository.of(kind).iter().filter(|file| paths::name(path(file)) == name && !tries(path(file)));
        files.any(|file| name != "pyproject.toml" || text(file).contains("[build-system]"))
    };
    let starts = ["manage.py", "wsgi.py", "asgi.py", "main.py", "app.py"];
    named(Kind::Project, "pyproject.toml") && !starts.iter().any(|name| named(Kind::Python, name))
}

/// Whether a path lies in a project on which a library is tried.
fn tries(path: &str) -> bool {
    let mut folders = paths::parent(path).split('/');
    is_aside(path) || folders.any(|folder| TRIALS.contains(&folder))
}

/// Whether the code is a site of Django that nobody packages: it has its own `manage.py`, settings with URLs, and no build.
fn is_site(repository: &Repository<'_>) -> bool {
    let text = |file: &FileId| repository.tree.text(*file).unwrap_or_default();
    let named = |name: &str| {
        let files = repository.of(Kind::Python).iter().chain(repository.of(Kind::Project));
        files.copied().filter(|file| paths::name(repository.tree.path(*file)) == name).collect::<Vec<_>>()
    };
    let packaged = named("pyproject.toml").iter().any(|file| text(file).contains("[build-system]"));
    let routes = named("settings.py").iter().any(|file| text(file).contains("ROOT_URLCONF"));
    routes && !packaged && named("setup.py").is_empty() && !named("manage.py").is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn a_library_is_one_though_a_project_to_try_it_on_is_started_by_hand() {
        let project = ("pyproject.toml", "[project]\nname = 'shop'\n[build-system]\nrequires = []\n");
        let flow = "on: push\njobs:\n  test: {runs-on: ubuntu-latest, steps: [{run: pytest}]}\n";
        let flow = (".github/workflows/ci.yml", flow);
        let of = |folder: &str| {
            let make = format!("run:\n\tpython {folder}manage.py runserver\n");
            let entry = "from django.core.management import execute_from_command_line\nimport os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n";
            let (path, settings) = (format!("{folder}manage.py"), format!("{folder}settings.py"));
            let settings = (settings.as_str(), "DEBUG = True\nINSTALLED_APPS = []\n");
            environments(&[project, (path.as_str(), entry), settings, flow, ("Makefile", make.as_str())]).len()
        };
        assert_eq!((of("testproject/"), of("site/")), (0, 2));
    }
}
