//! Mappings of settings that are looked into with the text of a variable.

use std::collections::BTreeMap;

use ruff_python_ast as ast;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};

use super::entry::{Selection, dotted, variable};
use super::parse::span;
use crate::model::{FileId, Span};

/// All that are looked into: `configs[name]`, `configs.get(name, Config)`, where `name` may be read before.
pub(super) fn of(file: FileId, body: &[ast::Stmt]) -> Vec<Selection> {
    let mut uses = Uses { file, known: BTreeMap::new(), found: Vec::new() };
    for statement in body {
        uses.visit_stmt(statement);
    }
    uses.found
}

struct Uses {
    file: FileId,
    known: BTreeMap<String, (String, Option<String>)>,
    found: Vec<Selection>,
}

impl Uses {
    fn add(&mut self, mapping: &ast::Expr, key: &ast::Expr, fallback: Option<(String, Span)>, at: Span) {
        let read = variable(key).or_else(|| self.known.get(&dotted(key)?).cloned());
        let mapping = dotted(mapping).filter(|name| name != "os.environ");
        let (Some((variable, default)), Some(mapping)) = (read, mapping) else { return };
        let mapping = mapping.rsplit('.').next().map(str::to_owned);
        let (variable, cases) = (Some(variable), Vec::new());
        self.found.push(Selection { mapping, variable, default, cases, fallback, span: at });
    }

    /// `if name in configs: … else: app.config.from_object(Config)`.
    fn branch(&mut self, branch: &ast::StmtIf) {
        let Some(compare) = branch.test.as_compare_expr() else { return };
        let (Some(ast::CmpOp::In), Some(mapping)) = (compare.ops.first(), compare.comparators.first()) else { return };
        let otherwise = branch.elif_else_clauses.iter().find(|clause| clause.test.is_none());
        let handed = |statement: &ast::Stmt| {
            let call = statement.as_expr_stmt()?.value.as_call_expr()?;
            let of_object = call.func.as_attribute_expr().is_some_and(|of| of.attr.as_str() == "from_object");
            let target = call.arguments.args.first().filter(|_| of_object)?;
            Some((dotted(target)?, span(self.file, target)))
        };
        let fallback = otherwise.and_then(|clause| clause.body.iter().find_map(handed));
        if fallback.is_some() {
            self.add(mapping, &compare.left, fallback, span(self.file, branch));
        }
    }
}

impl<'a> Visitor<'a> for Uses {
    fn visit_stmt(&mut self, s: &'a ast::Stmt) {
        if let ast::Stmt::If(branch) = s {
            self.branch(branch);
        }
        walk_stmt(self, s);
        if let ast::Stmt::Assign(assign) = s
            && let (Some(name), Some(read)) = (assign.targets.first().and_then(dotted), variable(&assign.value))
        {
            self.known.insert(name, read);
        }
    }

    fn visit_expr(&mut self, e: &'a ast::Expr) {
        let at = span(self.file, e);
        match e {
            ast::Expr::Subscript(of) => self.add(&of.value, &of.slice, None, at),
            ast::Expr::Call(call) => {
                if let (ast::Expr::Attribute(of), Some(key)) = (&*call.func, call.arguments.args.first())
                    && of.attr.as_str() == "get"
                    && dotted(&of.value).is_some_and(|name| !name.ends_with("environ"))
                {
                    let fallback =
                        call.arguments.args.get(1).and_then(|other| Some((dotted(other)?, span(self.file, other))));
                    self.add(&of.value, key, fallback, at);
                }
            }
            _ => {}
        }
        walk_expr(self, e);
    }
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::formats::python::entry::selections;

    #[test]
    fn what_is_left_is_the_class_of_every_other_name() {
        let branch = "import os\nfrom conf import Config, configs\ndef create(app):\n    name = os.environ['STAGE']\n    \
            if name in configs:\n        app.config.from_object(configs[name])\n    else:\n        \
            app.config.from_object(Config)\n";
        let call = "import os\nobject = configs.get(os.environ['STAGE'], Config)\n";
        for text in [branch, call] {
            let tree = Tree::open(Box::new(Overlay::of([("app.py", text)]))).unwrap();
            let found = selections(&tree, tree.find("app.py").unwrap());
            let first = found
                .first()
                .map(|one| (one.variable.as_deref(), one.fallback.as_ref().map(|(name, _)| name.as_str())));
            assert_eq!(first, Some((Some("STAGE"), Some("Config"))), "{text}");
        }
    }
}
