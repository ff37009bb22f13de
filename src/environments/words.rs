//! What names say about environments.

use crate::knowledge::environments::{Selector, WordClass, class_of_word, selector, tokens};
use crate::model::Role;

/// What the words of a path say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Naming {
    /// The role, and the word that says it.
    pub role: Option<(Role, String)>,
    /// Documentation: its values are placeholders.
    pub template: bool,
    /// Used for building images only.
    pub build: bool,
    /// A variant of the product, by this word.
    pub variant: Option<String>,
    /// A base that others build on.
    pub shared: bool,
}

/// Reads a path. Of several environment words the last one wins, the file's own name before its folders.
pub fn naming(path: &str) -> Naming {
    let mut naming = Naming::default();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    // A folder for deploying holds the files of every environment.
    let of_folders = tokens(folder).into_iter().filter(|(_, class)| *class != WordClass::Platform);
    for (word, class) in of_folders.chain(tokens(name)) {
        match class {
            WordClass::Role(_) if word == "override" && naming.role.is_some() => {}
            WordClass::Role(role) => naming.role = Some((role, word)),
            WordClass::Platform => naming.role = naming.role.or(Some((Role::Production, word))),
            WordClass::Template => naming.template = true,
            WordClass::Build => naming.build = true,
            WordClass::Variant => naming.variant = Some(word),
            WordClass::Shared => naming.shared = true,
        }
    }
    naming
}

/// Where a file's name speaks of tests or a developer's machine and of production, it tries production's images there.
pub(super) fn mixed(mut naming: Naming, stem: &str) -> Naming {
    let roles: Vec<(Role, String)> = stem
        .split(['.', '-', '_'])
        .filter_map(|word| match class_of_word(word) {
            Some(WordClass::Role(role)) => Some((role, word.to_owned())),
            _ => None,
        })
        .collect();
    let of = |wanted: Role| roles.iter().find(|(role, word)| *role == wanted && word != "override").cloned();
    if of(Role::Production).is_some() {
        naming.role = of(Role::Test).or_else(|| of(Role::Development)).or(naming.role);
    }
    naming
}

/// The role that a selector's value names: `config.settings.production`, `prod`, `TestingConfig`.
pub fn role_of_value(value: &str) -> Option<(Role, String)> {
    if value.contains('/') || value.contains(char::is_whitespace) {
        return None;
    }
    let last = value.rsplit(['.', ':', '/']).next().unwrap_or(value);
    let spaced = split_camel(last);
    naming(&format!("{spaced}.x")).role.or_else(|| naming(&format!("{}.x", split_camel(value))).role)
}

/// `ProductionConfig` as `production-config`.
pub fn split_camel(name: &str) -> String {
    let mut out = String::new();
    let mut lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && lower {
            out.push('-');
        }
        lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// The role that a variable names by its value, if the variable selects environments.
pub fn selected(name: &str, value: &str) -> Option<(Role, String)> {
    (selector(name) == Some(Selector::Named)).then(|| role_of_value(value)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_modules_name_roles() {
        assert_eq!(role_of_value("ProductionConfig").map(|(role, _)| role), Some(Role::Production));
        assert_eq!(role_of_value("config.settings.staging").map(|(role, _)| role), Some(Role::Staging));
        assert_eq!(role_of_value("shop.settings"), None);
        assert_eq!(role_of_value("shop.settings.heroku").map(|(role, _)| role), Some(Role::Production));
        assert_eq!(role_of_value("staging-aws-deploy").map(|(role, _)| role), Some(Role::Staging));
        assert_eq!(naming("deploy/docker/docker-compose.yml").role, None, "a folder for deploying holds all");
        assert_eq!(naming("aws/docker-compose.dev.yml").role.map(|(role, _)| role), Some(Role::Development));
    }
}
