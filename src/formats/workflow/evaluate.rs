//! Evaluates expressions with what the file says; everything else is unknown.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::data::Data;
use super::expression::{self, Expression, Operator};
use crate::formats::small::tree::{Kind, Node};
use crate::model::{Known, Span};

/// A map of variables with their places.
pub type Env = BTreeMap<String, (Known<String>, Span)>;

/// What an expression may see.
#[derive(Clone, Copy)]
pub struct Contexts<'a> {
    /// The row of the matrix; none where it is only known at run time.
    pub matrix: Option<&'a Data>,
    /// `env`; none where the context may not be used.
    pub env: Option<&'a Env>,
    /// `vars`, as far as given.
    pub vars: &'a BTreeMap<String, String>,
}

impl Contexts<'_> {
    /// The value of an expression's text.
    pub fn expression(&self, text: &str) -> Data {
        match expression::parse(text) {
            Ok(expression) => self.evaluate(&expression),
            Err(problem) => Data::unknown(format!("`{}` is not an expression: {problem}", text.trim())),
        }
    }

    /// The value of a text with `${{ }}` in it. One expression alone keeps its type.
    pub fn template(&self, text: &str) -> Data {
        let pieces = pieces(text);
        if let [Piece::Expression(inner)] = pieces.as_slice() {
            return self.expression(inner);
        }
        let mut out = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Expression(inner) => match self.expression(inner) {
                    Data::Unknown(reason) => return Data::Unknown(reason),
                    data => out.push_str(&data.text().unwrap_or_default()),
                },
            }
        }
        Data::Text(out)
    }

    /// The value of a node, expressions in its texts evaluated.
    pub fn node(&self, node: &Node) -> Data {
        match &node.kind {
            Kind::Text(text) => self.template(text),
            Kind::List(items) => Data::List(items.iter().map(|item| self.node(item)).collect()),
            Kind::Map(entries) => {
                Data::Map(entries.iter().map(|(key, value)| (key.value.clone(), self.node(value))).collect())
            }
            _ => Data::of(node),
        }
    }

    /// The value of a parsed expression.
    pub fn evaluate(&self, expression: &Expression) -> Data {
        match expression {
            Expression::Null => Data::Null,
            Expression::Bool(yes) => Data::Bool(*yes),
            Expression::Number(number) => Data::Number(*number),
            Expression::Text(text) => Data::Text(text.clone()),
            Expression::Context(name) => self.context(name),
            Expression::Star(_) => Data::unknown("a filter (`*`) is not followed"),
            Expression::Not(inner) => match self.evaluate(inner) {
                Data::Unknown(reason) => Data::Unknown(reason),
                data => Data::Bool(data.truth() == Some(false)),
            },
            Expression::Index(object, index) => self.index(object, index),
            Expression::Call(name, arguments) => {
                let arguments: Vec<Data> = arguments.iter().map(|argument| self.evaluate(argument)).collect();
                call(name, &arguments)
            }
            Expression::Binary(operator, left, right) => self.binary(*operator, left, right),
        }
    }

    fn context(&self, name: &str) -> Data {
        match (name, self.matrix) {
            ("matrix", Some(row)) => row.clone(),
            ("matrix", None) => Data::unknown("the matrix is only known when the workflow runs"),
            _ => Data::unknown(format!("`{name}` is only known when the workflow runs")),
        }
    }

    fn index(&self, object: &Expression, index: &Expression) -> Data {
        let index = self.evaluate(index);
        if let (Expression::Context(context), Some(key)) = (object, index.text()) {
            match context.as_str() {
                "env" => return self.env(&key),
                "vars" => {
                    let unset = || Data::unknown(format!("`vars.{key}` is set on GitHub"));
                    return self.vars.get(&key).map_or_else(unset, |value| Data::Text(value.clone()));
                }
                "matrix" => {}
                context => return Data::unknown(format!("`{context}.{key}` is only known when the workflow runs")),
            }
        }
        match (self.evaluate(object), index) {
            (Data::Unknown(reason), _) | (_, Data::Unknown(reason)) => Data::Unknown(reason),
            (object @ Data::Map(_), key) => {
                key.text().and_then(|key| object.property(&key).cloned()).unwrap_or(Data::Null)
            }
            (Data::List(items), Data::Number(at)) if at >= 0.0 => {
                let position = items.iter().zip(0u32..).find(|(_, i)| (f64::from(*i) - at.floor()).abs() < 0.5);
                position.map_or(Data::Null, |(item, _)| item.clone())
            }
            _ => Data::Null,
        }
    }

    fn env(&self, name: &str) -> Data {
        match self.env.and_then(|env| env.get(name)) {
            Some((Known::One(text), _)) => Data::Text(text.clone()),
            Some((Known::Unknown(reason), _)) => Data::Unknown(reason.clone()),
            _ => Data::unknown(format!("`env.{name}` is not set in the workflow; a step may set it")),
        }
    }

    fn binary(&self, operator: Operator, left: &Expression, right: &Expression) -> Data {
        let left = self.evaluate(left);
        match (operator, left.truth()) {
            (Operator::And, Some(false) | None) | (Operator::Or, Some(true) | None) => return left,
            (Operator::And | Operator::Or, Some(_)) => return self.evaluate(right),
            _ => {}
        }
        let right = self.evaluate(right);
        let unknown = || {
            let reason = left.reason().or(right.reason()).cloned();
            reason.map_or_else(|| Data::unknown("objects are compared"), Data::Unknown)
        };
        if matches!(operator, Operator::Equal | Operator::NotEqual) {
            let equal = left.equals(&right);
            return equal.map_or_else(unknown, |equal| Data::Bool(equal == (operator == Operator::Equal)));
        }
        match left.order(&right) {
            Err(reason) => Data::Unknown(reason),
            Ok(order) => Data::Bool(match operator {
                Operator::Less => order == Some(Ordering::Less),
                Operator::LessEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                Operator::Greater => order == Some(Ordering::Greater),
                _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            }),
        }
    }
}

fn call(name: &str, arguments: &[Data]) -> Data {
    if let Some(reason) = arguments.iter().find_map(Data::reason) {
        return Data::Unknown(reason.clone());
    }
    let fold = |data: &Data| data.text().unwrap_or_default().to_uppercase();
    match (name, arguments) {
        ("contains", [Data::List(items), wanted]) => {
            Data::Bool(items.iter().any(|item| item.equals(wanted) == Some(true)))
        }
        ("contains", [text, wanted]) => Data::Bool(fold(text).contains(&fold(wanted))),
        ("startswith", [text, wanted]) => Data::Bool(fold(text).starts_with(&fold(wanted))),
        ("endswith", [text, wanted]) => Data::Bool(fold(text).ends_with(&fold(wanted))),
        ("format", [text, values @ ..]) => format(&text.text().unwrap_or_default(), values),
        ("join", [Data::List(items), rest @ ..]) => {
            let separator = rest.first().and_then(Data::text).unwrap_or_else(|| ",".into());
            let texts: Vec<String> = items.iter().filter_map(Data::text).collect();
            Data::Text(texts.join(&separator))
        }
        ("join", [text, ..]) => Data::Text(text.text().unwrap_or_default()),
        ("tojson", [data]) => data.to_json().map_or(Data::Null, Data::Text),
        ("fromjson", [text]) => Data::from_json(&text.text().unwrap_or_default()),
        ("always", []) => Data::Bool(true),
        _ => Data::unknown(format!("`{name}()` is only known when the workflow runs")),
    }
}

/// `format('{0} {{x}}', …)`.
fn format(text: &str, values: &[Data]) -> Data {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        if tail.starts_with("{{") || tail.starts_with("}}") {
            out.push_str(&tail[..1]);
            rest = &tail[2..];
            continue;
        }
        let inside = tail.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let value = inside.and_then(|(index, after)| Some((values.get(index.parse::<usize>().ok()?)?, after)));
        let Some((value, after)) = value else { return Data::unknown("the format text is not valid") };
        out.push_str(&value.text().unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    Data::Text(out)
}

/// A part of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece<'t> {
    /// As it stands.
    Text(&'t str),
    /// What stands between `${{` and `}}`.
    Expression(&'t str),
}

/// Splits a text into what stands as it is and its expressions.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${{") {
        let inner = &rest[at + 3..];
        let mut quoted = false;
        let end = inner.char_indices().find(|(i, c)| {
            quoted ^= *c == '\'';
            !quoted && inner[*i..].starts_with("}}")
        });
        let Some((end, _)) = end else { break };
        if at > 0 {
            out.push(Piece::Text(&rest[..at]));
        }
        out.push(Piece::Expression(&inner[..end]));
        rest = &inner[end + 2..];
    }
    if !rest.is_empty() {
        out.push(Piece::Text(rest));
    }
    out
}

/// The expression of an `if`, which needs no `${{ }}` around it. A text with both becomes a `format` call, as on GitHub.
pub fn condition_text(text: &str) -> String {
    let pieces = pieces(text);
    match pieces.as_slice() {
        [Piece::Expression(inner)] => inner.trim().to_owned(),
        [] | [Piece::Text(_)] => text.trim().to_owned(),
        pieces => {
            let (mut format, mut arguments, mut count) = (String::new(), String::new(), 0);
            for piece in pieces {
                match piece {
                    Piece::Text(text) => {
                        format.push_str(&text.replace('\'', "''").replace('{', "{{").replace('}', "}}"));
                    }
                    Piece::Expression(inner) => {
                        let _ = write!(format, "{{{count}}}");
                        let _ = write!(arguments, ", {}", inner.trim());
                        count += 1;
                    }
                }
            }
            std::format!("format('{format}'{arguments})")
        }
    }
}
