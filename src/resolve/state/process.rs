//! Processes, and schedules that something must start.

use super::{Statements, programs};
use crate::discover::classify::classify;
use crate::discover::{Kind, Tree, paths};
use crate::environments::{Planned, Runs};
use crate::knowledge::{listens, processes};
use crate::links::Meaning;
use crate::links::meaning::{self, unwrapped};
use crate::model::{Attr, Certainty, ComponentKind, Dimension, FileId, Known, Origin, Reason, Role, Span, Value};
use crate::resolve::part::{Host, ImagePart, Otherwise, Part, ProcessPart};

/// States the processes of a component.
pub fn state(statements: &mut Statements, part: &Part<'_>, tree: &Tree, debug: &dyn Fn(&ProcessPart) -> Option<Attr>) {
    for process in &part.processes {
        one(statements, part, process, tree, debug);
    }
    start(statements, part);
}

/// States what a component's start goes through before it serves: the script, and what brings the database up to date.
fn start(statements: &mut Statements, part: &Part<'_>) {
    if let Some(script) = &part.entrypoint {
        let origin = Origin::set(script.span);
        let mut fact = statements.about(Some(&part.name), Dimension::Process, &format!("{}.entrypoint", part.name));
        fact.text("command", &script.value, &origin).text("kind", "entrypoint", &origin);
    }
    if let Some((_, first)) = part.releases.first() {
        let origin = part.releases.iter().skip(1).fold(Origin::set(*first), |o, (_, at)| o.join(&Origin::set(*at)));
        let commands: Vec<String> = part.releases.iter().map(|(argv, _)| shown(argv)).collect();
        let mut fact = statements.about(Some(&part.name), Dimension::Process, &format!("{}.release", part.name));
        fact.text("command", commands.join(" && "), &origin).text("kind", "oneshot", &origin);
    }
}

fn one(
    statements: &mut Statements,
    part: &Part<'_>,
    process: &ProcessPart,
    tree: &Tree,
    debug: &dyn Fn(&ProcessPart) -> Option<Attr>,
) {
    let origin = &process.origin;
    let mut fact = statements.about(Some(&part.name), Dimension::Process, &process.key);
    if let Some(reason) = &process.maybe {
        fact.attr("command", Attr::unknown(reason.clone(), origin.clone()));
        fact.attr("kind", Attr::unknown(reason.clone(), origin.clone()));
        fact.attr("server", Attr::unknown(reason.clone(), origin.clone()));
        return;
    }
    fact.text("command", shown(&process.argv), origin);
    if let Some(server) = &process.server {
        fact.text("server", server.id, origin).text("kind", server.kind, origin).bool("reload", server.reload, origin);
        if let Some(engine) = engine(server, &process.argv) {
            fact.text("engine", engine, origin);
        }
        if let Some(interface) = server.interface {
            fact.text("interface", interface, origin);
        }
    } else {
        fact.text("kind", "other", origin);
    }
    let words = unwrapped(&process.effective());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let at = process.options.bind.map(|span| Origin::set(span).join(origin));
    let at = at.as_ref().unwrap_or(origin);
    if let Some(reason) = &process.options.unsaid {
        fact.attr("bind", Attr::unknown(reason.clone(), at.clone()));
    } else if let Some((bind, port)) = listens::listens(&words) {
        fact.text("bind", bind.as_str(), at);
        if let Some(port) = &port {
            fact.text("port", port.clone(), at);
        }
        let inner = ["127.0.0.1", "localhost"].contains(&bind.as_str());
        if inner && part.host == Host::Container && is_proxied(part, tree, port.as_deref().unwrap_or("8000")) {
            fact.bool("proxied", true, at);
        }
    }
    // What a guide has people type starts once, not with each container.
    let typed = |span: &Span| classify(tree.path(span.file)) == Some(Kind::Guide);
    let installs: Vec<&(Vec<String>, Span)> =
        part.started.iter().filter(|(argv, at)| !typed(at) && changes_packages(argv, part, tree)).collect();
    if let Some((_, at)) = installs.first() {
        fact.list("installs", installs.iter().map(|(argv, _)| shown(argv)).collect(), &Origin::set(*at));
        if let ([only], Some(verb)) = (&installs[..], synced_again(part, *at, tree)) {
            fact.text("resyncs", only.0[..2].join(" "), &Origin::set(verb));
        }
    }
    let asks = |word: &String| ["--check", "--dry-run", "--check-changes"].contains(&word.as_str());
    let writes = |argv: &Vec<String>| argv.iter().any(|word| word == "makemigrations") && !argv.iter().any(asks);
    if let Some((argv, at)) = part.started.iter().find(|(argv, _)| writes(argv)) {
        fact.text("makes_migrations", shown(argv), &Origin::set(*at));
    }
    programs::state(&mut fact, part, process, tree);
    if let Some(debug) = debug(process) {
        fact.attr("debug", debug);
    }
    if let Some(script) = process.script {
        fact.text("script", tree.path(script), origin);
    }
    if let Some(user) = &part.user {
        fact.text("user", &user.value, &Origin::set(user.span));
    }
    if let Some(first) = part.mounts.first() {
        fact.list("mounts", part.mounts.iter().map(|mount| mount.value.clone()).collect(), &Origin::set(first.span));
    }
    if let Some(check) = &part.healthcheck {
        fact.text("healthcheck", &check.value, &Origin::set(check.span));
    }
    if let Some(context) = part.image.as_ref().and_then(|image| image.context.as_ref()) {
        fact.text("folder", context, origin);
    }
    if part.healthcheck.is_none() && is_unchecked(part) {
        fact.attr("healthcheck", Attr { value: Known::Absent, certainty: Certainty::Stated, origin: origin.clone() });
    } else if part.healthcheck.is_none() {
        let reason = Reason::new("whether the platform or the image checks it is not known");
        fact.attr("healthcheck", Attr::unknown(reason, origin.clone()));
    }
    if let Some(variable) = &process.unless {
        fact.unless(variable);
        fact.bool("usual", process.otherwise == Otherwise::Development, origin);
    }
    if let Some(server) = process.server.as_ref().filter(|_| process.otherwise == Otherwise::Same) {
        fact.text("server", server.id, origin).text("kind", server.kind, origin);
        if let Some(engine) = engine(server, &process.argv) {
            fact.text("engine", engine, origin);
        }
    }
}

/// Whether a web server in the same container passes requests on to a port of its own machine.
fn is_proxied(part: &Part<'_>, tree: &Tree, port: &str) -> bool {
    let servers = ["nginx", "caddy", "haproxy", "apache", "httpd"];
    let base = part.image.as_ref().and_then(|image| image.reference.one());
    let of_server = base.is_some_and(|base| servers.iter().any(|server| base.contains(server)));
    let ends = [".conf", ".conf.sample", ".conf.template", ".conf.j2", ".conf.tmpl", "haproxy.cfg", "Caddyfile"];
    let passes = |text: &str| {
        let here = ["127.0.0.1", "localhost", "0.0.0.0"].iter().any(|host| text.contains(&format!("{host}:{port}")));
        here && ["proxy_pass", "reverse_proxy", "ProxyPass", "upstream", "backend"]
            .iter()
            .any(|word| text.contains(word))
    };
    // Another container's proxy has a machine of its own.
    let there = |file| part.container.as_ref().is_some_and(|container| container.inside(file).is_some());
    let mut files = tree.files().filter(|(_, path)| ends.iter().any(|end| path.ends_with(end)));
    of_server || files.any(|(file, _)| there(file) && tree.text(file).is_ok_and(passes))
}

/// Whether surely nothing checks a component: a service of a compose file whose own base brings no check, built here.
fn is_unchecked(part: &Part<'_>) -> bool {
    let plain = |repository: &str| ["python", "debian", "ubuntu", "alpine"].contains(&repository);
    let base = |image: &ImagePart| image.about.as_ref().is_some_and(|about| plain(&about.repository));
    part.hostname.is_some() && part.image.as_ref().is_some_and(|image| image.dockerfile.is_some() && base(image))
}

/// Whether a command that is run at the start installs, upgrades or fetches what should be in the image.
fn changes_packages(argv: &[String], part: &Part<'_>, tree: &Tree) -> bool {
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    let syncs = words.starts_with(&["uv", "run"])
        && !words.iter().any(|word| matches!(*word, "--no-sync" | "--no-project"))
        && !part.world.vars().contains_key("UV_NO_SYNC")
        && has_project(argv, part, tree)
        && !is_synced(argv, part, tree);
    let pulls = words.starts_with(&["git", "pull"])
        || words.starts_with(&["npm", "install"])
        || words.starts_with(&["npm", "ci"]);
    syncs || pulls || matches!(meaning::of(argv), Meaning::InstallsPython(_) | Meaning::InstallsSystem(_))
}

/// The words `uv run` of a command, where what it would install lies in the image by a command of the build.
fn synced_again(part: &Part<'_>, at: Span, tree: &Tree) -> Option<Span> {
    const VERB: &str = "uv run";
    let written = tree.text(at.file).ok()?.get(at.range())?;
    let built = part.commands.iter().any(|(argv, _)| argv.starts_with(&["uv".to_owned(), "sync".to_owned()]));
    let start = at.start as usize;
    (built && written.strip_prefix(VERB)?.starts_with(' ')).then(|| Span::new(at.file, start, start + VERB.len()))
}

/// The declaration of the project that `uv run` finds in a container: at the working directory or above.
fn project(part: &Part<'_>) -> Option<FileId> {
    let container = part.container.as_ref()?;
    let mut folder = container.workdir.as_str();
    loop {
        let found = container.find(&format!("{}/pyproject.toml", folder.trim_end_matches('/')));
        if found.is_some() || folder.is_empty() {
            return found;
        }
        folder = paths::parent(folder);
    }
}

/// Whether `uv run` has something to install at all: a project, a program that names its own packages, or packages of its own.
fn has_project(argv: &[String], part: &Part<'_>, tree: &Tree) -> bool {
    let Some(container) = &part.container else { return true };
    let asks = |word: &String| ["--with", "--project", "--directory"].iter().any(|flag| word.starts_with(flag));
    let script = || {
        let file = argv.iter().skip(2).find(|word| word.ends_with(".py")).and_then(|word| container.find(word));
        file.is_some_and(|file| tree.text(file).is_ok_and(|text| text.contains("# /// script")))
    };
    argv.iter().any(asks) || project(part).is_some() || script()
}

/// Whether the build has already installed what `uv run` would: a start then finds nothing to do.
fn is_synced(run: &[String], part: &Part<'_>, tree: &Tree) -> bool {
    // Where no group is installed by default, leaving out those of development leaves out nothing.
    let groups = ["[dependency-groups]", "dev-dependencies", "default-groups"];
    let plain = project(part)
        .and_then(|file| tree.text(file).ok())
        .is_some_and(|text| !groups.iter().any(|words| text.contains(words)));
    let narrow = |argv: &[String]| {
        ["--no-dev", "--no-default-groups", "--no-group", "--only-group", "--only-dev"]
            .iter()
            .any(|flag| argv.iter().any(|word| word.split('=').next() == Some(*flag)))
    };
    // A run while the image is built syncs as well.
    let brings = |argv: &[String]| {
        let verb = |word: &str| argv.get(1).is_some_and(|verb| verb == word);
        let run = verb("run") && !argv.iter().any(|word| word == "--no-sync");
        argv.first().is_some_and(|word| word == "uv") && (run || verb("sync"))
    };
    let built = |at: &Span| !part.started.iter().any(|(_, start)| start == at);
    let mut syncs = part.commands.iter().filter(|(argv, at)| brings(argv) && built(at));
    syncs.any(|(argv, _)| plain || !narrow(argv) || narrow(run))
}

/// States the kinds of processes of an environment that is declared as a whole.
pub fn kinds(statements: &mut Statements, planned: &Planned, parts: &[Part<'_>]) {
    let declared = |unit: &crate::environments::Unit| {
        matches!(unit.runs, Runs::Compose { .. } | Runs::Process { .. } | Runs::Container(_))
    };
    let whole = planned.units.iter().all(declared);
    let ours: Vec<&Part<'_>> = parts.iter().filter(|part| part.kind == ComponentKind::App).collect();
    let started = ours.iter().all(|part| !part.processes.is_empty());
    if !whole || ours.is_empty() || !started {
        return;
    }
    let mut runs: Vec<String> = Vec::new();
    let mut origin = Origin::default();
    for process in ours.iter().flat_map(|part| &part.processes) {
        let server = process.server.as_ref();
        let kind = match server.map_or("other", |server| server.kind) {
            _ if process.maybe.is_some() => "other",
            "production" | "development" => "web",
            "supervisor" => "other",
            kind => kind,
        };
        let schedules = server.is_some_and(|server| server.schedules).then_some("scheduler");
        for kind in std::iter::once(kind).chain(schedules) {
            if !runs.iter().any(|known| known == kind) {
                runs.push(kind.to_owned());
                origin = origin.join(&process.origin);
            }
        }
    }
    // What is deployed without anything that serves is not all that is there.
    let deployed = matches!(planned.environment.role, Role::Production | Role::Staging);
    if deployed && !runs.iter().any(|kind| ["web", "other"].contains(&kind.as_str())) {
        return;
    }
    runs.sort();
    statements.about(None, Dimension::Process, "processes").list("runs", runs, &origin);
}

/// The program that serves requests, whether it reloads or not; none for what serves no application.
fn engine(server: &processes::Match, argv: &[String]) -> Option<&'static str> {
    if !matches!(server.kind, "production" | "development") {
        return None;
    }
    Some(match server.id {
        "keepalive" | "node-dev" | "http-server" => return None,
        "uvicorn" | "uvicorn-reload" | "fastapi-dev" | "fastapi-run" => "uvicorn",
        "gunicorn" | "gunicorn-reload" if argv.iter().any(|word| word.to_lowercase().contains("uvicorn")) => "uvicorn",
        "gunicorn" | "gunicorn-reload" => "gunicorn",
        other => other,
    })
}

/// A command line without secrets of URLs, shortened.
fn shown(argv: &[String]) -> String {
    let text = argv.join(" ");
    if text.chars().count() > 160 { text.chars().take(159).chain(['…']).collect() } else { text }
}

/// States `scheduler`: a crontab is written, and whether any process of the environment starts a cron daemon.
pub fn scheduler(statements: &mut Statements, parts: &[Part<'_>]) {
    let words = |argv: &[String]| unwrapped(argv);
    let copied = parts.iter().find_map(|part| {
        let file = part.container.as_ref()?.first_under(&[
            "/etc/cron.d",
            "/etc/crontabs",
            "/var/spool/cron",
            "/etc/crontab",
        ])?;
        Some((part, crate::model::Span::new(file, 0, 0)))
    });
    let registered = parts.iter().find_map(|part| {
        let found = part.commands.iter().find(|(argv, _)| {
            let argv = words(argv);
            let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
            processes::server(&argv).is_some_and(|found| found.kind == "registration")
        })?;
        Some((part, found.1))
    });
    let Some((part, span)) = registered.or(copied) else { return };
    let mut started = None;
    let mut unknown = None;
    for other in parts {
        for process in &other.processes {
            if process.server.as_ref().is_some_and(|server| server.id == "cron") {
                started = Some(process.origin.clone());
            }
            if process.maybe.is_some() {
                unknown.clone_from(&process.maybe);
            }
            if process.server.as_ref().is_some_and(|server| server.kind == "supervisor") {
                unknown.get_or_insert_with(|| Reason::new("what the supervisor starts is not known"));
            }
        }
        // A service's image of this name runs the program of this name.
        let image = other.image.as_ref().filter(|image| image.dockerfile.is_none());
        if let Some((image, reference)) = image.and_then(|image| Some((image, image.reference.one()?))) {
            let name = reference.rsplit('/').next().unwrap_or(reference).split([':', '@']).next().unwrap_or(reference);
            if processes::server(&[name]).is_some_and(|server| server.id == "cron") {
                started.get_or_insert(image.origin.clone());
            }
        }
        for (argv, at) in &other.commands {
            let argv = words(argv);
            let starts = processes::server(&argv.iter().map(String::as_str).collect::<Vec<_>>())
                .is_some_and(|found| found.id == "cron");
            if starts
                || argv.first().is_some_and(|word| word == "service") && argv.get(1).is_some_and(|word| word == "cron")
            {
                started.get_or_insert(Origin::set(*at));
            }
        }
    }
    let no_process = parts.iter().all(|part| part.processes.is_empty());
    let only = parts.iter().find_map(|part| part.processes.first()).map(|process| process.origin.clone());
    let origin = only.iter().fold(Origin::set(span), crate::model::origin::Origin::join);
    let mut fact = statements.about(Some(&part.name), Dimension::Process, "scheduler");
    fact.text("command", "a crontab is written", &Origin::set(span)).text("kind", "registration", &Origin::set(span));
    let value = match (started, unknown) {
        (Some(started), _) => Attr::bool(true, started),
        (None, Some(reason)) => Attr::unknown(reason, origin),
        (None, None) if no_process => Attr::unknown(Reason::new("what is started here is not known"), origin),
        (None, None) => Attr { value: Known::One(Value::Bool(false)), certainty: Certainty::Stated, origin },
    };
    fact.attr("started", value);
}
