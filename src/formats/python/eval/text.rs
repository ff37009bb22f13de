//! Methods of texts and paths.

use std::sync::Arc;

use super::machine::Machine;
use super::truth::placed;
use super::values::{Args, K, MARK, R, V};
use crate::model::Span;

/// Joins paths as `pathlib` does; a path beneath the root stays beneath it.
pub(crate) fn join_path(a: &str, b: &str) -> String {
    if b.starts_with('/') {
        return normal(b);
    }
    normal(&format!("{}/{b}", a.trim_end_matches('/')))
}

/// Drops `.` and doubled slashes, as `pathlib` does.
pub(crate) fn normal(path: &str) -> String {
    let lead = if path.starts_with('/') { "/" } else { "" };
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    let out = format!("{lead}{}", parts.join("/"));
    if out.is_empty() { ".".into() } else { out }
}

/// The folder of a path; none above the folder that the project lies in.
pub(crate) fn parent(path: &str) -> Option<String> {
    if path == super::values::ROOT {
        return Some(super::values::ABOVE.to_owned());
    }
    if path == super::values::ABOVE || path.contains("..") {
        return None;
    }
    let at = path.rfind('/')?;
    Some(if at == 0 { "/".into() } else { path[..at].to_owned() })
}

/// Whether a text in which a path of the project stands begins with what is asked, where what precedes the path decides it.
fn begins(text: &str, args: &[V]) -> Option<bool> {
    let known = text.split(MARK).next().unwrap_or_default();
    let asked: Vec<&str> = match args {
        [V { k: K::Str(one), .. }] => vec![one],
        [V { k: K::Tuple(all), .. }] => all.iter().map(V::text).collect::<Option<_>>()?,
        _ => return None,
    };
    if asked.iter().any(|one| known.starts_with(one)) {
        return Some(true);
    }
    asked.iter().all(|one| !one.starts_with(known)).then_some(false)
}

impl Machine<'_> {
    /// A method of a text whose receiver and arguments are settled; `None` if it is not modelled.
    pub(crate) fn text_method(&mut self, text: &str, name: &str, args: &[V], at: Span) -> Option<V> {
        if placed(text) {
            match name {
                "startswith" => return Some(V::at(K::Bool(begins(text, args)?), at)),
                // A path of a file has no two lines side by side: what is put in the place of a scheme is not within it.
                "replace" if args.first().and_then(V::text).is_some_and(|old| old.ends_with("://")) => {}
                "format" | "join" | "rstrip" => {}
                _ => return None,
            }
        }
        let arg = |i: usize| args.get(i).and_then(V::text).filter(|t| !placed(t));
        let str = |t: &str| Some(V::at(K::Str(t.into()), at));
        let bool = |b: bool| Some(V::at(K::Bool(b), at));
        let chars = |i: usize| -> Option<Vec<char>> {
            match args.get(i).map(|v| &v.k) {
                None | Some(K::None) => Some(" \t\n\r\x0b\x0c".chars().collect()),
                Some(K::Str(set)) => Some(set.chars().collect()),
                _ => None,
            }
        };
        match name {
            "lower" if text.is_ascii() => str(&text.to_ascii_lowercase()),
            "upper" if text.is_ascii() => str(&text.to_ascii_uppercase()),
            "strip" => str(text.trim_matches(&chars(0)?[..])),
            "lstrip" => str(text.trim_start_matches(&chars(0)?[..])),
            "rstrip" => str(text.trim_end_matches(&chars(0)?[..])),
            "startswith" | "endswith" => {
                let all: Vec<&str> = match args.first().map(|v| &v.k) {
                    Some(K::Str(one)) => vec![one],
                    Some(K::Tuple(all)) if all.iter().all(|v| v.text().is_some()) => {
                        all.iter().filter_map(V::text).collect()
                    }
                    _ => return None,
                };
                if args.len() > 1 {
                    return None;
                }
                bool(
                    all.iter()
                        .any(|one| if name == "startswith" { text.starts_with(one) } else { text.ends_with(one) }),
                )
            }
            "replace" if args.len() == 2 => {
                let (old, new) = (arg(0)?, arg(1)?);
                if old.is_empty() { None } else { str(&text.replace(old, new)) }
            }
            "removeprefix" => str(text.strip_prefix(arg(0)?).unwrap_or(text)),
            "removesuffix" => str(text.strip_suffix(arg(0)?).unwrap_or(text)),
            "isdigit" if text.is_ascii() => bool(!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())),
            "count" if args.len() == 1 && !arg(0)?.is_empty() => {
                Some(V::at(K::Int(i128::try_from(text.matches(arg(0)?).count()).ok()?), at))
            }
            "split" | "rsplit" => {
                let parts: Vec<String> = match (args.first().map(|v| &v.k), args.get(1).map(|v| &v.k)) {
                    (None | Some(K::None), None) => text.split_ascii_whitespace().map(str::to_owned).collect(),
                    (Some(K::Str(sep)), None) if !sep.is_empty() => text.split(&**sep).map(str::to_owned).collect(),
                    (Some(K::Str(sep)), Some(K::Int(n))) if !sep.is_empty() && *n >= 0 => {
                        let n = usize::try_from(*n).ok()? + 1;
                        if name == "split" {
                            text.splitn(n, &**sep).map(str::to_owned).collect()
                        } else {
                            let mut all: Vec<String> = text.rsplitn(n, &**sep).map(str::to_owned).collect();
                            all.reverse();
                            all
                        }
                    }
                    _ => return self.rare_text_method(text, name, args, at),
                };
                let items = parts.iter().map(|p| V::at(K::Str(p.as_str().into()), at)).collect();
                Some(self.list(items, at))
            }
            "encode" if args.is_empty() || arg(0).is_some_and(|a| a.eq_ignore_ascii_case("utf-8")) => {
                Some(V::at(K::Bytes(text.as_bytes().into()), at))
            }
            _ => self.rare_text_method(text, name, args, at),
        }
    }

    /// An attribute of a path.
    pub(crate) fn path_attribute(path: &str, name: &str, at: Span) -> Option<V> {
        let last = || path.rsplit('/').next().filter(|l| !placed(l));
        match name {
            "parent" => parent(path).map(|p| V::at(K::Path(p.into()), at)),
            "parents" => {
                let mut all = Vec::new();
                let mut now = path.to_owned();
                while let Some(up) = parent(&now).filter(|up| *up != now) {
                    all.push(V::at(K::Path(up.as_str().into()), at));
                    now = up;
                }
                Some(V::at(K::Made("parents".into(), Arc::new(Args { pos: all, ..Args::default() })), at))
            }
            "suffix" => last().filter(|l| !l.ends_with('.')).map(|l| {
                let suffix = l.trim_start_matches('.').rfind('.').map(|_| &l[l.rfind('.').unwrap_or(0)..]);
                V::str(suffix.unwrap_or_default())
            }),
            "name" => last().map(|l| V::at(K::Str(l.into()), at)),
            "stem" => last()
                .filter(|l| !l.starts_with('.') && !l.ends_with('.'))
                .map(|l| V::at(K::Str(l.rsplit_once('.').map_or(l, |(s, _)| s).into()), at)),
            _ => None,
        }
    }

    /// A method of a path.
    pub(crate) fn path_method(&mut self, path: &str, name: &str, args: &Args, at: Span) -> R {
        let made = |text: String| V::at(K::Path(text.into()), at);
        let rest: Option<Vec<&str>> = args.pos.iter().map(V::pathlike).collect();
        Ok(match (name, rest) {
            ("resolve" | "absolute", _) if placed(path) && !path.contains("..") => made(path.to_owned()),
            ("joinpath", Some(rest)) => made(rest.iter().fold(path.to_owned(), |a, b| join_path(&a, b))),
            ("as_posix" | "__str__", _) => V::at(K::Str(path.into()), at),
            ("exists" | "is_file" | "is_dir" | "read_text" | "open", _) => return self.file_call(name, path, at),
            _ => self.foreign("a method of a path", args, at),
        })
    }
}

/// `datetime.timedelta(...)`.
pub(crate) fn timedelta(args: &Args, at: Span) -> V {
    let mut total = 0.0;
    let names = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
    let scale = [86400.0, 1.0, 1e-6, 1e-3, 60.0, 3600.0, 604_800.0];
    let given = args.pos.iter().enumerate();
    let named = args.named.iter().map(|(n, v)| (names.iter().position(|x| x == n).unwrap_or(9), v));
    for (i, value) in given.chain(named) {
        #[expect(clippy::cast_precision_loss, reason = "durations are small")]
        let n = match value.k {
            K::Int(n) => n as f64,
            _ => return V::unknown("a duration", at).resting([value]),
        };
        let Some(scale) = scale.get(i) else { return V::unknown("a duration", at) };
        total += n * scale;
    }
    if args.open { V::unknown("a duration", at) } else { V::at(K::Timedelta(total), at) }
}
