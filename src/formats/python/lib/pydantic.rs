//! Settings classes of pydantic: fields that are read from variables.

use std::collections::BTreeSet;

use ruff_python_ast as ast;

use super::fields::Field;
use crate::discover::paths;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::values::{Args, Code, Data, Func, FuncKind, Id, K, Names, R, Role, Space, V};
use crate::model::Span;

/// Marks an instance whose names are its fields.
pub(crate) const MODEL: &str = "__model__";

/// Whether a class is a base of settings.
pub(crate) fn is_settings(path: &str) -> bool {
    matches!(path, "pydantic_settings.BaseSettings" | "pydantic.BaseSettings" | "pydantic.v1.BaseSettings")
}

/// Whether a class is a base of models, settings or not.
pub(crate) fn is_model(path: &str) -> bool {
    is_settings(path) || matches!(path, "pydantic.BaseModel" | "pydantic.v1.BaseModel" | "pydantic.main.BaseModel")
}

/// The attributes that code sets, and the methods of its own object that it calls; none where it cannot be told.
fn writes(body: &[ast::Stmt]) -> Option<(Vec<String>, Vec<String>)> {
    use ast::visitor::{Visitor, walk_expr};
    #[derive(Default)]
    struct Finder(Vec<String>, Vec<String>, bool);
    impl<'a> Visitor<'a> for Finder {
        fn visit_expr(&mut self, e: &'a ast::Expr) {
            match e {
                ast::Expr::Attribute(a) if a.ctx.is_store() => self.0.push(a.attr.to_string()),
                ast::Expr::Attribute(a) if a.attr.as_str() == "__dict__" => self.2 = true,
                ast::Expr::Name(n) if matches!(n.id.as_str(), "setattr" | "vars" | "object") => self.2 = true,
                ast::Expr::Call(call) => {
                    if let ast::Expr::Attribute(a) = &*call.func
                        && a.value.as_name_expr().is_some_and(|n| n.id.as_str() == "self")
                    {
                        self.1.push(a.attr.to_string());
                    }
                    let passed = call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|k| &k.value));
                    let whole = |e: &ast::Expr| e.as_name_expr().is_some_and(|n| n.id.as_str() == "self");
                    self.2 |= passed.into_iter().any(whole);
                }
                _ => {}
            }
            walk_expr(self, e);
        }
    }
    let mut finder = Finder::default();
    body.iter().for_each(|s| finder.visit_stmt(s));
    (!finder.2).then_some((finder.0, finder.1))
}

/// How a settings class reads its fields.
#[derive(Clone, Default)]
pub(crate) struct Config {
    /// Put in front of the names of fields.
    pub(crate) prefix: String,
    /// Whether names are taken as they are written.
    pub(crate) cased: bool,
    /// Whether an empty text counts as not set.
    pub(crate) ignore_empty: bool,
    /// Names of dotenv files.
    pub(crate) files: Vec<String>,
    /// The variables that may name others.
    pub(crate) files_by: Names,
    /// What stands between the names of a field and of its parts.
    pub(crate) nested: Option<String>,
    /// Whether members of enumerations become their values.
    pub(crate) enum_values: bool,
    /// Whether it is pydantic 1.
    pub(crate) old: bool,
    /// Something that is not followed.
    pub(crate) odd: bool,
}

impl Config {
    fn set(&mut self, name: &str, value: &V, m: &mut Machine<'_>, at: Span) {
        match (name, &value.k) {
            ("env_prefix", K::Str(text)) => self.prefix = text.to_string(),
            ("case_sensitive", K::Bool(yes)) => self.cased = *yes,
            ("use_enum_values", K::Bool(yes)) => self.enum_values = *yes,
            ("env_ignore_empty", K::Bool(yes)) => self.ignore_empty = *yes,
            ("env_nested_delimiter", K::Str(text)) => self.nested = Some(text.to_string()),
            ("env_file", K::None) => self.files.clear(),
            ("env_file", K::Depends(of)) if of.1.is_some() => {
                self.files_by.extend(of.0.iter().cloned());
                if let Some(default) = &of.1 {
                    self.set(name, default, m, at);
                }
            }
            ("env_file", _) => {
                let several = match &value.k {
                    K::Tuple(_) | K::Ref(_) => m.iterate(value, at).ok().and_then(Result::ok),
                    _ => Some(vec![value.clone()]),
                };
                let names: Option<Vec<String>> =
                    several.unwrap_or_default().iter().map(|v| v.pathlike().map(str::to_owned)).collect();
                match names.filter(|names| !names.is_empty()) {
                    Some(names) => self.files = names,
                    None => self.odd = true,
                }
            }
            (
                "env_file_encoding"
                | "extra"
                | "frozen"
                | "env_nested_delimiter"
                | "validate_default"
                | "title"
                | "arbitrary_types_allowed"
                | "populate_by_name"
                | "secrets_dir"
                | "protected_namespaces"
                | "validate_assignment"
                | "use_enum_values"
                | "orm_mode"
                | "from_attributes"
                | "allow_mutation"
                | "ignored_types"
                | "keep_untouched"
                | "json_encoders"
                | "json_schema_extra"
                | "schema_extra"
                | "hide_input_in_errors"
                | "use_attribute_docstrings"
                | "validate_return"
                | "revalidate_instances"
                | "defer_build",
                _,
            ) => self.odd |= name == "secrets_dir" && !matches!(value.k, K::None),
            _ if name.starts_with("__") => {}
            _ => self.odd = true,
        }
    }
}

impl Machine<'_> {
    /// The configuration of a settings class, from its bases on.
    fn pydantic_config(&mut self, classes: &[Id], at: Span) -> Config {
        let mut config = Config::default();
        for id in classes {
            let Some(space) = self.space(*id) else { continue };
            config.odd |= space.open.is_some() || space.names.contains_key("settings_customise_sources");
            let (new, old) = (space.names.get("model_config").cloned(), space.names.get("Config").cloned());
            let mut items: Vec<(String, V)> = Vec::new();
            match new.as_ref().map(|v| &v.k) {
                None => {}
                Some(K::Made(_, made)) if made.pos.is_empty() && !made.open => items.extend(made.named.iter().cloned()),
                Some(K::Ref(_)) => match new.as_ref().and_then(|v| self.pairs(v)) {
                    Some(pairs) => {
                        items.extend(pairs.into_iter().filter_map(|(k, v)| Some((k.text()?.to_owned(), v))));
                    }
                    None => config.odd = true,
                },
                Some(_) => config.odd = true,
            }
            match old.as_ref().map(|v| &v.k) {
                None => {}
                Some(K::Ref(id)) if self.space(*id).is_some() => {
                    let names = self.space(*id).map(|s| s.names.clone()).unwrap_or_default();
                    items.extend(names);
                }
                Some(_) => config.odd = true,
            }
            for (name, value) in items {
                config.set(&name, &value, self, at);
            }
        }
        config
    }

    /// Whether a dotenv file of the repository that is called so may say what the variable is.
    pub(crate) fn in_dotenv(&self, wanted: &str, config: &Config, names: &[String]) -> bool {
        let last = wanted.rsplit('/').next().unwrap_or(wanted);
        let mark = config.nested.as_deref().filter(|mark| !mark.is_empty());
        let says = |line: &str| {
            let line = line.trim().trim_start_matches("export ");
            let set = line.split('=').next().unwrap_or(line).trim();
            let begins = |start: String| set.to_uppercase().starts_with(&start.to_uppercase());
            let nested = |name: &String| mark.is_some_and(|mark| begins(format!("{name}{mark}")));
            names.iter().any(|name| set.eq_ignore_ascii_case(name) || nested(name))
        };
        let mut files =
            self.tree.files().filter(|(file, path)| paths::name(path) == last && !self.brought.left_out.contains(file));
        files.any(|(file, _)| self.tree.text(file).is_ok_and(|text| text.lines().any(says)))
    }

    /// An instance of a model; settings take their fields from variables.
    pub(crate) fn pydantic_instance(&mut self, class: &V, classes: &[Id], args: &Args, at: Span) -> R {
        let mut config = self.pydantic_config(classes, at);
        let bases = classes.iter().filter_map(|id| self.space(*id)).flat_map(|space| match &space.role {
            Role::Class { bases, .. } => bases.clone(),
            _ => Vec::new(),
        });
        let paths: Vec<std::sync::Arc<str>> =
            bases.filter_map(|base| if let K::Lib(path) = base.k { Some(path) } else { None }).collect();
        let settings = paths.iter().any(|path| is_settings(path));
        config.old = paths.iter().any(|path| is_settings(path) && path.starts_with("pydantic."));
        if settings {
            self.unsure_reads("pydantic reads every variable", at);
        }
        config.odd |= !args.pos.is_empty() || args.open || args.named.iter().any(|(name, _)| name.starts_with('_'));
        let (fields, after, touched) = self.pydantic_fields(classes, &config);
        let mut space = Space::new(Role::Instance(class.clone()));
        self.validating.push(Vec::new());
        for (name, mut field) in fields {
            field.odd |= config.odd || touched.iter().any(|v| v == "*" || v.eq_ignore_ascii_case(&name));
            let given = args.named(&name).cloned();
            let value = if settings && given.is_none() {
                self.pydantic_field(class, &field, &config, at)
            } else {
                self.pydantic_given(class, &field, given.as_ref(), config.old, at)
            };
            let value = match value {
                Ok(value) => value,
                Err(exc) => {
                    self.validating.pop();
                    return Err(exc);
                }
            };
            if let Some(so_far) = self.validating.last_mut() {
                so_far.push((V::str(&name), value.clone()));
            }
            space.names.insert(name, value);
        }
        self.validating.pop();
        space.names.insert(MODEL.into(), V::none());
        let instance = V::at(K::Ref(self.alloc(Data::Space(space))), at);
        for method in after {
            self.apply(&method, vec![instance.clone()], at)?;
        }
        Ok(instance)
    }

    /// The fields of a model, base-most first; the methods that validate it as a whole, and the fields that may be
    /// changed in a way that is not followed.
    fn pydantic_fields(&self, classes: &[Id], config: &Config) -> (Vec<(String, Field)>, Vec<V>, Vec<String>) {
        let mut fields: Vec<(String, V, Option<V>)> = Vec::new();
        let (mut checks, mut after, mut touched) = (Vec::new(), Vec::new(), Vec::new());
        for id in classes {
            let Some(of) = self.space(*id) else { continue };
            for (name, value) in &of.names {
                if let Some(field) = name.strip_prefix("__annotation__") {
                    fields.retain(|(have, _, _)| have != field);
                    fields.push((field.to_owned(), value.clone(), of.names.get(field).cloned()));
                } else if let Some(rest) = name.strip_prefix("__validator__") {
                    let (field, method) = rest.split_once(':').unwrap_or((rest, ""));
                    let when = value.text().unwrap_or_default().to_owned();
                    match of.names.get(method) {
                        Some(method) if field != "*" => checks.push((field.to_owned(), when, method.clone())),
                        _ => touched.push("*".to_owned()),
                    }
                } else if let Some(method) = name.strip_prefix("__before__") {
                    let keys = self.validated_before(of.names.get(method));
                    touched.extend(keys.unwrap_or_else(|| vec!["*".to_owned()]));
                } else if let Some(method) = name.strip_prefix("__after__") {
                    let mut wrote = Vec::new();
                    self.validated_after(classes, method, 0, &mut wrote);
                    let plain = |v: &&V| matches!(&v.k, K::Func(func) if func.kind == FuncKind::Plain);
                    match of.names.get(method).filter(plain) {
                        Some(method) if !wrote.iter().any(|name| name == "*") => after.push(method.clone()),
                        _ => touched.append(&mut wrote),
                    }
                } else if let Some(have) = fields.iter_mut().find(|(have, _, _)| have == name)
                    && !of.names.contains_key(&format!("__annotation__{name}"))
                {
                    have.2 = Some(value.clone());
                }
            }
        }
        let mut order: Vec<String> = Vec::new();
        for space in classes.iter().filter_map(|id| self.space(*id)) {
            let Some(K::Tuple(names)) = space.names.get("__order__").map(|v| &v.k) else { continue };
            for name in names.iter().filter_map(V::text) {
                if !order.iter().any(|have| have == name) {
                    order.push(name.to_owned());
                }
            }
        }
        fields.sort_by_key(|(name, _, _)| order.iter().position(|have| have == name));
        let made = fields.into_iter().filter_map(|(name, kind, default)| {
            let mut said = None;
            let kind = self.type_of(&kind, &mut said);
            if name == "model_config" || name.starts_with('_') || matches!(kind, super::types::Type::Class) {
                return None;
            }
            let mut field = Field::new(&name, kind, said.as_ref(), default.as_ref(), config);
            for (_, when, method) in checks.iter().filter(|(of, _, _)| *of == name) {
                field.check(when, method.clone());
            }
            Some((name, field))
        });
        (made.collect(), after, touched)
    }

    /// The fields that a validator of the whole object may set; `*` for all.
    fn validated_after(&self, classes: &[Id], method: &str, depth: usize, out: &mut Vec<String>) {
        let found = classes.iter().rev().find_map(|id| self.space(*id).and_then(|s| s.names.get(method)));
        let wrote = match found.map(|v| &v.k) {
            Some(K::Func(func)) if depth < 6 => match &func.code {
                Code::Def(def) => writes(&def.body),
                Code::Lambda(_) => None,
            },
            _ => None,
        };
        let Some((fields, calls)) = wrote else { return out.push("*".to_owned()) };
        out.extend(fields);
        for call in calls {
            self.validated_after(classes, &call, depth + 1, out);
        }
    }

    /// Adds what the properties of an object give to its names.
    pub(crate) fn pydantic_properties(&mut self, object: &V, classes: &[Option<Id>], at: Span) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for class in classes.iter().flatten() {
            let Some(space) = self.space(*class) else { continue };
            let property = |v: &V| matches!(&v.k, K::Func(f) if f.kind == FuncKind::Property);
            names.extend(space.names.iter().filter(|(_, v)| property(v)).map(|(name, _)| name.clone()));
        }
        let K::Ref(id) = object.k else { return names };
        for name in &names {
            if let Ok(value) = self.attribute(object, name, at) {
                self.set_name(id, name, value);
            }
        }
        names
    }

    /// What a property of an object gives.
    pub(crate) fn property(&mut self, object: &V, func: &std::sync::Arc<Func>, at: Span) -> R {
        let callee = V::new(K::Func(std::sync::Arc::clone(func)));
        self.apply(&callee, vec![object.clone()], at)
    }
}
