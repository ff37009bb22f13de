//! Names whose values a program checks: it raises where they are not as they should be.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast as ast;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};

use super::parse::parse;
use crate::discover::Tree;
use crate::model::FileId;

/// What a program checks of its settings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Refusals {
    /// Names of settings and variables with some values of which it does not start.
    pub names: BTreeSet<String>,
    /// Names that it checks only where another name has a value: the other name.
    pub guarded: BTreeMap<String, String>,
}

impl Refusals {
    /// Both together.
    pub fn join(&mut self, other: Self) {
        self.names.extend(other.names);
        self.guarded.extend(other.guarded);
    }
}

/// The names that stand in a test under which a file raises, or that it sets where it would raise otherwise.
pub fn refusals(tree: &Tree, file: FileId) -> Refusals {
    let mut finder = Finder::default();
    let parsed = parse(tree, file);
    // Twice: a function may be called above its definition.
    finder.block(&parsed.body);
    finder.block(&parsed.body);
    finder.found
}

#[derive(Default)]
struct Finder {
    found: Refusals,
    /// The names in the tests above, those of the outermost first.
    above: Vec<BTreeSet<String>>,
    /// What a local name of the function was read from.
    locals: BTreeMap<String, BTreeSet<String>>,
    /// Whether it is the body of a function.
    inside: bool,
    /// Functions that raise for what they are given, and the name on which that hangs.
    raising: BTreeMap<String, Option<String>>,
}

impl Finder {
    fn block(&mut self, body: &[ast::Stmt]) {
        for statement in body {
            self.visit_stmt(statement);
        }
    }

    /// The names that a test checks. In a function what is asked to be there at all may still be any text.
    fn checked(&self, test: &ast::Expr) -> BTreeSet<String> {
        if self.inside && asks_absence(test) { BTreeSet::new() } else { self.names(test) }
    }

    /// The names in an expression, and what they were read from.
    fn names(&self, e: &ast::Expr) -> BTreeSet<String> {
        let mut names = Names::default();
        names.visit_expr(e);
        let read: Vec<String> = names.0.iter().filter_map(|name| self.locals.get(name)).flatten().cloned().collect();
        names.0.extend(read);
        names.0
    }

    /// One branch: it is checked what stands in its test where it raises; what the branches beside it set is given there
    /// instead of an error.
    fn branch(&mut self, test: &BTreeSet<String>, body: &[ast::Stmt], otherwise: Option<&[ast::Stmt]>) {
        if body.iter().any(ends) {
            self.found.names.extend(test.iter().cloned());
            let outer: BTreeSet<String> = self.above.iter().flatten().cloned().collect();
            let guard = test.iter().find(|name| !outer.contains(*name) && is_constant(name));
            if let Some(guard) = guard {
                let guarded = outer.iter().filter(|name| !test.contains(*name)).cloned().collect();
                self.check(guarded, Some(guard));
            }
        }
        if otherwise.is_some_and(|other| other.iter().any(ends)) {
            self.found.names.extend(set_by(body));
        }
        // What is collected under a test stands for what the test asks.
        for name in set_by(body).into_iter().filter(|name| !is_constant(name)) {
            self.locals.entry(name).or_default().extend(test.iter().cloned());
        }
        self.above.push(test.clone());
        self.block(body);
        self.above.pop();
    }

    fn function(&mut self, function: &ast::StmtFunctionDef) {
        let above = std::mem::take(&mut self.above);
        let locals = std::mem::take(&mut self.locals);
        let found = std::mem::take(&mut self.found);
        let inside = std::mem::replace(&mut self.inside, true);
        self.block(&function.body);
        (self.above, self.locals, self.inside) = (above, locals, inside);
        let own = std::mem::replace(&mut self.found, found);
        let guard = |one: &ast::AnyParameterRef<'_>| {
            let name = one.name().as_str();
            if own.names.contains(name) { Some(None) } else { own.guarded.get(name).map(|guard| Some(guard.clone())) }
        };
        if let Some(guard) = function.parameters.iter().find_map(|one| guard(&one)) {
            // `@field_validator("SECRET_KEY")`
            for decorator in &function.decorator_list {
                if let ast::Expr::Call(call) = &decorator.expression
                    && last_name(&call.func).is_some_and(|name| name.ends_with("validator"))
                {
                    self.check(call.arguments.args.iter().filter_map(text).collect(), guard.as_ref());
                }
            }
            self.raising.insert(function.name.to_string(), guard);
        }
        self.found.join(own);
    }

    fn check(&mut self, names: BTreeSet<String>, guard: Option<&String>) {
        match guard {
            Some(guard) => self.found.guarded.extend(names.into_iter().map(|name| (name, guard.clone()))),
            None => self.found.names.extend(names),
        }
    }
}

impl<'a> Visitor<'a> for Finder {
    fn visit_stmt(&mut self, statement: &'a ast::Stmt) {
        match statement {
            ast::Stmt::If(branch) => {
                let mut tests = self.checked(&branch.test);
                let otherwise = branch.elif_else_clauses.iter().find(|clause| clause.test.is_none());
                let otherwise = otherwise.map(|clause| clause.body.as_slice());
                self.branch(&tests, &branch.body, otherwise);
                for clause in &branch.elif_else_clauses {
                    if let Some(test) = &clause.test {
                        let own = self.checked(test);
                        tests.extend(own.iter().cloned());
                        self.branch(&own, &clause.body, otherwise);
                    } else {
                        self.branch(&tests, &clause.body, None);
                    }
                }
            }
            ast::Stmt::Assert(assert) if !(self.inside && is_read(&assert.test)) => {
                let names = self.names(&assert.test);
                self.found.names.extend(names);
            }
            ast::Stmt::FunctionDef(function) => self.function(function),
            ast::Stmt::Assign(assign) => {
                let read = self.names(&assign.value);
                for target in &assign.targets {
                    if let ast::Expr::Name(name) = target
                        && !is_constant(&name.id)
                    {
                        self.locals.insert(name.id.to_string(), read.clone());
                    }
                }
                walk_stmt(self, statement);
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, e: &'a ast::Expr) {
        if let ast::Expr::Call(call) = e
            && let Some(guard) = last_name(&call.func).and_then(|name| self.raising.get(name)).cloned()
        {
            let given = call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|one| &one.value));
            let names = given.flat_map(|arg| self.names(arg)).collect();
            self.check(names, guard.as_ref());
        }
        walk_expr(self, e);
    }
}

/// Whether a statement ends the program: it raises, or exits.
fn ends(statement: &ast::Stmt) -> bool {
    let exits = |e: &ast::Expr| {
        let call = e.as_call_expr().and_then(|call| last_name(&call.func));
        call.is_some_and(|name| ["exit", "_exit", "quit"].contains(&name))
    };
    statement.is_raise_stmt() || statement.as_expr_stmt().is_some_and(|statement| exits(&statement.value))
}

/// Whether a test asks nothing but whether something is not there: `not a`, `a is None or b is None`.
fn asks_absence(test: &ast::Expr) -> bool {
    match test {
        ast::Expr::BoolOp(all) => all.values.iter().all(asks_absence),
        ast::Expr::UnaryOp(one) => matches!(one.op, ast::UnaryOp::Not) && is_read(&one.operand),
        ast::Expr::Compare(compare) => compare.comparators.iter().all(ast::Expr::is_none_literal_expr),
        _ => false,
    }
}

/// Whether an expression only reads something.
fn is_read(e: &ast::Expr) -> bool {
    match e {
        ast::Expr::Name(_) | ast::Expr::Attribute(_) | ast::Expr::Subscript(_) => true,
        ast::Expr::Call(call) => last_name(&call.func).is_some_and(|name| ["get", "getenv"].contains(&name)),
        _ => false,
    }
}

/// Whether a name is written as settings and variables are.
fn is_constant(name: &str) -> bool {
    name.len() > 1 && name.chars().any(|c| c.is_ascii_uppercase()) && !name.chars().any(|c| c.is_ascii_lowercase())
}

fn last_name(e: &ast::Expr) -> Option<&str> {
    match e {
        ast::Expr::Name(name) => Some(&name.id),
        ast::Expr::Attribute(attribute) => Some(&attribute.attr),
        _ => None,
    }
}

fn text(e: &ast::Expr) -> Option<String> {
    if let ast::Expr::StringLiteral(text) = e { Some(text.value.to_string()) } else { None }
}

/// The names that an expression asks, those of variables and of keys with them.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl<'a> Visitor<'a> for Names {
    fn visit_expr(&mut self, e: &'a ast::Expr) {
        match e {
            ast::Expr::Name(name) if !["self", "cls"].contains(&name.id.as_str()) => {
                self.0.insert(name.id.to_string());
            }
            ast::Expr::Attribute(attribute) => drop(self.0.insert(attribute.attr.to_string())),
            ast::Expr::Subscript(subscript) => self.0.extend(text(&subscript.slice)),
            ast::Expr::Call(call) => {
                let constant = call.arguments.args.first().and_then(text).filter(|name| is_constant(name));
                self.0.extend(constant);
            }
            _ => {}
        }
        walk_expr(self, e);
    }
}

/// The names that statements set or add to.
fn set_by(body: &[ast::Stmt]) -> BTreeSet<String> {
    let mut set = Set::default();
    for statement in body {
        set.visit_stmt(statement);
    }
    set.0
}

/// They are found here.
#[derive(Default)]
struct Set(BTreeSet<String>);

impl<'a> Visitor<'a> for Set {
    fn visit_stmt(&mut self, statement: &'a ast::Stmt) {
        match statement {
            ast::Stmt::Assign(assign) => {
                self.0.extend(assign.targets.iter().filter_map(last_name).map(str::to_owned));
            }
            ast::Stmt::AnnAssign(assign) => self.0.extend(last_name(&assign.target).map(str::to_owned)),
            ast::Stmt::AugAssign(assign) => self.0.extend(last_name(&assign.target).map(str::to_owned)),
            ast::Stmt::Expr(e) => {
                if let ast::Expr::Call(call) = e.value.as_ref()
                    && let ast::Expr::Attribute(method) = call.func.as_ref()
                    && ["append", "extend", "add"].contains(&method.attr.as_str())
                {
                    self.0.extend(last_name(&method.value).map(str::to_owned));
                }
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Overlay;

    fn of(text: &str) -> Refusals {
        let tree = Tree::open(Box::new(Overlay::of([("settings.py", text)]))).expect("a tree");
        let file = tree.find("settings.py").expect("its file");
        refusals(&tree, file)
    }

    fn refused(text: &str) -> Vec<String> {
        of(text).names.into_iter().filter(|name| is_constant(name)).collect()
    }

    #[test]
    fn what_is_set_where_the_program_would_raise_otherwise_is_checked() {
        let text = "if not SECRET_KEY:\n    if DEBUG:\n        SECRET_KEY = 'a'\n    else:\n        raise ValueError\n";
        assert_eq!(refused(text), ["DEBUG", "SECRET_KEY"]);
        let text = "if DEBUG:\n    SECRET_KEY = 'a'\nelif KEY:\n    SECRET_KEY = KEY\nelse:\n    raise ValueError\n";
        assert_eq!(refused(text), ["DEBUG", "KEY", "SECRET_KEY"]);
    }

    #[test]
    fn a_check_that_only_one_value_of_a_selector_brings_guards() {
        let text =
            "if not SECRET_KEY:\n    if STAGE == 'production':\n        raise ValueError\n    SECRET_KEY = 'a'\n";
        let found = of(text);
        assert!(!found.names.contains("SECRET_KEY"));
        assert_eq!(found.guarded.get("SECRET_KEY").map(String::as_str), Some("STAGE"));
    }

    #[test]
    fn a_function_that_reads_the_variable_and_raises_checks_it() {
        let text = "def check():
    key = os.getenv('SECRET_KEY', 'dev')
    other = os.getenv('OTHER_KEY', 'dev')
    weak = []
    if is_weak(key):
        weak.append('key')
    if weak:
        raise RuntimeError(weak)
";
        assert_eq!(refused(text), ["SECRET_KEY"]);
        let text = "def token():\n    key = config['SECRET_KEY']\n    if key is None:\n        raise ServerError\n";
        assert!(refused(text).is_empty());
        assert_eq!(refused("if os.environ['SECRET_KEY'] == 'a':\n    raise ValueError\n"), ["SECRET_KEY"]);
    }

    #[test]
    fn what_is_given_to_a_function_that_raises_for_it_is_checked() {
        let text = "class Settings(BaseSettings):
    def _check(self, name, value):
        if value == 'changethis':
            if self.ENVIRONMENT == 'local':
                warn(name)
            else:
                raise ValueError(name)

    @model_validator(mode='after')
    def _enforce(self):
        self._check('SECRET_KEY', self.SECRET_KEY)
        return self

    @field_validator('JWT_KEY')
    def _long(cls, v):
        if len(v) < 32:
            raise ValueError
        return v
";
        let found = of(text);
        assert!(found.names.contains("JWT_KEY") && !found.names.contains("SECRET_KEY"));
        assert_eq!(found.guarded.get("SECRET_KEY").map(String::as_str), Some("ENVIRONMENT"));
        let plain =
            text.replace("if self.ENVIRONMENT == 'local'", "if value").replace("warn(name)", "raise ValueError");
        assert!(of(&plain).names.contains("SECRET_KEY"));
    }
}
