//! What the expressions of a task come to: texts with holes, truths, and the commands that they make.

use std::collections::BTreeMap;

use ruff_python_ast as ast;

use crate::formats::shell::HOLE;

/// What is known in a function: texts and truths by name, and the name of its context.
pub(super) struct Scope<'a> {
    pub(super) context: &'a str,
    pub(super) known: BTreeMap<String, Value>,
    pub(super) folder: String,
}

#[derive(Clone)]
pub(super) enum Value {
    Text(String),
    Truth(bool),
}

pub(super) fn literal(e: &ast::Expr) -> Option<Value> {
    match e {
        ast::Expr::StringLiteral(text) => Some(Value::Text(text.value.to_str().to_owned())),
        ast::Expr::BooleanLiteral(truth) => Some(Value::Truth(truth.value)),
        ast::Expr::NoneLiteral(_) => Some(Value::Truth(false)),
        _ => None,
    }
}

/// The folder that `with c.cd("x")` goes to.
pub(super) fn entered(e: &ast::Expr, scope: &Scope<'_>) -> Option<String> {
    let call = e.as_call_expr()?;
    let method = call.func.as_attribute_expr()?;
    let of_context = matches!(&*method.value, ast::Expr::Name(name) if name.id.as_str() == scope.context);
    text(call.arguments.args.first()?, scope).filter(|_| of_context && method.attr.as_str() == "cd")
}

/// A text with holes for what is not known; none where it is no text at all.
pub(super) fn text(e: &ast::Expr, scope: &Scope<'_>) -> Option<String> {
    match e {
        ast::Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
        ast::Expr::Name(name) => match scope.known.get(name.id.as_str()) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        },
        ast::Expr::BinOp(op) if op.op == ast::Operator::Add => {
            let side = |e: &ast::Expr| text(e, scope).unwrap_or_else(|| HOLE.into());
            Some(side(&op.left) + &side(&op.right))
        }
        ast::Expr::FString(parts) => {
            let part = |part: &ast::InterpolatedStringElement| match part {
                ast::InterpolatedStringElement::Literal(literal) => literal.value.to_string(),
                ast::InterpolatedStringElement::Interpolation(inner) => {
                    text(&inner.expression, scope).unwrap_or_else(|| HOLE.into())
                }
            };
            Some(parts.value.elements().map(part).collect())
        }
        ast::Expr::If(choice) => {
            let taken = if truth(&choice.test, scope)? { &choice.body } else { &choice.orelse };
            text(taken, scope)
        }
        ast::Expr::Call(call) => called(call, scope),
        _ => None,
    }
}

/// A text that is made by a call: `"a {}".format(b)`, `quote(b)`.
fn called(call: &ast::ExprCall, scope: &Scope<'_>) -> Option<String> {
    let name = match &*call.func {
        ast::Expr::Name(name) => name.id.as_str(),
        ast::Expr::Attribute(method) => method.attr.as_str(),
        _ => return None,
    };
    let args = call.arguments.args.iter();
    if name == "quote" {
        return args.map(|e| text(e, scope).map(|text| quoted(&text))).next().flatten();
    }
    let format = call.func.as_attribute_expr().filter(|_| name == "format")?;
    let mut pieces = format.value.as_string_literal_expr()?.value.to_str().split("{}");
    let mut out = pieces.next()?.to_owned();
    let mut values = args.map(|e| text(e, scope).unwrap_or_else(|| HOLE.into()));
    for piece in pieces {
        out.push_str(&values.next().unwrap_or_else(|| HOLE.into()));
        out.push_str(piece);
    }
    (!out.contains('{')).then_some(out)
}

/// A word of a command that is given as a list.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && (text.chars().all(plain) || text == HOLE) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The command that a program is started with: one text, or a list of words.
pub(super) fn command(e: &ast::Expr, scope: &Scope<'_>) -> Option<String> {
    let ast::Expr::List(list) = e else { return text(e, scope) };
    let word = |e: &ast::Expr| text(e, scope).map_or_else(|| HOLE.into(), |text| quoted(&text));
    Some(list.elts.iter().map(word).collect::<Vec<String>>().join(" "))
}

/// Whether a condition on what the task is handed holds.
pub(super) fn truth(e: &ast::Expr, scope: &Scope<'_>) -> Option<bool> {
    match e {
        ast::Expr::BooleanLiteral(truth) => Some(truth.value),
        ast::Expr::Name(name) => match scope.known.get(name.id.as_str())? {
            Value::Truth(truth) => Some(*truth),
            Value::Text(text) if text.contains(HOLE) => None,
            Value::Text(text) => Some(!text.is_empty()),
        },
        ast::Expr::UnaryOp(op) if op.op == ast::UnaryOp::Not => truth(&op.operand, scope).map(|truth| !truth),
        _ => None,
    }
}
