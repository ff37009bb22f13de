//! From the interpreter's values to those that others see; and which texts make a truth.

use ruff_python_ast as ast;

use super::machine::{Frame, Machine};
use super::truth::Truth;
use super::values::{ABOVE_MARK, Data, K, R, Space, V};
use crate::formats::python::lib::pydantic::MODEL;
use crate::formats::python::lib::spelled;
use crate::formats::python::parse::span;
use crate::formats::python::{Kind, RawTruth, Val};
use crate::model::{Certainty, Reason};

/// Texts that look false.
const FALSE: [&str; 8] = ["", "0", "false", "False", "no", "off", "n", "f"];
/// A text that every reading of a switch takes for a yes.
const TRUE: &str = "True";

impl Machine<'_> {
    /// The value as others see it.
    pub(crate) fn export(&self, value: &V) -> Val {
        self.export_at(value, 0)
    }

    fn export_at(&self, value: &V, depth: usize) -> Val {
        let all = |items: &[V]| items.iter().map(|v| self.export_at(v, depth + 1)).collect::<Vec<_>>();
        let kind = if depth > 11 {
            Kind::Unknown(Reason::new("nested too deep"))
        } else {
            match &value.k {
                K::Str(t) | K::Path(t) | K::Lazy(t) if t.contains(ABOVE_MARK) => {
                    Kind::Unknown(Reason::new("a part of the path outside the repository"))
                }
                K::None => Kind::None,
                K::Bool(b) => Kind::Bool(*b),
                K::Int(n) => Kind::Int(*n),
                K::Float(n) => Kind::Float(*n),
                K::Str(t) => Kind::Str(spelled(t)),
                K::Bytes(b) => Kind::Bytes(b.to_vec()),
                K::Tuple(items) => Kind::Tuple(all(items)),
                K::Path(t) => Kind::Path(spelled(t)),
                K::Timedelta(n) => Kind::Timedelta(*n),
                K::Lazy(t) => Kind::Lazy(t.to_string()),
                K::Func(f) => Kind::Opaque(format!("function {}", f.name)),
                K::Made(path, made) if &**path == "pydantic.Url" => made
                    .pos
                    .first()
                    .map_or_else(|| Kind::Opaque(path.to_string()), |v| self.export_at(v, depth + 1).kind),
                K::Made(path, made) if &**path == "pydantic.Secret" => made.pos.first().map_or_else(
                    || Kind::Opaque(path.to_string()),
                    |v| Kind::Secret(Box::new(self.export_at(v, depth + 1))),
                ),
                K::Made(path, made) if &**path == "sqlalchemy.URL" => Kind::Tuple(all(&made.pos)),
                K::Made(path, _) if &**path == super::enums::MEMBER => match self.member_shown(value) {
                    Some((class, inner)) => Kind::Enum(class, Box::new(self.export_at(&inner, depth + 1))),
                    None => Kind::Opaque(path.to_string()),
                },
                K::Made(path, made) if matches!(&**path, "decimal.Decimal" | "re.Pattern") => {
                    let tag = if path.starts_with('d') { "decimal" } else { "regex" };
                    let text = made.pos.first().and_then(|v| self.plain_text(v));
                    text.map_or_else(|| Kind::Opaque(path.to_string()), |text| Kind::Tagged(tag, spelled(&text)))
                }
                K::Lib(path) | K::Made(path, _) => Kind::Opaque(path.to_string()),
                K::Iter(_) | K::Bound(_) | K::Method(_) => Kind::Opaque("an object".into()),
                K::Unknown(why) => Kind::Unknown((**why).clone()),
                K::OneOf(items) => Kind::OneOf(all(items)),
                K::Depends(of) => Kind::Depends {
                    variables: of.0.clone(),
                    default: of.1.as_ref().map(|v| Box::new(self.export_at(v, depth + 1))),
                },
                K::Undefined => Kind::Undefined,
                K::Ref(id) => match self.heap.get(id) {
                    None => Kind::Unknown(Reason::new("not known")),
                    Some(obj) => {
                        let kind = self.data(&obj.data, depth);
                        match &obj.doubt {
                            Some(vars) => {
                                let mut inner = Val::of(kind);
                                inner.origin = self.changes(value.clone()).m.origin.clone();
                                inner.variables.clone_from(vars);
                                inner.certainty = Certainty::Default { variable: vars.first().cloned() };
                                Kind::Depends { variables: vars.clone(), default: Some(Box::new(inner)) }
                            }
                            None => kind,
                        }
                    }
                },
            }
        };
        let changed = self.changes(value.clone());
        let settled = !matches!(kind, Kind::Unknown(_) | Kind::Opaque(_) | Kind::Depends { default: None, .. });
        // Of an address in a wrapper its scheme is told.
        let scheme = match &value.k {
            K::Made(path, made) if matches!(&**path, "databases.DatabaseURL" | "starlette.datastructures.Secret") => {
                made.pos
                    .first()
                    .and_then(V::text)
                    .and_then(|text| text.split_once("://"))
                    .map(|(scheme, _)| format!("{scheme}://"))
            }
            _ => None,
        };
        Val {
            kind,
            origin: changed.m.origin.clone(),
            variables: value.m.vars.clone(),
            certainty: value.m.certainty.clone(),
            true_for: value.m.true_for.clone(),
            prefix: scheme.or_else(|| value.m.prefix.as_deref().map(spelled)).filter(|_| !settled),
        }
    }

    fn data(&self, data: &Data, depth: usize) -> Kind {
        let all = |items: &[V]| items.iter().map(|v| self.export_at(v, depth + 1)).collect::<Vec<_>>();
        match data {
            Data::List(items) => Kind::List(all(items)),
            Data::Set(items) => Kind::Set(all(items)),
            Data::Dict(items) => {
                let pair = |(k, v): &(V, V)| (self.export_at(k, depth + 1), self.export_at(v, depth + 1));
                Kind::Dict(items.iter().map(pair).collect())
            }
            Data::Space(space) if space.names.contains_key(MODEL) && space.open.is_none() => {
                let fields = space.names.iter().filter(|(name, _)| name.as_str() != MODEL);
                Kind::Dict(fields.map(|(k, v)| (Val::of(Kind::Str(k.clone())), self.export_at(v, depth + 1))).collect())
            }
            Data::Space(_) => Kind::Opaque("a class or an object".into()),
            Data::Unknown(why) => Kind::Unknown((**why).clone()),
            Data::OneOf(all) => Kind::OneOf(all.iter().map(|d| Val::of(self.data(d, depth + 1))).collect()),
        }
    }

    /// The settings in a set of names.
    pub(crate) fn upper(space: &Space) -> Vec<(String, V)> {
        let is = |name: &str| name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase);
        space.names.iter().filter(|(name, _)| is(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
    }

    /// The value of the right side of an assignment, with the texts that would make it true.
    pub(crate) fn eval_value(&mut self, e: &ast::Expr, target: Option<&ast::Expr>, f: &mut Frame) -> R {
        let value = self.eval(e, f)?;
        let name = target.and_then(ast::Expr::as_name_expr).map(|n| n.id.as_str());
        let Some(name) = name.filter(|n| !n.chars().any(char::is_lowercase)) else { return Ok(value) };
        if !(f.class || f.locals == f.scope.globals) {
            return Ok(value);
        }
        let texts = self.true_texts(e, &value, matches!(name, "DEBUG" | "TESTING"), Some(name), f);
        Ok(if texts.is_empty() { value } else { value.with(|m| m.true_for = texts) })
    }

    /// The value of a test.
    pub(crate) fn eval_test(&mut self, e: &ast::Expr, f: &mut Frame) -> R {
        let value = self.eval(e, f)?;
        self.true_texts(e, &value, true, None, f);
        Ok(value)
    }

    /// The value of the guard of a conditional expression. One that stands before a value which reads the same variable asks
    /// whether there is one; one between two values that are no truth values is marked as a choice.
    pub(crate) fn eval_guard(&mut self, of: &ast::ExprIf, f: &mut Frame) -> R {
        let value = self.eval(&of.test, f)?;
        let asked = read_in(&of.test);
        if [&of.body, &of.orelse].iter().any(|arm| read_in(arm).iter().any(|read| asked.contains(read))) {
            return Ok(value);
        }
        self.true_texts(&of.test, &value, true, None, f);
        let chooses = ![&of.body, &of.orelse].iter().any(|arm| arm.is_boolean_literal_expr());
        let at = span(f.file(), &*of.test);
        for truth in self.reads.iter_mut().filter_map(|read| read.raw_truth.as_mut()) {
            truth.chooses |= chooses && truth.span == at;
        }
        Ok(value)
    }

    fn true_texts(&mut self, e: &ast::Expr, value: &V, any: bool, setting: Option<&str>, f: &mut Frame) -> Vec<String> {
        let mut out = Vec::new();
        let (1, None, Some(name)) = (value.m.vars.len(), &self.suppose, value.m.vars.first().cloned()) else {
            return out;
        };
        if matches!(e, ast::Expr::Dict(_) | ast::Expr::List(_) | ast::Expr::Lambda(_)) || other_words(e) {
            return out;
        }
        let (heap, open, marks) = (self.heap.clone(), self.env_open, (self.files.len(), self.missing.len()));
        let tries = std::mem::take(&mut self.tries);
        let mut fits = true;
        for text in FALSE.into_iter().chain([TRUE]) {
            self.suppose = Some((name.clone(), text.to_owned()));
            let before = self.hits;
            let got = self.eval(e, f);
            if let Ok(got) = got {
                fits &= self.hits > before && (any || matches!(got.k, K::Bool(_)));
                match self.truth(&got) {
                    Truth::Yes if text != TRUE => out.push(text.to_owned()),
                    // A test for the opposite (`!= "True"`) is no switch that takes a text for a yes.
                    Truth::No if text == TRUE => fits = false,
                    Truth::Yes | Truth::No => {}
                    Truth::Open(_) => fits = false,
                }
            }
            self.heap.clone_from(&heap);
            if !fits {
                break;
            }
        }
        self.suppose = None;
        self.env_open = open;
        self.tries = tries;
        self.files.truncate(marks.0);
        self.missing.truncate(marks.1);
        if !fits || out.is_empty() {
            return Vec::new();
        }
        let at = span(f.file(), e);
        let truth = RawTruth { setting: setting.map(str::to_owned), true_for: out.clone(), span: at, chooses: false };
        if let Some(read) = self.reads.iter_mut().rev().find(|r| r.name == name && r.raw_truth.is_none()) {
            read.raw_truth = Some(truth);
        }
        out
    }
}

/// What an expression reads: names, and the texts that it hands to calls and subscripts.
fn read_in(e: &ast::Expr) -> Vec<&str> {
    use ast::visitor::{Visitor, walk_expr};
    struct Finder<'a>(Vec<&'a str>);
    impl<'a> Visitor<'a> for Finder<'a> {
        fn visit_expr(&mut self, e: &'a ast::Expr) {
            let mut handed = |e: &'a ast::Expr| match e {
                ast::Expr::StringLiteral(text) => self.0.push(text.value.to_str()),
                _ => self.visit_expr(e),
            };
            match e {
                ast::Expr::Name(name) => self.0.push(&name.id),
                ast::Expr::Call(call) => call.arguments.args.iter().for_each(handed),
                ast::Expr::Subscript(of) => handed(&of.slice),
                ast::Expr::Attribute(_) => {}
                _ => walk_expr(self, e),
            }
        }
    }
    let mut finder = Finder(Vec::new());
    finder.visit_expr(e);
    finder.0
}

/// Whether an expression compares with words that are no truth values (`!= "production"`).
fn other_words(e: &ast::Expr) -> bool {
    use ast::visitor::{Visitor, walk_expr};
    struct Finder(bool);
    impl<'a> Visitor<'a> for Finder {
        fn visit_expr(&mut self, e: &'a ast::Expr) {
            if let ast::Expr::Compare(compare) = e {
                for side in std::iter::once(&*compare.left).chain(&compare.comparators) {
                    if let ast::Expr::StringLiteral(s) = side {
                        let word = s.value.to_str().to_ascii_lowercase();
                        let truth = ["", "0", "1", "true", "false", "yes", "no", "on", "off", "t", "f", "y", "n"];
                        let first = compare.ops.first();
                        let membership = matches!(first, Some(ast::CmpOp::In | ast::CmpOp::NotIn));
                        self.0 |= !membership && !truth.contains(&word.as_str());
                    }
                }
            }
            walk_expr(self, e);
        }
    }
    let mut finder = Finder(false);
    finder.visit_expr(e);
    finder.0
}
