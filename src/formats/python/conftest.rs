//! The variables that a `conftest.py` of pytest sets before the program is imported.

use ruff_python_ast as ast;

use super::parse::{parse, span};
use crate::discover::Tree;
use crate::model::{FileId, Spanned};

/// A variable that is set before the tests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Given {
    /// The variable.
    pub name: String,
    /// Its text, where it is a literal.
    pub value: Spanned<Option<String>>,
    /// Whether one that is set already stays.
    pub default: bool,
}

/// The variables that a file sets at its top, or where pytest asks it to configure the tests, in order.
pub fn variables(tree: &Tree, file: FileId) -> Vec<Given> {
    let mut found = Vec::new();
    for statement in &parse(tree, file).body {
        match statement {
            ast::Stmt::FunctionDef(def) if def.name.as_str() == "pytest_configure" => {
                found.extend(def.body.iter().filter_map(|statement| given(file, statement)));
            }
            _ => found.extend(given(file, statement)),
        }
    }
    found
}

fn given(file: FileId, statement: &ast::Stmt) -> Option<Given> {
    let (name, value, default) = match statement {
        // `os.environ["X"] = "y"`
        ast::Stmt::Assign(assign) => {
            let [ast::Expr::Subscript(target)] = &assign.targets[..] else { return None };
            (last(&target.value)? == "environ").then_some((&*target.slice, &*assign.value, false))?
        }
        // `os.environ.setdefault("X", "y")`, `monkeypatch.setenv("X", "y")`
        ast::Stmt::Expr(expression) => {
            let call = expression.value.as_call_expr()?;
            let [name, value, ..] = &call.arguments.args[..] else { return None };
            let of = call.func.as_attribute_expr()?;
            let default = of.attr.as_str() == "setdefault" && last(&of.value)? == "environ";
            (default || of.attr.as_str() == "setenv").then_some((name, value, default))?
        }
        _ => return None,
    };
    let text = |value: &ast::Expr| value.as_string_literal_expr().map(|text| text.value.to_string());
    Some(Given { name: text(name)?, value: Spanned::new(text(value), span(file, value)), default })
}

/// The last part of a dotted name.
fn last(expression: &ast::Expr) -> Option<&str> {
    match expression {
        ast::Expr::Name(name) => Some(name.id.as_str()),
        ast::Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::variables;
    use crate::discover::{Overlay, Tree};

    #[test]
    fn what_is_set_at_the_top_is_there_before_the_program() {
        let code = "import os\nfrom pytest import MonkeyPatch\nos.environ['A'] = '1'\nos.environ.setdefault('B', '2')\n\
            mp = MonkeyPatch()\nmp.setenv('C', '3')\nos.environ['D'] = made()\nconfig['E'] = '5'\n\
            def later():\n    os.environ['F'] = '6'\n\
            def pytest_configure(config):\n    os.environ['G'] = '7'\n    if config.x:\n        os.environ['H'] = '8'\n";
        let tree = Tree::open(Box::new(Overlay::of([("conftest.py", code)]))).unwrap();
        let found = variables(&tree, tree.find("conftest.py").unwrap());
        let all: Vec<_> =
            found.iter().map(|one| (one.name.as_str(), one.value.value.as_deref(), one.default)).collect();
        let [a, c, g] = [("A", "1"), ("C", "3"), ("G", "7")].map(|(name, value)| (name, Some(value), false));
        assert_eq!(all, [a, ("B", Some("2"), true), c, ("D", None, false), g]);
    }
}
