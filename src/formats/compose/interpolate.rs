//! `${X}` in every form of Compose: `${X:-d}`, `${X-d}`, `${X:?e}`, `${X?e}`, `${X:+r}`, `${X+r}`, nested, `$X`, `$$`.

use crate::formats::Var;
use crate::model::{Certainty, Known, Reason, Span, SpanMap, Step, StepKind};

/// Stands in a text for a part that is not known, so that the parts around it can still be read.
pub(in crate::formats) const UNKNOWN: char = '\u{1}';
/// Deeper nesting is not expanded.
const DEPTH: usize = 16;

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
#[derive(Default)]
pub(in crate::formats) struct Done {
    /// The text; parts that are not known are [`UNKNOWN`].
    pub(in crate::formats) text: String,
    pub(in crate::formats) unknown: Option<Reason>,
    pub(in crate::formats) certainty: Certainty,
    pub(in crate::formats) steps: Vec<Step>,
    pub(in crate::formats) found: Vec<Found>,
    pub(in crate::formats) errors: Vec<(Span, String)>,
}

struct Run<'a> {
    look: &'a dyn Fn(&str) -> Var,
    map: &'a SpanMap,
    done: Done,
}

/// What a variable is at the place where it is named.
enum Seen {
    Set(String),
    Unset,
    /// Something outside may set it.
    Unknown(Reason),
    /// Something sets it, to what is not known.
    Given(Reason),
}

impl Seen {
    /// Whether the variable counts as there; an empty one does not where the operator has a colon.
    fn counts(&self, colon: bool) -> bool {
        matches!(self, Self::Set(value) if !colon || !value.is_empty())
    }
}

/// Interpolates a text; `map` leads from it to its file.
pub(in crate::formats) fn text(text: &str, map: &SpanMap, look: &dyn Fn(&str) -> Var) -> Done {
    if !text.contains('$') {
        return Done { text: text.to_owned(), ..Done::default() };
    }
    let mut run = Run { look, map, done: Done::default() };
    run.done.text = run.expand(text, 0, 0);
    run.done
}

/// Whether a name may begin with it. The long s and the sign of kelvin are letters of Compose's pattern, which does not
/// tell cases apart.
fn is_start(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '_' | '\u{17f}' | '\u{212a}')
}

/// The length of the variable name that a text begins with.
fn name_length(text: &str) -> usize {
    if !text.starts_with(is_start) {
        return 0;
    }
    text.find(|c: char| !(is_start(c) || c.is_ascii_digit())).unwrap_or(text.len())
}

/// The length of what stands in `${…}`, given the text behind `${`; none if it is not a substitution.
fn braced_length(inside: &str) -> Option<usize> {
    let name = name_length(inside);
    let rest = inside.get(name..).filter(|_| name > 0)?;
    if rest.starts_with('}') {
        return Some(name);
    }
    if !rest.strip_prefix(':').unwrap_or(rest).starts_with(['-', '+', '?']) {
        return None;
    }
    let line = inside.find('\n').map_or(inside, |end| &inside[..end]);
    let last = line.rfind('}').filter(|last| *last > name)?;
    let bytes = line.as_bytes();
    let (mut open, mut at) = (1_i32, 1);
    while at <= last {
        match bytes[at] {
            b'}' => {
                open -= 1;
                if open == 0 {
                    return Some(at);
                }
            }
            // The byte behind a brace is never looked at by Compose.
            b'{' => {
                open += 1;
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    Some(last)
}

impl Run<'_> {
    fn expand(&mut self, text: &str, base: usize, depth: usize) -> String {
        let mut out = String::new();
        let mut at = 0;
        while let Some(dollar) = text.get(at..).and_then(|rest| rest.find('$')).map(|n| at + n) {
            out.push_str(&text[at..dollar]);
            let rest = &text[dollar + 1..];
            let named = name_length(rest);
            at = if rest.starts_with('$') {
                out.push('$');
                dollar + 2
            } else if named > 0 {
                let span = self.map.span(base + dollar, base + dollar + 1 + named);
                let value = self.plain(&rest[..named], span);
                out.push_str(&value);
                dollar + 1 + named
            } else if let Some(inside) = rest.strip_prefix('{') {
                let Some(length) = braced_length(inside).filter(|_| depth < DEPTH) else {
                    let span = self.map.span(base + dollar, base + text.len());
                    self.done.errors.push((span, "not a substitution Compose knows; write `$$` for a `$`".into()));
                    out.push_str(&text[dollar..]);
                    return out;
                };
                let span = self.map.span(base + dollar, base + dollar + 3 + length);
                let value = self.braced(&inside[..length], base + dollar + 2, span, depth);
                out.push_str(&value);
                dollar + 3 + length
            } else {
                out.push('$');
                dollar + 1
            };
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

    fn look(&mut self, name: &str, span: Span) -> Seen {
        let var = (self.look)(name);
        match var.value {
            Known::One(value) => {
                if let Some(place) = var.origin.primary() {
                    self.step(StepKind::Interpolated, place, name);
                }
                self.done.certainty = self.done.certainty.and(&var.certainty);
                if value.contains(UNKNOWN) {
                    return Seen::Unknown(Reason::at(format!("{name} is not known"), span));
                }
                Seen::Set(value)
            }
            Known::Absent => Seen::Unset,
            Known::Unknown(mut reason) | Known::OneOf(_, mut reason) | Known::Every(_, mut reason) => {
                reason.span.get_or_insert(span);
                if var.origin.primary().is_some() { Seen::Given(reason) } else { Seen::Unknown(reason) }
            }
        }
    }

    fn unknown(&mut self, reason: Reason) -> String {
        self.done.unknown.get_or_insert(reason);
        UNKNOWN.to_string()
    }

    fn plain(&mut self, name: &str, span: Span) -> String {
        self.note(name, span, None, false);
        match self.look(name, span) {
            Seen::Set(value) => value,
            Seen::Unset => String::new(),
            Seen::Unknown(reason) | Seen::Given(reason) => self.unknown(reason),
        }
    }

    fn braced(&mut self, inside: &str, base: usize, span: Span, depth: usize) -> String {
        let end = name_length(inside);
        let (name, rest) = inside.split_at(end);
        let (colon, rest) = rest.strip_prefix(':').map_or((false, rest), |rest| (true, rest));
        let operand = rest.get(1..).unwrap_or_default();
        let at = base + end + usize::from(colon) + 1;
        match rest.chars().next() {
            Some('-') => self.or_default(name, colon, (operand, at), span, depth),
            Some('+') => {
                self.note(name, span, None, false);
                match self.look(name, span) {
                    Seen::Unknown(reason) | Seen::Given(reason) => self.unknown(reason),
                    seen if seen.counts(colon) => self.expand(operand, at, depth + 1),
                    _ => String::new(),
                }
            }
            Some('?') => {
                self.note(name, span, None, true);
                match self.look(name, span) {
                    Seen::Unknown(reason) | Seen::Given(reason) => self.unknown(reason),
                    Seen::Set(value) if !colon || !value.is_empty() => value,
                    _ => {
                        let message = format!("required variable {name} is missing a value: {operand}");
                        self.done.errors.push((span, message));
                        String::new()
                    }
                }
            }
            _ => self.plain(name, span),
        }
    }

    fn or_default(&mut self, name: &str, colon: bool, operand: (&str, usize), span: Span, depth: usize) -> String {
        let (operand, at) = operand;
        self.note(name, span, Some(operand), false);
        let seen = self.look(name, span);
        if let Seen::Set(value) = seen {
            if !colon || !value.is_empty() {
                return value;
            }
        } else if let Seen::Given(reason) = seen {
            return self.unknown(reason);
        } else if matches!(seen, Seen::Unknown(_)) && !self.done.certainty.is_default() {
            self.done.certainty = Certainty::Default { variable: Some(name.to_owned()) };
        }
        self.step(StepKind::Defaulted, span, name);
        self.expand(operand, at, depth + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{Vars, World};
    use crate::model::{FileId, Origin};

    fn expand(text_in: &str, vars: &[(&str, &str)], open: bool) -> Done {
        let vars: Vars = vars.iter().map(|(k, v)| ((*k).to_owned(), Var::set(*v, Origin::default()))).collect();
        let world = if open { World::Open(vars) } else { World::Closed(vars) };
        text(text_in, &SpanMap::Linear { file: FileId(0), base: 0 }, &|name| world.get(name))
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
            ("${B:-${A}}/${A}", "1/1"),
            ("${B:-${C:-${A}x}y}z", "1xyz"),
            ("${B:-{\"a\": 1}}", "{\"a\": 1}"),
            ("a$1 $ b$", "a$1 $ b$"),
        ];
        for (written, wanted) in rows {
            let done = expand(written, &[("A", "1"), ("E", "")], false);
            assert_eq!((done.text.as_str(), done.errors.len()), (wanted, 0), "{written}");
        }
    }

    #[test]
    fn what_is_no_substitution_is_an_error() {
        for written in ["${}", "${1}", "${A!}", "${A:-x", "${A:-x\ny}"] {
            assert_eq!(expand(written, &[("A", "1")], false).errors.len(), 1, "{written}");
        }
    }

    #[test]
    fn an_open_world_takes_defaults_and_knows_no_more() {
        let done = expand("postgres:${V:-15}", &[], true);
        assert_eq!((done.text.as_str(), done.unknown), ("postgres:15", None));
        assert_eq!(done.certainty, Certainty::Default { variable: Some("V".into()) });
        let done = expand("postgres:${V}", &[], true);
        assert!(done.unknown.is_some() && done.text.starts_with("postgres:"));
    }

    #[test]
    fn what_is_given_a_value_that_is_not_known_does_not_take_its_default() {
        let origin = Origin::set(Span::new(FileId(0), 0, 1));
        let given = Var { value: Known::Unknown(Reason::new("a secret")), ..Var::set("", origin) };
        let world = World::Open([("V".to_owned(), given)].into());
        let map = SpanMap::Linear { file: FileId(0), base: 0 };
        assert!(text("postgres:${V:-15}", &map, &|name| world.get(name)).unknown.is_some());
    }

    #[test]
    fn a_required_variable_is_an_error_without_a_value() {
        assert_eq!(expand("${X:?no}", &[], false).errors.len(), 1);
        assert!(expand("${X:?no}", &[], true).unknown.is_some());
    }
}
