//! `tasks.py` of invoke, `fabfile.py` of Fabric: what a task runs, as far as literals go.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast as ast;

use super::invoke_texts::{Scope, Value, command, entered, literal, text, truth};
use super::parse::{parse, span};
use crate::discover::Tree;
use crate::formats::shell::HOLE;
use crate::model::{FileId, Span};

/// How deep tasks and helpers may call one another.
const MAX_DEPTH: usize = 6;
/// Functions of modules that run a command.
const RUNNERS: [(&str, &str); 9] = [
    ("invoke", "run"),
    ("fabric.api", "local"),
    ("fabric.operations", "local"),
    ("subprocess", "run"),
    ("subprocess", "call"),
    ("subprocess", "check_call"),
    ("subprocess", "check_output"),
    ("subprocess", "Popen"),
    ("os", "system"),
];
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
    let imported = parsed.body.iter().filter_map(ast::Stmt::as_import_from_stmt).flat_map(runners).collect();
    let mut reader = Reader { file, functions: &functions, imported, depth: 0, lines: Vec::new() };
    let wanted = name.replace('-', "_");
    let def = functions.values().find(|def| is_task(def).is_some_and(|names| names.contains(&wanted)))?;
    reader.task(def, given);
    Some(reader.lines)
}

/// The names under which an import brings functions that run a command.
fn runners(import: &ast::StmtImportFrom) -> Vec<&str> {
    let module = import.module.as_ref().map_or("", ast::Identifier::as_str);
    let runs = |alias: &&ast::Alias| RUNNERS.contains(&(module, alias.name.as_str()));
    import.names.iter().filter(runs).map(|alias| alias.asname.as_ref().unwrap_or(&alias.name).as_str()).collect()
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

struct Reader<'a> {
    file: FileId,
    functions: &'a BTreeMap<&'a str, &'a ast::StmtFunctionDef>,
    /// Functions of other modules that run a command.
    imported: BTreeSet<&'a str>,
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
        self.function(def, given, &[], true);
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

    /// A function whose first parameter is the context, unless it is handed values only.
    fn function(&mut self, def: &'a ast::StmtFunctionDef, given: &Given, handed: &[(String, Value)], context: bool) {
        let mut parameters = def.parameters.iter_non_variadic_params();
        let first = if context { parameters.next().map_or("", |one| one.name().as_str()) } else { "" };
        if context && first.is_empty() {
            return;
        }
        let mut scope = Scope { context: first, known: handed.iter().cloned().collect(), folder: String::new() };
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
                let runs = |module: &str| RUNNERS.contains(&(module, method.attr.as_str()));
                let of_module = method.value.as_name_expr().is_some_and(|name| runs(name.id.as_str()));
                if of_context && matches!(method.attr.as_str(), "run" | "sudo" | "local") || of_module {
                    self.run(call, scope);
                } else {
                    self.expression(&method.value, scope);
                }
            }
            ast::Expr::Name(name) if self.imported.contains(name.id.as_str()) => self.run(call, scope),
            ast::Expr::Name(name) => self.helper(name.id.as_str(), call, scope),
            _ => {}
        }
    }

    fn run(&mut self, call: &ast::ExprCall, scope: &Scope<'_>) {
        let asked = call.arguments.args.first().or_else(|| keyword(call, "command")).or_else(|| keyword(call, "args"));
        let Some(asked) = asked.filter(|_| self.lines.len() < MAX_LINES) else { return };
        let text = command(asked, scope).unwrap_or_else(|| HOLE.into());
        self.lines.push(Line { text, span: span(self.file, asked), folder: scope.folder.clone() });
    }

    /// A function of the file that is handed the context, or none that is a task.
    fn helper(&mut self, name: &str, call: &'a ast::ExprCall, scope: &Scope<'_>) {
        let handed = call.arguments.args.first().and_then(ast::Expr::as_name_expr);
        let context = handed.is_some_and(|name| name.id.as_str() == scope.context);
        let may = |def: &&ast::StmtFunctionDef| context || is_task(def).is_none();
        let Some(def) = self.functions.get(name).copied().filter(may).filter(|_| self.depth < MAX_DEPTH) else {
            return;
        };
        let own = usize::from(context);
        let names = def.parameters.iter_non_variadic_params().skip(own).map(|parameter| parameter.name().to_string());
        let value = |e: &ast::Expr| literal(e).or_else(|| text(e, scope).map(Value::Text));
        let by_place = names.zip(call.arguments.args.iter().skip(own)).filter_map(|(name, e)| Some((name, value(e)?)));
        let named = call.arguments.keywords.iter();
        let by_name = named.filter_map(|keyword| Some((keyword.arg.as_ref()?.to_string(), value(&keyword.value)?)));
        let known: Vec<(String, Value)> = by_place.chain(by_name).collect();
        self.depth += 1;
        let (first, folder) = (self.lines.len(), scope.folder.clone());
        self.function(def, &Given::new(), &known, context);
        for line in self.lines.iter_mut().skip(first).filter(|_| !folder.is_empty()) {
            line.folder = if line.folder.is_empty() { folder.clone() } else { format!("{folder}/{}", line.folder) };
        }
        // What wraps a command in another is told where it is handed that.
        for line in self.lines.iter_mut().skip(first).filter(|_| !context) {
            line.span = span(self.file, call);
        }
        self.depth -= 1;
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

    #[test]
    fn commands_of_other_modules_and_of_helpers_are_followed() {
        let tasks = "import subprocess
from invoke import run as local
from invoke.tasks import task
from shlex import quote
def inside(cmd, service='web'):
    return subprocess.run(['docker', 'compose', 'exec', '-T', service, 'bash', '-c', cmd])
def beside(cmd):
    local('docker compose exec -T {} bash -c {}'.format(quote('web'), quote(cmd)))
@task
def serve(c):
    local('docker compose up -d')
    with suppress(KeyboardInterrupt):
        inside('python manage.py runserver')
    beside('python manage.py migrate')
";
        let tree = Tree::open(Box::new(Overlay::of([("fabfile.py", tasks)]))).unwrap();
        let lines = task(&tree, tree.find("fabfile.py").unwrap(), "serve", &Given::new()).unwrap();
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        let inside = |command: &str| format!("docker compose exec -T web bash -c 'python manage.py {command}'");
        assert_eq!(texts, ["docker compose up -d", &inside("runserver"), &inside("migrate")]);
        let at = |line: &super::Line| tasks.get(line.span.range()).map(str::to_owned);
        assert_eq!(at(&lines[1]).as_deref(), Some("inside('python manage.py runserver')"));
    }

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
