//! Forks and joins: both sides of what is not decided are run, and what they left is put together.

use std::sync::Arc;

use imbl::ordmap::DiffItem;

use super::machine::{Cond, MODULES, Machine};
use super::values::{Data, Heap, Id, K, Names, Obj, R, Space, V};
use crate::model::Reason;

/// How many alternatives a value may have.
const MAX_ALTERNATIVES: usize = 12;

impl Machine<'_> {
    /// Runs both sides and joins what they leave and give.
    pub(crate) fn fork(&mut self, cond: &Cond, yes: impl FnOnce(&mut Self) -> R, no: impl FnOnce(&mut Self) -> R) -> R {
        let start = self.heap.clone();
        let a = self.side(cond, yes);
        let left = std::mem::replace(&mut self.heap, start);
        let b = self.side(&cond.not(), no);
        match (a, b) {
            (Ok(a), Ok(b)) => {
                let right = std::mem::take(&mut self.heap);
                let (heap, value) = join(&left, &right, cond, Some((&a, &b)));
                self.heap = heap;
                Ok(value.unwrap_or_else(|| V::new(K::None)))
            }
            (Ok(a), Err(exc)) => {
                self.note_raise(exc, cond.not());
                self.heap = left;
                Ok(a)
            }
            (Err(exc), Ok(b)) => {
                let right = std::mem::replace(&mut self.heap, left);
                self.note_raise(exc, cond.clone());
                self.heap = right;
                Ok(b)
            }
            (Err(a), Err(_)) => Err(a),
        }
    }

    /// Runs one side: what may be raised in it is raised under the condition only.
    pub(crate) fn side<T>(&mut self, cond: &Cond, run: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.tries.last().map_or(0, Vec::len);
        let level = self.tries.len();
        self.undecided += 1;
        self.new_stretch();
        let out = run(self);
        self.new_stretch();
        self.undecided -= 1;
        if level > 0
            && let Some(inner) = self.tries.get_mut(level - 1)
        {
            for (_, _, when) in inner.iter_mut().skip(mark) {
                *when = when.and(cond);
            }
        }
        out
    }

    /// One side raised: the handlers around see its state.
    pub(crate) fn note_raise(&mut self, exc: super::values::Exc, cond: Cond) {
        self.defaults_raised += usize::from(cond.default == Some(true));
        let heap = self.heap.clone();
        if let Some(inner) = self.tries.last_mut() {
            inner.push((exc, heap, cond));
        }
    }

    /// A value that is one of these.
    pub(crate) fn one_of(&self, values: Vec<V>) -> V {
        let mut out: Option<V> = None;
        for value in values {
            out = Some(match out {
                None => value,
                Some(so_far) => merge(&self.heap, &so_far, &self.heap, &value, &Cond::default(), &mut Vec::new()),
            });
        }
        out.unwrap_or_else(V::none)
    }

    /// Forgets the contents of a container.
    pub(crate) fn forget(&mut self, id: Id, why: &Arc<Reason>) {
        if let Some(obj) = self.heap.get_mut(&id) {
            let obj = Arc::make_mut(obj);
            if let Data::Space(space) = &mut obj.data {
                space.open = Some(Arc::clone(why));
                for value in space.names.values_mut() {
                    *value = V { k: K::Unknown(Arc::clone(why)), ..value.clone().with(|m| m.prefix = None) };
                }
            } else {
                obj.data = Data::Unknown(Arc::clone(why));
            }
        }
    }
}

/// Joins two states, and two values that live in them.
pub(crate) fn join(a: &Heap, b: &Heap, cond: &Cond, values: Option<(&V, &V)>) -> (Heap, Option<V>) {
    let mut lost = Vec::new();
    let mut heap = a.clone();
    for item in a.diff(b) {
        match item {
            DiffItem::Add(id, theirs) => {
                heap.insert(*id, Arc::clone(theirs));
            }
            DiffItem::Remove(..) => {}
            DiffItem::Update { old: (id, ours), new: (_, theirs) } => {
                // Of a module, both are kept: run or not.
                let none = Cond::default();
                let cond = if *id == MODULES { &none } else { cond };
                heap.insert(*id, Arc::new(objects(a, ours, b, theirs, cond, &mut lost)));
            }
        }
    }
    let value = values.map(|(x, y)| merge(a, x, b, y, cond, &mut lost));
    let why = Arc::new(Reason::new("which object this is depends on what is not known"));
    for id in lost {
        if let Some(obj) = heap.get_mut(&id)
            && !matches!(obj.data, Data::Space(_))
        {
            Arc::make_mut(obj).data = Data::Unknown(Arc::clone(&why));
        }
    }
    (heap, value)
}

fn objects(ha: &Heap, a: &Obj, hb: &Heap, b: &Obj, cond: &Cond, lost: &mut Vec<Id>) -> Obj {
    let mut changed = a.changed.clone();
    changed.extend(b.changed.iter().filter(|span| !a.changed.contains(span)));
    let doubt = |one: &Option<Names>| {
        let mut vars = cond.vars.clone();
        vars.extend(one.iter().flatten().cloned());
        Some(vars)
    };
    // What only the side that is seldom taken loses is lost there only.
    let lost_on_one_side = matches!(a.data, Data::Unknown(_)) != matches!(b.data, Data::Unknown(_));
    if a.doubt == b.doubt
        && !(cond.default.is_some() && lost_on_one_side)
        && let Some(data) = contents(ha, &a.data, hb, &b.data, cond, lost)
    {
        return Obj { data, doubt: a.doubt.clone(), changed };
    }
    match cond.default {
        Some(true) => Obj { data: a.data.clone(), doubt: doubt(&a.doubt), changed },
        Some(false) => Obj { data: b.data.clone(), doubt: doubt(&b.doubt), changed },
        None if a.doubt.is_none() && b.doubt.is_none() => {
            let mut all = flat(&a.data);
            all.extend(flat(&b.data));
            let data = if all.len() > MAX_ALTERNATIVES || all.iter().any(|d| matches!(d, Data::Unknown(_))) {
                Data::Unknown(Arc::new(Reason::new("too many alternatives")))
            } else {
                Data::OneOf(all)
            };
            Obj { data, doubt: None, changed }
        }
        None => {
            let why = Reason::new("it rests on branches that are not decided");
            Obj { data: Data::Unknown(Arc::new(why)), doubt: None, changed }
        }
    }
}

fn flat(data: &Data) -> Vec<Data> {
    if let Data::OneOf(all) = data { all.clone() } else { vec![data.clone()] }
}

/// Joins contents part by part, where their shapes are the same.
fn contents(ha: &Heap, a: &Data, hb: &Heap, b: &Data, cond: &Cond, lost: &mut Vec<Id>) -> Option<Data> {
    match (a, b) {
        (Data::Unknown(why), _) | (_, Data::Unknown(why)) => Some(Data::Unknown(Arc::clone(why))),
        (Data::List(x), Data::List(y)) if x.len() == y.len() => {
            Some(Data::List(x.iter().zip(y).map(|(x, y)| merge(ha, x, hb, y, cond, lost)).collect()))
        }
        (Data::Dict(x), Data::Dict(y)) if x.len() == y.len() => {
            let mut items = Vec::new();
            for (key, value) in x {
                let (_, other) = y.iter().find(|(k, _)| same(ha, key, hb, k, 0))?;
                items.push((key.clone(), merge(ha, value, hb, other, cond, lost)));
            }
            Some(Data::Dict(items))
        }
        (Data::Space(x), Data::Space(y)) => {
            let mut space = Space::new(x.role.clone());
            space.open = x.open.clone().or_else(|| y.open.clone());
            let undefined = V::new(K::Undefined);
            for name in x.names.keys().chain(y.names.keys()) {
                if !space.names.contains_key(name) {
                    let (x, y) = (x.names.get(name).unwrap_or(&undefined), y.names.get(name).unwrap_or(&undefined));
                    space.names.insert(name.clone(), merge(ha, x, hb, y, cond, lost));
                }
            }
            Some(Data::Space(space))
        }
        _ => None,
    }
}

/// Joins two values.
pub(crate) fn merge(ha: &Heap, a: &V, hb: &Heap, b: &V, cond: &Cond, lost: &mut Vec<Id>) -> V {
    if let (K::Ref(x), K::Ref(y)) = (&a.k, &b.k) {
        if x == y {
            return a.clone();
        }
        let fresh = !hb.contains_key(x) && !ha.contains_key(y);
        if fresh && same(ha, a, hb, b, 0) {
            return a.clone();
        }
    } else if is_itself(a, b) || same(ha, a, hb, b, 0) {
        return a.clone().resting([b]);
    }
    let (kept, dropped) = match cond.default {
        Some(true) => (a, b),
        Some(false) => (b, a),
        None => return alternatives(ha, a, hb, b),
    };
    refs(dropped, lost);
    let mut vars = cond.vars.clone();
    vars.extend(kept.m.vars.iter().cloned());
    let default = match &kept.k {
        K::Depends(of) => {
            vars.extend(of.0.iter().cloned());
            of.1.clone()
        }
        K::Unknown(_) => None,
        _ => Some(kept.clone()),
    };
    let open = default.is_none();
    let prefix = kept.m.prefix.clone().filter(|_| open);
    V::depends(vars, default).with(|m| m.prefix = prefix)
}

fn refs(value: &V, out: &mut Vec<Id>) {
    match &value.k {
        K::Ref(id) => out.push(*id),
        K::OneOf(all) => all.iter().for_each(|v| refs(v, out)),
        K::Depends(of) => of.1.iter().for_each(|v| refs(v, out)),
        _ => {}
    }
}

fn alternatives(ha: &Heap, a: &V, hb: &Heap, b: &V) -> V {
    let absent = |v: &V| match &v.k {
        K::Undefined => true,
        K::OneOf(all) => all.iter().any(|v| matches!(v.k, K::Undefined)),
        _ => false,
    };
    for (one, other) in [(a, b), (b, a)] {
        if matches!(one.k, K::Unknown(_)) && absent(other) {
            return V::new(K::OneOf(Arc::new(vec![V::new(K::Undefined), one.clone()]))).resting([a, b]);
        }
    }
    for one in [a, b] {
        if matches!(one.k, K::Unknown(_)) {
            return one.clone().resting([a, b]);
        }
    }
    let list = |v: &V| if let K::OneOf(all) = &v.k { all.to_vec() } else { vec![v.clone()] };
    let mut all = list(a);
    for one in list(b) {
        let known = all.iter().any(|have| match (&have.k, &one.k) {
            (K::Ref(x), K::Ref(y)) => x == y,
            _ => same(ha, have, hb, &one, 0),
        });
        if !known {
            all.push(one);
        }
    }
    let origin = all.iter().map(|v| &v.m.origin).find(|o| !o.steps.is_empty()).cloned().unwrap_or_default();
    let k = if all.len() > MAX_ALTERNATIVES {
        K::Unknown(Arc::new(Reason::new("too many alternatives")))
    } else {
        K::OneOf(Arc::new(all))
    };
    V::new(k).with(|m| m.origin = origin).resting([a, b])
}

/// Whether two values are the same choice among the same objects, whatever each side made of what those hold.
fn is_itself(a: &V, b: &V) -> bool {
    let all = |x: &[V], y: &[V]| x.len() == y.len() && x.iter().zip(y).all(|(x, y)| is_itself(x, y));
    match (&a.k, &b.k) {
        (K::Ref(x), K::Ref(y)) => x == y,
        (K::Depends(x), K::Depends(y)) => match (&x.1, &y.1) {
            (Some(one), Some(other)) => x.0 == y.0 && is_itself(one, other),
            _ => false,
        },
        (K::OneOf(x), K::OneOf(y)) => all(x, y),
        _ => false,
    }
}

/// Whether two values are surely of the same kind and equal.
pub(crate) fn same(ha: &Heap, a: &V, hb: &Heap, b: &V, depth: usize) -> bool {
    let all = |x: &[V], y: &[V]| x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(ha, x, hb, y, depth + 1));
    if depth > 12 {
        return false;
    }
    match (&a.k, &b.k) {
        (K::None, K::None) | (K::Undefined, K::Undefined) => true,
        (K::Bool(x), K::Bool(y)) => x == y,
        (K::Int(x), K::Int(y)) => x == y,
        (K::Float(x), K::Float(y)) | (K::Timedelta(x), K::Timedelta(y)) => x.to_bits() == y.to_bits(),
        (K::Str(x), K::Str(y)) | (K::Path(x), K::Path(y)) | (K::Lazy(x), K::Lazy(y)) | (K::Lib(x), K::Lib(y)) => x == y,
        (K::Bytes(x), K::Bytes(y)) => x == y,
        (K::Tuple(x), K::Tuple(y)) | (K::OneOf(x), K::OneOf(y)) => all(x, y),
        (K::Func(x), K::Func(y)) => Arc::ptr_eq(x, y),
        (K::Made(c, x), K::Made(d, y)) => c == d && Arc::ptr_eq(x, y),
        (K::Depends(x), K::Depends(y)) => {
            x.0 == y.0 && x.1.is_some() && x.1.iter().zip(y.1.iter()).all(|(x, y)| same(ha, x, hb, y, depth + 1))
        }
        (K::Ref(x), K::Ref(y)) => match (ha.get(x), hb.get(y)) {
            (Some(p), Some(q)) if Arc::ptr_eq(p, q) && x == y => true,
            (Some(p), Some(q)) if p.doubt.is_none() && q.doubt.is_none() => match (&p.data, &q.data) {
                (Data::List(x), Data::List(y)) | (Data::Set(x), Data::Set(y)) => all(x, y),
                (Data::Dict(x), Data::Dict(y)) => {
                    x.len() == y.len()
                        && x.iter()
                            .zip(y)
                            .all(|((k, v), (l, w))| same(ha, k, hb, l, depth + 1) && same(ha, v, hb, w, depth + 1))
                }
                _ => false,
            },
            _ => false,
        },
        _ => false,
    }
}
