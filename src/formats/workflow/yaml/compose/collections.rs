//! Mappings and sequences, in block and in flow.

use super::super::cst::{Cst, Item, Sign, Token};
use super::props::{Before, Next, Props, after, next_of_token};
use super::{Composer, Kind, Node};

const COLUMN: &str = "all entries of a mapping must start at the same column";
const BLOCK: &str = "a block collection cannot stand in a flow collection";

fn node(kind: Kind, range: (usize, usize, usize)) -> Node {
    Node { kind, range, anchor: None, source: None }
}

fn next_of(item: &Item) -> Option<Next> {
    let sep = || item.sep.as_deref().and_then(<[Token]>::first).map(next_of_token);
    item.key.as_deref().map(after).or_else(sep)
}

fn is_block(cst: Option<&Cst>) -> bool {
    cst.is_some_and(Cst::is_block_collection)
}

/// How many UTF-16 units a text has.
fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

impl Composer<'_> {
    pub(super) fn collection(&mut self, cst: &Cst, props: &Props) -> Node {
        if let Some(tag) = props.tag {
            self.tag_name(tag);
        }
        if let (Cst::Seq { .. }, Some(last)) = (cst, last_prop(props))
            && props.newline_after.is_none_or(|newline| newline.start < last.start)
        {
            self.error(last.start, "a line break is missing after the properties of a sequence");
        }
        match cst {
            Cst::Map { start, indent, items } => self.block_map(*start, *indent, items),
            Cst::Seq { start, indent, items } => self.block_seq(*start, *indent, items),
            Cst::Flow { indent, open, items, end } => self.flow(*indent, *open, items, end),
            other => node(Kind::Null, (other.offset(), other.offset(), other.offset())),
        }
    }

    fn block_map(&mut self, start: usize, indent: usize, items: &[Item]) -> Node {
        self.at_root = false;
        let (mut offset, mut comment_end) = (start, None);
        let mut entries = Vec::new();
        for item in items {
            let before = Before {
                flow: false,
                indicator: Sign::ExplicitKey,
                next: next_of(item),
                offset,
                parent_indent: indent,
                on_newline: true,
            };
            let props = self.props(&item.start, &before);
            let key = item.key.as_deref();
            if let Some(found) = props.found {
                if found.indent != indent {
                    self.error(offset, COLUMN);
                }
            } else {
                match key {
                    Some(Cst::Seq { .. }) => self.error(offset, "a block sequence cannot be a key"),
                    Some(key) if key.indent().is_some_and(|own| own != indent) => self.error(offset, COLUMN),
                    _ => {}
                }
                if props.anchor.is_none() && props.tag.is_none() && item.sep.is_none() {
                    comment_end = Some(props.end);
                    continue;
                }
                if props.newline_after.is_some() || key.is_some_and(|key| self.contains_newline(key)) {
                    let at = key.map(Cst::offset).or_else(|| item.start.last().map(|token| token.start));
                    self.error(at.unwrap_or(offset), "a key must be on a single line");
                }
            }
            offset = self.block_entry(indent, item, &props, &mut entries);
        }
        if let Some(end) = comment_end.filter(|end| *end > 0 && *end < offset) {
            self.error(end, "a comment of a mapping with content behind it");
        }
        node(Kind::Map(entries), (start, offset, comment_end.unwrap_or(offset)))
    }

    fn block_entry(
        &mut self,
        indent: usize,
        item: &Item,
        props: &Props,
        entries: &mut Vec<(Node, Option<Node>)>,
    ) -> usize {
        let (key, value) = (item.key.as_deref(), item.value.as_deref());
        let sep = item.sep.as_deref().unwrap_or_default();
        let key_node = match key {
            Some(key) => self.node(key, props),
            None => self.empty(props.end, Some(&item.start), props),
        };
        let before = Before {
            flow: false,
            indicator: Sign::Value,
            next: value.map(after),
            offset: key_node.range.2,
            parent_indent: indent,
            on_newline: key.is_none_or(|key| matches!(key, Cst::Block { .. })),
        };
        let value_props = self.props(sep, &before);
        let Some(found) = value_props.found else {
            if props.found.is_none() {
                self.error(key_node.range.0, "a key needs a value");
            }
            entries.push((key_node, None));
            return value_props.end;
        };
        if props.found.is_none() {
            if matches!(value, Some(Cst::Map { .. })) && !value_props.has_newline {
                self.error(value_props.end, "a mapping cannot start beside the key of another");
            }
            if units(self.text.get(props.start..found.start).unwrap_or_default()) > 1024 {
                self.error(key_node.range.0, "a key is longer than 1024 characters");
            }
        }
        let value_node = match value {
            Some(value) => self.node(value, &value_props),
            None => self.empty(value_props.end, Some(sep), &value_props),
        };
        let end = value_node.range.2;
        entries.push((key_node, Some(value_node)));
        end
    }

    fn block_seq(&mut self, start: usize, indent: usize, items: &[Item]) -> Node {
        self.at_root = false;
        let (mut offset, mut comment_end) = (start, None);
        let mut nodes = Vec::new();
        for item in items {
            let value = item.value.as_deref();
            let before = Before {
                flow: false,
                indicator: Sign::Item,
                next: value.map(after),
                offset,
                parent_indent: indent,
                on_newline: true,
            };
            let props = self.props(&item.start, &before);
            if props.found.is_none() {
                if props.anchor.is_none() && props.tag.is_none() && value.is_none() {
                    comment_end = Some(props.end);
                    continue;
                }
                match value {
                    Some(Cst::Seq { .. }) => self.error(props.end, "all items must start at the same column"),
                    _ => self.error(offset, "an item without `-`"),
                }
            }
            let node = match value {
                Some(value) => self.node(value, &props),
                None => self.empty(props.end, Some(&item.start), &props),
            };
            offset = node.range.2;
            nodes.push(node);
        }
        node(Kind::Seq(nodes), (start, offset, comment_end.unwrap_or(offset)))
    }

    fn flow(&mut self, indent: usize, open: Token, items: &[Item], end: &[Token]) -> Node {
        let is_map = open.sign == Sign::MapStart;
        let at_root = std::mem::replace(&mut self.at_root, false);
        let mut offset = open.end;
        let (mut entries, mut nodes) = (Vec::new(), Vec::new());
        for (index, item) in items.iter().enumerate() {
            let before = Before {
                flow: true,
                indicator: Sign::ExplicitKey,
                next: next_of(item),
                offset,
                parent_indent: indent,
                on_newline: false,
            };
            let mut props = self.props(&item.start, &before);
            if !self.flow_start(item, &props, index, items.len(), is_map) {
                offset = props.end;
                continue;
            }
            if index > 0 {
                drop_comment(self.text, &item.start, &mut props);
            }
            if !is_map && item.sep.is_none() && props.found.is_none() {
                let node = match item.value.as_deref() {
                    Some(value) => self.node(value, &props),
                    None => self.empty(props.end, item.sep.as_deref(), &props),
                };
                offset = node.range.2;
                if is_block(item.value.as_deref()) {
                    self.error(node.range.0, BLOCK);
                }
                nodes.push(node);
                continue;
            }
            let (key, value, after) = self.flow_entry(indent, item, &props, is_map);
            offset = after;
            if is_map {
                entries.push((key, value));
            } else {
                let last = value.as_ref().unwrap_or(&key).range;
                let range = (key.range.0, last.1, last.2);
                nodes.push(node(Kind::Map(vec![(key, value)]), range));
            }
        }
        let kind = if is_map { Kind::Map(entries) } else { Kind::Seq(nodes) };
        let range = self.flow_end(open, offset, end, at_root);
        node(kind, range)
    }

    /// Checks the start of an item; whether there is an item at all.
    fn flow_start(&mut self, item: &Item, props: &Props, index: usize, count: usize, is_map: bool) -> bool {
        if props.found.is_none() {
            let nothing = props.anchor.is_none() && props.tag.is_none() && item.sep.is_none() && item.value.is_none();
            if nothing {
                match props.comma {
                    Some(comma) if index == 0 => self.error(comma.start, "unexpected `,`"),
                    _ if index + 1 < count => self.error(props.start, "an empty item"),
                    _ => {}
                }
                return false;
            }
            if let Some(key) = item.key.as_deref().filter(|key| !is_map && self.contains_newline(key)) {
                self.error(key.offset(), "a key must be on a single line");
            }
        }
        match props.comma {
            Some(comma) if index == 0 => self.error(comma.start, "unexpected `,`"),
            None if index > 0 => self.error(props.start, "a `,` is missing between items"),
            _ => {}
        }
        true
    }

    fn flow_entry(&mut self, indent: usize, item: &Item, props: &Props, is_map: bool) -> (Node, Option<Node>, usize) {
        let (key, value) = (item.key.as_deref(), item.value.as_deref());
        let sep = item.sep.as_deref().unwrap_or_default();
        let key_node = match key {
            Some(key) => self.node(key, props),
            None => self.empty(props.end, Some(&item.start), props),
        };
        if is_block(key) {
            self.error(key_node.range.0, BLOCK);
        }
        let before = Before {
            flow: true,
            indicator: Sign::Value,
            next: value.map(after),
            offset: key_node.range.2,
            parent_indent: indent,
            on_newline: false,
        };
        let value_props = self.props(sep, &before);
        if let Some(found) = value_props.found {
            if !is_map && props.found.is_none() {
                let line_break = sep.iter().take_while(|token| token.start != found.start);
                if let Some(token) = line_break.into_iter().find(|token| token.sign == Sign::Newline) {
                    self.error(token.start, "a key must be on a single line");
                }
                if units(self.text.get(props.start..found.start).unwrap_or_default()) > 1024 {
                    self.error(found.start, "a key is longer than 1024 characters");
                }
            }
        } else if let Some(value) = value {
            let colon = match value {
                Cst::Scalar { token, .. } | Cst::Lone(token) => self.text_of(*token).starts_with(':'),
                Cst::Block { source, .. } => self.text.get(source.0..source.1).is_some_and(|s| s.starts_with(':')),
                _ => false,
            };
            let at = if colon { value.offset() } else { value_props.start };
            self.error(at, "a `,` or a blank after `:` is missing");
        }
        let value_node = match value {
            Some(value) => Some(self.node(value, &value_props)),
            None if value_props.found.is_some() => Some(self.empty(value_props.end, Some(sep), &value_props)),
            None => None,
        };
        if let Some(node) = value_node.as_ref().filter(|_| is_block(value)) {
            self.error(node.range.0, BLOCK);
        }
        let end = value_node.as_ref().map_or(value_props.end, |node| node.range.2);
        (key_node, value_node, end)
    }

    fn flow_end(&mut self, open: Token, offset: usize, end: &[Token], at_root: bool) -> (usize, usize, usize) {
        let wanted = if open.sign == Sign::MapStart { Sign::MapEnd } else { Sign::SeqEnd };
        let closing = end.first();
        let mut rest = end.get(1..).unwrap_or_default();
        let position = match closing {
            Some(token) if token.sign == wanted => token.end,
            _ => {
                let how = if at_root { "" } else { "indented and " };
                self.error(offset, format!("a flow collection must be {how}closed"));
                if closing.is_some_and(|token| token.end - token.start != 1) {
                    rest = end;
                }
                offset
            }
        };
        let last = if rest.is_empty() { position } else { self.end_of_node(rest, position, true) };
        (open.start, position, last)
    }

    fn contains_newline(&self, key: &Cst) -> bool {
        let newline = |tokens: &[Token]| tokens.iter().any(|token| token.sign == Sign::Newline);
        match key {
            Cst::Scalar { token, tail } => self.text_of(*token).contains('\n') || tail.as_deref().is_some_and(newline),
            Cst::Flow { items, .. } => items.iter().any(|item| {
                newline(&item.start)
                    || item.sep.as_deref().is_some_and(newline)
                    || item.key.as_deref().is_some_and(|key| self.contains_newline(key))
                    || item.value.as_deref().is_some_and(|value| self.contains_newline(value))
            }),
            _ => true,
        }
    }
}

fn last_prop(props: &Props) -> Option<Token> {
    match (props.anchor, props.tag) {
        (Some(anchor), Some(tag)) => Some(if anchor.start > tag.start { anchor } else { tag }),
        (anchor, tag) => anchor.or(tag),
    }
}

/// The first comment behind a comma belongs to the item before it.
fn drop_comment(text: &str, start: &[Token], props: &mut Props) {
    let first = start.iter().find(|token| !matches!(token.sign, Sign::Comma | Sign::Space));
    let Some(token) = first.filter(|token| token.sign == Sign::Comment) else { return };
    let taken = text.get(token.start + 1..token.end).unwrap_or_default().len();
    if taken > 0 {
        let rest = props.comment.take().and_then(|comment| comment.get(taken + 1..).map(str::to_owned));
        props.comment = rest.filter(|rest| !rest.is_empty());
    }
}
