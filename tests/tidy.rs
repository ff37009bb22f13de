//! The house rules: layers, lengths, lists.

use crate::support::{files, read_text, root};

/// Lowest first; a file uses only its own layer and those before it.
const LAYERS: [&str; 12] = [
    "model",
    "knowledge",
    "discover",
    "formats",
    "links",
    "environments",
    "resolve",
    "compare",
    "judge",
    "fix",
    "report",
    "cli",
];

fn sources() -> Vec<(String, String)> {
    let all = files(&root().join("src"));
    all.into_iter().map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap())).collect()
}

#[test]
fn layers_look_only_down() {
    let level = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    for (path, text) in sources() {
        let Some(own) = path.split('/').next().and_then(level) else { continue };
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
            for used in line.split("crate::").skip(1) {
                let name: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if let Some(other) = level(&name) {
                    assert!(other <= own, "{path}: {} uses {name}, which is above it", LAYERS[own]);
                }
            }
        }
    }
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let tests = files(&root().join("tests")).into_iter().filter(|(path, _)| path.ends_with(".rs"));
    let tests = tests.map(|(path, bytes)| (format!("tests/{path}"), String::from_utf8(bytes).unwrap()));
    for (path, text) in sources().into_iter().chain(tests) {
        let lines = text.lines().count();
        assert!(lines <= 400, "{path} has {lines} lines");
    }
}

#[test]
fn only_main_prints_and_reads_the_environment() {
    for (path, text) in sources() {
        if path == "main.rs" {
            continue;
        }
        for word in ["std::env", "use std::{env", "println!", "eprintln!", "std::process::exit"] {
            assert!(!text.contains(word), "{path} has {word}");
        }
    }
}

#[test]
fn only_discover_touches_the_disk_besides_inspect() {
    for (path, text) in sources() {
        let may = path.starts_with("discover/") || path.starts_with("report/inspect/") || path.starts_with("cli/");
        assert!(may || !text.contains("std::fs"), "{path} touches the disk");
    }
}

#[test]
fn folders_stand_in_the_map_of_the_library() {
    let map = read_text(&root().join("src/lib.rs"));
    for layer in LAYERS.iter().filter(|layer| root().join("src").join(layer).is_dir()) {
        assert!(map.contains(&format!("[`{layer}`]")), "lib.rs does not explain {layer}");
    }
}

#[test]
fn knowledge_has_sources() {
    for (path, bytes) in files(&root().join("rules/knowledge")) {
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("source"), "{path} names no source");
    }
}

#[test]
fn secrets_have_no_way_out() {
    let text = read_text(&root().join("src/model/secret.rs"));
    for way in ["Display for Secret", "Debug for Secret", "serde", "Debug)]", "-> &str"] {
        assert!(!text.contains(way), "Secret has {way}");
    }
}

#[test]
fn the_top_level_is_as_agreed() {
    let agreed = [
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "action.yml",
        "src",
        "rules",
        "fixtures",
        "tests",
        "target",
    ];
    for entry in crate::support::read_dir(&root()) {
        let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(name.starts_with('.') || agreed.contains(&name.as_str()), "{name} at the top level");
    }
}
