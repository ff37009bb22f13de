//! Paths of compose files: relative to a folder, outside it, or no paths at all.

use super::interpolate::UNKNOWN;
use super::value::{Data, Node};
use crate::model::Span;

/// `path` as seen from `folder`; `..` in front leaves the tree. Absolute paths and those of the home folder stay as they
/// are. The root itself is `.`, and an empty path is none.
pub(super) fn locate(folder: &str, path: &str) -> String {
    if let Some(rest) = path.strip_prefix('~') {
        let rest = clean(rest.trim_start_matches('/'));
        return if rest == "." { "~".to_owned() } else { format!("~/{rest}") };
    }
    if path.is_empty() || path.starts_with('/') {
        return path.to_owned();
    }
    if folder.is_empty() { clean(path) } else { clean(&format!("{folder}/{path}")) }
}

/// The same for what may be fetched from somewhere.
fn context(folder: &str, path: &str) -> String {
    let remote = ["service:", "github.com/", "git@"].iter().any(|prefix| path.starts_with(prefix));
    if remote || path.contains("://") { path.to_owned() } else { locate(folder, path) }
}

/// The same for a place on the host, which may be one of another system.
fn host(folder: &str, path: &str) -> String {
    if path.is_empty() {
        return clean(if folder.is_empty() { "." } else { folder });
    }
    if is_drive(path) { path.to_owned() } else { locate(folder, path) }
}

fn is_drive(path: &str) -> bool {
    let slash = |byte: Option<&u8>| matches!(byte, Some(b'\\' | b'/'));
    let bytes = path.as_bytes();
    if bytes.get(1) == Some(&b':') {
        return slash(bytes.get(2));
    }
    slash(bytes.first()) && slash(bytes.get(1))
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

/// How one folder is reached from another.
pub(super) fn relative(from: &str, to: &str) -> String {
    let parts = |path: &str| -> Vec<String> {
        clean(path).split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect()
    };
    if to.starts_with(['/', '~']) {
        return to.to_owned();
    }
    let (from, to) = (parts(from), parts(to));
    let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - same).map(str::to_owned);
    let all: Vec<String> = up.chain(to[same..].iter().cloned()).collect();
    if all.is_empty() { ".".to_owned() } else { all.join("/") }
}

/// Makes the paths of a model relative to where `folder` is; gives what Compose refuses.
pub(super) fn resolve(root: &mut Node, folder: &str) -> Vec<(Span, String)> {
    let mut errors = Vec::new();
    for (_, service) in root.get_mut("services").map(Node::entries_mut).unwrap_or_default() {
        for (key, node) in service.entries_mut() {
            of_service(&key.value, node, folder, &mut errors);
        }
    }
    errors
}

fn change(node: Option<&mut Node>, folder: &str, locate: fn(&str, &str) -> String) {
    if let Some(Data::Scalar(scalar)) = node.map(|node| &mut node.data)
        && scalar.unknown.is_none()
        && !scalar.text.contains(UNKNOWN)
    {
        scalar.text = locate(folder, &scalar.text);
    }
}

fn of_service(key: &str, node: &mut Node, folder: &str, errors: &mut Vec<(Span, String)>) {
    let items = |node: &mut Node| -> Vec<Node> {
        if let Data::Seq(items) = &mut node.data { std::mem::take(items) } else { Vec::new() }
    };
    match key {
        "build" => {
            change(node.get_mut("context"), folder, context);
            for (key, value) in node.get_mut("additional_contexts").map(Node::entries_mut).unwrap_or_default() {
                if value.text().is_none() {
                    errors.push((key.span, format!("the context {} is not a text", key.value)));
                }
                change(Some(value), folder, context);
            }
        }
        "extends" => change(node.get_mut("file"), folder, locate),
        "env_file" if matches!(node.data, Data::Seq(_)) => {
            let mut files = items(node);
            for file in &mut files {
                change(file.get_mut("path"), folder, locate);
            }
            node.data = Data::Seq(files);
        }
        "label_file" if matches!(node.data, Data::Seq(_)) => {
            let mut files = items(node);
            for file in &mut files {
                change(Some(file), folder, locate);
            }
            node.data = Data::Seq(files);
        }
        "volumes" if matches!(node.data, Data::Seq(_)) => {
            let mut mounts = items(node);
            for mount in mounts.iter_mut().filter(|mount| mount.get("type").and_then(Node::one) == Some("bind")) {
                match mount.get_mut("source") {
                    None => errors.push((mount.span, "a bind mount needs a source".to_owned())),
                    source => change(source, folder, host),
                }
            }
            node.data = Data::Seq(mounts);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{context, host, locate, relative};

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
            ("sub", "", ""),
        ] {
            assert_eq!(locate(folder, path), wanted, "{folder} {path}");
        }
        assert_eq!(context("sub", "https://host/repo.git"), "https://host/repo.git");
        assert_eq!((host("sub", "C:\\x"), host("sub", "C:x")), ("C:\\x".to_owned(), "sub/C:x".to_owned()));
    }

    #[test]
    fn folders_reach_one_another() {
        let rows = [("", "a/b", "a/b"), ("a/b", "a/c", "../c"), ("a", "a", "."), ("a", "", "..")];
        for (from, to, wanted) in rows {
            assert_eq!(relative(from, to), wanted, "{from} {to}");
        }
    }
}
