//! Classes: their order of bases, attributes and instances.

use std::sync::Arc;

use ruff_python_ast as ast;

use super::machine::{Frame, Machine};
use super::values::{Args, Data, FuncKind, Id, K, R, Role, Space, V};
use crate::formats::python::lib;
use crate::model::{Reason, Span};

impl Machine<'_> {
    /// The classes that an attribute is looked for in, in order; `None` stands for a class that is not followed.
    pub(crate) fn mro(&self, id: Id) -> Vec<Option<Id>> {
        self.linear(id, 0).unwrap_or_else(|| vec![Some(id), None])
    }

    fn linear(&self, id: Id, depth: usize) -> Option<Vec<Option<Id>>> {
        if depth > 30 {
            return None;
        }
        let Some(Space { role: Role::Class { bases, .. }, .. }) = self.space(id) else { return None };
        let mut lists: Vec<Vec<Option<Id>>> = Vec::new();
        let mut direct: Vec<Option<Id>> = Vec::new();
        for base in bases {
            match &base.k {
                K::Ref(base) => {
                    lists.push(self.linear(*base, depth + 1)?);
                    direct.push(Some(*base));
                }
                K::Lib(path) if lib::bare_base(path) => {}
                _ => {
                    lists.push(vec![None]);
                    direct.push(None);
                }
            }
        }
        lists.push(direct);
        let mut out = vec![Some(id)];
        while lists.iter().any(|list| !list.is_empty()) {
            let heads = lists.iter().filter_map(|list| list.first().copied());
            let good = heads.clone().find(|head| !lists.iter().any(|list| list.iter().skip(1).any(|x| x == head)));
            let next = good.or_else(|| heads.clone().next())?;
            good?;
            out.push(next);
            for list in &mut lists {
                if list.first() == Some(&next) {
                    list.remove(0);
                }
            }
        }
        Some(out)
    }

    /// An attribute of a class; none if no class has it.
    pub(crate) fn class_attribute(&self, id: Id, name: &str, at: Span) -> Option<V> {
        for class in self.mro(id) {
            let Some(class) = class else {
                return Some(V::unknown("it may come from a base class that is not followed", at));
            };
            let space = self.space(class)?;
            match space.names.get(name) {
                Some(V { k: K::Undefined, .. }) => {}
                Some(value) => return Some(value.clone()),
                None => {
                    if let Some(why) = &space.open {
                        return Some(V::at(K::Unknown(Arc::clone(why)), at));
                    }
                }
            }
        }
        None
    }

    /// An attribute of something on the heap.
    pub(crate) fn space_attribute(&mut self, object: &V, id: Id, name: &str, at: Span) -> R {
        let Some(space) = self.space(id) else { return Ok(V::unknown("what this is is not known", at)) };
        let role = space.role.clone();
        let own = space.names.get(name).filter(|v| !matches!(v.k, K::Undefined)).cloned();
        let open = space.open.clone();
        match role {
            Role::Class { name: class, .. } => {
                if name == "__name__" || name == "__qualname__" {
                    return Ok(V::str(class));
                }
                match self.class_attribute(id, name, at) {
                    Some(V { k: K::Func(func), m }) if func.kind == FuncKind::Class => {
                        let func = V { k: K::Func(func), m };
                        Ok(V::at(K::Method(Arc::new((object.clone(), func))), at))
                    }
                    Some(value) => Ok(value),
                    None => self.raise("AttributeError", format!("{class} has no {name}"), at),
                }
            }
            // Whoever takes the table of an object's attributes may write any of them.
            Role::Instance(_) if name == "__dict__" => {
                self.forget_object(id, "names that are not known", at);
                Ok(V::unknown("the attributes of an object as a table", at))
            }
            Role::Instance(class) => {
                if let Some(value) = own {
                    return Ok(value);
                }
                if let Some(why) = open {
                    return Ok(V::at(K::Unknown(why), at));
                }
                let K::Ref(class_id) = class.k else {
                    return Ok(V::at(K::Bound(Arc::new((object.clone(), name.to_owned()))), at));
                };
                match self.class_attribute(class_id, name, at) {
                    Some(V { k: K::Func(func), m }) => {
                        let kind = func.kind;
                        let value = V { k: K::Func(func), m };
                        let bound = |to: &V| V::at(K::Method(Arc::new((to.clone(), value.clone()))), at);
                        match kind {
                            FuncKind::Plain => Ok(bound(object)),
                            FuncKind::Class => Ok(bound(&class)),
                            FuncKind::Static => Ok(value),
                            FuncKind::Property => match &value.k {
                                K::Func(func) => self.property(object, func, at),
                                _ => Ok(value),
                            },
                            _ => Ok(V::unknown("a property or a decorated method", at)),
                        }
                    }
                    Some(value) => Ok(value),
                    None => self.raise("AttributeError", format!("there is no {name}"), at),
                }
            }
            Role::Module(module) => match (own, open) {
                (Some(value), _) => Ok(value),
                (None, Some(why)) => Ok(V::at(K::Unknown(why), at)),
                (None, None) => {
                    if let Some(value) = self.submodule(&module, name) {
                        return Ok(value);
                    }
                    self.raise("AttributeError", format!("{module} has no {name}"), at)
                }
            },
            Role::Locals => Ok(own.unwrap_or_else(|| V::unknown("a name that is not known", at))),
        }
    }

    /// Makes an instance of a class of the project.
    pub(crate) fn instantiate(&mut self, class: &V, args: &Args, at: Span) -> R {
        let K::Ref(id) = class.k else { return Ok(V::unknown("what this makes is not known", at)) };
        if !matches!(self.space(id), Some(Space { role: Role::Class { .. }, .. })) {
            return Ok(self.foreign("an object that is called", args, at));
        }
        if let Some(member) = self.member_by_value(id, args, at) {
            return member;
        }
        if let Some(fields) = self.pydantic(id) {
            return self.pydantic_instance(class, &fields, args, at);
        }
        let instance = V::at(K::Ref(self.alloc(Data::Space(Space::new(Role::Instance(class.clone()))))), at);
        match self.class_attribute(id, "__init__", at) {
            Some(V { k: K::Func(func), m }) => {
                let func = V { k: K::Func(func), m };
                let mut all = args.clone();
                all.pos.insert(0, instance.clone());
                if let K::Func(f) = &func.k {
                    let mut frame = Frame {
                        scope: f.scope.clone(),
                        locals: f.scope.globals,
                        global_names: std::collections::BTreeSet::new(),
                        pending: Vec::new(),
                        class: false,
                    };
                    self.call(&func, &all, at, &mut frame)?;
                }
                Ok(instance)
            }
            None => match self.record_fields(id) {
                Some(fields) => self.record(&instance, fields, args, at),
                None => Ok(instance),
            },
            Some(_) if self.is_interpolation(id) => Ok(instance),
            Some(_) if self.only_celery(id) => {
                let mut frame = Frame {
                    scope: super::values::Scope {
                        file: at.file,
                        module: "".into(),
                        package: false,
                        globals: id,
                        enclosing: Vec::new(),
                    },
                    locals: id,
                    global_names: std::collections::BTreeSet::new(),
                    pending: Vec::new(),
                    class: false,
                };
                self.library("celery.Celery", args, at, &mut frame)?;
                Ok(V::unknown("a Celery application", at))
            }
            Some(_) => {
                self.may_fail(false, args.all(), at);
                self.forget_args(args, at);
                if !self.quiet_class(id, 0) || !self.quiet_args(args) {
                    self.unsure_reads("code that is not followed may read variables", at);
                }
                Ok(V::unknown("an object whose class is not followed", at))
            }
        }
    }

    /// Whether making an instance runs what `Celery` runs and nothing of the project.
    fn only_celery(&self, id: Id) -> bool {
        let Some(Space { role: Role::Class { bases, .. }, names, .. }) = self.space(id) else { return false };
        let own = names.keys().any(|name| matches!(&**name, "__init__" | "__new__" | "on_init" | "loader_cls"));
        !own && matches!(bases.as_slice(), [V { k: K::Lib(path), .. }] if matches!(&**path, "celery.Celery" | "celery.app.base.Celery"))
    }

    /// The fields of a pydantic settings class, if it is one: only the order of its classes, base-most first.
    pub(crate) fn pydantic(&self, id: Id) -> Option<Vec<Id>> {
        let mro = self.mro(id);
        let mut classes = Vec::new();
        let mut is = false;
        for class in &mro {
            let Some(class) = class else { continue };
            classes.push(*class);
            if let Some(Space { role: Role::Class { bases, .. }, .. }) = self.space(*class) {
                is |= bases.iter().any(|b| matches!(&b.k, K::Lib(path) if lib::pydantic::is_model(path)));
            }
        }
        classes.reverse();
        is.then_some(classes)
    }

    /// Notes a field of a class by its annotation.
    pub(crate) fn annotate(&mut self, name: &str, annotation: &ast::Expr, f: &mut Frame) {
        let at = crate::formats::python::parse::span(f.file(), annotation);
        let kind = match annotation {
            ast::Expr::StringLiteral(text) => match ruff_python_parser::parse_expression(text.value.to_str()) {
                Ok(parsed) => self.annotation(parsed.expr(), at, f, 0),
                Err(_) => V::unknown("a type that is not followed", at),
            },
            annotation => self.annotation(annotation, at, f, 0),
        };
        let key = format!("__annotation__{name}");
        self.set_name(f.locals, &key, kind);
        let mut order = match self.space(f.locals).and_then(|s| s.names.get("__order__")).map(|v| &v.k) {
            Some(K::Tuple(names)) => names.to_vec(),
            _ => Vec::new(),
        };
        if !order.iter().any(|have| have.text() == Some(name)) {
            order.push(V::str(name));
        }
        self.set_name(f.locals, "__order__", V::tuple(order));
    }

    /// Notes a decorated function of a class: validators change fields.
    pub(crate) fn decorated(&mut self, decorator: &ast::Decorator, def: &ast::StmtFunctionDef, f: &mut Frame) {
        if !f.class {
            return;
        }
        let call = decorator.expression.as_call_expr();
        let func = call.map_or(&decorator.expression, |c| &c.func);
        let name = match func {
            ast::Expr::Name(n) => n.id.as_str(),
            ast::Expr::Attribute(a) => a.attr.as_str(),
            _ => "",
        };
        if !matches!(name, "field_validator" | "validator" | "model_validator" | "root_validator") {
            return;
        }
        let fields = call.map(|c| c.arguments.args.iter().map(ast::Expr::as_string_literal_expr));
        let fields: Option<Vec<String>> =
            fields.and_then(|all| all.map(|s| Some(s?.value.to_str().to_owned())).collect());
        let told = |key: &str| call.and_then(|c| c.arguments.find_keyword(key)).map(|k| &k.value);
        let text = |e: &ast::Expr| e.as_string_literal_expr().map(|s| s.value.to_str().to_owned());
        let truth = |e: &ast::Expr| e.as_boolean_literal_expr().map(|b| b.value);
        let when = match (name, told("mode").map(text), told("pre").map(truth), told("each_item")) {
            ("field_validator" | "model_validator", Some(mode), ..) => mode.unwrap_or_default(),
            ("field_validator", None, ..) | ("validator", _, None | Some(Some(false)), None) => "after".into(),
            ("validator", _, Some(Some(true)), None) => "before".into(),
            _ => String::new(),
        };
        let own = &def.name;
        match (name, fields.filter(|all| !all.is_empty() && !all.iter().any(|field| field.contains(':')))) {
            ("model_validator", _) if when == "before" => {
                self.set_name(f.locals, &format!("__before__{own}"), V::none());
            }
            ("root_validator", _) => self.set_name(f.locals, &format!("__before__{own}"), V::none()),
            ("model_validator", _) if when == "after" => self.set_name(f.locals, &format!("__after__{own}"), V::none()),
            ("field_validator" | "validator", Some(all)) => {
                for field in all {
                    self.set_name(f.locals, &format!("__validator__{field}:{own}"), V::str(&when));
                }
            }
            _ => self.set_name(f.locals, &format!("__validator__*:{own}"), V::none()),
        }
    }

    /// Forgets an object as a whole, with a reason.
    pub(crate) fn forget_object(&mut self, id: Id, text: &str, at: Span) {
        self.forget(id, &Arc::new(Reason::at(text, at)));
    }
}
