//! What the fuzz targets share: bytes to text, and texts to a tree in memory.
//!
//! One module a parser; `targets/` makes a program of each, and the suite runs every one over the fixtures, so that none
//! falls behind. With cargo-fuzz, from the root of the repository:
//! `cargo fuzz run --fuzz-dir tests/fuzz --target-dir target/fuzz -s none dockerfile` (nightly, or `RUSTC_BOOTSTRAP=1`).

pub mod audit;
pub mod compose;
pub mod dockerfile;
pub mod dotenv;
pub mod json;
pub mod kubernetes;
pub mod locks;
pub mod manifests;
pub mod pipelines;
pub mod python;
pub mod requirements;
pub mod rules;
pub mod shell;
pub mod small;
pub mod workflow;
pub mod yaml;

use paritylint::discover::{Overlay, Tree};
use paritylint::model::{FileId, Problem, Span};

/// The file that a target with one text reads.
pub const FILE: FileId = FileId(0);

/// The bytes as text; what is not UTF-8 is replaced, as the tree does it.
pub fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// A tree of several files: a line `=== PATH` begins a file; what stands before the first is the file `first`.
pub fn tree(data: &[u8], first: &str) -> Tree {
    let mut files = vec![(first.to_owned(), String::new())];
    for line in text(data).split_inclusive('\n') {
        match line.strip_prefix("=== ") {
            Some(path) => files.push((path.trim().to_owned(), String::new())),
            None => files.last_mut().expect("there is a first file").1.push_str(line),
        }
    }
    Tree::open(Box::new(Overlay::of(files))).expect("a tree in memory can be listed")
}

/// A span lies in its text, at the borders of characters.
pub fn holds(text: &str, span: Span) {
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(text.get(start..end).is_some(), "span {start}..{end} of {} bytes", text.len());
}

/// The spans of problems lie in the text.
pub fn problems_hold(text: &str, problems: &[Problem]) {
    for problem in problems {
        holds(text, problem.span);
    }
}
