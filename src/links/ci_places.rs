//! Where the files of a CI lie.

use crate::discover::{Tree, paths};
use crate::formats::pipelines::azure;
use crate::model::FileId;

/// Whether a CI finds a file where it looks for it, at the top of the tree or of a template of projects.
pub(super) fn is_at_top(path: &str) -> bool {
    let path = path.split_once('/').filter(|(folder, _)| folder.contains("{{")).map_or(path, |(_, rest)| rest);
    let folder = paths::parent(path);
    folder.is_empty()
        || folder.starts_with(".github/")
        || folder.starts_with(".circleci")
        || folder.starts_with(".gitlab")
}

/// Folders in which pipelines of Azure are kept, which is told where they lie.
pub(super) const OF_AZURE: [&str; 6] =
    ["pipelines", "azure-pipelines", ".azure-pipelines", ".azuredevops", ".pipelines", ".azdo"];

/// Whether a CI is told where a file lies, so that it may be anywhere.
pub(super) fn is_placed(path: &str) -> bool {
    let jenkins = paths::name(path).to_ascii_lowercase().starts_with("jenkinsfile");
    jenkins || OF_AZURE.contains(&path.split('/').next().unwrap_or_default())
}

/// Whether a file that only its folder says is a pipeline is one.
pub(super) fn is_pipeline(tree: &Tree, file: FileId) -> bool {
    let path = tree.path(file);
    let name = paths::name(path).to_ascii_lowercase();
    let by_folder = OF_AZURE.contains(&paths::name(paths::parent(path))) && !name.starts_with("azure-pipelines");
    !by_folder || azure::is_pipeline(tree.text(file).unwrap_or_default())
}
