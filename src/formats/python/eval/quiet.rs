//! Whether code that is handed to a library could read variables when it is called back.

use std::collections::BTreeSet;

use ruff_python_ast as ast;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};

use super::libraries::READERS;
use super::machine::Machine;
use super::values::{Args, Code, Data, Func, Id, K, Role, V};

/// The names that code looks up, and whether it imports or runs other code.
#[derive(Default)]
struct Names {
    used: BTreeSet<String>,
    odd: bool,
}

impl<'a> Visitor<'a> for Names {
    fn visit_stmt(&mut self, s: &'a ast::Stmt) {
        self.odd |= matches!(s, ast::Stmt::Import(_) | ast::Stmt::ImportFrom(_));
        walk_stmt(self, s);
    }

    fn visit_expr(&mut self, e: &'a ast::Expr) {
        if let ast::Expr::Name(name) = e {
            self.used.insert(name.id.to_string());
        }
        walk_expr(self, e);
    }
}

impl Machine<'_> {
    /// Whether nothing that a library is given reads a variable when it is called.
    pub(crate) fn quiet_args(&self, args: &Args) -> bool {
        args.all().all(|v| self.quiet(v, 0))
    }

    /// Whether no method of the project's classes reads a variable, nor a library that they rest on.
    pub(crate) fn quiet_class(&self, id: Id, depth: usize) -> bool {
        let Some(space) = self.space(id) else { return false };
        let Role::Class { bases, .. } = &space.role else { return false };
        let base = |base: &V| match &base.k {
            K::Ref(id) => depth < 20 && self.quiet_class(*id, depth + 1),
            K::Lib(path) => !reader(path),
            _ => false,
        };
        let mut methods = space.names.values().filter(|v| matches!(v.k, K::Func(_)));
        bases.iter().all(base) && methods.all(|v| self.quiet(v, depth + 1))
    }

    fn quiet(&self, value: &V, depth: usize) -> bool {
        match &value.k {
            K::Func(func) => depth < 6 && self.quiet_code(func, depth),
            K::Method(of) => depth < 6 && self.quiet(&of.1, depth + 1),
            _ => true,
        }
    }

    fn quiet_code(&self, func: &Func, depth: usize) -> bool {
        let mut names = Names::default();
        match &func.code {
            Code::Def(def) => def.body.iter().for_each(|s| names.visit_stmt(s)),
            Code::Lambda(lambda) => names.visit_expr(&lambda.body),
        }
        let spaces = || func.scope.enclosing.iter().rev().chain(std::iter::once(&func.scope.globals));
        let fine = |name: &String| {
            let found = spaces().find_map(|id| self.space(*id).and_then(|s| s.names.get(name)));
            match found.map(|v| (v, &v.k)) {
                None => !matches!(name.as_str(), "__import__" | "exec" | "eval" | "globals"),
                Some((_, K::Lib(path))) => !reader(path),
                Some((v, K::Func(_) | K::Method(_))) => self.quiet(v, depth + 1),
                Some((_, K::Ref(id))) => match self.heap.get(id).map(|obj| &obj.data) {
                    Some(Data::Space(_)) => depth < 6 && self.quiet_class(*id, depth + 1),
                    _ => true,
                },
                Some((_, K::Unknown(_) | K::OneOf(_) | K::Depends(_) | K::Made(..) | K::Bound(_))) => false,
                Some(_) => true,
            }
        };
        !names.odd && names.used.iter().all(fine)
    }
}

/// Whether a library's functions may read variables.
fn reader(path: &str) -> bool {
    let top = path.split('.').next().unwrap_or(path);
    READERS.contains(&top) || matches!(top, "os" | "subprocess" | "importlib") || path.starts_with("django.conf")
}
