//! Functions of packages that read a variable: what is called `get_string(name=…, default=…)` in a module for the
//! environment does so.

use super::casts::Cast;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::values::{Args, K, R, V};
use crate::formats::python::lib::os::Making;
use crate::model::Span;

/// What a function makes of a variable's text, by its name; none if it is no such function.
fn cast(path: &str) -> Option<Cast> {
    let (module, function) = path.rsplit_once('.')?;
    let of_environment = module
        .split(['.', '_'])
        .any(|word| matches!(word, "env" | "envs" | "environ" | "environment" | "getenv" | "get_env"));
    let mut words = function.split('_');
    let reads = matches!(words.next(), Some("get" | "read" | "env" | "getenv" | "environ"));
    if !of_environment || !reads {
        return None;
    }
    Some(match function.rsplit('_').next()? {
        "string" | "str" | "env" | "getenv" | "variable" | "var" | "text" => Cast::Text,
        "bool" | "boolean" | "flag" => Cast::Bool,
        "int" | "integer" => Cast::Int,
        _ => Cast::Other,
    })
}

/// Whether a text looks like the name of a variable.
fn is_name(text: &str) -> bool {
    text.len() > 2
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

impl Machine<'_> {
    /// A call of such a function; none if it is something else.
    pub(crate) fn read_by_helper(&mut self, path: &str, args: &Args, at: Span) -> Option<R> {
        if self.whole || args.open {
            return None;
        }
        let cast = cast(path)?;
        let given = ["name", "key", "var", "var_name", "variable"].iter().find_map(|name| args.named(name));
        let name = given.or(args.pos.first()).and_then(V::text).filter(|name| is_name(name))?.to_owned();
        let default = args.named("default").or_else(|| args.pos.get(1).filter(|_| given.is_none())).cloned();
        let required = default.is_none();
        let made = &mut |m: &mut Self, v: &V| m.helper_cast(&cast, v, at);
        Some(self.env_cast(&name, default, required, "os", at, Making { keeps: false, cast: made }))
    }

    fn helper_cast(&mut self, cast: &Cast, v: &V, at: Span) -> R {
        let text = v.text().map(|text| text.trim().to_ascii_lowercase());
        Ok(match (cast, text.as_deref()) {
            (Cast::Text, _) => v.clone(),
            (Cast::Bool, Some("true" | "1" | "yes" | "on")) => V::at(K::Bool(true), at).from(v).with(|m| m.raw = None),
            (Cast::Bool, Some("false" | "0" | "no" | "off")) => {
                V::at(K::Bool(false), at).from(v).with(|m| m.raw = None)
            }
            (Cast::Int, Some(_)) => return self.to_int(v, at),
            _ => V::unknown("what a function outside of the repository makes of it", at).resting([v]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_readers_in_modules_for_the_environment_read_variables() {
        assert!(matches!(cast("acme.common.envs.get_bool"), Some(Cast::Bool)));
        assert!(matches!(cast("acme.env.get_delimited_list"), Some(Cast::Other)));
        assert!(cast("acme.storage.get_string").is_none());
        assert!(cast("acme.env.configure").is_none());
        assert!(is_name("SECRET_KEY") && !is_name("en") && !is_name("Secret"));
    }
}
