//! Settings for a second kind of development: named for it, chosen by nothing, beside those that developers are known to load.

use super::plan::{Planned, Runs, SettingsChoice, Unit};
use super::settings::Module;
use crate::discover::{Kind, paths};
use crate::knowledge::environments::{WordClass, class_of_word};
use crate::links::{Call, Meaning, Repository};
use crate::model::{Confidence, Role, Span};

/// Adds the environments of settings that are named for development by another word than those which something chooses for it.
pub(super) fn add(repository: &Repository<'_>, modules: &[Module], all: &mut Vec<Planned>) {
    let word = |module: &Module| match &module.role {
        Some((Role::Development, word)) => Some(word.clone()),
        _ => None,
    };
    let ours: Vec<&Module> = modules.iter().filter(|module| word(module).is_some()).collect();
    if ours.len() < 2 || is_told(repository) {
        return;
    }
    // What is chosen is loaded in an environment that more than the name of settings tells of.
    let runs = all.iter().any(|planned| planned.is_of(Role::Development) && planned.known_by().is_none());
    let known = |module: &Module| {
        let by_name = |planned: &Planned| planned.settings.as_ref().is_some_and(|choice| choice.module == module.name);
        all.iter().any(by_name) || runs && is_chosen(repository, module)
    };
    let (taken, free): (Vec<&Module>, Vec<&Module>) = ours.into_iter().partition(|module| known(module));
    for module in free {
        let Some(name) = word(module).filter(|_| !taken.is_empty()) else { continue };
        let same = taken.iter().any(|other| word(other).as_ref() == Some(&name));
        let joined = modules.iter().any(|other| {
            let of_tests = other.role.as_ref().is_some_and(|(role, _)| *role == Role::Test);
            !of_tests && takes(repository, other, module)
        });
        let over = taken.iter().any(|other| takes(repository, module, other));
        if same || joined || over || all.iter().any(|planned| planned.environment.name == name) {
            continue;
        }
        let mut planned = of_module(module, Role::Development);
        planned.units.push(Unit { name: "host".into(), runs: Runs::Machine { folder: module.root.clone() } });
        all.push(planned);
    }
}

/// Whether a command that developers are told to serve the application by names the settings itself.
fn is_told(repository: &Repository<'_>) -> bool {
    let named = |word: &String| word == "--settings" || word.starts_with("--settings=");
    let serves = |call: &Call| matches!(&call.meaning, Meaning::Serves(found) if found.kind == "development");
    repository.calls.iter().any(|call| serves(call) && call.argv.iter().any(named))
}

/// Adds the production of settings that are named for a platform and are laid over those by whose name alone production is known.
pub(super) fn add_platforms(repository: &Repository<'_>, modules: &[Module], all: &mut Vec<Planned>) {
    let mut of_role = all.iter().filter(|planned| planned.is_of(Role::Production));
    let (Some(only), None) = (of_role.next(), of_role.next()) else { return };
    let Some(choice) = only.known_by().filter(|_| only.units.is_empty()) else { return };
    let Some(base) = modules.iter().find(|module| module.name == choice.module) else { return };
    let platform = |module: &&Module| {
        let word = module.role.as_ref().map(|(_, word)| word.as_str()).unwrap_or_default();
        class_of_word(word) == Some(WordClass::Platform) && takes(repository, module, base)
    };
    let found: Vec<Planned> =
        modules.iter().filter(platform).map(|module| of_module(module, Role::Production)).collect();
    all.extend(found);
}

/// The environment that a module is named for.
fn of_module(module: &Module, role: Role) -> Planned {
    let word = module.role.as_ref().map(|(_, word)| word.clone()).unwrap_or_default();
    let span = Span::new(module.file, 0, 0);
    let why = format!("a settings module is named {word}");
    let mut planned = Planned::new(&word, role, Confidence::Named).because(span, why);
    planned.settings = Some(SettingsChoice { module: module.name.clone(), class: None, span: Some(span) });
    planned
}

/// Whether something that runs the application names a module.
fn is_chosen(repository: &Repository<'_>, module: &Module) -> bool {
    let kinds = [
        Kind::Compose,
        Kind::Dockerfile,
        Kind::Dotenv,
        Kind::Makefile,
        Kind::Shell,
        Kind::Workflow,
        Kind::Procfile,
        Kind::Devcontainer,
    ];
    let entries = ["manage.py", "wsgi.py", "asgi.py"];
    let python = repository.of(Kind::Python).iter();
    let entry = python.filter(|file| entries.contains(&paths::name(repository.tree.path(**file))));
    let mut files = kinds.iter().flat_map(|kind| repository.of(*kind)).chain(entry);
    files.any(|file| repository.tree.text(*file).is_ok_and(|text| names(text, &module.name)))
}

/// Whether a text has a dotted name in it, whole.
fn names(text: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| !text.get(at + name.len()..).unwrap_or_default().starts_with(part))
}

/// Whether a module imports from another.
fn takes(repository: &Repository<'_>, module: &Module, other: &Module) -> bool {
    let last = other.name.rsplit('.').next().unwrap_or(&other.name);
    let text = repository.tree.text(module.file).unwrap_or_default();
    module.file != other.file
        && text.lines().map(str::trim_start).any(|line| {
            let from = line.strip_prefix("from ").and_then(|rest| rest.split_whitespace().next());
            from.is_some_and(|from| from.rsplit('.').next() == Some(last))
        })
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn settings_of_another_word_for_development_that_nothing_chooses_are_an_environment() {
        let base = "DATABASES = {}\nROOT_URLCONF = 'shop.urls'\nSECRET_KEY = 'x'\n";
        let manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.local')\n";
        let with = |name: &str, text: &str, more: &[(&str, &str)]| {
            let path = format!("shop/settings/{name}.py");
            let files = [
                ("shop/settings/base.py", base),
                ("shop/settings/local.py", "from .base import *\nDEBUG = True\n"),
                (path.as_str(), text),
                ("manage.py", manage),
                ("requirements.txt", "django==5.2\n"),
            ];
            let found = environments(&[&files[..], more].concat());
            found.into_iter().filter(|one| one.contains(" development: ")).count()
        };
        let own = "from .base import *\nDEBUG = True\n";
        assert_eq!((with("devstack", own, &[]), with("dev", own, &[])), (2, 2));
        let told = ("README.md", "```\npython manage.py runserver --settings=shop.settings.local\n```\n");
        assert_eq!(with("devstack", own, &[told]), 1, "developers are told which");
        assert_eq!(with("sandbox", "from .local import *\n", &[]), 1, "laid over the others");
        assert_eq!(with("local_two", own, &[]), 1, "the same word");
        let stack = "services: {web: {build: ., environment: {DJANGO_SETTINGS_MODULE: shop.settings.dev}}}\n";
        let image = ("Dockerfile", "FROM python:3.13\nCOPY . /app\nCMD python manage.py runserver\n");
        let both = with("dev", own, &[("compose.yaml", stack), image]);
        assert_eq!(both, 1, "the containers load them");
    }

    #[test]
    fn settings_for_a_platform_over_those_of_production_are_an_environment() {
        let base = "DATABASES = {}\nROOT_URLCONF = 'shop.urls'\nSECRET_KEY = 'x'\n";
        let with = |text: &str, more: &[(&str, &str)]| {
            let files = [
                ("shop/settings/base.py", base),
                ("shop/settings/production.py", "from .base import *\nDEBUG = False\n"),
                ("shop/settings/kubernetes.py", text),
                ("manage.py", "import os\n"),
                ("requirements.txt", "django==5.2\n"),
            ];
            let found = environments(&[&files[..], more].concat());
            found.into_iter().filter(|one| one.contains(" production: ")).count()
        };
        assert_eq!(with("from .production import *\n", &[]), 2);
        assert_eq!(with("from .base import *\n", &[]), 1);
        let procfile = ("Procfile", "web: gunicorn shop.wsgi\n");
        assert_eq!(with("from .production import *\n", &[procfile]), 1, "that says what runs");
    }
}
