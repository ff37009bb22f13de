//! Requirements that an installer writes (`poetry export -o requirements.txt`) and pip reads again.

use super::installs::Place;
use super::part::{Export, Installs};
use crate::discover::paths;
use crate::formats::locks::{self, Installed, Package};
use crate::formats::shell::Executed;
use crate::links::container::absolute;
use crate::links::meaning;
use crate::model::{Origin, Reason};

/// The name of what goes to the next command of a pipeline.
const PIPE: &str = "/dev/stdin";

/// Notes the file that a command writes a lock's packages to; whether it does.
pub(super) fn note(installs: &mut Installs, executed: &Executed, argv: &[String], place: &Place<'_, '_>) -> bool {
    let command = meaning::unwrapped(argv);
    if appended(installs, executed, &command, place) {
        return true;
    }
    let exports = |name: &str, verb: &str| {
        let is = |at: usize, word: &str| command.get(at).is_some_and(|found| paths::name(found) == word);
        is(0, name) && is(1, verb)
    };
    let known = [("poetry", "export"), ("uv", "export"), ("pdm", "export"), ("pipenv", "requirements")];
    let compiles = compiled(&command);
    if compiles.is_none() && !known.iter().any(|(name, verb)| exports(name, verb)) {
        return false;
    }
    let value = |at: usize, word: &str| match word.split_once('=') {
        Some(("--output" | "--output-file", path)) => Some(path.to_owned()),
        _ if matches!(word, "-o" | "--output" | "--output-file") => command.get(at + 1).cloned(),
        _ => word.strip_prefix("-o").filter(|path| !path.is_empty() && !word.starts_with("--")).map(str::to_owned),
    };
    let named = command.iter().enumerate().rev().find_map(|(at, word)| value(at, word));
    let written = executed.stdout_to.as_ref().map(|word| word.text.one().cloned());
    let path = match (named, written) {
        (Some(path), _) | (None, Some(Some(path))) => path,
        (None, None) if executed.piped => PIPE.to_owned(),
        _ => match compiles.as_deref() {
            // By itself pip-compile writes beside its source.
            Some([source]) if !source.ends_with(".toml") => format!("{}.txt", source.trim_end_matches(".in")),
            _ => return true,
        },
    };
    let cwd = executed.cwd.clone().map_or_else(|| place.workdir.clone(), |cwd| absolute(&place.workdir, &cwd));
    let installed = match compiles {
        Some(sources) => {
            let Some(install) = install(&sources, &cwd, place) else { return true };
            locks::installed(place.tree, "", &install, &executed.vars, &place.markers)
        }
        None => locks::installed(place.tree, &place.folder(&cwd), &command, &executed.vars, &place.markers),
    };
    installs.exports.insert(absolute(&cwd, &path), Export { installed, span: executed.span });
    true
}

/// Adds a requirement that is written behind what an installer wrote (`echo "psycopg2==2.9" >> requirements.txt`); whether it is.
fn appended(installs: &mut Installs, executed: &Executed, command: &[String], place: &Place<'_, '_>) -> bool {
    let [program, requirement] = command else { return false };
    let written = executed.stdout_to.as_ref().and_then(|word| word.text.one());
    let cwd = executed.cwd.clone().map_or_else(|| place.workdir.clone(), |cwd| absolute(&place.workdir, &cwd));
    let known = written.and_then(|path| installs.exports.get_mut(&absolute(&cwd, path)));
    let Some(export) = known.filter(|_| ["echo", "printf"].contains(&paths::name(program))) else { return false };
    let named =
        requirement.starts_with(|c: char| c.is_ascii_alphanumeric()) && !requirement.contains(['\n', '\\', '$']);
    if !named {
        export.installed.complete = Err(Reason::at("more is written to the file", executed.span));
        return true;
    }
    let install = ["pip", "install", requirement].map(str::to_owned);
    let more = locks::installed(place.tree, "", &install, &executed.vars, &place.markers);
    for (name, package) in more.packages {
        export.installed.packages.insert(name, Package { origin: Origin::set(executed.span), ..package });
    }
    true
}

/// Options of the compilers that take the next word.
const VALUED: [&str; 14] = [
    "-o",
    "--output-file",
    "--extra",
    "--extra-index-url",
    "--index-url",
    "-i",
    "-c",
    "--constraint",
    "-p",
    "--python-version",
    "--python-platform",
    "--resolver",
    "-P",
    "--upgrade-package",
];

/// The files that a compiler of requirements reads: `pip-compile`, `python -m piptools compile`, `uv pip compile`.
fn compiled(command: &[String]) -> Option<Vec<String>> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let (["pip-compile", rest @ ..] | ["piptools", "compile", rest @ ..] | ["uv", "pip", "compile", rest @ ..]) =
        words.as_slice()
    else {
        return None;
    };
    let mut sources = Vec::new();
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        if VALUED.contains(word) {
            rest.next();
        } else if !word.starts_with('-') {
            sources.push((*word).to_owned());
        }
    }
    Some(sources)
}

/// The installation of what these files ask for; none where one of them is not in the repository.
pub(super) fn install(sources: &[String], cwd: &str, place: &Place<'_, '_>) -> Option<Vec<String>> {
    let mut install = vec!["pip".to_owned(), "install".to_owned()];
    for source in sources {
        let path = place.container.outside(&absolute(cwd, source))?;
        place.tree.find(&path)?;
        match paths::name(&path) {
            "pyproject.toml" | "setup.cfg" | "setup.py" => install.push(format!("./{}", paths::parent(&path))),
            _ => install.extend(["-r".to_owned(), path]),
        }
    }
    (install.len() > 2).then_some(install)
}

/// What of a pip command is an export's: its packages, and the command without the files that are.
pub(super) fn read(installs: &Installs, command: &[String], cwd: &str) -> Option<(Vec<Export>, Vec<String>)> {
    let mut found = Vec::new();
    let mut rest = Vec::new();
    let mut words = command.iter();
    while let Some(word) = words.next() {
        let long = word.strip_prefix("--requirement=").or_else(|| word.strip_prefix("--requirements="));
        let glued = word.strip_prefix("-r").filter(|path| !path.is_empty());
        let path = match (long.or(glued), word.as_str()) {
            (Some(path), _) => Some((path.to_owned(), vec![word.clone()])),
            (None, "-r" | "--requirement" | "--requirements") => {
                words.next().map(|path| (path.clone(), vec![word.clone(), path.clone()]))
            }
            _ => None,
        };
        match path {
            None => rest.push(word.clone()),
            Some((path, words)) => match installs.exports.get(&absolute(cwd, if path == "-" { PIPE } else { &path })) {
                Some(export) => found.push(export.clone()),
                None => rest.extend(words),
            },
        }
    }
    (!found.is_empty()).then_some((found, rest))
}

/// Joins exports with what the rest of the command installs, if it installs anything.
pub(super) fn joined(exports: Vec<Export>, rest: Option<Installed>) -> Installed {
    let mut all = rest.unwrap_or_default();
    for Export { installed, span } in exports {
        let pointed = installed.packages.into_iter().map(|(name, mut package)| {
            package.origin = package.origin.then(crate::model::StepKind::Used, span);
            (name, package)
        });
        for (name, package) in pointed {
            all.packages.entry(name).or_insert(package);
        }
        all.complete = all.complete.and(installed.complete);
        all.sources.extend(installed.sources);
        all.problems.extend(installed.problems);
    }
    all
}

/// Takes over the exports that copying a path from another stage brings.
pub(super) fn take_over(into: &mut Installs, from: &Installs, source: &str, dest: &str, folder: bool) {
    for (path, export) in &from.exports {
        let rest = path.strip_prefix(source).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some(rest) = rest else { continue };
        let inside = match (rest.is_empty(), folder) {
            (true, true) => absolute(dest, paths::name(path)),
            (true, false) => dest.to_owned(),
            (false, _) => absolute(dest, rest.trim_start_matches('/')),
        };
        into.exports.insert(inside, export.clone());
    }
}

#[cfg(test)]
mod tests {
    use crate::discover::{Config, Overlay, Tree};
    use crate::links::Repository;
    use crate::model::Dimension;

    #[test]
    fn what_is_exported_without_a_lock_and_written_behind_it_is_installed() {
        let dockerfile = "FROM python:3.12 AS build\nWORKDIR /t\nCOPY pyproject.toml ./\nRUN poetry export -o /r.txt && \
                          echo \"psycopg2-binary==2.8.6\" >> /r.txt\nFROM python:3.12\nCOPY --from=build /r.txt /r.txt\n\
                          RUN pip install -r /r.txt\nCMD gunicorn a:a\n";
        let project = "[tool.poetry]\nname = 'a'\n[tool.poetry.dependencies]\npython = '^3.12'\ndjango = '^5.0'\n\
                       [tool.poetry.group.dev.dependencies]\npytest = '*'\n";
        let files = [("Dockerfile", dockerfile), ("pyproject.toml", project), ("a.py", "a = 1\n")];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let plan = crate::environments::infer(&repository, &Config::default(), true);
        let model = crate::resolve::resolve(&repository, plan, &Config::default(), "2026-01-01");
        let facts = model.facts.iter().filter(|fact| fact.id.dimension == Dimension::Package);
        let shown = |fact: &crate::model::Fact| {
            let said = fact.text("version").or_else(|| fact.text("specifier")).unwrap_or_default();
            format!("{} {said}", fact.id.key)
        };
        let found: Vec<String> =
            facts.filter(|fact| !fact.id.key.contains([' ']) && fact.id.key != "source").map(shown).collect();
        assert_eq!(found, ["django ^5.0", "psycopg2-binary 2.8.6"]);
    }
}
