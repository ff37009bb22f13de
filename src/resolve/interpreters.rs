//! Interpreters that commands of a build bring: by pyenv, or by the distribution's packages where the base has none.

use super::part::{Installs, RuntimePart, SystemPart};
use crate::formats::shell::{Executed, When};
use crate::knowledge::images::{self, Image};
use crate::links::{Meaning, meaning};
use crate::model::{Certainty, Known, Origin, Reason, Span, Spanned};

/// Who declares an interpreter that a package of the distribution brings.
pub(super) const OF_SYSTEM: &str = "system package";

/// Notes the Python that pyenv installs or chooses; `global` and `local` decide between several.
pub(super) fn pyenv(installs: &mut Installs, argv: &[String], executed: &Executed) {
    let words = meaning::unwrapped(argv);
    let program = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    let verb = words.get(1).map_or("", String::as_str);
    if program != "pyenv" || !["install", "global", "local"].contains(&verb) {
        return;
    }
    let named: Vec<&String> = words.iter().skip(2).filter(|word| !word.starts_with('-')).collect();
    let plain = |text: &str| text.contains('.') && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let unknown = |why: &str| Known::Unknown(Reason::at(why, executed.span));
    let found = match named.as_slice() {
        [] => return,
        _ if matches!(executed.when, When::Maybe(_)) => unknown("pyenv is run on a branch that is not decided"),
        // The first one of `global` is `python`.
        [one, rest @ ..] if plain(one) && (rest.is_empty() || verb != "install") => {
            Known::One(Spanned::new((*one).clone(), executed.span))
        }
        _ => unknown("the version that pyenv is given is not known here"),
    };
    let same = |known: &Known<Spanned<String>>| known.one().map(|one| &one.value) == found.one().map(|one| &one.value);
    let several = verb == "install" && installs.python_by == "pyenv" && !installs.python.as_ref().is_none_or(same);
    installs.python = Some(if several { unknown("pyenv installs several") } else { found });
    installs.python_by = "pyenv";
}

/// The host of NodeSource's repositories, and how the paths there begin.
const NODESOURCE: [&str; 4] =
    ["deb.nodesource.com/setup_", "deb.nodesource.com/node_", "rpm.nodesource.com/setup_", "rpm.nodesource.com/pub_"];

/// Notes the version of Node that NodeSource's repository is set up for.
pub(super) fn nodesource(installs: &mut Installs, executed: &Executed, argv: &[String]) {
    let behind = |word: &String| {
        let at = NODESOURCE.iter().find_map(|begin| Some(word.find(begin)? + begin.len()))?;
        Some(word.get(at..)?.split(".x").next().unwrap_or_default().to_owned())
    };
    let Some(version) = argv.iter().find_map(behind) else { return };
    let known = version.chars().all(|c| c.is_ascii_digit()) && !version.is_empty();
    installs.nodesource = Some(match (&executed.when, known) {
        (When::Always, true) => Known::One(Spanned::new(version, executed.span)),
        (When::Maybe(reason), _) => Known::Unknown(reason.clone()),
        _ => Known::Unknown(Reason::at("the version of Node is not known here", executed.span)),
    });
}

/// The Node of NodeSource, once its package is installed.
pub(super) fn node(installs: &Installs) -> Option<RuntimePart> {
    let source = installs.nodesource.as_ref()?;
    let package = installs.system.iter().find(|part| part.package == "nodejs" && part.maybe.is_none())?;
    let (version, origin) = match source {
        Known::One(version) => (Known::One(version.value.clone()), Origin::set(version.span)),
        Known::Unknown(reason) => (Known::Unknown(reason.clone()), Origin::set(package.span)),
        _ => return None,
    };
    Some(RuntimePart { tool: "node", version, declared_in: "nodesource", origin, certainty: Certainty::Stated })
}

/// Notes the Python that uv is told to use: `uv venv --python 3.12`, `uv sync -p 3.12`, `uv python pin 3.12`.
pub(super) fn uv(installs: &mut Installs, argv: &[String], executed: &Executed) {
    let words = meaning::unwrapped(argv);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let told = |rest: &[&str]| {
        let value = |at: usize, word: &str| match word.strip_prefix("--python=").or_else(|| word.strip_prefix("-p=")) {
            Some(value) => Some(value.to_owned()),
            None if word == "--python" || word == "-p" => rest.get(at + 1).map(|value| (*value).to_owned()),
            None => None,
        };
        rest.iter().enumerate().find_map(|(at, word)| value(at, word))
    };
    let said = match words.as_slice() {
        ["uv", "python", "pin", rest @ ..] => {
            let mut named = rest.iter().filter(|word| !word.starts_with('-'));
            named.next().filter(|_| named.next().is_none()).map(|word| (*word).to_owned())
        }
        ["uv", "venv" | "sync", rest @ ..] => told(rest),
        _ => None,
    };
    let Some(said) = said else { return };
    let version = said.strip_prefix("cpython@").or_else(|| said.strip_prefix("python")).unwrap_or(&said);
    let plain = version.contains('.') && version.chars().all(|c| c.is_ascii_digit() || c == '.');
    // A path or a pattern is one that is there; what is not expanded is as a rule that of the image.
    if !plain || matches!(executed.when, When::Maybe(_)) {
        return;
    }
    let same = |known: &Known<Spanned<String>>| known.one().is_some_and(|one| one.value == version);
    let several = installs.python_by == UV && !installs.python.as_ref().is_none_or(same);
    installs.python = Some(if several {
        Known::Unknown(Reason::at("uv is told of several versions", executed.span))
    } else {
        Known::One(Spanned::new(version.to_owned(), executed.span))
    });
    installs.python_by = UV;
}

/// Who puts an interpreter there that uv is told of.
const UV: &str = "uv";

/// What the name of a distribution's package says of its Python.
#[derive(PartialEq, Eq)]
enum Named {
    /// X.Y: `python3.11`, `python39` of Red Hat, `python-3.13` of Wolfi.
    Minor(String),
    /// The one that the release calls `python3`.
    Own,
    /// Python 2, by the name without a number.
    Two,
}

fn named(package: &str) -> Option<Named> {
    if package.starts_with("py3-") {
        return Some(Named::Own);
    }
    let rest = package.strip_prefix("python").or_else(|| package.strip_prefix("py"))?;
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if let Some(rest) = rest.strip_prefix("-3.").or_else(|| rest.strip_prefix("3.")) {
        let minor = rest.split('-').next().unwrap_or(rest);
        return digits(minor).then(|| Named::Minor(format!("3.{minor}")));
    }
    if !package.starts_with("python") {
        return None;
    }
    match rest.split('-').next().unwrap_or(rest) {
        "3" => Some(Named::Own),
        "2" | "2.7" | "27" => Some(Named::Two),
        "" if ["", "-dev", "-devel", "-pip"].contains(&rest) => Some(Named::Two),
        minor => {
            let minor = minor.strip_prefix('3').filter(|minor| digits(minor) && minor.len() < 3)?;
            Some(Named::Minor(format!("3.{minor}")))
        }
    }
}

/// Whether a command names an interpreter by its version: runs it, makes an environment of it, or a link to it.
fn is_named(version: &str, commands: &[(Vec<String>, Span)]) -> bool {
    let names = [format!("python{version}"), format!("pip{version}")];
    let names = |word: &String| names.contains(&word.rsplit(['/', '=']).next().unwrap_or(word).to_owned());
    let calls = |argv: &[String]| !matches!(meaning::of(argv), Meaning::InstallsSystem(_) | Meaning::InstallsPython(_));
    let runs = |argv: &[String]| meaning::unwrapped(argv).first().is_some_and(names) || argv.first().is_some_and(names);
    commands.iter().any(|(argv, _)| runs(argv) || calls(argv) && argv.iter().any(names))
}

/// The Python of the distribution's packages: that of `python3.11`, else that which the release has as `python3`. Where there are
/// two, it is the one that commands name.
pub(super) fn of_system(
    installs: &Installs,
    about: Option<&Image>,
    commands: &[(Vec<String>, Span)],
) -> Option<RuntimePart> {
    let about = about?;
    // What a base holds that says nothing of its Python may stand before what is installed by its side.
    let bare = matches!(about.python, Known::Absent);
    // What builds for Node asks for a Python of its own, and the project's code needs none there.
    if about.node.one().is_some() && !installs.installs_python || about.python.one().is_some() {
        return None;
    }
    let own = || {
        let (distro, release) = about.distro.one().zip(about.release.one())?;
        images::system_python(distro, release).map(str::to_owned)
    };
    let mut minors: Vec<(String, &SystemPart)> = Vec::new();
    let (mut three, mut two) = (None, None);
    for part in installs.system.iter().filter(|part| part.maybe.is_none()) {
        match named(&part.package) {
            Some(Named::Minor(minor)) if minors.iter().all(|(known, _)| *known != minor) => minors.push((minor, part)),
            Some(Named::Own) => three = three.or(Some(part)),
            Some(Named::Two) => two = two.or(Some(part)),
            _ => {}
        }
    }
    let (version, part) = match (minors.as_slice(), three) {
        ([(minor, part)], None) if bare => (minor.clone(), *part),
        ([(minor, part)], Some(_)) if bare && own().as_ref() == Some(minor) => (minor.clone(), *part),
        ([], Some(part)) if bare => (own()?, part),
        ([], None) if bare => (has_two(about).then(|| "2.7".to_owned())?, two?),
        (minors, _) => {
            let mut used = minors.iter().filter(|(minor, _)| is_named(minor, commands));
            used.next().filter(|_| used.next().is_none()).map(|(minor, part)| (minor.clone(), *part))?
        }
    };
    Some(RuntimePart {
        tool: "python",
        version: Known::One(version),
        declared_in: OF_SYSTEM,
        origin: Origin::set(part.span),
        certainty: Certainty::Stated,
    })
}

/// Whether a release calls Python 2 `python`.
fn has_two(about: &Image) -> bool {
    let Some((distro, release)) = about.distro.one().zip(about.release.one()) else { return false };
    // The first releases without it: Debian 11, Ubuntu 20.04, Alpine 3.12, CentOS 8.
    let first = match distro.as_str() {
        "debian" => [11, 0],
        "ubuntu" => [20, 4],
        "alpine" => [3, 12],
        "centos" => [8, 0],
        _ => return false,
    };
    let mut parts = release.split('.').map(|part| part.parse::<u32>().ok());
    let major = parts.next().flatten();
    major.is_some_and(|major| [major, parts.next().flatten().unwrap_or(0)] < first)
}

#[cfg(test)]
mod tests {
    use crate::discover::{Config, Overlay, Tree};
    use crate::links::Repository;
    use crate::model::{Dimension, Known, Value};

    /// The Python of a production image.
    fn python(dockerfile: &str) -> Option<String> {
        let compose =
            "services:\n  web:\n    build: .\n    command: gunicorn a:a\n    environment: {ENV: production}\n";
        let files = [("compose.prod.yaml", compose), ("Dockerfile", dockerfile), ("a.py", "a = 1\n")];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let plan = crate::environments::infer(&repository, &Config::default(), true);
        let model = crate::resolve::resolve(&repository, plan, &Config::default(), "2026-01-01");
        let ours = |fact: &&crate::model::Fact| fact.id.dimension == Dimension::Runtime && fact.id.key == "python";
        match model.facts.iter().find(ours).and_then(|fact| fact.get("version")).map(|attr| &attr.value) {
            Some(Known::One(value)) => value_text(value),
            _ => None,
        }
    }

    fn value_text(value: &Value) -> Option<String> {
        value.as_text().map(str::to_owned)
    }

    #[test]
    fn the_python_of_the_distribution_is_known_by_its_package() {
        for (dockerfile, version) in [
            ("FROM ubuntu:22.04\nRUN apt-get install -y python3-pip\n", Some("3.10")),
            ("FROM ubuntu:18.04\nRUN apt-get install -y python3-venv python3.8 && python3.8 -m venv /v\n", Some("3.8")),
            ("FROM ubuntu:18.04\nRUN apt-get install -y python3-venv python3.8\n", None),
            (
                "FROM ubuntu:22.04\nRUN apt-get install -y python3.11 python3-pip\n\
                 RUN ln -fs /usr/bin/python3.11 /usr/bin/python3\n",
                Some("3.11"),
            ),
            ("FROM almalinux:9\nRUN dnf install -y python39 python39-devel\n", Some("3.9")),
            ("FROM quay.io/centos/centos:stream9\nRUN dnf install -y python3.12\n", Some("3.12")),
            ("FROM registry.access.redhat.com/ubi9/ubi-minimal:9.4\nRUN microdnf install -y python3\n", Some("3.9")),
            ("FROM cgr.dev/chainguard/wolfi-base\nRUN apk add python-3.13 py3.13-pip\n", Some("3.13")),
            ("FROM alpine:3.9\nRUN apk add python-dev\n", Some("2.7")),
            ("FROM alpine:3.19\nRUN apk add python-dev\n", None),
            ("FROM acme/base:1\nRUN apt-get install -y python3.12\n", None),
            ("FROM acme/base:1\nRUN apt-get install -y python3.12 && python3.12 -m venv /v\n", Some("3.12")),
            ("FROM debian:12\nRUN uv venv --python 3.13 /v\n", Some("3.13")),
            ("FROM debian:12\nRUN uv venv -p 3.13 /v && uv venv -p 3.12\n", None),
            ("FROM python:3.12-slim\nARG V\nRUN uv venv -p $V\n", Some("3.12")),
        ] {
            assert_eq!(python(dockerfile).as_deref(), version, "{dockerfile}");
        }
    }
}
