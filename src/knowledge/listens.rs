//! Where a server's command says that it listens, and what it loads.

use serde::Deserialize;

use super::processes::{is_flag, listeners, program};
use super::table::has;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listener {
    programs: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    bind_flags: Vec<String>,
    #[serde(default)]
    host_flags: Vec<String>,
    #[serde(default)]
    port_flags: Vec<String>,
    #[serde(default)]
    positional: String,
    #[serde(default)]
    default_host: String,
    #[serde(default)]
    default_port: String,
    #[serde(default)]
    value_flags: Vec<String>,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

/// The last value of one of `flags`: `--flag v`, `--flag=v`, `-fv`.
fn value<'a>(args: &[&'a str], flags: &[String]) -> Option<&'a str> {
    let mut found = None;
    for (at, word) in args.iter().enumerate() {
        if has(flags, word) {
            found = args.get(at + 1).copied().or(found);
        } else if let Some((_, text)) =
            word.split_once('=').filter(|(name, _)| name.starts_with('-') && has(flags, name))
        {
            found = Some(text);
        } else if let Some(text) = glued(flags, word) {
            found = Some(text);
        }
    }
    found
}

fn glued<'a>(flags: &[String], word: &'a str) -> Option<&'a str> {
    let short =
        flags.iter().find(|flag| flag.len() == 2 && !word.starts_with("--") && word.starts_with(flag.as_str()))?;
    word.get(short.len()..).filter(|rest| !rest.is_empty())
}

impl Listener {
    fn takes_value(&self, word: &str) -> bool {
        [&self.bind_flags, &self.host_flags, &self.port_flags, &self.value_flags]
            .into_iter()
            .any(|flags| has(flags, word))
    }

    /// Arguments that are neither flags nor their values.
    fn positionals<'a>(&self, args: &[&'a str]) -> Vec<&'a str> {
        let mut found = Vec::new();
        let mut skip = false;
        for word in args {
            if std::mem::take(&mut skip) {
                continue;
            }
            if word.starts_with('-') {
                skip = self.takes_value(word);
            } else {
                found.push(*word);
            }
        }
        found
    }
}

fn row_of(name: &str, args: &[&str]) -> Option<&'static Listener> {
    listeners()
        .iter()
        .find(|row| has(&row.programs, name) && (row.words.is_empty() || args.iter().any(|word| has(&row.words, word))))
}

/// `host:port`, `[::1]:port`, `:port`, `port`, `unix:/path`.
fn split_address(text: &str) -> (Option<&str>, Option<&str>) {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    if text.starts_with("unix:") || text.starts_with('/') || text.starts_with("fd:") {
        return (Some(text), None);
    }
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) {
        return (None, Some(text));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            (Some(host).filter(|host| !host.is_empty()), Some(port).filter(|port| !port.is_empty()))
        }
        _ => (Some(text).filter(|host| !host.is_empty()), None),
    }
}

/// The address and port a server listens on, its defaults included; `None` when the command does not decide it.
/// An address that the server would take from the environment (`$PORT`) counts as its default here.
pub fn listens(command: &[&str]) -> Option<(String, Option<String>)> {
    let (name, args) = program(command)?;
    let row = row_of(name, args)?;
    let mut host = value(args, &row.host_flags);
    let mut port = value(args, &row.port_flags);
    if let Some(text) = value(args, &row.bind_flags) {
        let (bound, at) = split_address(text);
        if bound.is_some_and(|bound| bound.starts_with("unix:") || bound.starts_with('/') || bound.starts_with("fd:")) {
            return bound.map(|bound| (bound.to_owned(), None));
        }
        // `-b :8000` means every interface.
        host = bound.or_else(|| text.starts_with(':').then_some("0.0.0.0")).or(host);
        port = at.or(port);
    }
    if row.positional == "address" {
        let address = row.positionals(args).into_iter().find(|word| !has(&row.words, word));
        if let Some((bound, at)) = address.map(split_address) {
            host = bound.or(host);
            port = at.or(port);
        }
    }
    let host = match host {
        Some("0") => "0.0.0.0",
        Some(host) => host,
        None => row.default_host.as_str(),
    };
    if host.is_empty() {
        return port.map(|port| ("0.0.0.0".to_owned(), Some(port.to_owned())));
    }
    let port = port.or(Some(row.default_port.as_str()).filter(|port| !port.is_empty()));
    Some((host.to_owned(), port.map(str::to_owned)))
}

/// Whether a command itself says where it listens.
pub fn binds(command: &[&str]) -> bool {
    let said = || {
        let (name, args) = program(command)?;
        let row = row_of(name, args)?;
        [&row.bind_flags, &row.host_flags, &row.port_flags].into_iter().find_map(|flags| value(args, flags))
    };
    said().is_some()
}

/// The module that a command loads: `shop.wsgi` of `gunicorn shop.wsgi:application`, `shop` of `celery -A shop`.
pub fn app_module(command: &[&str]) -> Option<String> {
    let (name, args) = program(command)?;
    let flags: Vec<String> = ["-A", "--app"].map(str::to_owned).to_vec();
    let text = match name {
        "celery" | "flask" => value(args, &flags)?,
        "uwsgi" | "pyuwsgi" => value(args, &["--module", "-w", "--wsgi"].map(str::to_owned))
            .or_else(|| value(args, &["--wsgi-file", "--file"].map(str::to_owned)))?,
        "rq" | "huey_consumer" | "huey_consumer.py" | "dramatiq" | "arq" => {
            args.iter().find(|word| !word.starts_with('-') && word.contains('.'))?
        }
        _ => {
            let row = row_of(name, args).filter(|row| row.positional == "app")?;
            row.positionals(args).into_iter().next_back().filter(|word| !is_flag(&row.value_flags, word))?
        }
    };
    let module = text.split([':', '(']).next()?.trim_end_matches(".py");
    let by_path = module.trim_start_matches("./").replace('/', ".");
    let module = if name.ends_with("uwsgi") && !module.starts_with('/') { by_path.as_str() } else { module };
    let named = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    (!module.is_empty() && module.chars().all(named)).then(|| module.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_says_where_it_listens() {
        for (line, host, port) in [
            ("gunicorn -b :8000 a:b", "0.0.0.0", Some("8000")),
            ("gunicorn --bind=0.0.0.0:80 a:b", "0.0.0.0", Some("80")),
            ("gunicorn a:b -b unix:/run/x.sock", "unix:/run/x.sock", None),
            ("gunicorn a:b", "127.0.0.1", Some("8000")),
            ("uvicorn a:b --host 0.0.0.0 --port 9", "0.0.0.0", Some("9")),
            ("python manage.py runserver", "127.0.0.1", Some("8000")),
            ("python manage.py runserver --settings x 0.0.0.0:8001", "0.0.0.0", Some("8001")),
            ("python manage.py runserver 8001", "127.0.0.1", Some("8001")),
            ("flask run -h 0.0.0.0 -p 80", "0.0.0.0", Some("80")),
            ("daphne -b 0.0.0.0 -p 80 a:b", "0.0.0.0", Some("80")),
            ("hypercorn -b [::]:80 a:b", "[::]", Some("80")),
            ("waitress-serve --listen=*:80 a:b", "*", Some("80")),
            ("uwsgi --http :80", "0.0.0.0", Some("80")),
        ] {
            let argv: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(listens(&argv), Some((host.to_owned(), port.map(str::to_owned))), "{line}");
        }
        assert_eq!(listens(&["uwsgi", "--ini", "x.ini"]), None);
        assert_eq!(listens(&["sleep", "1"]), None);
    }

    #[test]
    fn the_loaded_module_is_found_behind_flags() {
        for (line, module) in [
            ("gunicorn -w 4 shop.wsgi:application", Some("shop.wsgi")),
            ("gunicorn shop:create_app() -b :80", Some("shop")),
            ("uvicorn --workers 2 shop.asgi:app --port 80", Some("shop.asgi")),
            ("celery -A shop worker", Some("shop")),
            ("celery --app=shop.celery beat", Some("shop.celery")),
            ("flask --app shop run", Some("shop")),
            ("gunicorn -c conf.py", None),
        ] {
            let argv: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(app_module(&argv).as_deref(), module, "{line}");
        }
    }
}
