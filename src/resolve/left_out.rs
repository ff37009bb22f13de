//! Files of variables that the image of a component does not bring: its program reads none of them.

use std::collections::BTreeSet;

use super::part::Part;
use crate::discover::{Tree, paths};
use crate::links::ignored::Ignored;
use crate::model::FileId;

/// The files that settings could read and that are not where the part runs.
pub(super) fn of(tree: &Tree, part: &Part<'_>) -> BTreeSet<FileId> {
    let image = part.image.as_ref().and_then(|image| Some((image, image.dockerfile?)));
    let (Some((image, dockerfile)), Some(container)) = (image, part.container.as_ref()) else {
        return BTreeSet::new();
    };
    let ignored = Ignored::of(tree, dockerfile, image.context.as_deref().unwrap_or_default());
    let files = tree.files().filter(|(_, path)| is_read(paths::name(path)));
    files.filter(|(file, path)| container.leaves_out(*file, ignored.holds(path))).map(|(file, _)| file).collect()
}

/// Whether settings read variables from files of such a name.
pub(super) fn is_read(name: &str) -> bool {
    name == ".env" || name.starts_with(".env.") || [".env", ".ini", ".cfg"].iter().any(|end| name.ends_with(end))
}
