//! `noxfile.py`: sessions and what they run, as far as literals go; nothing is evaluated.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast as ast;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};

use super::parse::{parse, span};
use crate::discover::Tree;
use crate::model::{FileId, Problem, Span, Spanned};

/// What a session's call does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoxCall {
    /// `session.install`: pip's arguments.
    Install,
    /// `session.conda_install`.
    CondaInstall,
    /// `session.run`, `session.run_always`, `session.run_install`.
    Run,
    /// `session.notify`: another session, run afterwards.
    Notify,
}

/// A call of a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionCall {
    /// What it does.
    pub kind: NoxCall,
    /// Its words; one that is no literal has no text. `*session.posargs` gives none at all.
    pub words: Vec<(Option<String>, Span)>,
    /// `env`, where it is literal.
    pub env: BTreeMap<String, Spanned<String>>,
    /// Whether it stands on a branch, in a loop or behind a condition.
    pub maybe: bool,
    /// The call.
    pub span: Span,
}

/// Names that a session is run over, and their values where they are literal.
pub type Parameter = (Vec<String>, Option<Vec<Spanned<String>>>);

/// A session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Its name.
    pub name: Spanned<String>,
    /// `python`; none where it is not literal, empty where it runs in the interpreter of nox.
    pub pythons: Option<Vec<Spanned<String>>>,
    /// `parametrize`: the names, and the values where they are literal.
    pub parameters: Vec<Parameter>,
    /// `tags`.
    pub tags: Vec<Spanned<String>>,
    /// Whether it runs where none is named (`default=False`).
    pub default: bool,
    /// Its calls, in source order.
    pub calls: Vec<SessionCall>,
}

/// A noxfile.
#[derive(Clone, Default, Debug)]
pub struct Nox {
    /// The sessions, in source order.
    pub sessions: Vec<Session>,
    /// `nox.options.sessions`, where it is literal.
    pub selected: Option<Vec<Spanned<String>>>,
    /// What cannot be read.
    pub problems: Vec<Problem>,
}

/// Reads a noxfile.
pub fn noxfile(tree: &Tree, file: FileId) -> Nox {
    let parsed = parse(tree, file);
    let constants = constants(file, &parsed.body);
    let functions = parsed.body.iter().filter_map(ast::Stmt::as_function_def_stmt);
    let helpers: Helpers<'_> = functions.map(|def| (def.name.as_str(), def)).collect();
    let mut nox = Nox { problems: parsed.problem.iter().cloned().collect(), ..Nox::default() };
    for statement in &parsed.body {
        match statement {
            ast::Stmt::Assign(assign) => {
                let target = assign.targets.first().and_then(dotted);
                if target.as_deref().is_some_and(|name| name == "nox.options.sessions" || name == "options.sessions") {
                    nox.selected = texts(file, &assign.value, &constants);
                }
            }
            ast::Stmt::FunctionDef(def) => nox.sessions.extend(session(file, def, &constants, &helpers)),
            _ => {}
        }
    }
    nox
}

impl Nox {
    /// The sessions that a name selects: all with it, or one Python of it (`tests-3.12`).
    pub fn named<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Session> {
        let bare = name.split('(').next().unwrap_or(name);
        self.sessions.iter().filter(move |session| {
            let own = session.name.value.as_str();
            own == bare
                || bare.strip_prefix(own).and_then(|rest| rest.strip_prefix('-')).is_some_and(|version| {
                    session.pythons.as_ref().is_none_or(|all| all.iter().any(|python| python.value == version))
                })
        })
    }

    /// The sessions that run where none is named.
    pub fn default_sessions(&self) -> Vec<&Session> {
        match &self.selected {
            Some(names) => names.iter().flat_map(|name| self.named(&name.value)).collect(),
            None => self.sessions.iter().filter(|session| session.default).collect(),
        }
    }
}

/// How deep functions that get the session may call one another.
const MAX_HELPERS: usize = 6;
/// How many calls of a session are read.
const MAX_CALLS: usize = 500;

/// The functions of the module by name.
type Helpers<'a> = BTreeMap<&'a str, &'a ast::StmtFunctionDef>;

/// Literals at the top of the module by name; a name that is set twice or changed is none.
type Constants = BTreeMap<String, Vec<(String, Span, bool)>>;

fn constants(file: FileId, body: &[ast::Stmt]) -> Constants {
    let mut all = Constants::new();
    let mut dead: BTreeSet<String> = BTreeSet::new();
    for statement in body {
        let (name, value) = match statement {
            ast::Stmt::Assign(assign) => match &assign.targets[..] {
                [ast::Expr::Name(name)] => (name.id.to_string(), Some(&*assign.value)),
                _ => continue,
            },
            ast::Stmt::AnnAssign(assign) => match &*assign.target {
                ast::Expr::Name(name) => (name.id.to_string(), assign.value.as_deref()),
                _ => continue,
            },
            ast::Stmt::AugAssign(assign) => match &*assign.target {
                ast::Expr::Name(name) => (name.id.to_string(), None),
                _ => continue,
            },
            _ => continue,
        };
        let found = value.and_then(|value| {
            let list = !matches!(value, ast::Expr::StringLiteral(_));
            Some((texts(file, value, &all)?, list))
        });
        match found.filter(|_| !all.contains_key(&name)) {
            Some((texts, list)) => {
                all.insert(name, texts.into_iter().map(|text| (text.value, text.span, list)).collect());
            }
            None => {
                dead.insert(name);
            }
        }
    }
    all.retain(|name, _| !dead.contains(name));
    all
}

fn dotted(e: &ast::Expr) -> Option<String> {
    match e {
        ast::Expr::Name(n) => Some(n.id.to_string()),
        ast::Expr::Attribute(a) => Some(format!("{}.{}", dotted(&a.value)?, a.attr.as_str())),
        _ => None,
    }
}

/// The text of a literal, of a constant, or of an f-string of those.
fn text(e: &ast::Expr, constants: &Constants) -> Option<String> {
    match e {
        ast::Expr::StringLiteral(s) => Some(s.value.to_str().to_owned()),
        ast::Expr::Name(n) => match constants.get(n.id.as_str()).map(Vec::as_slice) {
            Some([(text, _, false)]) => Some(text.clone()),
            _ => None,
        },
        ast::Expr::FString(f) => {
            let mut out = String::new();
            for part in f.value.elements() {
                match part {
                    ast::InterpolatedStringElement::Literal(literal) => out.push_str(&literal.value),
                    ast::InterpolatedStringElement::Interpolation(inner) if inner.format_spec.is_none() => {
                        out.push_str(&text(&inner.expression, constants)?);
                    }
                    ast::InterpolatedStringElement::Interpolation(_) => return None,
                }
            }
            Some(out)
        }
        _ => None,
    }
}

/// The texts of a list or tuple of literals, of a constant list, or of one text.
fn texts(file: FileId, e: &ast::Expr, constants: &Constants) -> Option<Vec<Spanned<String>>> {
    let items = match e {
        ast::Expr::List(list) => &list.elts,
        ast::Expr::Tuple(tuple) => &tuple.elts,
        ast::Expr::Name(name) => {
            let found = constants.get(name.id.as_str())?;
            return Some(found.iter().map(|(text, at, _)| Spanned::new(text.clone(), *at)).collect());
        }
        ast::Expr::BinOp(op) if op.op == ast::Operator::Add => {
            let mut all = texts(file, &op.left, constants)?;
            all.extend(texts(file, &op.right, constants)?);
            return Some(all);
        }
        _ => return Some(vec![Spanned::new(text(e, constants)?, span(file, e))]),
    };
    let mut all = Vec::new();
    for item in items {
        match item {
            ast::Expr::Starred(starred) => all.extend(texts(file, &starred.value, constants)?),
            _ => all.push(Spanned::new(text(item, constants)?, span(file, item))),
        }
    }
    Some(all)
}

fn keyword<'a>(call: &'a ast::ExprCall, name: &str) -> Option<&'a ast::Expr> {
    call.arguments.keywords.iter().find(|k| k.arg.as_ref().is_some_and(|arg| arg == name)).map(|k| &k.value)
}

fn session(file: FileId, def: &ast::StmtFunctionDef, constants: &Constants, helpers: &Helpers<'_>) -> Option<Session> {
    let mut found: Option<Session> = None;
    let mut parameters = Vec::new();
    for decorator in &def.decorator_list {
        let (name, call) = match &decorator.expression {
            ast::Expr::Call(call) => (dotted(&call.func)?, Some(call)),
            other => (dotted(other).unwrap_or_default(), None),
        };
        match (name.rsplit('.').next().unwrap_or_default(), call) {
            ("session", call) => found = Some(decorated(file, def, call, constants)),
            ("parametrize", Some(call)) => {
                let names = call.arguments.args.first().and_then(|e| texts(file, e, constants)).unwrap_or_default();
                let names = names.iter().flat_map(|name| name.value.split(',')).map(|name| name.trim().to_owned());
                let values = call.arguments.args.get(1).and_then(|e| texts(file, e, constants));
                parameters.push((names.collect(), values));
            }
            _ => {}
        }
    }
    let mut session = found?;
    session.parameters = parameters;
    let first = def.parameters.posonlyargs.iter().chain(&def.parameters.args).next()?;
    let within = vec![def.name.as_str()];
    let mut reader =
        Calls { file, constants, helpers, within, session: first.parameter.name.as_str(), depth: 0, found: Vec::new() };
    def.body.iter().for_each(|statement| reader.visit_stmt(statement));
    session.calls = reader.found;
    Some(session)
}

fn decorated(file: FileId, def: &ast::StmtFunctionDef, call: Option<&ast::ExprCall>, constants: &Constants) -> Session {
    let given = |name: &str| call.and_then(|call| keyword(call, name));
    let python = given("python").or_else(|| given("py"));
    // Without an environment of its own a session runs in the interpreter of nox, whatever it asks for.
    let none = given("venv_backend").and_then(|e| text(e, constants)).is_some_and(|backend| backend == "none");
    let python = python.filter(|_| !none);
    let plain = || Spanned::new(def.name.to_string(), span(file, &def.name));
    let named = given("name").and_then(|e| Some(Spanned::new(text(e, constants)?, span(file, e))));
    Session {
        name: named.unwrap_or_else(plain),
        pythons: match python {
            None | Some(ast::Expr::BooleanLiteral(_) | ast::Expr::NoneLiteral(_)) => Some(Vec::new()),
            Some(e) => texts(file, e, constants),
        },
        parameters: Vec::new(),
        tags: given("tags").and_then(|e| texts(file, e, constants)).unwrap_or_default(),
        default: !matches!(given("default"), Some(ast::Expr::BooleanLiteral(no)) if !no.value),
        calls: Vec::new(),
    }
}

struct Calls<'a> {
    file: FileId,
    constants: &'a Constants,
    helpers: &'a Helpers<'a>,
    /// The functions that are being read.
    within: Vec<&'a str>,
    session: &'a str,
    depth: usize,
    found: Vec<SessionCall>,
}

impl<'a> Visitor<'a> for Calls<'_> {
    fn visit_stmt(&mut self, statement: &'a ast::Stmt) {
        // A function within is not called here, and `with session.chdir(…)` decides nothing.
        if matches!(statement, ast::Stmt::FunctionDef(_) | ast::Stmt::ClassDef(_)) {
            return;
        }
        let branches =
            matches!(statement, ast::Stmt::If(_) | ast::Stmt::For(_) | ast::Stmt::While(_) | ast::Stmt::Match(_));
        self.depth += usize::from(branches);
        walk_stmt(self, statement);
        self.depth -= usize::from(branches);
    }

    fn visit_expr(&mut self, e: &'a ast::Expr) {
        if let ast::Expr::Call(call) = e {
            let name = dotted(&call.func).unwrap_or_default();
            let method = name.strip_prefix(self.session).and_then(|rest| rest.strip_prefix('.'));
            let kind = match method {
                Some("install") => Some(NoxCall::Install),
                Some("conda_install") => Some(NoxCall::CondaInstall),
                Some("run" | "run_always" | "run_install") => Some(NoxCall::Run),
                Some("notify") => Some(NoxCall::Notify),
                _ => None,
            };
            if let Some(kind) = kind {
                self.call(kind, call);
            } else if let Some(helper) = self.helpers.get(name.as_str()).copied() {
                self.follow(helper, call);
            }
        }
        walk_expr(self, e);
    }
}

impl Calls<'_> {
    /// Reads a function of the module that is handed the session.
    fn follow(&mut self, def: &ast::StmtFunctionDef, call: &ast::ExprCall) {
        let handed = |argument: &ast::Expr| dotted(argument).is_some_and(|name| name == self.session);
        let Some(at) = call.arguments.args.iter().position(handed) else { return };
        let parameters: Vec<&str> = def.parameters.iter().map(|parameter| parameter.name().as_str()).collect();
        let open = self.within.contains(&def.name.as_str()) || self.within.len() >= MAX_HELPERS;
        let Some(session) = parameters.get(at).filter(|_| !open && self.found.len() < MAX_CALLS) else { return };
        let mut constants = self.constants.clone();
        constants.retain(|name, _| !parameters.contains(&name.as_str()));
        let mut within = self.within.clone();
        within.push(def.name.as_str());
        let (file, helpers, depth) = (self.file, self.helpers, self.depth);
        let mut reader = Calls { file, constants: &constants, helpers, within, session, depth, found: Vec::new() };
        def.body.iter().for_each(|statement| reader.visit_stmt(statement));
        let found = reader.found;
        self.found.extend(found);
    }

    fn call(&mut self, kind: NoxCall, call: &ast::ExprCall) {
        let mut words = Vec::new();
        for argument in &call.arguments.args {
            let at = span(self.file, argument);
            match argument {
                ast::Expr::Starred(starred) => match texts(self.file, &starred.value, self.constants) {
                    Some(found) => words.extend(found.into_iter().map(|word| (Some(word.value), at))),
                    // What the command line adds is nothing where it says nothing.
                    None if dotted(&starred.value).is_some_and(|name| name.ends_with(".posargs")) => {}
                    None => words.push((None, at)),
                },
                other => words.push((text(other, self.constants), at)),
            }
        }
        let pairs = keyword(call, "env").and_then(ast::Expr::as_dict_expr).map_or(&[][..], |dict| &dict.items);
        let pair = |item: &ast::DictItem| {
            let value = Spanned::new(text(&item.value, self.constants)?, span(self.file, &item.value));
            Some((text(item.key.as_ref()?, self.constants)?, value))
        };
        let env = pairs.iter().filter_map(pair).collect();
        self.found.push(SessionCall { kind, words, env, maybe: self.depth > 0, span: span(self.file, call) });
    }
}

#[cfg(test)]
mod tests;
