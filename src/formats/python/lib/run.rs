//! Files that settings code runs as part of itself: `exec(open(...).read())` and django-split-settings.

use std::sync::Arc;

use crate::discover::{Presence, paths};
use crate::formats::python::MissingModule;
use crate::formats::python::eval::machine::{Cond, Frame, MODULES, Machine};
use crate::formats::python::eval::values::{Args, Data, Exc, Id, K, R, ROOT, Role, Space, V};
use crate::model::{Certainty, FileId, Reason, Span};

/// Marks a text as the contents of a file.
pub(crate) fn contents_of(value: V, file: FileId) -> V {
    value.with(|m| m.file = Some(file))
}

impl Machine<'_> {
    /// Runs a file with the names at hand; whether it could be read.
    fn run_inside(&mut self, file: FileId, f: &mut Frame, at: Span) -> Result<bool, Exc> {
        let parsed = self.cache.get(self.tree, file);
        if parsed.problem.is_some() || self.depth > 20 {
            return Ok(false);
        }
        if !self.files.iter().any(|(have, _)| *have == file) {
            self.files.push((file, at));
        }
        let mut scope = f.scope.clone();
        scope.file = file;
        let locals = f.locals;
        let mut inner =
            Frame { scope, locals, global_names: f.global_names.clone(), pending: Vec::new(), class: false };
        self.depth += 1;
        let out = self.module_block(&parsed.body, &mut inner);
        self.depth -= 1;
        out.map(|()| true)
    }

    /// `exec(code)` of a file of the repository; whether it was followed.
    pub(crate) fn exec_file(&mut self, args: &Args, f: &mut Frame, at: Span) -> Result<bool, Exc> {
        let own = |v: &V| matches!(v.k, K::Ref(id) if id == f.scope.globals || id == f.locals);
        if args.open || !args.named.is_empty() || args.pos.get(1..).is_some_and(|rest| !rest.iter().all(own)) {
            return Ok(false);
        }
        let Some(code) = args.pos.first() else { return Ok(false) };
        if let Some(path) = &code.m.absent {
            let name = path.strip_suffix(".py").unwrap_or(path).replace('/', ".");
            self.local_names(&name, f.scope.globals, f.locals, at);
            return Ok(true);
        }
        let Some(file) = code.m.file else { return Ok(false) };
        self.run_inside(file, f, at)
    }

    /// Settings that the repository does not hold are taken over, where there are any: what stands so far is what holds
    /// without them.
    pub(crate) fn local_names(&mut self, name: &str, globals: Id, locals: Id, at: Span) {
        if self.suppose.is_some() || self.brought.nowhere.contains(name) {
            return;
        }
        let missing = MissingModule { name: name.to_owned(), span: at, ours: true, star: true };
        if !self.missing.contains(&missing) {
            self.missing.push(missing);
        }
        for id in [globals, locals] {
            let Some(space) = self.space_mut(id) else { continue };
            for (name, value) in &mut space.names {
                if name.starts_with('_') || matches!(value.k, K::Undefined | K::Func(_) | K::Lib(_)) {
                    continue;
                }
                // What a variable is to give is not what such a file is for.
                let given = value.m.certainty.is_default() || !value.m.vars.is_empty();
                if crate::knowledge::variables::is_secret_name(name) && !given {
                    *value = V::unknown("a file that the repository does not hold commonly sets it", at).from(value);
                } else if !value.m.certainty.is_default() {
                    *value = value.clone().with(|m| m.certainty = Certainty::Default { variable: None });
                }
            }
        }
    }

    /// `include(...)` of django-split-settings; whether all of it was followed.
    pub(crate) fn split_settings(&mut self, args: &Args, f: &mut Frame, at: Span) -> Result<bool, Exc> {
        if args.open || args.named.iter().any(|(name, _)| name != "scope") {
            return Ok(false);
        }
        let globals: Id = f.scope.globals;
        if args.named("scope").is_some_and(|v| !matches!(v.k, K::Ref(id) if id == globals)) {
            return Ok(false);
        }
        let own =
            self.space(globals).and_then(|s| s.names.get("__included_file__").or_else(|| s.names.get("__file__")));
        let folder = own.and_then(V::text).and_then(Self::inside).map(|path| paths::parent(&path).to_owned());
        let Some(folder) = folder else { return Ok(false) };
        for part in &args.pos {
            let (optional, part) = match &part.k {
                K::Made(class, made) if &**class == "split_settings.tools.optional" => {
                    (true, made.pos.first().cloned())
                }
                _ => (false, Some(part.clone())),
            };
            let Some(pattern) = part.as_ref().and_then(V::text).map(str::to_owned) else { return Ok(false) };
            if optional && pattern.is_empty() {
                continue;
            }
            let files = if pattern.contains(['*', '?', '[']) {
                match self.globbed(&folder, &pattern) {
                    Some(files) => files,
                    None => return Ok(false),
                }
            } else {
                let path = Self::inside(&pattern).or_else(|| paths::join(&folder, &pattern));
                match path.map(|path| (self.tree.presence(&path), path)) {
                    Some((Presence::Here(file), _)) => vec![file],
                    Some((Presence::Missing, path)) if optional => {
                        if !self.absent(&path) {
                            let name = path.strip_suffix(".py").unwrap_or(&path).replace('/', ".");
                            self.local_names(&name, globals, f.locals, at);
                        }
                        continue;
                    }
                    _ => return Ok(false),
                }
            };
            let kept = self.space(globals).and_then(|s| s.names.get("__included_file__")).cloned();
            for file in files {
                let name = V::str(format!("{ROOT}/{}", self.tree.path(file)));
                self.set_name(globals, "__included_file__", name);
                if !self.run_inside(file, f, at)? {
                    return Ok(false);
                }
            }
            self.set_name(globals, "__included_file__", kept.unwrap_or_else(|| V::new(K::Undefined)));
        }
        Ok(true)
    }

    /// Files whose last part fits `*` and `?`, sorted; none for other patterns.
    fn globbed(&self, folder: &str, pattern: &str) -> Option<Vec<FileId>> {
        let (under, last) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        if under.contains(['*', '?', '[']) || last.contains('[') {
            return None;
        }
        let folder = paths::join(folder, under)?;
        let fits = |path: &str| {
            paths::parent(path) == folder
                && !paths::name(path).starts_with('.')
                && fits(last.as_bytes(), paths::name(path).as_bytes())
        };
        Some(self.tree.under(&folder).filter(|(_, path)| fits(path)).map(|(file, _)| file).collect())
    }

    /// The settings that the program names are imported, if they are not yet; their module, where the name is certain.
    pub(crate) fn named_settings(&mut self, at: Span) -> Result<Option<V>, Exc> {
        use super::os::Found;
        let Found::Set(value) = self.find_variable("DJANGO_SETTINGS_MODULE", at) else { return Ok(None) };
        match &value.k {
            K::Str(name) => self.load(name, at),
            K::Depends(of) => {
                if let Some(name) = of.1.as_ref().and_then(V::text) {
                    self.load(name, at)?;
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// `django.conf.settings.NAME`, which is what the module of the program's settings says so far.
    pub(crate) fn django_setting(&mut self, name: &str, at: Span) -> R {
        if matches!(name, "configure" | "configured") {
            return Ok(V::lib(format!("django.conf.settings.{name}")));
        }
        match self.django_settings(at)? {
            Some(settings) => self.attribute(&settings, name, at),
            None => Ok(V::unknown("a setting of the running program", at)),
        }
    }

    /// `django.conf.settings`, set up when it is asked first: an object that takes over what the module says by then.
    pub(crate) fn django_settings(&mut self, at: Span) -> Result<Option<V>, Exc> {
        const READY: &str = "django.conf.settings is set up";
        if let Some(ready) = self.space(MODULES).and_then(|s| s.names.get(READY)) {
            return Ok(Some(ready.clone()).filter(|v| matches!(v.k, K::Ref(_))));
        }
        self.note_read("DJANGO_SETTINGS_MODULE", None, true, "django", at);
        let module = self.named_settings(at)?;
        let names = match module.as_ref().map(|v| &v.k) {
            Some(K::Ref(id)) => self.space(*id).map(Self::upper),
            _ => None,
        };
        let settings = names.map(|names| {
            let mut space = Space::new(Role::Instance(V::lib("django.conf.Settings")));
            space.names = names.into_iter().collect();
            // Django has defaults for what is not there.
            space.open = Some(Arc::new(Reason::at("a setting of the running program", at)));
            V::at(K::Ref(self.alloc(Data::Space(space))), at)
        });
        self.set_name(MODULES, READY, settings.clone().unwrap_or_else(V::none));
        Ok(settings)
    }

    /// What is left when code that is run cannot be followed.
    pub(crate) fn forget_scopes(&mut self, f: &Frame, why: &str, at: Span) {
        let why = Arc::new(Reason::at(why, at));
        for id in [f.scope.globals, f.locals] {
            self.forget(id, &why);
        }
        self.unsure_reads("code that is not followed may read variables", at);
        self.may_raise(None, at, Cond::default());
    }
}

/// Whether a name fits a pattern of `*` and `?`.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    n = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}
