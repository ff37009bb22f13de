//! Trees from folders, audits of them, and blessing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use paritylint::discover::{Config, Overlay, Tree};
use paritylint::judge::Record;
use paritylint::links::Repository;
use paritylint::model::{Audit, Known};
use paritylint::{Options, audit_recorded, environments, knowledge, resolve};

/// The repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder, by path from it.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        for entry in read_dir(&at) {
            if entry.is_dir() {
                open.push(entry);
            } else {
                let path = entry.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
                found.insert(path, read(&entry));
            }
        }
    }
    found
}

#[expect(clippy::disallowed_methods, reason = "tests read their fixtures")]
pub(crate) fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn read_text(path: &Path) -> String {
    String::from_utf8(read(path)).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "tests list their fixtures")]
pub(crate) fn read_dir(path: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
}

/// A tree of texts.
pub(crate) fn tree(files: &[(&str, &str)]) -> Tree {
    Tree::open(Box::new(Overlay::of(files.iter().map(|(path, text)| (*path, *text))))).unwrap()
}

/// A tree of bytes.
pub(crate) fn tree_of(files: BTreeMap<String, Vec<u8>>) -> Tree {
    Tree::open(Box::new(Overlay::of(files))).unwrap()
}

/// Audits a tree with its own configuration.
pub(crate) fn audited(tree: &Tree) -> (Audit, Vec<Record>) {
    let config = Config::read(tree);
    assert!(config.problems.is_empty(), "{:?}", config.problems);
    audit_recorded(tree, &config, &Options::default())
}

/// Audits a tree by the rules of every profile.
pub(crate) fn audited_by_all(tree: &Tree) -> (Audit, Vec<Record>) {
    let config = Config::read(tree);
    assert!(config.problems.is_empty(), "{:?}", config.problems);
    let options = Options { profile: Some("audit".into()), ..Options::default() };
    audit_recorded(tree, &config, &options)
}

/// Runs the program in a folder, without what the surroundings say: status, output, errors.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = assert_cmd::Command::cargo_bin("paritylint").unwrap();
    for name in ["CI", "NO_COLOR", "SOURCE_DATE_EPOCH", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    let output = command.current_dir(folder).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The report of a run, which must not be a fault.
pub(crate) fn report(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let (_, out, err) = run(folder, &[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"))
}

/// Writes a file below a folder.
pub(crate) fn write(folder: &Path, path: &str, text: &str) {
    let to = folder.join(path);
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::write(to, text).unwrap();
}

/// Writes a fixture project below a folder.
pub(crate) fn write_project(folder: &Path, name: &str) {
    for (path, bytes) in files(&root().join("fixtures/projects").join(name)) {
        write(folder, &path, &String::from_utf8(bytes).unwrap());
    }
}

/// Runs git in a folder and gives what it prints.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let mut git = std::process::Command::new("git");
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"];
    let output = git.current_dir(folder).args(who).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Commits all there is.
pub(crate) fn commit(folder: &Path) {
    if !folder.join(".git").exists() {
        git(folder, &["init", "-q"]);
    }
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-qm", "state"]);
}

/// Runs on a stack as large as the program's.
pub(crate) fn deep<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(8 * 1024 * 1024).spawn(run).unwrap().join().unwrap()
}

/// Compares with a file; `BLESS=1` writes it.
#[expect(clippy::disallowed_methods, reason = "blessing is asked for by a variable")]
pub(crate) fn expect_file(path: &Path, found: &str) {
    if std::env::var("BLESS").is_ok() {
        std::fs::write(path, found).unwrap();
        return;
    }
    let wanted = if path.exists() { read_text(path) } else { String::new() };
    assert!(wanted == found, "{} differs (BLESS=1 writes it):\n{found}", path.display());
}

/// Every attribute of every fact in one line: `environment component dimension.key attribute=value`.
pub(crate) fn facts(files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<(String, String)> = files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect();
    deep(move || {
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let plan = environments::infer(&repository, &Config::default(), false);
        let model = resolve::resolve(&repository, plan, &Config::default(), knowledge::AS_OF);
        let mut lines = Vec::new();
        for (id, attributes) in model.facts.iter().map(|fact| (&fact.id, &fact.attributes)) {
            for (name, attr) in attributes {
                let value = match &attr.value {
                    Known::One(value) => value.as_text().map_or_else(|| format!("{value:?}"), str::to_owned),
                    Known::Unknown(_) => "?".into(),
                    Known::Absent => "absent".into(),
                    other => format!("{other:?}"),
                };
                let component = id.component.as_deref().unwrap_or("-");
                let (environment, dimension, key) = (&id.environment, id.dimension.name(), &id.key);
                lines.push(format!("{environment} {component} {dimension}.{key} {name}={value}"));
            }
        }
        lines
    })
}

/// Whether every one of these lines is there.
#[track_caller]
pub(crate) fn holds(lines: &[String], wanted: &[&str]) {
    for line in wanted {
        let (head, _) = line.rsplit_once('=').unwrap();
        let near: Vec<_> = lines.iter().filter(|known| known.contains(head.split(' ').nth(2).unwrap())).collect();
        assert!(lines.iter().any(|known| known == line), "{line}: {near:#?}");
    }
}
