//! Hatch's environments as `[tool.hatch.envs]` and `hatch.toml` describe them, templates applied.

use std::collections::BTreeMap;

use super::super::data::{self, Node};
use crate::discover::{Tree, paths};
use crate::model::{FileId, Spanned};

/// How long a chain of templates may be.
const MAX_TEMPLATES: usize = 50;

/// The environments of a project.
#[derive(Clone, Default, Debug)]
pub struct Environments {
    tables: BTreeMap<String, Node>,
    /// The file that describes them, if it is another than the manifest.
    pub own_file: Option<FileId>,
}

/// One environment with what its template hands down.
#[derive(Clone, Default, Debug)]
pub struct Environment {
    /// Its name in the file.
    pub name: String,
    /// The rest of the name: the variant of the matrix, as `py3.11-django42`.
    pub variant: Option<String>,
    settings: BTreeMap<String, Node>,
    scripts: BTreeMap<String, Node>,
}

impl Environments {
    /// Those of the project in a folder.
    pub fn of(tree: &Tree, folder: &str) -> Self {
        let read = |name: &str| {
            let file = tree.find(&paths::join(folder, name)?)?;
            Some((file, data::toml(file, tree.text(file).ok()?).0))
        };
        let own = read("hatch.toml").and_then(|(file, node)| Some((Some(file), node.get("envs")?.clone())));
        let shared = || Some((None, read("pyproject.toml")?.1.path(&["tool", "hatch", "envs"])?.clone()));
        let Some((own_file, node)) = own.or_else(shared) else { return Self::default() };
        let tables = node.entries().iter().map(|(name, table)| (name.value.clone(), table.clone()));
        Self { tables: tables.collect(), own_file }
    }

    /// The scripts that environments have of their own: the environment's name and the script's.
    pub fn scripts(&self) -> Vec<(String, String)> {
        let of = |table: &Node| table.get("scripts").map_or(&[][..], Node::entries).to_vec();
        let named = |(name, table): (&String, &Node)| {
            of(table).into_iter().map(|(script, _)| (name.clone(), script.value)).collect::<Vec<_>>()
        };
        self.tables.iter().flat_map(named).collect()
    }

    /// An environment by name, also a variant of its matrix; `None` where Hatch would know none.
    pub fn named(&self, name: &str) -> Option<Environment> {
        let builtin = |name: &str| matches!(name, "default" | "hatch-test");
        let known = |name: &str| self.tables.contains_key(name) || builtin(name);
        let has_matrix =
            |name: &str| name == "hatch-test" || self.tables.get(name).is_some_and(|t| t.get("matrix").is_some());
        let (base, variant) = match name.split_once('.') {
            _ if known(name) => (name, None),
            Some((base, variant)) if known(base) && has_matrix(base) => (base, Some(variant)),
            // Variants of the default environment have no prefix.
            _ if has_matrix("default") => ("default", Some(name)),
            _ => return None,
        };
        let mut out = self.inherited(base, 0)?;
        base.clone_into(&mut out.name);
        out.variant = variant.map(str::to_owned);
        Some(out)
    }

    fn inherited(&self, name: &str, depth: usize) -> Option<Environment> {
        if depth > MAX_TEMPLATES {
            return None;
        }
        let mut out = Environment::default();
        let entries = self.tables.get(name).map_or(&[][..], Node::entries);
        for (key, node) in entries {
            if key.value == "scripts" {
                out.scripts.extend(node.entries().iter().map(|(name, node)| (name.value.clone(), node.clone())));
            } else {
                out.settings.insert(key.value.clone(), node.clone());
            }
        }
        let detached = out.is("detached");
        if let Some(switch) = out.settings.get("detached").filter(|_| detached).cloned() {
            out.settings.insert("skip-install".into(), switch);
        }
        let own = if name.starts_with("hatch-") { name } else { "default" };
        let template = out.settings.get("template").and_then(Node::text).unwrap_or(own).to_owned();
        if detached || template == name {
            return Some(out);
        }
        let above = self.inherited(&template, depth + 1)?;
        let handed =
            above.settings.into_iter().filter(|(key, _)| !matches!(key.as_str(), "matrix" | "detached" | "template"));
        for (key, node) in handed {
            out.settings.entry(key).or_insert(node);
        }
        for (script, node) in above.scripts {
            out.scripts.entry(script).or_insert(node);
        }
        Some(out)
    }
}

impl Environment {
    /// A setting.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.settings.get(key)
    }

    /// Whether a switch is on.
    pub fn is(&self, key: &str) -> bool {
        self.get(key).and_then(Node::bool) == Some(true)
    }

    /// Whether the project is not installed in it.
    pub fn skips_project(&self) -> bool {
        self.is("skip-install")
    }

    /// What Hatch puts in the environment of its commands.
    pub fn variables(&self) -> &[(crate::model::Spanned<String>, Node)] {
        self.get("env-vars").map_or(&[], Node::entries)
    }

    /// The commands of a script; `None` if it has none of that name.
    pub fn script(&self, name: &str) -> Option<Vec<&Node>> {
        let node = self.scripts.get(name)?;
        Some(if node.text().is_some() { vec![node] } else { node.items().iter().collect() })
    }

    /// The interpreters of its matrix, each once.
    pub fn matrix_pythons(&self) -> Vec<Spanned<String>> {
        let rows = self.get("matrix").map_or(&[][..], Node::items);
        let lists = rows.iter().filter_map(|row| row.get("python").or_else(|| row.get("py")));
        let mut found: Vec<Spanned<String>> = Vec::new();
        for version in lists.flat_map(Node::items).filter_map(Node::own_text) {
            if !found.iter().any(|known| known.value == version.value) {
                found.push(version);
            }
        }
        found
    }
}
