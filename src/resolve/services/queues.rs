//! Queues of tasks other than Celery's, by the settings of the Django apps that bring them: django-dramatiq, Huey, Django Q, RQ.

use std::collections::BTreeMap;

use super::Used;
use super::named::first_host;
use super::used::{certainty_of, push};
use crate::formats::python::{Kind as Py, Val};
use crate::knowledge::services;
use crate::model::Known;

type Values = BTreeMap<String, Val>;

/// What keeps the tasks, where no broker of Celery is named.
pub(super) fn more(values: &Values, used: &mut Vec<Used>) {
    if used.iter().any(|known| known.role == "broker") {
        return;
    }
    let queues = [dramatiq, huey, django_q, rq];
    used.extend(queues.iter().find_map(|queue| queue(values)));
}

/// The switch that has tasks run where they are called, and the setting that stands for it where it is left out.
pub(super) fn eager(values: &Values) -> Option<&Val> {
    let within = |name: &str, key: &str| values.get(name).map(Val::behind)?.get(key);
    within("Q_CLUSTER", "sync").or_else(|| immediate(values))
}

/// Huey's own switch is that of debugging where it is not set (<https://huey.readthedocs.io/en/latest/contrib.html#django>).
fn immediate(values: &Values) -> Option<&Val> {
    let huey = dict(values, "HUEY")?;
    huey.get("immediate").or_else(|| values.get("DEBUG"))
}

/// A setting that is a dict.
fn dict<'v>(values: &'v Values, name: &str) -> Option<&'v Val> {
    values.get(name).map(Val::behind).filter(|val| matches!(val.kind, Py::Dict(_)))
}

/// What a value tells of the queue: a class or an address.
fn told(val: &Val, whole: &Val, find: &dyn Fn(&str) -> Option<String>) -> Option<Used> {
    let mut found = Vec::new();
    push(&mut found, "broker".into(), val, find, "broker");
    let mut one = found.pop()?;
    one.certainty = one.certainty.and(&certainty_of(whole));
    one.origin = one.origin.clone().join(&whole.origin);
    Some(one)
}

/// The same of a product that the app always takes.
fn always(product: &str, val: &Val, whole: &Val) -> Option<Used> {
    Some(Used { product: Known::One(product.to_owned()), driver: None, ..told(val, whole, &|_| None)? })
}

fn by_class(class: &str) -> Option<String> {
    services::by_broker(class).map(|found| found.product.to_owned())
}

fn dramatiq(values: &Values) -> Option<Used> {
    let all = dict(values, "DRAMATIQ_BROKER")?;
    let one = told(all.get("BROKER")?, values.get("DRAMATIQ_BROKER")?, &by_class)?;
    let options = all.get("OPTIONS").map(Val::behind);
    let host = options.and_then(|options| options.get("url").or_else(|| options.get("host"))).and_then(first_host);
    Some(Used { host, ..one })
}

fn huey(values: &Values) -> Option<Used> {
    let (all, whole, switch) = (dict(values, "HUEY")?, values.get("HUEY")?, immediate(values)?);
    match switch.behind().kind {
        Py::Bool(true) => {
            let one = always("memory_broker", switch, whole)?;
            Some(Used { certainty: certainty_of(switch), ..one })
        }
        Py::Bool(false) => {
            let one = match all.get("huey_class") {
                Some(class) => told(class, whole, &by_class)?,
                None => always("redis", all, whole)?,
            };
            let connection = all.get("connection").map(Val::behind);
            let host = connection.and_then(|of| of.get("url").or_else(|| of.get("host"))).or_else(|| all.get("url"));
            Some(Used { certainty: one.certainty.and(&certainty_of(switch)), host: host.and_then(first_host), ..one })
        }
        _ => None,
    }
}

/// Keys of Django Q that choose what keeps the tasks, the first winning; Redis of the machine is the last resort
/// (<https://django-q2.readthedocs.io/en/stable/brokers.html>).
const STORES: [(&str, &str); 4] = [("sqs", "sqs"), ("orm", "database-table"), ("mongo", "mongodb"), ("redis", "redis")];

fn django_q(values: &Values) -> Option<Used> {
    let (all, whole) = (dict(values, "Q_CLUSTER")?, values.get("Q_CLUSTER")?);
    let other = |key: &&str| all.get(key).is_some();
    if ["broker_class", "iron_mq", "disque_nodes"].iter().any(other) {
        return None;
    }
    let chosen = STORES.iter().find_map(|(key, product)| Some((all.get(key)?, product)));
    match chosen {
        // Whether it is one of them at all a branch decides.
        Some((val, _)) if matches!(val.kind, Py::OneOf(_) | Py::Unknown(_) | Py::Undefined) => None,
        Some((val, product)) => {
            let host = if *product == "redis" { first_host(val) } else { None };
            Some(Used { host, ..always(product, val, whole)? })
        }
        None => always("redis", all, whole),
    }
}

fn rq(values: &Values) -> Option<Used> {
    let (all, whole) = (dict(values, "RQ_QUEUES")?, values.get("RQ_QUEUES")?);
    let Py::Dict(queues) = &all.kind else { return None };
    let queue = all.get("default").or_else(|| queues.first().map(|(_, queue)| queue))?;
    let inner = queue.behind();
    let host = inner.get("URL").or_else(|| inner.get("HOST"));
    Some(Used { host: host.and_then(first_host), ..always("redis", host.unwrap_or(queue), whole)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::{Overlay, Tree};
    use crate::formats::World;
    use crate::formats::python::Evaluator;

    fn broker(text: &str) -> Option<(String, Option<String>)> {
        let tree = Tree::open(Box::new(Overlay::of([("conf.py", text)]))).ok()?;
        let settings = Evaluator::new(&tree, vec![String::new()]).module("conf", &World::empty(), None);
        let mut used = Vec::new();
        more(&settings.values, &mut used);
        let one = used.pop()?;
        Some((one.product.one().cloned()?, one.host))
    }

    #[test]
    fn each_queue_names_what_keeps_its_tasks() {
        for (text, product, host) in [
            ("DRAMATIQ_BROKER = {'BROKER': 'dramatiq.brokers.stub.StubBroker', 'OPTIONS': {}}", "memory_broker", None),
            (
                "DRAMATIQ_BROKER = {'BROKER': 'dramatiq.brokers.rabbitmq.RabbitmqBroker', 'OPTIONS': {'url': 'amqp://mq'}}",
                "rabbitmq",
                Some("mq"),
            ),
            ("HUEY = {'immediate': False, 'connection': {'host': 'cache'}}", "redis", Some("cache")),
            ("DEBUG = True\nHUEY = {'name': 'shop'}", "memory_broker", None),
            ("HUEY = {'huey_class': 'huey.SqliteHuey', 'immediate': False}", "database-table", None),
            ("Q_CLUSTER = {'name': 'shop', 'orm': 'default'}", "database-table", None),
            ("Q_CLUSTER = {'redis': {'host': 'r', 'port': 6379}}", "redis", Some("r")),
            ("Q_CLUSTER = {'name': 'shop'}", "redis", None),
            ("RQ_QUEUES = {'default': {'URL': 'redis://r:6379/1'}}", "redis", Some("r")),
        ] {
            assert_eq!(broker(text), Some((product.to_owned(), host.map(str::to_owned))), "{text}");
        }
    }

    #[test]
    fn what_a_switch_that_is_not_known_decides_is_not_said() {
        assert_eq!(broker("HUEY = {'huey_class': 'huey.RedisHuey'}"), None);
        assert_eq!(broker("import lib\nHUEY = {'immediate': lib.on()}"), None);
        assert_eq!(broker("Q_CLUSTER = {'broker_class': 'shop.Own'}"), None);
    }
}
