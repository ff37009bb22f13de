//! A requirements file with what it includes.

use std::sync::Arc;

use super::{Clause, Direct, FileOption, MarkerEnv, Requirement, versions};
use crate::discover::{Tree, paths};
use crate::formats::World;
use crate::model::{FileId, Origin, Problem, Reason, Span, Spanned, StepKind};

use super::lexer::{parse, parse_with};
use super::{LineKind, Marker};

/// A requirements file and everything it includes.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Requirements and constraints in pip's order.
    pub entries: Vec<Entry>,
    /// Option lines in pip's order.
    pub options: Vec<OptionLine>,
    /// The files that were read, each with the place that included it.
    pub files: Vec<(FileId, Option<Span>)>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Why something may be missing: an include that cannot be read.
    pub incomplete: Option<Reason>,
}

/// One requirement of a loaded file.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The file it stands in.
    pub file: FileId,
    /// The logical line.
    pub span: Span,
    /// The number of its first physical line.
    pub line: usize,
    /// Whether it was reached through `-c`.
    pub constraint: bool,
    /// What is required.
    pub target: Target,
    /// Whether its marker holds; `None` if that is not known.
    pub applies: Option<bool>,
    /// The line first, then the `-r` lines that led to it.
    pub origin: Origin,
}

/// What an entry requires.
#[derive(Clone, Debug)]
pub enum Target {
    /// A package by name.
    Named(Requirement),
    /// A path or an address without a name.
    Direct(Direct),
    /// A line that pip refuses: its text and why.
    Invalid {
        /// The text as pip sees it.
        text: String,
        /// Why.
        why: String,
        /// Whether `-e` stands before it.
        editable: bool,
    },
}

/// The options of one line.
#[derive(Clone, Debug)]
pub struct OptionLine {
    /// The file it stands in.
    pub file: FileId,
    /// The logical line.
    pub span: Span,
    /// The number of its first physical line.
    pub line: usize,
    /// Whether it was reached through `-c`.
    pub constraint: bool,
    /// The options.
    pub options: Vec<FileOption>,
}

/// Reads a file and what it includes; `${NAME}` stays as written.
pub fn load(tree: &Tree, file: FileId, markers: &MarkerEnv) -> Loaded {
    load_with(tree, file, markers, &World::empty(), false)
}

/// The same, with variables for `${NAME}`; `constraint` if it is reached by `-c`.
pub fn load_with(tree: &Tree, file: FileId, markers: &MarkerEnv, world: &World, constraint: bool) -> Loaded {
    let mut loader = Loader { tree, markers, world, out: Loaded::default(), open: Vec::new(), done: Vec::new() };
    loader.file(file, None, constraint, &Origin::default());
    loader.out
}

impl Loaded {
    /// The clauses that bind a package, each with its entry: those of what requires it, and those of its constraints.
    pub fn clauses<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a Entry, &'a Clause)> {
        let named = move |entry: &'a Entry| match &entry.target {
            Target::Named(found) if found.name.value == name && entry.applies != Some(false) => Some((entry, found)),
            _ => None,
        };
        self.entries.iter().filter_map(named).flat_map(|(entry, found)| found.clauses.iter().map(move |c| (entry, c)))
    }

    /// The one version that a package is pinned to, by a requirement or by a constraint that surely apply.
    pub fn pin(&self, name: &str) -> Option<Spanned<String>> {
        let exact = |(entry, clause): &(&Entry, &Clause)| {
            matches!(clause.operator.as_str(), "==" | "===")
                && !clause.version.value.contains('*')
                && entry.applies == Some(true)
        };
        let mut pins = self.clauses(name).filter(exact).map(|(_, clause)| &clause.version);
        let first = pins.next()?;
        pins.all(|other| versions::same(&first.value, &other.value)).then(|| first.clone())
    }
}

struct Loader<'a> {
    tree: &'a Tree,
    markers: &'a MarkerEnv,
    world: &'a World,
    out: Loaded,
    open: Vec<FileId>,
    done: Vec<(FileId, bool)>,
}

impl Loader<'_> {
    fn file(&mut self, file: FileId, from: Option<Span>, constraint: bool, via: &Origin) {
        let text = match self.tree.text(file) {
            Ok(text) => text,
            Err(error) => {
                return self
                    .missing(from.unwrap_or(Span::new(file, 0, 0)), format!("{}: {error}", self.tree.path(file)));
            }
        };
        if self.done.len() > 500 {
            return self.missing(Span::new(file, 0, 0), "too many included files".into());
        }
        self.done.push((file, constraint));
        self.out.files.push((file, from));
        self.open.push(file);
        // Where no variable is read, every environment reads the same.
        let alike = !text.contains("${");
        let known = alike.then(|| self.tree.parsed(file, parse).ok()).flatten();
        let parsed = known.unwrap_or_else(|| Arc::new(parse_with(file, text, self.world)));
        if let Some(problem) = parsed.problems.first() {
            self.out.incomplete.get_or_insert(Reason::at(problem.message.clone(), problem.span));
        }
        self.out.problems.extend(parsed.problems.iter().cloned());
        for line in &parsed.lines {
            let origin = Origin::set(line.span).join(via);
            let (target, marker) = match line.kind.clone() {
                LineKind::Requirement(r) => (Target::Named(r.clone()), r.marker),
                LineKind::Direct(d) => (Target::Direct(d.clone()), d.marker),
                LineKind::Invalid { text, why, editable } => {
                    self.out.problems.push(Problem::new(line.span, why.clone()));
                    (Target::Invalid { text, why, editable }, None)
                }
                LineKind::Options(options) => {
                    self.out.options.push(OptionLine { file, span: line.span, line: line.number, constraint, options });
                    continue;
                }
                LineKind::Include { path, constraint: c } => {
                    let via = Origin::default().then(StepKind::Included, line.span).join(via);
                    // What a constraints file includes by `-r` is required.
                    self.include(file, &path, c, &via);
                    continue;
                }
            };
            let marker = marker.and_then(|m| Some((Marker::parse(&m.value)?, m.span)));
            if let Some((why, at)) = marker.as_ref().and_then(|(m, at)| Some((m.undefined()?, *at))) {
                self.missing(at, why);
            }
            let applies = marker.map_or(Some(true), |(m, _)| m.applies(self.markers));
            self.out.entries.push(Entry {
                file,
                span: line.span,
                line: line.number,
                constraint,
                target,
                applies,
                origin,
            });
        }
        self.open.pop();
    }

    fn include(&mut self, from: FileId, path: &Spanned<String>, constraint: bool, via: &Origin) {
        let base = paths::parent(self.tree.path(from)).to_owned();
        let text = path.value.as_str();
        if ["http:", "https:", "file:"].iter().any(|scheme| text.to_ascii_lowercase().starts_with(scheme)) {
            return self.missing(path.span, "an include by its address is not read".into());
        }
        if text.contains("${") {
            return self.missing(path.span, format!("{text} rests on a variable"));
        }
        let Some(found) = paths::join(&base, text) else {
            return self.missing(path.span, format!("{text} is outside the repository"));
        };
        let Some(file) = self.tree.find(&found) else {
            return self.missing(path.span, format!("{text} is not there"));
        };
        if self.open.contains(&file) {
            return self.missing(path.span, format!("{text} includes itself"));
        }
        self.file(file, Some(path.span), constraint, via);
    }

    fn missing(&mut self, span: Span, why: String) {
        self.out.problems.push(Problem::new(span, why.clone()));
        self.out.incomplete.get_or_insert(Reason::at(why, span));
    }
}
