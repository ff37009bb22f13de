//! The variables that the tests' own files (`conftest.py`, the package's `__init__.py`) set before the program is imported.

use std::collections::BTreeMap;

use ruff_python_ast as ast;

use super::parse::{parse, span};
use crate::discover::{Tree, paths};
use crate::formats::dotenv::{self, Dialect};
use crate::formats::{Var, World};
use crate::model::{FileId, Known, Origin, Reason, Span};

/// Stands for what is not decided here.
struct Open;

/// Does to a world what a file does to the variables at its top, or where pytest asks it to configure the tests; the names.
pub fn apply(tree: &Tree, file: FileId, folder: &str, world: &mut World) -> Vec<String> {
    let parsed = parse(tree, file);
    let mut reader =
        Reader { tree, file, folder, world, texts: BTreeMap::new(), dicts: BTreeMap::new(), given: vec![] };
    for statement in &parsed.body {
        match statement {
            ast::Stmt::FunctionDef(def) if def.name.as_str() == "pytest_configure" => reader.all(&def.body),
            _ => reader.statement(statement),
        }
    }
    reader.given
}

struct Reader<'w, 't> {
    tree: &'t Tree,
    file: FileId,
    folder: &'t str,
    world: &'w mut World,
    /// Names that are a text.
    texts: BTreeMap<&'t str, String>,
    /// Names that are a dict.
    dicts: BTreeMap<&'t str, &'t ast::ExprDict>,
    given: Vec<String>,
}

impl<'t> Reader<'_, 't> {
    fn all(&mut self, body: &'t [ast::Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'t ast::Stmt) {
        match statement {
            ast::Stmt::Assign(assign) => match &assign.targets[..] {
                [ast::Expr::Name(name)] => self.name(name.id.as_str(), &assign.value),
                [ast::Expr::Subscript(target)] if is_environ(&target.value) => {
                    self.set(&target.slice, &assign.value, false);
                }
                _ => {}
            },
            ast::Stmt::AugAssign(assign) if is_environ(&assign.target) => self.update(&assign.value),
            ast::Stmt::Expr(expression) => {
                if let Some(call) = expression.value.as_call_expr() {
                    self.call(call);
                }
            }
            ast::Stmt::Delete(delete) => {
                for target in delete.targets.iter().filter_map(|target| target.as_subscript_expr()) {
                    if is_environ(&target.value) {
                        self.remove(&target.slice);
                    }
                }
            }
            ast::Stmt::If(branch) => self.branch(branch),
            ast::Stmt::Try(tried) => self.all(&tried.body),
            ast::Stmt::With(with) => self.all(&with.body),
            _ => {}
        }
    }

    fn name(&mut self, name: &'t str, value: &'t ast::Expr) {
        self.texts.remove(name);
        self.dicts.remove(name);
        if let Some(text) = self.text(value) {
            self.texts.insert(name, text);
        } else if let Some(dict) = value.as_dict_expr() {
            self.dicts.insert(name, dict);
        }
    }

    fn call(&mut self, call: &'t ast::ExprCall) {
        let arguments = &call.arguments.args;
        let method = last(&call.func).unwrap_or_default();
        let of_environ = call.func.as_attribute_expr().is_some_and(|of| is_environ(&of.value));
        match (method, &arguments[..]) {
            ("load_dotenv", _) => self.load(call),
            // `os.environ.setdefault("X", "y")`, `monkeypatch.setenv("X", "y")`
            ("setdefault", [name, value]) if of_environ => self.set(name, value, true),
            ("setenv", [name, value, ..]) => self.set(name, value, false),
            ("pop", [name, ..]) if of_environ => self.remove(name),
            ("delenv", [name, ..]) => self.remove(name),
            ("update", _) if of_environ => {
                for value in arguments {
                    self.update(value);
                }
                for keyword in &call.arguments.keywords {
                    if let Some(name) = &keyword.arg {
                        self.given(name.to_string(), &keyword.value, false);
                    }
                }
            }
            _ => {}
        }
    }

    /// `os.environ.update({"X": "y"})`
    fn update(&mut self, value: &'t ast::Expr) {
        let named = value.as_name_expr().and_then(|name| self.dicts.get(name.id.as_str()).copied());
        let Some(dict) = value.as_dict_expr().or(named) else { return };
        for item in &dict.items {
            if let Some(key) = &item.key {
                self.set(key, &item.value, false);
            }
        }
    }

    fn set(&mut self, name: &'t ast::Expr, value: &'t ast::Expr, default: bool) {
        if let Some(name) = self.text(name) {
            self.given(name, value, default);
        }
    }

    fn given(&mut self, name: String, value: &'t ast::Expr, default: bool) {
        let place = span(self.file, value);
        let known = self.text(value).map_or_else(|| computed(place), Known::One);
        self.put(name, Var { value: known, ..Var::set(String::new(), Origin::set(place)) }, default);
    }

    fn remove(&mut self, name: &'t ast::Expr) {
        if let Some(text) = self.text(name) {
            let var = Var { value: Known::Absent, ..Var::set(String::new(), Origin::set(span(self.file, name))) };
            self.put(text, var, false);
        }
    }

    fn put(&mut self, name: String, var: Var, default: bool) {
        if put(self.world, &name, var, default) {
            self.given.push(name);
        }
    }

    /// `load_dotenv(".env.test")`; what is set already stays unless `override=True`.
    fn load(&mut self, call: &'t ast::ExprCall) {
        let keyword = |wanted: &str| call.arguments.find_keyword(wanted).map(|keyword| &keyword.value);
        let path = call.arguments.args.first().or_else(|| keyword("dotenv_path")).and_then(|path| self.path(path));
        let Some(path) = path else { return };
        let own = paths::parent(self.tree.path(self.file));
        let folders = [own, self.folder, ""];
        let mut found = folders.iter().filter_map(|folder| self.tree.find(&paths::join(folder, &path)?));
        let Some(file) = found.next() else { return };
        let wins = match keyword("override").or(call.arguments.args.get(3)) {
            Some(value) => value.as_boolean_literal_expr().is_some_and(|literal| literal.value),
            None => false,
        };
        self.given.extend(load(self.tree, file, wins, self.world));
    }

    /// The last parts of a path, as far as they are a text: `Path(__file__).parent / ".env.test"`.
    fn path(&self, path: &'t ast::Expr) -> Option<String> {
        match path {
            ast::Expr::BinOp(joined) if joined.op == ast::Operator::Div => self.path(&joined.right),
            ast::Expr::Call(call) => match last(&call.func)? {
                "join" | "joinpath" => self.path(call.arguments.args.last()?),
                "find_dotenv" | "Path" | "str" | "abspath" => self.path(call.arguments.args.first()?),
                _ => None,
            },
            _ => self.text(path),
        }
    }

    /// What is done under a condition that the files decide is done or not; else what it changes is not known.
    fn branch(&mut self, branch: &'t ast::StmtIf) {
        let mut doubted = false;
        let clauses = std::iter::once((Some(&*branch.test), &branch.body))
            .chain(branch.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), &clause.body)));
        for (test, body) in clauses {
            let holds = test.map_or(Some(true), |test| self.holds(test));
            if holds == Some(true) && !doubted {
                return self.all(body);
            }
            if holds != Some(false) {
                doubted = true;
                self.doubt(body, span(self.file, branch));
            }
        }
    }

    fn doubt(&mut self, body: &'t [ast::Stmt], place: Span) {
        let mut world = self.world.clone();
        let (texts, dicts) = (self.texts.clone(), self.dicts.clone());
        let Self { tree, file, folder, .. } = *self;
        let mut aside = Reader { tree, file, folder, world: &mut world, texts, dicts, given: Vec::new() };
        aside.all(body);
        let (changed, texts) = (aside.given, aside.texts);
        self.texts.retain(|name, text| texts.get(name) == Some(text));
        for name in changed {
            let same =
                self.world.vars().get(&name).map(|var| &var.value) == world.vars().get(&name).map(|var| &var.value);
            if !same {
                let var = Var { value: computed(place), ..Var::set(String::new(), Origin::set(place)) };
                self.put(name, var, false);
            }
        }
    }

    fn holds(&self, test: &'t ast::Expr) -> Option<bool> {
        match test {
            ast::Expr::UnaryOp(not) if not.op == ast::UnaryOp::Not => Some(!self.holds(&not.operand)?),
            ast::Expr::Name(name) if name.id.as_str() == "TYPE_CHECKING" => Some(false),
            ast::Expr::Compare(compare) => {
                let ([op], [right]) = (&*compare.ops, &*compare.comparators) else { return None };
                if is_environ(right) {
                    let set = self.variable(&self.text(&compare.left)?).ok()?.is_some();
                    return match op {
                        ast::CmpOp::In => Some(set),
                        ast::CmpOp::NotIn => Some(!set),
                        _ => None,
                    };
                }
                let none = |value: &ast::Expr| value.is_none_literal_expr();
                let left = self.asked(&compare.left).ok()?;
                match op {
                    ast::CmpOp::Is if none(right) => Some(left.is_none()),
                    ast::CmpOp::IsNot if none(right) => Some(left.is_some()),
                    ast::CmpOp::Eq => Some(left? == self.text(right)?),
                    ast::CmpOp::NotEq => Some(left? != self.text(right)?),
                    _ => None,
                }
            }
            _ => Some(self.asked(test).ok()?.is_some_and(|text| !text.is_empty())),
        }
    }

    /// A text, or none where a variable that is asked for is not set.
    fn asked(&self, value: &'t ast::Expr) -> Result<Option<String>, Open> {
        if let Some(text) = self.text(value) {
            return Ok(Some(text));
        }
        let (name, default) = asks(value).ok_or(Open)?;
        if default.is_some_and(|default| !default.is_none_literal_expr()) {
            return Err(Open);
        }
        self.variable(&self.text(name).ok_or(Open)?)
    }

    /// A variable's value; none where nothing that is seen sets it.
    fn variable(&self, name: &str) -> Result<Option<String>, Open> {
        match self.world.vars().get(name).map(|var| &var.value) {
            Some(Known::One(text)) => Ok(Some(text.clone())),
            None | Some(Known::Absent) => Ok(None),
            _ => Err(Open),
        }
    }

    fn text(&self, value: &'t ast::Expr) -> Option<String> {
        match value {
            ast::Expr::StringLiteral(text) => Some(text.value.to_string()),
            ast::Expr::Name(name) => self.texts.get(name.id.as_str()).cloned(),
            ast::Expr::BinOp(sum) if sum.op == ast::Operator::Add => {
                Some(self.text(&sum.left)? + &self.text(&sum.right)?)
            }
            ast::Expr::Subscript(of) if is_environ(&of.value) => self.variable(&self.text(&of.slice)?).ok()?,
            ast::Expr::Call(call) => {
                if let Some((name, default)) = asks(value) {
                    return self.variable(&self.text(name)?).ok()?.or_else(|| self.text(default?));
                }
                let arguments = &call.arguments.args[..];
                match (&*call.func, arguments) {
                    (ast::Expr::Attribute(of), [old, new]) if of.attr.as_str() == "replace" => {
                        Some(self.text(&of.value)?.replace(&self.text(old)?, &self.text(new)?))
                    }
                    (ast::Expr::Name(name), [value]) if name.id.as_str() == "str" => match value {
                        ast::Expr::NumberLiteral(number) => Some(number.value.as_int()?.to_string()),
                        ast::Expr::BooleanLiteral(truth) => Some((if truth.value { "True" } else { "False" }).into()),
                        _ => self.text(value),
                    },
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// Loads a file of variables into a world; the names. What is set already stays unless the file wins.
pub fn load(tree: &Tree, file: FileId, wins: bool, world: &mut World) -> Vec<String> {
    let Ok(text) = tree.text(file) else { return Vec::new() };
    let vars = dotenv::vars(&dotenv::parse(file, text, Dialect::PythonDotenv, world));
    vars.into_iter().filter_map(|(name, var)| put(world, &name, var, !wins).then_some(name)).collect()
}

/// Sets a variable, by default or in any case; whether it was set.
fn put(world: &mut World, name: &str, var: Var, default: bool) -> bool {
    let set = |known: &Var| !known.certainty.is_default() && known.value != Known::Absent;
    let stays = default && world.vars().get(name).is_some_and(set);
    if !stays {
        world.vars_mut().insert(name.to_owned(), var);
    }
    !stays
}

/// The name and the default of `os.environ.get("X", "y")` and `os.getenv("X")`.
fn asks(value: &ast::Expr) -> Option<(&ast::Expr, Option<&ast::Expr>)> {
    let call = value.as_call_expr()?;
    let of_environ = call.func.as_attribute_expr().is_some_and(|of| is_environ(&of.value));
    let method = last(&call.func)?;
    if !(method == "getenv" || method == "get" && of_environ) {
        return None;
    }
    Some((call.arguments.args.first()?, call.arguments.args.get(1)))
}

fn computed(place: Span) -> Known<String> {
    Known::Unknown(Reason::at("the tests compute it", place))
}

fn is_environ(expression: &ast::Expr) -> bool {
    last(expression) == Some("environ")
}

/// The last part of a dotted name.
fn last(expression: &ast::Expr) -> Option<&str> {
    match expression {
        ast::Expr::Name(name) => Some(name.id.as_str()),
        ast::Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
