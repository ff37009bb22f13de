//! What the files and the variables of dynaconf come to, in the order in which it reads them.

use super::options::Options;
use crate::discover::{Presence, paths};
use crate::formats::python::eval::machine::{ENVIRON, Machine};
use crate::formats::python::eval::text::normal;
use crate::formats::python::eval::values::{Data, K, Role, Space, V};
use crate::formats::python::lib::envfile::Reader;
use crate::formats::python::lib::kept_outside;
use crate::formats::python::lib::os::Found;
use crate::formats::python::lib::trees::Syntax;
use crate::model::{Certainty, FileId, Known, Span};

/// Why nothing of it is known.
type Lost = &'static str;

/// Settings by name, in upper case.
pub(super) type Store = Vec<(String, V)>;

/// One run of the loaders.
struct Loading<'o> {
    options: &'o Options,
    store: Store,
    /// The sections that are read, in order.
    sections: Vec<String>,
    /// The names of the environments.
    envs: Vec<String>,
    loaded: Vec<FileId>,
    /// Whether a file that is named is not in the repository.
    missing: bool,
    at: Span,
}

/// The name of a file that overrides another: `settings.local.toml`.
fn local(path: &str) -> Option<String> {
    let (stem, end) = path.rsplit_once('.')?;
    (!path.contains(".local.")).then(|| format!("{stem}.local.{end}"))
}

impl Machine<'_> {
    /// A path inside the tree; programs are started in its root.
    pub(super) fn dynaconf_path(&self, path: &str) -> Option<String> {
        let path = normal(path);
        if path.starts_with('/') { Self::inside(&path) } else { paths::join("", &path) }
    }

    /// Every setting.
    pub(super) fn dynaconf_store(&mut self, options: &Options, at: Span) -> Result<Store, Lost> {
        if options.odd || self.depth > 60 {
            return Err("dynaconf is set up in a way that is not followed");
        }
        if options.dotenv {
            self.dynaconf_dotenv(options, at);
        }
        let envs = self.dynaconf_envs(options, at)?;
        let mut sections = vec![options.default_env.clone()];
        for name in [options.section()].iter().chain(&envs).chain(&["global".to_owned()]) {
            if !sections.contains(name) {
                sections.push(name.clone());
            }
        }
        let (store, loaded) = (Vec::new(), Vec::new());
        let mut run = Loading { options, store, sections, envs, loaded, missing: false, at };
        for (name, value) in &options.extra {
            self.dynaconf_set(&mut run.store, name, value.clone(), None, options, at);
        }
        self.dynaconf_files(&mut run, &options.preload, false)?;
        self.dynaconf_files(&mut run, &options.files, true)?;
        self.dynaconf_variables(&mut run)?;
        let mut includes = options.includes.clone();
        if let Some(at) = run.store.iter().position(|(name, _)| name == "DYNACONF_INCLUDE") {
            let named = run.store[at].1.clone();
            let items = match &named.k {
                K::Str(_) => vec![named],
                _ => self.iterate(&named, run.at).ok().and_then(Result::ok).ok_or("which files are included")?,
            };
            let names: Option<Vec<String>> = items.iter().map(|v| v.text().map(str::to_owned)).collect();
            includes.extend(names.ok_or("which files are included is not known")?);
        }
        if !includes.is_empty() {
            self.dynaconf_files(&mut run, &includes, false)?;
            self.dynaconf_variables(&mut run)?;
        }
        let hooks = run.loaded.iter().map(|file| paths::parent(self.tree.path(*file)).to_owned());
        if hooks
            .filter_map(|folder| paths::join(&folder, "dynaconf_hooks.py"))
            .any(|path| self.tree.find(&path).is_some())
        {
            return Err("hooks may change the settings");
        }
        self.dynaconf_format(&mut run.store, (&run.envs, options), at);
        self.dynaconf_validate(&mut run.store, options, at)?;
        let missing = run.missing && !self.whole;
        let mut out = Vec::new();
        for (name, value) in run.store {
            let value = if missing && kept_outside(&name) {
                V::unknown("a file that the repository does not hold commonly sets it", at).from(&value)
            } else if missing {
                value.with(|m| m.certainty = m.certainty.and(&Certainty::Default { variable: None }))
            } else {
                value
            };
            let value = self.dynaconf_wrapped(&name, value, options);
            out.push((name, value));
        }
        Ok(out)
    }

    /// The environments that are on.
    fn dynaconf_envs(&mut self, options: &Options, at: Span) -> Result<Vec<String>, Lost> {
        if !options.environments {
            return Ok(vec!["main".into()]);
        }
        let default = options.env.clone();
        self.note_read(&options.switcher, None, false, "dynaconf", at);
        let name = match self.find_variable(&options.switcher, at) {
            Found::Set(value) => {
                let parsed = self.dynaconf_parsed(&value, true, at);
                parsed.text().map(str::to_owned).ok_or("which environment is on is not known")?
            }
            Found::Unset | Found::Open => default,
        };
        Ok(name.split(',').map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()).collect())
    }

    fn dynaconf_dotenv(&mut self, options: &Options, at: Span) {
        let own = self.dynaconf_find(".env", None, None);
        let beside = self.dynaconf_find(".env", options.root.as_deref(), None);
        for file in [own, beside].into_iter().flatten() {
            self.take_file(file, Reader::Dotenv, false, at);
        }
    }

    /// The first file of a name: from the root of the settings up, then where the program is started.
    fn dynaconf_find(&self, name: &str, root: Option<&str>, skip: Option<&str>) -> Option<FileId> {
        let here = |path: &str| match self.tree.presence(path) {
            Presence::Here(file) if Some(path) != skip => Some(file),
            _ => None,
        };
        if name.starts_with('/') {
            return here(&Self::inside(&normal(name))?);
        }
        let mut folders: Vec<String> = Vec::new();
        let mut climb = |from: &str| {
            let mut folder = from.to_owned();
            loop {
                folders.push(folder.clone());
                if folder.is_empty() {
                    break;
                }
                folder = paths::parent(&folder).to_owned();
            }
        };
        root.iter().for_each(|root| climb(root));
        if !self.whole {
            self.roots.iter().for_each(|root| climb(root));
        }
        climb("");
        let both = folders.iter().flat_map(|folder| [Some(folder.clone()), paths::join(folder, "config")]);
        both.flatten().filter_map(|folder| paths::join(&folder, name)).find_map(|path| here(&path))
    }

    /// Loads files of these names: those that override them come behind all of them.
    fn dynaconf_files(&mut self, run: &mut Loading<'_>, names: &[String], search: bool) -> Result<(), Lost> {
        let mut found = Vec::new();
        for name in names {
            if name.contains(['*', '?', '[']) {
                return Err("files are named by a pattern");
            }
            let path = name.to_ascii_lowercase();
            if Syntax::of(&path).is_none() && !path.ends_with(".py") {
                if [".ini", ".conf", ".properties"].iter().any(|end| path.ends_with(end)) {
                    if self.dynaconf_find(name, run.options.root.as_deref(), run.options.skip.as_deref()).is_some() {
                        return Err("a file of settings is not followed");
                    }
                    continue;
                }
                return Err("a module of settings is not followed");
            }
            let first = run.loaded.first().map(|file| paths::parent(self.tree.path(*file)).to_owned());
            let root = run.options.root.clone().or(first);
            let file = if search {
                self.dynaconf_find(name, root.as_deref(), run.options.skip.as_deref())
            } else if name.starts_with('/') {
                self.dynaconf_find(name, None, None)
            } else {
                paths::join(root.as_deref().unwrap_or_default(), name).and_then(|path| self.tree.find(&path))
            };
            run.missing |= file.is_none();
            found.extend(file);
        }
        let beside: Vec<FileId> = found
            .iter()
            .filter_map(|file| local(self.tree.path(*file)).and_then(|path| self.tree.find(&path)))
            .collect();
        for file in found.into_iter().chain(beside) {
            self.dynaconf_file(run, file)?;
        }
        Ok(())
    }

    fn dynaconf_file(&mut self, run: &mut Loading<'_>, file: FileId) -> Result<(), Lost> {
        let path = self.tree.path(file).to_owned();
        run.loaded.push(file);
        let Some(syntax) = Syntax::of(&path) else {
            let (folder, stem) =
                (paths::parent(&path).to_owned(), paths::name(&path).trim_end_matches(".py").to_owned());
            self.dynaconf_module(run, file)?;
            let envs: Vec<String> = run.envs.iter().chain(&["global".to_owned()]).cloned().collect();
            for env in envs {
                let name = if stem == ".secrets" { format!(".{env}_secrets.py") } else { format!("{env}_{stem}.py") };
                if let Some(file) = paths::join(&folder, &name).and_then(|path| self.tree.find(&path)) {
                    self.dynaconf_module(run, file)?;
                }
            }
            return Ok(());
        };
        let tree = self.file_tree(file, syntax, run.at).ok_or("a file of settings cannot be read")?;
        let top = match &tree.k {
            K::None => return Ok(()),
            _ => self.pairs(&tree).ok_or("a file of settings is no table")?,
        };
        let flag = |pairs: &[(V, V)], name: &str| {
            pairs
                .iter()
                .find(|(key, _)| key.text().is_some_and(|key| key.eq_ignore_ascii_case(name)))
                .map(|(_, v)| v.clone())
        };
        if flag(&top, "dynaconf_dotted_lookup").is_some() {
            return Err("keys with dots are taken as they are");
        }
        let whole = flag(&top, "dynaconf_merge");
        let parts: Vec<Vec<(V, V)>> = if run.options.environments {
            let mut parts = Vec::new();
            for section in &run.sections {
                let Some((_, inner)) =
                    top.iter().find(|(key, _)| key.text().is_some_and(|key| key.to_lowercase() == *section))
                else {
                    continue;
                };
                match &inner.k {
                    K::None => {}
                    _ => parts.push(self.pairs(inner).ok_or("a section is no table")?),
                }
            }
            parts
        } else {
            vec![top]
        };
        for part in parts {
            let merge = match flag(&part, "dynaconf_merge").or(whole.clone()).map(|v| v.k) {
                None => None,
                Some(K::Bool(yes)) => Some(yes),
                Some(_) => return Err("how settings are merged is not followed"),
            };
            for (key, value) in part {
                let name = match &key.k {
                    K::Str(name) => name.to_string(),
                    K::Int(n) => n.to_string(),
                    _ => return Err("a key is no text"),
                };
                if !name.eq_ignore_ascii_case("dynaconf_merge") {
                    self.dynaconf_set(&mut run.store, &name, value, merge, run.options, run.at);
                }
            }
        }
        Ok(())
    }

    /// A file of Python: its names in upper case.
    fn dynaconf_module(&mut self, run: &mut Loading<'_>, file: FileId) -> Result<(), Lost> {
        if file == run.at.file {
            return Err("settings that load themselves");
        }
        let name = paths::name(self.tree.path(file)).trim_end_matches(".py").to_owned();
        let id = self.alloc(Data::Space(Space::new(Role::Module(name.as_str().into()))));
        self.depth += 20;
        let ended = self.run_module(&name, file, false, id, run.at);
        self.depth -= 20;
        let Some(space) = self.space(id).filter(|space| ended.is_ok() && space.open.is_none()).cloned() else {
            return Err("a module of settings is not followed");
        };
        let merge = match space.names.get("dynaconf_merge").or(space.names.get("DYNACONF_MERGE")).map(|v| &v.k) {
            None => None,
            Some(K::Bool(yes)) => Some(*yes),
            Some(_) => return Err("how settings are merged is not followed"),
        };
        for (name, value) in space.names {
            let first = name.split("__").next().unwrap_or_default();
            let upper = first.chars().any(char::is_uppercase) && !first.chars().any(char::is_lowercase);
            if name.starts_with("_dynaconf_hook") {
                return Err("hooks may change the settings");
            }
            if upper && !matches!(value.k, K::Undefined) {
                self.dynaconf_set(&mut run.store, &name, value, merge, run.options, run.at);
            }
        }
        Ok(())
    }

    /// The variables with a prefix, over what the files say.
    fn dynaconf_variables(&mut self, run: &mut Loading<'_>) -> Result<(), Lost> {
        let own = self.space(ENVIRON).map(|space| space.names.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        for prefix in &run.options.prefixes {
            let start = format!("{prefix}_");
            let given = self.world.vars().iter().filter(|(_, var)| !matches!(var.value, Known::Absent));
            let mut names: Vec<String> = given.map(|(name, _)| name.clone()).chain(own.clone()).collect();
            names.retain(|name| {
                name.starts_with(&start) && name.len() > start.len() && !name.ends_with("_FOR_DYNACONF")
            });
            names.sort();
            names.dedup();
            for name in &names {
                let key = &name[start.len()..];
                let Found::Set(value) = self.find_variable(name, run.at) else { continue };
                self.note_read(name, None, false, "dynaconf", run.at);
                let top = key.split("__").next().unwrap_or(key).to_uppercase();
                if run.options.known_only && !run.store.iter().any(|(have, _)| *have == top) {
                    continue;
                }
                // Which of two variables for one setting comes first, the process decides.
                let twins = names.iter().filter(|other| *other != name).any(|other| {
                    let (other, key) = (other[start.len()..].to_uppercase(), key.to_uppercase());
                    other == key || other.starts_with(&format!("{key}__")) || key.starts_with(&format!("{other}__"))
                });
                let value = if twins {
                    V::unknown("several variables set it", run.at).resting([&value])
                } else {
                    self.dynaconf_parsed(&value, true, run.at)
                };
                if matches!(value.k, K::Unknown(_)) && key.contains("__") && twins {
                    self.dynaconf_put(&mut run.store, &top, value);
                } else {
                    self.dynaconf_set(&mut run.store, key, value, None, run.options, run.at);
                }
            }
        }
        Ok(())
    }
}
