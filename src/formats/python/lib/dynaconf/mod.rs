//! dynaconf: settings out of files with a section for each environment, and variables with a prefix over them.

pub(crate) mod access;
mod load;
mod merging;
mod options;
mod templates;
#[cfg(test)]
mod tests;
mod values;

use std::sync::Arc;

use super::made::Plain;
use crate::formats::python::eval::machine::{MODULES, Machine};
use crate::formats::python::eval::values::{Args, Data, Id, K, MARK, Names, R, Role, Space, V};
use crate::model::{Certainty, Reason, Span};
use options::Options;

/// The class of such settings.
pub(crate) const CLASS: &str = "dynaconf.Dynaconf";

/// Files that the integrations with frameworks look for where none are named.
const EXTENSIONS: [&str; 9] = ["py", "toml", "tml", "yaml", "yml", "ini", "conf", "properties", "json"];

/// Variables that change how dynaconf itself works, without their `_FOR_DYNACONF`.
const OWN: [&str; 33] = [
    "ROOT_PATH",
    "SETTINGS_FILE",
    "SETTINGS_FILES",
    "ENVIRONMENTS",
    "MAIN_ENV",
    "LOWERCASE_READ",
    "ENV_SWITCHER",
    "FORCE_ENV",
    "DEFAULT_ENV",
    "ENVVAR_PREFIX",
    "IGNORE_UNKNOWN_ENVVARS",
    "AUTO_CAST",
    "ENCODING",
    "MERGE_ENABLED",
    "DOTTED_LOOKUP",
    "NESTED_SEPARATOR",
    "INDEX_SEPARATOR",
    "ENVVAR",
    "CORE_LOADERS",
    "LOADERS",
    "FRESH_VARS",
    "DOTENV_PATH",
    "DOTENV_OVERRIDE",
    "SECRETS",
    "INCLUDES",
    "PRELOAD",
    "SKIP_FILES",
    "YAML_LOADER",
    "COMMENTJSON_ENABLED",
    "VAULT_ENABLED",
    "REDIS_ENABLED",
    "APPLY_DEFAULT_ON_NONE",
    "SYSENV_FALLBACK",
];

/// Older names of them.
const RENAMED: [&str; 12] = [
    "DYNACONF_NAMESPACE",
    "NAMESPACE_FOR_DYNACONF",
    "DYNACONF_SETTINGS_MODULE",
    "DYNACONF_SETTINGS",
    "SETTINGS_MODULE",
    "SETTINGS_MODULE_FOR_DYNACONF",
    "PROJECT_ROOT",
    "PROJECT_ROOT_FOR_DYNACONF",
    "DYNACONF_SILENT_ERRORS",
    "DYNACONF_ALWAYS_FRESH_VARS",
    "BASE_NAMESPACE_FOR_DYNACONF",
    "GLOBAL_ENV_FOR_DYNACONF",
];

/// The variables that change how dynaconf works.
fn own_variables() -> impl Iterator<Item = String> {
    OWN.iter()
        .map(|name| format!("{name}_FOR_DYNACONF"))
        .chain(RENAMED.iter().map(|name| (*name).to_owned()))
        .chain(["LOAD_DOTENV_FOR_DYNACONF".to_owned(), "VALIDATE_ON_UPDATE_FOR_DYNACONF".to_owned()])
}

impl Machine<'_> {
    /// `Dynaconf(...)`.
    pub(crate) fn dynaconf(&mut self, args: &Args, at: Span) -> R {
        self.unsure_reads("dynaconf reads every variable", at);
        let mut options = Options::default();
        options.read(self, args, at);
        Ok(self.dynaconf_object(&options, at))
    }

    /// The object with everything that is loaded.
    fn dynaconf_object(&mut self, options: &Options, at: Span) -> V {
        let (store, open) = match self.dynaconf_store(options, at) {
            Ok(store) => (store, self.dynaconf_open().then_some("variables outside may add settings")),
            Err(why) => (Vec::new(), Some(why)),
        };
        let mut space = Space::new(Role::Instance(V::lib(CLASS)));
        space.open = open.map(|why| Arc::new(Reason::at(why, at)));
        // Where settings are looked up that are not there: in these variables.
        let prefixes = options.prefixes.iter().map(V::str).collect();
        space.names.insert(access::PREFIXES.into(), V::tuple(prefixes));
        for (name, value) in store {
            space.names.insert(name, value);
        }
        let id = self.alloc(Data::Space(space));
        self.dynaconf.insert(id);
        V::at(K::Ref(id), at)
    }

    /// `dynaconf.settings`: what there is without any set-up.
    pub(crate) fn dynaconf_global(&mut self, at: Span) -> V {
        const NAME: &str = "dynaconf.settings";
        if let Some(have) = self.space(MODULES).and_then(|space| space.names.get(NAME)).cloned() {
            return have;
        }
        self.unsure_reads("dynaconf reads every variable", at);
        let mut options = Options::of_framework("DYNACONF", "ENV_FOR_DYNACONF");
        options.read(self, &Args::default(), at);
        let object = self.dynaconf_object(&options, at);
        self.set_name(MODULES, NAME, object.clone());
        object
    }

    /// Whether an attribute of a dict is one of its keys: tables of dynaconf are read so.
    pub(crate) fn boxed(&self, id: Id, name: &str) -> bool {
        const METHODS: [&str; 11] =
            ["get", "items", "keys", "values", "update", "pop", "setdefault", "copy", "clear", "popitem", "fromkeys"];
        !self.dynaconf.is_empty()
            && !METHODS.contains(&name)
            && matches!(self.heap.get(&id).map(|obj| &obj.data), Some(Data::Dict(_)))
    }

    /// `DjangoDynaconf(__name__)`: the module's own settings, with files and variables over them.
    pub(crate) fn dynaconf_django(&mut self, args: &Args, globals: Id, at: Span) -> R {
        self.unsure_reads("dynaconf reads every variable", at);
        let mut options = Options::of_framework("DJANGO", "DJANGO_ENV");
        let folder = crate::discover::paths::parent(self.tree.path(at.file)).to_owned();
        options.root = Some(folder);
        options.skip = Some(self.tree.path(at.file).to_owned());
        let mut own = Args { named: args.named.clone(), open: args.open, ..Args::default() };
        let names = self.space(globals).map(Self::upper).unwrap_or_default();
        let names_given: Vec<String> = names.iter().map(|(name, _)| name.clone()).collect();
        own.named.extend(names.iter().filter(|(name, _)| name.ends_with("_FOR_DYNACONF")).cloned());
        options.read(self, &own, at);
        options.odd |= args.pos.len() > 1 || self.space(globals).is_none_or(|space| space.open.is_some());
        for (name, value) in names.into_iter().filter(|(name, _)| !name.ends_with("_FOR_DYNACONF")) {
            options.odd |= matches!(value.k, K::Undefined);
            options.extra.push((name, value));
        }
        let object = self.dynaconf_object(&options, at);
        let K::Ref(id) = object.k else { return Ok(object) };
        let Some(space) = self.space(id).cloned() else { return Ok(object) };
        if space.names.len() < 2 && space.open.is_some() {
            self.forget_object(globals, "dynaconf may set any of them", at);
        }
        for (name, value) in space.names.into_iter().filter(|(name, _)| name != access::PREFIXES) {
            self.set_name(globals, &name, value);
        }
        for name in ["settings", "DYNACONF"] {
            self.set_name(globals, name, object.clone());
        }
        if !names_given.iter().any(|name| name == "DEFAULT_SETTINGS_PATHS") {
            let all = Options::of_framework("DJANGO", "DJANGO_ENV").files;
            let all = all.iter().map(|name| self.dynaconf_text(name, at)).collect();
            let all = self.list(all, at);
            self.set_name(globals, "DEFAULT_SETTINGS_PATHS", all);
        }
        if !names_given.iter().any(|name| name == "LOAD_DOTENV") {
            self.set_name(globals, "LOAD_DOTENV", V::at(K::Bool(true), at));
        }
        Ok(object)
    }

    /// `FlaskDynaconf(app)`: the application's configuration becomes these settings.
    pub(crate) fn dynaconf_flask(&mut self, args: &Args, at: Span) -> R {
        self.unsure_reads("dynaconf reads every variable", at);
        let mut options = Options::of_framework("FLASK", "FLASK_ENV");
        let app = args.get(0, "app").cloned().filter(|v| !matches!(v.k, K::None));
        let mut own = Args { named: args.named.clone(), open: args.open, ..Args::default() };
        own.named.retain(|(name, _)| name != "app");
        if own.named.iter().any(|(name, _)| matches!(name.as_str(), "dynaconf_instance" | "instance_relative_config")) {
            options.odd = true;
        }
        own.named.retain(|(name, _)| !matches!(name.as_str(), "extensions_list"));
        options.read(self, &own, at);
        let object = self.dynaconf_object(&options, at);
        let config = match &app {
            Some(V { k: K::Ref(id), .. }) => self.space(*id).and_then(|space| space.names.get("config")).cloned(),
            _ => None,
        };
        let (Some(config), K::Ref(id)) = (config, &object.k) else { return Ok(object) };
        let Some(space) = self.space(*id).cloned() else { return Ok(object) };
        if let Some(why) = &space.open {
            self.flask_open.get_or_insert_with(|| (**why).clone());
            if space.names.len() < 2 {
                self.forget_value(&config, at);
            }
        }
        for (name, value) in space.names.into_iter().filter(|(name, _)| name != access::PREFIXES) {
            self.set_item(&config, &V::str(name), value, at)?;
        }
        Ok(object)
    }

    /// Whether variables that are not written down may be set.
    fn dynaconf_open(&self) -> bool {
        self.world.is_open() || self.env_open
    }

    /// A setting that variables outside may override.
    fn dynaconf_wrapped(&mut self, name: &str, value: V, options: &Options) -> V {
        let switch = options.switch_open(self);
        if !self.dynaconf_open() && !switch || matches!(value.k, K::Unknown(_)) {
            return value;
        }
        let mut shown = Names::new();
        shown.extend(options.prefixes.iter().map(|prefix| format!("{prefix}_{name}")));
        if options.environments && switch {
            shown.insert(options.switcher.clone());
        }
        let mut all = shown.clone();
        for path in self.dynaconf_paths(&value, name, 0) {
            all.extend(options.prefixes.iter().map(|prefix| format!("{prefix}_{path}")));
        }
        all.extend(own_variables());
        let first = options.prefixes.last().map(|prefix| format!("{prefix}_{name}"));
        let certainty = Certainty::Default { variable: first };
        let inner = value.with(|m| m.certainty = certainty.clone());
        crate::formats::python::eval::truth::wrap(all, inner).with(|m| {
            m.vars = shown;
            m.certainty = certainty;
        })
    }

    /// The names of variables for the parts of a setting.
    fn dynaconf_paths(&self, value: &V, path: &str, depth: usize) -> Vec<String> {
        let K::Ref(id) = &value.k else { return Vec::new() };
        let Some(Data::Dict(items)) = self.heap.get(id).map(|obj| &obj.data) else { return Vec::new() };
        let mut out = Vec::new();
        for (key, value) in items.iter().filter(|_| depth < 8) {
            let Some(key) = key.text().filter(|key| !key.contains(MARK)) else { continue };
            for key in [key.to_owned(), key.to_uppercase()] {
                let inner = format!("{path}__{key}");
                out.extend(self.dynaconf_paths(value, &inner, depth + 1));
                out.push(inner);
            }
        }
        out.truncate(2000);
        out
    }

    /// A text that dynaconf itself sets.
    fn dynaconf_text(&mut self, text: &str, at: Span) -> V {
        self.plain(&Plain::from(text), &V::at(K::None, at), at)
    }
}
