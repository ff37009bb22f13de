//! What a lexeme is, and what belongs to which node.

use super::super::cst::{Cst, Item, Sign, Token, includes, is_blank};

/// What a lexeme is.
pub(super) fn sign_of(text: &str) -> Sign {
    match text {
        "\u{feff}" => return Sign::Bom,
        "---" => return Sign::DocumentStart,
        "..." => return Sign::DocumentEnd,
        "" | "\n" | "\r\n" => return Sign::Newline,
        "-" => return Sign::Item,
        "?" => return Sign::ExplicitKey,
        ":" => return Sign::Value,
        "{" => return Sign::MapStart,
        "}" => return Sign::MapEnd,
        "[" => return Sign::SeqStart,
        "]" => return Sign::SeqEnd,
        "," => return Sign::Comma,
        _ => {}
    }
    match text.as_bytes().first() {
        Some(b' ' | b'\t') => Sign::Space,
        Some(b'#') => Sign::Comment,
        Some(b'%') => Sign::Directive,
        Some(b'*') => Sign::Alias,
        Some(b'&') => Sign::Anchor,
        Some(b'!') => Sign::Tag,
        Some(b'\'') => Sign::Single,
        Some(b'"') => Sign::Double,
        Some(b'|' | b'>') => Sign::BlockHeader,
        _ => Sign::Error,
    }
}

/// Takes the properties of a key off the end of what stands before it.
pub(super) fn first_key_start(before: Option<&mut Vec<Token>>) -> Vec<Token> {
    let Some(before) = before.filter(|before| !before.is_empty()) else { return Vec::new() };
    let stops = |token: &Token| {
        matches!(token.sign, Sign::DocumentStart | Sign::ExplicitKey | Sign::Value | Sign::Item | Sign::Newline)
    };
    let mut at = before.iter().rposition(stops).map_or(0, |at| at + 1);
    while before.get(at).is_some_and(|token| token.sign == Sign::Space) {
        at += 1;
    }
    before.split_off(at)
}

/// What stands before the next key of a node.
pub(super) fn previous_props(parent: &mut Cst) -> Option<&mut Vec<Token>> {
    match parent {
        Cst::Document { start, .. } => Some(start),
        Cst::Map { items, .. } => items.last_mut().map(|item| item.sep.as_mut().unwrap_or(&mut item.start)),
        Cst::Seq { items, .. } => items.last_mut().map(|item| &mut item.start),
        _ => None,
    }
}

/// In a flow sequence what looks like a key without a value is an item.
pub(super) fn fix_flow_items(flow: &mut Cst) {
    let Cst::Flow { open, items, .. } = flow else { return };
    if open.sign != Sign::SeqStart {
        return;
    }
    for item in items {
        let lone = item.value.is_none()
            && !includes(&item.start, Sign::ExplicitKey)
            && item.sep.as_ref().is_some_and(|sep| !includes(sep, Sign::Value));
        if !lone {
            continue;
        }
        let sep = item.sep.take().unwrap_or_default();
        if item.key.is_some() {
            item.value = item.key.take();
        }
        match item.value.as_deref_mut() {
            Some(Cst::Scalar { tail, .. }) => tail.get_or_insert_default().extend(sep),
            Some(Cst::Flow { end, .. }) => end.extend(sep),
            _ => item.start.extend(sep),
        }
    }
}

/// Takes blank lines off the end of a block collection: they belong to what is around it.
pub(super) fn trailing_blank(token: &mut Cst) -> Option<Item> {
    let indent = token.indent();
    let (Cst::Map { items, .. } | Cst::Seq { items, .. }) = token else { return None };
    let outside = |token: &Token| token.sign != Sign::Comment || Some(token.indent) < indent;
    let last = items.last()?;
    let blank = last.sep.is_none() && last.value.is_none() && !last.start.is_empty() && last.start.iter().all(is_blank);
    if blank && (indent == Some(0) || last.start.iter().all(outside)) { items.pop() } else { None }
}

pub(super) fn restore(collection: Option<&mut Cst>, trailing: Option<Item>) {
    if let (Some(items), Some(item)) = (collection.and_then(Cst::items), trailing) {
        items.push(item);
    }
}
