//! `coverage run` without a program: what the configuration of coverage says to run.

use super::runners::Piece;
use crate::discover::{Tree, paths};
use crate::formats::Vars;
use crate::formats::shell::Dialect;
use crate::formats::small::{CommandText, ini, tree};

/// The files that coverage reads, each with the table or section of its run.
const FILES: [(&str, &str); 4] =
    [(".coveragerc", "run"), ("setup.cfg", "coverage:run"), ("tox.ini", "coverage:run"), ("pyproject.toml", "")];
/// Options of `coverage run` that take the next word.
const VALUED: [&str; 8] =
    ["--concurrency", "--context", "--data-file", "--include", "--omit", "--rcfile", "--source", "--save-signal"];

/// What `coverage run` runs by its configuration; none where the command says it itself.
pub(super) fn pieces(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Piece>> {
    let mut words = argv.iter().skip(1);
    words.next().filter(|word| *word == "run")?;
    let mut named = None;
    while let Some(word) = words.next() {
        let (flag, value) = word.split_once('=').map_or((word.as_str(), None), |(flag, value)| (flag, Some(value)));
        if !word.starts_with('-') || matches!(flag, "-m" | "--module") {
            return None;
        }
        let value = value.or_else(|| if VALUED.contains(&flag) { words.next().map(String::as_str) } else { None });
        named = if flag == "--rcfile" { value } else { named };
    }
    let find = |name: &str| tree.find(&paths::join(folder, name)?);
    let of = |name: &str, section: &str| {
        let file = find(name)?;
        if section.is_empty() {
            let root = tree.parsed(file, tree::toml).ok()?.0.clone()?;
            return root.path(&["tool", "coverage", "run", "command_line"]).and_then(CommandText::of);
        }
        let read = |file, text: &str| ini::parse(file, text, ini::Dialect::ConfigParser(&[]));
        let parsed = tree.parsed(file, read).ok()?;
        parsed.section(section)?.command("command_line")
    };
    let command = match named {
        Some(name) => {
            let section =
                FILES.iter().find(|(known, _)| paths::name(name) == *known).map_or("run", |(_, section)| section);
            of(name, section)
        }
        None => FILES.iter().find_map(|(name, section)| of(name, section)),
    }?;
    let text = format!("coverage run {}", command.text);
    let map = crate::model::SpanMap::Whole(command.span);
    Some(vec![Piece {
        text,
        map,
        folder: folder.to_owned(),
        vars: Vars::new(),
        may_fail: false,
        dialect: Dialect::Posix,
    }])
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::links::{Meaning, Repository};

    #[test]
    fn the_configuration_says_what_coverage_runs() {
        let tests = |run: &str, path: &str, text: &str| {
            let flow = format!("on: push\njobs: {{a: {{runs-on: u, steps: [{{run: {run}}}]}}}}\n");
            let files = [(".github/workflows/a.yml", flow.as_str()), (path, text)];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            Repository::read(&tree).calls.iter().any(|call| call.meaning == Meaning::Tests)
        };
        let toml = "[tool.coverage.run]\ncommand_line = '-m pytest'\n";
        assert!(tests("coverage run --source a", "pyproject.toml", toml));
        assert!(tests("coverage run", ".coveragerc", "[run]\ncommand_line = manage.py test\n"));
        assert!(!tests("coverage run ship.py", "pyproject.toml", toml));
        assert!(!tests("coverage report", "pyproject.toml", toml));
    }
}
