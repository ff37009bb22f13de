//! A person's machine as an environment.

use super::developed::is_backing;
use super::plan::{Planned, Runs, Unit};
use super::settings::Module;
use super::{told_here, workstations};
use crate::discover::{Kind, paths};
use crate::formats::Vars;
use crate::links::guides::warns;
use crate::links::{Call, Caller, Meaning, Repository, meaning};
use crate::model::{Confidence, FileId, Role, Span, SpanMap};

/// A person's machine, where nothing else is for development but the code says how to start it there.
/// `whole` says that the project is all of the repository, whose guides and defaults are then its own.
pub(super) fn add(repository: &Repository<'_>, modules: &[Module], whole: bool, all: &mut Vec<Planned>) {
    for planned in all.iter_mut().filter(|planned| planned.units.is_empty() && !planned.only_named) {
        if planned.environment.role == Role::Development || planned.environment.role == Role::Test {
            let root = modules
                .iter()
                .find(|module| planned.settings.as_ref().is_some_and(|choice| choice.module == module.name));
            let folder = root.map(|module| module.root.clone()).unwrap_or_default();
            planned.units.push(Unit { name: "host".into(), runs: Runs::Machine { folder } });
        }
    }
    if all.is_empty() && !(whole && stands_alone(repository)) {
        return;
    }
    let develops = |planned: &&Planned| planned.environment.role == Role::Development && !is_deployed(planned);
    let known: Vec<&Planned> =
        all.iter().filter(develops).filter(|one| workstations::covers(repository, one)).collect();
    let backing = known.len() == 1 && (is_backing(known[0]) || told_here::is_beside(repository, known[0]));
    let planned = if known.is_empty() {
        first(repository, modules, whole).map(|planned| workstations::in_vagrant(repository, planned))
    } else if backing {
        // What containers bring is what the application finds beside it on the same machine.
        let name = known[0].environment.name.clone();
        let machine = first(repository, modules, whole);
        let beside = all.iter_mut().find(|planned| planned.environment.name == name);
        if let Some((known, machine)) = beside.zip(machine) {
            known.units.extend(machine.units);
            // Who tells how to start the application tells what the services are for.
            known.at_least(machine.environment.confidence);
            for evidence in machine.environment.because {
                known.add_evidence(evidence.span, evidence.text);
            }
        }
        None
    } else {
        workstations::beside(repository, &known)
    };
    let named = |planned: &Planned| planned.environment.role != Role::Development || planned.only_named;
    let deployed = |planned: &Planned| named(planned) || !planned.deployed_by.is_empty();
    let vagrant = || workstations::vagrant(repository).filter(|_| all.iter().all(deployed));
    let planned = planned.or_else(vagrant);
    all.extend(planned);
    let machine = workstations::provisioned(repository, all);
    all.extend(machine);
}

/// A person's machine where nothing else is for development.
fn first(repository: &Repository<'_>, modules: &[Module], whole: bool) -> Option<Planned> {
    let manage =
        repository.of(Kind::Python).iter().find(|file| paths::name(repository.tree.path(**file)) == "manage.py");
    // What a bundler of a front end reads says nothing of how the site is run.
    let of_bundler = |path: &str| {
        let folder = paths::parent(path);
        let beside = |name: &str| paths::join(folder, name).is_some_and(|path| repository.tree.find(&path).is_some());
        beside("package.json") && manage.is_some_and(|manage| paths::parent(repository.tree.path(*manage)) != folder)
    };
    let kept = |path: &str| paths::name(path) == ".env" && !of_bundler(path);
    let tracked = repository.of(Kind::Dotenv).iter().find(|file| kept(repository.tree.path(**file)));
    let flask =
        repository.of(Kind::Dotenv).iter().find(|file| paths::name(repository.tree.path(**file)) == ".flaskenv");
    let by_hand = match (manage.zip(tracked), flask) {
        (Some((manage, dotenv)), _) => Some((manage, dotenv, KEPT)),
        (None, Some(flask)) => Some((flask, flask, FLASK)),
        (None, None) => None,
    };
    // Where Flask reads a file, its own command starts the application there, whatever guides add.
    let called = || started(repository).filter(|_| by_hand.is_none_or(|(.., why)| why != FLASK)).cloned();
    if let Some(call) = scripted(repository).or_else(called) {
        let folder = manage.map_or(call.folder.as_str(), |file| paths::parent(repository.tree.path(*file))).to_owned();
        let mut planned = Planned::new("development", Role::Development, Confidence::Named).because(call.span, TOLD);
        if let Some((_, evidence, why)) = by_hand {
            planned.add_evidence(Span::new(*evidence, 0, 0), why);
        }
        planned.units.push(Unit { name: "host".into(), runs: Runs::Machine { folder } });
        return Some(planned);
    }
    let known = by_hand.map(|(beside, evidence, why)| (*beside, Span::new(*evidence, 0, 0), why));
    let told = || told(repository).filter(|_| whole).map(|span| (manage.copied().unwrap_or(span.file), span, TOLD));
    let defaulted = || by_default(repository, modules, manage.copied()).filter(|_| whole);
    let nix =
        || by_nix(repository).filter(|_| whole).map(|(file, span)| (file, span, "it is told to start it with Nix"));
    let (beside, span, why) = known.or_else(nix).or_else(told).or_else(defaulted)?;
    let folder = paths::parent(repository.tree.path(beside)).to_owned();
    // Nothing says how it is started there: what is left are signs.
    let confidence = if [KEPT, DEFAULTS].contains(&why) { Confidence::Guessed } else { Confidence::Named };
    let mut planned = Planned::new("development", Role::Development, confidence).because(span, why);
    planned.units.push(Unit { name: "host".into(), runs: Runs::Machine { folder } });
    Some(planned)
}

/// Why a person's machine is one that a guide speaks of.
pub const TOLD: &str = "it is told how to start it by hand";
/// Why a person's machine is one on which the `flask` command is typed.
pub const FLASK: &str = "Flask reads the file where it is run by hand";
/// Why a person's machine is one that only a dotenv file shows.
const KEPT: &str = "a .env file is kept for running it by hand";
/// Why a person's machine is one that only the settings show.
const DEFAULTS: &str = "its settings have defaults for a developer's machine";

/// Where a text for readers speaks of the development server, in the middle of a line or outside the guides that are followed.
fn told(repository: &Repository<'_>) -> Option<Span> {
    let tree = repository.tree;
    let site = repository.of(Kind::Python).iter().any(|file| paths::name(tree.path(*file)) == "manage.py");
    let sign = if site { "manage.py runserver" } else { "flask run" };
    let reads = |path: &str| {
        let ending = paths::name(path).rsplit_once('.').map_or("", |(_, ending)| ending);
        ["md", "rst", "txt", "adoc", "markdown"].contains(&ending)
            && !path.starts_with('.')
            && !workstations::is_for_others(path)
    };
    let found = tree.files().filter(|(_, path)| reads(path)).find_map(|(file, _)| {
        let text = tree.text(file).ok()?;
        let (at, _) = text.match_indices(sign).find(|(at, _)| {
            let line = text.get(..*at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
            !["docker", "podman", "heroku"].iter().any(|tool| line.contains(tool))
                && !warns(line)
                && !workstations::is_in_container(text, *at)
        })?;
        Some(Span::new(file, at, at + sign.len()))
    });
    found.or_else(|| launched(repository))
}

/// Where an editor is told to start a server for development.
fn launched(repository: &Repository<'_>) -> Option<Span> {
    let file = repository.tree.find(".vscode/launch.json")?;
    let text = repository.tree.text(file).ok()?;
    let signs = ["\"runserver\"", "\"module\": \"flask\"", "\"module\": \"uvicorn\"", "\"module\": \"fastapi\""];
    let (at, sign) = signs.iter().find_map(|sign| Some((text.find(sign)?, sign)))?;
    Some(Span::new(file, at, at + sign.len()))
}

/// The file of Nix that a guide tells to start everything with, and where.
fn by_nix(repository: &Repository<'_>) -> Option<(FileId, Span)> {
    let tree = repository.tree;
    let found = ["flake.nix", "devenv.nix", "shell.nix"].iter().find_map(|name| tree.find(name))?;
    let signs = ["nix run", "nix develop", "nix-shell", "devenv up"];
    let reads = |path: &str| path.ends_with(".md") || path.ends_with(".rst");
    let tells = |file: FileId| tree.text(file).is_ok_and(|text| signs.iter().any(|sign| text.contains(sign)));
    tree.files().any(|(file, path)| reads(path) && tells(file)).then(|| (found, Span::new(found, 0, 0)))
}

/// What says that a site of Django starts on a developer's machine as it stands: settings with a default that is for that.
fn by_default(
    repository: &Repository<'_>,
    modules: &[Module],
    manage: Option<FileId>,
) -> Option<(FileId, Span, &'static str)> {
    let signs = ["sqlite3", "localhost", "127.0.0.1"];
    let found = |file: FileId| {
        let text = repository.tree.text(file).ok()?;
        let (at, sign) = signs.iter().find_map(|sign| Some((text.find(sign)?, *sign)))?;
        Some(Span::new(file, at, at + sign.len()))
    };
    let mut plain = modules.iter().filter(|module| module.role.is_none());
    let span = manage.and_then(|_| plain.find_map(|module| found(module.file)))?;
    Some((manage?, span, DEFAULTS))
}

/// Whether the code is a program that its checkout starts, and no package: nothing else of the repository need run it.
fn stands_alone(repository: &Repository<'_>) -> bool {
    let root = |name: &str| repository.tree.find(name);
    let text = |name: &str| root(name).and_then(|file| repository.tree.text(file).ok()).unwrap_or_default();
    let packaged = root("setup.py").is_some() || root("setup.cfg").is_some() || super::library::is_packaged(repository);
    let starts = text("manage.py").contains("execute_from_command_line")
        || ["app.py", "main.py", "run.py", "wsgi.py"].iter().any(|name| is_server(text(name)));
    !packaged && starts
}

/// Whether a text makes an application of the web.
fn is_server(text: &str) -> bool {
    ["Flask(__name__", "FastAPI(", "create_app("].iter().any(|sign| text.contains(sign))
}

/// Whether an environment runs at a host, not on a person's machine.
fn is_deployed(planned: &Planned) -> bool {
    let hosted = |unit: &Unit| matches!(unit.runs, Runs::Container(_) | Runs::Process { native: Some(_), .. });
    planned.only_named || !planned.deployed_by.is_empty() || planned.units.iter().any(hosted)
}

/// Where a guide, a makefile or a task starts a server that is made for development.
fn started<'r>(repository: &'r Repository<'_>) -> Option<&'r Call> {
    let develops = |call: &&Call| {
        let by_hand = match &call.caller {
            // A guide in a folder of tools tells of those.
            Caller::Guide(file) => {
                let at = call.span.range().start;
                let inside =
                    |text: &str| workstations::is_in_container(text, at) || workstations::is_in_machine(text, at);
                let path = repository.tree.path(*file);
                !path.starts_with('.')
                    && !workstations::is_for_others(path)
                    && !repository.tree.text(*file).is_ok_and(inside)
            }
            Caller::Make { .. } => true,
            Caller::Script(_) | Caller::Job { .. } => false,
        };
        let reloads = || call.argv.iter().any(|word| word == "--reload" || word == "--debug");
        let server = matches!(&call.meaning, Meaning::Serves(found) if found.kind == "development" || reloads());
        by_hand && (server || is_program(repository, call))
    };
    repository.calls.iter().filter(develops).min_by_key(|call| told_here::depth(repository, call))
}

/// Where a script that is kept at hand, and that nothing else speaks of, starts a development server.
pub(super) fn scripted(repository: &Repository<'_>) -> Option<Call> {
    let tree = repository.tree;
    let others = [Kind::Dockerfile, Kind::Compose, Kind::Workflow, Kind::Procfile, Kind::Kubernetes, Kind::Platform];
    let spoken = |name: &str| {
        let mut files = others.iter().flat_map(|kind| repository.of(*kind));
        files.any(|file| tree.text(*file).is_ok_and(|text| text.contains(name)))
    };
    let at_hand = |file: &&FileId| {
        let path = tree.path(**file);
        ["", "bin", "scripts"].contains(&paths::parent(path)) && !spoken(paths::name(path))
    };
    repository.of(Kind::Shell).iter().filter(at_hand).find_map(|file| {
        let text = tree.text(*file).ok().filter(|text| text.contains("runserver") || text.contains("flask"))?;
        let map = SpanMap::Linear { file: *file, base: 0 };
        let calls = repository.calls_of((text, &map), "", Vars::new(), &Caller::Script(*file));
        let develops = |call: &Call| matches!(&call.meaning, Meaning::Serves(found) if found.kind == "development");
        calls.into_iter().find(develops)
    })
}

/// Whether a call runs a program of the repository that starts a server by itself (`python app.py`).
pub(super) fn is_program(repository: &Repository<'_>, call: &Call) -> bool {
    let words = meaning::unwrapped(&call.argv);
    let [program, script] = words.as_slice() else { return false };
    let file = paths::join(&call.folder, script).and_then(|path| repository.tree.find(&path));
    let text = file.filter(|_| meaning::is_python(program)).and_then(|file| repository.tree.text(file).ok());
    text.is_some_and(|text| ["app.run(", "uvicorn.run("].iter().any(|start| text.contains(start)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const APP: (&str, &str) = ("Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n");

    #[test]
    fn a_guide_that_starts_a_development_server_tells_of_a_machine_for_it() {
        let with = |guide: &str| environments(&[APP, ("manage.py", "import os\n"), ("README.md", guide)]);
        let found = with("```\npython manage.py runserver\n```\n");
        assert!(found.contains(&"development development: README.md".to_owned()), "{found:?}");
        assert_eq!(with("Then\n\n```python manage.py runserver```\n").len(), 2, "a block of one line");
        assert_eq!(with("```\npython manage.py migrate\n```\n").len(), 1);
        let launch = "{\"configurations\": [{\"module\": \"flask\", \"args\": [\"run\"]}]}\n";
        assert_eq!(environments(&[APP, (".vscode/launch.json", launch)]).len(), 2, "an editor starts it");
        assert_eq!(with("- start it: `python manage.py runserver`\n").len(), 2, "within a line");
        assert_eq!(with("- `docker compose run web python manage.py runserver`\n").len(), 1);
    }

    #[test]
    fn pages_of_the_documentation_tell_of_a_machine_too() {
        let with = |path: &str, text: &str| {
            let found = environments(&[APP, ("shop/settings.py", "DEBUG = False\n"), (path, text)]);
            found.into_iter().find(|line| line.contains(" development: ")).unwrap_or_default()
        };
        let block = "Start it::\n\n  shop runserver 0.0.0.0:8000\n";
        assert_eq!(with("docs/source/set_dev_env.rst", block), "development development: docs/source/set_dev_env.rst");
        let fenced = "# Install\n```bash\nflask run\n```\n";
        assert_eq!(with("docs/install.md", fenced), "development development: docs/install.md");
        assert_eq!(with("docs/production/setup.md", fenced), "", "that is for who deploys");
    }

    #[test]
    fn a_script_at_hand_and_nix_tell_of_a_machine() {
        let script = ("runserver.sh", "#!/bin/bash\nDJANGO_DEBUG=1 python ./manage.py runserver 0.0.0.0:8033\n");
        let found = environments(&[APP, ("manage.py", "import os\n"), (".env", "WEB_CONCURRENCY=2\n"), script]);
        assert!(found.contains(&"development development: runserver.sh .env".to_owned()), "{found:?}");
        let nix = |guide: &str| {
            environments(&[APP, ("manage.py", "import os\n"), ("flake.nix", "{}\n"), ("README.md", guide)])
        };
        let found = nix("Start all with `nix run`.\n");
        assert!(found.contains(&"development development: flake.nix".to_owned()), "{found:?}");
        assert_eq!(nix("Start all by hand.\n").len(), 1);
    }

    #[test]
    fn defaults_for_a_machine_tell_of_one() {
        let with =
            |settings: &str| environments(&[APP, ("manage.py", "import os\n"), ("shop/settings.py", settings)]).len();
        assert_eq!(with("DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n"), 2);
        assert_eq!(with("DEBUG = False\n"), 1);
    }

    #[test]
    fn a_site_that_only_its_checkout_starts_is_a_machine_and_a_package_none() {
        let manage = ("manage.py", "from django.core.management import execute_from_command_line\n");
        let settings = (
            "shop/settings.py",
            "ROOT_URLCONF = 'shop.urls'\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n",
        );
        assert_eq!(environments(&[manage, settings]), ["development development: shop/settings.py"]);
        assert!(environments(&[manage, settings, ("setup.py", "")]).is_empty(), "a package with a site to try it");
        let (app, guide) = (("app.py", "app = Flask(__name__)\n"), ("README.md", "```\nflask run\n```\n"));
        assert_eq!(environments(&[app, guide]), ["development development: README.md"]);
    }
}
