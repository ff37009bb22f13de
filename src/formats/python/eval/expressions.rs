//! Expressions.

use std::collections::BTreeSet;
use std::sync::Arc;

use ruff_python_ast as ast;

use super::machine::{Frame, Machine};
use super::truth::{Truth, placed};
use super::values::{Args, Code, Data, Exc, FuncKind, K, R, V};
use crate::formats::python::parse::span;
use crate::model::{Span, StepKind};

/// What is left of a dictionary's display: an item that is evaluated, and those that are not.
struct Rest<'d> {
    next: Option<(V, V)>,
    items: std::slice::Iter<'d, ast::DictItem>,
}

impl Machine<'_> {
    /// The value of an expression.
    pub(crate) fn eval(&mut self, e: &ast::Expr, f: &mut Frame) -> R {
        let at = span(f.file(), e);
        if !self.tick(at) {
            return Ok(V::unknown("the evaluation was given up", at));
        }
        self.deeper(at, |m| m.expression(e, at, f))
    }

    pub(crate) fn expression(&mut self, e: &ast::Expr, at: Span, f: &mut Frame) -> R {
        let generators = match e {
            ast::Expr::ListComp(c) => c.generators.first(),
            ast::Expr::Generator(c) => c.generators.first(),
            ast::Expr::SetComp(c) => c.generators.first(),
            ast::Expr::DictComp(c) => c.generators.first(),
            _ => None,
        };
        if let Some(first) = generators.filter(|_| self.comprehended.over.is_none()) {
            return self.over_first(e, &first.iter, at, f);
        }
        Ok(match e {
            ast::Expr::StringLiteral(s) => V::at(K::Str(s.value.to_str().into()), at),
            ast::Expr::BytesLiteral(b) => {
                V::at(K::Bytes(b.value.iter().flat_map(|part| part.value.iter().copied()).collect()), at)
            }
            ast::Expr::NumberLiteral(n) => match &n.value {
                ast::Number::Int(n) => match n.as_i64() {
                    Some(n) => V::at(K::Int(i128::from(n)), at),
                    None => V::unknown("a large number", at),
                },
                ast::Number::Float(n) => V::at(K::Float(*n), at),
                ast::Number::Complex { .. } => V::unknown("a complex number", at),
            },
            ast::Expr::BooleanLiteral(b) => V::at(K::Bool(b.value), at),
            ast::Expr::NoneLiteral(_) => V::at(K::None, at),
            ast::Expr::Name(name) => return self.lookup(name.id.as_str(), at, f),
            ast::Expr::Attribute(attribute) => {
                let object = self.eval(&attribute.value, f)?;
                return self.attribute(&object, attribute.attr.as_str(), at);
            }
            ast::Expr::Subscript(subscript) => return self.subscript(subscript, at, f),
            ast::Expr::Call(call) => return self.call_expression(call, at, f),
            ast::Expr::List(list) => {
                let items = self.elements(&list.elts, f)?;
                self.container(items, at, Data::List)
            }
            ast::Expr::Set(set) => {
                let items = self.elements(&set.elts, f)?;
                return self.make_set(&items, at);
            }
            ast::Expr::Tuple(tuple) => match self.elements(&tuple.elts, f)? {
                Ok(items) => V::at(K::Tuple(Arc::new(items)), at),
                Err(unknown) => unknown,
            },
            ast::Expr::Dict(dict) => return self.dict(dict, at, f),
            ast::Expr::BinOp(op) => {
                let left = self.eval(&op.left, f)?;
                let right = self.eval(&op.right, f)?;
                return Ok(self.binary(&left, op.op, &right, at)?.from(&V::at(K::None, at)));
            }
            ast::Expr::UnaryOp(op) => {
                let value = self.eval(&op.operand, f)?;
                return self.unary(op.op, &value, at);
            }
            ast::Expr::BoolOp(op) => return self.bool_op(op.op, &op.values, f),
            ast::Expr::Compare(compare) => return self.comparison(compare, at, f),
            ast::Expr::If(of) => {
                let test = self.eval_guard(of, f)?;
                return match self.truth(&test) {
                    Truth::Yes => Ok(self.eval(&of.body, f)?.resting([&test])),
                    Truth::No => Ok(self.eval(&of.orelse, f)?.resting([&test])),
                    Truth::Open(cond) => {
                        let frame = std::cell::RefCell::new(f);
                        self.fork(
                            &cond,
                            |m| m.eval(&of.body, &mut frame.borrow_mut()),
                            |m| m.eval(&of.orelse, &mut frame.borrow_mut()),
                        )
                    }
                };
            }
            ast::Expr::FString(string) => return self.f_string(string, at, f),
            ast::Expr::Lambda(lambda) => {
                let defaults = lambda.parameters.as_ref().map_or(Ok(Vec::new()), |p| self.defaults(p, f))?;
                let code = Code::Lambda(Arc::new(lambda.clone()));
                self.function("<lambda>", code, defaults, FuncKind::Plain, at, f)
            }
            ast::Expr::Named(named) => {
                let value = self.eval(&named.value, f)?;
                self.assign(&named.target, value.clone(), f)?;
                value
            }
            ast::Expr::ListComp(c) => match self.comprehension(&c.generators, &[&c.elt], at, f)? {
                Ok(rows) => self.container(Ok(rows.into_iter().flatten().collect()), at, Data::List),
                Err(unknown) => unknown,
            },
            ast::Expr::Generator(c) => match self.comprehension(&c.generators, &[&c.elt], at, f)? {
                Ok(rows) => V::at(K::Iter(Arc::new(rows.into_iter().flatten().collect())), at),
                Err(unknown) => unknown,
            },
            ast::Expr::SetComp(c) => match self.comprehension(&c.generators, &[&c.elt], at, f)? {
                Ok(rows) => return self.make_set(&Ok(rows.into_iter().flatten().collect()), at),
                Err(unknown) => unknown,
            },
            ast::Expr::DictComp(c) => {
                let Some(key) = &c.key else { return Ok(V::unknown("a comprehension that is not followed", at)) };
                match self.comprehension(&c.generators, &[key, &c.value], at, f)? {
                    Ok(rows) => {
                        let dict = V::at(K::Ref(self.alloc(Data::Dict(Vec::new()))), at);
                        for row in rows {
                            self.set_item(&dict, &row[0], row[1].clone(), at)?;
                        }
                        self.unchanged(&dict);
                        dict
                    }
                    Err(unknown) => unknown,
                }
            }
            ast::Expr::Starred(starred) => return self.eval(&starred.value, f),
            ast::Expr::EllipsisLiteral(_) => V::lib("builtins.Ellipsis"),
            _ => V::unknown("an expression that is not followed", at),
        })
    }

    /// A container that is new has no history of changes.
    pub(crate) fn unchanged(&mut self, value: &V) {
        if let K::Ref(id) = value.k
            && let Some(obj) = self.heap.get_mut(&id)
        {
            Arc::make_mut(obj).changed.clear();
        }
    }

    fn container(&mut self, items: Result<Vec<V>, V>, at: Span, make: fn(Vec<V>) -> Data) -> V {
        match items {
            Ok(items) => V::at(K::Ref(self.alloc(make(items))), at),
            Err(unknown) => unknown,
        }
    }

    /// A new list.
    pub(crate) fn list(&mut self, items: Vec<V>, at: Span) -> V {
        self.container(Ok(items), at, Data::List)
    }

    /// A new dict.
    pub(crate) fn new_dict(&mut self, items: Vec<(V, V)>, at: Span) -> V {
        V::at(K::Ref(self.alloc(Data::Dict(items))), at)
    }

    pub(crate) fn make_set(&mut self, items: &Result<Vec<V>, V>, at: Span) -> R {
        let items = match items {
            Ok(items) => items,
            Err(unknown) => return Ok(unknown.clone()),
        };
        let mut out: Vec<V> = Vec::new();
        'items: for item in items {
            if self.settled_key(item).is_none() {
                return Ok(V::unknown("a set of what is not known", at).resting(items));
            }
            for have in &out {
                match self.equal(have, item) {
                    Some(true) => continue 'items,
                    Some(false) => {}
                    None => return Ok(V::unknown("a set of what is not known", at)),
                }
            }
            out.push(item.clone());
        }
        Ok(V::at(K::Ref(self.alloc(Data::Set(out))), at))
    }

    /// The items of a display; an unknown value where a starred part is not known.
    fn elements(&mut self, elts: &[ast::Expr], f: &mut Frame) -> Result<Result<Vec<V>, V>, Exc> {
        let mut items = Vec::new();
        let mut unknown = None;
        for elt in elts {
            let at = span(f.file(), elt);
            let value = self.eval(elt, f)?;
            if elt.is_starred_expr() {
                match self.iterate(&value, at)? {
                    Ok(more) => items.extend(more.into_iter().map(|v| v.resting([&value]))),
                    Err(why) => unknown = Some(why),
                }
            } else {
                items.push(value);
            }
        }
        Ok(unknown.map_or(Ok(items), Err))
    }

    fn dict(&mut self, dict: &ast::ExprDict, at: Span, f: &mut Frame) -> R {
        let (first, rest) = self.plain_items(dict, f)?;
        let out = V::at(K::Ref(self.alloc(Data::Dict(first))), at);
        if let Some((key, value)) = rest.next {
            self.set_item(&out, &key, value, at)?;
        }
        for item in rest.items {
            if let Some(key) = &item.key {
                let key = self.eval(key, f)?;
                let value = self.eval(&item.value, f)?;
                self.set_item(&out, &key, value, at)?;
            } else {
                let other = self.eval(&item.value, f)?;
                self.update(&out, &other, at)?;
            }
        }
        self.unchanged(&out);
        Ok(out)
    }

    /// The first items of a display, as long as each key is a text that no other is: a table of thousands is read at once.
    fn plain_items<'d>(&mut self, dict: &'d ast::ExprDict, f: &mut Frame) -> Result<(Vec<(V, V)>, Rest<'d>), Exc> {
        let mut known: BTreeSet<Arc<str>> = BTreeSet::new();
        let mut found = Vec::new();
        let mut items = dict.items.iter();
        while let Some((key, value)) = items.as_slice().first().and_then(|item| Some((item.key.as_ref()?, &item.value)))
        {
            items.next();
            let key = self.eval(key, f)?;
            let value = self.eval(value, f)?;
            match &key.k {
                K::Str(text) if !placed(text) && known.insert(Arc::clone(text)) => found.push((key, value)),
                _ => return Ok((found, Rest { next: Some((key, value)), items })),
            }
        }
        Ok((found, Rest { next: None, items }))
    }

    fn bool_op(&mut self, op: ast::BoolOp, values: &[ast::Expr], f: &mut Frame) -> R {
        let Some((first, rest)) = values.split_first() else { return Ok(V::none()) };
        let value = self.eval(first, f)?;
        if rest.is_empty() {
            return Ok(value);
        }
        let stops = matches!(op, ast::BoolOp::Or);
        match self.truth(&value) {
            Truth::Yes if stops => Ok(value),
            Truth::No if !stops => Ok(value),
            Truth::Open(cond) => {
                let cond = if stops { cond } else { cond.not() };
                // A comparison that ends the chain has the one outcome that ends it.
                let whether = first.as_compare_expr().is_some_and(|compare| compare.ops.len() == 1)
                    || first.as_unary_op_expr().is_some_and(|unary| unary.op == ast::UnaryOp::Not);
                let plain = matches!(value.k, K::Unknown(_)) && whether;
                let kept = if plain { V::new(K::Bool(stops)).resting([&value]) } else { value.clone() };
                let frame = std::cell::RefCell::new(f);
                self.fork(&cond, |_| Ok(kept), |m| m.bool_op(op, rest, &mut frame.borrow_mut()))
            }
            _ => Ok(self.bool_op(op, rest, f)?.resting([&value])),
        }
    }

    fn comparison(&mut self, compare: &ast::ExprCompare, at: Span, f: &mut Frame) -> R {
        let mut left = self.eval(&compare.left, f)?;
        let mut out = V::bool(true);
        for (op, right) in compare.ops.iter().zip(&compare.comparators) {
            let right = self.eval(right, f)?;
            let one = self.compare(&left, *op, &right, at)?;
            match (compare.ops.len(), self.truth(&one)) {
                (1, _) => return Ok(one.from(&V::at(K::None, at))),
                (_, Truth::Yes) => {}
                (_, Truth::No) => return Ok(one),
                _ => return Ok(V::unknown("a chain of comparisons that is not decided", at).resting([&one])),
            }
            out = one;
            left = right;
        }
        Ok(out)
    }

    fn call_expression(&mut self, call: &ast::ExprCall, at: Span, f: &mut Frame) -> R {
        let callee = match self.namespace_callee(&call.func, f)? {
            Some(callee) => callee,
            None => self.eval(&call.func, f)?,
        };
        let mut args = Args::default();
        for arg in &call.arguments.args {
            let value = self.eval(arg, f)?;
            if !arg.is_starred_expr() {
                args.pos.push(value);
                continue;
            }
            match self.iterate(&value, at)? {
                Ok(items) => args.pos.extend(items),
                Err(_) => args.open = true,
            }
        }
        for keyword in &call.arguments.keywords {
            let value = self.eval(&keyword.value, f)?;
            if let Some(name) = &keyword.arg {
                args.named.push((name.to_string(), value));
                continue;
            }
            match self.pairs(&value) {
                Some(pairs) => {
                    for (key, value) in pairs {
                        match key.text() {
                            Some(key) => args.named.push((key.to_owned(), value)),
                            None => args.open = true,
                        }
                    }
                }
                None => args.open = true,
            }
        }
        if let K::Lib(path) = &callee.k
            && let Some(name) = path.strip_prefix("builtins.")
            && matches!(name, "globals" | "locals" | "vars" | "dir" | "exec" | "eval" | "super")
        {
            if name == "exec" && self.exec_file(&args, f, at)? {
                return Ok(V::none());
            }
            return Ok(self.introspect(name, &args, at, f));
        }
        self.call_by(&call.func, &callee, &args, at, f)
    }

    fn introspect(&mut self, name: &str, args: &Args, at: Span, f: &mut Frame) -> V {
        match name {
            "globals" => V::new(K::Ref(f.scope.globals)),
            "locals" | "vars" if args.pos.is_empty() => V::new(K::Ref(f.locals)),
            "super" if !self.supers.is_empty() => self.supers.last().cloned().unwrap_or_else(V::none),
            "exec" | "eval" => {
                self.forget_scopes(f, "code that is made at run time", at);
                V::unknown("code that is made at run time", at)
            }
            _ => self.unseen_names(args, at),
        }
    }

    fn f_string(&mut self, string: &ast::ExprFString, at: Span, f: &mut Frame) -> R {
        let mut parts: Vec<V> = Vec::new();
        for part in &string.value {
            match part {
                ast::FStringPart::Literal(literal) => parts.push(V::at(K::Str((&*literal.value).into()), at)),
                ast::FStringPart::FString(string) => {
                    for element in &string.elements {
                        match element {
                            ast::InterpolatedStringElement::Literal(l) => parts.push(V::str(&*l.value)),
                            ast::InterpolatedStringElement::Interpolation(of) => {
                                let value = self.eval(&of.expression, f)?;
                                let spec = of.format_spec.as_ref().map(|spec| {
                                    let plain = |e: &ast::InterpolatedStringElement| {
                                        e.as_literal().map(|l| l.value.to_string())
                                    };
                                    spec.elements.iter().map(plain).collect::<Option<String>>()
                                });
                                let shown = matches!(of.conversion, ast::ConversionFlag::Repr);
                                let odd = matches!(of.conversion, ast::ConversionFlag::Ascii);
                                parts.push(match spec {
                                    None if of.debug_text.is_none() && !odd => {
                                        self.field_text(&value, shown, None, at)?.step(StepKind::Interpolated, at)
                                    }
                                    Some(Some(spec))
                                        if of.debug_text.is_none() && of.conversion.to_byte().is_none() =>
                                    {
                                        self.field_text(&value, false, Some(&spec), at)?
                                    }
                                    _ => V::unknown("a format that is not followed", at).resting([&value]),
                                });
                            }
                        }
                    }
                }
            }
        }
        let joined = self.lift_all(&parts, at, &mut |_, parts| {
            let text: String = parts.iter().filter_map(V::text).collect();
            let mut out = V::at(K::Str(text.into()), at);
            for part in parts {
                let origin = out.m.origin.clone().join(&part.m.origin);
                out = out.with(|m| m.origin = origin).resting([part]);
            }
            Ok(out)
        })?;
        Ok(joined.begins(&parts))
    }
}
