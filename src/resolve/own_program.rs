//! Programs of the repository that start a server by themselves.

use crate::discover::Tree;
use crate::formats::python;
use crate::knowledge::processes;
use crate::links::container::{Container, absolute};
use crate::links::{Meaning, console_scripts, meaning};

/// Commands of programs that start their server, and that start it for who writes the code.
const SERVING: [&str; 6] = ["serve", "server", "start", "run", "web", "api"];
const DEVELOPING: [&str; 5] = ["develop", "dev", "devserver", "runserver", "debug"];

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
    } else {
        // A program of the project's own: what does other things too says by its command that it serves.
        let serves = command.is_none_or(|word| SERVING.iter().chain(&DEVELOPING).any(|known| word == known));
        (*console_scripts::modules_of(tree, &script).first().filter(|_| serves)?, true)
    };
    let facts = python::entry_points(tree, file);
    if facts.flask_group && behind.is_some_and(|word| word == "run") {
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
    let uvicorn = call.callee.starts_with("uvicorn") || call.callee.starts_with("hypercorn") || !of_flask && made();
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
