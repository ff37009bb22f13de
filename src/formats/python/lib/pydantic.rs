//! Settings classes of pydantic: fields that are read from variables.

use ruff_python_ast as ast;

use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::values::{Args, Data, Id, K, R, Role, Space, V};
use crate::model::Span;

/// Whether a class is a base of settings.
pub(crate) fn is_settings(path: &str) -> bool {
    matches!(path, "pydantic_settings.BaseSettings" | "pydantic.BaseSettings" | "pydantic.v1.BaseSettings")
}

/// A short name of a type: `str`, `int`, `bool`, `float`, or `?`.
pub(crate) fn annotation(of: &ast::Expr) -> &'static str {
    match of {
        ast::Expr::Name(n) => match n.id.as_str() {
            "str" => "str",
            "int" => "int",
            "bool" => "bool",
            "float" => "float",
            "ClassVar" => "class",
            _ => "?",
        },
        _ => "?",
    }
}

/// Whether code sets attributes.
pub(crate) fn writes(body: &[ast::Stmt]) -> bool {
    use ast::visitor::{Visitor, walk_expr};
    struct Finder(bool);
    impl<'a> Visitor<'a> for Finder {
        fn visit_expr(&mut self, e: &'a ast::Expr) {
            self.0 |= matches!(e, ast::Expr::Attribute(a) if a.ctx.is_store());
            self.0 |= matches!(e, ast::Expr::Name(n) if n.id.as_str() == "setattr");
            walk_expr(self, e);
        }
    }
    let mut finder = Finder(false);
    body.iter().for_each(|s| finder.visit_stmt(s));
    finder.0
}

impl Machine<'_> {
    /// An instance of a settings class: only fields of plain types and plain variables are followed.
    pub(crate) fn pydantic_instance(&mut self, class: &V, classes: &[Id], args: &Args, at: Span) -> R {
        let mut space = Space::new(Role::Instance(class.clone()));
        let mut fields: Vec<(String, String, Option<V>)> = Vec::new();
        let mut validated: Vec<String> = Vec::new();
        let mut plain = args.pos.is_empty() && args.named.is_empty() && !args.open;
        for id in classes {
            let Some(of) = self.space(*id) else { continue };
            plain &= of.open.is_none() && !of.names.contains_key("model_config") && !of.names.contains_key("Config");
            for (name, value) in &of.names {
                if let Some(field) = name.strip_prefix("__annotation__") {
                    let kind = value.text().unwrap_or("?").to_owned();
                    let default = of.names.get(field).cloned();
                    fields.retain(|(have, _, _)| have != field);
                    fields.push((field.to_owned(), kind, default));
                } else if let Some(field) = name.strip_prefix("__validator__") {
                    validated.push(field.to_owned());
                }
            }
        }
        for (name, kind, default) in fields {
            let upper = name.to_uppercase();
            let unknown = V::unknown("a field of a settings class that is not followed", at);
            let simple = default.as_ref().is_none_or(|v| {
                matches!(v.k, K::Str(_) | K::Int(_) | K::Bool(_) | K::None | K::Float(_) | K::Ref(_) | K::Tuple(_))
            });
            let followed = plain && simple && !validated.iter().any(|v| v == "*" || *v == name);
            let value = if followed {
                let origin = default.clone();
                self.env_cast(&upper, default, origin.is_none(), "pydantic", at, &mut |m, text| match kind.as_str() {
                    "str" => Ok(text.clone()),
                    "int" => m.to_int(text, at),
                    _ => Ok(V::unknown("a cast that is not followed", at)),
                })?
            } else {
                self.note_read(&upper, default.as_ref(), default.is_none(), "pydantic", at);
                unknown
            };
            space.names.insert(name, value);
        }
        Ok(V::at(K::Ref(self.alloc(Data::Space(space))), at))
    }
}
