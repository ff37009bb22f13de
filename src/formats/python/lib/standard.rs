//! Functions of Python's library that settings use: collections, itertools, functools, math, decimal, re, urllib, ast.

use std::sync::Arc;

use super::made::Plain;
use super::url;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::placed;
use crate::formats::python::eval::values::{Args, Exc, K, R, V};
use crate::model::Span;

/// What `quote` leaves as it is.
const UNRESERVED: &str = "_.-~";

/// `urllib.parse.quote` with these characters left as they are.
fn quote(text: &str, safe: &str, plus: bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || UNRESERVED.contains(c) || byte.is_ascii() && safe.contains(c) {
            out.push(c);
        } else if plus && c == ' ' {
            out.push('+');
        } else {
            out.extend(["%".to_owned(), format!("{byte:02X}")]);
        }
    }
    out
}

/// `urllib.parse.unquote`; none where the bytes are no text.
fn unquote(text: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).filter(|_| *first == b'%').and_then(|two| std::str::from_utf8(two).ok());
        match hex
            .filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|two| u8::from_str_radix(two, 16).ok())
        {
            Some(byte) => {
                out.push(byte);
                rest = &tail[2..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(out).ok()
}

/// A literal as `ast.literal_eval` reads it; none where it is no simple literal.
fn literal(e: &ruff_python_ast::Expr, depth: usize) -> Option<Plain> {
    use ruff_python_ast as ast;
    if depth > 50 {
        return None;
    }
    Some(match e {
        ast::Expr::StringLiteral(s) => Plain::Str(s.value.to_str().to_owned()),
        ast::Expr::BooleanLiteral(b) => Plain::Bool(b.value),
        ast::Expr::NoneLiteral(_) => Plain::None,
        ast::Expr::NumberLiteral(n) => match &n.value {
            ast::Number::Int(n) => Plain::Int(n.as_i64()?.into()),
            ast::Number::Float(n) => Plain::Float(*n),
            ast::Number::Complex { .. } => return None,
        },
        ast::Expr::UnaryOp(op) if op.op == ast::UnaryOp::USub => match literal(&op.operand, depth + 1)? {
            Plain::Int(n) => Plain::Int(-n),
            Plain::Float(n) => Plain::Float(-n),
            _ => return None,
        },
        ast::Expr::List(list) => {
            Plain::List(list.elts.iter().map(|e| literal(e, depth + 1)).collect::<Option<Vec<_>>>()?)
        }
        ast::Expr::Dict(dict) => {
            let mut items = Vec::new();
            for item in &dict.items {
                let Plain::Str(key) = literal(item.key.as_ref()?, depth + 1)? else { return None };
                let value = literal(&item.value, depth + 1)?;
                super::made::put(&mut items, &key, value);
            }
            Plain::Dict(items)
        }
        _ => return None,
    })
}

impl Machine<'_> {
    /// A function of the library; `None` if it is not modelled for these arguments.
    pub(crate) fn standard(&mut self, path: &str, args: &Args, at: Span) -> Option<R> {
        if args.open {
            return None;
        }
        let pos = args.pos.clone();
        let plain = args.named.is_empty();
        Some(match (path, pos.as_slice()) {
            ("collections.OrderedDict", _) => self.builtin("dict", args, at),
            ("builtins.compile", [code, ..])
                if args.pos.len() == 3 && args.get(2, "mode").and_then(V::text) == Some("exec") =>
            {
                Ok(code.clone())
            }
            ("typing.cast", [_, value]) => Ok(value.clone()),
            ("itertools.chain", all) if plain => self.chained(all, at),
            ("itertools.chain.from_iterable", [over]) => match self.iterate(over, at) {
                Ok(Ok(items)) => self.chained(&items, at),
                Ok(Err(unknown)) => Ok(unknown),
                Err(exc) => Err(exc),
            },
            ("functools.reduce", [func, over, rest @ ..]) if plain && rest.len() < 2 => {
                self.reduced(func, over, rest.first().cloned(), at)
            }
            ("functools.partial", [func, ..]) if matches!(func.k, K::Func(_) | K::Lib(_)) => {
                Ok(V::at(K::Made("functools.partial".into(), Arc::new(args.clone())), at))
            }
            ("decimal.Decimal", [of]) if plain => self.lift(of, at, &mut |_, v| {
                let fine = match &v.k {
                    K::Int(_) => true,
                    K::Str(text) => {
                        let digits = text.strip_prefix('-').unwrap_or(text);
                        let (whole, rest) = digits.split_once('.').unwrap_or((digits, "0"));
                        let all = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
                        all(whole)
                            && all(rest)
                            && (whole == "0" || !whole.starts_with('0'))
                            && !(rest.len() > 6 && whole == "0")
                    }
                    _ => false,
                };
                let pass = Args { pos: vec![v.clone()], ..Args::default() };
                Ok(if fine {
                    V::at(K::Made("decimal.Decimal".into(), Arc::new(pass)), at).from(v)
                } else {
                    V::unknown("a decimal number", at).resting([v])
                })
            }),
            ("re.compile", [of, ..]) if of.text().is_some_and(|t| !placed(t)) => {
                Ok(V::at(K::Made("re.Pattern".into(), Arc::new(args.clone())), at))
            }
            ("urllib.parse.quote" | "urllib.parse.quote_plus", [of]) => {
                let plus = path.ends_with("_plus");
                let safe = match args.named("safe").map(|v| v.text().map(str::to_owned)) {
                    None => {
                        if plus {
                            String::new()
                        } else {
                            "/".into()
                        }
                    }
                    Some(Some(safe)) => safe,
                    Some(None) => return None,
                };
                if args.named.iter().any(|(name, _)| name != "safe") {
                    return None;
                }
                self.on_text(of, at, &mut |text| Some(quote(text, &safe, plus)))
            }
            ("urllib.parse.unquote", [of]) if plain => self.on_text(of, at, &mut |text| unquote(text)),
            ("urllib.parse.unquote_plus", [of]) if plain => {
                self.on_text(of, at, &mut |text| unquote(&text.replace('+', " ")))
            }
            ("urllib.parse.urlparse" | "urllib.parse.urlsplit", [of]) if plain => self.lift(of, at, &mut |_, v| {
                let fine =
                    v.text().is_some_and(|t| !placed(t) && t.is_ascii() && !t.contains(';') && url::split(t).is_some());
                let pass = Args { pos: vec![v.clone()], ..Args::default() };
                let class = "urllib.parse.Result";
                Ok(if fine {
                    V::at(K::Made(class.into(), Arc::new(pass)), at).from(v)
                } else {
                    V::unknown("a URL that is not followed", at).resting([v])
                })
            }),
            ("ast.literal_eval", [of]) if plain => self.lift(of, at, &mut |m, v| {
                let text = v
                    .text()
                    .filter(|t| !placed(t) && t.len() < 10_000)
                    .map(|t| t.trim_start_matches([' ', '\t']).to_owned());
                let parsed = text.and_then(|text| ruff_python_parser::parse_expression(&text).ok());
                Ok(match parsed.and_then(|parsed| literal(parsed.expr(), 0)) {
                    Some(value) => m.plain(&value, v, at),
                    None => {
                        m.may_raise(None, at, crate::formats::python::eval::machine::Cond::default());
                        V::unknown("a literal that is not followed", at).resting([v])
                    }
                })
            }),
            ("math.floor" | "math.ceil", [V { k: K::Int(n), .. }]) => Ok(V::at(K::Int(*n), at)),
            ("dict.fromkeys" | "builtins.dict.fromkeys" | "collections.OrderedDict.fromkeys", _) if plain => {
                self.from_keys(args, at)
            }
            ("split_settings.tools.optional", [_]) => {
                Ok(V::at(K::Made("split_settings.tools.optional".into(), Arc::new(args.clone())), at))
            }
            _ => return None,
        })
    }

    fn on_text(&mut self, of: &V, at: Span, run: &mut dyn FnMut(&str) -> Option<String>) -> R {
        self.lift(of, at, &mut |_, v| {
            let out = v.text().filter(|t| !placed(t)).and_then(&mut *run);
            Ok(match out {
                Some(text) => V::at(K::Str(text.into()), at).from(v).with(|m| m.raw = None),
                None => V::unknown("a text that is not followed", at).resting([v]),
            })
        })
    }

    fn chained(&mut self, all: &[V], at: Span) -> R {
        let mut out = Vec::new();
        for one in all {
            match self.iterate(one, at)? {
                Ok(items) => out.extend(items),
                Err(unknown) => return Ok(unknown),
            }
        }
        Ok(V::at(K::Iter(Arc::new(out)), at).resting(all))
    }

    fn reduced(&mut self, func: &V, over: &V, first: Option<V>, at: Span) -> R {
        let items = match self.iterate(over, at)? {
            Ok(items) => items,
            Err(unknown) => return Ok(unknown),
        };
        let mut items = items.into_iter();
        let Some(mut out) = first.or_else(|| items.next()) else {
            return self.raise("TypeError", "there is nothing to reduce", at);
        };
        for item in items {
            out = self.apply(func, vec![out, item], at)?;
        }
        Ok(out.resting([over]))
    }

    /// An attribute of what this file makes; `None` if there is none that is followed.
    pub(crate) fn made_attribute(&mut self, class: &str, made: &Args, name: &str, at: Span) -> Option<V> {
        let from = made.pos.first()?;
        let text = from.text();
        let str = |t: &str| Some(V::at(K::Str(t.into()), at).from(from).with(|m| m.raw = None));
        let or_none = |t: &str| if t.is_empty() { Some(V::at(K::None, at).from(from)) } else { str(t) };
        match (class, name) {
            ("re.Pattern", "pattern") => Some(from.clone()),
            ("urllib.parse.Result", _) => {
                let parts = url::split(text?)?;
                let simple = |t: &str| t.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
                match name {
                    "scheme" => str(&parts.scheme),
                    "netloc" => str(&parts.netloc),
                    "path" => str(&parts.path),
                    "query" => str(&parts.query),
                    "fragment" => str(&parts.fragment),
                    "username" if parts.netloc.contains('@') => str(parts.username()),
                    "username" => or_none(""),
                    "password" => match parts.password() {
                        Some(password) => str(password),
                        None => or_none(""),
                    },
                    "hostname" => {
                        let host = parts.host_info().split(':').next().unwrap_or_default();
                        if simple(host) { or_none(&host.to_ascii_lowercase()) } else { None }
                    }
                    "port" => match parts.host_info().split_once(':') {
                        None | Some((_, "")) => Some(V::at(K::None, at).from(from)),
                        Some((_, port)) => {
                            let n: u32 = port.parse().ok().filter(|n| *n < 65536)?;
                            let plain = port.bytes().all(|b| b.is_ascii_digit());
                            plain.then(|| V::at(K::Int(n.into()), at).from(from))
                        }
                    },
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Calls `functools.partial(...)`.
    pub(crate) fn partial(&mut self, made: &Args, args: &Args, at: Span) -> Result<V, Exc> {
        let Some((func, first)) = made.pos.split_first() else { return Ok(V::unknown("a partial call", at)) };
        let mut all = Args { pos: first.to_vec(), ..Args::default() };
        all.pos.extend(args.pos.iter().cloned());
        all.named.extend(made.named.iter().filter(|(name, _)| args.named(name).is_none()).cloned());
        all.named.extend(args.named.iter().cloned());
        all.open = made.open || args.open;
        self.apply_args(func, &all, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_and_unquoted_for_urls() {
        assert_eq!(quote("p@s s/é", "", false), "p%40s%20s%2F%C3%A9");
        assert_eq!(quote("a b/c", "/", true), "a+b/c");
        assert_eq!(unquote("a%20b%2fc%zz").as_deref(), Some("a b/c%zz"));
        assert_eq!(unquote("%ff"), None);
    }
}
