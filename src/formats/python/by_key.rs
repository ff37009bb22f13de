//! Alternatives that are dicts, key by key: a branch that adds one entry leaves no doubt about the others.

use super::{Kind, Val};

/// The value with its alternatives put together, in its parts too.
pub(super) fn of(mut val: Val) -> Val {
    val.kind = match val.kind {
        Kind::OneOf(all) if all.len() > 1 && all.iter().all(is_plain_dict) => together(&all).kind,
        Kind::Dict(items) => Kind::Dict(items.into_iter().map(|(key, value)| (key, of(value))).collect()),
        Kind::Depends { variables, default } => {
            Kind::Depends { variables, default: default.map(|inner| Box::new(of(*inner))) }
        }
        kind => kind,
    };
    val
}

/// A dict whose keys are texts.
fn is_plain_dict(val: &Val) -> bool {
    matches!(&val.kind, Kind::Dict(items) if items.iter().all(|(key, _)| matches!(key.kind, Kind::Str(_))))
}

fn together(all: &[Val]) -> Val {
    let first = all.iter().find(|val| val.kind != Kind::Undefined).cloned().unwrap_or_else(|| Val::of(Kind::Undefined));
    if all.iter().all(is_plain_dict) {
        let mut keys: Vec<&Val> = Vec::new();
        for (key, _) in all.iter().flat_map(entries) {
            if !keys.iter().any(|known| known.kind == key.kind) {
                keys.push(key);
            }
        }
        let missing = || Val::of(Kind::Undefined);
        let under = |key: &Val| -> Vec<Val> {
            let one = |val: &Val| key.as_str().and_then(|key| val.get(key)).cloned().unwrap_or_else(missing);
            all.iter().map(one).collect()
        };
        let items = keys.into_iter().map(|key| (key.clone(), together(&under(key))));
        return Val { kind: Kind::Dict(items.collect()), ..first };
    }
    if all.iter().all(|val| alike(val, &first)) {
        return of(first);
    }
    let mut kinds: Vec<Val> = Vec::new();
    for val in all {
        let parts = if let Kind::OneOf(parts) = &val.kind { parts.clone() } else { vec![val.clone()] };
        kinds
            .extend(parts.into_iter().filter(|part| !kinds.iter().any(|known| alike(known, part))).collect::<Vec<_>>());
    }
    Val { kind: Kind::OneOf(kinds), ..first }
}

fn entries(val: &Val) -> &[(Val, Val)] {
    if let Kind::Dict(items) = &val.kind { items } else { &[] }
}

/// Whether two values are the same wherever they are written.
fn alike(a: &Val, b: &Val) -> bool {
    let all = |x: &[Val], y: &[Val]| x.len() == y.len() && x.iter().zip(y).all(|(x, y)| alike(x, y));
    match (&a.kind, &b.kind) {
        (Kind::List(x), Kind::List(y)) | (Kind::Tuple(x), Kind::Tuple(y)) | (Kind::Set(x), Kind::Set(y)) => all(x, y),
        (Kind::Dict(x), Kind::Dict(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| alike(&x.0, &y.0) && alike(&x.1, &y.1))
        }
        (Kind::Depends { variables: x, default: a }, Kind::Depends { variables: y, default: b }) => {
            let same = match (a, b) {
                (Some(a), Some(b)) => alike(a, b),
                (None, None) => true,
                _ => false,
            };
            x == y && same
        }
        (Kind::Secret(x), Kind::Secret(y)) => alike(x, y),
        (x, y) => x == y && !matches!(x, Kind::OneOf(_)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Evaluator, Kind};
    use crate::discover::{Overlay, Tree};
    use crate::formats::World;

    #[test]
    fn what_both_sides_of_a_branch_say_alike_is_not_in_doubt() {
        let text = "import lib\nCACHES = {'default': {'BACKEND': 'a', 'KEY': 1}}\nif lib.on():\n    CACHES['more'] = {'BACKEND': 'b'}\n    \
                    CACHES['default']['KEY'] = 2\n";
        let tree = Tree::open(Box::new(Overlay::of([("conf.py", text)]))).unwrap();
        let mut settings = Evaluator::new(&tree, vec![String::new()]).module("conf", &World::empty(), None);
        settings.by_key();
        let caches = &settings.values["CACHES"];
        let default = caches.get("default").unwrap();
        assert_eq!(default.get("BACKEND").and_then(|val| val.as_str()), Some("a"));
        assert!(matches!(&default.get("KEY").unwrap().kind, Kind::OneOf(all) if all.len() == 2));
        let more = &caches.get("more").unwrap().kind;
        assert!(matches!(more, Kind::OneOf(all) if all.iter().any(|val| val.kind == Kind::Undefined)), "{more:?}");
    }
}
