//! Fields of pydantic's models: their names, types, defaults and validators.

use std::sync::Arc;

use super::dsn::scheme_of;
use super::pydantic::Config;
use super::types::Type;
use crate::formats::python::eval::libraries::is_computed;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::wrap;
use crate::formats::python::eval::values::{Args, Code, Exc, FuncKind, Id, K, Names, R, V};
use crate::formats::python::lib::os::Making;
use crate::model::Span;

/// The class of what a wrapping validator is handed.
pub(crate) const HANDLER: &str = "pydantic.handler";

/// The class of what a validator is told of other fields.
pub(crate) const INFO: &str = "pydantic.info";

/// What variables for parts make of a field, and the variables that may do so.
type Parts = (Option<Result<V, V>>, Names);

/// A field.
pub(crate) struct Field {
    /// The variables that may set it, the first one winning.
    names: Vec<String>,
    kind: Type,
    default: Option<V>,
    /// Called without arguments for the default.
    factory: Option<V>,
    /// Validators of its class: when they run, and the method.
    checks: Vec<(String, V)>,
    /// Whether it is given by another name than its own.
    renamed: bool,
    /// Something that is not followed.
    pub(crate) odd: bool,
}

impl Field {
    pub(crate) fn new(name: &str, kind: Type, said: Option<&V>, default: Option<&V>, config: &Config) -> Self {
        let upper = |name: &str| if config.cased { name.to_owned() } else { name.to_uppercase() };
        let mut out = Self {
            names: vec![upper(&format!("{}{name}", config.prefix))],
            kind,
            default: default.cloned(),
            factory: None,
            checks: Vec::new(),
            renamed: false,
            odd: false,
        };
        out.odd = config.enum_values && matches!(out.kind, Type::Enum(_) | Type::Union(_));
        for (own, said) in [(false, said), (true, default)] {
            match said.map(|v| &v.k) {
                Some(K::Made(path, made)) if path.starts_with("pydantic.") && path.ends_with("Field") => {
                    if own {
                        out.default = None;
                    }
                    out.told(&Arc::clone(made), &upper);
                }
                Some(K::Lib(path)) if path.ends_with("Ellipsis") => out.default = None,
                // What code that is not followed gives may be a field with names of its own.
                Some(K::Unknown(why)) => out.odd |= !(own && is_computed(why)),
                _ => {}
            }
        }
        out
    }

    /// What `Field(...)` says.
    fn told(&mut self, made: &Args, upper: &dyn Fn(&str) -> String) {
        let default = made.get(0, "default").filter(|v| !matches!(&v.k, K::Lib(p) if p.ends_with("Ellipsis")));
        self.default = default.cloned().or(self.default.take());
        self.odd |= made.open;
        for (name, value) in &made.named {
            self.renamed |= matches!(name.as_str(), "alias" | "validation_alias");
            match (name.as_str(), &value.k) {
                ("alias" | "validation_alias" | "env", K::Str(text)) => self.names = vec![upper(text)],
                ("validation_alias", K::Made(path, choices)) if path.ends_with("AliasChoices") => {
                    let all: Option<Vec<String>> = choices.pos.iter().map(|v| v.text().map(upper)).collect();
                    match all.filter(|all| !all.is_empty()) {
                        Some(all) => self.names = all,
                        None => self.odd = true,
                    }
                }
                ("alias" | "validation_alias" | "env", _) => self.odd = true,
                ("default_factory", K::Func(_) | K::Lib(_) | K::Ref(_)) => self.factory = Some(value.clone()),
                (
                    "default" | "description" | "title" | "examples" | "repr" | "init" | "exclude" | "gt" | "ge" | "lt"
                    | "le" | "min_length" | "max_length" | "deprecated" | "json_schema_extra" | "frozen" | "kw_only",
                    _,
                ) => {}
                ("validate_default", K::Bool(true)) => {}
                _ => self.odd = true,
            }
        }
    }

    /// Adds a validator of the class.
    pub(crate) fn check(&mut self, when: &str, method: V) {
        let alone = matches!(when, "plain" | "wrap");
        self.odd |= !alone && !matches!(when, "before" | "after")
            || self.checks.iter().any(|(have, _)| have == when || alone || matches!(have.as_str(), "plain" | "wrap"));
        self.checks.push((when.to_owned(), method));
    }
}

impl Machine<'_> {
    /// The value of a field that variables may set.
    pub(crate) fn pydantic_field(&mut self, class: &V, field: &Field, config: &Config, at: Span) -> R {
        let place = field.default.as_ref().and_then(|v| v.m.origin.steps.first()).map_or(at, |step| step.span);
        let other_case = |have: &String| field.names.iter().any(|n| have != n && have.eq_ignore_ascii_case(n));
        let cased = !config.cased && self.world.vars().keys().any(other_case);
        let required = field.default.is_none() && field.factory.is_none();
        let file = self.dotenv_text(config, &field.names, at);
        let parts = self.pydantic_parts(field, config, at)?.ok();
        let lost = cased || field.odd || file.is_err();
        let (Some((set, open)), false) = (parts, lost) else {
            for name in &field.names {
                self.note_read(name, field.default.as_ref(), required, "pydantic", at);
            }
            let vars = field.names.iter().cloned().collect();
            let unknown = V::unknown("a field of a settings class that is not followed", place);
            return Ok(if self.world.is_open() && lost && !field.odd { V::depends(vars, None) } else { unknown });
        };
        if let Some(set) = set {
            return match set {
                Ok(dict) => self.pydantic_value(class, field, &dict, false, config.old, at),
                Err(unknown) => Ok(unknown),
            };
        }
        let mut default = match self.pydantic_default(field, place)? {
            // Pydantic 1 lets `None` stand for every type where it is the default.
            Some(default) if config.old && matches!(default.k, K::None) && field.checks.is_empty() => Some(default),
            Some(default) => Some(self.pydantic_value(class, field, &default, false, config.old, place)?),
            None => None,
        };
        if let Ok(Some(text)) = file {
            default = Some(self.lift(&text, at, &mut |m, v| m.pydantic_value(class, field, v, true, config.old, at))?);
        }
        let required = default.is_none();
        for (i, name) in field.names.iter().enumerate().rev() {
            let kept = default.clone();
            let cast = &mut |m: &mut Self, v: &V| match (v.text(), &kept) {
                (Some(""), Some(kept)) if config.ignore_empty => Ok(kept.clone()),
                (Some(""), None) if config.ignore_empty => m.raise("ValidationError", "a field is required", at),
                _ => m.pydantic_value(class, field, v, true, config.old, at),
            };
            let last = required && i + 1 == field.names.len();
            let got = self.env_cast(name, default, last, "pydantic", at, Making { keeps: false, cast })?;
            default = Some(got);
        }
        let value = default.unwrap_or_else(|| V::unknown("a field without a name", at));
        let mut open = open;
        if self.world.is_open() && !matches!(value.k, K::Unknown(_)) {
            open.extend(config.files_by.iter().cloned());
        }
        let value = if open.is_empty() { value } else { wrap(open, value) };
        // An address of such a type names its product, whatever the variable holds.
        let unsettled = matches!(&value.k, K::Unknown(_)) || matches!(&value.k, K::Depends(of) if of.1.is_none());
        Ok(match scheme_of(&field.kind).filter(|_| unsettled && value.m.prefix.is_none()) {
            Some(scheme) => value.with(|m| m.prefix = Some(scheme.into())),
            None => value,
        })
    }

    /// What variables for the parts of a field make of it, and those that may do so; `Err` inside where that is not known.
    fn pydantic_parts(&mut self, field: &Field, config: &Config, at: Span) -> Result<Result<Parts, ()>, Exc> {
        let Some(mark) = &config.nested else { return Ok(Ok((None, Names::new()))) };
        if !self.may_nest(field, mark, config) {
            return Ok(Ok((None, Names::new())));
        }
        let [name] = field.names.as_slice() else { return Ok(Err(())) };
        let set = self.parts_set(&field.kind, name, config, at)?;
        if set.is_some() || !self.world.is_open() {
            return Ok(if set.is_some() && self.world.is_open() { Err(()) } else { Ok((set, Names::new())) });
        }
        let names = self.part_names(&field.kind, name, config, 0);
        Ok(names.map(|names| (None, names.into_iter().collect())).ok_or(()))
    }

    /// The value of a field that the code gives, or its default as it is written.
    pub(crate) fn pydantic_given(&mut self, class: &V, field: &Field, given: Option<&V>, old: bool, at: Span) -> R {
        if field.odd || field.renamed {
            return Ok(V::unknown("a field of a model that is not followed", at));
        }
        match given {
            Some(given) => self.pydantic_value(class, field, given, false, old, at),
            None => match self.pydantic_default(field, at)? {
                Some(default) => Ok(default),
                None => self.raise("ValidationError", "a field is required", at),
            },
        }
    }

    fn pydantic_default(
        &mut self,
        field: &Field,
        at: Span,
    ) -> Result<Option<V>, crate::formats::python::eval::values::Exc> {
        match &field.factory {
            Some(factory) => self.apply(factory, Vec::new(), at).map(Some),
            None => Ok(field.default.clone()),
        }
    }

    /// Whether variables for the parts of a field may be set.
    fn may_nest(&self, field: &Field, mark: &str, config: &Config) -> bool {
        if !field.kind.nests() {
            return false;
        }
        let begins = |have: &str| field.names.iter().any(|name| have.starts_with(&format!("{name}{mark}")));
        let upper = |have: &String| if config.cased { have.clone() } else { have.to_uppercase() };
        self.world.is_open() || self.world.vars().keys().any(|have| begins(&upper(have)))
    }

    /// What the validators of a field and its type make of a value, or of the text of a variable.
    fn pydantic_value(&mut self, class: &V, field: &Field, v: &V, text: bool, old: bool, at: Span) -> R {
        let step = |when: &str| field.checks.iter().find(|(have, _)| have == when).map(|(_, method)| method.clone());
        let mut now = if text { self.decoded(&field.kind, v, at)? } else { v.clone() };
        if let Some(method) = step("before") {
            now = self.pydantic_check(class, &method, &[now], at)?;
        }
        if let Some(method) = step("plain") {
            return self.pydantic_check(class, &method, &[now], at);
        }
        if let Some(method) = step("wrap") {
            let place = self.handlers.len();
            self.handlers.push((std::sync::Arc::new(field.kind.clone()), old));
            let pos = vec![V::int(i128::try_from(place).unwrap_or(0))];
            let handler = V::at(K::Made(HANDLER.into(), Arc::new(Args { pos, ..Args::default() })), at);
            return self.pydantic_check(class, &method, &[now, handler], at);
        }
        now = self.validated(&field.kind, &now, old, at)?;
        match step("after") {
            Some(method) => self.pydantic_check(class, &method, &[now], at),
            None => Ok(now),
        }
    }

    /// Calls a validator; it may be told of the fields before its own.
    fn pydantic_check(&mut self, class: &V, method: &V, given: &[V], at: Span) -> R {
        let K::Func(func) = &method.k else { return Ok(V::unknown("a validator that is not followed", at)) };
        let Code::Def(def) = &func.code else { return Ok(V::unknown("a validator that is not followed", at)) };
        let params = &def.parameters;
        let count = params.posonlyargs.len() + params.args.len();
        let own = usize::from(func.kind != FuncKind::Static);
        if func.kind == FuncKind::Foreign
            || params.vararg.is_some()
            || !(own + given.len()..=own + given.len() + 1).contains(&count)
        {
            return Ok(V::unknown("a validator that is not followed", at));
        }
        let mut pos = if own == 1 { vec![class.clone()] } else { Vec::new() };
        pos.extend(given.iter().cloned());
        if count == own + given.len() + 1 {
            let last = params.posonlyargs.iter().chain(&params.args).last().map(|p| p.name().to_string());
            let so_far = self.validating.last().cloned().unwrap_or_default();
            let dict = self.new_dict(so_far, at);
            pos.push(if last.as_deref() == Some("values") {
                dict
            } else {
                V::at(K::Made(INFO.into(), Arc::new(Args { pos: vec![dict], ..Args::default() })), at)
            });
        }
        self.apply(method, pos, at)
    }

    /// What the validation behind a wrapping validator makes of a value.
    pub(crate) fn pydantic_handler(&mut self, made: &Args, args: &Args, at: Span) -> R {
        let place = match made.pos.first().map(|v| &v.k) {
            Some(K::Int(n)) => usize::try_from(*n).ok(),
            _ => None,
        };
        match (place.and_then(|place| self.handlers.get(place)).cloned(), args.pos.as_slice()) {
            (Some((kind, old)), [v]) if args.named.is_empty() && !args.open => self.validated(&kind, v, old, at),
            _ => Ok(self.foreign("a validator", args, at)),
        }
    }

    /// Whether a class of the project is a model of pydantic, settings or not.
    pub(crate) fn is_model(&self, id: Id) -> bool {
        use crate::formats::python::eval::values::{Role, Space};
        self.mro(id).iter().flatten().any(|class| {
            matches!(self.space(*class), Some(Space { role: Role::Class { bases, .. }, .. })
                if bases.iter().any(|b| matches!(&b.k, K::Lib(path) if super::pydantic::is_model(path))))
        })
    }
}
