//! Holds the schema against a document.

use std::collections::{BTreeMap, BTreeSet};

use super::super::yaml;
use super::events::{Event, Literal, events};
use super::schema::{Mapping, Place, Shape};
use super::{Fault, Kind, Template, Token};

/// The document cannot be read any further.
pub(super) struct Stopped(pub(super) String);

/// Steps that only some repositories may use yet.
const BACKGROUND: [&str; 4] = ["background", "wait", "wait-all", "cancel"];

pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    events: Vec<Event>,
    at: usize,
    pub(super) faults: Vec<Fault>,
}

/// Reads and checks a workflow.
pub fn read(text: &str) -> Template {
    let document = yaml::read(text);
    if !document.errors.is_empty() {
        let fault = |(at, message): &(usize, String)| Fault {
            line: Some(document.line(*at)),
            at: Some(*at),
            message: format!("not YAML: {message}"),
        };
        return Template { root: None, faults: document.errors.iter().map(fault).collect() };
    }
    let (events, too_many) = events(&document);
    let mut reader = Reader { text, events, at: 0, faults: Vec::new() };
    if too_many {
        let message = "its aliases make it too large to be read".into();
        return Template { root: None, faults: vec![Fault { line: None, at: None, message }] };
    }
    let root = match reader.value(&Place::root()) {
        Ok(root) => {
            if reader.at < reader.events.len() {
                reader.fault(None, None, "something stands behind the end of the workflow");
            }
            Some(root)
        }
        Err(Stopped(message)) => {
            reader.fault(None, None, message);
            None
        }
    };
    Template { root, faults: reader.faults }
}

impl Reader<'_> {
    pub(super) fn fault(&mut self, line: Option<usize>, at: Option<usize>, message: impl Into<String>) {
        self.faults.push(Fault { line, at, message: message.into() });
    }

    pub(super) fn wrong(&mut self, token: &Token, message: impl Into<String>) {
        self.fault(token.line, Some(token.range.0), message);
    }

    fn literal(&mut self) -> Option<Literal> {
        let Some(Event::Literal(literal)) = self.events.get(self.at) else { return None };
        self.at += 1;
        Some(literal.clone())
    }

    fn ends(&mut self, list: bool) -> bool {
        let found = match self.events.get(self.at) {
            Some(Event::ListEnd) => list,
            Some(Event::MapEnd) => !list,
            _ => false,
        };
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, place: &Place) -> Result<Token, Stopped> {
        if let Some(literal) = self.literal() {
            let token = self.scalar(literal, place)?;
            return Ok(self.validate(token, place));
        }
        match self.events.get(self.at).cloned() {
            Some(Event::ListStart(range, line)) => {
                self.at += 1;
                let mut token = Token { kind: Kind::Null, line: Some(line), range };
                let mut items = Vec::new();
                match place.items() {
                    Some(item) => {
                        let item = place.inner(item);
                        while !self.ends(true) {
                            items.push(self.value(&item)?);
                        }
                    }
                    None => {
                        self.wrong(&token, "a list was not expected");
                        while !self.ends(true) {
                            self.skip()?;
                        }
                    }
                }
                token.kind = Kind::List(items);
                Ok(token)
            }
            Some(Event::MapStart(range, line)) => {
                self.at += 1;
                let mut token = Token { kind: Kind::Null, line: Some(line), range };
                let mappings = place.mappings();
                let entries = match mappings.as_slice() {
                    [] => {
                        self.wrong(&token, "a mapping was not expected");
                        while !self.ends(false) {
                            self.skip()?;
                            self.skip()?;
                        }
                        Vec::new()
                    }
                    [Mapping { properties, loose: Some((key, value)) }] if properties.is_empty() => {
                        self.loose_mapping(place, &place.inner(key), &place.inner(value))?
                    }
                    _ => self.known_mapping(place, mappings, &token)?,
                };
                token.kind = Kind::Map(entries);
                Ok(token)
            }
            _ => Err(Stopped("a value is missing".into())),
        }
    }

    fn skip(&mut self) -> Result<(), Stopped> {
        let mut depth = 0usize;
        loop {
            match self.events.get(self.at) {
                Some(Event::Literal(_)) => {}
                Some(Event::ListStart(..) | Event::MapStart(..)) => depth += 1,
                Some(Event::ListEnd | Event::MapEnd) if depth > 0 => depth -= 1,
                _ => return Err(Stopped("a value is missing".into())),
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// A key; none if it was refused, with its value.
    fn key(&mut self, literal: Literal, place: &Place, seen: &mut BTreeSet<String>) -> Result<Option<Token>, Stopped> {
        let token = self.scalar(literal, place)?;
        if matches!(token.kind, Kind::Expression(_) | Kind::Insert) {
            if place.allowed.is_empty() {
                self.wrong(&token, "an expression is not allowed here");
                self.skip()?;
                return Ok(None);
            }
            return Ok(Some(token));
        }
        let name = token.name().to_owned();
        if !name.is_empty() && !seen.insert(name.to_uppercase()) {
            self.wrong(&token, format!("`{name}` is already defined"));
            self.skip()?;
            return Ok(None);
        }
        Ok(Some(token))
    }

    fn loose_mapping(&mut self, place: &Place, key: &Place, value: &Place) -> Result<Vec<(Token, Token)>, Stopped> {
        let mut entries = Vec::new();
        let mut seen = BTreeSet::new();
        while let Some(literal) = self.literal() {
            let Some(name) = self.key(literal, place, &mut seen)? else { continue };
            if matches!(name.kind, Kind::Text(_)) {
                self.validate(name.clone(), key);
            }
            let value = self.value(value)?;
            entries.push((name, value));
        }
        self.mapping_end()?;
        Ok(entries)
    }

    fn known_mapping(
        &mut self,
        place: &Place,
        mut mappings: Vec<&'static Mapping>,
        token: &Token,
    ) -> Result<Vec<(Token, Token)>, Stopped> {
        let mut entries = Vec::new();
        let mut seen = BTreeSet::new();
        let mut expressions = false;
        let loose = mappings.first().and_then(|mapping| mapping.loose.as_ref());
        while let Some(literal) = self.literal() {
            let Some(key) = self.key(literal, place, &mut seen)? else { continue };
            if !matches!(key.kind, Kind::Text(_)) {
                expressions = true;
                let value = self.value(&place.inner("any"))?;
                entries.push((key, value));
                continue;
            }
            let name = key.name().to_owned();
            let known = mappings.iter().filter_map(|mapping| mapping.properties.get(&name)).next_back();
            if let Some(property) = known {
                mappings.retain(|mapping| mapping.properties.contains_key(&name));
                if BACKGROUND.contains(&name.as_str()) {
                    self.wrong(&key, format!("unexpected `{name}`"));
                    self.skip()?;
                    continue;
                }
                let value = self.value(&place.inner(&property.kind))?;
                entries.push((key, value));
            } else if let Some((name, kind)) = loose {
                self.validate(key.clone(), &place.inner(name));
                let value = self.value(&place.inner(kind))?;
                entries.push((key, value));
            } else {
                self.wrong(&key, format!("unexpected `{name}`"));
                self.skip()?;
            }
        }
        self.check_whole(&mappings, token, &seen, expressions);
        self.mapping_end()?;
        Ok(entries)
    }

    /// Whether the keys of a mapping say which one it is, and none that it needs is missing.
    fn check_whole(&mut self, mappings: &[&Mapping], token: &Token, seen: &BTreeSet<String>, expressions: bool) {
        if let [mapping] = mappings {
            if expressions {
                return;
            }
            for (name, property) in &mapping.properties {
                if property.required && !seen.contains(&name.to_uppercase()) {
                    self.wrong(token, format!("`{name}` is missing"));
                }
            }
        } else if !mappings.is_empty() {
            let mut hits: BTreeMap<&str, usize> = BTreeMap::new();
            for name in mappings.iter().flat_map(|mapping| mapping.properties.keys()) {
                *hits.entry(name).or_default() += 1;
            }
            let telling = |(name, count): &(&str, usize)| *count == 1 && !BACKGROUND.contains(name);
            let names: Vec<String> = hits.into_iter().filter(telling).map(|(name, _)| format!("`{name}`")).collect();
            self.wrong(token, format!("what it is cannot be told; one of these is missing: {}", names.join(", ")));
        }
    }

    fn mapping_end(&mut self) -> Result<(), Stopped> {
        if self.ends(false) { Ok(()) } else { Err(Stopped("a key is no text".into())) }
    }

    fn validate(&mut self, token: Token, place: &Place) -> Token {
        match &token.kind {
            Kind::Expression(_) => {
                if place.allowed.is_empty() {
                    self.wrong(&token, "an expression is not allowed here");
                }
                return token;
            }
            Kind::Insert => {
                self.wrong(&token, "`insert` is not allowed here");
                return token;
            }
            _ => {}
        }
        let shapes = place.scalars();
        if shapes.iter().any(|shape| matches(shape, &token.kind)) {
            return token;
        }
        let text = match &token.kind {
            Kind::Null => String::new(),
            Kind::Bool(yes) => yes.to_string(),
            Kind::Number(number) => super::super::data::js_number(*number),
            Kind::Text(text) => text.clone(),
            _ => return token,
        };
        let as_text = Kind::Text(text.clone());
        if shapes.iter().any(|shape| matches(shape, &as_text)) {
            return Token { kind: as_text, ..token };
        }
        self.wrong(&token, format!("unexpected `{text}`"));
        token
    }
}

fn matches(shape: &Shape, kind: &Kind) -> bool {
    match (shape, kind) {
        (Shape::Null, Kind::Null) | (Shape::Bool, Kind::Bool(_)) | (Shape::Number, Kind::Number(_)) => true,
        (Shape::Text { constant: Some(constant), .. }, Kind::Text(text)) => constant == text,
        (Shape::Text { non_empty, .. }, Kind::Text(text)) => !non_empty || !text.is_empty(),
        _ => false,
    }
}
