//! Templates of OpenShift: objects with holes for parameters.
//!
//! A parameter's default is put in where something is named. What consists of one and is given to a program is its default
//! unless another is handed over; what only holds one is not known. Source: <https://docs.openshift.com/container-platform/latest/openshift_images/using-templates.html>.

use std::collections::BTreeMap;

use super::kind;
use crate::formats::small::tree::{Kind, Node};
use crate::knowledge::environments::selector;
use crate::model::Spanned;

/// What parameters are called that say which environment a template is filled in for.
pub const SAYING: [&str; 9] =
    ["ENV", "ENV_NAME", "ENVIRONMENT", "ENVIRONMENT_NAME", "ENV_TYPE", "STAGE", "TARGET_ENV", "DEPLOY_ENV", "APP_ENV"];
/// The key under which the default of a variable's parameter stands beside its value; no object has one of this name.
pub(super) const DEFAULT: &str = "the parameter's default";
/// How deep objects are filled in.
const MAX_DEPTH: usize = 60;

/// Whether a node is a template.
pub(super) fn is(node: &Node) -> bool {
    kind(node) == "Template" && node.get("objects").is_some()
}

fn parameters(node: &Node) -> &[Node] {
    node.get("parameters").map_or(&[][..], Node::items)
}

/// The objects of a template.
pub(super) fn objects(node: &Node) -> Vec<Node> {
    let default = |one: &Node| Some((one.field("name")?.value, one.field("value").and(one.get("value"))?.clone()));
    let defaults: BTreeMap<String, Node> = parameters(node).iter().filter_map(default).collect();
    let mut all = node.get("objects").map_or(Vec::new(), |objects| objects.items().to_vec());
    for object in &mut all {
        fill(object, &defaults, "", 0);
    }
    all
}

/// The words with which a template says what environments it is filled in for.
pub(super) fn environments(node: &Node) -> Vec<String> {
    let says = |one: &&Node| one.field("name").is_some_and(|name| SAYING.contains(&name.value.as_str()));
    let text = |one: &Node| ["description", "value"].iter().filter_map(|key| one.field(key)).collect::<Vec<_>>();
    let texts = parameters(node).iter().filter(says).flat_map(text);
    let words = |text: String| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    texts.flat_map(|text| words(text.value)).collect()
}

/// The parameter that a text consists of.
pub fn parameter(text: &str) -> Option<&str> {
    let hole = text.trim().strip_prefix("${")?.strip_suffix('}')?;
    let hole = hole.strip_prefix('{').and_then(|hole| hole.strip_suffix('}')).unwrap_or(hole);
    (!hole.contains(['{', '}', '$'])).then_some(hole)
}

/// Puts the default of its parameter beside the value of a variable; which environment it is for, each says for itself.
fn with_default(entries: &mut Vec<(Spanned<String>, Node)>, defaults: &BTreeMap<String, Node>) {
    let text = |key: &str| entries.iter().find(|(name, _)| name.value == key).and_then(|(_, node)| node.scalar());
    let (Some(name), Some(value)) = (text("name"), text("value")) else { return };
    let Some(parameter) = parameter(&value).filter(|name| !SAYING.contains(name)) else { return };
    let default = defaults.get(parameter).filter(|node| node.scalar().is_some_and(|text| !text.is_empty()));
    if let Some(default) = default.filter(|_| selector(&name).is_none()) {
        entries.push((Spanned::new(DEFAULT.to_owned(), default.span), default.clone()));
    }
}

/// Puts defaults in, in the names of things; a value for a program stands as it is.
fn fill(node: &mut Node, defaults: &BTreeMap<String, Node>, key: &str, depth: usize) {
    if depth > MAX_DEPTH || key == "value" {
        return;
    }
    match &mut node.kind {
        Kind::Text(text) if text.contains("${") => *text = filled(text, defaults, !["command", "args"].contains(&key)),
        Kind::List(items) => items.iter_mut().for_each(|item| fill(item, defaults, key, depth + 1)),
        Kind::Map(entries) => {
            if key == "env" {
                with_default(entries, defaults);
            }
            for (name, value) in entries {
                fill(value, defaults, &name.value, depth + 1);
            }
        }
        _ => {}
    }
}

/// A text with its holes filled; those that nothing fills are left out of a name.
fn filled(text: &str, defaults: &BTreeMap<String, Node>, name: bool) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((hole, next)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        let (hole, next) = match hole.strip_prefix('{') {
            Some(hole) => (hole, next.strip_prefix('}').unwrap_or(next)),
            None => (hole, next),
        };
        match defaults.get(hole).and_then(Node::scalar) {
            Some(default) => out.push_str(&default),
            None if name => {}
            None => out.extend(["${", hole, "}"]),
        }
        rest = next;
    }
    out.push_str(rest);
    if name { out.trim_matches(['-', '_', '.', ' ']).to_owned() } else { out }
}
