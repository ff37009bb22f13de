//! Compose files by what they hold, where their names do not say it.

use crate::discover::{Tree, paths};
use crate::model::FileId;

/// Whether a file's name says that it is a compose file.
fn is_named(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.contains("compose") || paths::name(&path).starts_with("stack.")
}

/// Whether a file that may be a compose file is one: its name says it, or it lists services with images or builds.
pub(super) fn is_compose(tree: &Tree, file: FileId) -> bool {
    is_named(tree.path(file)) || tree.text(file).is_ok_and(holds_services)
}

fn holds_services(text: &str) -> bool {
    let mut within = false;
    for line in text.lines() {
        let inner = line.trim_start();
        if inner.is_empty() || inner.starts_with('#') {
            continue;
        }
        match line.len() - inner.len() {
            0 => within = line.trim_end() == "services:",
            _ if within && ["image:", "build:", "<<: *"].iter().any(|key| inner.starts_with(key)) => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::holds_services;

    #[test]
    fn services_with_images_make_a_compose_file() {
        assert!(holds_services("version: '3'\n\nservices:\n  # ours\n  web:\n    build: .\n"));
        assert!(holds_services("services:\n  db:\n    image: postgres:16\nvolumes:\n  d: {}\n"));
        assert!(holds_services("x-app: &app\n  tty: true\nservices:\n  web:\n    <<: *app\n"), "what a merge brings");
        assert!(!holds_services("services:\n  web:\n    port: 80\n"), "values of a chart");
        assert!(!holds_services("config:\n  services:\n    image: x\n"), "not at the top");
    }
}
