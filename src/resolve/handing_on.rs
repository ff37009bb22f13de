//! Entry points that only prepare and then start what they are handed: a program in Python that replaces itself by its
//! arguments, or a script that no file of the repository is.

use crate::formats::shell::{Executed, Files, Word};
use crate::links::{Container, Meaning, meaning};
use crate::model::Known;

/// Where the words begin that an entry point hands on to be run; none where the first words are the program itself.
pub(super) fn behind(words: &[Word], container: &Container<'_>) -> Option<usize> {
    let texts: Vec<String> =
        words.iter().map(|word| word.text.one().cloned().unwrap_or_else(|| word.written().to_owned())).collect();
    // What the entry point is has to be known.
    let unclear = words.iter().take(2).any(|word| word.text.one().is_none());
    if unclear || !matches!(meaning::of(&texts), Meaning::Runs(_) | Meaning::Other) {
        return None;
    }
    by_python(&texts, container).or_else(|| unread(&texts, container))
}

/// A program in Python that calls its own arguments: `os.execvp(sys.argv[1], sys.argv[1:])`.
fn by_python(texts: &[String], container: &Container<'_>) -> Option<usize> {
    let first = texts.first()?;
    let flags = texts.iter().skip(1).take_while(|word| word.starts_with('-') && *word != "-m").count();
    let at = if meaning::is_python(first) { 1 + flags } else { 0 };
    let script = texts.get(at).filter(|script| script.ends_with(".py"))?;
    texts.get(at + 1).filter(|word| !word.starts_with('-'))?;
    let Some((_, text)) = container.script(script) else {
        let rest = texts.get(at + 1..)?;
        return (at > 0 && is_server(rest)).then_some(at + 1);
    };
    let hands = text.contains("os.exec") && text.contains("argv[1");
    let calls = text.contains("subprocess.") && text.contains("(sys.argv[1:]");
    (hands || calls).then_some(at + 1)
}

/// A script that is not in the repository, before the words of a server or a script that is.
fn unread(texts: &[String], container: &Container<'_>) -> Option<usize> {
    let first = texts.first()?;
    let is_script = first.ends_with(".sh") || first.contains('/');
    let unknown = || container.script(first).or_else(|| container.command(first)).is_none();
    if !is_script || !unknown() {
        return None;
    }
    let rest = texts.get(1..).filter(|rest| !rest.is_empty())?;
    // What waits for others, or is called an entry point, has nothing else to do with another script.
    let prepares = || ["wait", "entrypoint", "entry-point"].iter().any(|word| first.contains(word));
    let ours = || rest[0].ends_with(".sh") && container.script(&rest[0]).is_some();
    (is_server(rest) || prepares() && ours()).then_some(1)
}

/// Leaves out what a variable puts before a server, which nothing here sets: what wraps that, if anything
/// (`$WRAPPER gunicorn shop.wsgi`).
pub(super) fn unwrap(executed: &mut Executed) {
    let unset = |word: &Word| matches!(word.text, Known::Unknown(_)) && word.written().starts_with('$');
    let ahead = executed.argv.iter().take_while(|word| unset(word)).count();
    let texts: Option<Vec<String>> =
        executed.argv.iter().skip(ahead).take(1).map(|word| word.text.one().cloned()).collect();
    if ahead == 0 || texts.is_none_or(|first| first.is_empty()) {
        return;
    }
    let rest: Vec<String> = executed.argv.iter().skip(ahead).map(|word| word.written().to_owned()).collect();
    if is_server(&rest) {
        executed.argv.drain(..ahead);
    }
}

/// Whether words start what stays.
fn is_server(words: &[String]) -> bool {
    matches!(meaning::of(words), Meaning::Serves(found) if !matches!(found.kind, "oneshot" | "registration"))
}
