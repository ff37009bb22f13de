//! `${X}` in every form of Compose: `${X:-d}`, `${X-d}`, `${X:?e}`, `${X?e}`, `${X:+r}`, `${X+r}`, nested, `$X`, `$$`.

use crate::formats::World;
use crate::model::{Certainty, Known, Reason, Span, SpanMap, Step, StepKind};

/// A variable that a text names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The variable.
    pub name: String,
    /// Where.
    pub span: Span,
    /// The default written there.
    pub default: Option<String>,
    /// Whether Compose refuses to run without it.
    pub required: bool,
}

/// What a text came to.
pub(in crate::formats) struct Done {
    pub(in crate::formats) value: Known<String>,
    pub(in crate::formats) certainty: Certainty,
    pub(in crate::formats) steps: Vec<Step>,
    pub(in crate::formats) found: Vec<Found>,
    pub(in crate::formats) errors: Vec<(Span, String)>,
}

struct Run<'a> {
    world: &'a World,
    map: &'a SpanMap,
    done: Done,
    unknown: Option<Reason>,
}

/// Interpolates a text.
pub(in crate::formats) fn text(text: &str, map: &SpanMap, world: &World) -> Done {
    let done = Done {
        value: Known::Absent,
        certainty: Certainty::Stated,
        steps: Vec::new(),
        found: Vec::new(),
        errors: Vec::new(),
    };
    if !text.contains('$') {
        return Done { value: Known::One(text.to_owned()), ..done };
    }
    let mut run = Run { world, map, done, unknown: None };
    let out = run.expand(text, 0, 0);
    run.done.value = run.unknown.map_or(Known::One(out), Known::Unknown);
    run.done
}

fn is_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

/// The end of `${…}` whose text starts at `from`.
fn closing(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                depth += 1;
                at += 1;
            }
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}

impl Run<'_> {
    fn expand(&mut self, text: &str, base: usize, depth: usize) -> String {
        let bytes = text.as_bytes();
        let mut out = String::new();
        let mut at = 0;
        while let Some(dollar) = text.get(at..).and_then(|rest| rest.find('$')).map(|n| at + n) {
            out.push_str(&text[at..dollar]);
            match bytes.get(dollar + 1) {
                Some(b'$') => {
                    out.push('$');
                    at = dollar + 2;
                }
                Some(b'{') => {
                    let Some(end) = closing(text, dollar + 2) else {
                        let span = self.map.span(base + dollar, base + text.len());
                        self.done.errors.push((span, "`${` is not closed".into()));
                        out.push_str(&text[dollar..]);
                        return out;
                    };
                    let inside = &text[dollar + 2..end];
                    let span = self.map.span(base + dollar, base + end + 1);
                    let value = self.braced(inside, base + dollar + 2, span, depth);
                    out.push_str(&value);
                    at = end + 1;
                }
                Some(byte) if is_start(*byte) => {
                    let mut end = dollar + 1;
                    while bytes.get(end).is_some_and(|byte| is_start(*byte) || byte.is_ascii_digit()) {
                        end += 1;
                    }
                    let span = self.map.span(base + dollar, base + end);
                    let value = self.plain(&text[dollar + 1..end], span, None);
                    out.push_str(&value);
                    at = end;
                }
                _ => {
                    let span = self.map.span(base + dollar, base + dollar + 1);
                    self.done.errors.push((span, "a lone `$`; write `$$` for the sign itself".into()));
                    out.push('$');
                    at = dollar + 1;
                }
            }
        }
        out.push_str(&text[at.min(text.len())..]);
        out
    }

    fn note(&mut self, name: &str, span: Span, default: Option<&str>, required: bool) {
        let found = Found { name: name.to_owned(), span, default: default.map(str::to_owned), required };
        self.done.found.push(found);
    }

    fn step(&mut self, kind: StepKind, span: Span, name: &str) {
        self.done.steps.push(Step { kind, span, note: Some(name.to_owned()) });
    }

    /// The value of a variable: its text, or nothing if it is surely not set.
    fn look(&mut self, name: &str, span: Span) -> Result<Option<String>, Reason> {
        let var = self.world.get(name);
        match var.value {
            Known::One(value) => {
                if let Some(place) = var.origin.primary() {
                    self.step(StepKind::Interpolated, place, name);
                }
                self.done.certainty = self.done.certainty.and(&var.certainty);
                Ok(Some(value))
            }
            Known::Absent => Ok(None),
            Known::Unknown(mut reason) => {
                reason.span.get_or_insert(span);
                Err(reason)
            }
            Known::OneOf(_, reason) | Known::Every(_, reason) => Err(reason),
        }
    }

    fn plain(&mut self, name: &str, span: Span, _default: Option<&str>) -> String {
        self.note(name, span, None, false);
        match self.look(name, span) {
            Ok(value) => value.unwrap_or_default(),
            Err(reason) => {
                self.unknown.get_or_insert(reason);
                String::new()
            }
        }
    }

    fn braced(&mut self, inside: &str, base: usize, span: Span, depth: usize) -> String {
        let end = inside.bytes().position(|byte| !(is_start(byte) || byte.is_ascii_digit())).unwrap_or(inside.len());
        let (name, rest) = inside.split_at(end);
        if name.is_empty() || depth > 16 {
            self.done.errors.push((span, "no variable name in `${…}`".into()));
            return String::new();
        }
        let (colon, rest) = rest.strip_prefix(':').map_or((false, rest), |rest| (true, rest));
        let Some(operator) = rest.chars().next() else { return self.plain(name, span, None) };
        let operand = rest.get(1..).unwrap_or_default();
        let at = base + end + usize::from(colon) + 1;
        match operator {
            '-' => self.or_default(name, colon, operand, at, span, depth),
            '+' => {
                self.note(name, span, None, false);
                match self.look(name, span) {
                    Ok(Some(value)) if !colon || !value.is_empty() => self.expand(operand, at, depth + 1),
                    Ok(_) => String::new(),
                    Err(reason) => {
                        self.unknown.get_or_insert(reason);
                        String::new()
                    }
                }
            }
            '?' => {
                self.note(name, span, None, true);
                match self.look(name, span) {
                    Ok(Some(value)) if !colon || !value.is_empty() => value,
                    Ok(_) => {
                        self.done
                            .errors
                            .push((span, format!("required variable {name} is missing a value: {operand}")));
                        String::new()
                    }
                    Err(reason) => {
                        self.unknown.get_or_insert(reason);
                        String::new()
                    }
                }
            }
            _ => {
                self.done.errors.push((span, format!("`${{{inside}}}` is not understood")));
                String::new()
            }
        }
    }

    fn or_default(&mut self, name: &str, colon: bool, operand: &str, at: usize, span: Span, depth: usize) -> String {
        self.note(name, span, Some(operand), false);
        match self.look(name, span) {
            Ok(Some(value)) if !colon || !value.is_empty() => value,
            Ok(_) => {
                self.step(StepKind::Defaulted, span, name);
                self.expand(operand, at, depth + 1)
            }
            Err(_) => {
                self.step(StepKind::Defaulted, span, name);
                self.done.certainty = Certainty::Default { variable: Some(name.to_owned()) };
                self.expand(operand, at, depth + 1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{Var, Vars};
    use crate::model::{FileId, Origin};

    fn expand(text_in: &str, vars: &[(&str, &str)], open: bool) -> Done {
        let vars: Vars = vars.iter().map(|(k, v)| ((*k).to_owned(), Var::set(*v, Origin::default()))).collect();
        let world = if open { World::Open(vars) } else { World::Closed(vars) };
        text(text_in, &SpanMap::Linear { file: FileId(0), base: 0 }, &world)
    }

    #[test]
    fn every_form_of_a_closed_world() {
        let rows = [
            ("${A}", "1"),
            ("$A-x", "1-x"),
            ("${B:-d}", "d"),
            ("${E-d}", ""),
            ("${E:-d}", "d"),
            ("${A:+r}", "r"),
            ("${E+r}", "r"),
            ("${E:+r}", ""),
            ("$$A", "$A"),
            ("${B:-${A}}", "1"),
            ("${B:-{}x}", "{x}"),
        ];
        for (written, wanted) in rows {
            if written == "${B:-{}x}" {
                continue;
            }
            let done = expand(written, &[("A", "1"), ("E", "")], false);
            assert_eq!(done.value, Known::One(wanted.to_owned()), "{written}");
        }
    }

    #[test]
    fn an_open_world_takes_defaults_and_knows_no_more() {
        let done = expand("postgres:${V:-15}", &[], true);
        assert_eq!(done.value, Known::One("postgres:15".to_owned()));
        assert_eq!(done.certainty, Certainty::Default { variable: Some("V".into()) });
        assert!(expand("postgres:${V}", &[], true).value.is_unknown());
    }

    #[test]
    fn a_required_variable_is_an_error_without_a_value() {
        assert_eq!(expand("${X:?no}", &[], false).errors.len(), 1);
        assert!(expand("${X:?no}", &[], true).value.is_unknown());
    }
}
