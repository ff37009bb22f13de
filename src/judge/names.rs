//! What the names of a condition or message stand for: an unknown one is an error before anything is judged.

use std::ops::Range;

use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, Stmt};
use minijinja::machinery::{Span, parse, parse_expr};

use super::conditions::{FILTERS, NAMES, TESTS, VERSION_TESTS, numbers};
use super::rule_file::On;
use crate::model::near::hint;
use crate::model::{AttributeType, Dimension, Role, schema};

/// Something wrong, and where in the condition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// Bytes of the condition.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
}

/// What an expression stands for.
#[derive(Clone, Copy)]
enum Kind {
    /// A fact; of no dimension if that was wrong already.
    Fact(Option<Dimension>),
    /// Several.
    Facts(Option<Dimension>),
    /// Something with these attributes.
    Row(&'static str, &'static [&'static str]),
    /// A version.
    Version,
    /// Anything else.
    Plain,
}

/// What every fact has besides its attributes; `place` is where its value is written, equal for one and the same place.
pub const OF_FACT: [&str; 4] = ["key", "component", "environment", "place"];
/// What an environment has.
pub const OF_ENVIRONMENT: [&str; 3] = ["name", "role", "project"];
/// What a component has.
pub const OF_COMPONENT: [&str; 3] = ["name", "kind", "server"];
/// What a problem has.
pub const OF_PROBLEM: [&str; 3] = ["kind", "message", "reached"];

struct Walk {
    on: On,
    dimension: Dimension,
    wrong: Vec<Wrong>,
}

/// What is wrong with a condition.
pub fn check(condition: &str, on: On, dimension: Dimension) -> Vec<Wrong> {
    let mut walk = Walk { on, dimension, wrong: Vec::new() };
    match parse_expr(condition) {
        Ok(expression) => walk.walk(&expression),
        Err(error) => walk.broken("condition", condition, &error),
    }
    walk.wrong
}

/// What is wrong with a message.
pub fn check_template(template: &str, on: On, dimension: Dimension) -> Vec<Wrong> {
    let mut walk = Walk { on, dimension, wrong: Vec::new() };
    match parse(template, "message", minijinja::syntax::SyntaxConfig::default()) {
        Ok(statement) => walk.statements(std::slice::from_ref(&statement)),
        Err(error) => walk.broken("message", template, &error),
    }
    walk.wrong
}

fn range(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

fn constant(expr: &Expr<'_>) -> Option<String> {
    if let Expr::Const(constant) = expr { constant.value.as_str().map(str::to_owned) } else { None }
}

impl Walk {
    fn say(&mut self, at: Range<usize>, message: String) {
        self.wrong.push(Wrong { at, message });
    }

    fn broken(&mut self, what: &str, text: &str, error: &minijinja::Error) {
        let at = error.range().unwrap_or(0..text.len());
        let why = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        self.say(at, format!("the {what} cannot be read: {why}"));
    }

    fn statements(&mut self, statements: &[Stmt<'_>]) {
        for statement in statements {
            match statement {
                Stmt::Template(template) => self.statements(&template.children),
                Stmt::EmitRaw(_) => {}
                Stmt::EmitExpr(emit) => self.walk(&emit.expr),
                Stmt::IfCond(branch) => {
                    self.kind(&branch.expr);
                    self.statements(&branch.true_body);
                    self.statements(&branch.false_body);
                }
                _ => self.say(0..0, "a message may hold {{ … }} and {% if … %} only".into()),
            }
        }
    }

    fn name(&mut self, name: &str, at: Range<usize>) -> Kind {
        let known = NAMES.iter().filter(|row| row.on.contains(&self.on)).map(|row| row.name);
        match name {
            _ if !known.clone().any(|known| known == name) => {
                let elsewhere = NAMES.iter().any(|row| row.name == name);
                let message = if elsewhere {
                    format!("a rule on a {} has no {name}", self.on.name())
                } else {
                    format!("no such name: {name}{}", hint(name, known))
                };
                self.say(at, message);
                Kind::Plain
            }
            "fact" | "other" => Kind::Fact(Some(self.dimension)),
            "environment" | "reference" => Kind::Row("an environment", &OF_ENVIRONMENT),
            "component" => Kind::Row("a component", &OF_COMPONENT),
            "problem" => Kind::Row("a problem", &OF_PROBLEM),
            _ => {
                self.say(at, format!("{name} is asked as {name}(…)"));
                Kind::Plain
            }
        }
    }

    fn attribute(&mut self, of: Kind, name: &str, at: Range<usize>) -> Kind {
        match of {
            Kind::Fact(Some(dimension)) => match schema::attribute(dimension, name) {
                Some(row) if row.kind == AttributeType::Version => return Kind::Version,
                None if !OF_FACT.contains(&name) => {
                    let known = schema::attributes(dimension).map(|row| row.name).chain(OF_FACT);
                    self.say(at, format!("{} has no attribute {name}{}", dimension.name(), hint(name, known)));
                }
                _ => {}
            },
            Kind::Row(what, known) if !known.contains(&name) => {
                self.say(at, format!("{what} has no {name}{}", hint(name, known.iter().copied())));
            }
            Kind::Facts(_) => {
                self.say(at, format!("several facts have no {name}; use `| first` or `| map(attribute=…)`"));
            }
            Kind::Version | Kind::Plain => self.say(at, format!("a value has no {name}")),
            Kind::Fact(None) | Kind::Row(..) => {}
        }
        Kind::Plain
    }

    fn walk(&mut self, expr: &Expr<'_>) {
        self.kind(expr);
    }

    fn kind(&mut self, expr: &Expr<'_>) -> Kind {
        match expr {
            Expr::Const(_) => {}
            Expr::Var(var) => return self.name(var.id, range(var.span())),
            Expr::GetAttr(get) => {
                let end = get.span().end_offset as usize;
                let of = self.kind(&get.expr);
                return self.attribute(of, get.name, end.saturating_sub(get.name.len())..end);
            }
            Expr::GetItem(get) => return self.item(&get.expr, &get.subscript_expr, range(get.span())),
            Expr::Call(call) => return self.call(&call.expr, &call.args, range(call.span())),
            Expr::Filter(filter) => {
                let of = filter.expr.as_ref().map_or(Kind::Plain, |inner| self.kind(inner));
                let start = filter.span().start_offset as usize;
                return self.filter(of, filter.name, &filter.args, start..start + filter.name.len());
            }
            Expr::Test(test) => {
                self.kind(&test.expr);
                let start = test.span().start_offset as usize;
                let arguments: Vec<&Expr<'_>> = self.positional(&test.args, start..start);
                self.test(test.name, &arguments, start..start + test.name.len());
            }
            Expr::Compare(compare) => {
                let mut left = self.kind(&compare.expr);
                for next in &compare.ops {
                    let right = self.kind(&next.expr);
                    let ordered = matches!(
                        next.op,
                        CompareOpKind::Lt | CompareOpKind::Lte | CompareOpKind::Gt | CompareOpKind::Gte
                    );
                    self.ordered(ordered, left, right, range(compare.span()));
                    left = right;
                }
            }
            Expr::BinOp(binary) => {
                use BinOpKind as Op;
                let (left, right) = (self.kind(&binary.left), self.kind(&binary.right));
                self.ordered(
                    matches!(binary.op, Op::Lt | Op::Lte | Op::Gt | Op::Gte),
                    left,
                    right,
                    range(binary.span()),
                );
                if matches!(binary.op, Op::Add | Op::Sub | Op::Mul | Op::Div | Op::FloorDiv | Op::Rem | Op::Pow) {
                    self.say(range(binary.span()), "a condition does not calculate; state it as an attribute".into());
                }
            }
            Expr::UnaryOp(unary) => self.walk(&unary.expr),
            Expr::IfExpr(branch) => {
                let sides = [Some(&branch.test_expr), Some(&branch.true_expr), branch.false_expr.as_ref()];
                sides.into_iter().flatten().for_each(|one| self.walk(one));
            }
            Expr::Slice(slice) => return self.kind(&slice.expr),
            Expr::List(list) => list.items.iter().for_each(|one| self.walk(one)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|one| self.walk(one)),
            Expr::Map(map) => map.keys.iter().chain(&map.values).for_each(|one| self.walk(one)),
        }
        Kind::Plain
    }

    /// Versions are no numbers and no texts: `3.9 < 3.10` needs the test `before`.
    fn ordered(&mut self, ordered: bool, left: Kind, right: Kind, at: Range<usize>) {
        if ordered && (matches!(left, Kind::Version) || matches!(right, Kind::Version)) {
            self.say(at, "compare versions with `is before(…)`, not with < or >".into());
        }
    }

    fn item(&mut self, of: &Expr<'_>, subscript: &Expr<'_>, at: Range<usize>) -> Kind {
        let of = self.kind(of);
        self.kind(subscript);
        match (of, constant(subscript)) {
            (Kind::Facts(dimension), None) => Kind::Fact(dimension),
            (Kind::Fact(_) | Kind::Row(..), Some(name)) => self.attribute(of, &name, range(subscript.span())),
            (Kind::Fact(_) | Kind::Row(..), None) => {
                self.say(at, "name the attribute, so that it can be checked".into());
                Kind::Plain
            }
            _ => Kind::Plain,
        }
    }

    /// The positional arguments; anything else is wrong.
    fn positional<'e, 'a>(&mut self, arguments: &'e [CallArg<'a>], at: Range<usize>) -> Vec<&'e Expr<'a>> {
        let mut found = Vec::new();
        for argument in arguments {
            match argument {
                CallArg::Pos(expr) => {
                    self.kind(expr);
                    found.push(expr);
                }
                CallArg::Kwarg(name, expr) => self.say(range(expr.span()), format!("no such argument: {name}")),
                CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
                    self.say(at.clone(), "arguments are written one by one".into());
                }
            }
        }
        found
    }

    /// `facts('dimension', key=, component=, role=)` is the only query.
    fn call(&mut self, callee: &Expr<'_>, arguments: &[CallArg<'_>], at: Range<usize>) -> Kind {
        let known = matches!(callee, Expr::Var(var) if var.id == "facts") && self.on != On::Problem;
        if !known {
            self.say(at, "only facts(…) can be called".into());
            return Kind::Plain;
        }
        let mut dimension = None;
        let mut named = false;
        for argument in arguments {
            match argument {
                CallArg::Pos(expr) if !named => {
                    named = true;
                    let name = constant(expr);
                    dimension = name.as_deref().and_then(Dimension::of);
                    if dimension.is_none() {
                        let name = name.unwrap_or_default();
                        let known = Dimension::ALL.map(Dimension::name);
                        self.say(range(expr.span()), format!("no such dimension: {name}{}", hint(&name, known)));
                    }
                }
                CallArg::Kwarg("key" | "component", expr) => {
                    if !matches!(self.kind(expr), Kind::Plain) {
                        self.say(range(expr.span()), "this takes a text, such as component.name".into());
                    }
                }
                CallArg::Kwarg("role", expr) => {
                    self.kind(expr);
                    if let Some(role) = constant(expr).filter(|role| Role::of(role).is_none()) {
                        self.say(
                            range(expr.span()),
                            format!("no such role: {role}{}", hint(&role, Role::ALL.map(Role::name))),
                        );
                    }
                }
                CallArg::Kwarg(name, expr) => {
                    let message = format!("no such argument: {name}{}", hint(name, ["key", "component", "role"]));
                    self.say(range(expr.span()), message);
                }
                _ => self.say(at.clone(), "facts(…) takes one dimension, and key=, component=, role=".into()),
            }
        }
        if !named {
            self.say(at, "facts(…) needs a dimension".into());
        }
        Kind::Facts(dimension)
    }

    fn filter(&mut self, of: Kind, name: &str, arguments: &[CallArg<'_>], at: Range<usize>) -> Kind {
        if !FILTERS.iter().any(|(known, _)| *known == name) {
            self.say(at, format!("no such filter: {name}{}", hint(name, FILTERS.map(|row| row.0))));
            return Kind::Plain;
        }
        if name == "map" {
            match arguments {
                [CallArg::Kwarg("attribute", expr)] => self.selected(of, expr, at),
                _ => self.say(at, "map takes attribute='…'".into()),
            }
            return Kind::Plain;
        }
        let arguments = self.positional(arguments, at.clone());
        match name {
            "selectattr" | "rejectattr" => {
                match arguments.first() {
                    Some(attribute) => self.selected(of, attribute, at.clone()),
                    None => self.say(at.clone(), format!("{name} needs an attribute")),
                }
                match arguments.get(1).map(|test| (constant(test), range(test.span()))) {
                    Some((Some(test), at)) => self.test(&test, arguments.get(2..).unwrap_or_default(), at),
                    Some((None, at)) => self.say(at, "name the test, so that it can be checked".into()),
                    None => {}
                }
                of
            }
            "list" => of,
            "first" => {
                if let Kind::Facts(dimension) = of {
                    Kind::Fact(dimension)
                } else {
                    Kind::Plain
                }
            }
            _ => Kind::Plain,
        }
    }

    /// An attribute that is named by a text.
    fn selected(&mut self, of: Kind, attribute: &Expr<'_>, at: Range<usize>) {
        match (of, constant(attribute)) {
            (Kind::Facts(dimension), Some(name)) => {
                self.attribute(Kind::Fact(dimension), &name, range(attribute.span()));
            }
            (_, None) => self.say(range(attribute.span()), "name the attribute, so that it can be checked".into()),
            _ => self.say(at, "only facts(…) have attributes to choose by".into()),
        }
    }

    fn test(&mut self, name: &str, arguments: &[&Expr<'_>], at: Range<usize>) {
        let Some(row) = TESTS.iter().find(|row| row.name == name) else {
            self.say(at, format!("no such test: {name}{}", hint(name, TESTS.map(|row| row.name))));
            return;
        };
        if arguments.len() != row.arguments {
            let plural = if row.arguments == 1 { "" } else { "s" };
            self.say(at, format!("{name} takes {} argument{plural}", row.arguments));
        } else if VERSION_TESTS.contains(&name) {
            for argument in arguments {
                if let Some(text) = constant(argument).filter(|text| numbers(text).is_empty()) {
                    self.say(range(argument.span()), format!("{text} is not a version"));
                }
            }
        }
    }
}
