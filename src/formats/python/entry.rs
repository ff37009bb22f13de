//! Modules that processes start, and modules that choose settings: read as they are written, not run.

use std::collections::BTreeSet;

use ruff_python_ast as ast;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};

pub use super::entry_default::EntryDefault;
use super::entry_default::is_test_command;
use super::parse::{parse, span};
use crate::discover::Tree;
use crate::model::{FileId, Span, Spanned};

/// A call that starts a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunCall {
    /// What is called, as written (`app.run`, `uvicorn.run`).
    pub callee: String,
    /// The keywords that are literals, by name.
    pub keywords: Vec<(String, Spanned<String>)>,
    /// Whether it stands under `if __name__ == "__main__"`.
    pub main: bool,
    /// The call.
    pub span: Span,
}

/// Where configuration is taken from: `app.config.from_object(...)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FromObject {
    /// The text, where it is one (`pkg.Config`).
    pub target: Option<String>,
    /// The variable that selects it, with its default, from a mapping of this name.
    pub selector: Option<(String, Option<String>, String)>,
    /// The call.
    pub span: Span,
}

/// What an entry module says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EntryFacts {
    /// `os.environ.setdefault("DJANGO_SETTINGS_MODULE", …)` and the like.
    pub defaults: Vec<EntryDefault>,
    /// Variables that are given one of several values by a condition, and where.
    pub undecided: Vec<(String, Span)>,
    /// Calls that start a server.
    pub runs: Vec<RunCall>,
    /// `Flask(...)` calls.
    pub apps: Vec<Span>,
    /// Where configuration is taken from.
    pub from_object: Vec<FromObject>,
    /// Servers that are made to be run later: `uvicorn.Server(...)`, `hypercorn`'s `Config(...)`.
    pub servers: Vec<String>,
    /// Whether its commands are those of `flask`: a group of `FlaskGroup`.
    pub flask_group: bool,
}

/// A class of a configuration module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigClass {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Its bases, as written.
    pub bases: Vec<String>,
}

/// A choice of a class or module by a variable, or a mapping of names to them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selection {
    /// The name of the mapping, where it is one.
    pub mapping: Option<String>,
    /// The variable; none for a mapping that something else looks into.
    pub variable: Option<String>,
    /// The variable's default.
    pub default: Option<String>,
    /// Value, target, and the place of the case.
    pub cases: Vec<(String, String, Span)>,
    /// What is taken otherwise.
    pub fallback: Option<(String, Span)>,
    /// The whole.
    pub span: Span,
}

/// The dotted name that an expression spells.
pub(super) fn dotted(e: &ast::Expr) -> Option<String> {
    match e {
        ast::Expr::Name(n) => Some(n.id.to_string()),
        ast::Expr::Attribute(a) => Some(format!("{}.{}", dotted(&a.value)?, a.attr.as_str())),
        _ => None,
    }
}

/// The text of a literal.
pub(super) fn literal(e: &ast::Expr) -> Option<String> {
    match e {
        ast::Expr::StringLiteral(s) => Some(s.value.to_str().to_owned()),
        ast::Expr::BooleanLiteral(b) => Some(if b.value { "True" } else { "False" }.to_owned()),
        ast::Expr::NumberLiteral(n) => match &n.value {
            ast::Number::Int(n) => n.as_i64().map(|n| n.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// The variable, and its default, that an expression reads.
pub(super) fn variable(e: &ast::Expr) -> Option<(String, Option<String>)> {
    match e {
        ast::Expr::Call(call) => {
            let name = dotted(&call.func)?;
            let reads = ["os.environ.get", "os.getenv", "environ.get", "getenv", "config", "env"];
            if !reads.contains(&name.as_str()) {
                return None;
            }
            let default = call.arguments.args.get(1).or_else(|| {
                let named = call.arguments.keywords.iter().find(|k| k.arg.as_ref().is_some_and(|a| a == "default"));
                named.map(|k| &k.value)
            });
            Some((literal(call.arguments.args.first()?)?, default.and_then(literal)))
        }
        ast::Expr::Subscript(s) if dotted(&s.value).is_some_and(|n| n == "os.environ") => {
            Some((literal(&s.slice)?, None))
        }
        ast::Expr::BoolOp(op) if op.op == ast::BoolOp::Or => {
            let (name, default) = variable(op.values.first()?)?;
            Some((name, op.values.last().and_then(literal).or(default)))
        }
        _ => None,
    }
}

struct Reader {
    file: FileId,
    main: bool,
    /// What the conditions around say of the command.
    for_tests: Option<bool>,
    /// Names that a conditional expression gives their value.
    choices: BTreeSet<String>,
    facts: EntryFacts,
}

impl<'a> Visitor<'a> for Reader {
    fn visit_stmt(&mut self, s: &'a ast::Stmt) {
        if let ast::Stmt::If(of) = s
            && let Some(tests) = is_test_command(&of.test)
        {
            let around = self.for_tests.replace(tests);
            of.body.iter().for_each(|inner| self.visit_stmt(inner));
            self.for_tests = Some(!tests);
            of.elif_else_clauses.iter().flat_map(|clause| &clause.body).for_each(|inner| self.visit_stmt(inner));
            self.for_tests = around;
            return;
        }
        let before = self.main;
        if let ast::Stmt::If(of) = s
            && let ast::Expr::Compare(test) = &*of.test
            && dotted(&test.left).is_some_and(|n| n == "__name__")
        {
            self.main = true;
        }
        if let ast::Stmt::Assign(assign) = s
            && assign.value.is_if_expr()
        {
            self.choices.extend(assign.targets.iter().filter_map(dotted));
        }
        walk_stmt(self, s);
        self.main = before;
    }

    fn visit_expr(&mut self, e: &'a ast::Expr) {
        // `@click.group(cls=FlaskGroup)`
        if let ast::Expr::Call(call) = e {
            let class = |k: &ast::Keyword| {
                k.arg.as_ref().is_some_and(|name| name == "cls")
                    && dotted(&k.value).is_some_and(|class| class.rsplit('.').next() == Some("FlaskGroup"))
            };
            self.facts.flask_group |= call.arguments.keywords.iter().any(class);
        }
        if let ast::Expr::Call(call) = e
            && let Some(name) = dotted(&call.func)
        {
            self.call(call, &name);
        }
        walk_expr(self, e);
    }
}

impl Reader {
    fn call(&mut self, call: &ast::ExprCall, name: &str) {
        let at = span(self.file, call);
        let args = &call.arguments;
        let last = name.rsplit('.').next().unwrap_or(name);
        if name.ends_with("environ.setdefault") {
            if let [first, second] = &args.args[..]
                && let Some(variable) = literal(first)
            {
                if let Some(value) = literal(second) {
                    let value = Spanned::new(value, span(self.file, second));
                    self.facts.defaults.push(EntryDefault { variable, value, for_tests: self.for_tests });
                } else if second.is_if_expr() || dotted(second).is_some_and(|name| self.choices.contains(&name)) {
                    self.facts.undecided.push((variable, span(self.file, second)));
                }
            }
        } else if last == "Flask" {
            self.facts.apps.push(at);
        } else if name == "uvicorn.Server" || name == "hypercorn.Config" || name == "hypercorn.config.Config" {
            self.facts.servers.push(name.to_owned());
        } else if last == "FlaskGroup" {
            self.facts.flask_group = true;
        } else if last == "from_object" {
            let first = args.args.first();
            let selector = first.and_then(ast::Expr::as_subscript_expr).and_then(|s| {
                let (name, default) = variable(&s.slice)?;
                Some((name, default, dotted(&s.value)?))
            });
            let target = first.and_then(|e| literal(e).or_else(|| dotted(e)));
            self.facts.from_object.push(FromObject { target, selector, span: at });
        } else if last == "run" && name != "asyncio.run" && name != "subprocess.run" {
            let pair = |k: &ast::Keyword| {
                let value = literal(&k.value)?;
                Some((k.arg.as_ref()?.to_string(), Spanned::new(value, span(self.file, &k.value))))
            };
            let keywords = args.keywords.iter().filter_map(pair).collect();
            self.facts.runs.push(RunCall { callee: name.to_owned(), keywords, main: self.main, span: at });
        }
    }
}

/// What a module that a process starts says, as written.
pub fn entry_points(tree: &Tree, file: FileId) -> EntryFacts {
    let mut reader =
        Reader { file, main: false, for_tests: None, choices: BTreeSet::new(), facts: EntryFacts::default() };
    for statement in &parse(tree, file).body {
        reader.visit_stmt(statement);
    }
    reader.facts
}

/// The classes at the top of a module.
pub fn config_classes(tree: &Tree, file: FileId) -> Vec<ConfigClass> {
    let parsed = parse(tree, file);
    let classes = parsed.body.iter().filter_map(ast::Stmt::as_class_def_stmt);
    classes
        .map(|def| ConfigClass {
            name: def.name.to_string(),
            span: span(file, &def.name),
            bases: def.arguments.iter().flat_map(|a| a.args.iter()).filter_map(dotted).collect(),
        })
        .collect()
}

/// The mappings from names to classes and the chains of branches on a variable, at the top of a module, and where a variable
/// is what a mapping is looked into with: such a selection has no cases of its own.
pub fn selections(tree: &Tree, file: FileId) -> Vec<Selection> {
    let parsed = parse(tree, file);
    let mut known: Vec<(String, (String, Option<String>))> = Vec::new();
    let mut out = Vec::new();
    for statement in &parsed.body {
        match statement {
            ast::Stmt::Assign(assign) => {
                let Some(name) = assign.targets.first().and_then(dotted) else { continue };
                if let Some(read) = variable(&assign.value) {
                    known.push((name, read));
                } else if let ast::Expr::Dict(dict) = &*assign.value {
                    let row =
                        |i: &ast::DictItem| Some((literal(i.key.as_ref()?)?, dotted(&i.value)?, span(file, &i.value)));
                    let cases: Vec<_> = dict.items.iter().filter_map(row).collect();
                    if !cases.is_empty() && cases.len() == dict.items.len() {
                        let at = span(file, assign);
                        let mapping = Some(name);
                        out.push(Selection { mapping, variable: None, default: None, cases, fallback: None, span: at });
                    }
                }
            }
            ast::Stmt::If(branch) => out.extend(chain(file, branch, &known)),
            _ => {}
        }
    }
    out.extend(super::uses::of(file, &parsed.body));
    out
}

/// An `if`/`elif` chain that compares one variable and imports or names something in each case.
fn chain(file: FileId, branch: &ast::StmtIf, known: &[(String, (String, Option<String>))]) -> Option<Selection> {
    let mut clauses: Vec<(Option<&ast::Expr>, &[ast::Stmt])> = vec![(Some(&branch.test), &branch.body)];
    clauses.extend(branch.elif_else_clauses.iter().map(|c| (c.test.as_ref(), &c.body[..])));
    let mut out = Selection {
        mapping: None,
        variable: None,
        default: None,
        cases: Vec::new(),
        fallback: None,
        span: span(file, branch),
    };
    for (test, body) in clauses {
        let target = body.iter().find_map(|s| match s {
            ast::Stmt::ImportFrom(i) => {
                let dots = ".".repeat(i.level as usize);
                Some((format!("{dots}{}", i.module.as_ref().map_or("", |m| m.as_str())), span(file, i)))
            }
            ast::Stmt::Assign(a) => dotted(&a.value).map(|t| (t, span(file, &*a.value))),
            _ => None,
        })?;
        let Some(test) = test else {
            out.fallback = Some(target);
            continue;
        };
        let compare = test.as_compare_expr()?;
        let (Some(ast::CmpOp::Eq), Some(right)) = (compare.ops.first(), compare.comparators.first()) else {
            return None;
        };
        let read = variable(&compare.left).or_else(|| {
            let name = dotted(&compare.left)?;
            known.iter().rev().find(|(have, _)| *have == name).map(|(_, read)| read.clone())
        })?;
        if out.variable.as_ref().is_some_and(|have| *have != read.0) {
            return None;
        }
        (out.variable, out.default) = (Some(read.0), read.1);
        out.cases.push((literal(right)?, target.0, target.1));
    }
    Some(out)
}
