//! environs: texts of variables, with a prefix that `with env.prefixed(...)` puts in front.

use std::sync::Arc;

use super::made::Plain;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::{placed, wrap};
use crate::formats::python::eval::values::{Args, K, R, V};
use crate::formats::python::lib::os::Making;
use crate::model::Span;

impl Machine<'_> {
    /// A method of `environs.Env(...)`.
    pub(crate) fn environs_method(&mut self, object: &V, method: &str, args: &Args, at: Span) -> R {
        if method == "prefixed" {
            let pos = vec![object.clone(), args.get(0, "prefix").cloned().unwrap_or_else(V::none)];
            return Ok(V::at(K::Made("environs.prefixed".into(), Arc::new(Args { pos, ..Args::default() })), at));
        }
        if method == "read_env" {
            let named = args.named.iter().any(|(name, _)| !matches!(name.as_str(), "path" | "override" | "recurse"));
            let mut pass = Args { open: args.open || named || args.pos.len() > 1, ..Args::default() };
            pass.pos.extend(args.get(0, "path").cloned());
            pass.named.extend(args.named("override").map(|v| ("override".to_owned(), v.clone())));
            return self.dotenv_file(&pass, at);
        }
        if matches!(method, "seal" | "dump" | "add_parser") {
            return Ok(self.foreign(method, args, at));
        }
        let (aware, own) = match &object.k {
            K::Made(class, made) => (&**class == "environs.FileAwareEnv", Arc::clone(made)),
            _ => (false, Arc::default()),
        };
        let mut prefix = String::new();
        let mut odd = args.open || own.open || own.pos.iter().any(|v| !matches!(v.k, K::Bool(true)));
        for (name, value) in &own.named {
            match (name.as_str(), &value.k) {
                ("prefix", K::Str(text)) => prefix.push_str(text),
                ("prefix", K::None) | ("eager", K::Bool(true)) | ("expand_vars", K::Bool(false)) => {}
                // How a file's text is taken matters only where one is named, and then it is not read.
                ("strip_whitespace", _) if aware => {}
                _ => odd = true,
            }
        }
        for part in &self.prefixes {
            match part {
                Some(text) => prefix.push_str(text),
                None => odd = true,
            }
        }
        let name = args.get(0, "name").and_then(V::text).map(str::to_owned);
        let Some(name) = name.filter(|_| !odd) else {
            return Ok(self.foreign("a read of a variable that is not known", args, at));
        };
        let name = format!("{prefix}{name}");
        let default = args.get(1, "default").cloned().filter(|v| !matches!(&v.k, K::Lib(p) if p.ends_with("Ellipsis")));
        let required = default.is_none();
        let checked = args.named.iter().any(|(name, _)| !matches!(name.as_str(), "default" | "subcast" | "name"));
        let named = if aware { self.environ_named(&name, at) } else { Ok(None) };
        let vars = match named {
            Err(why) => return Ok(why),
            Ok(vars) => vars.unwrap_or_default(),
        };
        if method == "dj_db_url" {
            let text = self.env_get(&name, default, required, "environs", at)?;
            let mut parse = Args { pos: vec![text.clone()], ..Args::default() };
            let more = args.named.iter().filter(|(name, _)| name != "default" && name != "name");
            parse.named.extend(more.cloned());
            return self.database_parse(&parse, at);
        }
        let subcast = args.named("subcast").or(args.pos.get(2)).cloned().map(|asked| self.cast_of(&asked));
        let method = method.to_owned();
        let keeps = matches!(method.as_str(), "__call__" | "str");
        let cast = &mut |m: &mut Self, v: &V| {
            let Some(text) = v.text().filter(|t| !placed(t) && !checked).map(str::to_owned) else {
                return Ok(V::unknown("a variable that is read in a way that is not followed", at).resting([v]));
            };
            match method.as_str() {
                "__call__" | "str" => Ok(v.clone()),
                "bool" => match text.as_str() {
                    "t" | "T" | "true" | "True" | "TRUE" | "on" | "On" | "ON" | "y" | "Y" | "yes" | "Yes" | "YES"
                    | "1" => Ok(m.plain(&Plain::Bool(true), v, at)),
                    "f" | "F" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" | "n" | "N" | "no" | "No"
                    | "NO" | "0" => Ok(m.plain(&Plain::Bool(false), v, at)),
                    _ => m.raise("EnvValidationError", "it is no truth value", at),
                },
                "int" => m.to_int(v, at),
                "float" => m.call_cast(&super::casts::Cast::Float, v, at),
                "json" => m.apply(&V::lib("json.loads"), vec![v.clone()], at),
                "path" => m.apply(&V::lib("pathlib.Path"), vec![v.clone()], at),
                "list" => {
                    let mut items = Vec::new();
                    for part in text.split(',').filter(|_| !text.is_empty()) {
                        let part = V::at(K::Str(part.into()), at).resting([v]);
                        items.push(match &subcast {
                            None | Some(super::casts::Cast::Text) => part,
                            Some(super::casts::Cast::Int) => m.to_int(&part, at)?,
                            Some(_) => V::unknown("a cast that is not followed", at).resting([v]),
                        });
                    }
                    Ok(m.list(items, at).from(v).with(|m| m.raw = None))
                }
                _ => Ok(V::unknown("a variable that is read in a way that is not followed", at).resting([v])),
            }
        };
        let value = self.env_cast(&name, default, required, "environs", at, Making { keeps, cast })?;
        Ok(if vars.is_empty() { value } else { wrap(vars, value) })
    }
}
