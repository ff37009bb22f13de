//! Calls of the project's own functions.

use std::collections::BTreeSet;
use std::sync::Arc;

use ruff_python_ast as ast;

use super::join::join;
use super::machine::{Cond, Flow, Frame, Machine};
use super::values::{Args, Code, Data, Exc, Func, FuncKind, Heap, K, R, Role, Space, V};
use crate::model::Span;

impl Machine<'_> {
    /// The defaults of parameters, evaluated where the function is defined.
    pub(crate) fn defaults(&mut self, of: &ast::Parameters, f: &mut Frame) -> Result<Vec<(String, V)>, Exc> {
        let mut out = Vec::new();
        for parameter in of.posonlyargs.iter().chain(of.args.iter()).chain(of.kwonlyargs.iter()) {
            if let Some(default) = &parameter.default {
                out.push((parameter.name().to_string(), self.eval(default, f)?));
            }
        }
        Ok(out)
    }

    /// A function of the project.
    pub(crate) fn function(
        &mut self,
        name: &str,
        code: Code,
        defaults: Vec<(String, V)>,
        kind: FuncKind,
        at: Span,
        f: &Frame,
    ) -> V {
        let mut scope = f.scope.clone();
        if !f.class && f.locals != scope.globals {
            scope.enclosing.push(f.locals);
        }
        V::at(K::Func(Arc::new(Func { name: name.to_owned(), code, scope, defaults, kind })), at)
    }

    /// Calls anything.
    pub(crate) fn call(&mut self, callee: &V, args: &Args, at: Span, f: &mut Frame) -> R {
        match &callee.k {
            K::Func(func) => self.call_function(func, args, at),
            K::Method(of) => {
                let mut all = args.clone();
                all.pos.insert(0, of.0.clone());
                match &of.1.k {
                    K::Func(func) => self.call_function(func, &all, at),
                    _ => Ok(self.foreign("a method", args, at)),
                }
            }
            K::Bound(of) if self.namespace(&of.0).is_some() => {
                let id = self.namespace(&of.0).unwrap_or_default();
                self.namespace_method(id, &of.1, args, at)
            }
            K::Bound(of) => self.method(&of.0, &of.1, args, at),
            K::Made(class, made) if &**class == "functools.partial" => self.partial(&Arc::clone(made), args, at),
            K::Made(class, made) if &**class == "pydantic.Secret.get" => {
                Ok(made.pos.first().cloned().unwrap_or_else(|| V::unknown("a secret", at)))
            }
            K::Made(class, made) if &**class == "pydantic.handler" => {
                self.pydantic_handler(&Arc::clone(made), args, at)
            }
            K::Made(class, _) => self.library_method(class, callee, "__call__", args, at),
            K::Lib(path) => self.library(path, args, at, f),
            K::Ref(id) if self.dynaconf.contains(id) => self.dynaconf_method(callee, *id, "__call__", args, at),
            K::Ref(_) => self.instantiate(callee, args, at),
            K::OneOf(_) | K::Depends(_) => {
                let frame = std::cell::RefCell::new(f);
                self.forget_args(args, at);
                self.lift(callee, at, &mut |m, one| m.call(one, args, at, &mut frame.borrow_mut()))
            }
            K::Unknown(why) => {
                let why = Arc::clone(why);
                if !self.quiet_args(args) {
                    self.unsure_reads("a call of what is not known may read variables", at);
                }
                self.foreign("something not known", args, at);
                Ok(V::at(K::Unknown(why), at).resting([callee]).resting(&args.pos))
            }
            _ => Ok(self.foreign("an object of a library", args, at).resting([callee])),
        }
    }

    /// What code that is not followed gives; it may raise, and change what it is given.
    pub(crate) fn foreign(&mut self, what: &str, args: &Args, at: Span) -> V {
        self.may_fail(false, args.all(), at);
        self.forget_args(args, at);
        V::unknown(format!("the result of {what}"), at).resting(args.all())
    }

    /// Code that is not followed may change what it is given.
    pub(crate) fn forget_args(&mut self, args: &Args, at: Span) {
        for value in args.pos.iter().chain(args.named.iter().map(|(_, v)| v)) {
            if let K::Ref(id) = value.k
                && let Some(space) = self.space(id)
                && !matches!(space.role, Role::Instance(_))
            {
                if matches!(space.role, Role::Module(_) | Role::Locals) {
                    let why = Arc::new(crate::model::Reason::at("changed by code that is not followed", at));
                    self.forget(id, &why);
                }
                continue;
            }
            self.forget_value(value, at);
        }
    }

    fn call_function(&mut self, func: &Arc<Func>, args: &Args, at: Span) -> R {
        if func.kind == FuncKind::Foreign || args.open {
            let name = func.name.clone();
            self.unsure_reads("code that is not followed may read variables", at);
            return Ok(self.foreign(&name, args, at));
        }
        if !self.tick(at) {
            return Ok(V::unknown("the evaluation was given up", at));
        }
        self.deeper(at, |m| m.run_function(func, args, at))
    }

    fn run_function(&mut self, func: &Arc<Func>, args: &Args, at: Span) -> R {
        let locals = self.alloc(Data::Space(Space::new(Role::Locals)));
        let scope = func.scope.clone();
        let mut f = Frame { scope, locals, global_names: BTreeSet::new(), pending: Vec::new(), class: false };
        let parameters = match &func.code {
            Code::Def(def) => Some(&*def.parameters),
            Code::Lambda(lambda) => lambda.parameters.as_deref(),
        };
        if let Some(parameters) = parameters
            && !self.bind(func, parameters, args, locals, at)
        {
            return self.raise("TypeError", format!("the arguments of {} do not fit", func.name), at);
        }
        let flow = match &func.code {
            Code::Lambda(lambda) => return self.eval(&lambda.body, &mut f),
            Code::Def(def) => self.block(&def.body, &mut f),
        };
        let mut end: Option<(Heap, V)> = None;
        match flow {
            Flow::Raise(exc) if f.pending.is_empty() => return Err(exc),
            Flow::Raise(exc) => self.note_raise(exc, Cond::default()),
            Flow::Return(value) => end = Some((std::mem::take(&mut self.heap), value)),
            _ => end = Some((std::mem::take(&mut self.heap), V::none())),
        }
        for pending in f.pending.into_iter().rev() {
            let Flow::Return(value) = pending.flow else { continue };
            end = Some(match end {
                None => (pending.heap, value),
                Some((heap, other)) => {
                    let (heap, both) = join(&pending.heap, &heap, &pending.cond, Some((&value, &other)));
                    (heap, both.unwrap_or(other))
                }
            });
        }
        let Some((heap, value)) = end else { return Ok(V::unknown("a function that gives nothing", at)) };
        self.heap = heap;
        Ok(value)
    }

    fn bind(&mut self, func: &Func, parameters: &ast::Parameters, args: &Args, locals: u32, at: Span) -> bool {
        let mut pos = args.pos.iter();
        let mut named = args.named.clone();
        let default = |name: &str| func.defaults.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        let places = parameters.posonlyargs.iter().chain(parameters.args.iter()).map(|p| (p, true));
        let mut bound = Vec::new();
        let mut kwonly = Vec::new();
        for (parameter, _) in places {
            let name = parameter.name().as_str();
            let given = named.iter().position(|(n, _)| n == name);
            let value = match (pos.next(), given) {
                (Some(_), Some(_)) => return false,
                (Some(value), None) => Some(value.clone()),
                (None, Some(i)) => Some(named.remove(i).1),
                (None, None) => default(name),
            };
            let Some(value) = value else { return false };
            bound.push((name.to_owned(), value));
        }
        for parameter in &parameters.kwonlyargs {
            let name = parameter.name().as_str();
            let given = named.iter().position(|(n, _)| n == name).map(|i| named.remove(i).1);
            let Some(value) = given.or_else(|| default(name)) else { return false };
            kwonly.push((name.to_owned(), value));
        }
        bound.extend(kwonly);
        let rest: Vec<V> = pos.cloned().collect();
        match &parameters.vararg {
            Some(vararg) => bound.push((vararg.name.to_string(), V::tuple(rest))),
            None if !rest.is_empty() => return false,
            None => {}
        }
        match &parameters.kwarg {
            Some(kwarg) => {
                let items = named.into_iter().map(|(name, value)| (V::str(name), value)).collect();
                let dict = self.new_dict(items, at);
                bound.push((kwarg.name.to_string(), dict));
            }
            None if !named.is_empty() => return false,
            None => {}
        }
        for (name, value) in bound {
            self.set_name(locals, &name, value);
        }
        true
    }
}
