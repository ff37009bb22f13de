//! `strategy.matrix`: axes, `exclude`, `include`.

use super::data::Data;
use super::evaluate::Contexts;
use crate::formats::small::tree::{Kind, Node};
use crate::model::{Reason, Span, Spanned};

/// A matrix as written.
#[derive(Clone, Default, Debug)]
pub struct Matrix {
    /// The axes in source order.
    pub axes: Vec<(Spanned<String>, Node)>,
    /// `include`.
    pub include: Option<Node>,
    /// `exclude`.
    pub exclude: Option<Node>,
    /// The whole matrix is one expression.
    pub expression: Option<Spanned<String>>,
    /// Its place.
    pub span: Option<Span>,
}

/// One value of a row, and where it is written.
#[derive(Clone, PartialEq, Debug)]
pub struct Cell {
    /// The name.
    pub name: String,
    /// The value.
    pub value: Data,
    /// Its place.
    pub span: Span,
}

/// One combination.
pub type Row = Vec<Cell>;

/// More combinations than GitHub runs.
const MAX_ROWS: usize = 256;

impl Matrix {
    /// Reads `strategy.matrix`.
    pub fn of(node: &Node) -> Self {
        let mut matrix = Self { span: Some(node.span), ..Self::default() };
        if let Kind::Text(text) = &node.kind {
            matrix.expression = Some(Spanned::new(text.clone(), node.span));
        }
        for (key, value) in node.entries() {
            match key.value.as_str() {
                "include" => matrix.include = Some(value.clone()),
                "exclude" => matrix.exclude = Some(value.clone()),
                _ => matrix.axes.push((key.clone(), value.clone())),
            }
        }
        matrix
    }

    /// The combinations: one empty row without a matrix, a reason where only a run could tell.
    pub fn rows(&self, contexts: Contexts<'_>) -> Result<Vec<Row>, Reason> {
        let Some(span) = self.span else { return Ok(vec![Vec::new()]) };
        if let Some(text) = &self.expression {
            return from_expression(&contexts.template(&text.value), span);
        }
        let mut axes = Vec::new();
        for (name, node) in &self.axes {
            axes.push((name.value.clone(), axis(node, contexts)?));
        }
        let maps = |node: &Option<Node>| -> Result<Vec<Row>, Reason> {
            let Some(node) = node else { return Ok(Vec::new()) };
            match &node.kind {
                Kind::List(items) => Ok(items.iter().map(|item| entry(item, contexts)).collect()),
                _ => list(&contexts.node(node), node.span)?
                    .into_iter()
                    .map(|cell| Ok(cells(&cell.value, cell.span)))
                    .collect(),
            }
        };
        expand(&axes, &maps(&self.exclude)?, &maps(&self.include)?)
    }
}

/// The values of an axis, each with its place.
fn axis(node: &Node, contexts: Contexts<'_>) -> Result<Vec<Cell>, Reason> {
    let cell = |value: Data, span| Cell { name: String::new(), value, span };
    if let Kind::List(items) = &node.kind {
        return Ok(items.iter().map(|item| cell(contexts.node(item), item.span)).collect());
    }
    list(&contexts.node(node), node.span)
}

fn list(data: &Data, span: Span) -> Result<Vec<Cell>, Reason> {
    let cell = |value: Data| Cell { name: String::new(), value, span };
    match data {
        Data::Unknown(reason) => Err(Reason { span: reason.span.or(Some(span)), ..reason.clone() }),
        Data::List(items) => Ok(items.iter().cloned().map(cell).collect()),
        other => Ok(vec![cell(other.clone())]),
    }
}

fn entry(node: &Node, contexts: Contexts<'_>) -> Row {
    let cell = |(key, value): &(Spanned<String>, Node)| Cell {
        name: key.value.clone(),
        value: contexts.node(value),
        span: value.span,
    };
    node.entries().iter().map(cell).collect()
}

fn cells(data: &Data, span: Span) -> Row {
    let Data::Map(entries) = data else { return Vec::new() };
    let cell = |(name, value): &(String, Data)| Cell { name: name.clone(), value: value.clone(), span };
    entries.iter().map(cell).collect()
}

fn from_expression(data: &Data, span: Span) -> Result<Vec<Row>, Reason> {
    if let Some(reason) = data.reason() {
        return Err(Reason { span: reason.span.or(Some(span)), ..reason.clone() });
    }
    let Data::Map(entries) = data else {
        return Err(Reason::at("the matrix is not an object", span));
    };
    let mut axes = Vec::new();
    let (mut exclude, mut include) = (Vec::new(), Vec::new());
    for (name, value) in entries {
        let values = list(value, span)?;
        let maps = || values.iter().map(|cell| cells(&cell.value, span)).collect();
        match name.as_str() {
            "include" => include = maps(),
            "exclude" => exclude = maps(),
            _ => axes.push((name.clone(), values)),
        }
    }
    expand(&axes, &exclude, &include)
}

/// The combinations of a matrix that is given as data. What is not known stands for itself: it equals what is not known
/// for the same reason.
pub fn rows_of(data: &Data, span: Span) -> Vec<Row> {
    let numbered = |items: Vec<Data>| items.into_iter().zip(0u32..).map(|(item, at)| (at.to_string(), item)).collect();
    let letters = |text: &str| numbered(text.chars().map(|c| Data::Text(c.to_string())).collect());
    let entries: Vec<(String, Data)> = match data {
        Data::Map(entries) => entries.clone(),
        Data::List(items) => numbered(items.clone()),
        Data::Text(text) if !text.is_empty() => letters(text),
        Data::Text(_) | Data::Null | Data::Bool(false) => return vec![Vec::new()],
        _ => return Vec::new(),
    };
    let list = |value: &Data| match value {
        Data::List(items) => items.clone(),
        other => vec![other.clone()],
    };
    let lone = |name: &str, value: Data| Cell { name: name.to_owned(), value, span };
    let filters = |wanted: &str| -> Vec<Row> {
        let found = entries.iter().find(|(name, value)| name == wanted && *value != Data::Null);
        let row = |value: &Data| match value {
            Data::Unknown(reason) => vec![lone("$unknown", Data::Text(reason.text.clone()))],
            value => cells(value, span),
        };
        found.map(|(_, value)| list(value).iter().map(row).collect()).unwrap_or_default()
    };
    let axes = entries.iter().filter(|(name, _)| name != "include" && name != "exclude");
    let axes: Vec<_> = axes
        .map(|(name, value)| (name.clone(), list(value).into_iter().map(|value| lone("", value)).collect::<Row>()))
        .collect();
    let size = axes.iter().try_fold(1usize, |size, (_, values)| size.checked_mul(values.len()));
    if size.is_none_or(|size| size > 20_000) {
        return vec![Vec::new()];
    }
    place(product(&axes), &filters("exclude"), &filters("include"))
}

fn find<'r>(row: &'r Row, name: &str) -> Option<&'r Cell> {
    row.iter().find(|cell| cell.name == name)
}

fn put(row: &mut Row, cell: &Cell) {
    match row.iter_mut().find(|old| old.name == cell.name) {
        Some(old) => *old = cell.clone(),
        None => row.push(cell.clone()),
    }
}

fn expand(axes: &[(String, Vec<Cell>)], exclude: &[Row], include: &[Row]) -> Result<Vec<Row>, Reason> {
    let size = axes.iter().try_fold(1usize, |size, (_, values)| size.checked_mul(values.len()));
    if size.is_none_or(|size| size > MAX_ROWS) {
        return Err(Reason::new("the matrix has more than 256 combinations"));
    }
    let rows = product(axes);
    // A value that is not known could equal any other: then it is not known which rows there are.
    if !exclude.is_empty() || !include.is_empty() {
        let unknown = rows.iter().chain(exclude).flatten().find_map(|cell| cell.value.reason().cloned());
        if let Some(reason) = unknown {
            return Err(reason);
        }
    }
    Ok(place(rows, exclude, include))
}

/// Every combination of the axes' values.
fn product(axes: &[(String, Vec<Cell>)]) -> Vec<Row> {
    let mut rows: Vec<Row> = if axes.is_empty() { Vec::new() } else { vec![Vec::new()] };
    for (name, values) in axes {
        let with = |row: &Row, cell: &Cell| {
            let mut row = row.clone();
            row.push(Cell { name: name.clone(), ..cell.clone() });
            row
        };
        rows = rows.iter().flat_map(|row| values.iter().map(move |cell| with(row, cell))).collect();
    }
    rows
}

/// Takes out what is excluded and puts in what is included.
fn place(mut rows: Vec<Row>, exclude: &[Row], include: &[Row]) -> Vec<Row> {
    let same = |row: &Row, cell: &Cell| find(row, &cell.name).is_some_and(|own| own.value == cell.value);
    rows.retain(|row| !exclude.iter().any(|out| out.iter().all(|cell| same(row, cell))));
    let originals = rows.clone();
    let mut extra: Vec<Row> = Vec::new();
    for include in include {
        let mut placed = false;
        for (row, original) in rows.iter_mut().zip(&originals) {
            if include.iter().all(|cell| find(original, &cell.name).is_none() || same(original, cell)) {
                for cell in include {
                    put(row, cell);
                }
                placed = true;
            }
        }
        if !placed {
            extra.push(include.clone());
        }
    }
    rows.extend(extra);
    rows
}

/// A row as the `matrix` context.
pub fn context(row: &Row) -> Data {
    Data::Map(row.iter().map(|cell| (cell.name.clone(), cell.value.clone())).collect())
}
