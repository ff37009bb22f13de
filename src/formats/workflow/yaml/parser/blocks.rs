//! Mappings, sequences and flow collections, lexeme by lexeme.

use super::super::cst::{Cst, Item, Sign, Token, includes};
use super::{Parser, first_key_start, fix_flow_items, previous_props};

/// Puts a line break behind the comment that ends a value; gives it back if there is none.
fn after_comment(item: &mut Item, token: Token) -> Result<(), Token> {
    let tail = item.value.as_deref_mut().and_then(Cst::tail);
    match tail.filter(|tail| tail.last().is_some_and(|last| last.sign == Sign::Comment)) {
        Some(tail) => {
            tail.push(token);
            Ok(())
        }
        None => Err(token),
    }
}

/// An indented comment on lines of its own belongs to the value before it.
fn to_previous(items: &mut Vec<Item>, token: Token, indent: usize) -> Result<(), Token> {
    let count = items.len();
    let alone = items
        .last()
        .is_some_and(|item| item.start.iter().all(|token| matches!(token.sign, Sign::Newline | Sign::Space)));
    if token.sign != Sign::Comment || token.indent <= indent || !alone || count < 2 {
        return Err(token);
    }
    let (before, last) = items.split_at_mut(count - 1);
    let tail = before.last_mut().and_then(|item| item.value.as_deref_mut()).and_then(Cst::tail);
    let (Some(tail), Some(last)) = (tail, last.first_mut()) else { return Err(token) };
    tail.append(&mut last.start);
    tail.push(token);
    items.pop();
    Ok(())
}

/// Lines that stand free after an empty value belong to the next key.
fn take_free_lines(item: &mut Item, indent: usize) -> Vec<Token> {
    let Some(sep) = item.sep.as_mut().filter(|_| item.value.is_none()) else { return Vec::new() };
    let mut breaks = Vec::new();
    for (at, token) in sep.iter().enumerate() {
        match token.sign {
            Sign::Newline => breaks.push(at),
            Sign::Space => {}
            Sign::Comment if token.indent <= indent => {}
            _ => breaks.clear(),
        }
    }
    breaks.get(1).map(|at| sep.split_off(*at)).unwrap_or_default()
}

impl Parser<'_> {
    pub(super) fn block_map(&mut self) -> bool {
        let token = self.token();
        let Some(Cst::Map { indent, items, .. }) = self.stack.last_mut() else { return false };
        let indent = *indent;
        let Some(item) = items.last_mut() else { return false };
        match token.sign {
            Sign::Newline | Sign::Space | Sign::Comment => {
                let newline = token.sign == Sign::Newline;
                if item.value.is_some() {
                    let left = if newline { after_comment(item, token) } else { Err(token) };
                    if let Err(token) = left {
                        items.push(Item::starting(vec![token]));
                    }
                } else if let Some(sep) = &mut item.sep {
                    sep.push(token);
                } else if newline {
                    item.start.push(token);
                } else if let Err(token) = to_previous(items, token, indent)
                    && let Some(item) = items.last_mut()
                {
                    item.start.push(token);
                }
                if newline {
                    self.on_key_line = false;
                }
                return false;
            }
            _ => {}
        }
        if self.indent >= indent
            && let Some(done) = self.in_map(token, indent)
        {
            return done;
        }
        self.pop();
        true
    }

    /// What a lexeme does in a mapping that is not less indented than it; none: the mapping ends.
    fn in_map(&mut self, token: Token, indent: usize) -> Option<bool> {
        let at_map_indent = !self.on_key_line && self.indent == indent;
        let Some(Cst::Map { items, .. }) = self.stack.last_mut() else { return None };
        let item = items.last_mut()?;
        let next = at_map_indent && (item.sep.is_some() || item.explicit) && token.sign != Sign::Item;
        let start = if next { take_free_lines(item, indent) } else { Vec::new() };
        match token.sign {
            Sign::Anchor | Sign::Tag => {
                if next || item.value.is_some() {
                    let mut start = start;
                    start.push(token);
                    items.push(Item::starting(start));
                    self.on_key_line = true;
                } else {
                    item.sep.as_mut().unwrap_or(&mut item.start).push(token);
                }
            }
            Sign::ExplicitKey => {
                if item.sep.is_none() && !item.explicit {
                    item.start.push(token);
                    item.explicit = true;
                } else if next || item.value.is_some() {
                    let mut start = start;
                    start.push(token);
                    items.push(Item { explicit: true, ..Item::starting(start) });
                } else {
                    let items = vec![Item { explicit: true, ..Item::starting(vec![token]) }];
                    self.stack.push(Cst::Map { start: self.offset, indent: self.indent, items });
                }
                self.on_key_line = true;
            }
            Sign::Value => {
                self.map_value(token, start, next);
                self.on_key_line = true;
            }
            Sign::Alias | Sign::Plain | Sign::Single | Sign::Double => {
                let (has_value, has_sep) = (item.value.is_some(), item.sep.is_some());
                let scalar = self.flow_scalar();
                let Some(Cst::Map { items, .. }) = self.stack.last_mut() else { return None };
                if next || has_value {
                    items.push(Item::keyed(start, Some(Box::new(scalar)), Vec::new()));
                    self.on_key_line = true;
                } else if has_sep {
                    self.stack.push(scalar);
                } else if let Some(item) = items.last_mut() {
                    item.key = Some(Box::new(scalar));
                    item.sep = Some(Vec::new());
                    self.on_key_line = true;
                }
            }
            _ => {
                let beside = !item.explicit && item.sep.as_ref().is_some_and(|sep| !includes(sep, Sign::Newline));
                let node = self.block_value()?;
                if matches!(node, Cst::Seq { .. }) {
                    if beside {
                        self.put(Cst::Lone(Token { sign: Sign::Error, ..token }));
                        return Some(false);
                    }
                } else if at_map_indent && let Some(Cst::Map { items, .. }) = self.stack.last_mut() {
                    items.push(Item::starting(start));
                }
                self.stack.push(node);
            }
        }
        Some(false)
    }

    /// `:` in a mapping.
    fn map_value(&mut self, token: Token, start: Vec<Token>, next: bool) {
        let (offset, indent) = (self.offset, self.indent);
        let Some(Cst::Map { items, .. }) = self.stack.last_mut() else { return };
        let Some(item) = items.last_mut() else { return };
        let nested = |start, key, sep| Cst::Map { start: offset, indent, items: vec![Item::keyed(start, key, sep)] };
        let Some(sep) = &mut item.sep else {
            if item.explicit && !includes(&item.start, Sign::Newline) {
                let start = first_key_start(Some(&mut item.start));
                self.stack.push(nested(start, None, vec![token]));
            } else {
                item.key = None;
                item.sep = Some(vec![token]);
            }
            return;
        };
        if item.value.is_some() || (!item.explicit && next) {
            let start = if item.explicit { Vec::new() } else { start };
            items.push(Item::keyed(start, None, vec![token]));
        } else if includes(sep, Sign::Value) {
            let start = if item.explicit { start } else { Vec::new() };
            self.stack.push(nested(start, None, vec![token]));
        } else if item.explicit && item.key.as_deref().is_some_and(Cst::is_flow) && !includes(sep, Sign::Newline) {
            let start = first_key_start(Some(&mut item.start));
            let mut sep = item.sep.take().unwrap_or_default();
            sep.push(token);
            let key = item.key.take();
            self.stack.push(nested(start, key, sep));
        } else {
            if item.explicit {
                sep.extend(start);
            }
            sep.push(token);
        }
    }

    pub(super) fn block_sequence(&mut self) -> bool {
        let token = self.token();
        let Some(Cst::Seq { indent, items, .. }) = self.stack.last_mut() else { return false };
        let indent = *indent;
        let Some(item) = items.last_mut() else { return false };
        let (has_value, marked) = (item.value.is_some(), includes(&item.start, Sign::Item));
        match token.sign {
            Sign::Newline if has_value => {
                if let Err(token) = after_comment(item, token) {
                    items.push(Item::starting(vec![token]));
                }
                return false;
            }
            Sign::Newline => {
                item.start.push(token);
                return false;
            }
            Sign::Space | Sign::Comment if has_value => {
                items.push(Item::starting(vec![token]));
                return false;
            }
            Sign::Space | Sign::Comment => {
                if let Err(token) = to_previous(items, token, indent)
                    && let Some(item) = items.last_mut()
                {
                    item.start.push(token);
                }
                return false;
            }
            Sign::Anchor | Sign::Tag if !has_value && self.indent > indent => {
                item.start.push(token);
                return false;
            }
            Sign::Item if self.indent == indent => {
                if has_value || marked {
                    items.push(Item::starting(vec![token]));
                } else {
                    item.start.push(token);
                }
                return false;
            }
            _ => {}
        }
        if self.indent > indent
            && let Some(node) = self.block_value()
        {
            self.stack.push(node);
            return false;
        }
        self.pop();
        true
    }

    pub(super) fn flow_collection(&mut self) -> bool {
        let token = self.token();
        if token.sign == Sign::FlowEnd {
            loop {
                self.pop();
                if !matches!(self.stack.last(), Some(Cst::Flow { .. })) {
                    return false;
                }
            }
        }
        let Some(Cst::Flow { items, end, .. }) = self.stack.last_mut() else { return false };
        if !end.is_empty() {
            return self.after_flow(token);
        }
        let open = items.last_mut().filter(|item| item.value.is_none());
        match token.sign {
            Sign::Comma | Sign::ExplicitKey => match items.last_mut().filter(|item| item.sep.is_none()) {
                Some(item) => item.start.push(token),
                None => items.push(Item::starting(vec![token])),
            },
            Sign::Value => match open {
                None => items.push(Item::keyed(Vec::new(), None, vec![token])),
                Some(Item { sep: Some(sep), .. }) => sep.push(token),
                Some(item) => {
                    item.key = None;
                    item.sep = Some(vec![token]);
                }
            },
            Sign::Space | Sign::Comment | Sign::Newline | Sign::Anchor | Sign::Tag => match open {
                None => items.push(Item::starting(vec![token])),
                Some(item) => item.sep.as_mut().unwrap_or(&mut item.start).push(token),
            },
            Sign::Alias | Sign::Plain | Sign::Single | Sign::Double => {
                let state = open.map(|item| item.sep.is_some());
                let scalar = self.flow_scalar();
                let Some(Cst::Flow { items, .. }) = self.stack.last_mut() else { return false };
                match (state, items.last_mut()) {
                    (Some(true), _) => self.stack.push(scalar),
                    (Some(false), Some(item)) => {
                        item.key = Some(Box::new(scalar));
                        item.sep = Some(Vec::new());
                    }
                    _ => items.push(Item::keyed(Vec::new(), Some(Box::new(scalar)), Vec::new())),
                }
            }
            Sign::MapEnd | Sign::SeqEnd => end.push(token),
            _ => match self.block_value() {
                Some(node) => self.stack.push(node),
                None => {
                    self.pop();
                    return true;
                }
            },
        }
        false
    }

    /// What stands after the end of a flow collection.
    fn after_flow(&mut self, token: Token) -> bool {
        let count = self.stack.len();
        let own = self.stack.last().and_then(Cst::indent);
        let parent = count.checked_sub(2).and_then(|at| self.stack.get(at));
        if let Some(Cst::Map { indent, items, .. }) = parent {
            let same = token.sign == Sign::Value && own == Some(*indent);
            let keyless = items.last().is_some_and(|item| item.sep.is_none());
            if same || token.sign == Sign::Newline && keyless {
                self.pop();
                return true;
            }
        }
        if token.sign != Sign::Value || matches!(parent, Some(Cst::Flow { .. })) {
            return self.line_end();
        }
        let Some(mut flow) = self.stack.pop() else { return false };
        let start = first_key_start(self.stack.last_mut().and_then(previous_props));
        fix_flow_items(&mut flow);
        let (offset, indent) = (flow.offset(), flow.indent().unwrap_or(0));
        let mut sep = match &mut flow {
            Cst::Flow { end, .. } => end.split_off(1.min(end.len())),
            _ => Vec::new(),
        };
        sep.push(token);
        self.on_key_line = true;
        let items = vec![Item::keyed(start, Some(Box::new(flow)), sep)];
        self.stack.push(Cst::Map { start: offset, indent, items });
        false
    }
}
