//! Sessions of nox: what `nox -s x` comes to.

use super::meaning::{self, Meaning};
use super::runners::{MAX_TARGETS, Piece, values};
use crate::discover::{Tree, paths};
use crate::formats::python::nox::{self, NoxCall};
use crate::formats::shell::{Dialect, HOLE};
use crate::formats::small::quoted;
use crate::formats::{Var, Vars};
use crate::model::{Origin, SpanMap};

/// What the sessions of a call run; none where there is no file of sessions.
pub(super) fn pieces(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Piece>> {
    let own: Vec<&str> = argv.iter().skip(1).map(String::as_str).take_while(|word| *word != "--").collect();
    let given = values(&own, "-f", "--noxfile").pop();
    let path = given.as_deref().unwrap_or("noxfile.py");
    let file = paths::join(folder, path).and_then(|path| tree.find(&path))?;
    let nox = nox::noxfile(tree, file);
    // `-s a b` names several; so do `-e` and the long forms.
    let mut named = Vec::new();
    let mut open = false;
    for word in &own {
        let joined = ["--session=", "--sessions="].iter().find_map(|flag| word.strip_prefix(flag));
        match word {
            _ if joined.is_some() => named.extend(joined),
            word if word.starts_with('-') => {
                open = matches!(*word, "-s" | "-e" | "--session" | "--sessions");
            }
            word if open => named.push(*word),
            _ => {}
        }
    }
    let tags = values(&own, "-t", "--tags");
    let mut sessions: Vec<&nox::Session> = named.iter().flat_map(|name| nox.named(name)).collect();
    if named.is_empty() {
        let tagged = |session: &&nox::Session| tags.iter().any(|tag| session.tags.iter().any(|own| own.value == *tag));
        let all = nox.sessions.iter().filter(tagged);
        sessions = if tags.is_empty() { nox.default_sessions() } else { all.collect() };
    }
    let folder = paths::parent(tree.path(file)).to_owned();
    let mut all = Vec::new();
    for session in sessions.into_iter().take(MAX_TARGETS) {
        for call in &session.calls {
            let before = match call.kind {
                NoxCall::Install => "python -m pip install ",
                NoxCall::Run => "",
                NoxCall::CondaInstall => "conda install --yes ",
                NoxCall::Notify => continue,
            };
            // A word that is no literal is not known.
            let word = |word: &Option<String>| word.as_deref().map_or_else(|| format!("\"{HOLE}\""), quoted);
            let words: Vec<String> = call.words.iter().map(|(text, _)| word(text)).collect();
            let text = format!("{before}{}", words.join(" "));
            let vars: Vars = call
                .env
                .iter()
                .map(|(name, text)| (name.clone(), Var::set(text.value.clone(), Origin::set(text.span))))
                .collect();
            all.push(Piece {
                text,
                map: SpanMap::Whole(call.span),
                folder: folder.clone(),
                vars,
                may_fail: false,
                dialect: Dialect::Github,
            });
        }
    }
    Some(all)
}

/// The commands that install what the session of a call has; none where it names several, or where they are not literal.
pub(super) fn installs(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Vec<String>>> {
    let named = argv.iter().filter(|word| word.contains("-s") || word.contains("--session")).count();
    let mut all = Vec::new();
    for piece in pieces(tree, argv, folder).filter(|_| named == 1)? {
        let words: Vec<String> = piece.text.split_whitespace().map(|word| word.trim_matches('\'').to_owned()).collect();
        if matches!(meaning::of(&words), Meaning::InstallsPython(_)) {
            all.push((!piece.text.contains(HOLE)).then_some(words)?);
        }
    }
    (!all.is_empty()).then_some(all)
}
