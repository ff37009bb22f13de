//! Paths of compose files: relative to a folder of the tree, outside it, or no paths at all.

use super::value::Node;
use crate::model::Known;

/// `path` as seen from `folder`, from the root of the tree; `..` in front leaves it. Absolute paths, those of the home
/// folder and addresses stay as they are. The root itself is `.`.
pub(super) fn locate(folder: &str, path: &str) -> String {
    if is_address(path) || is_drive(path) || path.starts_with("service:") {
        return path.to_owned();
    }
    if let Some(rest) = path.strip_prefix('~') {
        let rest = clean(rest.trim_start_matches('/'));
        return if rest == "." { "~".to_owned() } else { format!("~/{rest}") };
    }
    if path.starts_with('/') {
        return path.to_owned();
    }
    clean(&format!("{folder}/{path}")[usize::from(folder.is_empty())..])
}

/// Whether it is fetched from somewhere.
pub(super) fn is_address(path: &str) -> bool {
    path.contains("://") || ["github.com/", "git@"].iter().any(|prefix| path.starts_with(prefix))
}

fn is_drive(path: &str) -> bool {
    let bytes = path.as_bytes();
    path.starts_with("\\\\")
        || bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && bytes[2] == b'\\'
}

/// Without `.`, doubled slashes and `..` behind a folder.
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// The same, for asking the tree, whose root is `""`.
pub(super) fn in_tree(folder: &str, path: &str) -> String {
    let found = locate(folder, path);
    if found == "." { String::new() } else { found }
}

/// The path that a node states, if it is decided.
pub(super) fn known(node: &Node, folders: &[String]) -> Known<String> {
    let folder = folders.get(node.folder).map_or("", String::as_str);
    match node.scalar() {
        Some(scalar) => scalar.known().map(|path| locate(folder, &path)),
        None => Known::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::locate;

    #[test]
    fn paths_are_from_the_root_of_the_tree() {
        for (folder, path, wanted) in [
            ("", ".", "."),
            ("", "./app/", "app"),
            ("sub", "../x", "x"),
            ("sub", "..", "."),
            ("sub", "../../x", "../x"),
            ("", "/abs/", "/abs/"),
            ("sub", "~/x", "~/x"),
            ("sub", "https://host/repo.git", "https://host/repo.git"),
        ] {
            assert_eq!(locate(folder, path), wanted, "{folder} {path}");
        }
    }
}
