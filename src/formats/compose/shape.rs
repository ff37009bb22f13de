//! What may stand where: the shapes of `shapes.txt`, read once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a value must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    Any,
    Null,
    /// A scalar of one of these types.
    Scalar(Type, Option<Check>),
    /// One of these words.
    Word(&'static str),
    /// A list; `true` where no item may stand twice.
    List(Box<Shape>, bool),
    Map(Fields),
    Either(Vec<Shape>),
    Named(&'static str),
}

/// The type of a scalar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Type {
    Text,
    Number,
    /// A whole number between two others.
    Whole(i64, i64),
    Bool,
}

/// What else must hold of a final value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Check {
    /// Whatever it is.
    Any,
    Duration,
    Bytes,
    Bool,
    Int,
    Float,
    /// A number that is not negative; a text that is one.
    Natural,
    /// The same, and no text.
    Number,
    /// Written in eights.
    Mode,
    /// A number or `all`.
    Count,
    /// A text or a whole number.
    Text,
    /// A whole number.
    Whole,
    /// The name of a container; looked at in every file.
    Named,
    /// When an image is pulled; looked at in every file.
    Policy,
}

/// The keys of a mapping.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Fields {
    pub(super) known: BTreeMap<&'static str, Shape>,
    pub(super) required: Vec<&'static str>,
    /// What other keys look like, and their values.
    pub(super) others: Option<(Keys, Box<Shape>)>,
    /// Whether `x-…` may stand there.
    pub(super) extensions: bool,
    /// Whether anything may stand there.
    pub(super) open: bool,
}

/// What keys look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Keys {
    Name,
    Any,
    Lower,
}

impl Keys {
    pub(super) fn fits(self, key: &str) -> bool {
        !key.is_empty()
            && match self {
                Self::Any => !key.contains('\n') || key.lines().any(|line| !line.is_empty()),
                Self::Lower => key.bytes().all(|byte| byte.is_ascii_lowercase()),
                Self::Name => key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')),
            }
    }
}

static SHAPES: LazyLock<BTreeMap<&'static str, Shape>> = LazyLock::new(|| read(include_str!("shapes.txt")));

/// The shape of that name; anything goes where there is none.
pub(super) fn named(name: &str) -> &'static Shape {
    SHAPES.get(name).unwrap_or(&Shape::Any)
}

fn read(text: &'static str) -> BTreeMap<&'static str, Shape> {
    let mut reader = Reader { rest: text, shapes: BTreeMap::new() };
    loop {
        reader.skip();
        let Some(name) = reader.word().filter(|_| reader.eat("=")) else { break };
        let shape = reader.shape();
        reader.shapes.insert(name, shape);
    }
    reader.shapes
}

struct Reader {
    rest: &'static str,
    shapes: BTreeMap<&'static str, Shape>,
}

impl Reader {
    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            let Some(comment) = self.rest.strip_prefix('#') else { return };
            self.rest = comment.find('\n').map_or("", |end| &comment[end..]);
        }
    }

    fn eat(&mut self, sign: &str) -> bool {
        self.skip();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn until(&mut self, end: impl Fn(char) -> bool) -> &'static str {
        let length = self.rest.find(end).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        word
    }

    fn word(&mut self) -> Option<&'static str> {
        self.skip();
        Some(self.until(|c| !(c.is_ascii_alphanumeric() || c == '_'))).filter(|word| !word.is_empty())
    }

    fn shape(&mut self) -> Shape {
        let mut several = vec![self.single()];
        while self.eat("|") {
            several.push(self.single());
        }
        if several.len() == 1 { several.swap_remove(0) } else { Shape::Either(several) }
    }

    fn single(&mut self) -> Shape {
        if self.eat("[") {
            let item = self.shape();
            self.eat("]");
            let unique = self.rest.starts_with('u') && self.eat("u");
            return Shape::List(Box::new(item), unique);
        }
        if self.eat("{") {
            return Shape::Map(self.fields());
        }
        if self.eat("\"") {
            let word = self.until(|c| c == '"');
            self.eat("\"");
            return Shape::Word(word);
        }
        let kind = match self.word() {
            Some("any") => {
                return if self.eat(":") { Shape::Scalar(Type::Text, self.check()) } else { Shape::Any };
            }
            Some("null") => return Shape::Null,
            Some("string") => Type::Text,
            Some("number") => Type::Number,
            Some("boolean") => Type::Bool,
            Some("integer") => self.bounds(),
            Some(name) => return Shape::Named(name),
            None => return Shape::Any,
        };
        let check = if self.eat(":") { self.check() } else { None };
        Shape::Scalar(kind, check)
    }

    fn bounds(&mut self) -> Type {
        if !self.eat("(") {
            return Type::Whole(i64::MIN, i64::MAX);
        }
        let least = self.until(|c| c == '.').parse().unwrap_or(i64::MIN);
        self.eat("..");
        let most = self.until(|c| c == ')').parse().unwrap_or(i64::MAX);
        self.eat(")");
        Type::Whole(least, most)
    }

    fn check(&mut self) -> Option<Check> {
        Some(match self.word()? {
            "any" => Check::Any,
            "duration" => Check::Duration,
            "bytes" => Check::Bytes,
            "bool" => Check::Bool,
            "int" => Check::Int,
            "float" => Check::Float,
            "natural" => Check::Natural,
            "number" => Check::Number,
            "mode" => Check::Mode,
            "count" => Check::Count,
            "text" => Check::Text,
            "whole" => Check::Whole,
            "named" => Check::Named,
            "policy" => Check::Policy,
            _ => return None,
        })
    }

    fn fields(&mut self) -> Fields {
        let mut fields = Fields::default();
        while !self.eat("}") && !self.rest.is_empty() {
            if self.eat("<") {
                let keys = self.until(|c| c == '>');
                self.eat(">");
                if self.eat(":") {
                    let keys = match keys {
                        "name" => Keys::Name,
                        "any" => Keys::Any,
                        _ => Keys::Lower,
                    };
                    fields.others = Some((keys, Box::new(self.shape())));
                } else {
                    fields.extensions = true;
                }
            } else if self.eat("...") {
                fields.open = true;
            } else if self.eat("&") {
                let other = self.word().and_then(|name| self.shapes.get(name));
                if let Some(Shape::Map(other)) = other {
                    fields.known.extend(other.known.clone());
                    fields.extensions |= other.extensions;
                }
            } else if let Some(key) = self.word() {
                if self.eat("!") {
                    fields.required.push(key);
                }
                self.eat(":");
                let shape = self.shape();
                fields.known.insert(key, shape);
            } else {
                // Nothing that is known: the rest cannot be read.
                self.rest = "";
            }
            self.eat(",");
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(shape: &Shape, found: &mut Vec<&'static str>) {
        match shape {
            Shape::Named(name) => found.push(name),
            Shape::List(item, _) => names(item, found),
            Shape::Either(several) => several.iter().for_each(|shape| names(shape, found)),
            Shape::Map(fields) => {
                fields.known.values().for_each(|shape| names(shape, found));
                fields.others.iter().for_each(|(_, shape)| names(shape, found));
            }
            _ => {}
        }
    }

    #[test]
    fn every_shape_that_is_named_is_there() {
        let mut found = Vec::new();
        SHAPES.values().for_each(|shape| names(shape, &mut found));
        for name in found {
            assert!(SHAPES.contains_key(name), "{name}");
        }
        assert!(SHAPES.contains_key("limit"), "the list ends too early");
    }

    #[test]
    fn a_service_has_the_keys_of_its_parts() {
        let Shape::Map(service) = named("service") else { panic!() };
        let keys = ["image", "build", "ports", "profiles", "healthcheck", "use_api_socket"];
        assert!(keys.iter().all(|key| service.known.contains_key(key)) && service.extensions);
        assert_eq!(service.known["image"], Shape::Scalar(Type::Text, None));
        assert_eq!(service.known["pid"], Shape::Either(vec![Shape::Scalar(Type::Text, None), Shape::Null]));
    }
}
