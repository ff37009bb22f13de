//! Programs of the repository that start a server by themselves.

use crate::discover::Tree;
use crate::formats::python;
use crate::knowledge::processes;
use crate::links::container::{Container, absolute};
use crate::links::{Meaning, console_scripts, meaning};

/// Commands of programs that start their server, and that start it for who writes the code.
const SERVING: [&str; 6] = ["serve", "server", "start", "run", "web", "api"];
const DEVELOPING: [&str; 5] = ["develop", "dev", "devserver", "runserver", "debug"];

/// Servers that programs start by a library: how its module is named, how it is called, and what it is called here.
const LIBRARIES: [(&str, &str, &str, &str); 8] = [
    ("gevent.pywsgi", "WSGIServer(", "gevent", "wsgi"),
    ("gevent import pywsgi", "WSGIServer(", "gevent", "wsgi"),
    ("daphne.server", "Server(", "daphne", "asgi"),
    ("waitress", "serve(", "waitress", "wsgi"),
    ("hypercorn.asyncio", "serve(", "hypercorn", "asgi"),
    ("gunicorn.app", "Application", "gunicorn", "wsgi"),
    ("cheroot", "Server(", "cheroot", "wsgi"),
    ("cherrypy.wsgiserver", "Server(", "cherrypy", "wsgi"),
];
/// Others that a program may start as well, by what it is told.
const BESIDE: [&str; 4] = ["flup", "uvicorn", "app.run(", "runserver"];

/// The server that a program starts by a library, where its text speaks of one alone.
fn by_library(text: &str, argv: &[String]) -> Option<processes::Match> {
    let text: String = text.split_inclusive('\n').filter(|line| !line.trim_start().starts_with('#')).collect();
    let imports = |module: &str| {
        let mut lines = text.lines().map(str::trim_start);
        lines.any(|line| line.contains(module) && (line.starts_with("import ") || line.starts_with("from ")))
    };
    let mut found = LIBRARIES.iter().filter(|(module, call, ..)| imports(module) && text.contains(call));
    let (_, _, id, interface) = found.next()?;
    let alone = found.all(|(_, _, other, _)| other == id) && !BESIDE.iter().any(|other| text.contains(other));
    let reload = *id == "gunicorn" && argv.iter().any(|word| word == "--reload");
    alone.then_some(processes::Match {
        id: if reload { "gunicorn-reload" } else { id },
        kind: if reload { "development" } else { "production" },
        interface: Some(interface),
        reload,
        debug: false,
        schedules: false,
    })
}

/// Whether a text is a program that Python runs, by its first line.
fn is_python_script(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.starts_with("#!") && first.contains("python")
}

/// The server that a Python program starts by itself: `app.run(…)`, `uvicorn.run(…)`.
pub(super) fn started_by_program(argv: &[String], container: &Container<'_>, tree: &Tree) -> Option<processes::Match> {
    if let Some(argv) = console_scripts::managed(tree, argv) {
        return if let Meaning::Serves(found) = meaning::of(&argv) { Some(found) } else { None };
    }
    let words = meaning::unwrapped(argv);
    let script = match &words[..] {
        [python, script, ..] if meaning::is_python(python) => script.clone(),
        [script, ..] => script.clone(),
        [] => return None,
    };
    // `manage.py db upgrade` is a command, whatever the script is made with.
    let behind = words.iter().skip_while(|word| **word != script).skip(1).find(|word| !word.starts_with('-'));
    if script.ends_with("manage.py")
        && behind.is_some_and(|word| !["runserver", "run", "serve"].contains(&word.as_str()))
    {
        return None;
    }
    let find = |path: &str| container.find(&absolute(&container.workdir, path));
    let module = words.len() == 1 && argv.iter().any(|word| word == "-m");
    let command = words.iter().skip_while(|word| **word != script).nth(1).filter(|word| !word.starts_with('-'));
    let (file, named) = if module {
        let path = script.replace('.', "/");
        (find(&format!("{path}.py")).or_else(|| find(&format!("{path}/__main__.py")))?, false)
    } else if script.ends_with(".py") {
        (find(&script)?, false)
    } else if let Some(file) = find(&script).filter(|file| is_python_script(tree.text(*file).unwrap_or_default())) {
        (file, false)
    } else {
        // A program of the project's own: what does other things too says by its command that it serves.
        let serves = command.is_none_or(|word| SERVING.iter().chain(&DEVELOPING).any(|known| word == known));
        (*console_scripts::modules_of(tree, &script).first().filter(|_| serves)?, true)
    };
    if let Some(found) = by_library(tree.text(file).unwrap_or_default(), argv) {
        return Some(found);
    }
    let facts = python::entry_points(tree, file);
    // The command of Flask itself may be called by another name.
    let flask = || tree.text(file).is_ok_and(|text| text.contains("from flask.cli import main"));
    if (facts.flask_group || flask()) && behind.is_some_and(|word| word == "run") {
        let behind: Vec<&str> = words.iter().skip_while(|word| *word != "run").map(String::as_str).collect();
        return processes::server(&[&["flask"], &behind[..]].concat());
    }
    let commands =
        |callee: &str| ["manager", "cli", "commands"].contains(&callee.rsplit('.').nth(1).unwrap_or_default());
    let call = facts.runs.iter().find(|call| !commands(&call.callee))?;
    // Of several commands, one that is made for who writes the code says so by its name.
    let develops = || command.is_none() || words.iter().any(|word| DEVELOPING.contains(&word.as_str()));
    let on = |name: &str| {
        (!named || develops()) && call.keywords.iter().any(|(keyword, value)| keyword == name && value.value == "True")
    };
    let owner = call.callee.rsplit('.').nth(1).unwrap_or_default().to_ascii_lowercase();
    let of_flask = ["app", "socketio", "api"].iter().any(|sign| owner.contains(sign));
    let made = || facts.servers.iter().any(|name| name == "uvicorn.Server");
    let imported = || call.callee == "run" && tree.text(file).is_ok_and(|text| text.contains("from uvicorn import"));
    let uvicorn =
        imported() || call.callee.starts_with("uvicorn") || call.callee.starts_with("hypercorn") || !of_flask && made();
    if !uvicorn && !of_flask {
        return None;
    }
    let (id, kind) = match uvicorn {
        true if on("reload") => ("uvicorn-reload", "development"),
        true => ("uvicorn", "production"),
        false => ("flask-app-run", "development"),
    };
    let (reload, debug) =
        (on("reload") || on("use_reloader") || on("debug") && !uvicorn, on("debug") || on("use_debugger"));
    Some(processes::Match {
        id,
        kind,
        interface: Some(if uvicorn { "asgi" } else { "wsgi" }),
        reload,
        debug,
        schedules: false,
    })
}

/// The server with the name that fits the script which starts it: `manage.py runserver` is not only Django's.
pub(super) fn by_script(
    found: processes::Match,
    argv: &[String],
    container: &Container<'_>,
    tree: &Tree,
) -> processes::Match {
    let own = found.id == "django-runserver" && is_own_script(argv, container, tree);
    if own { processes::Match { id: "werkzeug", ..found } } else { found }
}

/// Whether the `manage.py` that a command runs is the project's own program: Django's says so in its text, or calls what is named
/// for Django's.
fn is_own_script(argv: &[String], container: &Container<'_>, tree: &Tree) -> bool {
    let script = argv.iter().find(|word| word.ends_with("manage.py"));
    let file = script.and_then(|script| container.find(&absolute(&container.workdir, script)));
    let of_django = |text: &str| {
        ["django", "execute_from_command_line"].iter().any(|sign| text.to_ascii_lowercase().contains(sign))
    };
    file.and_then(|file| tree.text(file).ok()).is_some_and(|text| !of_django(text))
}
