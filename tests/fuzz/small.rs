//! Every small format reads the same text.

use super::{FILE, holds, problems_hold, text};
use paritylint::discover::{Overlay, Tree};
use paritylint::formats::{metadata, python::nox, small as s};

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let text = text(data);
    problems_hold(&text, &s::app_json::parse(FILE, &text).1);
    problems_hold(&text, &s::devcontainer::parse(FILE, &text).1);
    problems_hold(&text, &s::fly::parse(FILE, &text).1);
    problems_hold(&text, &s::heroku_yml::parse(FILE, &text).1);
    let (blueprint, problems) = s::render::parse(FILE, &text);
    problems_hold(&text, &problems);
    for service in &blueprint.services {
        drop(blueprint.variables(service));
    }
    let (processes, problems) = s::procfile::read(FILE, &text);
    problems_hold(&text, &problems);
    for process in &processes {
        holds(&text, process.name.span);
    }
    problems_hold(&text, &s::ini::parse(FILE, &text, s::ini::Dialect::ConfigParser(&['#', ';'])).problems);
    problems_hold(&text, &s::ini::parse(FILE, &text, s::ini::Dialect::IniConfig).problems);
    let config = s::supervisord::parse(FILE, &text);
    for program in &config.programs {
        drop(s::supervisord::environment_of(&config, program));
    }
    problems_hold(&text, &s::justfile::parse(FILE, &text).1);
    problems_hold(&text, &s::uwsgi::ini(FILE, &text).1);
    problems_hold(&text, &s::uwsgi::yaml(FILE, &text).1);
    let _ = s::systemd::parse(FILE, &text);
    let makefile = s::makefile::parse(FILE, &text);
    if let Some(target) = makefile.default_goal() {
        let _ = makefile.commands(target, &s::makefile::Given::default());
    }
    for name in ["tox.ini", "setup.cfg", "tox.toml", "pyproject.toml"] {
        if let Some(tox) = s::tox::parse(FILE, name, &text) {
            tox.names().iter().take(8).for_each(|name| drop(tox.environment(name)));
        }
    }
    for name in [".python-version", "runtime.txt", ".tool-versions", "mise.toml", ".nvmrc"] {
        let (declared, problems) = s::runtime_files::read(FILE, name, &text);
        problems_hold(&text, &problems);
        for one in &declared {
            holds(&text, one.version.span);
        }
    }
    for name in ["pytest.ini", "setup.cfg", "pyproject.toml", "tox.ini"] {
        let _ = s::pytest_options::parse(FILE, name, &text);
    }
    let _ = (s::s6::run(FILE, &text), s::s6::up(FILE, &text), s::s6::service_type(&text));
    let files = ["noxfile.py", "setup.cfg", "setup.py"].map(|path| (path, text.as_str()));
    let Ok(tree) = Tree::open(Box::new(Overlay::of(files))) else { return };
    let _ = metadata::of(&tree, "");
    if let Some(file) = tree.find("noxfile.py") {
        let _ = nox::noxfile(&tree, file);
    }
}
