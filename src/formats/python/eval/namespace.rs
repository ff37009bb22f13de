//! `globals()`, `locals()` and `vars()`: the names of a module or class as a dict.

use std::sync::Arc;

use ruff_python_ast as ast;

use super::machine::{Frame, Machine};
use super::truth::{View, wrap};
use super::values::{Args, Exc, Id, K, Names, R, Role, V};
use crate::model::{Reason, Span};

/// Settings that are a project's own by their nature: a library for one topic does not know them.
pub(super) const OWN: [&str; 10] = [
    "SECRET_KEY",
    "DEBUG",
    "ALLOWED_HOSTS",
    "DATABASES",
    "DATABASE_URL",
    "SQLALCHEMY_DATABASE_URI",
    "EMAIL_HOST",
    "EMAIL_HOST_PASSWORD",
    "ROOT_URLCONF",
    "WSGI_APPLICATION",
];

/// What a namespace holds under a name.
enum Held {
    Surely(V),
    Perhaps,
    Nothing,
}

impl Machine<'_> {
    /// The names that a value stands for as a dict; none if it is no namespace.
    pub(crate) fn namespace(&self, value: &V) -> Option<Id> {
        let K::Ref(id) = value.k else { return None };
        let role = &self.space(id)?.role;
        let plain = !self.dynaconf.contains(&id) && !self.is_parser(id) && self.members_of(id).is_none();
        (plain && matches!(role, Role::Module(_) | Role::Class { .. } | Role::Locals)).then_some(id)
    }

    /// A method of `globals()` and the like, by the way it is written.
    pub(crate) fn namespace_callee(&mut self, func: &ast::Expr, f: &mut Frame) -> Result<Option<V>, Exc> {
        let Some(attribute) = func.as_attribute_expr() else { return Ok(None) };
        let Some(call) = attribute.value.as_call_expr().filter(|call| call.arguments.is_empty()) else {
            return Ok(None);
        };
        let named = call.func.as_name_expr().is_some_and(|name| matches!(&*name.id, "globals" | "locals" | "vars"));
        if !named {
            return Ok(None);
        }
        let object = self.eval(&attribute.value, f)?;
        let of = self.namespace(&object).is_some();
        Ok(of.then(|| V::new(K::Bound(Arc::new((object, attribute.attr.to_string()))))))
    }

    /// `globals()[key] = value`; what a function does to its `locals()` is not followed.
    pub(crate) fn set_namespace(&mut self, id: Id, key: &V, value: V, at: Span) {
        let local = self.space(id).is_some_and(|space| matches!(space.role, Role::Locals));
        match key.text().map(str::to_owned).filter(|_| !local) {
            Some(name) => self.set_name(id, &name, value),
            // It is a name that a file sets which is not here.
            None if !local && [key, &value].iter().any(|v| v.m.absent.is_some()) => {
                let path = key.m.absent.clone().or_else(|| value.m.absent.clone()).unwrap_or_default();
                self.local_names(&path, id, id, at);
            }
            None => self.forget(id, &Arc::new(Reason::at("a name that is not known is set here", at))),
        }
    }

    /// All names of a library's module are imported: what they are is not known, nor what they replace. What was imported
    /// by name is the same there (`os` is `os`), and what the project itself defines is no library's.
    pub(crate) fn forget_for_library(&mut self, id: Id, module: &str, at: Span) {
        let topic = module.rsplit_once('.').is_some_and(|(_, last)| !is_general(last));
        let (whole, own) = (self.whole, topic && !self.whole);
        let keeps = |name: &str, value: &V| match &value.k {
            K::Lib(_) => is_by_name(name, value) || !whole,
            K::Func(_) => !whole,
            _ => name.starts_with("__") || own && OWN.contains(&name),
        };
        let kept = self.names_that(id, keeps);
        self.forget_object(id, &format!("all names of {module} are imported, which is not in the repository"), at);
        for (name, value) in kept {
            self.set_name(id, &name, value);
        }
    }

    /// Forgets the names of a module that takes all names of one which may have further ones; what was imported by name is
    /// the same there.
    pub(crate) fn forget_for_open(&mut self, id: Id, why: &Arc<Reason>) {
        let kept = self.names_that(id, is_by_name);
        self.forget(id, why);
        for (name, value) in kept {
            self.set_name(id, &name, value);
        }
    }

    fn names_that(&self, id: Id, keeps: impl Fn(&str, &V) -> bool) -> Vec<(String, V)> {
        let names = self.space(id).into_iter().flat_map(|space| &space.names);
        names.filter(|(name, value)| keeps(name, value)).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The names and values of an update that holds while its variables are not set; set, they may bring others.
    fn update_perhaps(&mut self, id: Id, vars: &Names, pairs: Vec<(V, V)>, at: Span) {
        let mail = |name: &str| name.starts_with("EMAIL_") || name == "OPTIONS";
        // The address of a mail server gives these settings, and no others.
        let of_mail = !pairs.is_empty() && pairs.iter().all(|(key, _)| key.text().is_some_and(mail));
        let mut now = self.space(id).map(|space| space.names.clone()).unwrap_or_default();
        if of_mail {
            for name in ["EMAIL_USE_TLS", "EMAIL_USE_SSL", "OPTIONS"] {
                now.entry(name.to_owned()).or_insert_with(|| V::at(K::Undefined, at));
            }
        } else if let Some(space) = self.space_mut(id) {
            let why = Reason::at("names that a variable decides are set here", at);
            space.open.get_or_insert_with(|| Arc::new(why));
        }
        for (name, value) in now {
            if !name.starts_with("__") && (!of_mail || mail(&name)) {
                self.set_name(id, &name, wrap(vars.clone(), value));
            }
        }
        for (key, value) in pairs {
            self.set_namespace(id, &key, wrap(vars.clone(), value), at);
        }
    }

    /// An update with names that are not known. A file that is not here sets some of them: what stands so far holds
    /// without it.
    fn names_of_unread(&mut self, id: Id, of: Option<&V>, at: Span) {
        let why = Arc::new(Reason::at("names that are not known are set here", at));
        let local = self.space(id).is_some_and(|space| matches!(space.role, Role::Locals));
        match of.and_then(|of| of.m.absent.clone()).filter(|_| !local) {
            Some(path) => {
                self.local_names(&path, id, id, at);
                if let Some(space) = self.space_mut(id) {
                    space.open.get_or_insert(why);
                }
            }
            None => self.forget(id, &why),
        }
    }

    fn held(&self, id: Id, name: &str) -> Held {
        let Some(space) = self.space(id) else { return Held::Perhaps };
        match space.names.get(name) {
            None | Some(V { k: K::Undefined, .. }) if space.open.is_some() || name.starts_with("__") => Held::Perhaps,
            None | Some(V { k: K::Undefined, .. }) => Held::Nothing,
            Some(value) => {
                let absent = |v: &V| matches!(v.k, K::Undefined);
                let perhaps = match &value.k {
                    K::OneOf(all) => all.iter().any(absent),
                    K::Depends(of) => of.1.as_ref().is_none_or(absent),
                    _ => false,
                };
                if perhaps { Held::Perhaps } else { Held::Surely(value.clone()) }
            }
        }
    }

    /// `globals()[key]`.
    pub(crate) fn namespace_item(&mut self, id: Id, key: &V, at: Span) -> R {
        match key.text().map(|name| self.held(id, name)) {
            Some(Held::Surely(value)) => Ok(value),
            Some(Held::Nothing) => self.raise("KeyError", "there is no such name", at),
            _ => Ok(V::unknown("a name that is not known", at)),
        }
    }

    /// `key in globals()`.
    pub(crate) fn namespace_has(&self, id: Id, key: &V) -> Option<bool> {
        match self.held(id, key.text()?) {
            Held::Surely(_) => Some(true),
            Held::Nothing => Some(false),
            Held::Perhaps => None,
        }
    }

    /// `globals().get(key)` and the like.
    pub(crate) fn namespace_method(&mut self, id: Id, name: &str, args: &Args, at: Span) -> R {
        let key = args.pos.first().cloned();
        match (name, key) {
            ("get" | "setdefault", Some(key)) if !args.open => {
                let default = args.pos.get(1).cloned().unwrap_or_else(V::none);
                match key.text().map(|name| self.held(id, name)) {
                    Some(Held::Surely(value)) => Ok(value),
                    Some(Held::Nothing) => {
                        if name == "setdefault" {
                            self.set_namespace(id, &key, default.clone(), at);
                        }
                        Ok(default)
                    }
                    _ => {
                        if name == "setdefault" {
                            self.set_namespace(id, &key, V::unknown("a name that is set if it was not", at), at);
                        }
                        Ok(V::unknown("a name that is not known", at))
                    }
                }
            }
            ("update", first) if !args.open => {
                if let Some(View::Depends(vars, default)) = first.as_ref().map(|first| self.view(first))
                    && let Some(pairs) = default.and_then(|default| self.pairs(&default))
                {
                    self.update_perhaps(id, &vars, pairs, at);
                    return self.namespace_method(id, name, &Args { pos: Vec::new(), ..args.clone() }, at);
                }
                let given = first.map_or(Some(Vec::new()), |first| self.pairs(&first));
                let named = args.named.iter().map(|(name, value)| (V::str(name), value.clone()));
                match given {
                    Some(pairs) => pairs.into_iter().chain(named).for_each(|(k, v)| self.set_namespace(id, &k, v, at)),
                    None => self.names_of_unread(id, args.pos.first(), at),
                }
                Ok(V::none())
            }
            ("keys" | "values" | "items" | "copy" | "get" | "__contains__", _) => {
                Ok(V::unknown("the names of a module", at))
            }
            _ => {
                self.forget(id, &Arc::new(Reason::at("changed by something that is not followed", at)));
                Ok(V::unknown("the names of a module", at))
            }
        }
    }
}

/// Whether a module's name says that it holds settings of every kind.
fn is_general(name: &str) -> bool {
    let words = [
        "settings",
        "setting",
        "base",
        "common",
        "config",
        "conf",
        "defaults",
        "default",
        "global",
        "main",
        "django",
        "core",
        "production",
        "prod",
        "staging",
        "stage",
        "test",
        "testing",
        "local",
        "dev",
        "development",
        "env",
    ];
    name.split('_').any(|word| words.contains(&word))
}

/// Whether a name is a library's own for what it names (`join` for `os.path.join`), or one that no import brings (`__file__`).
fn is_by_name(name: &str, value: &V) -> bool {
    name.starts_with("__") || matches!(&value.k, K::Lib(path) if path.rsplit('.').next() == Some(name))
}
