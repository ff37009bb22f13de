//! Recipes of just: what `just test` comes to.

use std::collections::BTreeMap;

use super::runners::{MAX_TARGETS, Piece};
use crate::discover::{Tree, paths};
use crate::formats::shell::{Dialect, HOLE};
use crate::formats::small::justfile::{self, Justfile, Need, Recipe, Scope};
use crate::formats::{Var, Vars};
use crate::model::{FileId, Known, Origin, Reason};

/// How deep files may import one another, and recipes need one another.
const MAX_DEPTH: usize = 8;
/// How just's file may be called; `.just` is the ending of those that it imports.
const NAMES: [&str; 4] = ["justfile", "Justfile", "JUSTFILE", ".justfile"];
/// Options that take the next word.
const VALUED: [&str; 13] = [
    "-f",
    "--justfile",
    "-d",
    "--working-directory",
    "--dotenv-path",
    "--dotenv-filename",
    "-E",
    "--shell",
    "--shell-arg",
    "--color",
    "--chooser",
    "--cygpath",
    "--timestamp-format",
];

/// Whether a file of this name is read by just.
pub(super) fn is_justfile(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "justfile" || name == ".justfile"
}

/// A file with its place: where recipes run, and which file it is.
struct Place {
    just: Justfile,
    file: FileId,
    folder: String,
}

fn open(tree: &Tree, file: FileId) -> Place {
    let folder = paths::parent(tree.path(file)).to_owned();
    Place { just: imported(tree, file, 0), file, folder }
}

fn imported(tree: &Tree, file: FileId, depth: usize) -> Justfile {
    let Ok(read) = tree.parsed(file, justfile::parse) else { return Justfile::default() };
    let mut just = read.0.clone();
    let folder = paths::parent(tree.path(file));
    for path in read.0.imports.iter().filter(|_| depth < MAX_DEPTH) {
        let found = paths::join(folder, &path.value).and_then(|path| tree.find(&path));
        if let Some(other) = found.filter(|other| *other != file) {
            just.import(&imported(tree, other, depth + 1));
        }
    }
    just
}

/// A justfile of a folder, or of the nearest folder above that has one.
fn nearest(tree: &Tree, folder: &str) -> Option<FileId> {
    let mut folder = folder;
    loop {
        let found = NAMES.iter().find_map(|name| tree.find(&paths::join(folder, name)?));
        if found.is_some() || folder.is_empty() {
            return found;
        }
        folder = paths::parent(folder);
    }
}

/// The file of a module: where its path says, else at one of the places of its name.
fn module(tree: &Tree, place: &Place, name: &str) -> Option<Place> {
    let (_, path) = place.just.modules.iter().find(|(known, _)| known == name)?;
    let named = |path: &str| tree.find(&paths::join(&place.folder, path)?);
    let below = |folder: &str| {
        let files = ["mod.just", "justfile", "Justfile", ".justfile"];
        files.iter().find_map(|file| named(&format!("{folder}/{file}")))
    };
    let found = match path {
        Some(path) => named(path).or_else(|| below(path)),
        None => named(&format!("{name}.just")).or_else(|| below(name)),
    };
    found.filter(|file| *file != place.file).map(|file| open(tree, file))
}

/// What a call of just runs.
pub(super) fn pieces(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Piece>> {
    let (mut given, mut words, mut file, mut start) = (BTreeMap::new(), Vec::new(), None, folder.to_owned());
    let mut rest = argv.iter().skip(1);
    while let Some(word) = rest.next() {
        let (flag, joined) = word.split_once('=').map_or((word.as_str(), None), |(flag, value)| (flag, Some(value)));
        if flag == "--set" {
            given.insert(rest.next()?.clone(), rest.next()?.clone());
        } else if flag.starts_with('-') && words.is_empty() {
            // What only lists or formats runs nothing.
            if ["-l", "--list", "--summary", "--fmt", "--dump", "--show", "-s", "--evaluate", "--version", "-n"]
                .contains(&flag)
            {
                return None;
            }
            let value =
                if VALUED.contains(&flag) { joined.map(str::to_owned).or_else(|| rest.next().cloned()) } else { None };
            match flag {
                "-f" | "--justfile" => file = Some(tree.find(&paths::join(folder, &value?)?)?),
                "-d" | "--working-directory" => start = paths::join(folder, &value?)?,
                _ => {}
            }
        } else if let Some(value) = joined.filter(|_| words.is_empty() && !flag.contains(['/', ':'])) {
            given.insert(flag.to_owned(), value.to_owned());
        } else {
            words.push(word.clone());
        }
    }
    let set_folder = start != folder;
    let mut place = open(tree, file.or_else(|| nearest(tree, &start))?);
    if set_folder {
        place.folder = start;
    }
    let mut all = Vec::new();
    run(tree, place, &words, &given, folder, &mut all).then_some(all)
}

/// Runs the recipes that some words name, arguments behind each; whether all are known.
fn run(
    tree: &Tree,
    mut place: Place,
    words: &[String],
    given: &BTreeMap<String, String>,
    folder: &str,
    all: &mut Vec<Piece>,
) -> bool {
    let Some(first) = words.first() else {
        let Some(recipe) = place.just.default_recipe() else { return false };
        let mut course = Course { place: &place, given, called: folder, seen: Vec::new(), all };
        course.recipe(recipe, &[], 0);
        return true;
    };
    // `folder/recipe` is that of another folder; `module::recipe` and `module recipe` are those of a module.
    if let Some((other, name)) = first.rsplit_once('/') {
        let Some(file) = paths::join(folder, other).and_then(|other| nearest(tree, &other)) else { return false };
        let words: Vec<String> = std::iter::once(name.to_owned()).chain(words[1..].iter().cloned()).collect();
        return run(tree, open(tree, file), &words, given, folder, all);
    }
    let mut words: Vec<String> = first.split("::").map(str::to_owned).chain(words[1..].iter().cloned()).collect();
    for _ in 0..MAX_DEPTH {
        let Some(inner) = words.first().and_then(|name| module(tree, &place, name)) else { break };
        place = inner;
        words.remove(0);
    }
    if words.is_empty() {
        return run(tree, place, &[], given, folder, all);
    }
    let mut course = Course { place: &place, given, called: folder, seen: Vec::new(), all };
    let mut at = 0;
    while let Some(name) = words.get(at).filter(|_| at < MAX_TARGETS) {
        let Some(recipe) = place.just.recipe(name) else { return at > 0 };
        let until = at.saturating_add(1).saturating_add(recipe.takes()).min(words.len());
        course.recipe(recipe, &words[at + 1..until], 0);
        at = until;
    }
    true
}

/// What every recipe of a justfile runs, nothing given.
pub(super) fn every(tree: &Tree, file: FileId) -> Vec<(String, Vec<Piece>)> {
    let place = open(tree, file);
    let given = BTreeMap::new();
    let one = |recipe: &Recipe| {
        let mut all = Vec::new();
        let mut course =
            Course { place: &place, given: &given, called: &place.folder, seen: Vec::new(), all: &mut all };
        course.lines(recipe, &[]);
        (recipe.name.value.clone(), all)
    };
    place.just.recipes.iter().map(one).collect()
}

/// One run of just.
struct Course<'p> {
    place: &'p Place,
    given: &'p BTreeMap<String, String>,
    called: &'p str,
    seen: Vec<(String, Vec<String>)>,
    all: &'p mut Vec<Piece>,
}

impl Course<'_> {
    /// Runs a recipe with what it needs; each runs once with the same arguments.
    fn recipe(&mut self, recipe: &Recipe, arguments: &[String], depth: usize) {
        let key = (recipe.name.value.clone(), arguments.to_vec());
        if depth > MAX_DEPTH || self.seen.len() >= MAX_TARGETS || self.seen.contains(&key) {
            return;
        }
        self.seen.push(key);
        let scope = Scope::of(&self.place.just, recipe, arguments, self.given);
        self.needs(&recipe.needs, &scope, depth);
        self.lines(recipe, arguments);
        self.needs(&recipe.after, &scope, depth);
    }

    fn needs(&mut self, needs: &[Need], scope: &Scope<'_>, depth: usize) {
        for need in needs {
            let Some(recipe) = self.place.just.recipe(&need.name.value) else { continue };
            let arguments: Vec<String> = need.arguments.iter().map(|argument| scope.value(argument)).collect();
            self.recipe(recipe, &arguments, depth + 1);
        }
    }

    fn lines(&mut self, recipe: &Recipe, arguments: &[String]) {
        let just = &self.place.just;
        let scope = Scope::of(just, recipe, arguments, self.given);
        let set = just.settings.get("working-directory");
        let folder = match recipe.folder.as_ref().or(set) {
            _ if recipe.stays || just.is_set("no-cd") => Some(self.called.to_owned()),
            Some(folder) => paths::join(&self.place.folder, folder),
            None => Some(self.place.folder.clone()),
        };
        let Some(folder) = folder else { return };
        let mut vars = Vars::new();
        for (name, value, span) in scope.exported() {
            let mut var = Var::set(value.clone(), Origin::set(span));
            if value.contains(HOLE) {
                var.value = Known::Unknown(Reason::at(format!("just makes {name} of an expression"), span));
            }
            vars.insert(name, var);
        }
        self.all.extend(recipe.lines(recipe.name.span.file, &scope).into_iter().map(|line| Piece {
            text: line.command.text,
            map: line.command.map,
            folder: folder.clone(),
            vars: vars.clone(),
            may_fail: line.ignores_errors,
            dialect: Dialect::Github,
        }));
    }
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::links::repository::Caller;
    use crate::links::{Meaning, Repository};

    fn calls(run: &str, justfile: &str) -> Vec<String> {
        let workflow = format!("on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: {run}\n");
        let files = [
            (".github/workflows/a.yml", workflow.as_str()),
            ("justfile", justfile),
            ("tools.just", "check:\n    mypy .\n    pytest tools\n"),
            ("ui/justfile", "test:\n    pytest ui\n"),
            (
                "scripts/cover.sh",
                "#!/bin/bash\ncov=\"${BIN}/coverage\"\n\"$cov\" run ${ARGS:-} --module pytest \"$@\"\n",
            ),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let of_job = |call: &&crate::links::Call| matches!(call.caller, Caller::Job { .. });
        let shown = |call: &crate::links::Call| {
            let kind = if call.meaning == Meaning::Tests { "tests" } else { "other" };
            format!("{kind}: {}", call.argv.join(" "))
        };
        repository.calls.iter().filter(of_job).map(shown).collect()
    }

    #[test]
    fn recipes_are_followed_with_what_they_need() {
        let text = "bin := 'venv/bin'\nci *args: env && after\n    @{{bin}}/pytest -x {{args}}\nenv:\n    uv sync\nafter:\n    ./deploy.sh\n";
        assert_eq!(calls("just ci -q", text), ["other: uv sync", "tests: venv/bin/pytest -x -q", "other: ./deploy.sh"]);
        assert_eq!(calls("just", text), calls("just ci", text));
        assert_eq!(calls("just unknown", text), ["other: just unknown"]);
        assert_eq!(calls("just --list", text), ["other: just --list"]);
    }

    #[test]
    fn other_files_are_reached_by_imports_modules_and_folders() {
        assert_eq!(calls("just check", "import 'tools.just'\n").last().unwrap(), "tests: pytest tools");
        assert_eq!(calls("just tools::check", "mod tools\n").last().unwrap(), "tests: pytest tools");
        assert_eq!(calls("just tools check", "mod tools\n").last().unwrap(), "tests: pytest tools");
        assert_eq!(calls("just ui/test", "a:\n"), ["tests: pytest ui"]);
        assert_eq!(calls("just a", "a:\n    {{ just_executable() }} b\nb:\n    pytest b\n"), ["tests: pytest b"]);
    }

    #[test]
    fn a_run_of_tests_is_known_by_the_words_behind_a_program_that_is_not() {
        let text = "test-ci *args:\n    #!/bin/bash\n    export X=1\n    ./scripts/cover.sh -m 'not slow' {{ args }}\n";
        let found = calls("just test-ci", text);
        assert!(found.len() == 1 && found[0].starts_with("tests: "), "{found:?}");
    }
}
