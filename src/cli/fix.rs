//! `check --fix` and `check --diff`.

use std::path::Path;

use similar::TextDiff;

use super::Outcome;
use super::audit::{Opened, root_of};
use super::check::Arguments;
use crate::discover::config::packages;
use crate::discover::{Disk, Overlay, Tree, source};
use crate::report::lines::Lines;
use crate::{Options, audit, fix};

/// What came of it.
pub enum Done {
    /// The changes were shown.
    Shown(Outcome),
    /// Files were changed.
    Written,
    /// There is nothing to mend.
    Nothing,
}

/// Mends findings one after the other; each edit is checked on the tree in memory before it counts.
pub fn run(arguments: &Arguments, opened: &Opened, options: &Options) -> Done {
    let Ok(root) = root_of(&arguments.common.path) else { return Done::Nothing };
    let root = root.as_path();
    let mut edited = fix::Edited::new();
    let mut before = opened.audit.clone();
    let mut tree = reopen(root, opened, &edited);
    let risky = arguments.unsafe_fixes;
    for _ in 0..fix::mendable(&opened.audit, risky).len() {
        let Some(current) = &tree else { break };
        let step = fix::mendable(&before, risky).into_iter().find_map(|finding| {
            let mut next = edited.clone();
            next.extend(fix::apply(current, finding.edit.as_ref()?)?);
            let there = reopen(root, opened, &next)?;
            let after = audit(&there, &opened.config.for_tree(&opened.tree, &there), options);
            fix::mends(&before, &after, finding).then_some((next, after, there))
        });
        let Some((next, after, there)) = step else { break };
        (edited, before, tree) = (next, after, Some(there));
    }
    if edited.is_empty() {
        return Done::Nothing;
    }
    if arguments.diff {
        return Done::Shown(Outcome::success(diff(opened, &edited)));
    }
    for (path, text) in &edited {
        if let Err(error) = source::write(root, path, text) {
            return Done::Shown(Outcome::fault(format!("{path}: {error}")));
        }
    }
    Done::Written
}

fn reopen(root: &Path, opened: &Opened, edited: &fix::Edited) -> Option<Tree> {
    let edited = edited.iter().map(|(path, text)| (path.clone(), text.clone()));
    let overlay = Overlay::of(packages::files_of(&opened.tree).chain(edited));
    let mut tree = Tree::open(Box::new(overlay.over(Box::new(Disk::new(root))))).ok()?;
    tree.stand = opened.tree.stand.clone();
    Some(tree)
}

/// The changes as a unified diff.
fn diff(opened: &Opened, edited: &fix::Edited) -> String {
    let mut out = String::new();
    let lines = Lines::from_here(&opened.tree);
    for (path, text) in edited {
        let old = opened.tree.find(path).and_then(|file| opened.tree.text(file).ok()).unwrap_or_default();
        let diff = TextDiff::from_lines(old, text.as_str());
        let path = lines.shown(path);
        out.push_str(&diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")).to_string());
    }
    out
}
