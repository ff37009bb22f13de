//! Broken files never break the program.

use paritylint::{Options, audit};

use crate::support::{deep, files, root, tree_of};

fn survives(all: &std::collections::BTreeMap<String, Vec<u8>>) {
    let tree = tree_of(all.clone());
    let config = paritylint::discover::Config::default();
    let _ = audit(&tree, &config, &Options::default());
}

#[test]
fn truncated_files_are_survived() {
    deep(|| {
        for project in ["a-two-images", "b-promotion", "d-flask-sqlite"] {
            let all = files(&root().join("fixtures/projects").join(project));
            for (path, bytes) in &all {
                for cut in [bytes.len() / 4, bytes.len() / 2, bytes.len() * 3 / 4, bytes.len().saturating_sub(2)] {
                    let mut broken = all.clone();
                    broken.insert(path.clone(), bytes[..cut].to_vec());
                    survives(&broken);
                }
            }
        }
    });
}

#[test]
fn files_without_a_line_are_survived() {
    deep(|| {
        for project in ["a-two-images", "d-flask-sqlite"] {
            let all = files(&root().join("fixtures/projects").join(project));
            for (path, bytes) in &all {
                let text = String::from_utf8(bytes.clone()).unwrap();
                for drop in 0..text.lines().count() {
                    let kept: Vec<&str> =
                        text.lines().enumerate().filter(|(at, _)| *at != drop).map(|(_, line)| line).collect();
                    let mut broken = all.clone();
                    broken.insert(path.clone(), kept.join("\n").into_bytes());
                    survives(&broken);
                }
            }
        }
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
            let mut all = std::collections::BTreeMap::new();
            all.insert("Procfile".to_owned(), b"web: gunicorn shop.wsgi".to_vec());
            all.insert(path.to_owned(), text.as_bytes().to_vec());
            survives(&all);
        }
    });
}
