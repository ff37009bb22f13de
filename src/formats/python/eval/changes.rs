//! Methods that change their object.

use ruff_python_ast as ast;

use super::machine::{Cond, ENVIRON, Frame, Machine};
use super::scopes::index;
use super::truth::View;
use super::values::{Args, Data, Exc, Id, K, Names, R, V};
use crate::formats::python::parse::span;
use crate::model::Span;

impl Machine<'_> {
    /// A method that changes its object.
    pub(crate) fn change(&mut self, object: &V, name: &str, args: &Args, at: Span) -> R {
        if self.perhaps_held(object) {
            self.forget_value(object, at);
            return Ok(V::unknown("what this gives", at));
        }
        if let Some(done) = self.rare_change(object, name, args, at) {
            return done;
        }
        let first = args.pos.first().cloned();
        match (name, first) {
            ("append", Some(item)) => {
                self.mutate(object, at, &mut |_, data| match data {
                    Data::List(items) => {
                        items.push(item.clone());
                        true
                    }
                    _ => false,
                });
            }
            ("extend", Some(more)) => {
                let items = self.iterate(&more, at)?;
                self.mutate(object, at, &mut |_, data| match (data, &items) {
                    (Data::List(list), Ok(items)) => {
                        list.extend(items.iter().map(|v| v.clone().resting([&more])));
                        true
                    }
                    _ => false,
                });
            }
            ("insert", Some(place)) => {
                let item = args.pos.get(1).cloned().unwrap_or_else(V::none);
                self.mutate(object, at, &mut |_, data| match (data, &place.k) {
                    (Data::List(items), K::Int(n)) => {
                        let len = i128::try_from(items.len()).unwrap_or(0);
                        let at = (if *n < 0 { n + len } else { *n }).clamp(0, len);
                        items.insert(usize::try_from(at).unwrap_or(0), item.clone());
                        true
                    }
                    _ => false,
                });
            }
            ("remove", Some(item)) => {
                let mut absent = false;
                self.mutate(object, at, &mut |m, data| {
                    let Data::List(items) = data else { return false };
                    for i in 0..items.len() {
                        match m.equal(&items[i], &item) {
                            Some(true) => {
                                items.remove(i);
                                return true;
                            }
                            Some(false) => {}
                            None => return false,
                        }
                    }
                    absent = true;
                    true
                });
                if absent {
                    self.raise("ValueError", "it is not in the list", at)?;
                }
            }
            ("update", first) => {
                if let Some(other) = first {
                    self.update(object, &other, at)?;
                }
                for (key, value) in &args.named {
                    self.set_item(object, &V::str(key), value.clone(), at)?;
                }
            }
            ("setdefault", Some(key)) => {
                let value = args.pos.get(1).cloned().unwrap_or_else(V::none);
                let pairs = self.pairs(object).and_then(|pairs| self.find_key(&pairs, &key));
                match pairs {
                    Some(Some(have)) => return Ok(have),
                    Some(None) => {
                        self.set_item(object, &key, value.clone(), at)?;
                        return Ok(value);
                    }
                    None => self.forget_value(object, at),
                }
            }
            ("pop", Some(key)) => {
                let pairs = self.pairs(object).and_then(|pairs| self.find_key(&pairs, &key));
                match (pairs, args.pos.get(1)) {
                    (Some(Some(have)), _) => {
                        self.remove(object, &key, at);
                        return Ok(have);
                    }
                    (Some(None), Some(default)) => return Ok(default.clone()),
                    _ => self.forget_value(object, at),
                }
                return Ok(V::unknown("what is taken out", at));
            }
            _ => {
                self.may_raise(None, at, Cond::default());
                self.forget_value(object, at);
                return Ok(V::unknown("what this gives", at));
            }
        }
        Ok(V::none())
    }

    /// Whether a value is a container that is held here, or one that is not known: a change may or may not be of what is held.
    pub(crate) fn perhaps_held(&self, value: &V) -> bool {
        let K::OneOf(all) = &value.k else { return false };
        let held = |v: &V| matches!(v.k, K::Ref(id) if self.space(id).is_none());
        let foreign = |v: &V| matches!(&v.k, K::Depends(of) if of.1.is_none());
        all.iter().any(held) && all.iter().any(foreign)
    }

    /// `del target`.
    pub(crate) fn delete(&mut self, target: &ast::Expr, f: &mut Frame) -> Result<(), Exc> {
        let at = span(f.file(), target);
        match target {
            ast::Expr::Name(name) => {
                let id = if f.global_names.contains(name.id.as_str()) { f.scope.globals } else { f.locals };
                self.set_name(id, name.id.as_str(), V::at(K::Undefined, at));
            }
            ast::Expr::Attribute(attribute) => {
                let object = self.eval(&attribute.value, f)?;
                self.set_attribute(&object, attribute.attr.as_str(), V::at(K::Undefined, at), at);
            }
            ast::Expr::Subscript(subscript) => {
                let object = self.eval(&subscript.value, f)?;
                let key = self.eval(&subscript.slice, f)?;
                if matches!(&object.k, K::Lib(path) if &**path == "os.environ") {
                    // What nobody is known to set is as it was without it.
                    let own = |name: &str| self.space(ENVIRON).is_some_and(|space| space.names.contains_key(name));
                    let given = |name: &&str| own(name) || self.world.get(name).value.one().is_some();
                    if let Some(name) = key.text().filter(given) {
                        self.set_name(ENVIRON, name, V::at(K::Undefined, at));
                    }
                    return Ok(());
                }
                self.may_raise(None, at, Cond::default());
                match self.namespace(&object) {
                    Some(id) => self.set_namespace(id, &key, V::at(K::Undefined, at), at),
                    None => self.remove(&object, &key, at),
                }
            }
            ast::Expr::List(ast::ExprList { elts, .. }) | ast::Expr::Tuple(ast::ExprTuple { elts, .. }) => {
                return elts.iter().try_for_each(|target| self.delete(target, f));
            }
            _ => {}
        }
        Ok(())
    }

    /// The contents of a thing rest on variables from here on.
    pub(crate) fn doubt(&mut self, id: Id, vars: &Names) {
        if let Some(obj) = self.heap.get_mut(&id) {
            let obj = std::sync::Arc::make_mut(obj);
            obj.doubt.get_or_insert_default().extend(vars.iter().cloned());
        }
    }

    /// `dict.update(other)` where `other` rests on variables: so does the dict then. Whether it could be done.
    pub(crate) fn update_doubtful(&mut self, object: &V, other: &V, at: Span) -> Result<bool, Exc> {
        let View::Depends(vars, Some(default)) = self.view(other) else { return Ok(false) };
        let (K::Ref(id), Some(pairs)) = (&object.k, self.pairs(&default)) else { return Ok(false) };
        if self.space(*id).is_some() {
            return Ok(false);
        }
        for (key, value) in pairs {
            self.set_item(object, &key, value.resting([other]), at)?;
        }
        self.doubt(*id, &vars);
        Ok(true)
    }

    /// Takes a key out of a container.
    pub(crate) fn remove(&mut self, object: &V, key: &V, at: Span) {
        let settled = self.settled_key(key);
        self.mutate(object, at, &mut |m, data| {
            let Some(key) = &settled else { return false };
            match data {
                Data::Dict(items) => {
                    for i in 0..items.len() {
                        match m.equal(&items[i].0, key) {
                            Some(true) => {
                                items.remove(i);
                                return true;
                            }
                            Some(false) => {}
                            None => return false,
                        }
                    }
                    true
                }
                Data::List(items) => {
                    let K::Int(n) = key.k else { return false };
                    if let Some(i) = index(n, items.len()) {
                        items.remove(i);
                    }
                    true
                }
                _ => false,
            }
        });
    }
}
