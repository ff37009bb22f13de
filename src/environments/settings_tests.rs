//! Settings that are environments by their names alone, and those that are none.

use super::plan::Planned;
use super::tests::environments;
use crate::discover::{Config, Overlay, Tree};
use crate::links::Repository;
use crate::model::{Confidence, Role};

/// What is made of an environment of a role.
fn of<T>(files: &[(&str, &str)], role: Role, told: impl Fn(&Planned) -> T) -> Option<T> {
    let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).unwrap();
    let plan = super::infer(&Repository::read(&tree), &Config::read(&tree), false);
    plan.environments.iter().find(|planned| planned.environment.role == role).map(told)
}

#[test]
fn what_tests_are_given_to_work_on_holds_no_settings_of_the_project() {
    let settings = "DATABASES = {}\nROOT_URLCONF = 'shop.urls'\nSECRET_KEY = 'x'\nALLOWED_HOSTS = []\n";
    let found = |path: &str| environments(&[(path, settings), ("requirements.txt", "django==5.2\n")]).len();
    assert_eq!((found("test/data/shop/src/settings.py"), found("tests/shop/settings.py")), (0, 1));
}

#[test]
fn classes_for_several_stagings_are_as_many_environments() {
    let config = "class Config:\n    DEBUG = False\n\nclass Live(Config):\n    pass\n\nclass Preview(Live):\n    pass\n\nclass Staging(Live):\n    pass\n";
    let found = environments(&[
        ("config.py", config),
        ("app.py", "from flask import Flask\n"),
        ("requirements.txt", "flask==3.0\n"),
    ]);
    let staging = found.iter().filter(|one| one.contains(" staging: ")).count();
    assert_eq!(staging, 2, "{found:?}");
}

#[test]
fn of_several_modules_named_for_production_the_one_that_is_called_so_is_taken() {
    let own = "from .base import *\nDEBUG = False\n";
    let files = [
        ("shop/settings/__init__.py", ""),
        ("shop/settings/base.py", "DATABASES = {}\nROOT_URLCONF = 'shop.urls'\nSECRET_KEY = 'x'\n"),
        ("shop/settings/compress_production.py", own),
        ("shop/settings/production.py", own),
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.production')\n"),
        ("requirements.txt", "django==5.2\n"),
        ("Procfile", "web: gunicorn shop.wsgi\n"),
    ];
    let module = |planned: &Planned| planned.settings.as_ref().map(|choice| choice.module.clone());
    assert_eq!(of(&files, Role::Production, module).flatten().as_deref(), Some("shop.settings.production"));
}

#[test]
fn who_tells_how_to_start_the_application_beside_its_services_tells_of_an_environment() {
    let files = |guide: &'static str| {
        [
            ("compose.yaml", "services: {db: {image: 'postgres:16', ports: ['5432:5432']}}\n"),
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            ("shop/__init__.py", ""),
            ("shop/settings.py", "DATABASES = {}\nROOT_URLCONF = 'shop.urls'\nSECRET_KEY = 'x'\n"),
            ("README.md", guide),
        ]
    };
    let confidence = |guide| of(&files(guide), Role::Development, |planned| planned.environment.confidence);
    assert_eq!(confidence("# Shop\n\n```\npython manage.py runserver\n```\n"), Some(Confidence::Named));
    assert_eq!(confidence("# Shop\n"), Some(Confidence::Guessed));
}

#[test]
fn classes_of_what_is_before_production_and_of_one_change_are_environments() {
    let class = |name: &str, base: &str| format!("class {name}({base}):\n    pass\n\n");
    let all = ["PreProduction", "Staging", "Feature"].map(|name| class(name, "Production"));
    let config = format!("{}{}{}", class("Base", "Configuration"), class("Production", "Base"), all.concat());
    let found = environments(&[
        ("shop/settings.py", &format!("from configurations import Configuration\n\n{config}")),
        ("manage.py", "import os\n"),
        ("requirements.txt", "django==5.2\n"),
    ]);
    let names: Vec<_> =
        found.iter().filter_map(|one| one.split(" staging:").next().filter(|name| name != one)).collect();
    assert_eq!(names, ["staging", "feature", "pre-production"]);
}

#[test]
fn productions_own_settings_come_before_what_is_laid_over_them_for_a_purpose() {
    let base = "DATABASES = {}\nROOT_URLCONF = 'shop.urls'\nSECRET_KEY = 'x'\n";
    let files = [
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.dev')\n"),
        ("shop/__init__.py", ""),
        ("shop/settings/__init__.py", ""),
        ("shop/settings/base.py", base),
        ("shop/settings/dev.py", "from .base import *\nDEBUG = True\n"),
        ("shop/settings/production-debug.py", "from .production import *\nDEBUG = True\n"),
        ("shop/settings/production.py", "from .base import *\nDEBUG = False\n"),
    ];
    let module =
        of(&files, Role::Production, |planned| planned.settings.as_ref().map(|choice| choice.module.clone()).unwrap());
    assert_eq!(module.as_deref(), Some("shop.settings.production"));
}

#[test]
fn tables_that_keep_configuration_are_no_settings() {
    let with = |more: &str| {
        let table = format!("class ExportConfig(Model):\n{more}    name = 'x'\n");
        let files = [
            ("shop/__init__.py", ""),
            ("shop/config.py", table.as_str()),
            ("Dockerfile", "FROM python:3.13\nCMD gunicorn a\n"),
        ];
        of(&files, Role::Production, |planned| planned.settings.is_some()).unwrap()
    };
    assert!(!with("    __tablename__ = 'config'\n"));
    let words = "\"\"\"Takes a Config.\"\"\"\nclass Route:\n    name = 'x'\n";
    let files = [("shop/config.py", words), ("Dockerfile", "FROM python:3.13\nCMD gunicorn a\n")];
    assert_eq!(of(&files, Role::Production, |planned| planned.settings.is_some()), Some(false));
}
