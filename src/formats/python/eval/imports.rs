//! Imports: modules of the repository are run, others are looked up by name.

use std::collections::BTreeSet;
use std::sync::Arc;

use ruff_python_ast as ast;

use super::machine::{Cond, Frame, MODULES, Machine};
use super::values::{Data, Exc, Id, K, ROOT, Role, Scope, Space, V};
use crate::discover::paths;
use crate::formats::python::MissingModule;
use crate::formats::python::parse::span;
use crate::model::{FileId, Reason, Span, StepKind};

impl Machine<'_> {
    /// The file of a module, and whether it is a package; `None` inside for a folder without `__init__.py`.
    pub(crate) fn find(&self, name: &str) -> Option<(Option<FileId>, bool)> {
        let path = name.replace('.', "/");
        let at = |root: &String, end: &str| {
            let path = if root.is_empty() { format!("{path}{end}") } else { format!("{root}/{path}{end}") };
            (self.tree.find(&path).or_else(|| self.brought.standing_in.get(&path).copied()), path)
        };
        let around = &self.surroundings;
        let roots = || around.before.iter().chain(self.roots).chain(&around.behind);
        for root in roots() {
            if let Some(file) = at(root, "/__init__.py").0 {
                return Some((Some(file), true));
            }
            if let Some(file) = at(root, ".py").0 {
                return Some((Some(file), false));
            }
        }
        roots().any(|root| self.tree.is_dir(&at(root, "").1)).then_some((None, true))
    }

    /// Imports a module and its parents; its space, or none if it is not in the repository.
    pub(crate) fn load(&mut self, name: &str, at: Span) -> Result<Option<V>, Exc> {
        let mut last = None;
        let mut so_far = String::new();
        for part in name.split('.') {
            let parent = so_far.clone();
            if !so_far.is_empty() {
                so_far.push('.');
            }
            so_far.push_str(part);
            let Some(module) = self.load_one(&so_far, at)? else { return Ok(None) };
            if let Some(V { k: K::Ref(parent), .. }) = self.space(MODULES).and_then(|s| s.names.get(&parent)).cloned() {
                self.set_name(parent, part, module.clone());
            }
            last = Some(module);
        }
        Ok(last)
    }

    fn load_one(&mut self, name: &str, at: Span) -> Result<Option<V>, Exc> {
        if let Some(have) = self.space(MODULES).and_then(|s| s.names.get(name)).cloned()
            && !matches!(have.k, K::Undefined)
        {
            return match super::rerun::perhaps_run(&have) {
                Some(earlier) => self.run_perhaps_again(name, earlier, have, at),
                None => Ok(Some(have)),
            };
        }
        self.load_anew(name, at)
    }

    /// Runs a module that was not run before.
    pub(crate) fn load_anew(&mut self, name: &str, at: Span) -> Result<Option<V>, Exc> {
        let Some((file, package)) = self.find(name) else { return Ok(None) };
        let id = self.alloc(Data::Space(Space::new(Role::Module(name.into()))));
        let module = V::at(K::Ref(id), at);
        self.set_name(MODULES, name, module.clone());
        let Some(file) = file else { return Ok(Some(module)) };
        self.loads += 1;
        self.new_stretch();
        let mark = self.tries.last().map_or(0, Vec::len);
        let of_sample = usize::from(self.brought.standing_in.values().any(|sample| *sample == file));
        self.of_samples += of_sample;
        let raised = self.deeper(at, |m| m.run_module(name, file, package, id, at).map(|()| V::none()));
        self.of_samples -= of_sample;
        self.loads -= 1;
        self.unload(name, id, mark);
        self.new_stretch();
        match raised {
            Ok(_) => {}
            Err(exc) => {
                self.set_name(MODULES, name, V::new(K::Undefined));
                return Err(exc);
            }
        }
        let now = self.space(MODULES).and_then(|s| s.names.get(name)).cloned();
        Ok(Some(now.filter(|v| matches!(v.k, K::Ref(_))).unwrap_or(module)))
    }

    /// Runs a module's file.
    pub(crate) fn run_module(&mut self, name: &str, file: FileId, package: bool, id: Id, at: Span) -> Result<(), Exc> {
        let parsed = self.cache.get(self.tree, file);
        if !self.files.iter().any(|(have, _)| *have == file) {
            self.files.push((file, at));
        }
        if let Some(problem) = &parsed.problem {
            self.problems.push(problem.clone());
            let why = Arc::new(Reason::at("the file cannot be read as Python", problem.span));
            self.forget(id, &why);
        }
        let path = V::str(format!("{ROOT}/{}", self.tree.path(file)));
        let module: Arc<str> = name.into();
        self.set_name(id, "__file__", path);
        self.set_name(id, "__name__", V::str(name));
        let own = if package { name } else { name.rsplit_once('.').map_or("", |(p, _)| p) };
        self.set_name(id, "__package__", V::str(own));
        let scope = Scope { file, module, package, globals: id, enclosing: Vec::new() };
        let mut f = Frame { scope, locals: id, global_names: BTreeSet::new(), pending: Vec::new(), class: false };
        self.module_block(&parsed.body, &mut f)
    }

    /// A module that was imported already, as an attribute of its package.
    pub(crate) fn submodule(&self, package: &str, name: &str) -> Option<V> {
        let full = format!("{package}.{name}");
        self.space(MODULES)?.names.get(&full).filter(|v| !matches!(v.k, K::Undefined)).cloned()
    }

    /// Whether a module that the repository does not hold is the project's own.
    fn is_local(&self, name: &str) -> bool {
        self.ours(name) || !crate::formats::python::lib::is_standard(name) && self.is_own_by_name(name)
    }

    /// Whether the top of a dotted name is in the repository.
    fn ours(&self, name: &str) -> bool {
        self.find(name.split('.').next().unwrap_or(name)).is_some()
    }

    /// Whether a file of git names a module's file among those it ignores: everybody who runs the program has one of his own.
    fn is_kept_out(&self, name: &str) -> bool {
        let path = format!("{}.py", name.replace('.', "/"));
        let names = |line: &str| {
            let line = line.trim().trim_start_matches('/');
            line.ends_with(".py")
                && path.strip_suffix(line).is_some_and(|above| above.is_empty() || above.ends_with('/'))
        };
        let mut ignoring = self.tree.files().filter(|(_, path)| paths::name(path) == ".gitignore");
        ignoring.any(|(file, _)| self.tree.text(file).is_ok_and(|text| text.lines().any(names)))
    }

    fn missing(&mut self, name: &str, at: Span, star: bool) -> Result<(), Exc> {
        let ours = self.ours(name);
        let known = !ours && crate::formats::python::lib::is_standard(name);
        if known {
            return Ok(());
        }
        if self.suppose.is_none() && !self.brought.nowhere.contains(name) {
            self.missing.push(MissingModule { name: name.to_owned(), span: at, ours, star });
        }
        if ours {
            let text = format!("{name} is not in the repository");
            return self.raise("ModuleNotFoundError", text, at).map(|_| ());
        }
        if self.surely_missing(name) {
            let text = format!("{name} is not in the repository");
            return self.raise("ModuleNotFoundError", text, at).map(|_| ());
        }
        if self.guarded() && self.of_samples == 0 {
            self.may_raise(Some("ModuleNotFoundError"), at, Cond::default());
        }
        Ok(())
    }

    pub(crate) fn import_statement(&mut self, import: &ast::StmtImport, f: &mut Frame) -> Result<(), Exc> {
        for alias in &import.names {
            let at = span(f.file(), alias);
            let name = alias.name.as_str();
            let top = name.split('.').next().unwrap_or(name);
            let loaded = self.load(name, at)?;
            if loaded.is_none() {
                self.missing(name, at, false)?;
            }
            let (bound, value) = match (&alias.asname, loaded) {
                (Some(asname), Some(module)) => (asname.as_str(), module),
                (Some(asname), None) => (asname.as_str(), self.outside(name, at)),
                (None, _) => (top, self.load(top, at)?.unwrap_or_else(|| V::lib(top))),
            };
            let id = if f.global_names.contains(bound) { f.scope.globals } else { f.locals };
            self.set_name(id, bound, value);
        }
        Ok(())
    }

    fn outside(&self, name: &str, at: Span) -> V {
        if self.ours(name) { V::unknown(format!("{name} is not in the repository"), at) } else { V::lib(name) }
    }

    /// Whether a branch only takes over all names of a module that the repository does not hold, where its file is there:
    /// what stands so far is what holds without it.
    pub(crate) fn is_taken_over(&mut self, asked: &V, body: &[ast::Stmt], f: &Frame) -> bool {
        let (false, Some(path)) = (self.whole, asked.m.absent.clone()) else { return false };
        let star = |s: &ast::Stmt| match s {
            ast::Stmt::ImportFrom(import) if import.names.iter().any(|alias| alias.name.as_str() == "*") => {
                Self::absolute(import, f).map(|name| (name, span(f.file(), import)))
            }
            _ => None,
        };
        let Some((name, at)) = body.iter().find_map(star) else { return false };
        let own = path.strip_suffix(&format!("{}.py", name.replace('.', "/")));
        if body.len() > 1 || own.is_none_or(|root| !root.is_empty() && !root.ends_with('/')) {
            return false;
        }
        self.local_names(&name, f.scope.globals, f.locals, at);
        true
    }

    /// The dotted name that an import means.
    fn absolute(import: &ast::StmtImportFrom, f: &Frame) -> Option<String> {
        let module = import.module.as_ref().map_or("", ast::Identifier::as_str);
        if import.level == 0 {
            return Some(module.to_owned());
        }
        let mut parts: Vec<&str> = f.scope.module.split('.').collect();
        let up = import.level as usize - usize::from(f.scope.package);
        for _ in 0..up {
            parts.pop()?;
        }
        if parts.is_empty() {
            return None;
        }
        if !module.is_empty() {
            parts.push(module);
        }
        Some(parts.join("."))
    }

    pub(crate) fn import_from(&mut self, import: &ast::StmtImportFrom, f: &mut Frame) -> Result<(), Exc> {
        let at = span(f.file(), import);
        let Some(name) = Self::absolute(import, f) else {
            return self.raise("ImportError", "a relative import past the top", at).map(|_| ());
        };
        let loaded = self.load(&name, at)?;
        let star = import.names.iter().any(|alias| alias.name.as_str() == "*");
        if loaded.is_none() {
            if star && !self.whole && !self.tries.is_empty() && self.is_local(&name) {
                self.local_names(&name, f.scope.globals, f.locals, at);
                let text = format!("{name} is not in the repository");
                return self.raise("ModuleNotFoundError", text, at).map(|_| ());
            }
            if star && !self.whole && self.is_kept_out(&name) {
                self.local_names(&name, f.scope.globals, f.locals, at);
                return Ok(());
            }
            self.missing(&name, at, star)?;
        }
        if star {
            self.star(loaded, &name, at, f);
            return Ok(());
        }
        for alias in &import.names {
            let at = span(f.file(), alias);
            let part = alias.name.as_str();
            let value = match &loaded {
                Some(module) => self.member(module, &name, part, at)?,
                None => self.outside(&name, at),
            };
            let value = if let K::Lib(path) = &value.k
                && loaded.is_none()
            {
                V::lib(format!("{path}.{part}"))
            } else {
                value.step(StepKind::Inherited, at)
            };
            let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            let id = if f.global_names.contains(bound) { f.scope.globals } else { f.locals };
            self.set_name(id, bound, value);
        }
        Ok(())
    }

    fn member(&mut self, module: &V, name: &str, part: &str, at: Span) -> Result<V, Exc> {
        if let K::Ref(id) = module.k
            && let Some(value) = self.space(id).and_then(|s| s.names.get(part)).cloned()
            && !matches!(value.k, K::Undefined)
        {
            return Ok(value);
        }
        if let Some(value) = self.load(&format!("{name}.{part}"), at)? {
            return Ok(value);
        }
        if let K::Ref(id) = module.k
            && let Some(why) = self.space(id).and_then(|s| s.open.clone())
        {
            return Ok(V::at(K::Unknown(why), at));
        }
        self.raise("ImportError", format!("{name} has no {part}"), at)
    }

    /// `from module import *`.
    fn star(&mut self, module: Option<V>, name: &str, at: Span, f: &mut Frame) {
        let K::Ref(id) = module.map_or(K::None, |m| m.k) else {
            if self.dead.is_none() && !crate::formats::python::lib::is_standard(name) && !self.gives_nothing(name) {
                self.forget_for_library(f.locals, name, at);
            }
            return;
        };
        let Some(space) = self.space(id).cloned() else { return };
        let all = space.names.get("__all__").cloned();
        let listed = match all {
            None => None,
            Some(all) => {
                if let Ok(Ok(items)) = self.iterate(&all, at) {
                    Some(items.iter().filter_map(V::text).map(str::to_owned).collect::<BTreeSet<_>>())
                } else {
                    self.forget_object(f.locals, "which names are imported is not known", at);
                    return;
                }
            }
        };
        if let Some(why) = &space.open {
            self.forget_for_open(f.locals, why);
        }
        for (name, value) in space.names {
            let taken = listed.as_ref().map_or(!name.starts_with('_'), |all| all.contains(&name));
            if !taken || matches!(value.k, K::Undefined) {
                continue;
            }
            let old = self.space(f.locals).and_then(|s| s.names.get(&name)).cloned();
            let value = with_absent(value.step(StepKind::Inherited, at), old.as_ref());
            self.set_name(f.locals, &name, value);
        }
    }

    /// The path of the file that a text names, inside the repository.
    pub(crate) fn inside(text: &str) -> Option<String> {
        let rest = text.strip_prefix(ROOT)?;
        paths::join("", rest.trim_start_matches('/'))
    }
}

/// A name that may not be defined there leaves the old value in place.
fn with_absent(value: V, old: Option<&V>) -> V {
    let maybe = match &value.k {
        K::OneOf(all) => all.iter().any(|v| matches!(v.k, K::Undefined)),
        K::Depends(of) => of.1.as_ref().is_none_or(|v| matches!(v.k, K::Undefined)),
        _ => false,
    };
    match old {
        Some(old) if maybe && !matches!(old.k, K::Undefined) => {
            V::new(K::Unknown(Arc::new(Reason::new("it may or may not be replaced by an import")))).from(old)
        }
        _ => value,
    }
}
