//! The configuration that a module gives to its Flask application.

use std::collections::BTreeSet;

use super::eval::machine::Machine;
use super::eval::values::{Code, Id, K, V};
use super::lib::os::Found;
use super::{Brought, Settings, parse};
use crate::discover::{Tree, paths};
use crate::formats::world::World;
use crate::model::{FileId, Reason, Span};

/// The functions that make an application, by custom.
const FACTORIES: [&str; 3] = ["create_app", "make_app", "make_flask_app"];

/// What `app.config` comes to after a module such as `app.py` was run, and its factory was called if it has one.
/// `brought` are the files that are there beside those of the tree.
pub fn flask_config(tree: &Tree, file: FileId, world: &World, brought: Brought) -> Settings {
    let path = tree.path(file).to_owned();
    let mut folder = paths::parent(&path).to_owned();
    // The import root is the first folder above that is no package.
    while !folder.is_empty() && paths::join(&folder, "__init__.py").is_some_and(|init| tree.find(&init).is_some()) {
        folder.truncate(paths::parent(&folder).len());
    }
    let inside = path.strip_prefix(&folder).unwrap_or(&path).trim_start_matches('/');
    let name = inside.strip_suffix(".py").unwrap_or(inside).replace('/', ".");
    let name = name.strip_suffix(".__init__").unwrap_or(&name).to_owned();
    let (roots, cache) = (vec![folder], parse::Cache::default());
    let mut machine = Machine::new(tree, &roots, &cache, world);
    machine.brought = brought;
    let at = Span::new(file, 0, 0);
    let module = machine.load(&name, at).ok().flatten();
    if machine.flask.is_empty()
        && let Some(module) = &module
    {
        machine.call_factory(module, at);
    }
    let (mut values, mut incomplete) = machine.flask_settings();
    if incomplete.is_none() && !machine.flask.is_empty() && !values.iter().any(|(name, _)| name == "DEBUG") {
        values.extend(machine.debug_flag().map(|value| ("DEBUG".to_owned(), value)));
    }
    let mut out = Settings { module: name, file: Some(file), ..Settings::default() };
    out.values = values.iter().map(|(name, value)| (name.clone(), machine.export(value))).collect();
    if machine.flask.is_empty() {
        incomplete = Some(Reason::new("no application of Flask is made here"));
    }
    if let Some(why) = machine.dead.take() {
        out.values.clear();
        incomplete = Some(why);
    }
    out.incomplete = incomplete;
    out.reads = machine.reads;
    out.files = machine.files;
    out.problems = machine.problems;
    out.missing_modules = machine.missing;
    out
}

impl Machine<'_> {
    /// Sets an attribute of an application that stands for a key of its configuration; whether it is one.
    pub(crate) fn set_flask_attribute(&mut self, id: Id, name: &str, value: &V, at: Span) -> bool {
        let keys = ["SECRET_KEY", "DEBUG", "TESTING", "PERMANENT_SESSION_LIFETIME"];
        let Some(key) = keys.into_iter().find(|key| key.to_ascii_lowercase() == name).filter(|_| self.is_flask(id))
        else {
            return false;
        };
        let Some(config) = self.space(id).and_then(|space| space.names.get("config")).cloned() else { return false };
        self.set_item(&config, &V::str(key), value.clone(), at).is_ok()
    }

    /// What `DEBUG` is where the program does not set it: Flask asks a variable.
    fn debug_flag(&mut self) -> Option<V> {
        const VARIABLE: &str = "FLASK_DEBUG";
        let at = self.reads.iter().find(|read| read.name == VARIABLE && read.via == "flask")?.span;
        let given = matches!(self.find_variable(VARIABLE, at), Found::Set(_));
        // Older releases asked FLASK_ENV before.
        if self.pinned_before("flask", (2, 3)) && !given {
            return None;
        }
        let text = self.env_get(VARIABLE, Some(V::at(K::Str("".into()), at)), false, "flask", at).ok()?;
        let mut truth = |_: &mut Self, v: &V| {
            let Some(text) = v.text() else { return Ok(V::unknown("a truth", at)) };
            let off = ["", "0", "false", "no"].contains(&text.to_ascii_lowercase().as_str());
            Ok(V::at(K::Bool(!off), at).from(v).with(|m| m.raw = None))
        };
        self.lift(&text, at, &mut truth).ok()
    }

    /// Calls the factory of a module; parameters without a default are not known.
    fn call_factory(&mut self, module: &V, at: Span) {
        let K::Ref(id) = module.k else { return };
        let names = self.space(id).map(|space| space.names.clone()).unwrap_or_default();
        let Some(factory) = FACTORIES.iter().find_map(|name| names.get(*name)) else { return };
        let K::Func(func) = &factory.k else { return };
        let Code::Def(def) = &func.code else { return };
        let given: BTreeSet<&str> = func.defaults.iter().map(|(name, _)| name.as_str()).collect();
        let required = def.parameters.posonlyargs.iter().chain(&def.parameters.args);
        let required = required.filter(|parameter| !given.contains(parameter.name().as_str()));
        let pos = required.map(|_| V::unknown("what the application is made with", at)).collect();
        let _ = self.apply(factory, pos, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Overlay;
    use crate::formats::Var;
    use crate::formats::python::Kind;
    use crate::model::Origin;

    fn run(text: &str, world: &World) -> Settings {
        let tree = Tree::open(Box::new(Overlay::of([("app.py", text)]))).ok();
        let file = tree.as_ref().and_then(|tree| tree.find("app.py"));
        tree.zip(file).map(|(tree, file)| flask_config(&tree, file, world, Brought::default())).unwrap_or_default()
    }

    const APP: &str = "import os\nfrom flask import Flask\nfrom db import db\ndef create_app(test=None):\n    \
        app = Flask(__name__)\n    app.config.from_mapping(A=1, low=2)\n    db.init_app(app)\n    \
        app.config['URI'] = os.environ.get('URI', 'sqlite://')\n    app.config.update(B=2)\n    return app\n";

    #[test]
    fn a_factory_is_called_and_its_configuration_read() {
        let got = run(APP, &World::empty());
        assert_eq!(got.values.keys().map(String::as_str).collect::<Vec<_>>(), ["A", "B", "DEBUG", "URI"]);
        assert_eq!(got.values["URI"].as_str(), Some("sqlite://"));
        assert_eq!(got.incomplete, None);
    }

    #[test]
    fn a_variable_turns_debug_on_where_the_program_does_not_say() {
        let app = "from flask import Flask\napp = Flask(__name__)\n";
        let set = |text: &str| World::Closed([("FLASK_DEBUG".into(), Var::set(text, Origin::default()))].into());
        let debug = |text: &str, world: &World| run(text, world).values.get("DEBUG").cloned();
        assert_eq!(debug(app, &set("1")).and_then(|v| v.as_bool()), Some(true));
        assert_eq!(debug(app, &set("false")).and_then(|v| v.as_bool()), Some(false));
        let open = debug(app, &World::Open(Default::default()));
        assert_eq!(open.as_ref().and_then(|v| v.settled()?.as_bool()), Some(false));
        assert!(open.is_some_and(|v| v.variables.contains("FLASK_DEBUG")));
        let own = format!("{app}app.config['DEBUG'] = True\n");
        assert_eq!(debug(&own, &set("0")).and_then(|v| v.as_bool()), Some(true));
    }

    #[test]
    fn settings_of_a_file_that_is_not_read_leave_the_rest_open() {
        let text =
            "from flask import Flask\napp = Flask(__name__)\napp.config.from_pyfile('x.cfg')\napp.config['A'] = 1\n";
        let got = run(text, &World::empty());
        assert!(got.incomplete.is_some());
        assert!(!got.values.values().any(|value| matches!(value.kind, Kind::Str(_))));
    }

    #[test]
    fn a_file_that_a_variable_has_to_name_leaves_the_defaults_as_such() {
        let text = "import os\nfrom flask import Flask\napp = Flask(__name__)\n\
            app.config.from_mapping(SECRET_KEY='dev', A=1)\napp.config.from_envvar('SHOP_CONFIG')\n";
        let got = run(text, &World::Open(Default::default()));
        assert!(matches!(got.values["SECRET_KEY"].kind, Kind::Unknown(_)));
        assert_eq!(got.values["A"].settled().map(|val| &val.kind), Some(&Kind::Int(1)));
        assert!(got.values["A"].certainty.is_default() && got.incomplete.is_some());
        let guarded = text.replace("app.config.from_env", "if 'SHOP_CONFIG' in os.environ:\n    app.config.from_env");
        let got = run(&guarded, &World::Open(Default::default()));
        assert_eq!(got.values["SECRET_KEY"].settled().and_then(|val| val.as_str()), Some("dev"));
    }

    #[test]
    fn a_file_at_a_path_of_the_machine_is_laid_over_the_defaults() {
        let text = "import os\nfrom flask import Flask\napp = Flask(__name__)\napp.config.from_mapping(A=1, B=2)\n\
            if os.path.isfile('/etc/shop.cfg'):\n    app.config.from_envvar('SHOP_CONFIG')\n";
        let tree = Tree::open(Box::new(Overlay::of([("app.py", text), ("ops/shop.cfg", "B = 3\n")]))).unwrap();
        let world = World::Open([("SHOP_CONFIG".into(), Var::set("/etc/shop.cfg", Origin::default()))].into());
        let at = [("/etc/shop.cfg".to_owned(), tree.find("ops/shop.cfg").unwrap())].into();
        let brought = Brought { at, ..Brought::default() };
        let got = flask_config(&tree, tree.find("app.py").unwrap(), &world, brought);
        assert_eq!((&got.values["A"].kind, &got.values["B"].kind), (&Kind::Int(1), &Kind::Int(3)));
        let got = flask_config(&tree, tree.find("app.py").unwrap(), &world, Brought::default());
        assert_ne!(got.values["B"].kind, Kind::Int(3));
    }

    #[test]
    fn a_file_outside_of_the_repository_commonly_holds_secrets_and_addresses() {
        let text = "from flask import Flask\napp = Flask(__name__, instance_relative_config=True)\n\
            app.config.from_mapping(SECRET_KEY='dev', SQLALCHEMY_DATABASE_URI='sqlite:///a.db', A=1)\n\
            app.config.from_pyfile('config.py', silent=True)\napp.config['WTF_SECRET_KEY'] = 'x'\n";
        let got = run(text, &World::empty());
        assert!(matches!(got.values["SECRET_KEY"].kind, Kind::Unknown(_)));
        assert!(matches!(got.values["SQLALCHEMY_DATABASE_URI"].kind, Kind::Unknown(_)));
        assert_eq!(got.values["A"].kind, Kind::Int(1));
        assert_eq!(got.values["WTF_SECRET_KEY"].as_str(), Some("x"));
    }
}
