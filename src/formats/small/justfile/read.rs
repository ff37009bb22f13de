//! The lines of a justfile.

use super::{Justfile, Need, Parameter, Recipe, Variable};
use crate::formats::small::{lines, spanned};
use crate::model::{FileId, Problem, Span, Spanned};

/// Reads a justfile. What cannot be read is left out.
pub fn parse(file: FileId, text: &str) -> (Justfile, Vec<Problem>) {
    let mut just = Justfile::default();
    let mut attributes: Vec<String> = Vec::new();
    // The indentation of the body that is read.
    let mut indent: Option<usize> = None;
    let mut open = false;
    for (start, line) in lines(text) {
        let bare = line.trim_start();
        let depth = line.len() - bare.len();
        if open && (depth > 0 || bare.is_empty()) {
            let Some(recipe) = just.recipes.last_mut() else { continue };
            if bare.is_empty() {
                continue;
            }
            let cut = (*indent.get_or_insert(depth)).min(depth);
            recipe.body.push((start + cut, line.get(cut..).unwrap_or(bare).to_owned()));
            continue;
        }
        if depth > 0 || bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        open = false;
        let read = Line { file, start, text: line };
        if let Some(inner) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            attributes.push(inner.0.to_owned());
        } else if !statement(&mut just, &read)
            && let Some(recipe) = read.recipe(&attributes)
        {
            if attributes.iter().any(|attribute| attribute.trim() == "default") {
                just.default = Some(recipe.name.value.clone());
            }
            just.recipes.push(recipe);
            (open, indent) = (true, None);
            attributes.clear();
        } else {
            attributes.clear();
        }
    }
    (just, Vec::new())
}

/// Reads a line that is no recipe; whether it is one of those.
fn statement(just: &mut Justfile, line: &Line<'_>) -> bool {
    let (word, rest) = line.text.split_once(char::is_whitespace).unwrap_or((line.text, ""));
    let assigned = line.text.split_once(":=").filter(|(name, _)| {
        let mut words = name.split_whitespace();
        words.clone().count() <= 2 && words.all(|word| word.chars().all(|c| c.is_alphanumeric() || "_-".contains(c)))
    });
    let path = rest.trim().trim_matches(['"', '\'']).to_owned();
    match (word, assigned) {
        ("set", Some((name, value))) => {
            let name = name.trim_start_matches("set").trim().to_owned();
            just.settings.insert(name, value.trim().trim_matches(['"', '\'']).to_owned());
        }
        ("set", None) => {
            just.settings.insert(rest.trim().to_owned(), String::new());
        }
        ("alias", Some((name, target))) => {
            just.aliases.insert(name.trim_start_matches("alias").trim().to_owned(), target.trim().to_owned());
        }
        (_, Some((name, _))) => {
            let at = line.start + name.len() + 2;
            let expression = spanned(line.file, at, line.text.get(name.len() + 2..).unwrap_or_default());
            let exported = word == "export";
            let name = name.split_whitespace().last().unwrap_or_default().to_owned();
            just.variables.insert(name, Variable { expression: commentless(expression), exported });
        }
        ("import" | "import?", None) => just.imports.push(Spanned::new(path, line.whole())),
        ("mod" | "mod?", None) => {
            let (name, path) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
            let path = path.trim().trim_matches(['"', '\'']);
            just.modules.push((name.to_owned(), (!path.is_empty()).then(|| path.to_owned())));
        }
        ("unexport", None) => {}
        _ => return false,
    }
    true
}

/// An expression without the comment behind it.
fn commentless(mut expression: Spanned<String>) -> Spanned<String> {
    if let Some(at) = expression.value.find(" #").filter(|_| !expression.value.contains(['"', '\'', '`'])) {
        expression.value.truncate(at);
    }
    expression
}

struct Line<'t> {
    file: FileId,
    start: usize,
    text: &'t str,
}

impl Line<'_> {
    fn whole(&self) -> Span {
        Span::new(self.file, self.start, self.start + self.text.len())
    }

    /// `@name a b="x" *c: needs && after`.
    fn recipe(&self, attributes: &[String]) -> Option<Recipe> {
        let colon = outside(self.text, ':')?;
        let (head, tail) = self.text.split_at(colon);
        let quiet = head.len() - head.trim_start_matches('@').len();
        let mut words = pieces(head.get(quiet..)?).into_iter();
        let (at, name) = words.next()?;
        if !name.chars().all(|c| c.is_alphanumeric() || "_-".contains(c)) {
            return None;
        }
        let begin = self.start + quiet + at;
        let tail = tail.get(1..)?;
        let tail = outside(tail, '#').and_then(|end| tail.get(..end)).unwrap_or(tail);
        let (needs, after) = tail.split_once("&&").unwrap_or((tail, ""));
        let base = self.start + colon + 1;
        let named = |attribute: &&String| attribute.trim_start().starts_with("working-directory");
        let folder = attributes.iter().find(named).and_then(|attribute| {
            let (_, path) = attribute.split_once([':', '('])?;
            Some(path.trim().trim_matches(['"', '\'', ')', ' ']).to_owned())
        });
        Some(Recipe {
            name: Spanned::new(name.to_owned(), Span::new(self.file, begin, begin + name.len())),
            parameters: words.map(|(_, word)| parameter(word)).collect(),
            needs: self.needed(base, needs),
            after: self.needed(base + needs.len() + 2, after),
            body: Vec::new(),
            folder,
            positional: attributes
                .iter()
                .any(|attribute| attribute.split(',').any(|one| one.trim() == "positional-arguments")),
            script: attributes.iter().find_map(|attribute| {
                let rest = attribute.trim().strip_prefix("script")?;
                Some(rest.trim_matches(['(', ')', '"', '\'', ' ', ':']).to_owned())
            }),
            stays: attributes.iter().any(|attribute| attribute.split(',').any(|one| one.trim() == "no-cd")),
        })
    }

    /// The recipes of a list: `a (b "x" y)`.
    fn needed(&self, base: usize, text: &str) -> Vec<Need> {
        let need = |(at, word): (usize, &str)| {
            let inner = word.strip_prefix('(').map_or(word, |word| word.trim_end_matches(')'));
            let mut words = pieces(inner).into_iter();
            let (more, name) = words.next()?;
            let start = base + at + usize::from(word.len() > inner.len()) + more;
            let span = Span::new(self.file, start, start + name.len());
            let arguments = words.map(|(_, word)| word.to_owned()).collect();
            Some(Need { name: Spanned::new(name.to_owned(), span), arguments })
        };
        pieces(text).into_iter().filter_map(need).collect()
    }
}

fn parameter(word: &str) -> Parameter {
    let bare = word.trim_start_matches(['$', '+', '*']);
    let signs = &word[..word.len() - bare.len()];
    let (name, default) = bare.split_once('=').map_or((bare, None), |(name, value)| (name, Some(value.to_owned())));
    Parameter { name: name.to_owned(), default, many: signs.contains(['+', '*']), optional: signs.contains('*') }
}

/// Where a sign stands outside quotes and brackets.
fn outside(text: &str, sign: char) -> Option<usize> {
    let (mut quote, mut depth) = (None, 0usize);
    text.char_indices().find_map(|(at, c)| {
        match quote {
            Some(open) if open == c => quote = None,
            Some(_) => {}
            None if c == sign && depth == 0 => return Some(at),
            None if "'\"`".contains(c) => quote = Some(c),
            None if c == '(' => depth += 1,
            None if c == ')' => depth = depth.saturating_sub(1),
            None => {}
        }
        None
    })
}

/// The words of a text, each with its offset; quotes and brackets hold words together.
fn pieces(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let start = at + (rest.len() - rest.trim_start().len());
        let tail = text.get(start..).unwrap_or_default();
        if tail.is_empty() {
            break;
        }
        let blank = [' ', '\t'].iter().filter_map(|sign| outside(tail, *sign)).min();
        let end = start + blank.unwrap_or(tail.len());
        words.extend(text.get(start..end).map(|word| (start, word)));
        at = end;
    }
    words
}
