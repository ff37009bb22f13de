//! The object that a module of settings makes for the program: read as it is written, not run.

use ruff_python_ast as ast;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};

use super::entry::dotted;
use super::parse::{parse, span};
use crate::discover::Tree;
use crate::model::{FileId, Spanned};

/// The name at the top of a module that an object of dynaconf is given.
pub fn dynaconf_object(tree: &Tree, file: FileId) -> Option<String> {
    let made = |(_, callee): &(String, String)| {
        matches!(callee.rsplit('.').next().unwrap_or(callee), "Dynaconf" | "LazySettings")
    };
    made_at_top(tree, file).into_iter().find(made).map(|(name, _)| name)
}

/// The modules that a module imports from at its top, as they are written.
pub fn imported(tree: &Tree, file: FileId) -> Vec<String> {
    let mut names = Vec::new();
    for stmt in &parse(tree, file).body {
        match stmt {
            ast::Stmt::Import(import) => names.extend(import.names.iter().map(|alias| alias.name.to_string())),
            ast::Stmt::ImportFrom(import) => names.extend(import.module.iter().map(ToString::to_string)),
            _ => {}
        }
    }
    names
}

/// The class whose object a module calls its settings, or hands out as them: `settings = Settings()`, `def get_settings()`.
pub fn settings_class(tree: &Tree, file: FileId) -> Option<String> {
    let named: Vec<String> =
        made_at_top(tree, file).into_iter().filter(|(name, _)| names_settings(name)).map(|(_, class)| class).collect();
    // A reader of a library (`config = Config(".env")`) may stand before what the module makes with it.
    let parsed = parse(tree, file);
    let own = |class: &&String| {
        parsed.body.iter().filter_map(ast::Stmt::as_class_def_stmt).any(|def| def.name.as_str() == class.as_str())
    };
    let chosen = named.iter().find(own).or(named.first()).cloned();
    chosen.or_else(|| handed_out(tree, file).map(|(_, class)| class))
}

/// The function at the top of a module that gives the settings of the program without being told anything.
pub fn settings_function(tree: &Tree, file: FileId) -> Option<String> {
    let parsed = parse(tree, file);
    let mut functions = parsed.body.iter().filter_map(ast::Stmt::as_function_def_stmt);
    let plain =
        |def: &&ast::StmtFunctionDef| def.parameters.is_empty() && !def.is_async && def.name.starts_with("get_");
    functions.find(|def| plain(def) && names_settings(&def.name)).map(|def| def.name.to_string())
}

/// The texts that a function at the top of a module is written with.
pub fn texts_of(tree: &Tree, file: FileId, function: &str) -> Vec<Spanned<String>> {
    struct Texts(FileId, Vec<Spanned<String>>);
    impl<'a> Visitor<'a> for Texts {
        fn visit_expr(&mut self, e: &'a ast::Expr) {
            if let ast::Expr::StringLiteral(text) = e {
                self.1.push(Spanned::new(text.value.to_str().to_owned(), span(self.0, e)));
            }
            walk_expr(self, e);
        }
    }
    let parsed = parse(tree, file);
    let mut texts = Texts(file, Vec::new());
    for def in parsed.body.iter().filter_map(ast::Stmt::as_function_def_stmt).filter(|def| &*def.name == function) {
        texts.visit_body(&def.body);
    }
    texts.1
}

/// Whether an object of such a name holds the settings of a program.
pub(crate) fn names_settings(name: &str) -> bool {
    let name = name.trim_start_matches('_').to_ascii_lowercase();
    let name = name.strip_prefix("get_").or_else(|| name.strip_prefix("load_")).unwrap_or(&name);
    ["settings", "config", "conf", "cfg", "configuration", "app_settings", "app_config"].contains(&name)
}

/// The names at the top of a module that are given what a call makes, and what is called.
fn made_at_top(tree: &Tree, file: FileId) -> Vec<(String, String)> {
    let parsed = parse(tree, file);
    let made = |statement: &ast::Stmt| {
        let (target, value) = match statement {
            ast::Stmt::Assign(assign) => (assign.targets.first()?, &*assign.value),
            ast::Stmt::AnnAssign(assign) => (&*assign.target, assign.value.as_deref()?),
            _ => return None,
        };
        Some((target.as_name_expr()?.id.to_string(), dotted(&value.as_call_expr()?.func)?))
    };
    parsed.body.iter().filter_map(made).collect()
}

/// The first function at the top that is named for settings and gives an object: its name, and what it calls to make it.
fn handed_out(tree: &Tree, file: FileId) -> Option<(String, String)> {
    struct Returns(Vec<String>);
    impl<'a> Visitor<'a> for Returns {
        fn visit_stmt(&mut self, statement: &'a ast::Stmt) {
            if let ast::Stmt::Return(of) = statement {
                let call = of.value.as_deref().and_then(ast::Expr::as_call_expr);
                self.0.extend(call.and_then(|call| dotted(&call.func)));
            }
            walk_stmt(self, statement);
        }
    }
    let parsed = parse(tree, file);
    let functions = parsed.body.iter().filter_map(ast::Stmt::as_function_def_stmt);
    functions.filter(|def| names_settings(&def.name)).find_map(|def| {
        let mut returns = Returns(Vec::new());
        returns.visit_body(&def.body);
        match returns.0.as_slice() {
            [class] => Some((def.name.to_string(), class.clone())),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Overlay;

    fn class(text: &str) -> Option<String> {
        let tree = Tree::open(Box::new(Overlay::of([("config.py", text)]))).ok()?;
        settings_class(&tree, tree.find("config.py")?)
    }

    #[test]
    fn the_object_that_is_called_settings_tells_their_class() {
        let two = "class DB(B): ...\nclass Main(B): ...\n";
        assert_eq!(class(&format!("{two}db = DB()\nsettings = Main()\n")).as_deref(), Some("Main"));
        assert_eq!(class(&format!("{two}settings: Main = Main()\n")).as_deref(), Some("Main"));
        let cached = "@lru_cache\ndef get_settings() -> Main:\n    log.info('x')\n    return Main()\n";
        assert_eq!(class(&format!("{two}{cached}")).as_deref(), Some("Main"));
        assert_eq!(class(&format!("{two}db = DB()\n")), None);
        let reader = "from starlette.config import Config\nconfig = Config('.env')\n";
        assert_eq!(class(&format!("{reader}{two}settings = Main()\n")).as_deref(), Some("Main"));
    }
}
