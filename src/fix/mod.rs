//! Edits that mend findings, each checked by auditing the edited tree in memory before anything is written.

use std::collections::BTreeMap;

use crate::discover::Tree;
use crate::model::{Audit, Finding, Replacement};

/// The texts of files that edits change, by path.
pub type Edited = BTreeMap<String, String>;

/// The findings that an edit would mend: those of the report itself, not suppressed.
pub fn mendable(audit: &Audit) -> Vec<&Finding> {
    audit.findings.iter().filter(|finding| finding.edit.is_some() && finding.suppressed.is_none()).collect()
}

/// The files as they would be after an edit; none where its place is not a plain value.
pub fn apply(tree: &Tree, edit: &Replacement) -> Option<Edited> {
    let text = tree.text(edit.span.file).ok()?;
    let written = text.get(edit.span.range())?;
    if written.contains(['$', '{', '\n']) {
        return None;
    }
    let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''));
    let mut with = quote.map_or_else(|| edit.text.clone(), |quote| format!("{quote}{}{quote}", edit.text));
    let before = text.get(..edit.span.start as usize)?;
    let after = text.get(edit.span.end as usize..)?;
    let yaml = [".yml", ".yaml"].iter().any(|end| tree.path(edit.span.file).ends_with(end));
    if yaml && quote.is_none() && !before.ends_with(['"', '\'']) {
        with = format!("\"{with}\"");
    }
    let path = tree.path(edit.span.file).to_owned();
    Some(BTreeMap::from([(path, format!("{before}{with}{after}"))]))
}

/// Whether an edit does what it should: the finding is gone, and none has come that another environment did not have
/// before; who takes over a value takes over what is said of it.
pub fn mends(before: &Audit, after: &Audit, finding: &Finding) -> bool {
    let known = |new: &Finding| {
        before
            .findings
            .iter()
            .any(|old| old.fingerprint == new.fingerprint || old.rule == new.rule && old.key == new.key)
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
        let edit = Replacement { span: Span::new(FileId(0), 16, 20), text: "3.10".into() };
        assert_eq!(apply(&tree, &edit).unwrap()["a.yml"], "python-version: \"3.10\"\n");
    }

    #[test]
    fn an_expression_is_left_alone() {
        let tree = Tree::open(Box::new(Overlay::of([("a.yml", "v: ${{ x }}\n")]))).unwrap();
        let edit = Replacement { span: Span::new(FileId(0), 3, 11), text: "3.10".into() };
        assert!(apply(&tree, &edit).is_none());
    }
}
