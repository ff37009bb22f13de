//! `setup.py` as far as literals go: the keywords of the call of `setup()`, and names that are assigned one literal once.

use std::cell::Cell;
use std::collections::BTreeMap;

use ruff_python_ast as ast;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};

use super::parse::{parse, span};
use crate::discover::Tree;
use crate::formats::metadata::{Known, Metadata, dependency};
use crate::formats::requirements::normalize;
use crate::model::{FileId, Reason, Span, Spanned};

/// Lists of requirements of one file that are looked at.
const FUEL: usize = 500;

/// What a `setup.py` passes to `setup()`.
pub fn metadata(tree: &Tree, file: FileId) -> Metadata {
    let parsed = parse(tree, file);
    let whole = Span::new(file, 0, 0);
    let mut seen =
        Seen { file, assigned: BTreeMap::new(), changed: Vec::new(), calls: Vec::new(), fuel: Cell::new(FUEL) };
    parsed.body.iter().for_each(|statement| seen.visit_stmt(statement));
    for statement in &parsed.body {
        if let ast::Stmt::Assign(assign) = statement
            && let [ast::Expr::Name(name)] = &*assign.targets
        {
            seen.assigned.insert(name.id.to_string(), &assign.value);
        }
    }
    let [call] = seen.calls[..] else {
        let why =
            if seen.calls.is_empty() { "there is no call of setup()" } else { "there are several calls of setup()" };
        return unknown(&Reason::at(why, whole));
    };
    let keywords = &call.arguments.keywords;
    if let Some(unpacked) = keywords.iter().find(|keyword| keyword.arg.is_none()) {
        return unknown(&Reason::at("the arguments of setup() are put together while it runs", span(file, unpacked)));
    }
    let value = |name: &str| {
        keywords
            .iter()
            .find(|keyword| keyword.arg.as_ref().is_some_and(|arg| arg == name))
            .map(|keyword| &keyword.value)
    };
    Metadata {
        name: value("name").and_then(|value| seen.text(value)),
        requires_python: value("python_requires").and_then(|value| seen.text(value)),
        dependencies: value("install_requires").map(|value| seen.requirements(value)),
        extras: value("extras_require").map(|value| seen.extras(value)),
    }
}

fn unknown(reason: &Reason) -> Metadata {
    Metadata { dependencies: Some(Err(reason.clone())), extras: Some(Err(reason.clone())), ..Metadata::default() }
}

struct Seen<'a> {
    file: FileId,
    assigned: BTreeMap<String, &'a ast::Expr>,
    /// Every name that is written to, once for each time.
    changed: Vec<String>,
    calls: Vec<&'a ast::ExprCall>,
    /// Lists that may still be looked at.
    fuel: Cell<usize>,
}

impl<'a> Visitor<'a> for Seen<'a> {
    fn visit_stmt(&mut self, statement: &'a ast::Stmt) {
        if let ast::Stmt::AugAssign(assign) = statement
            && let ast::Expr::Name(name) = &*assign.target
        {
            self.changed.push(name.id.to_string());
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a ast::Expr) {
        match expression {
            ast::Expr::Name(name) if !name.ctx.is_load() => self.changed.push(name.id.to_string()),
            ast::Expr::Call(call) => match &*call.func {
                ast::Expr::Name(name) if name.id == "setup" => self.calls.push(call),
                // `X.append(…)` changes a list, `X["a"] = …` a table; other methods of a literal do not.
                ast::Expr::Attribute(method) => {
                    if method.attr.as_str() == "setup" {
                        self.calls.push(call);
                    }
                    if let ast::Expr::Name(name) = &*method.value
                        && !["join", "format", "split", "strip", "keys", "values", "items", "get"]
                            .contains(&method.attr.as_str())
                    {
                        self.changed.push(name.id.to_string());
                    }
                }
                _ => {}
            },
            ast::Expr::Subscript(subscript) if !subscript.ctx.is_load() => {
                if let ast::Expr::Name(name) = &*subscript.value {
                    self.changed.push(name.id.to_string());
                }
            }
            _ => {}
        }
        walk_expr(self, expression);
    }
}

impl<'a> Seen<'a> {
    /// The literal behind an expression: itself, or that of a name which is written to once.
    fn literal(&self, expression: &'a ast::Expr) -> Result<&'a ast::Expr, Reason> {
        let ast::Expr::Name(name) = expression else { return Ok(expression) };
        let times = self.changed.iter().filter(|known| **known == *name.id).count();
        let value = self.assigned.get(name.id.as_str()).copied();
        value.filter(|value| times == 1 && !value.is_name_expr()).ok_or_else(|| self.not_literal(expression))
    }

    fn not_literal(&self, expression: &ast::Expr) -> Reason {
        Reason::at("this is put together while setup.py runs", span(self.file, expression))
    }

    fn text(&self, expression: &'a ast::Expr) -> Option<Spanned<String>> {
        let ast::Expr::StringLiteral(text) = self.literal(expression).ok()? else { return None };
        Some(self.spanned(text))
    }

    fn spanned(&self, text: &ast::ExprStringLiteral) -> Spanned<String> {
        let whole = span(self.file, text);
        let value = text.value.to_str().to_owned();
        // One quote on each side where nothing is escaped: the text itself, else the whole literal.
        let plain = (whole.end - whole.start) as usize == value.len() + 2;
        let inner = Span::new(self.file, whole.start as usize + 1, (whole.end as usize).saturating_sub(1));
        Spanned::new(value, if plain { inner } else { whole })
    }

    fn requirements(&self, expression: &'a ast::Expr) -> Known {
        // A name whose literal names itself would be followed for ever.
        self.fuel.set(self.fuel.get().saturating_sub(1));
        if self.fuel.get() == 0 {
            return Err(self.not_literal(expression));
        }
        let items = match self.literal(expression)? {
            ast::Expr::List(list) => &list.elts,
            ast::Expr::Tuple(tuple) => &tuple.elts,
            ast::Expr::BinOp(sum) if sum.op == ast::Operator::Add => {
                let mut all = self.requirements(&sum.left)?;
                all.extend(self.requirements(&sum.right)?);
                return Ok(all);
            }
            // setuptools takes a text of several lines too.
            ast::Expr::StringLiteral(text) => {
                let whole = span(self.file, text);
                let lines = text
                    .value
                    .to_str()
                    .lines()
                    .map(str::trim)
                    .filter(|line| !line.is_empty() && !line.starts_with('#'));
                return Ok(lines.map(|line| dependency(Spanned::new(line.to_owned(), whole))).collect());
            }
            other => return Err(self.not_literal(other)),
        };
        let text = |item: &'a ast::Expr| match self.literal(item)? {
            ast::Expr::StringLiteral(text) => Ok(dependency(self.spanned(text))),
            other => Err(self.not_literal(other)),
        };
        items.iter().map(text).collect()
    }

    fn extras(&self, expression: &'a ast::Expr) -> Result<BTreeMap<String, Known>, Reason> {
        let literal = self.literal(expression)?;
        let ast::Expr::Dict(table) = literal else { return Err(self.not_literal(literal)) };
        let mut extras = BTreeMap::new();
        for item in &table.items {
            let Some(ast::Expr::StringLiteral(name)) = &item.key else { return Err(self.not_literal(literal)) };
            extras.insert(normalize(name.value.to_str()), self.requirements(&item.value));
        }
        Ok(extras)
    }
}
