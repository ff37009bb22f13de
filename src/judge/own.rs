//! The rules of a repository: the same files as the program's, read by the same loader.

use super::rule::{Rule, RuleError, load};
use crate::discover::Tree;
use crate::model::{Environment, FileId, ReadProblem, Span};

/// What was read of a repository's rules.
#[derive(Default)]
pub struct Own {
    /// The rules that can be judged.
    pub rules: Vec<Rule>,
    /// What is wrong with the others; it concerns every environment.
    pub problems: Vec<ReadProblem>,
    /// Entries of the configuration that name no file.
    pub missing: Vec<(String, RuleError)>,
}

/// Reads the files that the configuration names; `*` stands for any part of a file's name. `taken` are the rules of the program.
pub fn read(tree: &Tree, entries: &[String], taken: &[Rule], all: &[Environment]) -> Own {
    let mut own = Own::default();
    let mut seen: Vec<FileId> = Vec::new();
    for entry in entries {
        let files = matching(tree, entry);
        if files.is_empty() {
            own.missing.push((entry.clone(), RuleError::at("", 0..0, "there is no such rule file".into())));
        }
        for file in files {
            if seen.contains(&file) {
                continue;
            }
            seen.push(file);
            match one(tree, file, taken.iter().chain(&own.rules)) {
                Ok(rule) => own.rules.push(rule),
                Err(errors) => own.problems.extend(errors.into_iter().map(|error| problem(file, error, all))),
            }
        }
    }
    own
}

/// The files that an entry names, sorted.
pub fn matching(tree: &Tree, entry: &str) -> Vec<FileId> {
    let entry = entry.strip_prefix("./").unwrap_or(entry);
    let Some((start, end)) = entry.split_once('*') else { return tree.find(entry).into_iter().collect() };
    let fits = |path: &str| {
        let middle = path.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
        middle.is_some_and(|middle| !middle.contains('/'))
    };
    tree.with_shared().filter(|(_, path)| fits(path)).map(|(file, _)| file).collect()
}

fn one<'r>(tree: &Tree, file: FileId, mut taken: impl Iterator<Item = &'r Rule>) -> Result<Rule, Vec<RuleError>> {
    let text = tree.text(file).map_err(|error| vec![RuleError::at("", 0..0, error.to_string())])?;
    let rule = load(tree.path(file), text)?;
    match taken.find(|other| other.name == rule.name) {
        Some(other) => {
            let message = format!("there is a rule {} already: {}", rule.name, other.path);
            Err(vec![RuleError::at(text, 0..0, message)])
        }
        None => Ok(rule),
    }
}

fn problem(file: FileId, error: RuleError, all: &[Environment]) -> ReadProblem {
    ReadProblem {
        kind: "rule",
        file,
        span: Some(Span::new(file, error.span.start, error.span.end)),
        message: error.message,
        reached_by: all.iter().map(|one| (one.project.clone(), one.name.clone())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Overlay;
    use crate::judge::builtin;

    const RULE: &str = builtin::FILES[0].1;

    fn read_all(files: &[(&str, &str)], entries: &[&str]) -> Own {
        let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).unwrap();
        let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
        read(&tree, &entries, &builtin::rules().0, &[])
    }

    #[test]
    fn a_star_stands_for_a_part_of_a_name() {
        let files =
            [("policy/b.toml", RULE), ("policy/a.toml", RULE), ("policy/old/c.toml", RULE), ("policy/d.txt", RULE)];
        let own = read_all(&files, &["policy/*.toml", "./policy/a.toml", "x/*.toml"]);
        assert_eq!(own.rules.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(own.missing.iter().map(|(entry, _)| entry.as_str()).collect::<Vec<_>>(), ["x/*.toml"]);
        assert_eq!(own.problems, []);
    }

    #[test]
    fn a_name_is_taken_once() {
        let own = read_all(
            &[("policy/libc-drift.toml", RULE), ("a/x.toml", RULE), ("b/x.toml", RULE)],
            &["*/*.toml", "a/*", "b/*", "policy/*"],
        );
        assert_eq!(own.rules.len(), 1);
        let said: Vec<&str> = own.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(
            said,
            ["there is a rule x already: a/x.toml", "there is a rule libc-drift already: image/libc-drift.toml"]
        );
    }
}
