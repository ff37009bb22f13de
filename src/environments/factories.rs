//! Tests that no runner starts, and that make the application with a class of settings of their own.

use super::plan::{Planned, SettingsChoice};
use super::settings::module_name;
use crate::discover::{Kind, paths};
use crate::formats::python;
use crate::links::Repository;
use crate::model::{Confidence, Role};

/// Functions that make an application, by custom.
const FACTORIES: [&str; 4] = ["create_app(", "make_app(", "create_application(", "build_app("];

/// Adds the environment of such tests, where there is none.
pub(super) fn add(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    if all.is_empty() || all.iter().any(|planned| planned.environment.role == Role::Test) {
        return;
    }
    let tree = repository.tree;
    let tests = |path: &str| {
        let name = paths::name(path);
        matches!(name, "tests.py" | "conftest.py") || name.starts_with("test_") || name.ends_with("_test.py")
    };
    let files = repository.of(Kind::Python).iter().copied().filter(|file| tests(tree.path(*file)));
    let found = files.filter_map(|file| {
        let text = tree.text(file).ok()?;
        let makes = |name: &str| {
            text.lines().any(|line| {
                let given = FACTORIES.iter().find_map(|factory| line.split_once(factory));
                given.is_some_and(|(_, rest)| {
                    rest.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
                })
            })
        };
        let configures = |base: &String| ["Config", "Settings"].iter().any(|sign| base.contains(sign));
        let mut classes = python::config_classes(tree, file).into_iter();
        let class = classes.find(|class| class.bases.iter().any(configures) && makes(&class.name))?;
        Some((file, class))
    });
    let Some((file, class)) = found.into_iter().next() else { return };
    let mut planned = Planned::new("test", Role::Test, Confidence::Named)
        .because(class.span, format!("tests make the application with {}", class.name));
    let (_, module) = module_name(repository, tree.path(file));
    planned.settings = Some(SettingsChoice { module, class: Some(class.name), span: Some(class.span) });
    all.push(planned);
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn tests_that_make_the_application_with_a_class_of_their_own_are_an_environment() {
        let with = |tests: &str| {
            environments(&[
                ("Procfile", "web: gunicorn shop:app\n"),
                ("requirements.txt", "flask==3.1\n"),
                ("config.py", "class Config:\n    SECRET_KEY = 'x'\n"),
                ("tests.py", tests),
            ])
        };
        let class = "from config import Config\nclass Own(Config):\n    TESTING = True\n";
        let found = with(&format!("{class}def test_a():\n    app = create_app(Own)\n"));
        assert!(found.contains(&"test test: tests.py".to_owned()), "{found:?}");
        assert!(!with(class).iter().any(|line| line.starts_with("test")));
    }
}
