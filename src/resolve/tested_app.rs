//! The application as the tests make it: the class they hand to its factory, and the keys they set then.

use std::collections::BTreeMap;

use super::components::Context;
use super::part::Part;
use super::selected;
use super::test_variables;
use crate::discover::{Kind, paths};
use crate::environments::SettingsChoice;
use crate::environments::settings::{Module, module_name};
use crate::formats::python::{self, Named, Settings, TestApp, Val};
use crate::model::{FileId, Origin, Reason, Role};

/// The settings that the tests hand to the factory of the application, where they agree.
pub(super) fn choice(context: &Context<'_, '_>, part: Option<&Part<'_>>, modules: &[Module]) -> Option<SettingsChoice> {
    let all = files(context, part);
    // What all tests share says more than one of them.
    [true, false].into_iter().find_map(|shared| {
        let apps = all.iter().filter(|(file, _)| is_shared(context.repository.tree.path(*file)) == shared);
        let named = apps.flat_map(|(file, app)| app.named.iter().map(|named| (*file, named)));
        let mut found = named.filter_map(|(file, (named, span))| {
            let (module, class) = named_by(context, modules, file, named)?;
            Some(SettingsChoice { module, class, span: Some(*span) })
        });
        let first = found.next()?;
        found.all(|other| other.module == first.module && other.class == first.class).then_some(first)
    })
}

fn named_by(
    context: &Context<'_, '_>,
    modules: &[Module],
    file: FileId,
    named: &Named,
) -> Option<(String, Option<String>)> {
    let whole = |name: &str| modules.iter().find(|module| module.name == name);
    let of_class = |class: &str| modules.iter().find(|module| module.classes.iter().any(|known| known.name == class));
    match named {
        Named::Text(text) if text.contains('.') => {
            if let Some(module) = whole(text) {
                return Some((module.name.clone(), None));
            }
            let (module, class) = text.rsplit_once('.')?;
            let module = whole(module).filter(|module| module.classes.iter().any(|known| known.name == class))?;
            Some((module.name.clone(), Some(class.to_owned())))
        }
        Named::Text(text) => {
            let class = selected::case(context, text)?;
            Some((of_class(&class)?.name.clone(), Some(class)))
        }
        Named::Name(name) => {
            let class = name.rsplit('.').next().unwrap_or(name);
            let tree = context.repository.tree;
            if python::config_classes(tree, file).iter().any(|own| own.name == class && !own.bases.is_empty()) {
                let (_, module) = module_name(context.repository, tree.path(file));
                return Some((module, Some(class.to_owned())));
            }
            Some((of_class(class)?.name.clone(), Some(class.to_owned())))
        }
    }
}

/// Puts what all tests set of the application's configuration over what it was made with.
pub(super) fn change(context: &Context<'_, '_>, role: Role, part: Option<&Part<'_>>, settings: &mut Settings) {
    if role != Role::Test || settings.values.is_empty() || settings.values.contains_key("INSTALLED_APPS") {
        return;
    }
    let tree = context.repository.tree;
    let mut seen: BTreeMap<String, Option<python::Kind>> = BTreeMap::new();
    let apps = files(context, part).into_iter().filter(|(file, _)| is_shared(tree.path(*file)));
    for change in apps.flat_map(|(_, app)| app.changes) {
        if change.same || change.key.to_uppercase() != change.key {
            continue;
        }
        let other = seen.insert(change.key.clone(), change.value.clone()).is_some_and(|known| known != change.value);
        let why = if change.late && is_taken(&change.key, &settings.values) {
            if !settings.values.contains_key(&change.key) {
                continue;
            }
            Some("the tests set it when the application has taken it already, or not yet")
        } else {
            (other || change.value.is_none()).then_some("the tests compute it")
        };
        let unknown = |why| python::Kind::Unknown(Reason::at(why, change.span));
        let kind = why.map(unknown).or(change.value).unwrap_or(python::Kind::None);
        let origin = Origin::set(change.span);
        settings.values.insert(change.key, Val { origin, ..Val::of(kind) });
    }
}

/// Settings that extensions take while the application is made, by what their names start with: what is set later comes
/// too late for some of their releases (<https://flask-sqlalchemy.readthedocs.io/en/stable/config/>).
const TAKEN: [&str; 10] = [
    "SQLALCHEMY_",
    "DATABASE",
    "MAIL_",
    "CACHE_",
    "SESSION_",
    "CELERY",
    "REDIS",
    "MONGO",
    "RATELIMIT_",
    "ELASTICSEARCH",
];

/// Whether an extension takes a key while the application is made. Flask-Mail takes whether it sends, by default from
/// `TESTING` (<https://flask-mail.readthedocs.io/en/latest/#configuring>).
fn is_taken(key: &str, values: &BTreeMap<String, Val>) -> bool {
    let mails = || values.contains_key("MAIL_SERVER") && !values.contains_key("MAIL_SUPPRESS_SEND");
    TAKEN.iter().any(|start| key.starts_with(start)) || key == "TESTING" && mails()
}

/// The files of the tests that make the application.
fn files(context: &Context<'_, '_>, part: Option<&Part<'_>>) -> Vec<(FileId, TestApp)> {
    let tree = context.repository.tree;
    if part.is_some_and(test_variables::is_tried_from_outside) {
        return Vec::new();
    }
    let folder = part.map(|part| part.folder.trim_matches(['.', '/'])).unwrap_or_default();
    let ours = |path: &str| folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let speaks = |file: &FileId| tree.text(*file).is_ok_and(|text| text.contains("app"));
    let all = context.repository.of(Kind::Python).iter().copied();
    let all = all.filter(|file| ours(tree.path(*file)) && is_test(tree.path(*file)) && speaks(file));
    all.map(|file| (file, python::test_app(tree, file)))
        .filter(|(_, app)| !app.named.is_empty() || !app.changes.is_empty())
        .collect()
}

fn is_test(path: &str) -> bool {
    let name = paths::name(path);
    is_shared(path) || name == "tests.py" || name.starts_with("test_") || name.ends_with("_test.py")
}

/// Whether a file is one that the tests share.
fn is_shared(path: &str) -> bool {
    let name = paths::name(path);
    let among = paths::parent(path).split('/').any(|part| ["test", "tests"].contains(&part));
    name == "conftest.py" || among && (name.starts_with("base") || name == "__init__.py")
}
