//! Services that settings name beside databases and caches: channel layers, search and brokers.

use std::collections::BTreeMap;

use super::Used;
use super::product::by_broker;
use super::used::{certainty_of, host_of, push, text_of};
use crate::formats::python::{Kind as Py, Val};
use crate::knowledge::services;
use crate::model::Known;

type Values = BTreeMap<String, Val>;

fn product(find: fn(&str) -> Option<services::Service>, text: &str) -> Option<String> {
    find(text).map(|found| found.product.to_owned())
}

/// Channel layers, search and Celery's own names for its settings.
pub(super) fn more(values: &Values, used: &mut Vec<Used>) {
    aliases(values, used, ("CHANNEL_LAYERS", "BACKEND", "channels"), services::by_channel_layer, "keyvalue");
    aliases(values, used, ("HAYSTACK_CONNECTIONS", "ENGINE", "search"), services::by_search_backend, "search");
    aliases(values, used, ("WAGTAILSEARCH_BACKENDS", "BACKEND", "search"), services::by_search_backend, "search");
    for (name, of) in [("ELASTICSEARCH_DSL", "elasticsearch"), ("OPENSEARCH_DSL", "opensearch")] {
        let Some(default) = values.get(name).map(Val::behind).and_then(|all| all.get("default")) else { continue };
        if used.iter().any(|known| known.role == "search") {
            continue;
        }
        let hosts = default.behind().get("hosts");
        push(used, "search".into(), default, &|_| None, "search");
        if let Some(last) = used.last_mut() {
            last.product = Known::One(of.to_owned());
            last.host = hosts.and_then(first_host);
        }
    }
    let Some(celery) = values.get("CELERY").map(Val::behind) else { return };
    for (name, role) in [("broker_url", "broker"), ("result_backend", "result-backend")] {
        if let Some(val) = celery.get(name).filter(|_| !used.iter().any(|known| known.role == role)) {
            push(used, role.into(), val, &by_broker, "broker");
        }
    }
    // The transport that is named stands over the scheme of the address.
    let transport = celery.get("broker_transport").and_then(text_of).and_then(by_broker);
    if let (Some(product), Some(broker)) = (transport, used.iter_mut().find(|one| one.role == "broker")) {
        broker.product = Known::One(product);
    }
}

/// Settings that are a dict of aliases, each with a class.
fn aliases(
    values: &Values,
    used: &mut Vec<Used>,
    (name, key, role): (&str, &str, &str),
    find: fn(&str) -> Option<services::Service>,
    family: &'static str,
) {
    let Some(whole) = values.get(name) else { return };
    let Py::Dict(all) = &whole.behind().kind else { return };
    for (alias, config) in all {
        let Some(alias) = alias.as_str() else { continue };
        let role = if alias == "default" { role.to_owned() } else { format!("{role}.{alias}") };
        let inner = config.behind();
        let Some(val) = inner.get(key).filter(|_| !used.iter().any(|known| known.role == role)) else { continue };
        push(used, role, val, &|text| product(find, text), family);
        let hosts = inner.get("CONFIG").map(Val::behind).and_then(|config| config.get("hosts"));
        let host = hosts.or_else(|| inner.get("URL")).or_else(|| inner.get("URLS")).and_then(first_host);
        if let Some(last) = used.last_mut() {
            last.host = host;
            last.certainty = last.certainty.and(&certainty_of(config)).and(&certainty_of(whole));
            last.origin = last.origin.clone().join(&config.origin).join(&whole.origin);
        }
    }
}

/// The host of a URL, of a pair of host and port, or of the first of several.
pub(super) fn first_host(val: &Val) -> Option<String> {
    match &val.behind().kind {
        Py::List(all) | Py::Tuple(all) => all.first().and_then(first_host),
        Py::Str(text) => host_of(text.split_once("://").map_or(text.as_str(), |(_, rest)| rest)),
        Py::Dict(_) => val.behind().get("host").or_else(|| val.behind().get("address")).and_then(first_host),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::{Overlay, Tree};
    use crate::formats::World;
    use crate::formats::python::Evaluator;

    fn used(text: &str) -> BTreeMap<String, (String, Option<String>)> {
        let Ok(tree) = Tree::open(Box::new(Overlay::of([("conf.py", text)]))) else { return BTreeMap::new() };
        let settings = Evaluator::new(&tree, vec![String::new()]).module("conf", &World::empty(), None);
        let one = |one: &Used| (one.role.clone(), (one.product.one().cloned().unwrap_or_default(), one.host.clone()));
        let mut used = Vec::new();
        super::super::used::from_settings(&settings.values, super::super::used::Own::NONE, &mut used);
        more(&settings.values, &mut used);
        used.iter().map(one).collect()
    }

    #[test]
    fn layers_searches_and_brokers_are_services() {
        let text = "CHANNEL_LAYERS = {'default': {'BACKEND': 'channels_redis.core.RedisChannelLayer', \
            'CONFIG': {'hosts': [('cache', 6379)]}}}\nELASTICSEARCH_DSL = {'default': {'hosts': 'es:9200'}}\n\
            CELERY = {'broker_url': 'amqp://mq//', 'result_backend': 'redis://r/1'}\n";
        let got = used(text);
        assert_eq!(got["channels"], ("redis".into(), Some("cache".into())));
        assert_eq!(got["search"], ("elasticsearch".into(), Some("es".into())));
        assert_eq!((got["broker"].0.as_str(), got["result-backend"].0.as_str()), ("rabbitmq", "redis"));
    }

    #[test]
    fn a_url_of_which_only_the_scheme_is_known_names_its_product() {
        let text = "import socket\nSQLALCHEMY_DATABASE_URI = f'postgresql://{socket.gethostname()}/app'\n";
        assert_eq!(used(text)["database"].0, "postgres");
    }
}
