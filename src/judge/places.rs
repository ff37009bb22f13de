//! Where the values of a rule file stand.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::rule::RuleError;

/// A rule file as a tree of spans.
pub(super) struct Places<'t> {
    text: &'t str,
    root: Spanned<DeTable<'t>>,
}

impl<'t> Places<'t> {
    /// The places of a text; of one that is broken, as far as it can be read.
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, root: DeTable::parse_recoverable(text).0 }
    }

    fn find(&self, path: &str) -> Option<&Spanned<DeValue<'t>>> {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let named = |table: &'_ DeTable<'t>, name: &str| table.iter().position(|(key, _)| key.get_ref() == name);
        let root = self.root.get_ref();
        let mut at = root.values().nth(named(root, first)?)?;
        for step in rest.split('.').filter(|step| !step.is_empty()) {
            at = match at.get_ref() {
                DeValue::Table(table) => table.values().nth(named(table, step)?)?,
                DeValue::Array(items) => items.get(step.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(at)
    }

    /// The place of a value, such as `unless.0.when`.
    pub(super) fn value(&self, path: &str) -> Range<usize> {
        self.find(path).map_or(0..0, Spanned::span)
    }

    /// Whether a value is given.
    pub(super) fn has(&self, path: &str) -> bool {
        self.find(path).is_some()
    }

    /// The place of a key of a table.
    pub(super) fn key(&self, table: &str, key: &str) -> Range<usize> {
        let Some(DeValue::Table(table)) = self.find(table).map(Spanned::get_ref) else { return 0..0 };
        table.keys().find(|known| known.get_ref() == key).map_or(0..0, Spanned::span)
    }

    /// A part of a text value. Where escapes keep it from being laid over the file, the whole value stands for it.
    pub(super) fn inside(&self, path: &str, part: &Range<usize>) -> Range<usize> {
        let Some(value) = self.find(path) else { return 0..0 };
        let (whole, decoded) = (value.span(), value.get_ref().as_str().unwrap_or_default());
        let raw = self.text.get(whole.clone()).unwrap_or_default();
        let mut quote = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
        if quote == 3 {
            let rest = raw.get(quote..).unwrap_or_default();
            quote += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
        }
        if raw.get(quote..quote + decoded.len()) != Some(decoded) || part.end > decoded.len() {
            return whole;
        }
        whole.start + quote + part.start..whole.start + quote + part.end
    }

    /// An error at a place.
    pub(super) fn error(&self, span: Range<usize>, message: String) -> RuleError {
        RuleError::at(self.text, span, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_inside_a_list_of_tables_is_found() {
        let text = "on = \"fact\"\n[[unless]]\nname = \"a\"\n[[unless]]\nname = \"b\"\n";
        assert_eq!(&text[Places::of(text).value("unless.1.name")], "\"b\"");
        assert_eq!(Places::of(text).value("unless.2.name"), 0..0);
    }

    #[test]
    fn a_part_of_a_text_is_laid_over_the_file() {
        let text = "a = \"one two\"\nb = '''\none two'''\nc = \"\\u006fne two\"\n";
        let places = Places::of(text);
        assert_eq!(&text[places.inside("a", &(4..7))], "two");
        assert_eq!(&text[places.inside("b", &(4..7))], "two");
        assert_eq!(&text[places.inside("c", &(4..7))], "\"\\u006fne two\"");
    }
}
