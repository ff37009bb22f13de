//! The database that a start script waits for or asks: it is there, whatever the settings fall to without its address.

use super::Used;
use crate::knowledge::services;
use crate::links::{Meaning, meaning};
use crate::model::{Certainty, ComponentKind, Known, Origin};
use crate::resolve::part::Part;

/// Names the database behind an address from outside by the client that is surely run before the server.
pub(super) fn take(parts: &[Part<'_>], used: &mut [Used]) {
    let commands = parts.iter().filter(|part| part.kind == ComponentKind::App).flat_map(|part| &part.started);
    let talks = commands.filter_map(|(argv, span)| match meaning::of(argv) {
        Meaning::Talks(product) if services::family(product, None) == Some("relational") => Some((product, *span)),
        _ => None,
    });
    let mut talks: Vec<_> = talks.collect();
    talks.dedup_by_key(|(product, _)| *product);
    let [(product, span)] = talks[..] else { return };
    let stands_in = |one: &Used| one.certainty.is_default() && one.product.one().is_some_and(|known| known == "sqlite");
    let open = |one: &&mut Used| one.role == "database" && (one.product.is_unknown() || stands_in(one));
    let Some(database) = used.iter_mut().find(open) else { return };
    database.origin = Origin::set(span).join(&database.origin);
    database.driver = database.driver.take().filter(|_| database.product.is_unknown());
    database.product = Known::One(product.to_owned());
    database.certainty = Certainty::Default { variable: None };
    (database.file, database.memory, database.stored) = (None, false, None);
}
