//! What was known before: a baseline file, or a revision.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use super::audit::{Opened, root_of};
use super::check::Arguments;
use crate::discover::git::{self, Revision};
use crate::discover::source::{self, Disk};
use crate::discover::{Config, Overlay, Source, Tree};
use crate::judge::accept::baseline::Baseline;
use crate::judge::accept::{known_before, prints};
use crate::{Options, audit};

/// Accepts what the baseline and the revision of the arguments know. Gives what is to be said of it.
pub(super) fn accept(arguments: &Arguments, opened: &mut Opened, options: &Options) -> Result<String, String> {
    let mut said = String::new();
    if let Some(revision) = &arguments.since {
        let known = at_revision(arguments, opened, options, revision)?;
        known_before(&mut opened.audit.findings, &known, &format!("found at {revision} already"));
    }
    if let Some(path) = &arguments.baseline {
        let text = source::read_text(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let baseline = Baseline::read(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let occurring = prints(&opened.audit.findings);
        let judged = |rule: &str| opened.audit.verdicts.contains_key(rule);
        let mended = baseline.mended(&occurring, &judged);
        if !mended.is_empty() {
            let rules = mended.iter().map(|(rule, count)| format!("{rule} {count}")).collect::<Vec<_>>().join(", ");
            let path = path.display();
            let _ = writeln!(
                said,
                "note: {path} holds what is no longer found: {rules}; --write-baseline {path} removes it"
            );
        }
        known_before(&mut opened.audit.findings, &baseline.prints(), "in the baseline");
    }
    Ok(said)
}

/// The fingerprints of what a revision has, judged by the configuration and the rules of now.
fn at_revision(
    arguments: &Arguments,
    opened: &Opened,
    options: &Options,
    revision: &str,
) -> Result<BTreeSet<String>, String> {
    let root = root_of(&arguments.common.path)?;
    let then = Revision::open(&root, revision).map_err(|error| missing(&root, revision, &error.to_string()))?;
    let now = Disk::new(&root);
    let rules = opened.config.says.rules.iter();
    let own = rules.flat_map(|entry| crate::judge::own::matching(&opened.tree, entry)).chain(opened.config.file);
    let kept = own.map(|file| opened.tree.path(file).to_owned());
    let files: Vec<(String, Vec<u8>)> = kept.filter_map(|path| Some((path.clone(), now.read(&path).ok()?))).collect();
    let tree = Tree::open(Box::new(Overlay::of(files).over(Box::new(then)))).map_err(|error| error.to_string())?;
    let config = Config::read(&tree);
    Ok(prints(&audit(&tree, &config, options).findings))
}

/// Why a revision cannot be read, and what to do.
fn missing(root: &Path, revision: &str, error: &str) -> String {
    if git::work_tree(root).is_none() {
        return format!("--since {revision}: {} is not in a git repository", root.display());
    }
    if git::is_shallow(root) {
        return format!(
            "--since {revision}: this clone is shallow and does not hold it; fetch it with\n  \
             git fetch --depth=1 origin {revision}"
        );
    }
    format!("--since {revision}: {error}")
}
