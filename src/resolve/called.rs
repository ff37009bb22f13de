//! Caches and stores of uploads that Django brings along whether a project uses them or not.

use super::services::Used;
use super::settings::Loaded;
use super::state::Statements;
use crate::discover::{Kind, paths};
use crate::formats::python::Val;
use crate::knowledge::services;
use crate::links::Repository;
use crate::model::{Dimension, FileId};

/// What shows in code that a service is used.
const CACHE: [&str; 5] = ["django.core.cache", "cache_page", "caches[", "cacheops", "rest_framework.throttling"];
const UPLOADS: [&str; 7] =
    ["FileField", "ImageField", "default_storage", "FileSystemStorage", ".FILES", "storages[", "UploadedFile"];

/// Says of a cache, and of the store for uploads, whether the project uses it: by its code, its settings, or an app.
pub(super) fn state(statements: &mut Statements, repository: &Repository<'_>, loaded: &Loaded, used: &[Used]) {
    let apps = loaded.settings.values.get("INSTALLED_APPS").map(Val::behind);
    let Some(apps) = apps.filter(|_| loaded.settings.problems.is_empty()).and_then(|apps| apps.items()) else { return };
    if apps.iter().any(|app| app.as_str().is_none()) {
        return;
    }
    for one in used {
        let (words, places): (&[&str], &[&str]) = match one.role.as_str() {
            "cache" => (&CACHE, &["MEDIA_ROOT"][..0]),
            "storage.media" => (&UPLOADS, &["MEDIA_ROOT"]),
            _ => continue,
        };
        let by_app = || apps.iter().filter_map(Val::as_str).any(|app| services::calls(app, &one.role));
        let by_setting = || one.role == "cache" && settings_use_cache(loaded);
        let called = by_app() || by_setting() || in_code(repository, loaded, words, places);
        // A project without models of its own is at its beginning: what it will keep, nothing says yet.
        if !called && one.role != "cache" && !in_code(repository, loaded, &["(models.Model):"], &[]) {
            continue;
        }
        statements.about(None, Dimension::Service, &one.role).bool("called", called, &one.origin);
    }
}

/// Whether settings put sessions, pages or limits into the cache; one that is not known may.
fn settings_use_cache(loaded: &Loaded) -> bool {
    let value = |name: &str| loaded.settings.values.get(name).map(Val::behind);
    let names_cache = |val: &Val| val.as_str().is_none_or(|text| text.to_lowercase().contains("cache"));
    let middleware = value("MIDDLEWARE").or_else(|| value("MIDDLEWARE_CLASSES"));
    value("SESSION_ENGINE").is_some_and(names_cache)
        || middleware.is_some_and(|list| list.items().is_none_or(|items| items.iter().any(names_cache)))
        || value("REST_FRAMEWORK").is_some_and(|rest| {
            rest.get("DEFAULT_THROTTLE_CLASSES").is_some() || rest.get("DEFAULT_THROTTLE_RATES").is_some()
        })
        || loaded.settings.values.keys().any(|name| name.contains("THROTTLE") || name.contains("RATELIMIT"))
}

/// Whether code that is neither a test nor the settings holds one of the words; `places` in what is no list of addresses.
fn in_code(repository: &Repository<'_>, loaded: &Loaded, words: &[&str], places: &[&str]) -> bool {
    let settings = |file: FileId| loaded.settings.files.iter().any(|(known, _)| *known == file);
    let uses = |file: FileId| {
        let path = repository.tree.path(file);
        let name = paths::name(path);
        let aside = path.split('/').any(|part| part == "tests" || part == "test" || part == "settings")
            || name.starts_with("test_")
            || name == "conftest.py"
            || name.starts_with("settings");
        let text = repository.tree.text(file).unwrap_or_default();
        let holds = |words: &[&str]| words.iter().any(|word| text.contains(word));
        !aside && !settings(file) && (holds(words) || !name.starts_with("urls") && holds(places))
    };
    repository.of(Kind::Python).iter().any(|file| uses(*file))
}
