//! What Django and Celery add to what the settings say: the framework's own defaults, how tasks run, options of the database,
//! and classes of the project that build on known ones.

use std::collections::BTreeMap;

use super::Used;
use super::queues;
use super::used::certainty_of;
use crate::discover::Kind;
use crate::formats::python::{self, Kind as Py, Val};
use crate::knowledge::services;
use crate::links::Repository;
use crate::model::{Certainty, ComponentKind, Known, Origin, Reason, Span};
use crate::resolve::part::{Host, Part};
use crate::resolve::settings::Loaded;

/// The product of tasks that run where they are called.
pub const EAGER: &str = "eager";
/// The product of tasks that a worker takes from a broker.
const QUEUE: &str = "queue";

/// Settings that make tasks run where they are called.
/// A program's own switches of its queue.
const SWITCHES: [&str; 4] = ["CELERY_ENABLED", "ENABLE_CELERY", "USE_CELERY", "CELERY_ACTIVE"];
const EAGER_SETTINGS: [&str; 3] = ["CELERY_TASK_ALWAYS_EAGER", "CELERY_ALWAYS_EAGER", "TASK_ALWAYS_EAGER"];

/// Settings that show that a project sends mail.
const MAIL_SETTINGS: [&str; 5] = ["EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "DEFAULT_FROM_EMAIL", "SERVER_EMAIL"];

/// Adds what holds although no setting says it.
pub(super) fn add(loaded: &Loaded, parts: &[Part<'_>], used: &mut Vec<Used>) {
    let values = &loaded.settings.values;
    tasks(values, used);
    let laid_over = || loaded.settings.missing_modules.iter().filter(|module| module.star);
    let followed = loaded.settings.problems.is_empty()
        && loaded.settings.incomplete.is_none()
        && laid_over().all(|module| module.ours);
    if followed && values.contains_key("INSTALLED_APPS") {
        let known: Vec<String> = used.iter().map(|one| one.role.clone()).collect();
        defaults(loaded, used);
        // What a file of a person's own would set holds no longer where that is there.
        let open = laid_over().next().is_some();
        for one in used.iter_mut().filter(|one| open && !known.contains(&one.role)) {
            one.certainty = Certainty::Default { variable: None };
        }
    }
    // A branch that is not taken leaves the backend to Django.
    let left = |one: &&mut Used| one.role == "mail" && one.product == Known::Absent;
    if let Some(mail) = used.iter_mut().find(left).filter(|_| values.contains_key("INSTALLED_APPS")) {
        mail.product = Known::One("smtp".into());
        mail.driver = Some(SMTP.into());
    }
    // A platform that hands out the address of a database has one: a branch that only waits for it says nothing of none.
    let awaited = |one: &&mut Used| {
        let waits = matches!(one.certainty, Certainty::Default { variable: Some(_) });
        waits && one.role.starts_with("database") && one.product == Known::Absent
    };
    for one in used.iter_mut().filter(awaited) {
        one.product = Known::Unknown(Reason::new("whether its address is set decides it"));
    }
    let several = several(parts);
    for one in used.iter_mut() {
        one.several = several && one.family == Some("cache");
        if one.role == "storage.media" && one.product.one().is_some_and(|product| product == "files") {
            one.stored = on_volume(values.get("MEDIA_ROOT"), loaded, parts);
        }
    }
}

/// Where Django's mail goes if nothing says otherwise.
const SMTP: &str = "django.core.mail.backends.smtp.EmailBackend";

fn default(role: &str, product: &str, driver: &str, family: &'static str, origin: Origin) -> Used {
    Used {
        role: role.into(),
        product: Known::One(product.into()),
        driver: Some(driver.into()),
        origin,
        certainty: Certainty::Stated,
        host: None,
        name: None,
        family: Some(family),
        stored: None,
        options: None,
        several: false,
        memory: false,
        file: None,
    }
}

/// The backends that Django takes where a project names none, as far as the project uses them.
fn defaults(loaded: &Loaded, used: &mut Vec<Used>) {
    let values = &loaded.settings.values;
    let is_set = |name: &str| values.get(name).is_some_and(|val| !matches!(val.behind().kind, Py::Undefined));
    let unset = |names: &[&str]| names.iter().all(|name| !is_set(name));
    let shown = |names: &[&str]| names.iter().find_map(|name| values.get(*name)).map(|val| val.origin.clone());
    // What a branch sets that is not taken by default holds no longer where it is.
    let unless = |names: &[&str], used: Used| match names.iter().find_map(|name| values.get(*name)) {
        Some(val) => Used { certainty: certainty_of(val), ..used },
        None => used,
    };
    if let Some(origin) = shown(&MAIL_SETTINGS).filter(|_| unset(&["EMAIL_BACKEND", "MAILERS"])) {
        used.retain(|one| one.role != "mail");
        used.push(unless(&["EMAIL_BACKEND"], default("mail", "smtp", SMTP, "mail", origin)));
    }
    let media = shown(&["MEDIA_ROOT", "MEDIA_URL"]).filter(|_| unset(&["STORAGES", "DEFAULT_FILE_STORAGE"]));
    if let Some(origin) = media {
        let driver = "django.core.files.storage.FileSystemStorage";
        let media = default("storage.media", "files", driver, "object_storage", origin);
        used.push(unless(&["STORAGES", "DEFAULT_FILE_STORAGE"], media));
    }
    let static_files = shown(&["STATIC_ROOT", "STATIC_URL"]).filter(|_| unset(&["STORAGES", "STATICFILES_STORAGE"]));
    if let Some(origin) = static_files {
        let driver = "django.contrib.staticfiles.storage.StaticFilesStorage";
        let assets = default("storage.static", "files", driver, "object_storage", origin);
        used.push(unless(&["STORAGES", "STATICFILES_STORAGE"], assets));
    }
    if let Some(file) = loaded.settings.file.filter(|_| unset(&["CACHES"])) {
        let driver = "django.core.cache.backends.locmem.LocMemCache";
        let cache = default("cache", "locmem", driver, "cache", Origin::set(Span::new(file, 0, 0)));
        used.push(unless(&["CACHES"], cache));
    }
}

/// How tasks run: where they are called, or by a worker.
fn tasks(values: &BTreeMap<String, Val>, used: &mut Vec<Used>) {
    let within = values.get("CELERY").map(Val::behind).and_then(|celery| celery.get("task_always_eager"));
    let celery = EAGER_SETTINGS.iter().find_map(|name| values.get(*name)).or(within);
    let Some(val) = celery.or_else(|| queues::eager(values)) else {
        let Some(broker) = used.iter().find(|one| one.role == "broker") else { return };
        let switch = SWITCHES.iter().find_map(|name| values.get(*name).map(|val| (val, &val.behind().kind)));
        if let Some((val, Py::Bool(false))) = switch {
            let certainty = certainty_of(val);
            let eager = default("tasks", EAGER, "", "tasks", val.origin.clone());
            used.push(Used { driver: None, certainty, ..eager });
            return;
        }
        let product = broker.product.clone().map(|product| match product.as_str() {
            "memory_broker" => "memory".to_owned(),
            _ => QUEUE.to_owned(),
        });
        let origin = switch.map_or_else(|| broker.origin.clone(), |(val, _)| val.origin.clone());
        let queue = default("tasks", QUEUE, "", "tasks", origin);
        let queue = Used { product, driver: None, certainty: broker.certainty.clone(), ..queue };
        used.push(queue);
        return;
    };
    let certainty = certainty_of(val);
    // That there is no address of a broker in the repository says nothing of where it is deployed.
    let outside = match &certainty {
        Certainty::Default { variable: Some(name) } if name.contains("URL") || name.contains("BROKER") => Some(name),
        _ => None,
    };
    let product = match &val.behind().kind {
        _ if outside.is_some() => Known::Unknown(Reason::new("whether there is a broker decides it")),
        Py::Bool(eager) => Known::One(if *eager { EAGER } else { QUEUE }.to_owned()),
        Py::Unknown(reason) => Known::Unknown(reason.clone()),
        _ => Known::Unknown(Reason::new("the settings compute it")),
    };
    let eager = default("tasks", EAGER, "", "tasks", val.origin.clone());
    used.push(Used { product, driver: None, certainty, ..eager });
}

/// Whether the application runs as more than one process: several components, or a server with several workers.
fn several(parts: &[Part<'_>]) -> bool {
    let runs = |part: &&Part<'_>| {
        part.kind == ComponentKind::App
            && part.processes.iter().any(|process| {
                process.server.as_ref().is_some_and(|server| ["production", "worker"].contains(&server.kind))
            })
    };
    let ours: Vec<&Part<'_>> = parts.iter().filter(runs).collect();
    ours.len() > 1 || ours.iter().flat_map(|part| &part.processes).any(|process| workers(&process.effective()) > 1)
}

/// The workers that a command line asks for.
fn workers(argv: &[String]) -> u32 {
    let mut words = argv.iter();
    while let Some(word) = words.next() {
        let number = match word.as_str() {
            "--workers" | "-w" => words.next().map(String::as_str),
            word => word.strip_prefix("--workers=").or_else(|| word.strip_prefix("-w")),
        };
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            return number;
        }
    }
    1
}

/// Whether uploads lie on a volume; unknown where volumes cannot be seen. The folder of a volume may be the one of the setting
/// by its last name alone: where the code lies in the container is not always known.
fn on_volume(root: Option<&Val>, loaded: &Loaded, parts: &[Part<'_>]) -> Option<bool> {
    let composed = |part: &&Part<'_>| part.kind == ComponentKind::App && part.hostname.is_some();
    let ours: Vec<&Part<'_>> = parts.iter().filter(composed).collect();
    let path = match &root?.behind().kind {
        Py::Str(text) | Py::Path(text) => text.clone(),
        _ => return None,
    };
    let last = |path: &str| path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    let kept = |target: &String| names.contains(&last(target).as_str());
    if ours.iter().any(|part| !part.mounts.is_empty() || part.volumes.iter().any(kept)) {
        return Some(true);
    }
    let built = |part: &&Part<'_>| part.image.as_ref().is_some_and(|image| image.dockerfile.is_some());
    let speaks = |part: &&&Part<'_>| loaded.component.as_ref() == Some(&part.name) && part.host == Host::Container;
    ours.iter().find(speaks).filter(|part| built(part)).map(|_| false)
}

/// Options of a database that change what a query does; none where one of them is not known.
pub(super) fn options(config: &Val) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut one = |name: &str, val: Option<&Val>| -> Option<()> {
        match val.map(|val| &val.behind().kind) {
            None | Some(Py::None | Py::Bool(false)) => {}
            Some(Py::Bool(true)) => found.push(format!("{name}=True")),
            Some(Py::Str(text)) => found.push(format!("{name}={text}")),
            Some(Py::Int(number)) => found.push(format!("{name}={number}")),
            Some(_) => return None,
        }
        Some(())
    };
    for name in ["ATOMIC_REQUESTS", "DISABLE_SERVER_SIDE_CURSORS", "TIME_ZONE"] {
        one(name, config.get(name))?;
    }
    if let Some(inner) = config.get("OPTIONS") {
        let Py::Dict(_) = &inner.behind().kind else { return None };
        for name in ["isolation_level", "sql_mode", "init_command", "charset"] {
            one(name, inner.behind().get(name))?;
        }
    }
    Some(found)
}

/// The product of a class of the project, by the class it builds on.
pub(super) fn product_of_class(repository: &Repository<'_>, dotted: &str) -> Option<String> {
    let tree = repository.tree;
    let (module, class) = dotted.rsplit_once('.')?;
    let path = module.replace('.', "/");
    let ends = [format!("{path}.py"), format!("{path}/__init__.py")];
    let is_it = |path: &str| ends.iter().any(|end| path == end || path.ends_with(&format!("/{end}")));
    let file = repository.of(Kind::Python).iter().copied().find(|file| is_it(tree.path(*file)))?;
    let classes = python::config_classes(tree, file);
    let mut wanted = class.to_owned();
    for _ in 0..4 {
        let found = classes.iter().find(|known| known.name == wanted)?;
        let last = |base: &String| base.rsplit('.').next().unwrap_or(base).to_owned();
        let bases: Vec<String> = found.bases.iter().map(last).collect();
        if let Some(product) = bases.iter().find_map(|base| services::by_class_name(base)) {
            return Some(product.product.to_owned());
        }
        wanted = bases.into_iter().find(|base| classes.iter().any(|known| known.name == *base))?;
    }
    None
}

/// The product of a database engine of the project, by the engine that it builds on
/// (<https://docs.djangoproject.com/en/5.2/ref/databases/#subclassing-the-built-in-database-backends>).
pub(super) fn product_of_engine(repository: &Repository<'_>, engine: &str) -> Option<String> {
    let tree = repository.tree;
    let end = format!("{}/base.py", engine.replace('.', "/"));
    let is_it = |path: &str| path == end || path.ends_with(&format!("/{end}"));
    let file = repository.of(Kind::Python).iter().copied().find(|file| is_it(tree.path(*file)))?;
    let known = |module: String| {
        let engine = module.strip_suffix(".base").unwrap_or(&module);
        services::by_django_engine(engine).map(|found| found.product.to_owned())
    };
    let mut products: Vec<String> = python::imported(tree, file).into_iter().filter_map(known).collect();
    products.dedup();
    (products.len() == 1).then(|| products.remove(0))
}

#[cfg(test)]
mod tests {
    use super::workers;

    #[test]
    fn workers_are_counted_in_every_spelling() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (line, count) in [
            ("gunicorn shop.wsgi --workers 4", 4),
            ("gunicorn -w3 shop.wsgi", 3),
            ("uvicorn shop:app --workers=2", 2),
            ("gunicorn shop.wsgi", 1),
            ("gunicorn --worker-class gthread shop.wsgi", 1),
        ] {
            assert_eq!(workers(&words(line)), count, "{line}");
        }
    }
}
