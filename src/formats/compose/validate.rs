//! Holds values against their shapes: types in every file, what they say in the whole project.

use super::scalar::Kind;
use super::shape::{self, Check, Fields, Shape, Type};
use super::units::{bytes, seconds};
use super::value::{Data, Node, Scalar, same, switch};
use crate::model::Span;

/// Which of the two is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// A file, or several files merged.
    File,
    /// The project, every form spelled out.
    Project,
}

/// What Compose refuses.
pub(super) fn validate(root: &Node, stage: Stage) -> Vec<(Span, String)> {
    let mut run = Run { stage, errors: Vec::new() };
    run.look(root, shape::named("root"), "the file");
    run.errors
}

struct Run {
    stage: Stage,
    errors: Vec<(Span, String)>,
}

impl Run {
    fn error(&mut self, span: Span, message: String) {
        self.errors.push((span, message));
    }

    fn look(&mut self, node: &Node, shape: &Shape, name: &str) {
        let shape = chosen(node, shape);
        match (shape, &node.data) {
            (Some(Shape::Any | Shape::Null), _) | (Some(Shape::Scalar(..)), Data::Null) => {}
            (Some(Shape::Map(fields)), Data::Map(_)) => self.fields(node, fields, name),
            (Some(Shape::List(item, unique)), Data::Seq(items)) => {
                for (at, one) in items.iter().enumerate() {
                    self.look(one, item, name);
                    let again =
                        *unique && self.stage == Stage::File && items[..at].iter().any(|other| same(one, other));
                    if again {
                        self.error(one.span, format!("an item of {name} stands twice"));
                    }
                }
            }
            (Some(Shape::Scalar(kind, check)), Data::Scalar(scalar)) => {
                let fine = scalar.unknown.is_some()
                    || match self.stage {
                        Stage::File => in_file(*kind, *check, scalar),
                        Stage::Project => in_project(*check, scalar),
                    };
                if !fine {
                    self.error(node.span, format!("{name} is not as Compose expects it: {}", scalar.text));
                }
            }
            (Some(Shape::Word(word)), Data::Scalar(scalar)) => {
                if self.stage == Stage::File && scalar.unknown.is_none() && scalar.text != *word {
                    self.error(node.span, format!("{name} cannot be {}", scalar.text));
                }
            }
            _ => self.error(node.span, format!("{name} is not of the type that Compose expects")),
        }
    }

    fn fields(&mut self, node: &Node, fields: &Fields, name: &str) {
        for (key, value) in node.entries() {
            let text = key.value.as_str();
            let others = fields.others.as_ref().filter(|(keys, _)| keys.fits(text)).map(|(_, shape)| &**shape);
            if let Some(shape) = fields.known.get(text).or(others) {
                self.look(value, shape, text);
            } else if !(fields.open || fields.extensions && text.starts_with("x-")) {
                self.error(key.span, format!("{name} knows no key {text}"));
            }
        }
        if self.stage == Stage::File {
            for key in fields.required.iter().filter(|key| node.get(key).is_none()) {
                self.error(node.span, format!("{name} needs a key {key}"));
            }
        }
    }
}

/// Which of several shapes a value is held against: the first of its kind.
fn chosen<'s>(node: &Node, shape: &'s Shape) -> Option<&'s Shape> {
    match shape {
        Shape::Named(name) => chosen(node, shape::named(name)),
        Shape::Either(several) => several.iter().find_map(|shape| chosen(node, shape)),
        _ => fits(node, shape).then_some(shape),
    }
}

fn fits(node: &Node, shape: &Shape) -> bool {
    match (shape, &node.data) {
        (Shape::Any, _) | (Shape::Null, Data::Null) | (Shape::Map(_), Data::Map(_)) => true,
        (Shape::List(..), Data::Seq(_)) => true,
        (Shape::Scalar(kind, check), Data::Scalar(scalar)) => {
            *check == Some(Check::Text) && *kind == Type::Text
                || scalar.unknown.is_some()
                || match (kind, scalar.kind) {
                    (Type::Text, Kind::Text | Kind::Time) | (Type::Bool, Kind::Bool) => true,
                    (Type::Number, Kind::Int | Kind::Large | Kind::Float) => true,
                    (Type::Whole(..), Kind::Int | Kind::Large) => true,
                    (Type::Whole(..), Kind::Float) => {
                        scalar.text.parse::<f64>().is_ok_and(|number| number.fract() == 0.0)
                    }
                    _ => false,
                }
        }
        (Shape::Scalar(Type::Text, Some(Check::Text)), Data::Null) => true,
        (Shape::Word(word), Data::Scalar(scalar)) => {
            scalar.unknown.is_some() || scalar.kind == Kind::Text && scalar.text == *word
        }
        _ => false,
    }
}

/// What the types of a file say.
fn in_file(kind: Type, check: Option<Check>, scalar: &Scalar) -> bool {
    let text = scalar.text.as_str();
    if scalar.kind == Kind::Float && matches!(text, "NaN" | "+Inf" | "-Inf") {
        return false;
    }
    match (kind, check) {
        (Type::Whole(least, most), _) => text.parse::<f64>().is_ok_and(|number| {
            let bound = |bound: i64| if bound == i64::MIN || bound == i64::MAX { None } else { Some(bound) };
            #[expect(clippy::cast_precision_loss, reason = "the bounds are small")]
            let (least, most) = (bound(least).map(|n| n as f64), bound(most).map(|n| n as f64));
            least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most)
        }),
        (_, Some(Check::Named)) => {
            let first = |byte: &u8| byte.is_ascii_alphanumeric();
            let next = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
            text.as_bytes().windows(2).any(|two| first(&two[0]) && next(&two[1]))
        }
        (_, Some(Check::Policy)) => policy(text),
        _ => true,
    }
}

fn policy(text: &str) -> bool {
    let known = ["always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"];
    let delays = |mut rest: &str| {
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            match rest[digits..].strip_prefix(['w', 'd', 'h', 'm', 's']) {
                Some(next) if digits > 0 => rest = next,
                _ => return false,
            }
        }
        true
    };
    known.contains(&text) || text.strip_prefix("every_").is_some_and(|rest| !rest.is_empty() && delays(rest))
}

/// What the final value says.
fn in_project(check: Option<Check>, scalar: &Scalar) -> bool {
    let (text, kind) = (scalar.text.as_str(), scalar.kind);
    let number = matches!(kind, Kind::Int | Kind::Large | Kind::Float);
    match check {
        None => kind != Kind::Time,
        Some(Check::Any | Check::Named | Check::Policy) => true,
        Some(Check::Duration) => seconds(text).is_some(),
        Some(Check::Bytes) => kind != Kind::Text || bytes(text).is_some(),
        Some(Check::Bool) => kind == Kind::Bool || switch(text).is_some(),
        Some(Check::Int) => number || text.parse::<i64>().is_ok(),
        Some(Check::Float) => number || text.parse::<f64>().is_ok(),
        Some(Check::Natural) => (number || text.parse::<i64>().is_ok()) && !text.starts_with('-'),
        Some(Check::Number) => number && !text.starts_with('-'),
        Some(Check::Mode) => kind == Kind::Int || kind == Kind::Text && i64::from_str_radix(text, 8).is_ok(),
        Some(Check::Count) => text.eq_ignore_ascii_case("all") || text.parse::<i64>().is_ok(),
        Some(Check::Text) => matches!(kind, Kind::Text | Kind::Int),
        Some(Check::Whole) => kind == Kind::Int,
    }
}
