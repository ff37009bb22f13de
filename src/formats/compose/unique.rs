//! Lists that name a thing once: a later item stands in place of an earlier one of the same name.

use std::collections::BTreeMap;

use super::short::mount;
use super::value::{Data, Node};
use crate::model::{Span, Spanned};

/// The sections with lists that name a thing once.
const RESOURCES: [&str; 5] = ["services", "networks", "volumes", "secrets", "configs"];

/// What tells the items of a list apart.
#[derive(Clone, Copy)]
enum Index {
    /// The text up to `=`.
    Name,
    /// The place of a mount.
    Mount,
    /// The place of a device.
    Device,
    /// The file of a secret or a config in this folder.
    File(&'static str),
    Path,
    Port,
    Expose,
}

fn index(path: &[&str]) -> Option<Index> {
    let rest = match path {
        ["services", _, rest @ ..] => rest,
        ["networks" | "volumes" | "secrets" | "configs", _, "labels"] | ["networks", _, "ipam", "options"] => {
            return Some(Index::Name);
        }
        _ => return None,
    };
    Some(match rest {
        [
            "annotations" | "environment" | "labels" | "sysctls" | "tmpfs" | "cap_add" | "cap_drop" | "links" | "dns"
            | "dns_opt" | "dns_search" | "profiles",
        ]
        | ["build", "args" | "additional_contexts" | "platform" | "tags" | "labels"]
        | ["deploy", "labels"]
        | ["networks", _, "aliases" | "link_local_ips"] => Index::Name,
        ["volumes"] => Index::Mount,
        ["devices"] => Index::Device,
        ["configs"] => Index::File(""),
        ["secrets"] => Index::File("/run/secrets"),
        ["env_file"] => Index::Path,
        ["ports"] => Index::Port,
        ["expose"] => Index::Expose,
        _ => return None,
    })
}

/// Removes what is named again; gives what Compose refuses.
pub(super) fn enforce(node: &mut Node) -> Vec<(Span, String)> {
    let mut errors = Vec::new();
    walk(node, &mut Vec::new(), &mut errors);
    errors
}

fn walk(node: &mut Node, path: &mut Vec<String>, errors: &mut Vec<(Span, String)>) {
    match &mut node.data {
        Data::Map(entries) => {
            if path.len() > 4 || path.first().is_some_and(|first| !RESOURCES.contains(&first.as_str())) {
                return;
            }
            for (key, value) in entries {
                path.push(key.value.clone());
                walk(value, path, errors);
                path.pop();
            }
        }
        Data::Seq(items) => {
            let parts: Vec<&str> = path.iter().map(String::as_str).collect();
            if let Some(index) = index(&parts) {
                dedupe(items, index, errors);
            }
        }
        _ => {}
    }
}

fn dedupe(items: &mut Vec<Node>, index: Index, errors: &mut Vec<(Span, String)>) {
    let mut kept: Vec<Node> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for mut item in items.drain(..) {
        let key = match name(&item, index) {
            Ok(key) => key,
            Err(message) => {
                errors.push((item.span, message.to_owned()));
                continue;
            }
        };
        if let Some(at) = known.get(&key) {
            item.replaces(&kept[*at]);
            kept[*at] = item;
        } else {
            known.insert(key, kept.len());
            kept.push(item);
        }
    }
    *items = kept;
}

fn name(item: &Node, index: Index) -> Result<String, &'static str> {
    let text = item.text();
    let part = |name: &str| item.get(name).and_then(Node::text).map(str::to_owned);
    let printed =
        |name: &str| item.get(name).and_then(Node::scalar).map(|scalar| format!("{:?} {}", scalar.kind, scalar.text));
    match (index, text) {
        (Index::Name, Some(text)) => Ok(text.split_once('=').map_or(text, |(name, _)| name).to_owned()),
        (Index::Name, None) => Err("a text is expected"),
        (Index::Path, Some(text)) => Ok(text.to_owned()),
        (Index::Path, None) if item.is_map() => part("path").ok_or("the path of a file of variables is missing"),
        (Index::Mount, Some(_)) => mount(item).map(|mount| target(&mount).unwrap_or_default()),
        (Index::Mount | Index::Device, None) if item.is_map() => target(item).ok_or("a mount needs a target"),
        (Index::Device, Some(text)) => Ok(text.split(':').nth(1).unwrap_or(text).to_owned()),
        (Index::File(folder), Some(text)) => Ok(format!("{folder}/{text}")),
        (Index::File(folder), None) if item.is_map() => match item.get("target") {
            Some(target) => target.text().map(str::to_owned).ok_or("the target of a file is a text"),
            None => Ok(format!("{folder}/{}", printed("source").unwrap_or_default().trim_start_matches("Text "))),
        },
        (Index::File(_), _) => Err("a text or a mapping is expected"),
        (Index::Port, Some(text)) => Ok(text.to_owned()),
        (Index::Port, None) if item.is_map() => {
            let target = item.get("target").ok_or("a port needs a target")?;
            let whole = target.scalar().filter(|scalar| scalar.kind == super::scalar::Kind::Int);
            let target = whole.map(|scalar| scalar.text.clone()).or_else(|| printed("target")).unwrap_or_default();
            let host = part("host_ip").unwrap_or_else(|| "0.0.0.0".to_owned());
            let protocol = part("protocol").unwrap_or_else(|| "tcp".to_owned());
            Ok(format!("{host}:{}:{target}/{protocol}", printed("published").unwrap_or_default()))
        }
        (Index::Expose, Some(text)) => Ok(text.to_owned()),
        (Index::Expose, None) => match item.scalar() {
            Some(scalar) if scalar.kind == super::scalar::Kind::Int => Ok(scalar.text.clone()),
            _ => Err("a port is expected"),
        },
        (Index::Port, None) => match item.scalar() {
            Some(scalar) if scalar.kind == super::scalar::Kind::Int => Ok(scalar.text.clone()),
            _ => Ok(String::new()),
        },
        // What is of no such shape has the name of nothing.
        (Index::Path | Index::Mount | Index::Device, None) => Ok(String::new()),
    }
}

fn target(item: &Node) -> Option<String> {
    item.get("target").and_then(Node::text).map(str::to_owned)
}

/// Takes away what `!reset` and `!override` name.
pub(super) fn reset(node: &mut Node, patterns: &[Vec<String>]) {
    if !patterns.is_empty() {
        strip(node, patterns, &mut Vec::new());
    }
}

fn strip(node: &mut Node, patterns: &[Vec<String>], path: &mut Vec<String>) {
    let Data::Map(entries) = &mut node.data else { return };
    let named = |path: &[String]| {
        patterns.iter().any(|pattern| {
            pattern.len() == path.len() && pattern.iter().zip(path).all(|(part, own)| part == "*" || part == own)
        })
    };
    let old: Vec<(Spanned<String>, Node)> = std::mem::take(entries);
    for (key, mut value) in old {
        path.push(key.value.clone());
        if !named(path) {
            strip(&mut value, patterns, path);
            entries.push((key, value));
        }
        path.pop();
    }
}
