//! Requirement files as pip reads them, requirements by themselves (PEP 508), and markers.

mod direct;
pub mod lexer;
pub mod load;
pub mod marker;
mod marker_env;
pub mod options;
pub mod spec;
#[cfg(test)]
mod tests;
pub mod versions;

use std::collections::BTreeSet;

use crate::model::{FileId, Problem, Span, Spanned};

pub use lexer::{parse, parse_with};
pub use load::{Entry, Loaded, Target, load, load_with};
pub use marker::{Marker, MarkerEnv};

/// A requirements file, line by line.
#[derive(Clone, Debug)]
pub struct RequirementsFile {
    /// The file.
    pub file: FileId,
    /// Its logical lines that are not blank, in order.
    pub lines: Vec<Line>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl RequirementsFile {
    /// The requirements by name, in order.
    pub fn requirements(&self) -> impl Iterator<Item = &Requirement> {
        self.lines.iter().filter_map(|line| match &line.kind {
            LineKind::Requirement(requirement) => Some(requirement),
            _ => None,
        })
    }
}

/// One logical line (continuations joined, comment cut).
#[derive(Clone, Debug)]
pub struct Line {
    /// From its first to its last character, comments left out.
    pub span: Span,
    /// The number of its first physical line, from 1, as pip counts lines.
    pub number: usize,
    /// What it says.
    pub kind: LineKind,
}

/// What a line of a requirements file says.
#[derive(Clone, Debug)]
pub enum LineKind {
    /// A requirement by name.
    Requirement(Requirement),
    /// A path or an address without a name.
    Direct(Direct),
    /// `-r` or `-c`.
    Include {
        /// The path or address as written.
        path: Spanned<String>,
        /// Whether it is `-c`.
        constraint: bool,
    },
    /// Other options of the file, in order: `--index-url`, `--no-binary`.
    Options(Vec<FileOption>),
    /// A line that pip refuses.
    Invalid {
        /// The requirement as pip sees it.
        text: String,
        /// Why.
        why: String,
        /// Whether `-e` stands before it.
        editable: bool,
    },
}

/// An option line such as `--index-url URL`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileOption {
    /// The long name: `--index-url`.
    pub name: String,
    /// Its value, for options that take one.
    pub value: Option<Spanned<String>>,
    /// The place of the option.
    pub span: Span,
}

/// A requirement by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirement {
    /// The normalized name, at the place of the name as written.
    pub name: Spanned<String>,
    /// The normalized extras.
    pub extras: BTreeSet<String>,
    /// The whole specifier as written: `>=1.0,<2`.
    pub specifier: Option<Spanned<String>>,
    /// Each clause of it.
    pub clauses: Vec<Clause>,
    /// The address of `name @ address`, or of an address that names its package.
    pub url: Option<Spanned<String>>,
    /// The marker as written.
    pub marker: Option<Spanned<String>>,
    /// `sha256:abc…`, each at its place.
    pub hashes: Vec<Spanned<String>>,
    /// Whether `-e` stands before it.
    pub editable: bool,
    /// From the name to the end of the marker.
    pub span: Span,
}

impl Requirement {
    /// The one version that `==` or `===` pins it to, if there is no wildcard.
    pub fn pin(&self) -> Option<Spanned<String>> {
        let exact =
            |clause: &&Clause| matches!(clause.operator.as_str(), "==" | "===") && !clause.version.value.contains('*');
        self.clauses.iter().find(exact).map(|clause| clause.version.clone())
    }

    /// The clauses as text, sorted and joined by a comma; empty without any.
    pub fn canonical_specifier(&self) -> String {
        let mut texts: Vec<String> = self.clauses.iter().map(Clause::text).collect();
        texts.sort_unstable();
        texts.join(",")
    }
}

/// One clause of a specifier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clause {
    /// `==`, `>=`, `~=` and so on.
    pub operator: String,
    /// The version as written.
    pub version: Spanned<String>,
    /// Operator and version.
    pub span: Span,
}

impl Clause {
    /// Operator and version as one text.
    pub fn text(&self) -> String {
        format!("{}{}", self.operator, self.version.value)
    }
}

/// A path or an address without a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Direct {
    /// The path or address as written, without extras.
    pub target: Spanned<String>,
    /// The normalized extras.
    pub extras: BTreeSet<String>,
    /// The marker as written.
    pub marker: Option<Spanned<String>>,
    /// Its hashes.
    pub hashes: Vec<Spanned<String>>,
    /// Whether `-e` stands before it.
    pub editable: bool,
    /// The whole.
    pub span: Span,
}

/// A package name as PEP 503 normalizes it.
pub fn normalize(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    if gap {
        out.push('-');
    }
    out
}
