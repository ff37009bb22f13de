//! Settings modules and configuration classes, and the environments that their names speak of.

use super::plan::{Planned, SettingsChoice};
use super::settings_signs::{holds_classes, reads_variables, serves_pages, sets_something};
use super::words::{naming, role_of_value};
use crate::discover::{Kind, paths};
use crate::formats::python::{self, ConfigClass};
use crate::knowledge::environments::{WordClass, class_of_word};
use crate::links::Repository;
use crate::model::{Confidence, FileId, Role, Span};

/// A Python file that holds settings, by its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// The dotted name.
    pub name: String,
    /// The file.
    pub file: FileId,
    /// The folder that imports start from.
    pub root: String,
    /// The role its name speaks of, and the word.
    pub role: Option<(Role, String)>,
    /// Whether it is a base that others build on.
    pub shared: bool,
    /// Configuration classes in it.
    pub classes: Vec<ConfigClass>,
}

/// The folder that imports of a file start from, and the file's dotted name.
pub fn module_name(repository: &Repository<'_>, path: &str) -> (String, String) {
    let mut root = paths::parent(path);
    while !root.is_empty() && repository.tree.find(&format!("{root}/__init__.py")).is_some() {
        root = paths::parent(root);
    }
    let mut inside =
        path.strip_prefix(root).unwrap_or(path).trim_start_matches('/').trim_end_matches(".py").replace('/', ".");
    if let Some(package) = inside.strip_suffix(".__init__") {
        inside = package.to_owned();
    }
    (root.to_owned(), inside)
}

/// Whether a path is that of a settings module.
fn is_settings(repository: &Repository<'_>, path: &str) -> bool {
    let name = paths::name(path).trim_end_matches(".py");
    let folder = paths::name(paths::parent(path));
    // `environments` holds settings only below a folder of them.
    let below = || path.split('/').any(|part| ["settings", "config", "configs", "conf"].contains(&part));
    let holds = |folder: &str| folder == "settings" || folder == "environments" && below();
    let in_package = holds(folder) && name != "__init__" && name != "urls";
    // `settings/production/__init__.py` is the module `settings.production`.
    let above = paths::name(paths::parent(paths::parent(path)));
    let package =
        name == "__init__" && (folder == "settings" || holds(above) && naming(&format!("{folder}.x")).role.is_some());
    let aside = path.split('/').any(|part| ["migrations", "versions", "management", "templates"].contains(&part))
        || (in_package || package) && serves_pages(repository, paths::parent(path));
    let within_tests = paths::parent(path).split('/').any(is_of_tests) && name != "settings";
    let named = name == "settings" || name.starts_with("settings_") || name.ends_with("_settings");
    let config = name == "config" || name == "configuration";
    let sets = || named && repository.tree.find(path).is_none_or(|file| sets_something(repository, file));
    let reads = || PLAIN.contains(&name) && reads_variables(repository, path);
    !aside && !within_tests && (sets() || in_package || package || config && holds_classes(repository, path) || reads())
}

/// Whether a folder is one of tests.
fn is_of_tests(part: &str) -> bool {
    part == "tests" || part == "test"
}

/// Whether a path is of what tests are given to work on: settings there are those of another program.
fn is_given_to_tests(path: &str) -> bool {
    let mut below = paths::parent(path).split('/').skip_while(|part| !is_of_tests(part));
    below.any(|part| ["data", "fixtures", "resources", "testdata"].contains(&part))
}

/// Modules that hold the configuration of a program without a framework's.
const PLAIN: [&str; 6] = ["config", "configuration", "conf", "constants", "env", "environment"];

/// The environment that a class configures: its name says it, and it or a base of it says that it is configuration.
fn configured_by(class: &ConfigClass) -> Option<(Role, String)> {
    // What one change is deployed with is laid over what is deployed.
    let served = || class.bases.iter().filter_map(|base| role_of_value(base)).any(|(role, _)| role == Role::Production);
    let of_change = || (class.name == "Feature" && served()).then(|| (Role::Staging, "feature".to_owned()));
    let (role, word) = role_of_value(&class.name).or_else(of_change)?;
    let configures = |name: &str| {
        let name = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
        ["config", "setting", "conf", "env", "base", "common", "default"].iter().any(|sign| name.contains(sign))
    };
    let plain = class.name.eq_ignore_ascii_case(&word);
    (plain
        || configures(&class.name)
        || class.bases.iter().any(|base| configures(base) || role_of_value(base).is_some()))
    .then_some((role, word))
}

/// Whether a class is only a part that another one, which names no environment, puts together with more.
fn is_part(modules: &[Module], class: &ConfigClass) -> bool {
    let puts = |other: &ConfigClass| {
        other.bases.len() > 1
            && other.bases.iter().any(|base| base.rsplit('.').next() == Some(class.name.as_str()))
            && role_of_value(&other.name).is_none()
    };
    modules.iter().flat_map(|module| &module.classes).any(puts)
}

/// The paths, from an import root, of the modules that the entry files of Django name.
pub(crate) fn named_by_entries(repository: &Repository<'_>) -> Vec<String> {
    let entries = ["manage.py", "wsgi.py", "asgi.py", "celery.py", "celery_app.py"];
    let files = repository.of(Kind::Python).iter();
    let ours = files.filter(|file| entries.contains(&paths::name(repository.tree.path(**file))));
    let mut found: Vec<String> = ours
        .flat_map(|file| python::entry_with_setup(repository.tree, *file).defaults)
        .filter(|default| default.variable == "DJANGO_SETTINGS_MODULE" && default.for_tests != Some(true))
        .map(|default| default.value.value.replace('.', "/"))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Whether a module is one that the entry files name, or lies beside it and is named for an environment as well.
fn is_named(named: &[String], path: &str) -> bool {
    let Some(own) = path.strip_suffix(".py") else { return false };
    let own = own.strip_suffix("/__init__").unwrap_or(own);
    let ends = |end: &str| own == end || own.strip_suffix(end).is_some_and(|start| start.ends_with('/'));
    named.iter().any(|module| {
        let beside = || {
            let about = naming(&format!("{}.x", paths::name(own)));
            let folder = paths::parent(module);
            let of_module = naming(&format!("{}.x", paths::name(module)));
            let split = of_module.shared || of_module.role.is_some();
            split && !folder.is_empty() && (about.role.is_some() || about.shared) && {
                let own_folder = paths::parent(own);
                own_folder == folder || own_folder.strip_suffix(folder).is_some_and(|start| start.ends_with('/'))
            }
        };
        ends(module) || beside()
    })
}

/// The import root and the name of a module as an entry file names it: its packages need no `__init__.py`.
fn as_named(named: &[String], path: &str) -> Option<(String, String)> {
    let own = path.strip_suffix(".py")?;
    let own = own.strip_suffix("/__init__").unwrap_or(own);
    named.iter().find_map(|module| {
        let root = own.strip_suffix(module.as_str())?;
        let root = if root.is_empty() { root } else { root.strip_suffix('/')? };
        Some((root.to_owned(), module.replace('/', ".")))
    })
}

/// Whether a module beside the settings is of another purpose: functions, and nothing that only settings say.
fn is_program(repository: &Repository<'_>, file: FileId) -> bool {
    let text = repository.tree.text(file).unwrap_or_default();
    let own = ["import *", "DEBUG", "DATABASES", "INSTALLED_APPS", "ALLOWED_HOSTS", "SECRET_KEY", "BaseSettings"];
    let acts = text.lines().any(|line| line.starts_with("def ") || line.starts_with("async def "));
    acts && !own.iter().any(|sign| text.contains(sign))
}

/// Whether a module says nothing: no statement is in it.
fn is_empty(repository: &Repository<'_>, file: FileId) -> bool {
    let text = repository.tree.text(file).unwrap_or_default();
    naming(repository.tree.path(file)).role.is_some()
        && text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'))
}

/// Whether a module is what the tests of one app alone are run with: it lies among the models of an app, is named for tests,
/// and the entry files name another one.
fn is_of_an_app(repository: &Repository<'_>, named: &[String], path: &str) -> bool {
    let folder = paths::parent(path);
    let beside = |name: &str| repository.tree.find(&format!("{folder}/{name}")).is_some();
    let tests = naming(&format!("{}.x", paths::name(path).trim_end_matches(".py"))).role;
    let elsewhere = |module: &String| !folder.ends_with(paths::parent(module)) || paths::parent(module).is_empty();
    !folder.is_empty()
        && beside("models.py")
        && (beside("admin.py") || beside("apps.py"))
        && tests.is_some_and(|(role, _)| role == Role::Test)
        && named.iter().any(elsewhere)
}

/// All settings modules, by path.
pub fn modules(repository: &Repository<'_>) -> Vec<Module> {
    let mut found = Vec::new();
    let named = named_by_entries(repository);
    for file in repository.of(Kind::Python) {
        let path = repository.tree.path(*file);
        let over = || super::leaf_settings::is_laid_over(repository, &named, *file);
        let beside = || (is_named(&named, path) || over()) && !is_program(repository, *file);
        if !is_settings(repository, path) && !beside()
            || is_empty(repository, *file)
            || is_given_to_tests(path)
            || is_of_an_app(repository, &named, path)
        {
            continue;
        }
        let (root, name) = as_named(&named, path).unwrap_or_else(|| module_name(repository, path));
        let last = name.rsplit('.').next().unwrap_or(&name).to_owned();
        let naming = naming(&format!("{last}.x"));
        let tests =
            path.split('/').any(|part| part == "tests" || part == "test").then(|| (Role::Test, "test".to_owned()));
        let classes = if last == "config" || last == "configuration" || last == "settings" {
            python::config_classes(repository.tree, *file)
        } else {
            Vec::new()
        };
        let role = if naming.template { None } else { naming.role.or(tests) };
        found.push(Module { name, file: *file, root, role, shared: naming.shared, classes });
    }
    super::leaf_settings::of_production(repository, &mut found);
    found
}

/// The settings that belong to a role by name.
pub fn by_role(modules: &[Module], role: Role) -> Option<SettingsChoice> {
    let ours = modules.iter().filter(|module| module.role.as_ref().is_some_and(|(found, _)| *found == role));
    // `production` and `prod` say it in so many words, the name of a platform does not.
    let plain = |module: &&Module| {
        let last = module.name.rsplit('.').next().unwrap_or_default();
        role.name().get(..3).is_some_and(|word| last.contains(word))
    };
    let found = ours.clone().filter(plain).find(|module| is_exact(module)).or_else(|| ours.clone().find(plain));
    if let Some(module) = found.or_else(|| ours.clone().next()) {
        let span = Some(Span::new(module.file, 0, 0));
        return Some(SettingsChoice { module: module.name.clone(), class: None, span });
    }
    modules.iter().find_map(|module| {
        let class = module.classes.iter().find(|class| configured_by(class).is_some_and(|(found, _)| found == role))?;
        let span = Some(class.span);
        Some(SettingsChoice { module: module.name.clone(), class: Some(class.name.clone()), span })
    })
}

/// The settings whose own name is a word of the names of an environment's files, such as `Dockerfile.cabotage`.
pub fn by_file_words(repository: &Repository<'_>, modules: &[Module], planned: &Planned) -> Option<SettingsChoice> {
    let words: Vec<String> = planned
        .environment
        .files
        .iter()
        .flat_map(|file| {
            paths::name(repository.tree.path(*file))
                .to_lowercase()
                .split(['.', '-', '_'])
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .filter(|word| {
            word.len() > 3 && !["dockerfile", "docker", "compose", "procfile", "yaml"].contains(&word.as_str())
        })
        .collect();
    let module = modules.iter().find(|module| {
        let last = module.name.rsplit('.').next().unwrap_or_default();
        module.name.contains('.') && module.role.is_none() && !module.shared && words.iter().any(|word| word == last)
    })?;
    Some(SettingsChoice { module: module.name.clone(), class: None, span: Some(Span::new(module.file, 0, 0)) })
}

/// Whether a module's own name is the word for an environment, and no more.
fn is_exact(module: &Module) -> bool {
    let last = module.name.rsplit('.').next().unwrap_or_default();
    module.role.as_ref().is_some_and(|(_, word)| last == word)
}

/// Whether two words for staging say the same.
fn same_word(one: &str, other: &str) -> bool {
    let plain = |word: &str| if ["stage", "stg"].contains(&word) { "staging" } else { word }.to_owned();
    plain(one) == plain(other)
}

/// Environments that exist by the name of a settings module or class alone: those of roles that nothing else has.
pub fn infer(modules: &[Module], known: &[Planned]) -> Vec<Planned> {
    let mut found: Vec<Planned> = Vec::new();
    // Where jobs deploy production and nothing deploys a staging, its settings may only have been left there.
    let deployed = known.iter().any(|one| one.environment.role == Role::Production && !one.deployed_by.is_empty());
    let mut add = |role: Role, word: &str, span: Span, text: String, choice: SettingsChoice| {
        let of_role = |planned: &&Planned| planned.environment.role == role;
        // Settings of their own for each of several words (staging, review, uat) are as many environments.
        let other = |planned: &Planned| {
            let of_a_kind = |known: &&SettingsChoice| known.class.is_some() == choice.class.is_some();
            let another = planned.settings.as_ref().filter(of_a_kind).is_some_and(|known| *known != choice);
            role == Role::Staging && another && !same_word(&planned.environment.name, word)
        };
        let taken =
            known.iter().any(|planned| of_role(&planned)) || found.iter().filter(of_role).any(|one| !other(one));
        if !taken {
            let confidence = if role == Role::Staging && deployed { Confidence::Guessed } else { Confidence::Named };
            let mut planned = Planned::new(word, role, confidence).because(span, text);
            planned.settings = Some(choice);
            found.push(planned);
        }
    };
    // The name of a platform says less than that of an environment.
    let platform = |module: &&Module| {
        module.role.as_ref().is_some_and(|(_, word)| class_of_word(word) == Some(WordClass::Platform))
    };
    // `production` itself before what is laid over it for a purpose: `production_debug`, `production-ci`.
    let plain = || modules.iter().filter(|module| !platform(module));
    let (exact, varied): (Vec<&Module>, Vec<&Module>) = plain().partition(|module| is_exact(module));
    for module in exact.into_iter().chain(varied).chain(modules.iter().filter(platform)) {
        if let Some((role, word)) = &module.role {
            let span = Span::new(module.file, 0, 0);
            let choice = SettingsChoice { module: module.name.clone(), class: None, span: Some(span) };
            let by_name = *role != Role::Production || naming(&format!("{word}.x")).role.is_some();
            let said = format!("a settings module is named {word}");
            let off = || "a settings module beside development's turns DEBUG off".to_owned();
            let word = if by_name { word } else { "production" };
            add(*role, word, span, if by_name { said } else { off() }, choice);
        }
        for class in &module.classes {
            let Some((role, word)) = configured_by(class).filter(|_| !is_part(modules, class)) else { continue };
            let choice =
                SettingsChoice { module: module.name.clone(), class: Some(class.name.clone()), span: Some(class.span) };
            add(role, &word, class.span, format!("the class {} configures it", class.name), choice);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;
    use super::{Confidence, Role};
    use crate::discover::{Config, Overlay, Tree};
    use crate::links::Repository;

    #[test]
    fn settings_for_a_staging_that_nothing_deploys_are_a_guess_beside_a_deployed_production() {
        let base = "DATABASES = {}\nROOT_URLCONF = 'shop.urls'\nSECRET_KEY = 'x'\n";
        let flow = |to: &str| {
            format!(
                "on: push\njobs: {{ship: {{runs-on: u, environment: {to}, steps: [{{uses: dokku/github-action@v1}}]}}}}\n"
            )
        };
        let of = |to: &str| {
            let flow = flow(to);
            let files = [
                ("shop/settings/base.py", base),
                ("shop/settings/staging.py", "from .base import *\n"),
                ("shop/settings/production.py", "from .base import *\n"),
                ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.base')\n"),
                (".github/workflows/ship.yml", flow.as_str()),
            ];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            let plan = super::super::infer(&Repository::read(&tree), &Config::read(&tree), false);
            let staging = plan.environments.iter().find(|planned| planned.environment.role == Role::Staging);
            staging.map(|planned| planned.environment.confidence)
        };
        assert_eq!(of("production"), Some(Confidence::Guessed));
        assert_eq!(of("staging"), Some(Confidence::Invoked));
    }

    #[test]
    fn what_the_tests_of_one_app_are_run_with_is_no_environment_of_the_project() {
        let own = "DATABASES = {}\nROOT_URLCONF = 'limits.test_urls'\nSECRET_KEY = 'x'\n";
        let files = [
            ("limits/test_settings.py", own),
            ("limits/models.py", "import django\n"),
            ("limits/admin.py", "import django\n"),
            ("limits/__init__.py", ""),
            ("shop/settings.py", "DEBUG = False\nALLOWED_HOSTS = []\nSECRET_KEY = 'x'\n"),
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
        ];
        let tests =
            |files: &[(&str, &str)]| environments(files).iter().any(|one| one.contains("limits/test_settings.py"));
        assert!(!tests(&files));
        assert!(tests(&files[..4]), "an app by itself has no other settings");
    }
}
