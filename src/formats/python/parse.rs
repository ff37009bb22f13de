//! The parser behind guards: depth and size are checked before anything recurses over the tree.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};

use crate::discover::Tree;
use crate::model::{FileId, Problem, Span};

/// Brackets open at once, or words of one operator chain, past which a file is not read.
const MAX_NESTING: usize = 200;

/// A parsed file.
pub(crate) struct Parsed {
    pub(crate) body: Vec<ast::Stmt>,
    pub(crate) problem: Option<Problem>,
}

/// Files parsed so far: each is parsed once.
#[derive(Default)]
pub(crate) struct Cache(Mutex<BTreeMap<FileId, Arc<Parsed>>>);

impl Cache {
    pub(crate) fn get(&self, tree: &Tree, file: FileId) -> Arc<Parsed> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&file).cloned();
        if let Some(parsed) = known {
            return parsed;
        }
        let parsed = Arc::new(parse(tree, file));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(file, Arc::clone(&parsed));
        parsed
    }
}

/// The place of a node.
pub(crate) fn span(file: FileId, node: &impl Ranged) -> Span {
    span_of(file, node.range())
}

/// The place of a range.
pub(crate) fn span_of(file: FileId, range: TextRange) -> Span {
    Span::new(file, range.start().to_usize(), range.end().to_usize())
}

/// Parses a file of the tree. Never fails: what cannot be read is a problem, and the rest is there.
pub(crate) fn parse(tree: &Tree, file: FileId) -> Parsed {
    let whole = Span::new(file, 0, 0);
    let broken = |message: String| Parsed { body: Vec::new(), problem: Some(Problem::new(whole, message)) };
    let text = match tree.text(file) {
        Ok(text) => text,
        Err(error) => return broken(error.to_string()),
    };
    if too_deep(text) {
        return broken(format!("nested more than {MAX_NESTING} deep: not read"));
    }
    let options = ruff_python_parser::ParseOptions::from(ruff_python_parser::Mode::Module);
    let parsed = ruff_python_parser::parse_unchecked(text, options);
    let problem = parsed.errors().first().map(|error| {
        Problem::new(span_of(file, error.location), format!("Python cannot be read here: {}", error.error))
    });
    let body = match parsed.into_syntax() {
        ast::Mod::Module(module) => module.body.into_iter().collect(),
        ast::Mod::Expression(_) => Vec::new(),
    };
    Parsed { body, problem }
}

/// Counts brackets and long chains of unary or binary operators on one logical line, strings included: too strict on
/// purpose, for the tree is dropped and walked by recursion.
fn too_deep(text: &str) -> bool {
    let (mut depth, mut most, mut chain) = (0usize, 0usize, 0usize);
    for line in text.lines() {
        let mut indent = line.len() - line.trim_start().len();
        indent /= 2;
        most = most.max(indent.min(line.trim().len() * 1000));
        for byte in line.bytes() {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                b'~' => chain += 1,
                _ => {}
            }
            most = most.max(depth);
        }
        for word in [" not ", " lambda", " if ", "**", " - -", "+", "-"] {
            chain = chain.max(line.matches(word).count());
        }
    }
    most > MAX_NESTING || chain > 20 * MAX_NESTING
}
