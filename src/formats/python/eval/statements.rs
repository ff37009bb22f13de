//! Statements.

use ruff_python_ast as ast;

use super::machine::{Cond, Flow, Frame, Machine, Pending};
use super::truth::Truth;
use super::values::{Code, Data, Exc, FuncKind, K, Role, Space, Texts, V};
use crate::formats::python::parse::span;
use crate::model::StepKind;

impl Machine<'_> {
    /// Runs statements in order.
    pub(crate) fn block(&mut self, body: &[ast::Stmt], f: &mut Frame) -> Flow {
        for statement in body {
            if !self.tick(span(f.file(), statement)) {
                return Flow::Next;
            }
            let flow = match self.statement(statement, f) {
                Ok(flow) => flow,
                Err(exc) => Flow::Raise(exc),
            };
            if !matches!(flow, Flow::Next) {
                return flow;
            }
        }
        Flow::Next
    }

    /// Runs the statements of a module: what raises is noted and the next one is run.
    pub(crate) fn module_block(&mut self, body: &[ast::Stmt], f: &mut Frame) -> Result<(), Exc> {
        for statement in body {
            let at = span(f.file(), statement);
            if !self.tick(at) {
                return Ok(());
            }
            let flow = match self.statement(statement, f) {
                Ok(flow) => flow,
                Err(exc) => Flow::Raise(exc),
            };
            f.pending.clear();
            if let Flow::Raise(exc) = flow {
                let again = !self.failing.is_empty() && !exc.texts.is_empty();
                if !self.tries.is_empty() || self.suppose.is_some() || again {
                    return Err(exc);
                }
                let name = exc.name.clone().unwrap_or_else(|| "an exception".into());
                let text = if exc.text.is_empty() { name } else { format!("{name}: {}", exc.text) };
                self.problem(exc.span, text);
            }
        }
        Ok(())
    }

    fn statement(&mut self, statement: &ast::Stmt, f: &mut Frame) -> Result<Flow, Exc> {
        let at = span(f.file(), statement);
        match statement {
            ast::Stmt::Expr(e) => {
                self.eval(&e.value, f)?;
            }
            ast::Stmt::Assign(assign) => {
                let value = self.eval_value(&assign.value, assign.targets.first(), f)?;
                for target in &assign.targets {
                    self.assign(target, value.clone(), f)?;
                }
            }
            ast::Stmt::AnnAssign(assign) => {
                let name = assign.target.as_name_expr().map(|n| n.id.to_string());
                if let (true, Some(name)) = (f.class, &name) {
                    self.annotate(name, &assign.annotation, f);
                }
                if let Some(value) = &assign.value {
                    let value = self.eval_value(value, Some(&assign.target), f)?;
                    self.assign(&assign.target, value, f)?;
                }
            }
            ast::Stmt::AugAssign(assign) => self.augmented(assign, f)?,
            ast::Stmt::Delete(delete) => {
                for target in &delete.targets {
                    self.delete(target, f)?;
                }
            }
            ast::Stmt::Return(ret) => {
                let value = ret.value.as_ref().map_or(Ok(V::none()), |e| self.eval(e, f))?;
                return Ok(Flow::Return(value));
            }
            ast::Stmt::Break(_) => return Ok(Flow::Break),
            ast::Stmt::Continue(_) => return Ok(Flow::Continue),
            ast::Stmt::If(branch) => return self.branch(branch, f),
            ast::Stmt::For(of) => return self.for_loop(of, f),
            ast::Stmt::While(of) => return self.while_loop(of, f),
            ast::Stmt::Try(of) => return self.try_statement(of, f),
            ast::Stmt::With(with) => return self.with(with, f),
            ast::Stmt::Match(of) => return Ok(self.match_statement(of, f)),
            ast::Stmt::Raise(raise) => {
                let value = raise.exc.as_ref().map(|e| self.eval(e, f)).transpose()?;
                let name = value.as_ref().and_then(class_name);
                let text = match value.as_ref().map(|v| &v.k) {
                    Some(K::Made(_, args)) => args.pos.first().and_then(V::text).unwrap_or_default().to_owned(),
                    _ => String::new(),
                };
                return Ok(Flow::Raise(Exc { name, span: at, text, call: false, texts: Texts::new() }));
            }
            ast::Stmt::Assert(assert) => {
                let value = self.eval(&assert.test, f)?;
                if matches!(self.truth(&value), Truth::No) {
                    return Ok(Flow::Raise(Exc {
                        name: Some("AssertionError".into()),
                        span: at,
                        text: String::new(),
                        call: false,
                        texts: Texts::new(),
                    }));
                }
            }
            ast::Stmt::Import(import) => self.import_statement(import, f)?,
            ast::Stmt::ImportFrom(import) => self.import_from(import, f)?,
            ast::Stmt::Global(global) => f.global_names.extend(global.names.iter().map(|n| n.id.to_string())),
            ast::Stmt::Nonlocal(nonlocal) => {
                for name in &nonlocal.names {
                    let value = V::unknown("nonlocal names are not followed", at);
                    let holder = f
                        .scope
                        .enclosing
                        .iter()
                        .rev()
                        .copied()
                        .find(|id| self.space(*id).is_some_and(|space| space.names.contains_key(name.id.as_str())));
                    if let Some(id) = holder {
                        self.set_name(id, name.id.as_str(), value);
                    }
                }
            }
            ast::Stmt::FunctionDef(def) => self.define(def, f)?,
            ast::Stmt::ClassDef(def) => self.class_statement(def, f)?,
            ast::Stmt::TypeAlias(_) | ast::Stmt::Pass(_) | ast::Stmt::IpyEscapeCommand(_) => {}
        }
        Ok(Flow::Next)
    }

    fn augmented(&mut self, assign: &ast::StmtAugAssign, f: &mut Frame) -> Result<(), Exc> {
        let at = span(f.file(), assign);
        let old = self.eval(&assign.target, f)?;
        let right = self.eval(&assign.value, f)?;
        let value = match self.in_place(&old, assign.op, &right, at)? {
            Some(same) => same,
            None => self.binary(&old, assign.op, &right, at)?,
        };
        let value = value.from(&old).step(StepKind::Changed, at);
        self.assign(&assign.target, value, f)
    }

    fn branch(&mut self, branch: &ast::StmtIf, f: &mut Frame) -> Result<Flow, Exc> {
        let mut clauses: Vec<(Option<&ast::Expr>, &[ast::Stmt])> = vec![(Some(&branch.test), &branch.body)];
        clauses.extend(branch.elif_else_clauses.iter().map(|c| (c.test.as_ref(), &c.body[..])));
        self.clauses(&clauses, f)
    }

    fn clauses(&mut self, clauses: &[(Option<&ast::Expr>, &[ast::Stmt])], f: &mut Frame) -> Result<Flow, Exc> {
        let Some(((test, body), rest)) = clauses.split_first() else { return Ok(Flow::Next) };
        let Some(test) = test else { return Ok(self.block(body, f)) };
        let value = self.eval_test(test, f)?;
        let at = span(f.file(), *test);
        let mut truth = self.truth(&value);
        // What decides it holds only unless something outside says otherwise: so does what either side leaves.
        if let (Truth::Yes | Truth::No, true) = (&truth, value.m.certainty.is_default()) {
            let default = Some(matches!(truth, Truth::Yes));
            truth = Truth::Open(Cond { vars: value.m.vars.clone(), default });
        }
        match truth {
            Truth::Yes => Ok(self.block(body, f)),
            Truth::No => self.clauses(rest, f),
            Truth::Open(_) if self.is_taken_over(&value, body, f) => self.clauses(rest, f),
            Truth::Open(cond) => {
                self.tick(at);
                Ok(self.fork_flow(&cond, f, &mut |m, f| m.block(body, f), &mut |m, f| {
                    m.clauses(rest, f).unwrap_or_else(Flow::Raise)
                }))
            }
        }
    }

    fn with(&mut self, with: &ast::StmtWith, f: &mut Frame) -> Result<Flow, Exc> {
        let at = span(f.file(), with);
        let mut suppresses = false;
        for item in &with.items {
            let value = self.eval(&item.context_expr, f)?;
            if let K::Made(class, made) = &value.k
                && &**class == "environs.prefixed"
                && with.items.len() == 1
            {
                if let Some(target) = &item.optional_vars {
                    self.assign(target, made.pos[0].clone(), f)?;
                }
                self.prefixes.push(made.pos.get(1).and_then(V::text).map(str::to_owned));
                let flow = self.block(&with.body, f);
                self.prefixes.pop();
                return Ok(flow);
            }
            let known = matches!(&value.k, K::Made(class, _) if &**class == "file");
            let func = item.context_expr.as_call_expr().map(|call| &*call.func);
            let opens = match func {
                Some(ast::Expr::Name(name)) => name.id.as_str() == "open",
                Some(ast::Expr::Attribute(of)) => of.attr.as_str() == "open",
                _ => false,
            };
            suppresses |= !known && !opens;
            if let Some(target) = &item.optional_vars {
                let absent = value.m.absent.clone();
                let other = || V::unknown("a context manager that is not followed", at).with(|m| m.absent = absent);
                let bound = if known { value } else { other() };
                self.assign(target, bound, f)?;
            }
        }
        if !suppresses {
            return Ok(self.block(&with.body, f));
        }
        // It may swallow what is raised inside (`contextlib.suppress`).
        self.begin_try();
        let flow = self.block(&with.body, f);
        let raised = self.end_try();
        let mut outcomes: Vec<Pending> = raised
            .into_iter()
            .map(|(_, heap, cond)| Pending {
                flow: Flow::Next,
                heap,
                cond: super::machine::Cond { default: None, ..cond },
            })
            .collect();
        let (flow, cond) = match flow {
            Flow::Raise(exc) => {
                self.note_raise(exc, super::machine::Cond::default());
                (Flow::Next, super::machine::Cond::default())
            }
            other => (other, super::machine::Cond::default()),
        };
        outcomes.push(Pending { flow, heap: std::mem::take(&mut self.heap), cond });
        Ok(self.settle(outcomes, f))
    }

    fn match_statement(&mut self, of: &ast::StmtMatch, f: &mut Frame) -> Flow {
        let subject = match self.eval(&of.subject, f) {
            Ok(value) => value,
            Err(exc) => return Flow::Raise(exc),
        };
        self.cases(&of.cases, &subject, f)
    }

    fn define(&mut self, def: &ast::StmtFunctionDef, f: &mut Frame) -> Result<(), Exc> {
        let mut kind = FuncKind::Plain;
        for decorator in &def.decorator_list {
            let callee = decorator.expression.as_call_expr().map_or(&decorator.expression, |call| &call.func);
            let name = match callee {
                ast::Expr::Name(n) => n.id.as_str(),
                ast::Expr::Attribute(a) => a.attr.as_str(),
                _ => "",
            };
            kind = match (name, kind) {
                ("computed_field" | "field_validator" | "validator" | "model_validator", kind) => kind,
                ("lru_cache" | "cache", FuncKind::Plain) => FuncKind::Plain,
                ("cached_property", FuncKind::Plain) => FuncKind::Property,
                ("staticmethod", FuncKind::Plain) => FuncKind::Static,
                ("classmethod", FuncKind::Plain) => FuncKind::Class,
                ("property", FuncKind::Plain) => FuncKind::Property,
                _ => FuncKind::Foreign,
            };
            self.decorated(decorator, def, f);
        }
        if def.is_async || yields(&def.body) {
            kind = FuncKind::Foreign;
        }
        let defaults = self.defaults(&def.parameters, f)?;
        let code = Code::Def(std::sync::Arc::new(def.clone()));
        let at = span(f.file(), &def.name);
        let value = self.function(def.name.as_str(), code, defaults, kind, at, f);
        let id = if f.global_names.contains(def.name.as_str()) { f.scope.globals } else { f.locals };
        self.set_name(id, def.name.as_str(), value);
        Ok(())
    }

    fn class_statement(&mut self, def: &ast::StmtClassDef, f: &mut Frame) -> Result<(), Exc> {
        let at = span(f.file(), &def.name);
        let mut bases = Vec::new();
        let record = def.decorator_list.len() == 1 && self.is_record(&def.decorator_list[0], f)?;
        let mut foreign = !def.decorator_list.is_empty() && !record;
        for base in def.arguments.iter().flat_map(|a| a.args.iter()) {
            foreign |= base.is_starred_expr();
            bases.push(self.eval(base, f)?);
        }
        foreign |= def
            .arguments
            .iter()
            .flat_map(|a| a.keywords.iter())
            .any(|k| k.arg.as_ref().is_none_or(|name| name.as_str() == "metaclass"));
        let mut space = Space::new(Role::Class { name: def.name.to_string(), bases });
        let name = V::str(def.name.as_str());
        space.names.insert("__name__".into(), name);
        if record {
            space.names.insert("__record__".into(), V::none());
        }
        let id = self.alloc(Data::Space(space));
        let mut scope = f.scope.clone();
        if !f.class && f.locals != f.scope.globals {
            scope.enclosing.push(f.locals);
        }
        let pending = Vec::new();
        let mut inner =
            Frame { scope, locals: id, global_names: std::collections::BTreeSet::new(), pending, class: true };
        if let Flow::Raise(exc) = self.block(&def.body, &mut inner) {
            return Err(exc);
        }
        foreign |= !self.enumerate(id, def, at);
        let class = V::at(K::Ref(id), at);
        let value = if foreign { V::unknown("a class made by a decorator or metaclass", at) } else { class };
        let owner = if f.global_names.contains(def.name.as_str()) { f.scope.globals } else { f.locals };
        self.set_name(owner, def.name.as_str(), value);
        Ok(())
    }
}

/// The class name of an exception value.
pub(crate) fn class_name(value: &V) -> Option<String> {
    match &value.k {
        K::Lib(path) | K::Made(path, _) => path.rsplit('.').next().map(str::to_owned),
        _ => None,
    }
}

/// Whether a function is a generator.
fn yields(body: &[ast::Stmt]) -> bool {
    use ast::visitor::{Visitor, walk_expr, walk_stmt};
    struct Finder(bool);
    impl<'a> Visitor<'a> for Finder {
        fn visit_stmt(&mut self, s: &'a ast::Stmt) {
            if !matches!(s, ast::Stmt::FunctionDef(_) | ast::Stmt::ClassDef(_)) {
                walk_stmt(self, s);
            }
        }
        fn visit_expr(&mut self, e: &'a ast::Expr) {
            self.0 |= matches!(e, ast::Expr::Yield(_) | ast::Expr::YieldFrom(_));
            if !e.is_lambda_expr() {
                walk_expr(self, e);
            }
        }
    }
    let mut finder = Finder(false);
    body.iter().for_each(|s| finder.visit_stmt(s));
    finder.0
}
