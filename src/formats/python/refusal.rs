//! Names whose values a module checks: it raises where they are not as they should be.

use std::collections::BTreeSet;

use ruff_python_ast as ast;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};

use super::parse::parse;
use crate::discover::Tree;
use crate::model::FileId;

/// The names that stand in a test under which a module raises.
pub fn refusals(tree: &Tree, file: FileId) -> BTreeSet<String> {
    let mut finder = Finder::default();
    for statement in &parse(tree, file).body {
        finder.visit_stmt(statement);
    }
    finder.names
}

#[derive(Default)]
struct Finder {
    names: BTreeSet<String>,
}

impl<'a> Visitor<'a> for Finder {
    fn visit_stmt(&mut self, statement: &'a ast::Stmt) {
        if let ast::Stmt::If(branch) = statement
            && branch.body.iter().any(ast::Stmt::is_raise_stmt)
        {
            let mut names = Names(&mut self.names);
            names.visit_expr(&branch.test);
        }
        walk_stmt(self, statement);
    }
}

struct Names<'n>(&'n mut BTreeSet<String>);

impl<'a> Visitor<'a> for Names<'_> {
    fn visit_expr(&mut self, e: &'a ast::Expr) {
        match e {
            ast::Expr::Name(name) => drop(self.0.insert(name.id.to_string())),
            ast::Expr::Attribute(attribute) => drop(self.0.insert(attribute.attr.to_string())),
            _ => {}
        }
        walk_expr(self, e);
    }
}
