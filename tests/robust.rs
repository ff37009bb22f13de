//! Broken files never break the program.

use std::collections::BTreeMap;

use paritylint::{Options, audit};

use crate::fixtures::{cases, files_of};
use crate::support::{deep, files, read_dir, root, tree_of};

/// A tree: path to bytes.
type Files = BTreeMap<String, Vec<u8>>;

fn survives(all: &Files) {
    let tree = tree_of(all.clone());
    let config = paritylint::discover::Config::default();
    let _ = audit(&tree, &config, &Options::default());
}

/// The trees of all fixtures, each with the paths that are its own: projects whole, cases without their base.
fn trees() -> Vec<(Files, Vec<String>)> {
    let projects = read_dir(&root().join("fixtures/projects")).into_iter().filter(|path| path.is_dir());
    let whole = projects.map(|folder| files(&folder)).map(|all| (all.clone(), all.into_keys().collect()));
    let own = cases().into_iter().map(|case| (files_of(&case), files(&case.folder).into_keys().collect()));
    whole.chain(own).collect()
}

/// Audits every tree with one of its files broken in each way that `ways` gives.
fn break_every_file(ways: fn(&[u8]) -> Vec<Vec<u8>>) {
    deep(move || {
        for (all, own) in trees() {
            for path in own.iter().filter(|path| all.contains_key(*path)) {
                for bytes in ways(&all[path]) {
                    let mut broken = all.clone();
                    broken.insert(path.clone(), bytes);
                    survives(&broken);
                }
            }
        }
    });
}

#[test]
fn truncated_files_are_survived() {
    break_every_file(|bytes| {
        let cuts = (1..8).map(|part| bytes.len() * part / 8).chain([bytes.len().saturating_sub(2)]);
        cuts.map(|cut| bytes[..cut].to_vec()).collect()
    });
}

#[test]
fn files_without_a_line_are_survived() {
    break_every_file(|bytes| {
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let without = |gone: usize| lines.iter().enumerate().filter(move |(at, _)| *at != gone).map(|(_, line)| *line);
        (0..lines.len()).map(|gone| without(gone).flatten().copied().collect()).collect()
    });
}

#[test]
fn hostile_texts_are_survived() {
    deep(|| {
        let deep_yaml = "- ".repeat(20_000);
        let deep_shell = format!("FROM a\nRUN {}", "( ".repeat(20_000));
        let deep_python = format!("A = {}", "[".repeat(20_000));
        let line = |n: usize| format!("a{n}: &a{n} [{}]\n", format!("*a{}, ", n.saturating_sub(1)).repeat(9));
        let bomb = (0..30).fold(String::new(), |text, n| text + &line(n));
        for (path, text) in [
            ("compose.yaml", deep_yaml.as_str()),
            ("compose.yml", bomb.as_str()),
            (".github/workflows/x.yml", deep_yaml.as_str()),
            ("Dockerfile", deep_shell.as_str()),
            ("shop/settings.py", deep_python.as_str()),
            ("requirements.txt", "-r requirements.txt\n"),
            ("Dockerfile", "FROM \u{feff}\u{0301}é AS é\nENV é='\u{2028}\n"),
        ] {
            let mut all = Files::new();
            all.insert("Procfile".to_owned(), b"web: gunicorn shop.wsgi".to_vec());
            all.insert(path.to_owned(), text.as_bytes().to_vec());
            survives(&all);
        }
    });
}
