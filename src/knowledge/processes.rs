//! Commands: wrappers to strip, and what a command starts.

use serde::Deserialize;

use super::listens::Listener;
pub use super::listens::{app_module, listens};
use super::table::{has, table};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapper {
    program: String,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    args: usize,
    #[serde(default)]
    value_flags: Vec<String>,
    #[serde(default)]
    until: String,
    #[serde(default)]
    assigns: bool,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Command {
    id: String,
    kind: String,
    programs: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    anywhere: bool,
    #[serde(default)]
    needs_flags: Vec<String>,
    #[serde(default)]
    interface: String,
    #[serde(default)]
    reload_flags: Vec<String>,
    #[serde(default)]
    no_reload_flags: Vec<String>,
    #[serde(default)]
    reload_default: bool,
    #[serde(default)]
    debug_flags: Vec<String>,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

/// Programs whose words are tasks of the project.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Programs {
    programs: Vec<String>,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) as_of: String,
    wrappers: Vec<Wrapper>,
    task_runners: Vec<Programs>,
    preparations: Vec<Programs>,
    commands: Vec<Command>,
    listeners: Vec<Listener>,
}
table!(table, Table, "processes.toml");

pub(super) fn listeners() -> &'static [Listener] {
    &table().listeners
}

/// What a command starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Match {
    /// gunicorn, django-runserver, celery-worker …
    pub id: &'static str,
    /// production, development, worker, scheduler, admin, registration, oneshot, debugger, supervisor.
    pub kind: &'static str,
    /// wsgi or asgi, where the command decides it.
    pub interface: Option<&'static str>,
    /// Whether it reloads on changes.
    pub reload: bool,
    /// Whether an interactive debugger is on.
    pub debug: bool,
    /// Whether a worker also schedules (`celery worker -B`).
    pub schedules: bool,
}

/// Whether a program only makes ready what another needs (`chown`, `mkdir`), and ends at once.
pub fn prepares(program: &str) -> bool {
    table().preparations.iter().any(|row| row.programs.iter().any(|name| name == program))
}

/// A program's bare name: without folders, `python3.12` as `python`.
pub(super) fn base(word: &str) -> &str {
    let name = word.rsplit('/').next().unwrap_or(word);
    let rest = name.strip_prefix("python").unwrap_or("x");
    if rest.chars().all(|c| c.is_ascii_digit() || c == '.') { "python" } else { name }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && !name.starts_with('-') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// How many words flags eat from `at` on.
fn skip_flags(argv: &[&str], mut at: usize, value_flags: &[String]) -> usize {
    while let Some(word) = argv.get(at).filter(|word| word.starts_with('-') && word.len() > 1) {
        at += 1;
        if *word == "--" {
            break;
        }
        if has(value_flags, word) {
            at += 1;
        }
    }
    at
}

/// The words that one wrapper eats at the head of `argv`, if there is one.
fn eats(argv: &[&str]) -> Option<usize> {
    let program = base(argv.first()?);
    if program == "python" {
        let at = argv.iter().position(|word| *word == "-m")?;
        return argv.get(1..at)?.iter().all(|word| word.starts_with('-')).then_some(at + 1);
    }
    if is_assignment(argv.first()?) {
        return Some(1);
    }
    // The sub-command may stand behind options of the program: `poetry -C x run`.
    let verb = |row: &Wrapper| skip_flags(argv, 1, &row.value_flags);
    let fits = |row: &&Wrapper| {
        let named = || argv.get(verb(row)).is_some_and(|word| has(&row.words, word));
        row.program == program && (row.words.is_empty() || named())
    };
    // A wrapper with a sub-command is the more exact row.
    let row = table().wrappers.iter().filter(fits).max_by_key(|row| row.words.len())?;
    let mut at = if row.words.is_empty() { 1 } else { verb(row) + 1 };
    if !row.until.is_empty() {
        return argv.iter().position(|word| *word == row.until).map(|found| found + 1);
    }
    at = skip_flags(argv, at, &row.value_flags);
    if row.assigns {
        while argv.get(at).is_some_and(|word| is_assignment(word)) {
            at += 1;
        }
    }
    at += row.args;
    if row.args > 0 {
        at = skip_flags(argv, at, &[]);
    }
    Some(at)
}

/// A command without what only wraps it, and the names of the wrappers, outermost first. `sh -c` is left to the caller.
pub fn strip_wrappers<'a>(argv: &'a [&'a str]) -> (&'a [&'a str], Vec<String>) {
    let mut rest = argv;
    let mut wrappers = Vec::new();
    while let Some(count) = eats(rest) {
        let Some(inner) = rest.get(count..).filter(|inner| !inner.is_empty()) else { break };
        let name = rest.first().map_or("", |word| if is_assignment(word) { "env" } else { base(word) });
        wrappers.push(name.to_owned());
        rest = inner;
    }
    (rest, wrappers)
}

/// The program and its arguments: `python manage.py x` runs `manage.py`.
pub(super) fn program<'a>(argv: &'a [&'a str]) -> Option<(&'a str, &'a [&'a str])> {
    let (first, rest) = argv.split_first()?;
    let name = base(first);
    if name != "python" {
        return Some((name, rest));
    }
    let at = skip_flags(argv, 1, &["-W".to_owned(), "-X".to_owned()]);
    match argv.get(at) {
        Some(script) if script.rsplit_once('.').is_some_and(|(_, end)| end == "py") => {
            Some((base(script), argv.get(at + 1..).unwrap_or_default()))
        }
        _ => Some((name, rest)),
    }
}

/// Whether a word is one of the flags, also as `--flag=value`.
pub(super) fn is_flag(flags: &[String], word: &str) -> bool {
    has(flags, word) || word.split_once('=').is_some_and(|(name, _)| has(flags, name))
}

impl Command {
    fn fits(&self, name: &str, args: &[&str]) -> bool {
        if !has(&self.programs, name) || !self.needs_flags.iter().all(|flag| args.contains(&flag.as_str())) {
            return false;
        }
        let mut plain = args.iter().filter(|word| !word.starts_with('-'));
        match (self.words.is_empty(), self.anywhere) {
            (true, _) => true,
            (false, true) => plain.any(|word| has(&self.words, word)),
            (false, false) => plain.next().is_some_and(|word| has(&self.words, word)),
        }
    }

    fn found(&'static self, args: &[&str]) -> Match {
        let flagged = |flags: &[String]| args.iter().any(|word| is_flag(flags, word));
        let asgi = self.id.starts_with("gunicorn")
            && args.iter().any(|word| word.contains("uvicorn") && word.contains("orker"));
        let granian = (self.id == "granian").then(|| {
            let after = args.iter().position(|word| *word == "--interface").and_then(|at| args.get(at + 1)).copied();
            let value = after.or_else(|| args.iter().find_map(|word| word.strip_prefix("--interface=")));
            match value {
                Some("wsgi") => Some("wsgi"),
                Some("asgi" | "asginl") => Some("asgi"),
                _ => None,
            }
        });
        let stated = (!self.interface.is_empty()).then_some(self.interface.as_str());
        Match {
            id: &self.id,
            kind: &self.kind,
            interface: if asgi { Some("asgi") } else { granian.flatten().or(stated) },
            reload: (self.reload_default || flagged(&self.reload_flags)) && !flagged(&self.no_reload_flags),
            debug: flagged(&self.debug_flags) || self.kind == "debugger",
            schedules: self.kind == "scheduler"
                || self.id == "celery-worker" && args.iter().any(|w| matches!(*w, "-B" | "--beat")),
        }
    }
}

/// What a command starts, wrappers stripped before; `None` for one that no row knows.
pub fn server(argv: &[&str]) -> Option<Match> {
    let (name, rest) = program(argv)?;
    let find = |name: &str| table().commands.iter().find(|row| row.fits(name, rest));
    let row = find(name).or_else(|| find("manage.py").filter(|_| manages(name, rest)))?;
    // What runs under a debugger is what it is without.
    let inner = || server(strip_wrappers(debugged(rest)?).0).filter(|found| found.interface.is_some());
    let found = (row.kind == "debugger").then(inner).flatten().map(|found| Match { debug: true, ..found });
    Some(found.unwrap_or_else(|| row.found(rest)))
}

/// What a debugger is told to run: a module, or a script.
fn debugged<'a>(rest: &'a [&'a str]) -> Option<&'a [&'a str]> {
    let at = rest.iter().position(|word| *word == "-m" || word.ends_with(".py"))?;
    rest.get(if rest[at] == "-m" { at + 1 } else { at }..)
}

/// Whether a program of the project is its own `manage.py`: it is no runner of tasks, and is told just to start the server of
/// Django.
fn manages(name: &str, rest: &[&str]) -> bool {
    let address = |word: &&str| word.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ':'));
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    plain
        && !table().task_runners.iter().any(|row| has(&row.programs, name))
        && rest.first().is_some_and(|word| word.starts_with("runserver"))
        && rest.iter().skip(1).all(|word| word.starts_with('-') || address(word))
}

/// Whether a server of this name answers requests, or starts what may; programs that are not in the table do.
pub fn may_serve(id: &str) -> bool {
    kind(id).is_none_or(|kind| matches!(kind, "production" | "development" | "supervisor" | "debugger"))
}

/// Whether what has this name runs once and is done.
pub fn passes(id: &str) -> bool {
    kind(id) == Some("oneshot")
}

fn kind(id: &str) -> Option<&'static str> {
    table().commands.iter().find(|row| row.id == id).map(|row| row.kind.as_str())
}

/// The debugger that a command runs under, if it does; looks through wrappers (`python -m debugpy --listen …`).
pub fn debugger(argv: &[&str]) -> Option<&'static str> {
    let (rest, _) = strip_wrappers(argv);
    let name = program(rest)?.0;
    let row = table().commands.iter().find(|row| row.kind == "debugger" && has(&row.programs, name))?;
    row.programs.iter().find(|program| *program == name).map(String::as_str)
}

/// The date the table stands for.
pub fn as_of() -> &'static str {
    &table().as_of
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        strip_wrappers(&words).0.join(" ")
    }

    fn started(line: &str) -> Option<Match> {
        let words: Vec<&str> = line.split_whitespace().collect();
        server(strip_wrappers(&words).0)
    }

    #[test]
    fn every_wrapper_eats_its_own_words() {
        for (line, rest) in [
            ("exec gunicorn a:b", "gunicorn a:b"),
            ("/usr/bin/tini -- gunicorn a:b", "gunicorn a:b"),
            ("tini -g -- dumb-init gunicorn a:b", "gunicorn a:b"),
            ("gosu django gunicorn a:b", "gunicorn a:b"),
            ("env -u X A=b C=d celery -A x worker", "celery -A x worker"),
            ("poetry run python -m gunicorn a:b", "gunicorn a:b"),
            ("uv run --no-dev --group prod gunicorn a:b", "gunicorn a:b"),
            ("wait-for-it db:5432 -t 30 -- flask run", "flask run"),
            ("dockerize -wait tcp://db:5432 -timeout 60s flask run", "flask run"),
            ("dockerize -wait tcp://db:5432 -- flask run", "flask run"),
            ("/sbin/my_init --quiet -- gunicorn a:b", "gunicorn a:b"),
            ("watchmedo auto-restart -d . -p *.py -- celery -A x worker", "celery -A x worker"),
            ("newrelic-admin run-program gunicorn a:b", "gunicorn a:b"),
            ("bin/start-nginx newrelic-admin run-program gunicorn a:b", "gunicorn a:b"),
            ("sh -c gunicorn", "sh -c gunicorn"),
            ("exec", "exec"),
            ("python manage.py runserver", "python manage.py runserver"),
        ] {
            assert_eq!(stripped(line), rest, "{line}");
        }
    }

    #[test]
    fn commands_name_what_they_start() {
        for (line, id, kind) in [
            ("python manage.py runserver 0.0.0.0:8000", "django-runserver", "development"),
            ("./manage.py migrate", "release-step", "oneshot"),
            ("python3.12 -u manage.py qcluster", "django-q", "worker"),
            ("celery -A shop worker -l info", "celery-worker", "worker"),
            ("celery -A shop beat", "celery-beat", "scheduler"),
            ("honcho -f Procfile.dev start", "supervisor", "supervisor"),
            ("./manage.py rq worker high", "rq-worker", "worker"),
            ("python -m debugpy --listen 0.0.0.0:5678 -m uvicorn a:b --reload", "uvicorn-reload", "development"),
            ("python -m debugpy --listen 5678 manage.py runserver", "django-runserver", "development"),
            ("python -m debugpy --listen 5678 tool.py", "debugpy", "debugger"),
            ("flask rq scheduler", "rq-scheduler", "scheduler"),
            ("pserve development.ini", "pserve", "development"),
            ("pserve /etc/shop/production.ini", "pserve", "production"),
            ("gunicorn --reload a:b", "gunicorn-reload", "development"),
            ("uvicorn a:b", "uvicorn", "production"),
            ("flask --app x run --debug", "flask-run", "development"),
            ("npm run dev", "node-dev", "development"),
            ("npm run build", "node-build", "oneshot"),
            ("python -m http.server 80", "http-server", "development"),
            ("tail -f /dev/null", "keepalive", "development"),
            ("crond -f", "cron", "scheduler"),
            ("python manage.py crontab add", "crontab-registration", "registration"),
        ] {
            let found = started(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((found.id, found.kind), (id, kind), "{line}");
        }
        assert_eq!(started("python shop.py"), None);
        assert!(started("celery -A x worker -B").is_some_and(|found| found.schedules));
        for (line, known) in
            [("shop runserver 0.0.0.0:8000", true), ("make runserver", false), ("./dev.sh runserver", false)]
        {
            assert_eq!(started(line).is_some_and(|found| found.id == "django-runserver"), known, "{line}");
        }
        assert!(started("python manage.py runserver --noreload").is_some_and(|found| !found.reload));
        let worker = started("gunicorn a:b -k uvicorn.workers.UvicornWorker");
        assert_eq!(worker.and_then(|found| found.interface), Some("asgi"));
        assert_eq!(debugger(&["python", "-m", "debugpy", "--listen", "1", "manage.py"]), Some("debugpy"));
    }
}
