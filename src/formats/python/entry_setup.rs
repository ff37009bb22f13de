//! Entry files that leave it to a function of the project to choose the settings: `from shop.setup import setup_env`.

use ruff_python_ast as ast;
use ruff_python_ast::visitor::{Visitor, walk_expr};

use super::entry::{EntryFacts, entry_points};
use super::parse::parse;
use crate::discover::{Tree, paths};
use crate::model::FileId;

/// What an entry file says, with what the modules set by default whose functions it calls before anything else, where it
/// sets nothing itself.
pub fn entry_with_setup(tree: &Tree, file: FileId) -> EntryFacts {
    let mut facts = entry_points(tree, file);
    if !facts.defaults.is_empty() || !facts.undecided.is_empty() {
        return facts;
    }
    for module in called(tree, file) {
        let further = entry_points(tree, module);
        facts.defaults.extend(further.defaults);
        facts.undecided.extend(further.undecided);
    }
    facts
}

/// The modules of the repository from which a file imports a function that it calls without arguments.
fn called(tree: &Tree, file: FileId) -> Vec<FileId> {
    let parsed = parse(tree, file);
    let mut calls = Calls(Vec::new());
    parsed.body.iter().for_each(|statement| calls.visit_stmt(statement));
    let imports = parsed.body.iter().filter_map(ast::Stmt::as_import_from_stmt);
    let from = imports.filter_map(|import| {
        let called = |alias: &ast::Alias| {
            calls.0.iter().any(|name| *name == alias.asname.as_ref().unwrap_or(&alias.name).as_str())
        };
        let module = import.module.as_ref().filter(|_| import.level == 0 && import.names.iter().any(called))?;
        let path = module.replace('.', "/");
        let folder = paths::parent(tree.path(file));
        let ends = [format!("{path}.py"), format!("{path}/__init__.py")];
        ends.iter().find_map(|end| tree.find(&paths::join(folder, end)?).or_else(|| tree.find(end)))
    });
    from.collect()
}

/// The names that are called without arguments.
struct Calls(Vec<String>);

impl<'a> Visitor<'a> for Calls {
    fn visit_expr(&mut self, e: &'a ast::Expr) {
        if let ast::Expr::Call(call) = e
            && let Some(name) = call.func.as_name_expr().filter(|_| call.arguments.is_empty())
        {
            self.0.push(name.id.to_string());
        }
        walk_expr(self, e);
    }
}
