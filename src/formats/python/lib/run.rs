//! Files that settings code runs as part of itself: `exec(open(...).read())` and django-split-settings.

use std::sync::Arc;

use super::os::Found;
use crate::discover::{Presence, paths};
use crate::formats::python::MissingModule;
use crate::formats::python::eval::machine::{Cond, Frame, MODULES, Machine};
use crate::formats::python::eval::truth::wrap;
use crate::formats::python::eval::values::{Args, Data, Exc, Id, K, Names, R, ROOT, Role, Space, V};
use crate::model::{Certainty, FileId, Reason, Span};

/// How django-heroku has static files stored.
const WHITENOISE: &str = "whitenoise.storage.CompressedManifestStaticFilesStorage";

/// The variable that names the settings of a Django program.
const MODULE_VARIABLE: &str = "DJANGO_SETTINGS_MODULE";

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
        // Who runs a file that is not here takes over what it sets, wherever its names are kept at first.
        if let Some(path) = args.pos.first().and_then(|code| code.m.absent.clone()).filter(|_| !args.open) {
            let module =
                path.strip_suffix(".py").filter(|_| !path.starts_with(['/', '$'])).map(|path| path.replace('/', "."));
            self.local_names(module.as_deref().unwrap_or(&path), f.scope.globals, f.locals, at);
            self.local_code = Some(path);
            return Ok(true);
        }
        let own = |v: &V| matches!(v.k, K::Ref(id) if id == f.scope.globals || id == f.locals);
        if args.open || !args.named.is_empty() || args.pos.get(1..).is_some_and(|rest| !rest.iter().all(own)) {
            return Ok(false);
        }
        let Some(code) = args.pos.first() else { return Ok(false) };
        let Some(file) = code.m.file else { return Ok(false) };
        self.run_inside(file, f, at)
    }

    /// The names of an object that is not followed: those of a file that is not here, where its code was run.
    pub(crate) fn unseen_names(&self, args: &Args, at: Span) -> V {
        let own = args.pos.first().is_some_and(|of| matches!(of.k, K::Ref(_)));
        let of = self.local_code.clone().filter(|_| !own);
        V::unknown("introspection that is not followed", at).with(|m| m.absent = of)
    }

    /// Settings that the repository does not hold are taken over, where there are any: what stands so far is what holds
    /// without them.
    pub(crate) fn local_names(&mut self, name: &str, globals: Id, locals: Id, at: Span) {
        if self.suppose.is_some() || self.brought.nowhere.contains(name) {
            return;
        }
        let missing =
            MissingModule { name: name.to_owned(), span: at, ours: !name.starts_with(['/', '$']), star: true };
        if !self.missing.contains(&missing) {
            self.missing.push(missing);
        }
        for id in [globals, locals] {
            let Some(space) = self.space_mut(id) else { continue };
            for (name, value) in &mut space.names {
                if name.starts_with('_') || matches!(value.k, K::Undefined | K::Func(_) | K::Lib(_)) {
                    continue;
                }
                if !value.m.certainty.is_default() {
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

    /// The settings that the program names are imported, if they are not yet; their module, and the variables that may name
    /// another one.
    pub(crate) fn named_settings(&mut self, at: Span) -> Result<Option<(V, Names)>, Exc> {
        let Found::Set(value) = self.find_variable(MODULE_VARIABLE, at) else { return Ok(None) };
        let (name, vars) = match &value.k {
            K::Str(name) => (Some(name.to_string()), Names::new()),
            K::Depends(of) => (of.1.as_ref().and_then(V::text).map(str::to_owned), of.0.clone()),
            _ => (None, Names::new()),
        };
        let Some(name) = name else { return Ok(None) };
        Ok(self.load(&name, at)?.map(|module| (module, vars)))
    }

    /// `django.conf.settings.NAME`, which is what the module of the program's settings says so far.
    pub(crate) fn django_setting(&mut self, name: &str, at: Span) -> R {
        if matches!(name, "configure" | "configured") {
            return Ok(V::lib(format!("django.conf.settings.{name}")));
        }
        match self.django_settings(at)? {
            Some(settings) => self.attribute(&settings, name, at),
            None => Ok(self.setting_of_any(name, at)),
        }
    }

    /// A setting of a program whose module is not known: a container may be the one that a module here holds, so that who
    /// changes it changes that.
    fn setting_of_any(&self, name: &str, at: Span) -> V {
        let modules = self.space(MODULES).into_iter().flat_map(|modules| modules.names.values());
        let held = modules.filter_map(|module| match module.k {
            K::Ref(id) => self.space(id)?.names.get(name).cloned(),
            _ => None,
        });
        let container = |v: &V| match &v.k {
            K::Ref(id) => self.space(*id).is_none(),
            K::OneOf(_) | K::Depends(_) => true,
            _ => false,
        };
        let mut all: Vec<V> = held.filter(container).collect();
        if all.is_empty() {
            return V::unknown("a setting of the running program", at);
        }
        all.push(V::depends([MODULE_VARIABLE.to_owned()].into(), None));
        V::at(K::OneOf(Arc::new(all)), at)
    }

    /// `django.conf.settings`, set up when it is asked first: an object that takes over what the module says by then.
    pub(crate) fn django_settings(&mut self, at: Span) -> Result<Option<V>, Exc> {
        const READY: &str = "django.conf.settings is set up";
        if let Some(ready) = self.space(MODULES).and_then(|s| s.names.get(READY)) {
            return Ok(Some(ready.clone()).filter(|v| !matches!(v.k, K::None)));
        }
        self.note_read(MODULE_VARIABLE, None, true, "django", at);
        let module = self.named_settings(at)?;
        let names = module.and_then(|(module, vars)| match module.k {
            K::Ref(id) => self.space(id).map(|space| (Self::upper(space), vars)),
            _ => None,
        });
        let settings = names.map(|(names, vars)| {
            let mut space = Space::new(Role::Instance(V::lib("django.conf.Settings")));
            space.names = names.into_iter().collect();
            // Django has defaults for what is not there.
            space.open = Some(Arc::new(Reason::at("a setting of the running program", at)));
            let settings = V::at(K::Ref(self.alloc(Data::Space(space))), at);
            if vars.is_empty() { settings } else { V::depends(vars, Some(settings)) }
        });
        self.set_name(MODULES, READY, settings.clone().unwrap_or_else(V::none));
        Ok(settings)
    }

    /// `django_heroku.settings(locals())`: what it sets, unless it is told not to; the rest stands.
    pub(crate) fn heroku_settings(&mut self, args: &Args, at: Span) -> V {
        let module = args.pos.first().and_then(|v| self.namespace(v));
        let before = module.and_then(|id| self.space(id)?.names.get("ALLOWED_HOSTS").cloned());
        let is_all = |v: &V| match &v.k {
            K::Ref(id) => match self.heap.get(id).map(|obj| &obj.data) {
                Some(Data::List(items)) => matches!(&items[..], [one] if one.text() == Some("*")),
                _ => false,
            },
            _ => false,
        };
        let before = before.filter(is_all);
        let on = |name: &str| args.named(name).is_none_or(|v| matches!(v.k, K::Bool(true)));
        let Some(id) = module.filter(|_| !args.open && args.pos.len() == 1) else {
            return self.foreign("django_heroku", args, at);
        };
        if on("allowed_hosts") {
            let all = before.unwrap_or_else(|| self.list(vec![V::at(K::Str("*".into()), at)], at));
            self.set_name(id, "ALLOWED_HOSTS", all);
        }
        if on("staticfiles") {
            self.set_name(id, "STATICFILES_STORAGE", V::at(K::Str(WHITENOISE.into()), at));
        }
        if on("secret_key") {
            let key = self.space(id).and_then(|space| space.names.get("SECRET_KEY").cloned());
            let key = key.unwrap_or_else(|| V::at(K::Undefined, at));
            let key = match self.find_variable("SECRET_KEY", at) {
                Found::Set(value) => value,
                Found::Unset => key,
                Found::Open => wrap(["SECRET_KEY".to_owned()].into(), key),
            };
            self.note_read("SECRET_KEY", None, false, "os", at);
            self.set_name(id, "SECRET_KEY", key);
        }
        let database = !matches!(self.find_variable("DATABASE_URL", at), Found::Unset);
        let others: [(bool, &[&str]); 4] = [
            (on("databases") && database, &["DATABASES"]),
            (on("test_runner"), &["TEST_RUNNER"]),
            (on("staticfiles"), &["STATIC_ROOT", "STATIC_URL", "MIDDLEWARE", "MIDDLEWARE_CLASSES"]),
            (on("logging"), &["LOGGING"]),
        ];
        for name in others.iter().filter(|(on, _)| *on).flat_map(|(_, names)| *names) {
            self.set_name(id, name, V::unknown("set by django_heroku", at));
        }
        V::none()
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
