//! Samples of variables files: which document a file, and what stands in for it.

use super::part::Part;
use crate::discover::aside::is_aside;
use crate::discover::{Tree, paths};
use crate::environments::words::naming;
use crate::formats::{World, dotenv};
use crate::model::{Certainty, FileId, Span, StepKind};

/// Whether a variable is written in a file that is itself a sample.
pub(super) fn from_sample(span: Option<Span>, tree: &Tree) -> bool {
    span.is_some_and(|span| naming(paths::name(tree.path(span.file))).template)
}

/// The sample that documents a file of variables: `.env.prod-sample`, `.env.example`, `example.env`.
pub(super) fn template_of(tree: &Tree, path: &str) -> Option<FileId> {
    let (folder, name) = (paths::parent(path), paths::name(path));
    let words = ["example", "sample", "template", "dist", "tpl", "tmpl"];
    let mut names: Vec<String> = words
        .iter()
        .flat_map(|word| [format!("{name}.{word}"), format!("{name}-{word}"), format!("{name}_{word}")])
        .collect();
    let bare = name.trim_start_matches('.');
    names.extend(words.iter().flat_map(|word| {
        [format!("{word}.{bare}"), format!("{bare}.{word}"), format!("{bare}_{word}"), format!(".{word}.{bare}")]
    }));
    // The dot that hides a file is spelled out in the name of its sample: `dotenv-sample`.
    let spelled = name.strip_prefix('.').map(|bare| format!("dot{bare}"));
    names.extend(
        spelled
            .iter()
            .flat_map(|name| words.iter().map(move |word| (name, word)))
            .flat_map(|(name, word)| [format!("{name}.{word}"), format!("{name}-{word}"), format!("{name}_{word}")]),
    );
    // What the documentation offers is copied with the sample at the top.
    let folders = [Some(folder), is_aside(path).then_some("")];
    folders
        .into_iter()
        .flatten()
        .find_map(|folder| names.iter().find_map(|name| tree.find(&paths::join(folder, name)?)))
}

/// A sample's values stand for the file's, as defaults: whoever copies it may change them.
pub(super) fn stand_in(part: &mut Part<'_>, tree: &Tree, sample: FileId, named: Span) {
    let Ok(text) = tree.text(sample) else { return };
    let read = dotenv::parse(sample, text, dotenv::Dialect::Compose, &World::empty());
    for (name, mut var) in dotenv::vars(&read) {
        var.certainty = Certainty::Default { variable: Some(name.clone()) };
        var.origin = var.origin.then(StepKind::Included, named);
        part.providers.insert(name.clone(), "sample");
        part.world.vars_mut().insert(name, var);
    }
}
