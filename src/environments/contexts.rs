//! The folder that an image is built from.

use std::collections::BTreeMap;

use super::images::of_file;
use super::plan::ImageBuild;
use crate::discover::paths;
use crate::formats::dockerfile;
use crate::links::container::glob;
use crate::links::{Meaning, Repository};
use crate::model::FileId;

/// The folder a Dockerfile is built from: what a call says, else the folder that its COPY sources exist in.
pub fn context_of(repository: &Repository<'_>, file: FileId) -> String {
    let path = repository.tree.path(file);
    let own = paths::parent(path).to_owned();
    for call in &repository.calls {
        let Meaning::Builds(build) = &call.meaning else { continue };
        let context = paths::join(&call.folder, &build.context).unwrap_or_default();
        let named = build
            .dockerfile
            .clone()
            .map_or_else(|| paths::join(&context, "Dockerfile"), |name| paths::join(&call.folder, &name));
        if named.as_deref() == Some(path) {
            return context;
        }
    }
    if own.is_empty() || sources_exist(repository, file, &own) {
        return own;
    }
    let mut folder = own.as_str();
    while !folder.is_empty() {
        folder = paths::parent(folder);
        if sources_exist(repository, file, folder) {
            return folder.to_owned();
        }
    }
    own
}

/// Whether a pattern of a source matches any file.
fn matches_one(repository: &Repository<'_>, folder: &str, pattern: &str) -> bool {
    let Some(whole) = paths::join(folder, pattern) else { return false };
    let (above, name) = (paths::parent(&whole), paths::name(&whole));
    // A pattern for folders is not followed.
    above.contains(['*', '?'])
        || repository.tree.under(above).any(|(_, path)| {
            let rest = path.strip_prefix(above).unwrap_or_default().trim_start_matches('/');
            glob(name, rest.split('/').next().unwrap_or(rest))
        })
}

fn sources_exist(repository: &Repository<'_>, file: FileId, folder: &str) -> bool {
    let image =
        ImageBuild { dockerfile: file, context: folder.into(), target: None, args: BTreeMap::new(), span: None };
    let Some(build) = of_file(repository, &image, Vec::new()) else { return false };
    let steps = build.stages.iter().flat_map(|stage| &stage.steps);
    let mut sources = steps.filter_map(|step| match &step.action {
        dockerfile::Action::Copy { from: None, sources, .. } => Some(sources),
        _ => None,
    });
    sources.all(|sources| {
        sources.iter().all(|source| {
            let text = source.value.trim_start_matches('/');
            let bare = text.contains(['[', '$']) || text.contains("://") || text == ".";
            bare || text.contains(['*', '?']) && matches_one(repository, folder, text)
                || paths::join(folder, text)
                    .is_some_and(|path| repository.tree.find(&path).is_some() || repository.tree.is_dir(&path))
        })
    })
}
