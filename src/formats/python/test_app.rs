//! How the tests make the application: the configuration they hand to its factory, and what they change of it then.

use std::collections::BTreeMap;

use ruff_python_ast as ast;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};

use super::Kind;
use super::entry::{dotted, literal};
use super::parse::{parse, span};
use crate::discover::Tree;
use crate::model::{FileId, Span};

/// Functions that make an application, by custom.
const FACTORIES: [&str; 5] = ["create_app", "make_app", "create_application", "build_app", "make_flask_app"];
/// Their parameters that say which configuration is taken.
const CHOICES: [&str; 9] = [
    "config",
    "config_name",
    "config_class",
    "config_object",
    "configuration",
    "env",
    "environment",
    "settings",
    "settings_module",
];

/// What a file of the tests does to the application.
#[derive(Default)]
pub struct TestApp {
    /// The configurations that it names: a text, or a name of the code.
    pub named: Vec<(Named, Span)>,
    /// The keys that it sets.
    pub changes: Vec<Change>,
}

/// A configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Named {
    /// `"testing"`, `"shop.config.Testing"`
    Text(String),
    /// `TestConfig`, `config.TestConfig`
    Name(String),
}

/// A key that is set.
pub struct Change {
    /// The key.
    pub key: String,
    /// Its value, where it is a literal.
    pub value: Option<Kind>,
    /// Whether it is made of the value that was there.
    pub same: bool,
    /// Whether it is set on the application once this is made.
    pub late: bool,
    /// The place.
    pub span: Span,
}

/// What a file of the tests does to the application that it makes.
pub fn test_app(tree: &Tree, file: FileId) -> TestApp {
    let parsed = parse(tree, file);
    let mut reader = Reader { file, names: BTreeMap::new(), out: TestApp::default() };
    parsed.body.iter().for_each(|statement| reader.visit_stmt(statement));
    reader.out
}

struct Reader<'a> {
    file: FileId,
    names: BTreeMap<&'a str, &'a ast::Expr>,
    out: TestApp,
}

impl<'a> Visitor<'a> for Reader<'a> {
    fn visit_stmt(&mut self, statement: &'a ast::Stmt) {
        match statement {
            // A test of its own may make what it likes.
            ast::Stmt::FunctionDef(def) if def.name.starts_with("test_") && !is_fixture(def) => {
                let changes = self.out.changes.len();
                walk_stmt(self, statement);
                self.out.changes.truncate(changes);
                return;
            }
            ast::Stmt::Assign(assign) => match &assign.targets[..] {
                [ast::Expr::Name(name)] => {
                    self.names.insert(name.id.as_str(), &assign.value);
                }
                [ast::Expr::Subscript(target)] if is_config(&target.value) => {
                    if let Some(key) = literal(&target.slice) {
                        self.change(key, &assign.value, true);
                    }
                }
                _ => {}
            },
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, e: &'a ast::Expr) {
        if let ast::Expr::Call(call) = e {
            self.call(call);
        }
        walk_expr(self, e);
    }
}

impl<'a> Reader<'a> {
    fn call(&mut self, call: &'a ast::ExprCall) {
        let name = dotted(&call.func).unwrap_or_default();
        let of_config = call.func.as_attribute_expr().is_some_and(|of| is_config(&of.value));
        let first = call.arguments.args.first();
        match name.rsplit('.').next().unwrap_or_default() {
            factory if FACTORIES.contains(&factory) => {
                if let Some(value) = first {
                    self.handed(value);
                }
                for keyword in &call.arguments.keywords {
                    let Some(parameter) = keyword.arg.as_ref().map(ast::Identifier::as_str) else { continue };
                    if CHOICES.contains(&parameter) {
                        self.handed(&keyword.value);
                    } else if ["override", "test_config"].iter().any(|word| parameter.contains(word)) {
                        self.dict(&keyword.value, false);
                    }
                }
            }
            "from_object" if of_config => {
                if let Some(value) = first {
                    self.handed(value);
                }
            }
            "update" | "from_mapping" if of_config => {
                if let Some(value) = first {
                    self.dict(value, true);
                }
                for keyword in &call.arguments.keywords {
                    if let Some(key) = &keyword.arg {
                        self.change(key.to_string(), &keyword.value, true);
                    }
                }
            }
            _ => {}
        }
    }

    /// What is handed to the factory: a name, a text, or a dict.
    fn handed(&mut self, value: &'a ast::Expr) {
        let place = span(self.file, value);
        match value {
            ast::Expr::StringLiteral(text) => self.out.named.push((Named::Text(text.value.to_string()), place)),
            // `config["testing"]`
            ast::Expr::Subscript(of) => {
                self.out.named.extend(literal(&of.slice).map(|text| (Named::Text(text), place)));
            }
            // `TestConfig()`
            ast::Expr::Call(call) if call.arguments.is_empty() => self.handed(&call.func),
            ast::Expr::Name(name) if self.names.get(name.id.as_str()).is_some_and(|value| value.is_dict_expr()) => {
                self.dict(value, false);
            }
            ast::Expr::Dict(_) => self.dict(value, false),
            _ => self.out.named.extend(dotted(value).map(|name| (Named::Name(name), place))),
        }
    }

    fn dict(&mut self, value: &'a ast::Expr, late: bool) {
        let named = value.as_name_expr().and_then(|name| self.names.get(name.id.as_str()).copied());
        let Some(dict) = named.unwrap_or(value).as_dict_expr() else { return };
        for item in &dict.items {
            if let Some(key) = item.key.as_ref().and_then(literal) {
                self.change(key, &item.value, late);
            }
        }
    }

    fn change(&mut self, key: String, value: &'a ast::Expr, late: bool) {
        let made_of = value.as_name_expr().and_then(|name| self.names.get(name.id.as_str()).copied()).unwrap_or(value);
        let mut asks = Asks { key: &key, found: false };
        asks.visit_expr(made_of);
        let same = asks.found;
        self.out.changes.push(Change { value: kind(made_of), same, late, span: span(self.file, value), key });
    }
}

/// Whether an expression speaks of a key.
struct Asks<'k> {
    key: &'k str,
    found: bool,
}

impl<'a> Visitor<'a> for Asks<'_> {
    fn visit_expr(&mut self, e: &'a ast::Expr) {
        self.found |= match e {
            ast::Expr::StringLiteral(text) => text.value.to_str() == self.key,
            ast::Expr::Name(name) => name.id.as_str() == self.key,
            ast::Expr::Attribute(attribute) => attribute.attr.as_str() == self.key,
            _ => false,
        };
        walk_expr(self, e);
    }
}

fn kind(value: &ast::Expr) -> Option<Kind> {
    Some(match value {
        ast::Expr::StringLiteral(text) => Kind::Str(text.value.to_string()),
        ast::Expr::BooleanLiteral(truth) => Kind::Bool(truth.value),
        ast::Expr::NoneLiteral(_) => Kind::None,
        ast::Expr::NumberLiteral(number) => Kind::Int(number.value.as_int()?.as_i64()?.into()),
        _ => return None,
    })
}

/// `app.config`, `self.app.config`
fn is_config(value: &ast::Expr) -> bool {
    dotted(value).is_some_and(|name| name.ends_with("app.config") || name == "application.config")
}

fn is_fixture(def: &ast::StmtFunctionDef) -> bool {
    def.decorator_list.iter().any(|decorator| {
        let of = decorator.expression.as_call_expr().map_or(&decorator.expression, |call| &*call.func);
        dotted(of).is_some_and(|name| name.ends_with("fixture"))
    })
}
