//! Applications of Flask: what their configuration comes to.

use super::kept_outside;
use super::made::Plain;
use super::os::Found;
use super::trees::Syntax;
use crate::discover::{Presence, paths};
use crate::formats::python::eval::machine::{ENVIRON, Machine};
use crate::formats::python::eval::text::normal;
use crate::formats::python::eval::truth::{View, wrap};
use crate::formats::python::eval::values::{Args, Data, Exc, Id, K, Names, R, Role, Space, V};
use crate::model::{Certainty, FileId, Reason, Span};

impl Machine<'_> {
    /// `Flask(__name__)`.
    pub(crate) fn flask_app(&mut self, args: &Args, at: Span) -> V {
        let config = self.new_dict(Vec::new(), at);
        self.note_read("FLASK_DEBUG", None, false, "flask", at);
        if self.pinned_before("flask", (2, 3)) {
            self.unsure_reads("older releases of Flask read other variables", at);
        }
        if let K::Ref(id) = config.k {
            self.flask.push(id);
            let folder = self.flask_folder(args, at);
            self.flask_folders.insert(id, folder);
        }
        let mut space = Space::new(Role::Instance(V::lib("flask.Flask")));
        space.names.insert("config".into(), config);
        V::at(K::Ref(self.alloc(Data::Space(space))), at)
    }

    /// The folder that an application's files of configuration are found in; none if that is not known.
    fn flask_folder(&self, args: &Args, at: Span) -> Option<String> {
        let named = |name: &str| args.named(name).filter(|v| !matches!(v.k, K::None));
        let path = |v: &V| v.pathlike().and_then(|path| Self::inside(&normal(path)));
        let relative = match named("instance_relative_config").map(|v| &v.k) {
            None | Some(K::Bool(false)) => false,
            Some(K::Bool(true)) => true,
            Some(_) => return None,
        };
        let own = args.get(0, "import_name").and_then(V::text).unwrap_or_default();
        let (file, package) = match self.find(own) {
            Some((Some(file), package)) if !own.is_empty() => (file, package),
            _ => (at.file, false),
        };
        let mut folder = paths::parent(self.tree.path(file)).to_owned();
        if let (Some(root), false) = (named("root_path"), relative) {
            return path(root);
        }
        if !relative || args.open {
            return Some(folder).filter(|_| !args.open);
        }
        if let Some(instance) = named("instance_path") {
            return path(instance);
        }
        // Beside the outermost package, or beside the module.
        let up = own.split('.').count() - usize::from(!package);
        for _ in 0..up {
            folder = paths::parent(&folder).to_owned();
        }
        paths::join(&folder, "instance")
    }

    /// Whether it is an application of Flask or its configuration.
    pub(crate) fn is_flask(&self, id: Id) -> bool {
        self.flask.contains(&id)
            || matches!(self.space(id), Some(Space { role: Role::Instance(V { k: K::Lib(path), .. }), .. })
                if &**path == "flask.Flask")
    }

    /// A method of a configuration that takes settings from elsewhere; none if it is not one.
    pub(crate) fn flask_take(&mut self, object: &V, name: &str, args: &Args, at: Span) -> Option<R> {
        let K::Ref(id) = object.k else { return None };
        if !self.flask.contains(&id) {
            return None;
        }
        Some(match name {
            "from_mapping" => self.flask_mapping(object, args, at),
            "from_object" => self.flask_object(object, args, at),
            "from_prefixed_env" => self.flask_prefixed(object, id, args, at),
            "from_pyfile" => self.flask_file(object, id, args, None, at),
            "from_file" => {
                let load = args.get(1, "load").map(|v| v.k.clone());
                let syntax = if let Some(K::Lib(path)) = load { Syntax::of_loader(&path) } else { None };
                match syntax {
                    Some(syntax) => self.flask_file(object, id, args, Some(syntax), at),
                    None => {
                        self.forget_value(object, at);
                        Ok(V::unknown("whether a file was read", at))
                    }
                }
            }
            "from_json" => self.flask_file(object, id, args, Some(Syntax::Json), at),
            "from_envvar" => self.flask_envvar(object, id, args, at),
            _ => return None,
        })
    }

    fn flask_mapping(&mut self, object: &V, args: &Args, at: Span) -> R {
        if args.open {
            self.forget_value(object, at);
            return Ok(V::bool(true));
        }
        let mut pairs: Vec<(V, V)> = Vec::new();
        if let Some(first) = args.pos.first() {
            match self.pairs(first) {
                Some(all) => pairs.extend(all),
                None => self.forget_value(object, at),
            }
        }
        pairs.extend(args.named.iter().map(|(name, value)| (V::str(name), value.clone())));
        for (key, value) in pairs {
            if key.text().is_some_and(|key| !key.chars().any(char::is_lowercase)) {
                self.set_item(object, &key, value, at)?;
            }
        }
        Ok(V::bool(true))
    }

    fn flask_object(&mut self, object: &V, args: &Args, at: Span) -> R {
        let given = args.get(0, "obj").cloned().unwrap_or_else(V::none);
        // What a variable chooses rests on it with all that it says.
        let (given, vars) = match self.view(&given) {
            View::Depends(vars, Some(default)) => (default, Some(vars)),
            _ => (given, None),
        };
        let source = match given.text().map(str::to_owned) {
            Some(path) => self.flask_import(&path, at)?,
            None => Some(given),
        };
        let names = source.as_ref().and_then(|source| self.flask_names(source, at));
        let Some(names) = names else {
            self.forget_value(object, at);
            return Ok(V::none());
        };
        for (name, value) in names {
            self.set_item(object, &V::str(name), value, at)?;
        }
        if let (Some(vars), K::Ref(id)) = (vars, &object.k) {
            self.doubt(*id, &vars);
        }
        Ok(V::none())
    }

    /// Whether a method is told to go on without its file.
    fn silent(args: &Args, place: usize) -> Option<bool> {
        match args.get(place, "silent").map(|v| &v.k) {
            None => Some(false),
            Some(K::Bool(yes)) => Some(*yes),
            Some(_) => None,
        }
    }

    /// `from_pyfile(...)`, `from_file(..., load=...)`.
    fn flask_file(&mut self, object: &V, id: Id, args: &Args, syntax: Option<Syntax>, at: Span) -> R {
        let place = if syntax.is_some() { 2 } else { 1 };
        let lost = |m: &mut Self| {
            m.forget_value(object, at);
            Ok(V::unknown("whether a file was read", at))
        };
        let name = args.get(0, "filename").and_then(V::pathlike).map(str::to_owned);
        let folder = self.flask_folders.get(&id).cloned().flatten();
        let (Some(name), Some(folder), Some(silent), false) = (name, folder, Self::silent(args, place), args.open)
        else {
            return lost(self);
        };
        let path = if name.starts_with('/') { Self::inside(&normal(&name)) } else { paths::join(&folder, &name) };
        let placed = self.brought.at.get(&name).map(|file| Presence::Here(*file));
        let outside = (path.is_none() && name.starts_with('/') && !self.whole).then_some(Presence::Missing);
        let found = placed.or_else(|| path.as_ref().map(|path| self.presence(path))).or(outside);
        match (found, path) {
            (Some(Presence::Here(file)), _) => match syntax {
                None => self.flask_module(object, file, at),
                Some(syntax) => match self.file_tree(file, syntax, at) {
                    Some(tree) => self.flask_mapping(object, &Args { pos: vec![tree], ..Args::default() }, at),
                    None => lost(self),
                },
            },
            (Some(Presence::Missing), Some(path)) if self.absent(&path) => {
                if silent {
                    return Ok(V::bool(false));
                }
                self.raise("FileNotFoundError", "there is no such file", at)
            }
            // What the repository does not hold may still override it where the program runs.
            (Some(Presence::Missing), _) => {
                let why = Reason::at("a file that the repository does not hold may set more", at);
                self.flask_open.get_or_insert(why);
                self.flask_default(id, &Names::new());
                self.flask_kept_outside(id, at);
                Ok(V::unknown("whether a file was read", at))
            }
            _ => lost(self),
        }
    }

    /// Settings may be overridden from outside.
    fn flask_default(&mut self, id: Id, vars: &Names) {
        let Some(Data::Dict(mut items)) = self.heap.get(&id).map(|obj| obj.data.clone()) else { return };
        let certainty = Certainty::Default { variable: vars.first().cloned() };
        for (_, value) in &mut items {
            *value = value.clone().with(|m| m.certainty = m.certainty.and(&certainty));
        }
        if let Some(obj) = self.heap.get_mut(&id) {
            std::sync::Arc::make_mut(obj).data = Data::Dict(items);
        }
    }

    /// What such a file commonly holds, it may well hold.
    fn flask_kept_outside(&mut self, id: Id, at: Span) {
        let Some(Data::Dict(mut items)) = self.heap.get(&id).map(|obj| obj.data.clone()) else { return };
        for (key, value) in &mut items {
            if key.text().is_some_and(kept_outside) {
                *value = V::unknown("a file that the repository does not hold commonly sets it", at).from(value);
            }
        }
        if let Some(obj) = self.heap.get_mut(&id) {
            std::sync::Arc::make_mut(obj).data = Data::Dict(items);
        }
    }

    fn flask_module(&mut self, object: &V, file: FileId, at: Span) -> R {
        let id = self.alloc(Data::Space(Space::new(Role::Module("config".into()))));
        let ended = self.deeper(at, |m| m.run_module("config", file, false, id, at).map(|()| V::none()));
        let Some(space) = self.space(id).filter(|space| ended.is_ok() && space.open.is_none()).cloned() else {
            self.forget_value(object, at);
            return Ok(V::unknown("whether a file was read", at));
        };
        for (name, value) in Self::upper(&space) {
            if !matches!(value.k, K::Undefined) {
                self.set_item(object, &V::str(name), value, at)?;
            }
        }
        Ok(V::bool(true))
    }

    /// `from_envvar("NAME")`: a variable names the file.
    fn flask_envvar(&mut self, object: &V, id: Id, args: &Args, at: Span) -> R {
        let name = args.get(0, "variable_name").and_then(V::text).map(str::to_owned);
        let (Some(name), Some(silent), false) = (name, Self::silent(args, 1), args.open) else {
            self.forget_value(object, at);
            return Ok(V::unknown("whether a file was read", at));
        };
        let value = self.env_get(&name, Some(V::none()), !silent, "os", at)?;
        match &value.k {
            K::None if silent => Ok(V::bool(false)),
            K::Str(text) if text.is_empty() && silent => Ok(V::bool(false)),
            K::None => self.raise("RuntimeError", format!("{name} is not set"), at),
            K::Str(_) => {
                let mut pass = Args { pos: vec![value], ..Args::default() };
                pass.named.push(("silent".into(), V::bool(silent)));
                self.flask_file(object, id, &pass, None, at)
            }
            K::Depends(_) | K::Unknown(_) => {
                let vars: Names = [name].into();
                let why = Reason::at("a file that a variable names may set more", at);
                self.flask_open.get_or_insert(why);
                if silent {
                    self.doubt(id, &vars);
                } else {
                    // It is set, or nothing starts.
                    self.flask_default(id, &vars);
                    self.flask_kept_outside(id, at);
                }
                Ok(V::unknown("whether a file was read", at))
            }
            _ => {
                self.forget_value(object, at);
                Ok(V::unknown("whether a file was read", at))
            }
        }
    }

    /// `from_prefixed_env()`: every variable that begins so, as JSON if it is JSON.
    fn flask_prefixed(&mut self, object: &V, id: Id, args: &Args, at: Span) -> R {
        self.unsure_reads("Flask reads every variable of a prefix", at);
        let prefix = args.get(0, "prefix").map_or(Some("FLASK"), V::text).map(|prefix| format!("{prefix}_"));
        let plain = args.named("loads").is_none_or(|v| matches!(&v.k, K::Lib(path) if &**path == "json.loads"));
        let (Some(prefix), false, true) = (prefix, args.open, plain) else {
            self.forget_value(object, at);
            return Ok(V::bool(true));
        };
        let own = self.space(ENVIRON).map(|space| space.names.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        let mut names: Vec<String> = self.world.vars().keys().cloned().chain(own).collect();
        names.retain(|name| name.starts_with(&prefix));
        names.sort();
        names.dedup();
        if self.world.is_open() || self.env_open {
            let why = Reason::at("variables outside may set more", at);
            self.flask_open.get_or_insert(why);
            let have = match self.heap.get(&id).map(|obj| &obj.data) {
                Some(Data::Dict(items)) => items.clone(),
                _ => Vec::new(),
            };
            for (key, value) in have {
                let Some(name) = key.text().map(|key| format!("{prefix}{key}")) else { continue };
                if names.contains(&name) {
                    continue;
                }
                let vars: Names = [name.clone()].into();
                let certainty = Certainty::Default { variable: Some(name) };
                let value = value.with(|m| m.certainty = certainty.clone());
                let parts =
                    matches!(&value.k, K::Ref(id) if matches!(self.heap.get(id).map(|o| &o.data), Some(Data::Dict(_))));
                let value = if parts { V::unknown("variables for its parts", at) } else { value };
                self.set_item(object, &key, wrap(vars, value).with(|m| m.certainty = certainty), at)?;
            }
        }
        for name in names {
            let Found::Set(value) = self.find_variable(&name, at) else { continue };
            let key = name[prefix.len()..].to_owned();
            let value = self.lift(&value, at, &mut |m, v| match v.text() {
                Some(text) if ["NaN", "Infinity", "\\u"].iter().any(|word| text.contains(word)) => {
                    Ok(V::unknown("a text that is hardly JSON", at).resting([v]))
                }
                Some(text) => match serde_json::from_str::<Plain>(text) {
                    Ok(plain) => Ok(m.plain(&plain, v, at)),
                    Err(_) => Ok(v.clone()),
                },
                None => Ok(V::unknown("a text that is not known", at).resting([v])),
            })?;
            let mut parts: Vec<&str> = key.split("__").collect();
            let last = parts.pop().unwrap_or_default().to_owned();
            let mut now = object.clone();
            for part in parts {
                let key = V::str(part);
                let inner = self.pairs(&now).and_then(|pairs| self.find_key(&pairs, &key));
                now = match inner {
                    Some(Some(inner)) => inner,
                    Some(None) => {
                        let made = self.new_dict(Vec::new(), at);
                        self.set_item(&now, &key, made.clone(), at)?;
                        made
                    }
                    None => V::unknown("a part of the configuration", at),
                };
            }
            self.set_item(&now, &V::str(last), value, at)?;
        }
        Ok(V::bool(true))
    }

    fn flask_import(&mut self, path: &str, at: Span) -> Result<Option<V>, Exc> {
        if let Some(module) = self.load(path, at)? {
            return Ok(Some(module));
        }
        let Some((module, name)) = path.rsplit_once('.') else { return Ok(None) };
        match self.load(module, at)? {
            Some(module) => self.attribute(&module, name, at).map(Some),
            None => Ok(None),
        }
    }

    /// The settings of a module, class or object; none if they are not all known.
    fn flask_names(&self, source: &V, at: Span) -> Option<Vec<(String, V)>> {
        let K::Ref(id) = source.k else { return None };
        let space = self.space(id)?;
        if space.open.is_some() {
            return None;
        }
        let mut names: std::collections::BTreeMap<String, V> = Self::upper(space).into_iter().collect();
        let class = match &space.role {
            Role::Class { .. } => Some(id),
            Role::Instance(V { k: K::Ref(class), .. }) => Some(*class),
            Role::Instance(_) => return None,
            _ => None,
        };
        for class in class.map(|class| self.mro(class)).unwrap_or_default() {
            let space = self.space(class?)?;
            for (name, _) in Self::upper(space) {
                let value = self.class_attribute(class?, &name, at);
                names.entry(name).or_insert_with(|| value.unwrap_or_else(V::none));
            }
        }
        Some(names.into_iter().collect())
    }

    /// The settings of every application, the last one winning; and why there may be others.
    pub(crate) fn flask_settings(&self) -> (Vec<(String, V)>, Option<Reason>) {
        let (mut out, mut open) = (Vec::new(), self.flask_open.clone());
        for id in &self.flask {
            let Some(obj) = self.heap.get(id) else { continue };
            match &obj.data {
                Data::Dict(items) => {
                    let doubted = |v: &V| match &obj.doubt {
                        Some(vars) => wrap(vars.clone(), v.clone()),
                        None => v.clone(),
                    };
                    out.extend(items.iter().filter_map(|(k, v)| Some((k.text()?.to_owned(), doubted(v)))));
                    if obj.doubt.is_some() {
                        open.get_or_insert_with(|| Reason::new("a variable chooses the application's configuration"));
                    }
                }
                Data::Unknown(why) => open = Some((**why).clone()),
                _ => open = Some(Reason::new("the application's configuration is not decided")),
            }
        }
        (out, open)
    }
}
