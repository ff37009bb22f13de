//! Files that are mounted beside the settings of an image and set some of the same names.

use super::components::Context;
use super::part::Part;
use crate::discover::paths;
use crate::formats::python::{Kind, Settings};
use crate::model::{Reason, Span};

/// What such a file sets as well is not known: the program decides which of them it takes.
pub(super) fn forget(context: &Context<'_, '_>, part: Option<&Part<'_>>, settings: &mut Settings) {
    let tree = context.repository.tree;
    let Some(container) = part.and_then(|part| part.container.as_ref()) else { return };
    for file in container.mounted() {
        let path = tree.path(file);
        let is_loaded = settings.files.iter().any(|(loaded, _)| *loaded == file);
        if !path.ends_with(".py") || is_loaded {
            continue;
        }
        let text = tree.text(file).unwrap_or_default();
        for (name, value) in &mut settings.values {
            let sets =
                |line: &str| line.strip_prefix(name.as_str()).is_some_and(|rest| rest.trim_start().starts_with('='));
            if text.lines().any(sets) {
                let why = format!("{}, which is mounted beside the settings, sets it as well", paths::name(path));
                value.kind = Kind::Unknown(Reason::at(why, Span::new(file, 0, 0)));
            }
        }
    }
}
