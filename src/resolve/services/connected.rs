//! Services of programs without Django's settings: what their modules connect to when they are loaded, and settings of any
//! name that hold the URL of a service.

use std::collections::{BTreeMap, BTreeSet};

use super::Used;
use super::product::{by_broker, by_url};
use super::used::push;
use crate::discover::{Kind, paths};
use crate::environments::settings::module_name;
use crate::formats::World;
use crate::formats::python::{self, Kind as Py, Val};
use crate::knowledge::services;
use crate::links::Repository;
use crate::links::container::Container;
use crate::model::{ComponentKind, FileId, Known};
use crate::resolve::part::Part;
use crate::resolve::settings::Loaded;

/// The most modules that are looked into.
const MAX_MODULES: usize = 5;

/// The calls that tell of a role.
const CALLS: [(&str, &str); 5] = [
    ("database", "create_engine("),
    ("database", "create_async_engine("),
    ("database", "Database("),
    ("broker", "Celery("),
    ("cache", "from_url("),
];

/// Whether a role has a product already.
fn settled(used: &[Used], role: &str) -> bool {
    used.iter().any(|one| one.role == role && !matches!(one.product, Known::Unknown(_)))
}

/// Adds what the modules of the program connect to.
pub(super) fn by_calls(repository: &Repository<'_>, loaded: Option<&Loaded>, parts: &[Part<'_>], used: &mut Vec<Used>) {
    if loaded.is_some_and(|loaded| loaded.settings.values.contains_key("DATABASES")) {
        return;
    }
    let ours = || parts.iter().filter(|part| part.kind == ComponentKind::App);
    let part = loaded.and_then(|loaded| ours().find(|part| Some(&part.name) == loaded.component.as_ref()));
    let part = part.or_else(|| ours().next());
    let open = World::Open(BTreeMap::default());
    let world = loaded.map(|loaded| &loaded.world).or(part.map(|part| &part.world)).unwrap_or(&open);
    let mut found: Vec<python::Connection> = Vec::new();
    let wanted: Vec<&str> = CALLS.iter().filter(|(role, _)| !settled(used, role)).map(|(_, call)| *call).collect();
    for file in modules(repository, part, &wanted) {
        let (root, name) = module_name(repository, repository.tree.path(file));
        let mut roots = part.and_then(|part| part.container.as_ref()).map(Container::work_folders).unwrap_or_default();
        for root in [root, String::new(), "src".to_owned()] {
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        found.extend(python::connections(repository.tree, &roots, &name, file, world));
    }
    for role in ["database", "broker", "result-backend", "cache"] {
        if settled(used, role) {
            continue;
        }
        let mut of_role: Vec<Used> = Vec::new();
        for one in found.iter().filter(|one| one.role == role) {
            match role {
                "database" => push(&mut of_role, role.into(), &one.url, &by_url, "relational"),
                "cache" => push(&mut of_role, role.into(), &one.url, &by_url, "cache"),
                _ => push(&mut of_role, role.into(), &one.url, &by_broker, "broker"),
            }
        }
        let products: BTreeSet<&String> = of_role.iter().filter_map(|one| one.product.one()).collect();
        if products.len() > 1 {
            continue;
        }
        let best = of_role.iter().position(|one| one.product.one().is_some()).unwrap_or(0);
        // An address from outside says nothing of brokers and caches that is worth a line.
        if best < of_role.len() && (role == "database" || of_role[best].product.one().is_some()) {
            used.retain(|one| one.role != role);
            used.push(of_role.swap_remove(best));
        }
    }
}

/// The modules that may connect to something, those of the component only.
fn modules(repository: &Repository<'_>, part: Option<&Part<'_>>, wanted: &[&str]) -> Vec<FileId> {
    let tree = repository.tree;
    let folder = part.map(|part| part.folder.trim_matches(['.', '/']).to_owned()).unwrap_or_default();
    let aside = ["test", "tests", "migrations", "alembic", "examples", "example", "docs", "scripts", "benchmarks"];
    let fits = |file: &&FileId| {
        let path = tree.path(**file);
        let name = paths::name(path);
        path.strip_prefix(folder.as_str()).is_some_and(|rest| folder.is_empty() || rest.starts_with('/'))
            && !path.split('/').any(|word| aside.contains(&word))
            && !name.starts_with("test_")
            && name != "conftest.py"
            && tree
                .text(**file)
                .is_ok_and(|text| wanted.iter().any(|call| text.contains(call)) && python::may_connect(text))
    };
    repository.of(Kind::Python).iter().filter(fits).take(MAX_MODULES).copied().collect()
}

/// The settings that hold text, those within tables by their path.
fn texts<'v>(values: &'v BTreeMap<String, Val>, out: &mut Vec<(String, &'v Val)>) {
    for (name, value) in values {
        within(name, value, 0, out);
    }
}

fn within<'v>(name: &str, value: &'v Val, depth: usize, out: &mut Vec<(String, &'v Val)>) {
    if let Py::Dict(items) = &value.behind().kind {
        for (key, inner) in items.iter().filter(|_| depth < 3) {
            if let Some(key) = key.as_str() {
                within(&format!("{name}_{key}"), inner, depth + 1, out);
            }
        }
    } else {
        out.push((name.to_owned(), value));
    }
}

/// The role that a setting plays by its name and the scheme of its URL; none where it may well be another.
fn role(name: &str, scheme: &str) -> Option<(&'static str, &'static str)> {
    let name = name.to_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["TEST", "EXAMPLE", "REPLICA", "READ", "SENTRY", "LEGACY", "OTHER", "SOURCE", "TARGET", "PREFIX"]) {
        return None;
    }
    let family = services::by_url(scheme).map(|found| found.family);
    let queue = has(&["BROKER", "CELERY", "QUEUE", "RABBIT", "AMQP", "TASK"]);
    Some(match family {
        Some("relational") if has(&["DATABASE", "DB", "SQL", "POSTGRES", "PG", "DSN", "URI"]) => {
            ("database", "relational")
        }
        Some("keyvalue") if has(&["RESULT", "BACKEND"]) => ("result-backend", "broker"),
        Some("keyvalue") if queue => ("broker", "broker"),
        Some("keyvalue") if has(&["CACHE", "REDIS", "VALKEY"]) => ("cache", "cache"),
        _ if scheme.starts_with("amqp") && !has(&["RESULT", "BACKEND"]) => ("broker", "broker"),
        _ => return None,
    })
}

/// Adds services whose URL a setting of any name holds, where all such settings agree.
pub(super) fn by_scheme(values: &BTreeMap<String, Val>, used: &mut Vec<Used>) {
    if values.contains_key("DATABASES") {
        return;
    }
    let mut all = Vec::new();
    texts(values, &mut all);
    let mut found: BTreeMap<&'static str, Vec<Used>> = BTreeMap::new();
    for (name, value) in all {
        let text = value.behind().as_str();
        let Some((scheme, rest)) = text.or(value.prefix.as_deref()).and_then(|text| text.split_once("://")) else {
            continue;
        };
        // Redis without a host is the one of the machine.
        let whole = scheme.starts_with("sqlite") || scheme.starts_with("redis");
        if rest.is_empty() && text.is_some() && !whole {
            continue;
        }
        let Some((role, family)) = role(&name, scheme) else { continue };
        let find: &dyn Fn(&str) -> Option<String> = if family == "broker" { &by_broker } else { &by_url };
        push(found.entry(role).or_default(), role.into(), value, find, family);
    }
    // What the library itself reads says more than a setting beside it that falls to a file.
    let told = values.keys().any(|name| name.starts_with("SQLALCHEMY_DATABASE_UR"));
    for (role, mut of_role) in found {
        let products: BTreeSet<Option<&String>> = of_role.iter().map(|one| one.product.one()).collect();
        let falls = told && role == "database" && products.contains(&Some(&"sqlite".to_owned()));
        if !settled(used, role) && !falls && products.len() == 1 && !products.contains(&None) {
            used.retain(|one| one.role != role);
            used.push(of_role.swap_remove(0));
        }
    }
}

/// Workers that take their tasks from Redis and nothing else (<https://python-rq.org>, <https://arq-docs.helpmanual.io>).
const OF_REDIS: [&str; 2] = ["rq", "arq"];

/// RQ keeps its queue where the address of Redis leads to, and so does arq.
pub(super) fn of_rq(parts: &[Part<'_>], used: &mut Vec<Used>) {
    let ours = || parts.iter().filter(|part| part.kind == ComponentKind::App);
    let is_worker = |argv: &[String]| {
        let program = |word: &&String| OF_REDIS.contains(&paths::name(word));
        argv.iter().find(|word| !["uv", "poetry", "run", "exec"].contains(&word.as_str())).as_ref().is_some_and(program)
    };
    let started = ours().flat_map(|part| &part.processes).find(|process| is_worker(&process.argv));
    let queues = |part: &Part<'_>| OF_REDIS.iter().any(|name| part.installs.packages.contains_key(*name));
    if used.iter().any(|one| one.role == "broker") || started.is_none() && !ours().any(queues) {
        return;
    }
    let redis = |one: &&mut Used| {
        one.role == "cache" && one.driver.as_deref().is_some_and(|driver| driver.starts_with("redis"))
    };
    if let Some(one) = used.iter_mut().find(redis) {
        (one.role, one.family) = ("broker".into(), Some("broker"));
        if one.product.is_unknown() {
            one.product = Known::One("redis".to_owned());
        }
    } else if let Some(worker) = started {
        let val = Val { origin: worker.origin.clone(), ..Val::of(Py::None) };
        push(used, "broker".into(), &val, &by_broker, "broker");
        if let Some(one) = used.last_mut() {
            one.product = Known::One("redis".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(settings: &[(&str, &str)]) -> Vec<(String, Option<String>)> {
        let values = settings.iter().map(|(name, text)| ((*name).to_owned(), Val::of(Py::Str((*text).to_owned()))));
        let mut used = Vec::new();
        by_scheme(&values.collect(), &mut used);
        used.into_iter().map(|one| (one.role, one.product.one().cloned())).collect()
    }

    #[test]
    fn a_setting_of_any_name_with_a_url_of_a_database_names_it() {
        let got =
            roles(&[("async_database_uri", "postgresql+asyncpg://db/app"), ("redis_cache_url", "redis://r:6379")]);
        let want = [("cache", "redis"), ("database", "postgres")];
        assert_eq!(got, want.map(|(role, product)| (role.to_owned(), Some(product.to_owned()))));
    }

    #[test]
    fn a_file_beside_what_the_library_reads_is_not_its_database() {
        let mut used = Vec::new();
        let unknown = Val::of(Py::Unknown(crate::model::Reason::new("an expression")));
        let file = Val::of(Py::Str("sqlite:///a.db".to_owned()));
        let values = [("DATABASE_URL".to_owned(), file), ("SQLALCHEMY_DATABASE_URI".to_owned(), unknown)];
        by_scheme(&values.into(), &mut used);
        assert!(used.is_empty());
    }

    #[test]
    fn settings_that_do_not_agree_name_nothing() {
        assert_eq!(roles(&[("DB_URI", "postgresql://db/app"), ("LOCAL_DB_URI", "sqlite:///x.db")]), []);
        assert_eq!(roles(&[("TEST_DATABASE_URI", "sqlite:///x.db"), ("SENTRY_DSN", "https://sentry.example/1")]), []);
    }
}
