//! Samples of variables files: which document a file, and what stands in for it.

use super::part::Part;
use crate::discover::{Tree, paths};
use crate::environments::samples::template_of;
use crate::environments::words::naming;
use crate::formats::{World, dotenv};
use crate::model::{Certainty, FileId, Origin, Span, StepKind};

/// Whether a variable is written in a file that is itself a sample.
pub(super) fn from_sample(span: Option<Span>, tree: &Tree) -> bool {
    span.is_some_and(|span| naming(paths::name(tree.path(span.file))).template)
}

/// Whether a value lies in a sample that stands for a file of variables; what is copied to where the program reads it is that
/// file.
pub(super) fn is_shown(origin: &Origin, tree: &Tree) -> bool {
    let copied = || origin.steps.iter().any(|step| step.kind == StepKind::CopiedFrom);
    origin.steps.iter().any(|step| from_sample(Some(step.span), tree)) && !copied()
}

/// On a developer's machine the sample of `.env` stands for the file where a guide or a task copies it.
pub(super) fn copied(part: &mut Part<'_>, tree: &Tree, folder: &str) {
    let Some(path) = paths::join(folder, ".env").filter(|path| tree.find(path).is_none()) else { return };
    let Some(sample) = template_of(tree, &path) else { return };
    let Some(line) = copies(tree, sample) else { return };
    let known = part.world.vars().clone();
    let providers = part.providers.clone();
    stand_in(part, tree, sample, line);
    // What is set beside it wins.
    part.world.vars_mut().extend(known);
    part.providers.extend(providers);
}

/// Where a guide or a task copies a sample to `.env` itself.
fn copies(tree: &Tree, sample: FileId) -> Option<Span> {
    let name = paths::name(tree.path(sample));
    let is_file = |word: &str| {
        let word = word.trim_start_matches(['`', '"', '\'']).trim_end_matches(['`', '"', '\'', ',', '.', ';', ')']);
        paths::name(word) == ".env"
    };
    let copies = |line: &str| {
        let mut words = line.split_whitespace();
        let verb = |word: &str| word.trim_start_matches(['`', '$', '-', '@']).to_lowercase();
        let copy = words.any(|word| ["cp", "copy", "mv", "rename", "ln"].contains(&verb(word).as_str()));
        copy && line.contains(name) && line.split_whitespace().any(is_file)
    };
    tree.files().filter(|(_, path)| super::sampled::speaks(path, true) || path.ends_with(".sh")).find_map(
        |(file, _)| {
            let text = tree.text(file).ok().filter(|text| text.contains(name))?;
            let mut at = 0;
            text.split_inclusive('\n').find_map(|line| {
                let start = at;
                at += line.len();
                let end = start + line.trim_end().len();
                copies(line).then(|| Span::new(file, start, end))
            })
        },
    )
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
