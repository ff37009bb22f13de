//! Dockerfiles: instructions with places, and what each stage of a build amounts to.
//!
//! `parse` splits a text into instructions the way BuildKit's parser does (continuations, comments within them,
//! heredocs, directives, exec forms). `build` then applies them stage by stage.

mod apply;
mod build;
mod commands;
mod expand;
mod heredoc;
mod inputs;
mod instruction;
mod lexer;
mod parse;
mod pattern;
mod resolve;
mod shape;
mod spliced;
mod stages;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub use build::build;
pub use parse::parse;
pub use stages::{
    Action, Base, Build, BuildInputs, BuiltBase, Command, CopyFrom, Dependency, Expansion, Healthcheck, Mount, RunBody,
    Stage, Step,
};
pub use text::Text;

use crate::model::{FileId, Problem, Span, SpanMap, Spanned};

/// A Dockerfile as its instructions. A line that cannot be read is a problem, and the rest is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dockerfile {
    /// The file.
    pub file: FileId,
    /// The escape character: a backslash, or a backtick by directive.
    pub escape: char,
    /// The `syntax` directive.
    pub syntax: Option<Spanned<String>>,
    /// The instructions in file order.
    pub instructions: Vec<Instruction>,
    /// What BuildKit's parser would refuse.
    pub problems: Vec<Problem>,
    /// What BuildKit parses and then refuses for its shape, whichever stage is built.
    pub refused: Vec<Problem>,
}

impl Dockerfile {
    /// The names that its stages have.
    pub fn stage_names(&self) -> impl Iterator<Item = &str> {
        let stages = self.instructions.iter().filter(|one| one.keyword.value == "FROM");
        stages.filter_map(|from| match from.args.as_slice() {
            [_, word, name] if word.value.eq_ignore_ascii_case("as") => Some(name.value.as_str()),
            _ => None,
        })
    }
}

/// One instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instruction {
    /// The keyword in upper case.
    pub keyword: Spanned<String>,
    /// From the keyword to the end of the instruction, heredoc bodies included.
    pub span: Span,
    /// First line, 1-based.
    pub first_line: u32,
    /// Last line, comments in a continuation and heredoc bodies included.
    pub last_line: u32,
    /// Flags such as `--platform=linux/amd64`.
    pub flags: Vec<Flag>,
    /// Whether the arguments are in exec (JSON) form.
    pub json: bool,
    /// The words with quotes and variables kept. ENV and LABEL: name, value, name, value. Shell forms: one text.
    pub args: Vec<Spanned<String>>,
    /// Everything behind keyword and flags, continuations joined.
    pub rest: Text,
    /// Heredocs in the order of their markers.
    pub heredocs: Vec<Heredoc>,
    /// The instruction inside ONBUILD.
    pub onbuild: Option<Box<Instruction>>,
}

impl Instruction {
    /// The value of the first flag of that name.
    pub fn flag(&self, name: &str) -> Option<&Spanned<String>> {
        self.flags.iter().find(|flag| flag.name == name && flag.value.is_some()).and_then(|flag| flag.value.as_ref())
    }

    /// The pairs of ENV and LABEL.
    pub fn pairs(&self) -> impl Iterator<Item = (&Spanned<String>, &Spanned<String>)> {
        self.args.chunks_exact(2).map(|pair| (&pair[0], &pair[1]))
    }
}

/// A flag of an instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flag {
    /// Its name without dashes.
    pub name: String,
    /// Its value, where it has one; quotes removed.
    pub value: Option<Spanned<String>>,
    /// The flag as written, quotes removed.
    pub text: String,
    /// The whole flag.
    pub span: Span,
}

/// A heredoc.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heredoc {
    /// The terminator.
    pub name: String,
    /// The body as in the file, each line with its newline.
    pub content: String,
    /// The body's place, without the terminator.
    pub span: Span,
    /// Whether variables in it are expanded (the marker is not quoted).
    pub expand: bool,
    /// `<<-`: leading tabs are dropped.
    pub chomp: bool,
}

impl Heredoc {
    /// The body as it is used, leading tabs dropped where asked, with its map back to the file.
    pub fn body(&self) -> (String, SpanMap) {
        let base = self.span.start;
        if !self.chomp {
            return (self.content.clone(), SpanMap::Linear { file: self.span.file, base });
        }
        let (mut text, mut starts, mut at) = (String::new(), Vec::new(), 0);
        for line in self.content.split_inclusive('\n') {
            let kept = line.trim_start_matches('\t');
            let offset = at + line.len() - kept.len();
            starts.push((text::offset(text.len()), base + text::offset(offset)));
            text.push_str(kept);
            at += line.len();
        }
        if starts.is_empty() {
            starts.push((0, base));
        }
        (text, SpanMap::Pieces { file: self.span.file, starts })
    }
}
