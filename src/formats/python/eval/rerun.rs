//! Modules of which it is not known whether they were run already.

use std::sync::Arc;

use super::join::merge;
use super::machine::{Cond, MODULES, Machine};
use super::values::{Data, Exc, Id, K, Space, V};
use crate::model::Span;

/// How many states in which an exception was raised are corrected for a module that did not get to its end.
const MOST_STATES: usize = 40;
/// How many modules are run a second time.
const MOST_RERUNS: usize = 4;

/// The module that a name of `sys.modules` stands for, if it stands for anything: what an import in a `try` left.
pub(super) fn perhaps_run(have: &V) -> Option<Id> {
    let K::OneOf(all) = &have.k else { return None };
    let mut ids = all.iter().filter_map(|one| if let K::Ref(id) = one.k { Some(id) } else { None });
    let (first, more) = (ids.next()?, ids.next());
    let rest_absent = all.iter().all(|one| matches!(one.k, K::Ref(_) | K::Undefined));
    (more.is_none() && rest_absent).then_some(first)
}

impl Machine<'_> {
    /// A module that raises while it is run is none: where it did, it is not in `sys.modules`.
    pub(super) fn unload(&mut self, name: &str, id: Id, mark: usize) {
        let states = self.tries.last_mut().into_iter().flatten().skip(mark);
        // Far inside a large program they are too many to be told apart: its names may then be absent, which is less exact.
        for (_, heap, _) in states.take(MOST_STATES) {
            heap.remove(&id);
            if let Some(modules) = heap.get_mut(&MODULES)
                && let Data::Space(space) = &mut Arc::make_mut(modules).data
            {
                space.names.insert(name.to_owned(), V::new(K::Undefined));
            }
        }
    }

    /// Both are followed: the module was run before, or is run now; names that come out alike are known.
    pub(super) fn run_perhaps_again(&mut self, name: &str, earlier: Id, have: V, at: Span) -> Result<Option<V>, Exc> {
        // Each of them is run with all that it imports, and both states are kept meanwhile.
        if self.surroundings.reruns >= MOST_RERUNS || self.surroundings.rerunning {
            return Ok(Some(have));
        }
        self.surroundings.reruns += 1;
        self.surroundings.rerunning = true;
        let found = self.run_either(name, earlier, have, at);
        self.surroundings.rerunning = false;
        found
    }

    fn run_either(&mut self, name: &str, earlier: Id, have: V, at: Span) -> Result<Option<V>, Exc> {
        let before = V::at(K::Ref(earlier), at);
        let mut now = None;
        let kept = before.clone();
        self.fork(
            &Cond::default(),
            |m| {
                m.set_name(MODULES, name, kept.clone());
                Ok(kept)
            },
            |m| {
                m.set_name(MODULES, name, V::new(K::Undefined));
                now = m.load_anew(name, at)?.filter(|v| matches!(v.k, K::Ref(_)));
                Ok(V::none())
            },
        )?;
        let Some(V { k: K::Ref(later), .. }) = now else { return Ok(Some(have)) };
        let (Some(a), Some(b)) = (self.space(earlier).cloned(), self.space(later).cloned()) else {
            return Ok(Some(have));
        };
        let space = self.either(&a, &b);
        let id = self.alloc(Data::Space(space));
        let module = V::at(K::Ref(id), at);
        self.set_name(MODULES, name, module.clone());
        Ok(Some(module))
    }

    fn either(&self, a: &Space, b: &Space) -> Space {
        let mut space = Space::new(b.role.clone());
        space.open = a.open.clone().or_else(|| b.open.clone());
        let undefined = V::new(K::Undefined);
        for name in a.names.keys().chain(b.names.keys()) {
            if space.names.contains_key(name) {
                continue;
            }
            let (x, y) = (a.names.get(name).unwrap_or(&undefined), b.names.get(name).unwrap_or(&undefined));
            let value = if alike(x, y) {
                y.clone()
            } else {
                merge(&self.heap, x, &self.heap, y, &Cond::default(), &mut Vec::new())
            };
            space.names.insert(name.clone(), value);
        }
        space
    }
}

/// Whether as little is known of both: the same variables decide them, and they begin alike.
fn alike(a: &V, b: &V) -> bool {
    let open = |v: &V| match &v.k {
        K::Unknown(_) => Some(None),
        K::Depends(of) if of.1.is_none() => Some(Some(of.0.clone())),
        _ => None,
    };
    let both = open(a).zip(open(b));
    both.is_some_and(|(a, b)| a == b) && a.m.prefix == b.m.prefix
}
