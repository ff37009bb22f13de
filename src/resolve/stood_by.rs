//! Databases and brokers that only the code's default names, where the program waits for a server of that kind: its address comes
//! to the program in a way that is not seen, by a file that a start script writes, or from outside.

use super::part::Part;
use super::settings::Loaded;
use crate::formats::python::{Kind, Val};
use crate::knowledge::{images, services};
use crate::model::{Known, Reason};

/// Settings that hold an address, and the families of the servers that may stand behind it.
const ADDRESSES: [(&str, &[&str]); 7] = [
    ("SQLALCHEMY_DATABASE_URI", &["relational"]),
    ("SQLALCHEMY_DATABASE_URL", &["relational"]),
    ("DATABASE_URL", &["relational"]),
    ("DATABASE_URI", &["relational"]),
    ("CELERY_BROKER_URL", &["broker", "keyvalue"]),
    ("BROKER_URL", &["broker", "keyvalue"]),
    ("CELERY_BROKER", &["broker", "keyvalue"]),
];

/// Takes back what only a default says of such settings.
pub(super) fn doubt(parts: &[Part<'_>], loaded: &mut Loaded, as_of: &str) {
    let Some(part) = parts.iter().find(|part| Some(&part.name) == loaded.component.as_ref()) else { return };
    let waits_for = |families: &[&str]| {
        let needed = |other: &&Part<'_>| other.hostname.as_ref().is_some_and(|name| part.needs.contains(name));
        parts.iter().filter(needed).find_map(|other| {
            let reference = other.image.as_ref()?.reference.one()?;
            let found = services::by_image(&images::describe(reference, as_of).repository)?;
            families.contains(&found.family).then(|| other.name.to_string())
        })
    };
    let unset = |val: &Val| {
        let mut names = Vec::new();
        variables(val, &mut names);
        !names.is_empty() && names.iter().all(|name| loaded.world.get(name).value == Known::Absent)
    };
    let mut doubts: Vec<(String, Option<usize>, Reason)> = Vec::new();
    let reason = |server: &str| Reason::new(format!("it is the code's default, and {server} is waited for"));
    for (name, families) in ADDRESSES {
        if loaded.settings.values.get(name).is_some_and(|val| is_local(val) && unset(val)) {
            doubts.extend(waits_for(families).map(|server| (name.to_owned(), None, reason(&server))));
        }
    }
    if let Some(Kind::Dict(aliases)) = loaded.settings.values.get("DATABASES").map(|all| &all.kind) {
        for (at, (_, config)) in aliases.iter().enumerate() {
            let engine = config.get("ENGINE").filter(|engine| is_local(engine));
            if engine.is_some_and(|engine| unset(engine) || unset(config)) {
                doubts.extend(
                    waits_for(&["relational"]).map(|server| ("DATABASES".to_owned(), Some(at), reason(&server))),
                );
            }
        }
    }
    for (name, at, why) in doubts {
        let Some(val) = loaded.settings.values.get_mut(&name) else { continue };
        match (&mut val.kind, at) {
            (Kind::Dict(aliases), Some(at)) => aliases[at].1.kind = Kind::Unknown(why),
            _ => val.kind = Kind::Unknown(why),
        }
    }
}

/// Whether a value names what needs no server: SQLite, a broker in memory or in a file.
fn is_local(val: &Val) -> bool {
    let Some(text) = val.settled().and_then(Val::as_str) else { return false };
    let scheme = text.split("://").next().unwrap_or(text).to_ascii_lowercase();
    scheme.contains("sqlite") || ["memory", "filesystem"].contains(&scheme.as_str()) && text.contains("://")
}

/// The variables that a value rests on, those of its parts too.
fn variables<'v>(val: &'v Val, out: &mut Vec<&'v String>) {
    out.extend(&val.variables);
    match &val.kind {
        Kind::Depends { variables: own, default } => {
            out.extend(own);
            if let Some(val) = default {
                variables(val, out);
            }
        }
        Kind::Dict(items) => {
            let engine = items.iter().filter(|(key, _)| key.as_str() == Some("ENGINE"));
            engine.for_each(|(_, val)| variables(val, out));
        }
        _ => {}
    }
}
