//! Texts made of values: `str()`, `%` and `.format()`.

use std::sync::Arc;

use super::machine::Machine;
use super::values::{K, R, V};
use crate::model::{Span, StepKind};

impl Machine<'_> {
    /// `str(value)`.
    pub(crate) fn to_text(&mut self, value: &V, at: Span) -> R {
        let text = self.lift(value, at, &mut |m, v| {
            let text = match &v.k {
                K::Str(_) => return Ok(v.clone()),
                K::Made(class, made) if &**class == "pydantic.Url" => {
                    return Ok(made.pos.first().cloned().unwrap_or_else(|| V::unknown("a URL", at)));
                }
                K::Made(class, made)
                    if matches!(&**class, "starlette.datastructures.Secret" | "databases.DatabaseURL") =>
                {
                    let inner = made.pos.first().cloned().unwrap_or_else(|| V::unknown("a text", at));
                    return m.to_text(&inner, at);
                }
                K::Made(class, made) if &**class == "sqlalchemy.URL" => {
                    return m.sqlalchemy_text(&Arc::clone(made), true, at);
                }
                K::Made(class, _) if &**class == super::enums::MEMBER => {
                    let text = m.member_text(v, at);
                    return text.unwrap_or_else(|| Ok(V::unknown("how this is written as text", at).resting([v])));
                }
                _ => match m.plain_text(v) {
                    Some(text) => text,
                    None => return Ok(V::unknown("how this is written as text", at).resting([v])),
                },
            };
            Ok(V::at(K::Str(text.into()), at).from(v).with(|m| m.raw = None))
        })?;
        Ok(text.begins(std::slice::from_ref(value)))
    }

    /// `text % values`: only `%s` and `%d` of plain values.
    pub(crate) fn percent(&mut self, text: &V, values: &V, at: Span) -> R {
        let Some(pattern) = text.text().map(str::to_owned) else { return Ok(V::unknown("a format", at)) };
        let items: Option<Vec<V>> = match &values.k {
            K::Tuple(items) => Some(items.to_vec()),
            _ => None,
        };
        let pairs = if items.is_none() { self.pairs(values) } else { None };
        let mut parts = Vec::new();
        let mut rest = pattern.as_str();
        let mut next = 0;
        while let Some(i) = rest.find('%') {
            parts.push(V::str(&rest[..i]));
            rest = &rest[i + 1..];
            if let Some(after) = rest.strip_prefix('%') {
                parts.push(V::str("%"));
                rest = after;
                continue;
            }
            let mut value = None;
            if let Some(named) = rest.strip_prefix('(') {
                let Some((name, after)) = named.split_once(')') else { return Ok(V::unknown("a format", at)) };
                value =
                    pairs.as_ref().and_then(|p| p.iter().find(|(k, _)| k.text() == Some(name)).map(|(_, v)| v.clone()));
                rest = after;
            } else if let Some(items) = &items {
                value = items.get(next).cloned();
            } else if next == 0 {
                value = Some(values.clone());
            }
            next += 1;
            let flags =
                rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || "-+ #.*".contains(c)).len();
            let (flags, tail) = rest.split_at(flags);
            let (Some(kind), Some(value)) = (tail.chars().next(), value) else {
                return Ok(V::unknown("a format that is not followed", at).resting([values]));
            };
            if !kind.is_ascii() {
                return Ok(V::unknown("a format that is not followed", at).resting([values]));
            }
            let after = &tail[1..];
            if kind == 's' && flags.is_empty() {
                parts.push(self.to_text(&value, at)?);
            } else {
                parts.push(self.lift(&value, at, &mut |m, v| {
                    Ok(match m.percent_field(flags, kind, v) {
                        Some(text) => V::at(K::Str(text.into()), at).from(v).with(|m| m.raw = None),
                        None => V::unknown("a format that is not followed", at).resting([v]),
                    })
                })?);
            }
            rest = after;
        }
        parts.push(V::str(rest));
        self.concat(&parts, at)
    }

    /// `text.format(...)`: only plain fields.
    pub(crate) fn format(&mut self, text: &str, args: &super::values::Args, at: Span) -> R {
        let mut parts = Vec::new();
        let mut rest = text;
        let mut next = 0;
        while let Some(i) = rest.find(['{', '}']) {
            parts.push(V::str(&rest[..i]));
            let brace = &rest[i..=i];
            rest = &rest[i + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                parts.push(V::str(brace));
                rest = after;
                continue;
            }
            let Some((field, after)) = rest.split_once('}') else { return Ok(V::unknown("a format", at)) };
            let (field, spec) = field.split_once(':').map_or((field, None), |(field, spec)| (field, Some(spec)));
            let (field, shown) = field.strip_suffix("!r").map_or((field, false), |field| (field, true));
            let value = if field.is_empty() {
                next += 1;
                args.pos.get(next - 1)
            } else if let Ok(n) = field.parse::<usize>() {
                args.pos.get(n)
            } else {
                args.named(field)
            };
            let Some(value) = value.cloned().filter(|_| !args.open) else {
                return Ok(V::unknown("a format that is not followed", at).resting(&args.pos));
            };
            parts.push(self.field_text(&value, shown, spec, at)?);
            rest = after;
        }
        parts.push(V::str(rest));
        self.concat(&parts, at)
    }

    /// A field of a format: `{value!r:spec}`.
    pub(crate) fn field_text(&mut self, value: &V, shown: bool, spec: Option<&str>, at: Span) -> R {
        if !shown && spec.is_none_or(str::is_empty) {
            return self.to_text(value, at);
        }
        self.lift(value, at, &mut |m, v| {
            let shape = if shown { m.repr(v, 0).map(V::str) } else { Some(v.clone()) };
            let text = shape.and_then(|v| match spec {
                None | Some("") => m.plain_text(&v),
                Some(spec) => super::spec::formatted(&v, spec),
            });
            Ok(match text {
                Some(text) => V::at(K::Str(text.into()), at).from(v).with(|m| m.raw = None),
                None => V::unknown("a format that is not followed", at).resting([v]),
            })
        })
    }

    /// The parts as one text.
    pub(crate) fn concat(&mut self, parts: &[V], at: Span) -> R {
        let joined = self.lift_all(parts, at, &mut |_, parts| {
            if !parts.iter().all(|p| p.text().is_some()) {
                return Ok(V::unknown("a text whose parts are not known", at).resting(parts));
            }
            let text: String = parts.iter().filter_map(V::text).collect();
            let mut out = V::at(K::Str(text.into()), at);
            for part in parts {
                let origin = out.m.origin.clone().join(&part.m.origin);
                out = out.with(|m| m.origin = origin).resting([part]);
            }
            Ok(out.step(StepKind::Interpolated, at))
        })?;
        Ok(joined.begins(parts))
    }
}
