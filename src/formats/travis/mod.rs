//! Travis CI: `.travis.yml` in the shape of a workflow, so that every CI is judged by the same rules.
//!
//! One job runs the phases of the file for every Python and every line of variables; entries of `jobs: include` with a
//! script of their own are jobs besides. Source: <https://docs.travis-ci.com/user/languages/python/>.

mod deploy;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::discover::Tree;
use crate::formats::gitlab::steps;
use crate::formats::shell;
use crate::formats::small::CommandText;
use crate::formats::small::tree::{self, Kind, Node};
use crate::formats::workflow::{Ci, ContainerSpec, Job, Matrix, Step, Texts, Workflow};
use crate::knowledge::images;
use crate::model::{FileId, Span, SpanMap, Spanned};

/// Phases before and with the tests, in order; those that install come with a default.
const PHASES: [&str; 4] = ["before_install", "install", "before_script", "script"];
/// What is installed where nothing says so, as far as the file is there.
const DEFAULT_INSTALL: &str = "pip install -r requirements.txt";
/// Combinations of versions and variables that are told apart.
const MOST_ROWS: usize = 100;

/// The configuration as a workflow.
pub fn workflow(tree: &Tree, file: FileId) -> Workflow {
    let text = tree.text(file).unwrap_or_default();
    let (root, problems) = tree::yaml(file, text);
    let jobs = root.map(|root| jobs(tree, &root)).unwrap_or_default();
    Workflow::elsewhere(Ci::Travis, file, jobs, problems)
}

fn jobs(tree: &Tree, root: &Node) -> Vec<Job> {
    let mut out = Vec::new();
    let included = root.path(&["jobs", "include"]).or_else(|| root.path(&["matrix", "include"]));
    let included = included.map_or(&[][..], Node::items);
    // A version alone is a further row of the one job; a script of its own makes a job.
    let own = |entry: &&Node| entry.get("script").is_some() || entry.get("deploy").is_some();
    if let Some((name, script)) = root.entries().iter().find(|(name, _)| name.value == "script") {
        let id = Spanned::new("test".to_owned(), name.span.to(script.span));
        let mut rows = rows(root);
        rows.extend(included.iter().filter(|entry| !own(entry)).flat_map(self::rows));
        out.push(job(tree, id, root, None, &rows));
    }
    for (at, entry) in included.iter().filter(own).enumerate() {
        let name = entry.field("name").or_else(|| entry.field("stage"));
        let name = name.unwrap_or_else(|| Spanned::new(format!("job-{}", at + 1), entry.span));
        out.push(job(tree, Spanned::new(name.value, entry.span), root, Some(entry), &rows(entry)));
    }
    let before: Vec<Spanned<String>> = out.iter().map(|job| job.id.clone()).collect();
    let deployed =
        root.get("deploy").map_or(&[][..], Node::one_or_many).iter().flat_map(|one| deploy::of(one, &before));
    for (at, mut job) in deployed.enumerate() {
        if at > 0 {
            job.id.value = format!("{}-{}", job.id.value, at + 1);
        }
        out.push(job);
    }
    out
}

/// The variables of a line: `A=b C="d e"`.
fn assigned(node: &Node) -> Vec<(String, Spanned<String>)> {
    let Some(text) = node.as_str() else { return Vec::new() };
    let words = shell::split_words(text);
    let pair = |word: String| {
        let (name, value) = word.split_once('=')?;
        Some((name.to_owned(), Spanned::new(value.to_owned(), node.span)))
    };
    words.into_iter().filter_map(pair).collect()
}

/// The lines of variables that make a run each.
fn variable_rows(env: Option<&Node>) -> Vec<Vec<(String, Spanned<String>)>> {
    let list = env.map_or(&[][..], |env| {
        let named = env.get("jobs").or_else(|| env.get("matrix"));
        named.map_or_else(
            || if matches!(env.kind, Kind::Map(_)) { &[][..] } else { env.one_or_many() },
            Node::one_or_many,
        )
    });
    list.iter().map(assigned).filter(|row| !row.is_empty()).collect()
}

/// Every combination of a Python and a line of variables.
fn rows(node: &Node) -> Vec<BTreeMap<String, Spanned<String>>> {
    let pythons: Vec<Spanned<String>> = node.get("python").map(Node::texts).unwrap_or_default();
    let version = |text: Spanned<String>| Spanned::new(text.value.trim_end_matches("-dev").to_owned(), text.span);
    let mut pythons: Vec<Option<Spanned<String>>> = pythons.into_iter().map(|text| Some(version(text))).collect();
    let mut lines = variable_rows(node.get("env"));
    if pythons.is_empty() && lines.is_empty() {
        return Vec::new();
    }
    if pythons.is_empty() {
        pythons.push(None);
    }
    if lines.is_empty() {
        lines.push(Vec::new());
    }
    let row = |python: &Option<Spanned<String>>, line: &Vec<(String, Spanned<String>)>| {
        let own = python.iter().map(|python| ("python".to_owned(), python.clone()));
        own.chain(line.iter().cloned()).collect()
    };
    pythons.iter().flat_map(|python| lines.iter().map(move |line| row(python, line))).take(MOST_ROWS).collect()
}

/// A job: the phases of its own, else those of the file.
fn job(
    tree: &Tree,
    id: Spanned<String>,
    root: &Node,
    own: Option<&Node>,
    rows: &[BTreeMap<String, Spanned<String>>],
) -> Job {
    let of = |key: &str| own.and_then(|own| own.get(key)).or_else(|| root.get(key));
    let mut job = Job::blank(id);
    job.runs_on = of("dist").and_then(runner);
    let global = root.get("env").map(|env| env.get("global").unwrap_or(env)).filter(|env| root_wide(root, env));
    for line in global.map_or(&[][..], Node::one_or_many) {
        let mapped = line.entries().iter().filter(|(name, _)| name.value != "secure");
        let mapped = mapped.filter_map(|(name, value)| Some((name.value.clone(), value.spanned()?)));
        job.env.extend(assigned(line).into_iter().chain(mapped));
    }
    let names: Vec<&String> = rows.iter().flat_map(BTreeMap::keys).filter(|name| *name != "python").collect();
    for name in names {
        let span = rows.iter().find_map(|row| row.get(name)).map_or(job.id.span, |value| value.span);
        job.env.insert(name.clone(), Spanned::new(format!("${{{{ matrix.{name} }}}}"), span));
    }
    if let Some(python) = rows.iter().find_map(|row| row.get("python")) {
        let with = Spanned::new("${{ matrix.python }}".to_owned(), python.span);
        let uses = Spanned::new("actions/setup-python@v5".to_owned(), python.span);
        let with = Texts::from([("python-version".to_owned(), with)]);
        job.steps.push(Step { uses: Some(uses), with, ..Step::blank(python.span) });
    }
    job.matrix = matrix(rows, job.id.span);
    if let Some(version) = of("addons").and_then(|addons| addons.field("postgresql")) {
        let image = Spanned::new(format!("postgres:{}", version.value), version.span);
        job.services.insert("postgres".to_owned(), ContainerSpec::of(image));
    }
    for phase in PHASES {
        let lines: Vec<CommandText> = match of(phase) {
            Some(node) => node.one_or_many().iter().filter_map(CommandText::of).collect(),
            None if phase == "install" && rows_of_python(root) && tree.find("requirements.txt").is_some() => {
                let span = job.id.span;
                vec![CommandText { text: DEFAULT_INSTALL.to_owned(), span, map: SpanMap::Whole(span) }]
            }
            None => Vec::new(),
        };
        job.steps.extend(steps(lines.iter(), false));
    }
    job
}

/// Whether the file is for Python.
fn rows_of_python(root: &Node) -> bool {
    root.get("python").is_some() || root.field("language").is_some_and(|language| language.value == "python")
}

/// Whether variables hold for every run: those of `global`, or a mapping or a single line.
fn root_wide(root: &Node, env: &Node) -> bool {
    root.path(&["env", "global"]).is_some() || env.entries().iter().any(|(_, value)| value.scalar().is_some())
}

/// The runner of a distribution's name.
fn runner(dist: &Node) -> Option<Node> {
    let (distro, release) = images::codename(dist.as_str()?)?;
    let label = format!("{distro}-{}", release.filter(|_| distro == "ubuntu")?);
    Some(Node::new(Kind::Text(label), dist.span))
}

fn matrix(rows: &[BTreeMap<String, Spanned<String>>], span: Span) -> Matrix {
    if rows.is_empty() {
        return Matrix::default();
    }
    let row = |row: &BTreeMap<String, Spanned<String>>| {
        let cell = |(name, value): (&String, &Spanned<String>)| {
            (Spanned::new(name.clone(), value.span), Node::new(Kind::Text(value.value.clone()), value.span))
        };
        Node::new(Kind::Map(row.iter().map(cell).collect()), span)
    };
    let include = Node::new(Kind::List(rows.iter().map(row).collect()), span);
    Matrix { include: Some(include), span: Some(span), ..Matrix::default() }
}
