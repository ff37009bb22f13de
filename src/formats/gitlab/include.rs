//! `include`: files of the repository are merged, everything else is named as not read. Where rules of an include leave
//! open whether it is read, what only it says is said with that doubt.

use std::collections::{BTreeMap, BTreeSet};

use super::inputs::{self, Inputs};
use super::rules::{self, matches};
use super::{jobs, node};
use crate::discover::Tree;
use crate::formats::small::tree::{Kind, Node};
use crate::model::{FileId, Problem, Span, Spanned};

/// More includes than GitLab follows.
const MOST: usize = 150;

/// What stands for a value that only an include in doubt gives: like an input that nothing gives.
const UNDECIDED: &str = "$[[ inputs.undecided ]]";

/// The includes of one pipeline while they are followed.
pub(super) struct Includes<'t> {
    tree: &'t Tree,
    within: Vec<FileId>,
    count: usize,
    /// The files that were read.
    pub(super) files: BTreeSet<FileId>,
    /// Jobs that are only there if a condition holds.
    pub(super) doubted: BTreeMap<String, Spanned<String>>,
    /// What could not be read.
    pub(super) problems: Vec<Problem>,
    /// What lies outside the repository.
    pub(super) outside: Vec<Problem>,
}

impl<'t> Includes<'t> {
    /// Nothing is read yet.
    pub(super) fn new(tree: &'t Tree) -> Self {
        Self {
            tree,
            within: Vec::new(),
            count: 0,
            files: BTreeSet::new(),
            doubted: BTreeMap::new(),
            problems: Vec::new(),
            outside: Vec::new(),
        }
    }

    /// A file over all that it includes.
    pub(super) fn whole(&mut self, file: FileId, given: &Inputs) -> Node {
        let empty = Node::new(Kind::Map(Vec::new()), Span::new(file, 0, 0));
        self.count += 1;
        self.files.insert(file);
        let Ok(text) = self.tree.text(file) else { return empty };
        let (root, found) = node::tree(file, text, given);
        self.problems.extend(found);
        let Some(root) = root.filter(|root| matches!(root.kind, Kind::Map(_))) else { return empty };
        self.within.push(file);
        let under = self.merged(root.get("include").map_or(&[][..], Node::one_or_many), empty);
        self.within.pop();
        for (name, _) in root.entries() {
            self.doubted.remove(&name.value);
        }
        node::merge(under, root)
    }

    /// The files that a list of includes names, later ones over earlier ones.
    pub(super) fn merged(&mut self, includes: &[Node], mut under: Node) -> Node {
        for include in includes {
            let rules = include.get("rules").map(jobs::rules).unwrap_or_default();
            let read = if rules.is_empty() { Some(true) } else { rules::lets(self.tree, &rules) };
            if read == Some(false) {
                continue;
            }
            for inner in self.named(include) {
                if self.within.contains(&inner) || self.count > MOST {
                    let why = "an include that includes itself, or too many of them";
                    self.problems.push(Problem::new(include.span, why));
                    continue;
                }
                let outer = self.doubted.clone();
                let over = self.whole(inner, &inputs::given(include));
                if read.is_some() {
                    under = node::merge(under, over);
                    continue;
                }
                self.doubted = outer;
                for (name, value) in over.entries() {
                    if under.get(&name.value).is_none() && matches!(value.kind, Kind::Map(_)) {
                        let span = include.get("rules").map_or(include.span, |rules| rules.span);
                        let conditions: Vec<&str> =
                            rules.iter().filter_map(|rule| rule.condition.as_ref()).map(|c| c.value.as_str()).collect();
                        self.doubted.insert(name.value.clone(), Spanned::new(conditions.join(" || "), span));
                    }
                }
                under = doubtful(under, over);
            }
        }
        under
    }

    /// The files that an include names.
    fn named(&mut self, include: &Node) -> Vec<FileId> {
        let paths = match include.get("local") {
            Some(local) => local.texts(),
            None => include.spanned().filter(|text| !text.value.contains("://")).into_iter().collect(),
        };
        if paths.is_empty() {
            let kinds = ["remote", "project", "template", "component", "artifact"];
            let kind = kinds.iter().find(|kind| include.get(kind).is_some()).unwrap_or(&"remote");
            let why = format!("an include that lies elsewhere ({kind}) is not read");
            self.outside.push(Problem::new(include.span, why));
        }
        let mut found = Vec::new();
        for path in paths {
            let wanted = path.value.trim_start_matches("./").trim_start_matches('/');
            if wanted.contains('$') {
                let why = "an include that variables name is not read";
                self.outside.push(Problem::new(path.span, why));
                continue;
            }
            let before = found.len();
            if wanted.contains('*') {
                let all = self.tree.files().filter(|(_, path)| matches(wanted, path));
                found.extend(all.map(|(file, _)| file));
            } else {
                found.extend(self.tree.find(wanted));
            }
            if found.len() == before {
                let why = format!("the include {} is not in the repository", path.value);
                self.problems.push(Problem::new(path.span, why));
            }
        }
        found
    }
}

/// An include that may be read over those before it: values that it gives or changes are not known.
fn doubtful(under: Node, over: Node) -> Node {
    let Kind::Map(mut entries) = under.kind else { return under };
    let Kind::Map(new) = over.kind else { return Node { kind: Kind::Map(entries), ..under } };
    for (name, value) in new {
        let known = entries.iter().position(|(known, _)| known.value == name.value);
        let values = matches!(name.value.as_str(), "variables" | "default" | "image");
        match known {
            Some(at) => entries[at].1 = either(entries[at].1.clone(), value),
            None if values => {
                let open = either(Node::new(Kind::Null, value.span), value);
                entries.push((name, open));
            }
            None => entries.push((name, value)),
        }
    }
    Node { kind: Kind::Map(entries), span: under.span, map: under.map }
}

/// One of two values, it is not known which; mappings key by key.
fn either(one: Node, other: Node) -> Node {
    if one.kind == other.kind || node::reference(&one).is_some() || node::reference(&other).is_some() {
        return one;
    }
    match (one.kind, other.kind) {
        (kind @ (Kind::Map(_) | Kind::Null), Kind::Map(new)) => {
            let mut entries = if let Kind::Map(entries) = kind { entries } else { Vec::new() };
            for (name, value) in new {
                if let Some(entry) = entries.iter_mut().find(|(known, _)| known.value == name.value) {
                    entry.1 = either(entry.1.clone(), value);
                } else {
                    let open = either(Node::new(Kind::Null, value.span), value);
                    entries.push((name, open));
                }
            }
            Node { kind: Kind::Map(entries), span: one.span, map: one.map }
        }
        (Kind::Null, kind @ Kind::List(_)) => Node { kind, span: other.span, map: other.map },
        (Kind::List(items), _) => Node { kind: Kind::List(items), span: one.span, map: one.map },
        _ => Node::new(Kind::Text(UNDECIDED.to_owned()), other.span),
    }
}
