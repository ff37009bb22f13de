//! Classes made by `@dataclass`: their fields in order, and instances.

use ruff_python_ast as ast;

use super::machine::{Frame, Machine};
use super::values::{Args, Exc, Id, K, R, V};
use crate::model::Span;

/// A field: its name, and its default.
type Field = (String, Option<V>);

impl Machine<'_> {
    /// Whether a decorator is `@dataclass` with an `__init__` made of the fields.
    pub(crate) fn is_record(&mut self, decorator: &ast::Decorator, f: &mut Frame) -> Result<bool, Exc> {
        let (func, arguments) = match &decorator.expression {
            ast::Expr::Call(call) => (&*call.func, Some(&call.arguments)),
            other => (other, None),
        };
        let plain = arguments.is_none_or(|a| {
            let known = ["frozen", "repr", "eq", "order", "slots", "unsafe_hash", "kw_only"];
            let name = |k: &ast::Keyword| k.arg.as_ref().is_some_and(|name| known.contains(&name.as_str()));
            a.args.is_empty() && a.keywords.iter().all(name)
        });
        let func = self.eval(func, f)?;
        Ok(plain && matches!(&func.k, K::Lib(path) if &**path == "dataclasses.dataclass"))
    }

    /// The fields of a dataclass in order, base classes first; none if it is none that is followed.
    pub(crate) fn record_fields(&self, id: Id) -> Option<Vec<Field>> {
        let mut out: Vec<Field> = Vec::new();
        let mut is = false;
        for class in self.mro(id).into_iter().rev() {
            let space = self.space(class?)?;
            if !space.names.contains_key("__record__") {
                continue;
            }
            is = true;
            let Some(K::Tuple(order)) = space.names.get("__order__").map(|v| v.k.clone()) else { continue };
            for name in order.iter().filter_map(V::text) {
                let kind = space.names.get(&format!("__annotation__{name}")).and_then(V::text).unwrap_or_default();
                if kind.contains("InitVar") || kind.contains("KW_ONLY") {
                    return None;
                }
                let uninit = |v: &V| matches!(&v.k, K::Made(path, made) if &**path == "dataclasses.field" && made.named("init").is_some());
                if space.names.get(name).is_some_and(uninit) {
                    return None;
                }
                if kind.contains("ClassVar") {
                    continue;
                }
                let default = space.names.get(name).filter(|v| !matches!(v.k, K::Undefined)).cloned();
                match out.iter_mut().find(|(have, _)| have == name) {
                    Some(field) => field.1 = default,
                    None => out.push((name.to_owned(), default)),
                }
            }
        }
        is.then_some(out)
    }

    /// Fills an instance of a dataclass.
    pub(crate) fn record(&mut self, instance: &V, fields: Vec<Field>, args: &Args, at: Span) -> R {
        let K::Ref(of) = instance.k else { return Ok(instance.clone()) };
        let strange = args.named.iter().any(|(name, _)| !fields.iter().any(|(have, _)| have == name));
        if args.open || strange || args.pos.len() > fields.len() {
            return Ok(self.foreign("a dataclass whose arguments do not fit", args, at));
        }
        for (i, (name, default)) in fields.into_iter().enumerate() {
            let made = match default.as_ref().map(|v| &v.k) {
                Some(K::Made(path, made)) if &**path == "dataclasses.field" => Some(made.clone()),
                _ => None,
            };
            let value = match (args.pos.get(i).or_else(|| args.named(&name)), made, default) {
                (Some(given), ..) => given.clone(),
                (None, Some(made), _) => match (made.named("default"), made.named("default_factory")) {
                    (Some(default), _) => default.clone(),
                    (None, Some(factory)) => self.apply(&factory.clone(), Vec::new(), at)?,
                    (None, None) => V::unknown("a field without a value", at),
                },
                (None, None, Some(default)) => default,
                (None, None, None) => return self.raise("TypeError", format!("{name} is missing"), at),
            };
            self.set_name(of, &name, value);
        }
        if let K::Method(method) = self.after_init(instance, of, at)?.k {
            let args = Args { pos: Vec::new(), ..Args::default() };
            self.apply_args(&V::new(K::Method(method)), &args, at)?;
        }
        Ok(instance.clone())
    }

    fn after_init(&mut self, instance: &V, of: Id, at: Span) -> R {
        let class = self.space(of).map(|s| s.role.clone());
        let Some(super::values::Role::Instance(V { k: K::Ref(class), .. })) = class else { return Ok(V::none()) };
        match self.class_attribute(class, "__post_init__", at) {
            Some(_) => self.space_attribute(instance, of, "__post_init__", at),
            None => Ok(V::none()),
        }
    }
}
