//! Which environment the others are compared with.

use std::collections::BTreeMap;

use crate::model::{Environment, Role};

/// The roles by which environments are references, the first first.
pub const ORDER: [Role; 4] = [Role::Production, Role::Staging, Role::Development, Role::Test];

/// The environments of one project that others are compared with: those of the highest role present, or the one named.
pub fn references<'e>(environments: &'e [Environment], project: &str, named: Option<&str>) -> Vec<&'e Environment> {
    let ours = || environments.iter().filter(|environment| environment.project == project);
    if let Some(named) = named {
        return ours().filter(|environment| environment.name == named).collect();
    }
    for role in ORDER {
        let found: Vec<&Environment> = ours().filter(|environment| environment.role == role).collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// The first reference of every project, for headlines.
pub fn names(environments: &[Environment], named: Option<&str>) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for environment in environments {
        let project = &environment.project;
        if let Some(first) = references(environments, project, named).first() {
            names.entry(project.clone()).or_insert_with(|| first.name.clone());
        }
    }
    names
}
