//! What was known before: a baseline file, or a revision.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::audit::{Opened, root_of};
use super::check::{Arguments, folder};
use crate::discover::git::{self, Revision};
use crate::discover::{Overlay, Tree, source};
use crate::judge::accept::baseline::Baseline;
use crate::judge::accept::{known_before, prints};
use crate::{Options, audit};

/// Entries of a baseline that are named where they can go.
const NAMED: usize = 10;

/// Accepts what the baseline and the revision of the arguments know. Gives what is to be said of it.
pub(super) fn accept(arguments: &Arguments, opened: &mut Opened, options: &Options) -> Result<String, String> {
    let mut said = String::new();
    if let Some(revision) = &arguments.since {
        let known = at_revision(arguments, opened, options, revision)?;
        known_before(&mut opened.audit.findings, &known, &format!("found at {revision} already"));
    }
    if let Some(path) = &baseline_of(arguments, opened) {
        let Some(baseline) = read(path, arguments.write_baseline.is_some())? else { return Ok(said) };
        let occurring = prints(&opened.audit.findings);
        let judged = |rule: &str| opened.audit.verdicts.contains_key(rule);
        let mended = baseline.mended(&occurring, &judged);
        if !mended.is_empty() {
            let path = path.display();
            let _ = writeln!(said, "note: {path} holds what is no longer found; --write-baseline {path} removes it:");
            for known in mended.iter().take(NAMED) {
                let _ = writeln!(said, "      {} of {}: {}", known.rule, known.environment, known.key);
            }
            if mended.len() > NAMED {
                let _ = writeln!(said, "      and {} more", mended.len() - NAMED);
            }
        }
        known_before(&mut opened.audit.findings, &baseline.prints(), "in the baseline");
    }
    Ok(said)
}

/// The baseline that is asked for: by the arguments, else by the configuration, beside which it stands.
pub(super) fn baseline_of(arguments: &Arguments, opened: &Opened) -> Option<PathBuf> {
    let configured = || Some(folder(arguments).join(opened.config.says.baseline.as_ref()?));
    arguments.baseline.clone().or_else(configured)
}

/// Reads a baseline; one that is about to be written need not be there.
fn read(path: &Path, writes: bool) -> Result<Option<Baseline>, String> {
    let shown = path.display();
    let text = match source::read_text(path) {
        Ok(text) => text,
        Err(error) if writes && error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(format!("the baseline {shown} cannot be read: {error}; --write-baseline {shown} writes one"));
        }
    };
    let again = format!("--write-baseline {shown} writes it anew");
    Baseline::read(&text).map(Some).map_err(|error| format!("{shown}: {error}; {again}"))
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
    let rules = opened.config.says.rule_files.iter();
    let own = rules.flat_map(|entry| crate::judge::own::matching(&opened.tree, entry));
    let kept =
        own.filter_map(|file| Some((opened.tree.path(file).to_owned(), opened.tree.text(file).ok()?.to_owned())));
    let tree = Tree::open(Box::new(Overlay::of(kept).over(Box::new(then)))).map_err(|error| error.to_string())?;
    let config = opened.config.for_tree(&opened.tree, &tree);
    Ok(prints(&audit(&tree, &config, options).findings))
}

/// Why a revision cannot be read, and what to do.
fn missing(root: &Path, revision: &str, error: &str) -> String {
    if git::work_tree(root).is_none() {
        return format!("--since {revision}: {} is not in a git repository", root.display());
    }
    if git::is_shallow(root) {
        let command = git::fetches(root, revision);
        return format!("--since {revision}: this clone is shallow and does not hold it; fetch it with\n  {command}");
    }
    format!("--since {revision}: {error}")
}
