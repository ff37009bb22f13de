//! Evaluates expressions with what the file says; everything else is unknown.

mod functions;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::data::Data;
use super::expression::{self, CONTEXTS, Expression, Operator, Reading};
use crate::formats::small::tree::{Kind, Node};
use crate::model::{Known, Span};

/// A map of variables with their places.
pub type Env = BTreeMap<String, (Known<String>, Span)>;

/// What `env` is.
#[derive(Clone, Copy)]
pub enum Variables<'a> {
    /// It may not be used here.
    None,
    /// Variables with their places.
    Known(&'a Env),
    /// An object.
    Object(&'a Data),
}

/// What an expression may see.
#[derive(Clone, Copy)]
pub struct Contexts<'a> {
    /// The row of the matrix; none where it is only known at run time.
    pub matrix: Option<&'a Data>,
    /// `env`.
    pub env: Variables<'a>,
    /// `vars`, as far as given.
    pub vars: &'a BTreeMap<String, String>,
    /// `inputs`, where the callers of a reusable workflow are known.
    pub inputs: Option<&'a Data>,
    /// Whose evaluation counts.
    pub reading: Reading,
}

impl<'a> Contexts<'a> {
    /// Nothing but `vars`, as a run sees it.
    pub fn of_run(vars: &'a BTreeMap<String, String>) -> Self {
        Self { matrix: None, env: Variables::None, vars, inputs: None, reading: Reading::Run }
    }

    /// The value of an expression's text.
    pub fn expression(&self, text: &str) -> Data {
        let parsed = match expression::parse_as(text, self.reading) {
            Ok(expression) => expression,
            Err(problem) => return Data::unknown(format!("`{}` is not an expression: {problem}", text.trim())),
        };
        let hidden = |name: &&str| match *name {
            "vars" => false,
            "matrix" => self.matrix.is_none(),
            "env" => matches!(self.env, Variables::None),
            _ => true,
        };
        if self.reading == Reading::Library
            && let Some(name) = CONTEXTS.into_iter().filter(hidden).find(|name| names(text, name))
        {
            return Data::unknown(format!("`{name}` is only known when the workflow runs"));
        }
        self.evaluate(&parsed)
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
            Expression::Not(inner) => match self.evaluate(inner) {
                Data::Unknown(reason) => Data::Unknown(reason),
                data => Data::Bool(data.truth() == Some(false)),
            },
            Expression::Index(..) | Expression::Star(_) => self.indexed(expression).0,
            Expression::Call(name, arguments) => {
                let arguments: Vec<Data> = arguments.iter().map(|argument| self.evaluate(argument)).collect();
                functions::call(name, &arguments)
            }
            Expression::And(all) => self.chain(all, false),
            Expression::Or(all) => self.chain(all, true),
            Expression::Binary(operator, left, right) => self.binary(*operator, left, right),
        }
    }

    fn context(&self, name: &str) -> Data {
        match (name, self.matrix, self.env) {
            ("matrix", Some(row), _) => row.clone(),
            ("matrix", None, _) => Data::unknown("the matrix is only known when the workflow runs"),
            ("env", _, Variables::Object(data)) => data.clone(),
            ("inputs", ..) if self.inputs.is_some() => self.inputs.cloned().unwrap_or(Data::Null),
            ("vars", ..) if self.reading == Reading::Library => {
                let text = |(name, value): (&String, &String)| (name.clone(), Data::Text(value.clone()));
                Data::Map(self.vars.iter().map(text).collect())
            }
            _ => Data::unknown(format!("`{name}` is only known when the workflow runs")),
        }
    }

    /// The value of an access, and whether it is a list that `*` filtered.
    fn indexed(&self, expression: &Expression) -> (Data, bool) {
        let (object, index) = match expression {
            Expression::Star(object) => (object, None),
            Expression::Index(object, index) => (object, Some(self.evaluate(index))),
            _ => return (self.evaluate(expression), false),
        };
        if self.reading == Reading::Run
            && let (Expression::Context(context), Some(key)) = (&**object, index.as_ref().and_then(Data::text))
            && let Some(value) = self.variable(context, &key)
        {
            return (value, false);
        }
        match (self.indexed(object), index) {
            ((Data::Unknown(reason), _), _) | (_, Some(Data::Unknown(reason))) => (Data::Unknown(reason), false),
            ((Data::List(items), true), index) => (Data::List(filtered(&items, index.as_ref())), true),
            ((object, _), None) => match object {
                Data::List(items) => (Data::List(items), true),
                Data::Map(entries) => (Data::List(entries.into_iter().map(|(_, value)| value).collect()), true),
                _ => (Data::List(Vec::new()), true),
            },
            ((object, _), Some(index)) => (access(&object, &index).unwrap_or(Data::Null), false),
        }
    }

    /// A variable of a context that a run knows more of than the file; none for contexts that the file decides.
    fn variable(&self, context: &str, name: &str) -> Option<Data> {
        match (context, self.env) {
            ("matrix", _) | ("env", Variables::Object(_)) => None,
            ("inputs", _) if self.inputs.is_some() => None,
            ("env", Variables::Known(env)) => Some(variable(env, name)),
            ("vars", _) => {
                let unset = || Data::unknown(format!("`vars.{name}` is set on GitHub"));
                Some(self.vars.get(name).map_or_else(unset, |value| Data::Text(value.clone())))
            }
            _ => Some(Data::unknown(format!("`{context}.{name}` is only known when the workflow runs"))),
        }
    }

    /// The first value that ends a chain of `&&` (one that is false) or `||` (one that is true), else the last.
    fn chain(&self, all: &[Expression], end: bool) -> Data {
        let mut last = Data::Null;
        for expression in all {
            last = self.evaluate(expression);
            if last.truth().is_none_or(|truth| truth == end) {
                break;
            }
        }
        last
    }

    fn binary(&self, operator: Operator, left: &Expression, right: &Expression) -> Data {
        let left = self.evaluate(left);
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

fn variable(env: &Env, name: &str) -> Data {
    let found = env.get(name).or_else(|| env.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v));
    match found {
        Some((Known::One(text), _)) => Data::Text(text.clone()),
        Some((Known::Unknown(reason), _)) => Data::Unknown(reason.clone()),
        _ => Data::unknown(format!("`env.{name}` is not set in the workflow; a step may set it")),
    }
}

/// A property of an object, or an item of a list.
fn access(object: &Data, index: &Data) -> Option<Data> {
    match object {
        Data::Map(_) if index.is_primitive() => object.property(&index.text()?).cloned(),
        Data::List(items) => {
            let at = index.number();
            let place = items.iter().zip(0u32..).find(|(_, i)| at >= f64::from(*i) && at < f64::from(*i) + 1.0);
            place.map(|(item, _)| item.clone())
        }
        _ => None,
    }
}

/// What an access gives for every item of a filtered list that has it.
fn filtered(items: &[Data], index: Option<&Data>) -> Vec<Data> {
    let mut out = Vec::new();
    for item in items {
        match (item, index) {
            (Data::Map(entries), None) => out.extend(entries.iter().map(|(_, value)| value.clone())),
            (Data::List(inner), None) => out.extend(inner.iter().cloned()),
            (item, Some(index)) => out.extend(access(item, index)),
            _ => {}
        }
    }
    out
}

/// Whether an expression names a context outside its texts and not as a property.
fn names(expression: &str, context: &str) -> bool {
    let bare: String = expression.split('\'').step_by(2).collect::<Vec<_>>().join("'").to_lowercase();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    bare.match_indices(context).any(|(at, _)| {
        let before = bare.get(..at).and_then(|before| before.chars().next_back());
        let after = bare.get(at + context.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(|c| word(c) || c == '.') && !after.is_some_and(word)
    })
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
