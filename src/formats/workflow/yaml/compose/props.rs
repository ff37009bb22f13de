//! What stands before a node: indicator, anchor, tag, comments, blanks.

use super::super::cst::{Cst, Sign, Token};
use super::Composer;

/// What the properties of a node say.
#[derive(Default)]
pub(super) struct Props {
    pub(super) comma: Option<Token>,
    pub(super) found: Option<Token>,
    pub(super) comment: Option<String>,
    pub(super) has_newline: bool,
    pub(super) anchor: Option<Token>,
    pub(super) tag: Option<Token>,
    pub(super) newline_after: Option<Token>,
    pub(super) end: usize,
    pub(super) start: usize,
}

/// What follows the properties.
#[derive(Clone, Copy)]
pub(super) struct Next {
    offset: usize,
    flow: bool,
    block: bool,
    /// Needs no blank before it.
    free: bool,
}

/// The node that follows.
pub(super) fn after(cst: &Cst) -> Next {
    Next {
        offset: cst.offset(),
        flow: matches!(cst, Cst::Flow { .. }),
        block: cst.is_block_collection(),
        free: matches!(cst, Cst::Scalar { token, .. } if token.sign == Sign::Plain && token.start == token.end),
    }
}

/// The token that follows.
pub(super) fn next_of_token(token: &Token) -> Next {
    let free = matches!(token.sign, Sign::Space | Sign::Newline | Sign::Comma);
    Next { offset: token.start, flow: false, block: false, free }
}

/// Where properties stand.
pub(super) struct Before {
    pub(super) flow: bool,
    pub(super) indicator: Sign,
    pub(super) next: Option<Next>,
    pub(super) offset: usize,
    pub(super) parent_indent: usize,
    pub(super) on_newline: bool,
}

impl Before {
    pub(super) fn document(next: Option<Next>, offset: usize) -> Self {
        Self { flow: false, indicator: Sign::DocumentStart, next, offset, parent_indent: 0, on_newline: true }
    }
}

struct State {
    at_newline: bool,
    has_space: bool,
    needs_space: bool,
    tab: Option<Token>,
    separator: String,
}

impl Composer<'_> {
    pub(super) fn props(&mut self, tokens: &[Token], before: &Before) -> Props {
        let mut props = Props::default();
        let mut start = None;
        let mut state = State {
            at_newline: before.on_newline,
            has_space: before.on_newline,
            needs_space: false,
            tab: None,
            separator: String::new(),
        };
        for token in tokens {
            if state.needs_space && !matches!(token.sign, Sign::Space | Sign::Newline | Sign::Comma) {
                self.error(token.start, "a blank is missing after a tag or an anchor");
            }
            state.needs_space = false;
            if let Some(tab) = state.tab.take()
                && state.at_newline
                && !matches!(token.sign, Sign::Comment | Sign::Newline)
            {
                self.error(tab.start, "a tab is no indentation");
            }
            if matches!(token.sign, Sign::Anchor | Sign::Tag) {
                start.get_or_insert(token.start);
            }
            self.prop(*token, before, &mut props, &mut state);
        }
        let end = tokens.last().map_or(before.offset, |last| last.end);
        if let Some(next) = before.next.filter(|next| state.needs_space && !next.free) {
            self.error(next.offset, "a blank is missing after a tag or an anchor");
        }
        if let Some(tab) = state.tab
            && (state.at_newline && tab.indent <= before.parent_indent || before.next.is_some_and(|next| next.block))
        {
            self.error(tab.start, "a tab is no indentation");
        }
        props.end = end;
        props.start = start.unwrap_or(end);
        props
    }

    fn prop(&mut self, token: Token, before: &Before, props: &mut Props, state: &mut State) {
        match token.sign {
            Sign::Space => {
                let at_document = before.indicator == Sign::DocumentStart && before.next.is_some_and(|next| next.flow);
                if !before.flow && !at_document && self.text_of(token).contains('\t') {
                    state.tab = Some(token);
                }
                state.has_space = true;
            }
            Sign::Comment => {
                if !state.has_space {
                    self.error(token.start, "a comment needs a blank before it");
                }
                let text = self.text_of(token).get(1..).filter(|text| !text.is_empty()).unwrap_or(" ").to_owned();
                match &mut props.comment {
                    None => props.comment = Some(text),
                    Some(comment) => {
                        comment.push_str(&state.separator);
                        comment.push_str(&text);
                    }
                }
                state.separator.clear();
                state.at_newline = false;
            }
            Sign::Newline => {
                let text = self.text_of(token);
                match &mut props.comment {
                    Some(comment) if state.at_newline => comment.push_str(text),
                    _ if !state.at_newline => state.separator.push_str(text),
                    _ => {}
                }
                state.at_newline = true;
                props.has_newline = true;
                if props.anchor.is_some() || props.tag.is_some() {
                    props.newline_after = Some(token);
                }
                state.has_space = true;
            }
            Sign::Anchor | Sign::Tag => {
                let slot = if token.sign == Sign::Anchor { &mut props.anchor } else { &mut props.tag };
                if slot.replace(token).is_some() {
                    self.error(token.start, "a node has one anchor and one tag at most");
                }
                state.at_newline = false;
                state.has_space = false;
                state.needs_space = true;
            }
            sign if sign == before.indicator => {
                if props.anchor.is_some() || props.tag.is_some() {
                    self.error(token.start, "anchors and tags stand after the indicator");
                }
                if props.found.replace(token).is_some() {
                    self.error(token.start, format!("unexpected `{}`", self.text_of(token)));
                }
                state.at_newline = matches!(sign, Sign::Item | Sign::ExplicitKey);
                state.has_space = false;
            }
            Sign::Comma if before.flow => {
                if props.comma.replace(token).is_some() {
                    self.error(token.start, "unexpected `,`");
                }
                state.at_newline = false;
                state.has_space = false;
            }
            _ => {
                self.error(token.start, format!("unexpected `{}`", self.text_of(token)));
                state.at_newline = false;
                state.has_space = false;
            }
        }
    }
}
