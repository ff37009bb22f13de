//! The settings of production under a name that no table knows: `yaml_config`, `deploy`, a host's name.

use super::settings::Module;
use super::words::naming;
use crate::discover::paths;
use crate::links::Repository;
use crate::model::{FileId, Role};

/// Gives production the one module that takes over the others' settings and turns DEBUG off, where a module beside it is
/// named for development and none for production.
pub(super) fn of_production(repository: &Repository<'_>, modules: &mut [Module]) {
    let folder = |module: &Module| paths::parent(repository.tree.path(module.file)).to_owned();
    let is_of = |module: &Module, role: Role| module.role.as_ref().is_some_and(|(own, _)| *own == role);
    if modules.iter().any(|module| is_of(module, Role::Production) || !module.classes.is_empty()) {
        return;
    }
    let fits = |module: &Module| {
        let text = repository.tree.text(module.file).unwrap_or_default();
        let beside = |other: &Module| is_of(other, Role::Development) && folder(other) == folder(module);
        module.role.is_none() && !module.shared && is_closed(text) && modules.iter().any(beside)
    };
    let mut found = modules.iter().enumerate().filter(|(_, module)| fits(module)).map(|(at, _)| at);
    let (Some(only), None) = (found.next(), found.next()) else { return };
    drop(found);
    let module = &mut modules[only];
    let word = module.name.rsplit('.').next().unwrap_or(&module.name).to_owned();
    module.role = Some((Role::Production, word));
}

/// Whether a module named for an environment takes over, at its top, all that the module beside it holds which the entry files
/// name: `production.py` beside `settings.py`.
pub(super) fn is_laid_over(repository: &Repository<'_>, named: &[String], file: FileId) -> bool {
    let path = repository.tree.path(file);
    let folder = paths::parent(path);
    let name = paths::name(path).trim_end_matches(".py");
    let text = repository.tree.text(file).unwrap_or_default();
    let beside = |last: &str| {
        let own = format!("{folder}/{last}");
        named.iter().any(|module| own == *module || own.ends_with(&format!("/{module}")))
    };
    let taken = |line: &str| {
        let (from, what) = line.strip_prefix("from ")?.split_once(" import ")?;
        what.trim_start().starts_with('*').then(|| from.rsplit('.').next().unwrap_or(from).to_owned())
    };
    let speaks = naming(&format!("{name}.x"));
    (speaks.role.is_some() || speaks.shared) && text.lines().filter_map(taken).any(|last| beside(&last))
}

/// Whether a module takes over all of another's settings and says, at its top, that DEBUG is off.
fn is_closed(text: &str) -> bool {
    let takes = |line: &str| line.starts_with("from ") && line.contains(" import *");
    let off = |line: &str| {
        line.strip_prefix("DEBUG").is_some_and(|rest| {
            rest.split_once('=').is_some_and(|(before, value)| {
                (before.trim().is_empty() || before.starts_with(':'))
                    && value.split('#').next().map(str::trim) == Some("False")
            })
        })
    };
    text.lines().any(takes) && text.lines().any(off)
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn what_turns_debug_off_on_top_of_the_others_is_productions_where_nothing_else_is() {
        let with = |name: &str, text: &'static str, more: &[(&str, &'static str)]| {
            let path = format!("shop/settings/{name}.py");
            let mut files = vec![
                ("shop/settings/__init__.py", ""),
                ("shop/settings/common.py", "DATABASES = {}\nROOT_URLCONF = 'shop.urls'\nSECRET_KEY = 'x'\n"),
                ("shop/settings/dev.py", "from .common import *\nDEBUG = True\n"),
                ("requirements.txt", "django==5.2\n"),
                (path.as_str(), text),
            ];
            files.extend(more);
            environments(&files).iter().filter(|one| one.contains(" production: ")).count()
        };
        let closed = "from .common import *\nDEBUG = False  # never\n";
        assert_eq!(with("from_yaml", closed, &[]), 1);
        assert_eq!(with("from_yaml", "from .common import *\nDEBUG = True\n", &[]), 0);
        assert_eq!(with("from_yaml", "from .common import NAME\nDEBUG = False\n", &[]), 0, "it takes over nothing");
        assert_eq!(with("from_yaml", closed, &[("shop/settings/other.py", closed)]), 0, "two may be");
        assert_eq!(with("staging", closed, &[]), 0, "a name that says otherwise");
    }

    #[test]
    fn a_module_beside_the_settings_that_takes_them_over_is_named_for_what_it_says() {
        let with = |text: &'static str| {
            let files = [
                ("shop/__init__.py", ""),
                ("shop/settings.py", "DATABASES = {}\nROOT_URLCONF = 'shop.urls'\nSECRET_KEY = 'x'\n"),
                ("shop/production.py", text),
                ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
                ("requirements.txt", "django==5.2\n"),
            ];
            environments(&files).iter().any(|one| one.contains(" production: ") && one.contains("shop/production.py"))
        };
        assert!(with("from .settings import *\nLOGGING = {}\n"));
        assert!(with("from shop.settings import *\nLOGGING = {}\n"));
        assert!(!with("from .settings import NAME\nLOGGING = {}\n"), "it takes one name");
        assert!(!with("from .models import *\nLOGGING = {}\n"), "it takes another module");
    }
}
