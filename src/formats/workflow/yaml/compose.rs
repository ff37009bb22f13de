//! From concrete syntax to nodes, with every error at its place.

mod collections;
mod numbers;
mod props;
mod scalars;

use super::cst::{Cst, Sign, Token};
use super::parser::Stream;
use props::{Props, after, next_of_token};

/// A node of a document.
#[derive(Clone, Debug)]
pub(in crate::formats::workflow) struct Node {
    /// What it is.
    pub(in crate::formats::workflow) kind: Kind,
    /// Its start, the end of its value, and the end of what stands after it in its line.
    pub(in crate::formats::workflow) range: (usize, usize, usize),
    /// `&name`.
    pub(in crate::formats::workflow) anchor: Option<String>,
    /// The extent of a scalar as it is written; of a block scalar without its header.
    pub(in crate::formats::workflow) source: Option<(usize, usize)>,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(in crate::formats::workflow) enum Kind {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Alias(String),
    Map(Vec<(Node, Option<Node>)>),
    Seq(Vec<Node>),
}

/// The first document of a text.
#[derive(Default)]
pub(super) struct Composed {
    pub(super) root: Option<Node>,
    /// Offsets and messages.
    pub(super) errors: Vec<(usize, String)>,
}

struct Composer<'t> {
    text: &'t str,
    errors: Vec<(usize, String)>,
    at_root: bool,
    /// Handles of `%TAG`.
    handles: Vec<(String, String)>,
}

/// Composes the first document of a stream.
pub(super) fn compose(text: &str, stream: &Stream) -> Composed {
    let mut composer = Composer { text, errors: Vec::new(), at_root: true, handles: Vec::new() };
    let mut first: Option<Composed> = None;
    let mut at_directives = false;
    for found in &stream.found {
        match found {
            Cst::Document { offset, start, value, end } => {
                if let Some(mut done) = first {
                    done.errors.push((*offset, "the file holds several documents".into()));
                    return done;
                }
                let (root, marked) = composer.document(*offset, start, value.as_deref(), end.as_deref());
                if at_directives && !marked {
                    composer.error(*offset, "directives must end with ---");
                }
                at_directives = false;
                first = Some(Composed { root: Some(root), errors: std::mem::take(&mut composer.errors) });
            }
            Cst::DocumentEnd { token, end } => {
                if first.is_none() {
                    composer.error(token.start, "the end of a document without a document");
                    continue;
                }
                composer.end_of_node(end, token.end, true);
                if let Some(done) = &mut first {
                    done.errors.append(&mut composer.errors);
                }
            }
            Cst::Lone(token) if token.sign == Sign::Directive => {
                composer.directive(*token);
                at_directives = true;
            }
            Cst::Lone(token) if token.sign == Sign::Error => match &mut first {
                Some(done) if !at_directives => done.errors.push((token.start, unexpected(text, *token))),
                _ => composer.error(token.start, unexpected(text, *token)),
            },
            Cst::Lone(_) => {}
            other => composer.error(other.offset(), "what stands here belongs to no document"),
        }
    }
    if first.is_none() && at_directives {
        composer.error(text.len(), "directives must end with ---");
    }
    let mut done = first.unwrap_or_default();
    done.errors.append(&mut composer.errors);
    done
}

fn unexpected(text: &str, token: Token) -> String {
    format!("unexpected `{}`", text.get(token.start..token.end).unwrap_or_default().trim())
}

impl Composer<'_> {
    fn error(&mut self, at: usize, message: impl Into<String>) {
        self.errors.push((at, message.into()));
    }

    fn text_of(&self, token: Token) -> &str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    fn directive(&mut self, token: Token) {
        let line = self.text_of(token).trim().to_owned();
        let mut parts = line.split([' ', '\t']).filter(|part| !part.is_empty());
        let name = parts.next().unwrap_or_default();
        let parts: Vec<&str> = parts.collect();
        match (name, parts.as_slice()) {
            ("%TAG", [handle, prefix]) => self.handles.push(((*handle).to_owned(), (*prefix).to_owned())),
            ("%TAG", _) => self.error(token.start, "%TAG takes two words"),
            ("%YAML", [version]) => {
                let shaped = version.split_once('.').is_some_and(|(a, b)| {
                    [a, b].iter().all(|part| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit()))
                });
                if !shaped {
                    self.error(token.start + 6, "an unsupported version of YAML");
                }
            }
            ("%YAML", _) => self.error(token.start, "%YAML takes one word"),
            _ => {}
        }
    }

    fn document(&mut self, offset: usize, start: &[Token], value: Option<&Cst>, end: Option<&[Token]>) -> (Node, bool) {
        self.at_root = true;
        let next = value.map(after).or_else(|| end.and_then(<[Token]>::first).map(next_of_token));
        let props = self.props(start, &props::Before::document(next, offset));
        if props.found.is_some() && value.is_some_and(Cst::is_block_collection) && !props.has_newline {
            self.error(props.end, "a block collection cannot start on the line of ---");
        }
        let root = match value {
            Some(value) => self.node(value, &props),
            None => self.empty(props.end, Some(start), &props),
        };
        self.end_of_node(end.unwrap_or_default(), root.range.2, false);
        (root, props.found.is_some())
    }

    fn node(&mut self, cst: &Cst, props: &Props) -> Node {
        let mut node = match cst {
            Cst::Scalar { token, tail } if token.sign == Sign::Alias => {
                let name = self.text_of(*token).get(1..).unwrap_or_default().to_owned();
                if name.is_empty() {
                    self.error(token.start, "an alias without a name");
                }
                let end = self.end_of_node(tail.as_deref().unwrap_or_default(), token.end, true);
                if props.anchor.is_some() || props.tag.is_some() {
                    self.error(token.start, "an alias has neither anchor nor tag");
                }
                return Node {
                    kind: Kind::Alias(name),
                    range: (token.start, token.end, end),
                    anchor: None,
                    source: None,
                };
            }
            Cst::Scalar { token, tail } => self.flow_scalar(*token, tail.as_deref().unwrap_or_default(), props.tag),
            Cst::Block { start, indent, props: header, source } => {
                self.block_scalar(*start, *indent, header, *source, props.tag)
            }
            Cst::Map { .. } | Cst::Seq { .. } | Cst::Flow { .. } => self.collection(cst, props),
            Cst::Lone(token) => {
                self.error(token.start, unexpected(self.text, *token));
                return self.empty(token.start, None, props);
            }
            other => {
                self.error(other.offset(), "unexpected");
                return self.empty(other.offset(), None, props);
            }
        };
        node.anchor = self.anchor(props);
        node
    }

    fn anchor(&mut self, props: &Props) -> Option<String> {
        let token = props.anchor?;
        let name = self.text_of(token).get(1..).unwrap_or_default().to_owned();
        if name.is_empty() {
            self.error(token.start, "an anchor without a name");
        }
        Some(name)
    }

    /// A node that is not written; what stands before it says where it would be.
    fn empty(&mut self, offset: usize, before: Option<&[Token]>, props: &Props) -> Node {
        let mut at = offset;
        if let Some(before) = before {
            let blank = before.iter().rev().take_while(|token| super::cst::is_blank(token)).count();
            at -= before.iter().rev().take(blank).map(|token| token.end - token.start).sum::<usize>().min(at);
            if blank < before.len() {
                let spaces = before.iter().skip(before.len() - blank).take_while(|token| token.sign == Sign::Space);
                at += spaces.map(|token| token.end - token.start).sum::<usize>();
            }
        }
        let token = Token { sign: Sign::Plain, start: at, end: at, indent: 0 };
        let mut node = self.flow_scalar(token, &[], props.tag);
        node.source = None;
        node.anchor = self.anchor(props);
        if props.comment.is_some() {
            node.range.2 = props.end;
        }
        node
    }

    /// What stands after a node in its line; gives back where that ends.
    fn end_of_node(&mut self, tokens: &[Token], mut offset: usize, needs_space: bool) -> usize {
        let mut spaced = false;
        for token in tokens {
            match token.sign {
                Sign::Space | Sign::Newline => spaced = true,
                Sign::Comment => {
                    if needs_space && !spaced {
                        self.error(token.start, "a comment needs a blank before it");
                    }
                }
                _ => self.error(token.start, format!("{} after the end of a value", unexpected(self.text, *token))),
            }
            offset += token.end - token.start;
        }
        offset
    }
}
