//! Names of variables that files which are not read give values to: inventories, specifications of hosts, templates of
//! services, parameters of whatever deploys the application.
//!
//! Such a file is no proof of a value. It is proof enough that the value in the code is only a default.

use std::collections::BTreeMap;

use super::charts::is_variable;
use crate::discover::aside::is_aside;
use crate::discover::classify::classify;
use crate::discover::{Tree, paths};
use crate::formats::small::lines;
use crate::knowledge::environments::{WordClass, tokens};
use crate::model::{FileId, Role, Span};

/// How the names of files end that configure something.
const ENDINGS: [&str; 14] = [
    ".yml", ".yaml", ".json", ".j2", ".jinja", ".jinja2", ".tpl", ".tmpl", ".erb", ".conf", ".ps1", ".nomad", ".nix",
    ".params",
];
/// Files above this many bytes hold data.
const MOST: usize = 100_000;
/// Keys whose value is the name of a variable.
const KEYS: [&str; 6] = ["envvar", "env_var", "key", "name", "parameterkey", "variable"];

/// Adds the names, each with the first place.
pub(super) fn variables(tree: &Tree, found: &mut BTreeMap<String, Span>) {
    for (file, _) in tree.files().filter(|(_, path)| configures(path)) {
        let Ok(text) = tree.text(file) else { continue };
        if text.len() <= MOST {
            of_text(file, text, found);
        }
    }
}

/// Whether a path is one of a file that configures what is deployed, and that nothing else reads.
fn configures(path: &str) -> bool {
    let ends = ENDINGS.iter().any(|end| path.ends_with(end));
    let spared = |class: &WordClass| match class {
        WordClass::Role(role) => matches!(role, Role::Development | Role::Test),
        class => *class == WordClass::Template,
    };
    ends && !is_of_a_workplace(path)
        && classify(path).is_none()
        && !is_aside(path)
        && !tokens(path).iter().any(|(_, class)| spared(class))
}

/// Whether a file is read by an editor or a runner of tasks: what it sets, it sets where the program is worked on.
fn is_of_a_workplace(path: &str) -> bool {
    let editor = |part: &str| [".vscode", ".idea", ".devcontainer", ".zed", ".fleet", ".gitpod"].contains(&part);
    let name = paths::name(path).to_ascii_lowercase();
    path.split('/').any(editor) || name.starts_with("taskfile.") || name.starts_with(".gitpod.")
}

fn of_text(file: FileId, text: &str, found: &mut BTreeMap<String, Span>) {
    for (start, line) in lines(text) {
        let trimmed = line.trim_start();
        if trimmed.starts_with(['#', ';']) || trimmed.starts_with("//") {
            continue;
        }
        // The entries of a mapping may stand on one line.
        for piece in trimmed.split(['{', '}', ',']) {
            if let Some(name) = set_by(piece) {
                found.entry(name.to_owned()).or_insert_with(|| Span::new(file, start, start + line.trim_end().len()));
            }
        }
    }
}

/// The variable that `NAME: value`, `NAME=value`, `export NAME=value` or `name: NAME` sets.
fn set_by(piece: &str) -> Option<&str> {
    let (key, value) = piece.split_once([':', '='])?;
    let marks = ['"', '\'', ' ', '\t', '-'];
    let key = key.trim_matches(marks);
    let key = key.strip_prefix("export ").unwrap_or(key);
    let value = value.trim_matches(marks);
    if is_variable(key) {
        return (!value.is_empty()).then_some(key);
    }
    (KEYS.contains(&key.to_ascii_lowercase().as_str()) && is_variable(value)).then_some(value)
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::links::Repository;

    fn named(path: &str, text: &str) -> String {
        let tree = Tree::open(Box::new(Overlay::of([(path, text)]))).unwrap();
        Repository::read(&tree).handed.keys().cloned().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_an_editor_starts_is_not_what_is_deployed() {
        let launch = "{\"env\": {\"PRODUCTION\": \"False\"}}\n";
        assert_eq!(named(".vscode/launch.json", launch), "");
        assert_eq!(named("Taskfile.yml", "env:\n  PRODUCTION: false\n"), "");
        assert_eq!(named("ops/launch.json", launch), "PRODUCTION");
    }

    #[test]
    fn a_file_that_nothing_reads_names_what_it_sets() {
        assert_eq!(
            named("ops/host.yml", "env:\n  SECRET_KEY: x\n  - name: DB_HOST\n    value: y\n"),
            "DB_HOST SECRET_KEY"
        );
        assert_eq!(named("ops/unit.j2", "export MODE=live\n# OTHER=1\nKEY=\n"), "MODE");
        assert_eq!(
            named("ops/host.json", "{\"envs\": [{\"key\": \"HOST_NAME\", \"value\": 1}], \"A_B\": \"c\"}"),
            "A_B HOST_NAME"
        );
        assert_eq!(named("ops/app.yml", "level: DEBUG\nlabel: OTHER\n"), "");
    }

    #[test]
    fn files_of_developers_tests_and_samples_set_nothing_that_is_deployed() {
        for path in ["ops/dev.yml", "ops/test/vars.yml", "ops/host.example.yml", "docs/host.yml", "notes.txt"] {
            assert_eq!(named(path, "SECRET_KEY: x\n"), "", "{path}");
        }
    }
}
