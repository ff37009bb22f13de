//! Settings classes of pydantic: fields that are read from variables.

use std::collections::BTreeSet;

use ruff_python_ast as ast;

use super::fields::Field;
use crate::discover::paths;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::values::{Args, Code, Data, Func, FuncKind, Id, K, R, Role, Space, V};
use crate::model::Span;

/// Whether a class is a base of settings.
pub(crate) fn is_settings(path: &str) -> bool {
    matches!(path, "pydantic_settings.BaseSettings" | "pydantic.BaseSettings" | "pydantic.v1.BaseSettings")
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
    /// Something that is not followed.
    pub(crate) odd: bool,
}

impl Config {
    fn set(&mut self, name: &str, value: &V, m: &mut Machine<'_>, at: Span) {
        match (name, &value.k) {
            ("env_prefix", K::Str(text)) => self.prefix = text.to_string(),
            ("case_sensitive", K::Bool(yes)) => self.cased = *yes,
            ("env_ignore_empty", K::Bool(yes)) => self.ignore_empty = *yes,
            ("env_file", K::None) => self.files.clear(),
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
                | "from_attributes",
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

    /// Whether a dotenv file of the repository may say what the variable is.
    pub(crate) fn in_dotenv(&self, config: &Config, names: &[String]) -> bool {
        config.files.iter().any(|wanted| {
            let last = wanted.rsplit('/').next().unwrap_or(wanted);
            self.tree.files().any(|(file, path)| {
                paths::name(path) == last
                    && self.tree.text(file).is_ok_and(|text| {
                        text.lines().any(|line| {
                            let line = line.trim().trim_start_matches("export ").to_uppercase();
                            names.iter().any(|name| line.starts_with(&name.to_uppercase()))
                        })
                    })
            })
        })
    }

    /// An instance of a settings class.
    pub(crate) fn pydantic_instance(&mut self, class: &V, classes: &[Id], args: &Args, at: Span) -> R {
        let mut config = self.pydantic_config(classes, at);
        self.unsure_reads("pydantic reads every variable", at);
        config.odd |= !args.pos.is_empty() || args.open || args.named.iter().any(|(name, _)| name.starts_with('_'));
        let mut fields: Vec<(String, String, Option<V>)> = Vec::new();
        let mut validated: Vec<String> = Vec::new();
        for id in classes {
            let Some(of) = self.space(*id) else { continue };
            for (name, value) in &of.names {
                if let Some(field) = name.strip_prefix("__annotation__") {
                    let kind = value.text().unwrap_or("?").to_owned();
                    let default = of.names.get(field).cloned();
                    fields.retain(|(have, _, _)| have != field);
                    fields.push((field.to_owned(), kind, default));
                } else if let Some(field) = name.strip_prefix("__validator__") {
                    validated.push(field.to_owned());
                } else if let Some(method) = name.strip_prefix("__after__") {
                    self.validated_after(classes, method, 0, &mut validated);
                }
            }
        }
        let mut space = Space::new(Role::Instance(class.clone()));
        for (name, kind, default) in fields {
            if kind == "class" || name == "model_config" {
                continue;
            }
            let given = args.named(&name).is_some();
            let mut field = Field::new(&name, &kind, default.as_ref(), &config);
            field.odd |= given || config.odd || validated.iter().any(|v| v == "*" || *v == name);
            let value = self.pydantic_field(&field, &config, at)?;
            space.names.insert(name, value);
        }
        Ok(V::at(K::Ref(self.alloc(Data::Space(space))), at))
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
