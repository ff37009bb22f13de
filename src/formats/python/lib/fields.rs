//! Fields of pydantic settings: their names, types and defaults; and URLs that are built of parts.

use std::sync::Arc;

use ruff_python_ast as ast;

use super::made::Plain;
use super::pydantic::Config;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::placed;
use crate::formats::python::eval::values::{Args, K, R, V};
use crate::model::Span;

/// A short name of a type: `str`, `int`, `bool`, `float`; with `|None` behind it where `None` may be; `class` for what is
/// no field; `literal` for a choice of texts; `json` for lists and dicts; `?` for everything else.
pub(crate) fn annotation(of: &ast::Expr) -> String {
    let named = |e: &ast::Expr| match e {
        ast::Expr::Name(n) => n.id.to_string(),
        ast::Expr::Attribute(a) => a.attr.to_string(),
        _ => String::new(),
    };
    match of {
        ast::Expr::Name(_) | ast::Expr::Attribute(_) => match named(of).as_str() {
            kind @ ("str" | "int" | "bool" | "float") => kind.to_owned(),
            "list" | "dict" | "List" | "Dict" => "json".into(),
            "ClassVar" => "class".into(),
            _ => "?".into(),
        },
        ast::Expr::Subscript(s) => match named(&s.value).as_str() {
            "Optional" => format!("{}|None", annotation(&s.slice)),
            "Literal" => {
                let all = match &*s.slice {
                    ast::Expr::Tuple(all) => all.elts.iter().collect::<Vec<_>>(),
                    one => vec![one],
                };
                let texts: Option<Vec<&str>> =
                    all.into_iter().map(|e| e.as_string_literal_expr().map(|s| s.value.to_str())).collect();
                texts.map_or_else(|| "?".into(), |texts| format!("literal:{}", texts.join("\n")))
            }
            "list" | "List" if annotation(&s.slice) == "str" => "json".into(),
            "ClassVar" => "class".into(),
            _ => "?".into(),
        },
        ast::Expr::BinOp(op) if op.op == ast::Operator::BitOr && op.right.is_none_literal_expr() => {
            format!("{}|None", annotation(&op.left))
        }
        _ => "?".into(),
    }
}

/// A field.
pub(crate) struct Field {
    names: Vec<String>,
    kind: String,
    optional: bool,
    default: Option<V>,
    /// Something that is not followed.
    pub(crate) odd: bool,
}

impl Field {
    pub(crate) fn new(name: &str, kind: &str, default: Option<&V>, config: &Config) -> Self {
        let upper = |name: &str| if config.cased { name.to_owned() } else { name.to_uppercase() };
        let (kind, optional) = kind.strip_suffix("|None").map_or((kind, false), |kind| (kind, true));
        let mut out = Self {
            names: vec![upper(&format!("{}{name}", config.prefix))],
            kind: kind.to_owned(),
            optional,
            default: default.cloned(),
            odd: false,
        };
        let made = match default.map(|v| &v.k) {
            Some(K::Made(path, made)) if path.starts_with("pydantic.") && path.ends_with("Field") => Arc::clone(made),
            Some(K::Made(..) | K::Unknown(_)) => {
                out.odd = true;
                return out;
            }
            _ => return out,
        };
        out.default = made.get(0, "default").cloned().filter(|v| !matches!(&v.k, K::Lib(p) if p.ends_with("Ellipsis")));
        out.odd |= made.open || made.named("default_factory").is_some();
        for (name, value) in &made.named {
            match (name.as_str(), &value.k) {
                ("alias" | "validation_alias" | "env", K::Str(text)) => out.names = vec![upper(text)],
                ("validation_alias", K::Made(path, choices)) if path.ends_with("AliasChoices") => {
                    let all: Option<Vec<String>> = choices.pos.iter().map(|v| v.text().map(upper)).collect();
                    match all.filter(|all| !all.is_empty()) {
                        Some(all) => out.names = all,
                        None => out.odd = true,
                    }
                }
                ("alias" | "validation_alias" | "env", _) => out.odd = true,
                (
                    "default" | "description" | "title" | "examples" | "repr" | "default_factory" | "init" | "exclude",
                    _,
                ) => {}
                _ => out.odd |= !matches!(name.as_str(), "gt" | "ge" | "lt" | "le" | "min_length" | "max_length"),
            }
        }
        out
    }
}

impl Machine<'_> {
    /// The value of a field.
    pub(crate) fn pydantic_field(&mut self, field: &Field, config: &Config, at: Span) -> R {
        let required = field.default.is_none();
        let place = field.default.as_ref().and_then(|v| v.m.origin.steps.first()).map_or(at, |step| step.span);
        let mut default = match &field.default {
            Some(default) => Some(self.lift(default, place, &mut |m, v| m.pydantic_default(field, v, place))?),
            None => None,
        };
        let other_case = |have: &String| field.names.iter().any(|n| have != n && have.eq_ignore_ascii_case(n));
        let cased = !config.cased && self.world.vars().keys().any(other_case);
        if cased || field.odd || self.in_dotenv(config, &field.names) {
            for name in &field.names {
                self.note_read(name, default.as_ref(), required, "pydantic", at);
            }
            let vars = field.names.iter().cloned().collect();
            let unknown = V::unknown("a field of a settings class that is not followed", place);
            return Ok(if self.world.is_open() && !field.odd { V::depends(vars, None) } else { unknown });
        }
        for (i, name) in field.names.iter().enumerate().rev() {
            let kept = default.clone();
            let got = self.env_cast(
                name,
                default,
                required && i + 1 == field.names.len(),
                "pydantic",
                at,
                &mut |m, v| match (v.text(), &kept) {
                    (Some(""), Some(kept)) if config.ignore_empty => Ok(kept.clone()),
                    (Some(""), None) if config.ignore_empty => m.raise("ValidationError", "a field is required", at),
                    _ => m.pydantic_text(field, v, at),
                },
            )?;
            default = Some(got);
        }
        Ok(default.unwrap_or_else(|| V::unknown("a field without a name", at)))
    }

    /// A default is validated as well.
    fn pydantic_default(&mut self, field: &Field, v: &V, at: Span) -> R {
        let fits = match (&v.k, field.kind.as_str()) {
            (K::None, _) => field.optional,
            (K::Str(_), "str") | (K::Int(_), "int") | (K::Bool(_), "bool") | (K::Float(_), "float") => true,
            (K::Str(text), kind) if kind.starts_with("literal:") => kind[8..].split('\n').any(|one| one == &**text),
            (K::Ref(_), "json") => true,
            (K::Str(_), "int" | "bool") => return self.pydantic_text(field, v, at),
            _ => false,
        };
        Ok(if fits { v.clone() } else { V::unknown("a default that is converted", at).resting([v]) })
    }

    fn pydantic_text(&mut self, field: &Field, v: &V, at: Span) -> R {
        let Some(text) = v.text().filter(|t| !placed(t)).map(str::to_owned) else {
            let same = field.kind == "str" && v.text().is_some();
            return Ok(if same { v.clone() } else { V::unknown("a cast that is not followed", at).resting([v]) });
        };
        match field.kind.as_str() {
            "str" => Ok(v.clone()),
            "int" => self.to_int(v, at),
            "bool" => match text.to_lowercase().as_str() {
                "1" | "true" | "t" | "yes" | "y" | "on" => Ok(self.plain(&Plain::Bool(true), v, at)),
                "0" | "false" | "f" | "no" | "n" | "off" => Ok(self.plain(&Plain::Bool(false), v, at)),
                _ => self.raise("ValidationError", "it is no truth value", at),
            },
            kind if kind.starts_with("literal:") => {
                if kind[8..].split('\n').any(|one| one == text) {
                    return Ok(v.clone());
                }
                self.raise("ValidationError", "it is none of the choices", at)
            }
            _ => Ok(V::unknown("a cast that is not followed", at).resting([v])),
        }
    }

    /// `PostgresDsn.build(scheme=…, host=…)`: a text, in so far as nothing in it is quoted.
    pub(crate) fn pydantic_url(&mut self, args: &Args, at: Span) -> R {
        let part = |name: &str| args.named(name).cloned().filter(|v| !matches!(v.k, K::None));
        let Some(scheme) = part("scheme").filter(|_| args.pos.is_empty() && !args.open) else {
            return Ok(V::unknown("a URL that is not followed", at));
        };
        let mut parts = vec![scheme, V::str("://")];
        if let Some(user) = part("username") {
            parts.push(user);
            if let Some(password) = part("password") {
                parts.extend([V::str(":"), password]);
            }
            parts.push(V::str("@"));
        }
        parts.extend(part("host"));
        if let Some(port) = part("port") {
            parts.extend([V::str(":"), port]);
        }
        if let Some(path) = part("path") {
            parts.extend([V::str("/"), path]);
        }
        let odd = ["query", "fragment", "hosts"].iter().any(|name| part(name).is_some()) || part("host").is_none();
        let mut texts = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            let text = self.to_text(part, at)?;
            let joint = i == 1 || matches!(part.text(), Some(":" | "@" | "/"));
            texts.push(self.lift(&text, at, &mut |_, v| {
                let plain = |c: char| c.is_ascii_alphanumeric() || "_.-+".contains(c);
                let fine = joint || v.text().is_some_and(|t| !t.is_empty() && t.chars().all(plain));
                Ok(if fine && !odd { v.clone() } else { V::unknown("a part that is quoted", at).resting([v]) })
            })?);
        }
        if odd {
            texts[0] = self.to_text(&parts[0], at)?;
            texts[1] = V::str("://");
        }
        let whole = self.concat(&texts, at)?.begins(&texts);
        let prefix = whole.m.prefix.clone();
        let out = self.lift(&whole, at, &mut |_, v| {
            let made = Args { pos: vec![v.clone()], ..Args::default() };
            Ok(V::at(K::Made("pydantic.Url".into(), Arc::new(made)), at).from(v))
        })?;
        Ok(out.with(|m| m.prefix = prefix))
    }
}
