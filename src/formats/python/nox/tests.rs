use super::*;
use crate::discover::source::Overlay;

#[test]
fn sessions_say_what_they_install_and_run() {
    let text = r#"
import nox
from nox import session
nox.options.sessions = ["tests", "lint-3.12"]
PY = ["3.11", "3.12"]
REQ = "req.txt"
BASE = ("a", "b")
TWICE = "x"
TWICE = "y"

@nox.session(python=PY, tags=["t"])
@nox.parametrize("django", ["4.2", "5.0"])
def tests(session, django):
    session.install("-r", f"{REQ}", *BASE, TWICE)
    session.install(f"django=={django}")
    if session.posargs:
        session.run("extra")
    session.run("pytest", *session.posargs, env={"A": "1", "B": django}, external=True)

@session(name="lint", python="3.12", default=False)
def lint_it(sess):
    with sess.chdir("x"):
        sess.run("ruff", *unknown())
    def inner():
        sess.run("never")

@nox.session(python="3.9", venv_backend="none")
def up(session: nox.Session) -> None:
    session.run("docker", "compose", "up", "-d")

def helper(session):
    session.run("no")
"#;
    let tree = Tree::open(Box::new(Overlay::of([("noxfile.py", text)]))).unwrap_or_else(|_| unreachable!());
    let nox = noxfile(&tree, FileId(0));
    let names: Vec<_> = nox.sessions.iter().map(|session| session.name.value.as_str()).collect();
    assert_eq!(names, ["tests", "lint", "up"]);
    assert_eq!(nox.default_sessions().len(), 2);
    assert_eq!((nox.named("tests-3.11").count(), nox.named("tests-3.9").count()), (1, 0));
    let tests = &nox.sessions[0];
    assert_eq!(tests.parameters[0].1.as_ref().map(Vec::len), Some(2));
    let words: Vec<Vec<&str>> = tests
        .calls
        .iter()
        .map(|call| call.words.iter().map(|(word, _)| word.as_deref().unwrap_or("?")).collect())
        .collect();
    assert_eq!(words, [vec!["-r", "req.txt", "a", "b", "?"], vec!["?"], vec!["extra"], vec!["pytest"]]);
    assert_eq!(tests.calls.iter().map(|call| call.maybe).collect::<Vec<_>>(), [false, false, true, false]);
    assert_eq!(tests.calls[3].env.keys().collect::<Vec<_>>(), ["A"]);
    assert_eq!(&text[tests.calls[3].words[0].1.range()], "\"pytest\"");
    assert_eq!(nox.sessions[1].calls.len(), 1);
    assert!(!nox.sessions[1].default && nox.sessions[2].pythons.as_ref().is_some_and(Vec::is_empty));
}

#[test]
fn functions_that_get_the_session_are_followed() {
    let text = r#"
import nox
EXTRA = "x"

def sync(s, EXTRA):
    s.run("uv", "sync", EXTRA)
    loop(s)

def loop(session):
    loop(session)
    session.install("a")

@nox.session
def tests(session):
    if session.posargs:
        sync(session, "--frozen")
    lint(session)
    other(1)

@nox.session
def lint(session):
    session.run("ruff", EXTRA)
"#;
    let tree = Tree::open(Box::new(Overlay::of([("noxfile.py", text)]))).unwrap_or_else(|_| unreachable!());
    let nox = noxfile(&tree, FileId(0));
    let shown = |call: &SessionCall| {
        let words: Vec<&str> = call.words.iter().map(|(word, _)| word.as_deref().unwrap_or("?")).collect();
        format!("{}{}", if call.maybe { "?" } else { "" }, words.join(" "))
    };
    let calls: Vec<String> = nox.sessions[0].calls.iter().map(shown).collect();
    assert_eq!(calls, ["?uv sync ?", "?a", "ruff x"]);
}
