//! Files of settings as values: TOML, YAML as Python's safe loader reads it, and JSON, each value with its place.

use super::made::Plain;
use crate::formats::locks::data::{self, Data as Tree, Node};
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::text::normal;
use crate::formats::python::eval::values::{Args, K, V};
use crate::formats::yaml::{self, NodeRef};
use crate::model::{FileId, Span};

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Syntax {
    Toml,
    /// By the rules of PyYAML.
    Yaml,
    /// By those of YAML 1.2: `yes` is a text.
    Yaml12,
    Json,
}

impl Syntax {
    /// By the end of a file's name, as dynaconf reads it.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name.rsplit('.').next()? {
            "toml" | "tml" => Self::Toml,
            "yaml" | "yml" => Self::Yaml12,
            "json" => Self::Json,
            _ => return None,
        })
    }

    /// What a function that loads a file reads.
    pub(crate) fn of_loader(path: &str) -> Option<Self> {
        Some(match path {
            "json.load" | "json.loads" => Self::Json,
            "tomllib.load" | "tomli.load" | "tomllib.loads" | "tomli.loads" | "toml.load" | "toml.loads" => Self::Toml,
            "yaml.safe_load" => Self::Yaml,
            _ => return None,
        })
    }
}

/// A number as TOML and JSON write it.
fn number(raw: &str) -> Option<Plain> {
    let text = raw.replace('_', "");
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    if let Some(radix) = [("0x", 16), ("0o", 8), ("0b", 2)].iter().find(|(mark, _)| text.starts_with(mark)) {
        return i128::from_str_radix(&text[2..], radix.1).ok().map(Plain::Int);
    }
    if digits.is_empty() || !digits.starts_with(|c: char| c.is_ascii_digit()) || digits.contains(':') {
        return None;
    }
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().map(Plain::Int);
    }
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    let date = digits.contains('-') && !digits.contains(['e', 'E']);
    if plain && !date { text.parse().ok().map(Plain::Float) } else { None }
}

/// What Python's YAML makes of a scalar without quotes: the rules of YAML 1.1.
pub(crate) fn scalar(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::None,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Plain::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return Plain::Bool(false),
        "=" | "<<" => return Plain::Unsure,
        _ => {}
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let all = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if all(digits) && (digits == "0" || !digits.starts_with('0')) {
        return text.parse().map_or(Plain::Unsure, Plain::Int);
    }
    if let Some((whole, rest)) = digits.split_once('.')
        && all(whole)
        && all(rest)
    {
        return text.parse().map_or(Plain::Unsure, Plain::Float);
    }
    let numeric = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
        && text.bytes().all(|b| b.is_ascii_hexdigit() || b"_:.xX+- TtZz".contains(&b))
        && text.bytes().any(|b| b.is_ascii_digit());
    let address = text.matches('.').count() > 1 && !text.contains([':', '-']);
    let special = matches!(digits.to_ascii_lowercase().as_str(), ".inf" | ".nan");
    if special || numeric && !address { Plain::Unsure } else { Plain::from(text) }
}

impl Machine<'_> {
    /// What a file says; none where it is broken.
    pub(crate) fn file_tree(&mut self, file: FileId, syntax: Syntax, at: Span) -> Option<V> {
        if !self.files.iter().any(|(have, _)| *have == file) {
            self.files.push((file, at));
        }
        let text = self.tree.text(file).ok()?.to_owned();
        self.text_tree(&text, file, syntax)
    }

    /// `yaml.safe_load(open(...))` and the like.
    pub(crate) fn load_tree(&mut self, syntax: Syntax, args: &Args, at: Span) -> V {
        let loader = args.get(1, "Loader").map(|v| v.k.clone());
        let plain = match loader {
            None => args.named.is_empty(),
            Some(K::Lib(path)) => {
                ["SafeLoader", "CSafeLoader", "FullLoader", "Loader"].iter().any(|end| path.ends_with(end))
            }
            Some(_) => false,
        };
        let file = args.pos.first().and_then(|of| match &of.k {
            K::Made(class, made) if &**class == "file" => {
                let path = made.pos.first().and_then(V::pathlike)?;
                self.tree.find(&Self::inside(&normal(path))?)
            }
            K::Str(_) => of.m.file,
            _ => None,
        });
        let read = file.filter(|_| plain && !args.open).and_then(|file| self.file_tree(file, syntax, at));
        read.unwrap_or_else(|| self.foreign("a file that is not followed", args, at))
    }

    /// The same for the text of a file.
    fn text_tree(&mut self, text: &str, file: FileId, syntax: Syntax) -> Option<V> {
        match syntax {
            Syntax::Toml | Syntax::Json => {
                let read = if syntax == Syntax::Toml { data::toml } else { data::json };
                let (node, problems) = read(file, text);
                if problems.is_empty() { Some(self.node(&node, 0)) } else { None }
            }
            Syntax::Yaml | Syntax::Yaml12 => {
                let new = syntax == Syntax::Yaml12;
                let all = yaml::parse_all(file, text);
                let document = match all.as_slice() {
                    [] => return Some(V::none()),
                    [one] if one.problems.is_empty() => one,
                    _ => return None,
                };
                document.root().map_or_else(|| Some(V::none()), |root| self.yaml_node(root, new, 0))
            }
        }
    }

    pub(crate) fn node(&mut self, node: &Node, depth: usize) -> V {
        let at = node.span;
        let written = V::at(K::None, at);
        match &node.data {
            _ if depth > 30 => V::unknown("nested too deep", at),
            Tree::Null => written,
            Tree::Bool(yes) => self.plain(&Plain::Bool(*yes), &written, at),
            Tree::Text(text) => self.plain(&Plain::from(text.as_str()), &written, at),
            Tree::Other(raw) => match number(raw) {
                Some(number) => self.plain(&number, &written, at),
                None => V::unknown("a date or a number that is not followed", at),
            },
            Tree::List(items) => {
                let items = items.iter().map(|item| self.node(item, depth + 1)).collect();
                self.list(items, at)
            }
            Tree::Table(entries) => {
                let items =
                    entries.iter().map(|(key, item)| (V::str(&key.value), self.node(item, depth + 1))).collect();
                self.new_dict(items, at)
            }
        }
    }

    fn yaml_node(&mut self, node: NodeRef<'_>, new: bool, depth: usize) -> Option<V> {
        let at = node.span();
        let written = V::at(K::None, at);
        if depth > 30 {
            return None;
        }
        if node.tag().is_some() {
            return Some(V::unknown("a tagged value", at));
        }
        if node.is_map() {
            let mut items = Vec::new();
            for (key, value) in node.entries() {
                let key = self.yaml_node(key, new, depth + 1)?;
                self.settled_key(&key)?;
                items.push((key, self.yaml_node(value, new, depth + 1)?));
            }
            return Some(self.new_dict(items, at));
        }
        if node.is_seq() {
            let mut items = node.items().into_iter();
            let items: Option<Vec<V>> = items.try_fold(Vec::new(), |mut all, item| {
                all.push(self.yaml_node(item, new, depth + 1)?);
                Some(all)
            });
            return items.map(|items| self.list(items, at));
        }
        let text = node.as_str().unwrap_or_default();
        let word = matches!(text.to_ascii_lowercase().as_str(), "yes" | "no" | "on" | "off");
        let plain = if node.is_plain() && !(new && word) { scalar(text) } else { Plain::from(text) };
        Some(self.plain(&plain, &written, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_read_by_the_rules_of_python() {
        assert_eq!(scalar("on"), Plain::Bool(true));
        assert_eq!(scalar("y"), Plain::from("y"));
        assert_eq!(scalar("010"), Plain::Unsure);
        assert_eq!(scalar("2024-01-02"), Plain::Unsure);
        assert_eq!(scalar("10.0.0.1"), Plain::from("10.0.0.1"));
        assert_eq!(scalar("db:5432"), Plain::from("db:5432"));
        assert_eq!(scalar("-1.5"), Plain::Float(-1.5));
    }

    #[test]
    fn numbers_of_toml_are_told_from_dates() {
        assert_eq!(number("1_000"), Some(Plain::Int(1000)));
        assert_eq!(number("0x1f"), Some(Plain::Int(31)));
        assert_eq!(number("1e3"), Some(Plain::Float(1000.0)));
        assert_eq!(number("2024-01-02"), None);
        assert_eq!(number("07:32:00"), None);
    }
}
