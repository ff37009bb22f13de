//! Edits that mend findings, each checked by auditing the edited tree in memory before anything is written.

use std::collections::BTreeMap;

use crate::discover::Tree;
use crate::model::{Audit, Finding, Replacement};

/// The texts of files that edits change, by path.
pub type Edited = BTreeMap<String, String>;

/// The findings that an edit would mend: those of the report itself, not suppressed; with `risky`, also those whose edit
/// somebody must look at.
pub fn mendable(audit: &Audit, risky: bool) -> Vec<&Finding> {
    let can = |finding: &&Finding| finding.edit.as_ref().is_some_and(|edit| risky || !edit.risky);
    audit.findings.iter().filter(can).filter(|finding| finding.suppressed.is_none()).collect()
}

/// The files as they would be after an edit; none where its place is not a plain value.
pub fn apply(tree: &Tree, edit: &Replacement) -> Option<Edited> {
    let text = tree.text(edit.span.file).ok()?;
    let written = text.get(edit.span.range())?;
    if edit.append {
        return appended(tree, edit, text, written);
    }
    if written.contains(['$', '{', '\n']) || written.trim_matches(['"', '\'']) != edit.was {
        return None;
    }
    let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''));
    let mut with = quote.map_or_else(|| edit.text.clone(), |quote| format!("{quote}{}{quote}", edit.text));
    let before = text.get(..edit.span.start as usize)?;
    // A word that goes takes the space before it along.
    let before = if edit.text.is_empty() { before.strip_suffix(' ').unwrap_or(before) } else { before };
    let after = text.get(edit.span.end as usize..)?;
    let yaml = [".yml", ".yaml"].iter().any(|end| tree.path(edit.span.file).ends_with(end));
    // What YAML would read as a number is no version any more: 3.10 is 3.1.
    let number = edit.text.parse::<f64>().is_ok();
    if yaml && number && quote.is_none() && !before.ends_with(['"', '\'']) {
        with = format!("\"{with}\"");
    }
    let path = tree.path(edit.span.file).to_owned();
    Some(BTreeMap::from([(path, format!("{before}{with}{after}"))]))
}

/// The files with more words behind a command, if that is written as it runs.
fn appended(tree: &Tree, edit: &Replacement, text: &str, written: &str) -> Option<Edited> {
    let words =
        |text: &str| text.split_whitespace().filter(|word| *word != "\\").map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (text.get(..edit.span.end as usize)?, text.get(edit.span.end as usize..)?);
    let plain = words(written) == words(&edit.was) && !written.ends_with('\\');
    plain.then(|| BTreeMap::from([(tree.path(edit.span.file).to_owned(), format!("{before}{}{after}", edit.text))]))
}

/// Whether an edit does what it should: the finding is gone, and none has come that another environment did not have
/// before; who takes over a value takes over what is said of it.
pub fn mends(before: &Audit, after: &Audit, finding: &Finding) -> bool {
    let known = |new: &Finding| {
        let alike = before.findings.iter().filter(|old| old.rule == new.rule).collect::<Vec<_>>();
        // A list may be shorter than it was.
        let listed = |key: &String| alike.iter().any(|old| old.parts.iter().any(|part| part.key == *key));
        alike.iter().any(|old| old.fingerprint == new.fingerprint || old.key == new.key)
            || new.list && new.parts.iter().all(|part| listed(&part.key))
    };
    after.findings.iter().all(|new| new.fingerprint != finding.fingerprint && known(new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Overlay;
    use crate::model::{FileId, Span};

    #[test]
    fn a_plain_yaml_value_is_quoted_when_it_is_replaced() {
        let tree = Tree::open(Box::new(Overlay::of([("a.yml", "python-version: 3.11\n")]))).unwrap();
        let edit = replacement(16, 20, "3.11", "3.10");
        assert_eq!(apply(&tree, &edit).unwrap()["a.yml"], "python-version: \"3.10\"\n");
    }

    fn replacement(start: usize, end: usize, was: &str, text: &str) -> Replacement {
        let span = Span::new(FileId(0), start, end);
        Replacement { span, was: was.into(), text: text.into(), append: false, risky: false }
    }

    #[test]
    fn a_value_that_is_not_written_as_it_is_stays() {
        let tree = Tree::open(Box::new(Overlay::of([("a.yml", "v: 3.11\n")]))).unwrap();
        assert!(apply(&tree, &replacement(3, 7, "3.12", "3.10")).is_none());
    }

    #[test]
    fn words_are_put_behind_a_command_that_is_written_as_it_runs() {
        let tree = Tree::open(Box::new(Overlay::of([("D", "RUN uv sync && x\n")]))).unwrap();
        let edit = Replacement { append: true, ..replacement(4, 11, "uv sync", " --no-dev") };
        assert_eq!(apply(&tree, &edit).unwrap()["D"], "RUN uv sync --no-dev && x\n");
        assert!(apply(&tree, &Replacement { was: "uv sync --frozen".into(), ..edit }).is_none());
    }

    #[test]
    fn an_expression_is_left_alone() {
        let tree = Tree::open(Box::new(Overlay::of([("a.yml", "v: ${{ x }}\n")]))).unwrap();
        let edit = replacement(3, 11, "${{ x }}", "3.10");
        assert!(apply(&tree, &edit).is_none());
    }
}
