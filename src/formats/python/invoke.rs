//! `tasks.py` of invoke, `fabfile.py` of Fabric: what a task runs, as far as literals go.

use std::collections::BTreeMap;

use ruff_python_ast as ast;

use super::parse::{parse, span};
use crate::discover::Tree;
use crate::formats::shell::HOLE;
use crate::model::{FileId, Span};

/// How deep tasks and helpers may call one another.
const MAX_DEPTH: usize = 6;
/// How many commands of a task are read.
const MAX_LINES: usize = 200;

/// What is handed to the parameters of a task, by their names.
pub type Given = BTreeMap<String, String>;

/// A command that a task runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The text; what is no literal is a hole.
    pub text: String,
    /// Where it is written.
    pub span: Span,
    /// The folder that the task has gone to, from where it was started.
    pub folder: String,
}

/// The commands of a task; none where the file has no such task.
pub fn task(tree: &Tree, file: FileId, name: &str, given: &Given) -> Option<Vec<Line>> {
    let parsed = parse(tree, file);
    let functions = parsed.body.iter().filter_map(ast::Stmt::as_function_def_stmt);
    let functions: BTreeMap<&str, &ast::StmtFunctionDef> = functions.map(|def| (def.name.as_str(), def)).collect();
    let mut reader = Reader { file, functions: &functions, depth: 0, lines: Vec::new() };
    let wanted = name.replace('-', "_");
    let def = functions.values().find(|def| is_task(def).is_some_and(|names| names.contains(&wanted)))?;
    reader.task(def, given);
    Some(reader.lines)
}

/// The names of all tasks.
pub fn tasks(tree: &Tree, file: FileId) -> Vec<String> {
    let parsed = parse(tree, file);
    let functions = parsed.body.iter().filter_map(ast::Stmt::as_function_def_stmt);
    functions.filter_map(|def| is_task(def)?.into_iter().next()).collect()
}

/// The names under which a function is a task.
fn is_task(def: &ast::StmtFunctionDef) -> Option<Vec<String>> {
    let call = decorator(def)?;
    let named = call.and_then(|call| keyword(call, "name")).and_then(ast::Expr::as_string_literal_expr);
    let plain = || def.name.to_string();
    let name = named.map_or_else(plain, |text| text.value.to_str().replace('-', "_"));
    let aliases = call.and_then(|call| keyword(call, "aliases")).map(elements).unwrap_or_default();
    let aliases = aliases.iter().filter_map(ast::Expr::as_string_literal_expr);
    Some(std::iter::once(name).chain(aliases.map(|text| text.value.to_str().replace('-', "_"))).collect())
}

/// The decorator that makes a function a task, and its call where it is called.
#[expect(clippy::option_option, reason = "a task may be made without a call")]
fn decorator(def: &ast::StmtFunctionDef) -> Option<Option<&ast::ExprCall>> {
    def.decorator_list.iter().find_map(|decorator| {
        let (of, call) = match &decorator.expression {
            ast::Expr::Call(call) => (&*call.func, Some(call)),
            other => (other, None),
        };
        let name = match of {
            ast::Expr::Name(name) => name.id.as_str(),
            ast::Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return None,
        };
        (name == "task").then_some(call)
    })
}

fn keyword<'a>(call: &'a ast::ExprCall, name: &str) -> Option<&'a ast::Expr> {
    let is = |keyword: &&ast::Keyword| keyword.arg.as_ref().is_some_and(|arg| arg == name);
    call.arguments.keywords.iter().find(is).map(|keyword| &keyword.value)
}

fn elements(e: &ast::Expr) -> &[ast::Expr] {
    match e {
        ast::Expr::List(list) => &list.elts,
        ast::Expr::Tuple(tuple) => &tuple.elts,
        one => std::slice::from_ref(one),
    }
}

/// What is known in a function: texts and truths by name, and the name of its context.
struct Scope<'a> {
    context: &'a str,
    known: BTreeMap<String, Value>,
    folder: String,
}

#[derive(Clone)]
enum Value {
    Text(String),
    Truth(bool),
}

struct Reader<'a> {
    file: FileId,
    functions: &'a BTreeMap<&'a str, &'a ast::StmtFunctionDef>,
    depth: usize,
    lines: Vec<Line>,
}

impl<'a> Reader<'a> {
    /// A task with those that it asks to run before and after it.
    fn task(&mut self, def: &'a ast::StmtFunctionDef, given: &Given) {
        let call = decorator(def).flatten();
        let around = |name: &str| call.and_then(|call| keyword(call, name)).map(elements).unwrap_or_default();
        let before = around("pre").iter().chain(call.map_or(&[][..], |call| &call.arguments.args));
        for task in before {
            self.named(task);
        }
        self.function(def, given, &[]);
        for task in around("post") {
            self.named(task);
        }
    }

    fn named(&mut self, task: &'a ast::Expr) {
        let name = match task {
            ast::Expr::Name(name) => name.id.as_str(),
            ast::Expr::Call(call) => {
                call.arguments.args.first().and_then(ast::Expr::as_name_expr).map_or("", |n| n.id.as_str())
            }
            _ => "",
        };
        if let Some(def) = self.functions.get(name).copied().filter(|_| self.depth < MAX_DEPTH) {
            self.depth += 1;
            self.task(def, &Given::new());
            self.depth -= 1;
        }
    }

    fn function(&mut self, def: &'a ast::StmtFunctionDef, given: &Given, handed: &[(String, Value)]) {
        let mut parameters = def.parameters.iter_non_variadic_params();
        let Some(context) = parameters.next() else { return };
        let mut scope =
            Scope { context: context.name().as_str(), known: handed.iter().cloned().collect(), folder: String::new() };
        for parameter in parameters {
            let name = parameter.name().to_string();
            if scope.known.contains_key(&name) {
                continue;
            }
            let default = parameter.default().and_then(literal);
            let value = match (given.get(&name).map(String::as_str), &default) {
                (Some(text @ ("true" | "false")), Some(Value::Truth(_))) => Some(Value::Truth(text == "true")),
                (Some(text), _) => Some(Value::Text(text.to_owned())),
                (None, _) => default,
            };
            scope.known.extend(value.map(|value| (name, value)));
        }
        self.body(&def.body, &mut scope);
    }

    fn body(&mut self, body: &'a [ast::Stmt], scope: &mut Scope<'_>) {
        for statement in body {
            self.statement(statement, scope);
        }
    }

    fn statement(&mut self, statement: &'a ast::Stmt, scope: &mut Scope<'_>) {
        match statement {
            ast::Stmt::Expr(e) => self.expression(&e.value, scope),
            ast::Stmt::Return(ast::StmtReturn { value: Some(value), .. }) => self.expression(value, scope),
            ast::Stmt::Assign(assign) => {
                self.expression(&assign.value, scope);
                if let [ast::Expr::Name(name)] = &assign.targets[..] {
                    let text = text(&assign.value, scope);
                    scope.known.insert(name.id.to_string(), Value::Text(text.unwrap_or_else(|| HOLE.into())));
                }
            }
            ast::Stmt::AugAssign(assign) => {
                if let ast::Expr::Name(name) = &*assign.target {
                    let before = text(&assign.target, scope).unwrap_or_else(|| HOLE.into());
                    let after = format!("{before}{}", text(&assign.value, scope).unwrap_or_else(|| HOLE.into()));
                    scope.known.insert(name.id.to_string(), Value::Text(after));
                }
            }
            ast::Stmt::If(branch) => self.branch(branch, scope),
            ast::Stmt::With(with) => {
                let folder = scope.folder.clone();
                for item in &with.items {
                    if let Some(to) = entered(&item.context_expr, scope) {
                        scope.folder = if folder.is_empty() { to } else { format!("{folder}/{to}") };
                    }
                }
                self.body(&with.body, scope);
                scope.folder = folder;
            }
            ast::Stmt::For(each) => self.body(&each.body, scope),
            ast::Stmt::Try(tried) => {
                self.body(&tried.body, scope);
                self.body(&tried.finalbody, scope);
            }
            _ => {}
        }
    }

    fn branch(&mut self, branch: &'a ast::StmtIf, scope: &mut Scope<'_>) {
        let asked = truth(&branch.test, scope);
        if asked != Some(false) {
            self.body(&branch.body, scope);
        }
        if asked == Some(true) {
            return;
        }
        for clause in &branch.elif_else_clauses {
            let asked = clause.test.as_ref().and_then(|test| truth(test, scope));
            if asked != Some(false) {
                self.body(&clause.body, scope);
            }
            if asked == Some(true) {
                return;
            }
        }
    }

    fn expression(&mut self, e: &'a ast::Expr, scope: &mut Scope<'_>) {
        let ast::Expr::Call(call) = e else {
            if let ast::Expr::Attribute(attribute) = e {
                self.expression(&attribute.value, scope);
            }
            return;
        };
        match &*call.func {
            ast::Expr::Attribute(method) => {
                let of_context = matches!(&*method.value, ast::Expr::Name(name) if name.id.as_str() == scope.context);
                if of_context && matches!(method.attr.as_str(), "run" | "sudo" | "local") {
                    self.run(call, scope);
                } else {
                    self.expression(&method.value, scope);
                }
            }
            ast::Expr::Name(name) => self.helper(name.id.as_str(), call, scope),
            _ => {}
        }
    }

    fn run(&mut self, call: &ast::ExprCall, scope: &Scope<'_>) {
        let command = call.arguments.args.first().or_else(|| keyword(call, "command"));
        let Some(command) = command.filter(|_| self.lines.len() < MAX_LINES) else { return };
        let text = text(command, scope).unwrap_or_else(|| HOLE.into());
        self.lines.push(Line { text, span: span(self.file, command), folder: scope.folder.clone() });
    }

    /// A function of the file that is handed the context.
    fn helper(&mut self, name: &str, call: &'a ast::ExprCall, scope: &Scope<'_>) {
        let handed = call.arguments.args.first().and_then(ast::Expr::as_name_expr);
        let context = handed.is_some_and(|name| name.id.as_str() == scope.context);
        let Some(def) = self.functions.get(name).copied().filter(|_| context && self.depth < MAX_DEPTH) else { return };
        let names = def.parameters.iter_non_variadic_params().skip(1).map(|parameter| parameter.name().to_string());
        let value = |e: &ast::Expr| literal(e).or_else(|| text(e, scope).map(Value::Text));
        let by_place = names.zip(call.arguments.args.iter().skip(1)).filter_map(|(name, e)| Some((name, value(e)?)));
        let named = call.arguments.keywords.iter();
        let by_name = named.filter_map(|keyword| Some((keyword.arg.as_ref()?.to_string(), value(&keyword.value)?)));
        let known: Vec<(String, Value)> = by_place.chain(by_name).collect();
        self.depth += 1;
        let (first, folder) = (self.lines.len(), scope.folder.clone());
        self.function(def, &Given::new(), &known);
        for line in self.lines.iter_mut().skip(first).filter(|_| !folder.is_empty()) {
            line.folder = if line.folder.is_empty() { folder.clone() } else { format!("{folder}/{}", line.folder) };
        }
        self.depth -= 1;
    }
}

fn literal(e: &ast::Expr) -> Option<Value> {
    match e {
        ast::Expr::StringLiteral(text) => Some(Value::Text(text.value.to_str().to_owned())),
        ast::Expr::BooleanLiteral(truth) => Some(Value::Truth(truth.value)),
        ast::Expr::NoneLiteral(_) => Some(Value::Truth(false)),
        _ => None,
    }
}

/// The folder that `with c.cd("x")` goes to.
fn entered(e: &ast::Expr, scope: &Scope<'_>) -> Option<String> {
    let call = e.as_call_expr()?;
    let method = call.func.as_attribute_expr()?;
    let of_context = matches!(&*method.value, ast::Expr::Name(name) if name.id.as_str() == scope.context);
    text(call.arguments.args.first()?, scope).filter(|_| of_context && method.attr.as_str() == "cd")
}

/// A text with holes for what is not known; none where it is no text at all.
fn text(e: &ast::Expr, scope: &Scope<'_>) -> Option<String> {
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
        _ => None,
    }
}

/// Whether a condition on what the task is handed holds.
fn truth(e: &ast::Expr, scope: &Scope<'_>) -> Option<bool> {
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

#[cfg(test)]
mod tests {
    use super::{Given, task};
    use crate::discover::{Overlay, Tree};
    use crate::formats::shell::HOLE;

    const TASKS: &str = "from invoke import task
def start(c, name='db'):
    c.run(f'docker compose up -d {name}')
@task
def clean(c):
    c.run('rm -rf x')
@task(pre=[clean], name='unit-tests')
def tests(c, args='', database=True):
    if database:
        start(c)
    else:
        c.run('echo no database')
    with c.cd('src'):
        c.run('pytest --ds a.test ' + args, pty=True)
        c.run(f'echo {len(args)}')
";

    fn run(name: &str, given: &[(&str, &str)]) -> Option<Vec<String>> {
        let tree = Tree::open(Box::new(Overlay::of([("tasks.py", TASKS)]))).unwrap();
        let given: Given = given.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        let lines = task(&tree, tree.find("tasks.py")?, name, &given)?;
        Some(lines.iter().map(|line| format!("{}:{}", line.folder, line.text)).collect())
    }

    #[test]
    fn a_task_runs_its_literals_with_what_it_is_handed() {
        let all = run("unit-tests", &[]).unwrap();
        let unknown = format!("src:echo {HOLE}");
        assert_eq!(all, [":rm -rf x", ":docker compose up -d db", "src:pytest --ds a.test ", &unknown]);
        let all = run("unit-tests", &[("database", "false"), ("args", "-x")]).unwrap();
        assert_eq!(all[1..3], [":echo no database", "src:pytest --ds a.test -x"]);
        assert_eq!(run("start", &[]), None, "no task");
    }
}
