//! Nothing that is printed shows a secret: values, messages and quoted source lines pass through here.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use super::assigned::{assigned, in_urls, of_default, opens_call};
use super::shift::Shift;
use crate::judge::object::NUMBERED;
use crate::knowledge::{services, variables};
use crate::model::{Audit, Secret, Span, Value};

/// Secrets of an output, numbered by first appearance; equal values have equal numbers.
pub struct Redactor {
    /// All of the model, as its findings number them.
    all: Vec<Secret>,
    secrets: Vec<Secret>,
    spans: Vec<Span>,
    numbers: RefCell<BTreeMap<Secret, usize>>,
}

/// Shorter texts, and placeholders, are hidden where they stand as a secret, not wherever the same letters occur.
const TELLING_LENGTH: usize = 8;

/// Whether a text can hardly stand elsewhere by chance: it is no plain word, nor words joined by signs of names.
fn looks_random(text: &str) -> bool {
    let holds = |text: &str| text.chars().any(|c| c.is_ascii_digit()) && text.chars().any(char::is_alphabetic);
    // `e2e-test` and `py3-wheels` are words; of a key's pieces one is longer, or there are several.
    let word = |piece: &str| piece.len() < 5 || !holds(piece);
    let pieces = text.split(['_', '-', '.', ':', '/']);
    let mixed = holds(text) && !(pieces.clone().all(word) && pieces.filter(|piece| holds(piece)).count() < 2);
    let cases = text.chars().any(char::is_uppercase) && text.chars().any(char::is_lowercase);
    let signs = text.chars().any(|c| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.' | ':' | '/'));
    mixed || cases || signs || text.len() >= 24
}

/// A text without the quotes around it: a number stands for what is between them.
fn unquoted(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote).filter(|inner| !inner.contains(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

impl Redactor {
    /// For everything that an audit met.
    pub fn new(audit: &Audit) -> Self {
        let telling = |secret: &&Secret| {
            secret.len() >= TELLING_LENGTH && !secret.is(variables::is_placeholder) && secret.is(looks_random)
        };
        let mut secrets: Vec<Secret> = audit.model.secrets.iter().filter(telling).cloned().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self {
            all: audit.model.secrets.clone(),
            secrets,
            spans: audit.model.secret_spans.clone(),
            numbers: RefCell::default(),
        }
    }

    /// What stands for a secret: of the address of a service only the password is one.
    fn shown(&self, secret: &Secret) -> String {
        let of_service = |text: &str| {
            let scheme = text.split_once("://")?.0;
            let known = services::by_url(scheme).or_else(|| services::by_broker(scheme)).is_some();
            variables::password_in_url(text).filter(|_| known)
        };
        match secret.around(of_service) {
            Some((before, password, behind)) if variables::token_shape(&before).is_none() => {
                format!("{before}{}{behind}", self.number(&password))
            }
            _ => self.number(secret),
        }
    }

    fn number(&self, secret: &Secret) -> String {
        let mut numbers = self.numbers.borrow_mut();
        let next = numbers.len() + 1;
        let number = *numbers.entry(secret.clone()).or_insert(next);
        format!("secret #{number}")
    }

    /// A value as text.
    pub fn value(&self, value: &Value) -> String {
        match value {
            Value::Text(text) => self.text(text),
            Value::Bool(yes) => if *yes { "true" } else { "false" }.to_owned(),
            Value::List(items) => items.iter().map(|item| self.text(item)).collect::<Vec<_>>().join(", "),
            Value::Secret(secret) => self.shown(secret),
        }
    }

    /// A text of ours, or one that files gave us.
    pub fn text(&self, text: &str) -> String {
        self.apply(text, self.ranges(text)).0
    }

    /// A source line, and where its offsets went.
    pub fn line(&self, text: &str, span: Span) -> (String, Shift) {
        let mut ranges = self.ranges(text);
        for secret in self.spans.iter().filter(|secret| secret.overlaps(span)) {
            let mut start = (secret.start.saturating_sub(span.start) as usize).min(text.len());
            let mut end = (secret.end.min(span.end).saturating_sub(span.start) as usize).min(text.len());
            while !text.is_char_boundary(start) {
                start -= 1;
            }
            // Of a call over several lines the first may hold nothing but its name.
            if secret.end > span.end && secret.start >= span.start && opens_call(text.get(start..).unwrap_or_default())
            {
                continue;
            }
            while !text.is_char_boundary(end) {
                end += 1;
            }
            if start < end {
                ranges.push(start..end);
            }
        }
        self.apply(text, ranges)
    }

    fn apply(&self, text: &str, mut ranges: Vec<Range<usize>>) -> (String, Shift) {
        ranges.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        let mut apart: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
        for range in ranges.into_iter().filter(|range| !range.is_empty()) {
            match apart.last_mut() {
                Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                _ => apart.push(range),
            }
        }
        let mut out = String::with_capacity(text.len());
        let mut shift = Shift::default();
        let mut at = 0;
        for range in apart.into_iter().map(|range| of_default(text, range)) {
            out.push_str(&text[at..range.start]);
            let found = &text[range.clone()];
            let shown = self.shown(&self.numbered(found).unwrap_or_else(|| Secret::new(unquoted(found))));
            shift.moves.push((range.clone(), out.len()..out.len() + shown.len()));
            out.push_str(&shown);
            at = range.end;
        }
        out.push_str(&text[at..]);
        (out, shift)
    }

    /// The secret that a text numbers.
    fn numbered(&self, text: &str) -> Option<Secret> {
        let at = text.strip_prefix(NUMBERED)?.strip_suffix('⟩')?;
        self.all.get(at.parse::<usize>().ok()?).cloned()
    }

    /// Where a text numbers secrets.
    fn numbers_in(&self, text: &str) -> Vec<Range<usize>> {
        let ends = |at: usize| text.get(at..).and_then(|rest| rest.find('⟩')).map(|end| at..at + end + '⟩'.len_utf8());
        let found = text.match_indices(NUMBERED).filter_map(|(at, _)| ends(at));
        found.filter(|range| self.numbered(&text[range.clone()]).is_some()).collect()
    }

    /// Where secrets stand in a text.
    fn ranges(&self, text: &str) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = self.secrets.iter().flat_map(|secret| secret.occurrences(text)).collect();
        ranges.extend(self.numbers_in(text));
        ranges.extend(in_urls(text));
        ranges.extend(assigned(text));
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FileId;

    fn redacted(text: &str) -> String {
        Redactor::new(&Audit::default()).text(text)
    }

    #[test]
    fn a_secret_that_a_finding_numbers_gets_the_number_of_its_first_appearance() {
        let secrets = ["q7Rw2mZ9xT4kLp8v", "b3Nf6yHs1cJd5gQa"].map(Secret::new).to_vec();
        let mut audit = Audit::default();
        audit.model.secrets = secrets;
        let redactor = Redactor::new(&audit);
        assert_eq!(redactor.text("production: secret ⟨1⟩"), "production: secret #1");
        assert_eq!(redactor.text("TOKEN=b3Nf6yHs1cJd5gQa"), "TOKEN=secret #1");
        assert_eq!(redactor.text("secret ⟨0⟩ and secret ⟨7⟩"), "secret #2 and secret ⟨7⟩");
    }

    #[test]
    fn quotes_are_no_part_of_a_secret_and_a_call_of_several_lines_keeps_its_name() {
        let mut audit = Audit::default();
        let text = "KEY = env.str(\n    \"passwd\", cast=str\n)\n";
        audit.model.secret_spans = vec![Span::new(FileId(0), 6, text.len() - 1), Span::new(FileId(0), 19, 27)];
        let redactor = Redactor::new(&audit);
        let line = |from: usize, to: usize| redactor.line(&text[from..to], Span::new(FileId(0), from, to)).0;
        assert_eq!(redactor.value(&Value::Secret(Secret::new("passwd"))), "secret #1");
        assert_eq!(
            (line(0, 14), redactor.line("\"passwd\"", Span::new(FileId(0), 19, 27)).0),
            ("KEY = env.str(".into(), "secret #1".into())
        );
        assert!(!line(15, 37).contains("passwd"));
    }

    #[test]
    fn words_with_a_digit_are_not_taken_for_keys_wherever_they_stand() {
        for word in ["e2e-test", "py3_wheels", "plain-words"] {
            assert!(!looks_random(word), "{word}");
        }
        for key in ["a1b2-c3d4", "sk-4eC39Hq", "abc123def", "x7-long1piece"] {
            assert!(looks_random(key), "{key}");
        }
    }

    #[test]
    fn assignments_of_secrets_are_hidden_in_every_syntax() {
        for line in [
            "SECRET_KEY=abc123",
            "  SECRET_KEY: abc123",
            "SECRET_KEY = 'abc123'",
            "env('SECRET_KEY', default='abc123')",
        ] {
            assert!(!redacted(line).contains("abc123"), "{line}");
        }
    }

    #[test]
    fn code_and_references_stay() {
        for line in ["SECRET_KEY = os.environ['SECRET_KEY']", "SECRET_KEY=${SECRET_KEY}", "PASSWORD: $X"] {
            assert_eq!(redacted(line), line);
        }
    }

    #[test]
    fn passwords_of_urls_are_hidden() {
        assert_eq!(redacted("postgres://shop:hunter22@db/shop"), "postgres://shop:secret #1@db/shop");
    }

    #[test]
    fn of_a_service_s_address_the_password_alone_is_hidden() {
        let redactor = Redactor::new(&Audit::default());
        let shown = |text: &str| redactor.value(&Value::Secret(Secret::new(text)));
        assert_eq!(shown("postgres://shop:hunter22@db/shop?sslkey=x7"), "postgres://shop:secret #1@db/shop");
        assert_eq!(shown("mysql://shop:hunter22@db/other"), "mysql://shop:secret #1@db/other");
        assert_eq!(shown("https://4fdc1:hunter23@collector.example/1"), "secret #2");
    }

    #[test]
    fn what_is_hidden_already_stays() {
        let once = redacted("SECRET_KEY = 'abc123', x = redis://:hunter22@cache");
        assert_eq!(redacted(&once), once);
    }

    #[test]
    fn a_password_is_found_wherever_its_url_begins() {
        assert_eq!(redacted("URL='amqp://a:pw1@mq'"), "URL='amqp://a:secret #1@mq'");
        assert_eq!(
            redacted("x=redis://:${PW}@cache y=redis://:$PW@cache"),
            "x=redis://:${PW}@cache y=redis://:$PW@cache"
        );
    }

    #[test]
    fn secrets_that_overlap_are_hidden_whole() {
        let redactor = Redactor::new(&Audit::default());
        assert_eq!(redactor.apply("abcdefgh", vec![0..4, 2..6]).0, "secret #1gh");
    }

    #[test]
    fn offsets_follow() {
        let redactor = Redactor::new(&Audit::default());
        let (line, shift) = redactor.apply("TOKEN=abcdefghijkl # x", redactor.ranges("TOKEN=abcdefghijkl # x"));
        assert_eq!(line, "TOKEN=secret #1 # x");
        assert_eq!(&line[shift.offset(19)..], "# x");
    }
}
