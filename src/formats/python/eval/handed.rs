//! A module's names that are handed to code which is not followed: `plugins.settings(globals())`, `Conf.save(globals())`.

use ruff_python_ast as ast;

use super::machine::{Frame, Machine};
use super::namespace::OWN;
use super::values::{Args, Id, K, R, Role, V};
use crate::model::{Certainty, Span};

/// Libraries that set the same names, or run files of the project that may.
const SETS_THEM: [&str; 7] =
    ["builtins", "django_heroku", "django_on_heroku", "split_settings", "dynaconf", "importlib", "runpy"];

/// What a module's names were before they were handed over.
struct Handed(Vec<(Id, String, V)>);

impl Machine<'_> {
    /// Calls what is named by an expression.
    pub(super) fn call_by(&mut self, func: &ast::Expr, callee: &V, args: &Args, at: Span, f: &mut Frame) -> R {
        let handed = self.handed(func, callee, args, f);
        let out = self.call(callee, args, at, f);
        self.take_back(handed);
        out
    }

    /// What stays of names that a call hands to code which is not followed: settings that are a project's own by their nature,
    /// and all that the class sets which is asked to hand over its own.
    fn handed(&mut self, func: &ast::Expr, callee: &V, args: &Args, f: &mut Frame) -> Handed {
        let followed = matches!(callee.k, K::Func(_) | K::Method(_));
        let sets_them = |path: &str| path.split('.').next().is_some_and(|top| SETS_THEM.contains(&top));
        if self.whole || followed || matches!(&callee.k, K::Lib(path) if sets_them(path)) {
            return Handed(Vec::new());
        }
        let all = args.pos.iter().chain(args.named.iter().map(|(_, v)| v));
        let module = |v: &V| {
            let id = self.namespace(v)?;
            matches!(self.space(id)?.role, Role::Module(_)).then_some(id)
        };
        let modules: Vec<Id> = all.filter_map(module).collect();
        if modules.is_empty() {
            return Handed(Vec::new());
        }
        let of_class = self.of_class(func, f);
        let mut kept = Vec::new();
        for id in modules {
            let Some(space) = self.space(id) else { continue };
            let own = OWN.iter().filter_map(|name| Some(((*name).to_owned(), space.names.get(*name)?.clone())));
            kept.extend(own.chain(of_class.iter().cloned()).map(|(name, value)| (id, name, value)));
        }
        Handed(kept)
    }

    /// The settings of the class whose function is called, where a part of it is not known.
    fn of_class(&mut self, func: &ast::Expr, f: &mut Frame) -> Vec<(String, V)> {
        let Some(class) = func.as_attribute_expr().map(|attribute| &attribute.value) else { return Vec::new() };
        let Some(Ok(V { k: K::Ref(id), .. })) = class.is_name_expr().then(|| self.eval(class, f)) else {
            return Vec::new();
        };
        let order = self.mro(id);
        if order.iter().all(Option::is_some) {
            return Vec::new();
        }
        let mut out: Vec<(String, V)> = Vec::new();
        for space in order.iter().map_while(|id| self.space((*id)?)) {
            for (name, value) in &space.names {
                let constant = !name.starts_with('_') && !name.chars().any(|c| c.is_ascii_lowercase());
                if constant && !out.iter().any(|(have, _)| have == name) {
                    out.push((name.clone(), value.clone()));
                }
            }
        }
        out
    }

    /// Sets again what stays, as what holds unless the code that is not followed says otherwise.
    fn take_back(&mut self, handed: Handed) {
        for (id, name, value) in handed.0 {
            let now = self.space(id).and_then(|space| space.names.get(&name)).map(|value| &value.k);
            if matches!(now, None | Some(K::Unknown(_))) && !matches!(value.k, K::Undefined | K::Unknown(_)) {
                let certainty = value.m.certainty.and(&Certainty::Default { variable: None });
                self.set_name(id, &name, value.with(|m| m.certainty = certainty));
            }
        }
    }
}
