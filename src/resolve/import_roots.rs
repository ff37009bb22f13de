//! Where the imports of the settings start.

use super::components::Context;
use super::part::Part;
use crate::discover::Kind;
use crate::environments::SettingsChoice;
use crate::environments::settings::Module;
use crate::formats::python::Brought;

/// Where imports start: the folders at the working directory, the module's own root, the repository.
pub(super) fn roots(
    context: &Context<'_, '_>,
    part: Option<&Part<'_>>,
    modules: &[Module],
    choice: &SettingsChoice,
    brought: &Brought,
) -> Vec<String> {
    let mut roots: Vec<String> = Vec::new();
    let mut add = |root: String| {
        if !roots.contains(&root) {
            roots.push(root);
        }
    };
    if let Some(container) = part.and_then(|part| part.container.as_ref()) {
        for folder in container.work_folders() {
            add(folder);
        }
    }
    for module in modules.iter().filter(|module| module.name == choice.module) {
        add(module.root.clone());
    }
    let path = format!("{}.py", choice.module.replace('.', "/"));
    let files = context.repository.of(Kind::Python).iter().map(|file| context.repository.tree.path(*file));
    for candidate in files.chain(brought.standing_in.keys().map(String::as_str)) {
        if let Some(root) = candidate.strip_suffix(&path).filter(|root| root.is_empty() || root.ends_with('/')) {
            add(root.trim_end_matches('/').to_owned());
        }
    }
    add(String::new());
    add("src".to_owned());
    roots
}
