//! Names of variables that charts of Helm and templates of OpenShift give to containers.
//!
//! What a chart makes of its values only its templates tell, and those are programs: the names alone are read, from values
//! files (keys in capitals, entries with such a `name`), from the `- name:` lines of templates, and from keys in capitals of the
//! maps that these hold.

use std::collections::{BTreeMap, BTreeSet};

use super::Call;
use super::cluster_templates::{self, Given};
use crate::discover::aside::is_aside;
use crate::discover::{Tree, paths};
use crate::formats::small::lines;
use crate::formats::small::tree::{self, Node};
use crate::knowledge::environments::{Selector, selector};
use crate::model::{FileId, Span, Spanned};

/// The names, each with the first place that gives it.
pub(super) fn variables(tree: &Tree, calls: &[Call]) -> BTreeMap<String, Given> {
    let charts = tree.files().filter(|(_, path)| paths::name(path) == "Chart.yaml" && !is_aside(path));
    let folders: Vec<&str> = charts.map(|(_, path)| paths::parent(path)).collect();
    let mut found = cluster_templates::variables(tree);
    if folders.is_empty() {
        return found;
    }
    let handed = values_of_calls(tree, calls);
    for (file, path) in tree.files() {
        let within =
            |folder: &&str| folder.is_empty() || path.strip_prefix(*folder).is_some_and(|p| p.starts_with('/'));
        let charted = folders.iter().any(within);
        if !charted && !handed.contains(&file) {
            continue;
        }
        let Ok(text) = tree.text(file) else { continue };
        let mut add = |name: Spanned<String>| {
            let given = found.entry(name.value).or_insert(Given { span: name.span, default: None });
            given.default = None;
        };
        let template = charted && (path.contains("/templates/") || path.starts_with("templates/"));
        // What several templates share stands in a file that is no manifest itself.
        if template && (is_yaml(path) || path.ends_with(".tpl")) {
            of_template(file, text).into_iter().for_each(add);
        } else if !template && is_yaml(path) && (handed.contains(&file) || is_values(path)) {
            tree::yaml(file, text).0.iter().for_each(|root| of_values(root, &mut add));
        }
    }
    found
}

/// What templates of charts say in so many words for variables that choose settings, where all that say one say the same.
pub(super) fn chosen(tree: &Tree) -> BTreeMap<String, Spanned<String>> {
    let charts = tree.files().filter(|(_, path)| paths::name(path) == "Chart.yaml" && !is_aside(path));
    let folders: Vec<String> = charts.filter_map(|(_, path)| paths::join(paths::parent(path), "templates")).collect();
    let mut found: BTreeMap<String, Option<Spanned<String>>> = BTreeMap::new();
    for (file, path) in tree.files() {
        let within = |folder: &String| path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let Some(text) = folders.iter().any(within).then(|| tree.text(file).ok()).flatten() else { continue };
        let mut named = None;
        for (start, line) in lines(text) {
            if let Some(name) = named.take() {
                let value = line.trim().strip_prefix("value:").map(|value| value.trim().trim_matches(['"', '\'']));
                let literal = value.filter(|value| !value.is_empty() && !value.contains(['{', '$']));
                let said =
                    literal.map(|value| Spanned::new(value.to_owned(), Span::new(file, start, start + line.len())));
                let known = found.entry(name).or_insert_with(|| said.clone());
                if known.as_ref().map(|known| &known.value) != said.as_ref().map(|said| &said.value) {
                    *known = None;
                }
            }
            let name = line.split_once("- name:").map(|(_, name)| name.trim().trim_matches(['"', '\'']));
            named = name.filter(|name| selector(name) == Some(Selector::Named)).map(str::to_owned);
        }
    }
    found.into_iter().filter_map(|(name, said)| Some((name, said?))).collect()
}

pub(super) fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

/// Whether a file of a chart holds values, by its name or by that of its folder.
fn is_values(path: &str) -> bool {
    paths::name(path).starts_with("values") || paths::name(paths::parent(path)) == "values"
}

/// The values files that calls of Helm are handed, whatever they are called.
fn values_of_calls(tree: &Tree, calls: &[Call]) -> BTreeSet<FileId> {
    let helm = calls.iter().filter(|call| call.argv.iter().any(|word| paths::name(word) == "helm"));
    let handed = helm.flat_map(|call| {
        call.argv.iter().enumerate().filter_map(|(at, word)| {
            let path = match word.strip_prefix("--values=") {
                Some(path) => path,
                None if word == "-f" || word == "--values" => call.argv.get(at + 1)?,
                None => return None,
            };
            tree.find(&paths::join(&call.folder, path)?)
        })
    });
    handed.collect()
}

/// Whether a name is written as those of variables are.
pub(super) fn is_variable(name: &str) -> bool {
    let capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.len() > 2 && name.chars().all(capital) && name.starts_with(|c: char| c.is_ascii_uppercase())
}

fn of_values(node: &Node, add: &mut dyn FnMut(Spanned<String>)) {
    for (name, value) in node.entries() {
        if is_variable(&name.value) {
            add(name.clone());
        }
        of_values(value, add);
    }
    for item in node.items() {
        item.field("name").filter(|name| is_variable(&name.value)).into_iter().for_each(&mut *add);
        of_values(item, add);
    }
}

fn of_template(file: FileId, text: &str) -> Vec<Spanned<String>> {
    let quotes = ['"', '\''];
    let name = |(start, line): (usize, &str)| {
        // A map of configuration has the names for its keys.
        let (before, name) = line.split_once("- name:").or_else(|| Some(("", line.split_once(':')?.0)))?;
        let name = name.trim().trim_matches(quotes);
        let at = Span::new(file, start, start + line.len());
        (before.trim().is_empty() && is_variable(name)).then(|| Spanned::new(name.to_owned(), at))
    };
    lines(text).filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::variables;
    use crate::discover::{Overlay, Tree};
    use crate::links::Repository;

    #[test]
    fn names_come_from_values_and_templates_of_charts() {
        let files = [
            ("deploy/shop/Chart.yaml", "name: shop\n"),
            (
                "deploy/shop/values.yaml",
                "replicas: 2\nenv:\n  SECRET_KEY: {secret: keys}\nextra:\n- {name: SMTP_HOST, value: x}\n",
            ),
            (
                "deploy/shop/templates/web.yaml",
                "env:\n{{- if .Values.db }}\n  - name: DATABASE_URL\n{{- end }}\n  - name: web\n",
            ),
            (
                "deploy/shop/templates/config.yaml",
                "kind: ConfigMap\ndata:\n{{- if .Values.files }}\n  BUCKET_ON: \"true\"\n{{- end }}\n",
            ),
            ("other/values.yaml", "env: {NOT_OURS: 1}\n"),
            ("ops/secret.yaml", "kind: Template\nobjects: [{kind: Secret, stringData: {API_KEY: '${KEY}'}}]\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let names: Vec<_> = variables(&tree, &[]).into_keys().collect();
        assert_eq!(names, ["API_KEY", "BUCKET_ON", "DATABASE_URL", "SECRET_KEY", "SMTP_HOST"]);
    }

    #[test]
    fn what_templates_say_in_so_many_words_chooses_settings_where_they_agree() {
        let read = |more: &str| {
            let env = "env:\n- name: DJANGO_SETTINGS_MODULE\n  value: shop.settings.live\n- name: APP_ENV\n  value: {{ .Values.mode }}\n- name: OTHER\n  value: x\n";
            let files = [
                ("chart/Chart.yaml", "name: shop\n"),
                ("chart/templates/_env.tpl", env),
                ("chart/templates/b.yaml", more),
            ];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            let chosen = Repository::read(&tree).chosen;
            chosen.iter().map(|(name, said)| format!("{name}={}", said.value)).collect::<Vec<_>>()
        };
        assert_eq!(read(""), ["DJANGO_SETTINGS_MODULE=shop.settings.live"]);
        assert!(read("- name: DJANGO_SETTINGS_MODULE\n  value: shop.settings.qa\n").is_empty());
    }

    #[test]
    fn shared_templates_and_values_of_any_name_count_and_folders_of_templates_are_not_aside() {
        let files = [
            ("chart/Chart.yaml", "name: shop\n"),
            ("chart/templates/_shared.tpl", "{{- define \"env\" }}\n- name: SECRET_KEY\n{{- end }}\n"),
            ("chart/templates/NOTES.txt", "- name: NOT_OURS\n"),
            ("chart/values/shop-live.yaml", "env: {SMTP_HOST: x}\n"),
            ("ops/live.yaml", "env: {MAIL_FROM: x}\n"),
            ("ops/other.yaml", "env: {NOT_HANDED: x}\n"),
            ("Makefile", "ship:\n\thelm upgrade shop ./chart -f ops/live.yaml\n"),
            (
                "openshift/templates/web.yaml",
                "kind: Template\nobjects: [{kind: Secret, stringData: {API_KEY: '${KEY}'}}]\n",
            ),
            ("docs/templates/web.yaml", "kind: Template\nobjects: [{kind: Secret, stringData: {DOC_KEY: x}}]\n"),
            (".github/workflows/ship.yml", "on: push\njobs: {deploy: {runs-on: u, steps: [{run: make ship}]}}\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let names: Vec<_> = Repository::read(&tree).charted.keys().cloned().collect();
        assert_eq!(names, ["API_KEY", "MAIL_FROM", "SECRET_KEY", "SMTP_HOST"]);
    }
}
