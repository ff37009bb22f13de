//! `compare`: the matrix of environments.

use super::layout::{self, Ink};
use super::matrix::{self, Cell, Relation, Row};
use super::{Options, Page, WIDTH, header};
use crate::discover::Tree;
use crate::model::{Audit, Dimension, Environment, Severity};

/// Where the values begin.
const VALUES: usize = 22;
/// Environments that have a column; more are listed by value.
const COLUMNS: usize = 3;
/// How wide a column is at most.
const WIDEST: usize = 27;

/// The matrix.
pub fn compare(audit: &Audit, tree: &Tree, options: &Options) -> String {
    let page = Page::new(audit, tree, options);
    let mut out = String::new();
    if let Some(nothing) = &audit.model.nothing {
        return page.finish(&layout::hang("", &page.say(nothing), WIDTH));
    }
    let projects = header::projects(&page);
    let most = projects.iter().map(|project| header::environments(&page, project).len()).max().unwrap_or(0);
    let tables: Vec<Table<'_>> = projects.iter().filter_map(|project| Table::of(&page, project)).collect();
    if !options.quiet {
        out.push_str(&layout::hang("", &heading(&page, most, &tables), WIDTH));
        out.push('\n');
    }
    for Table { project, columns, rows } in &tables {
        if projects.len() > 1 {
            layout::add(
                &mut out,
                format_args!("{}\n", layout::paint(&format!("== {project}"), Ink::Strong, options.color)),
            );
        }
        table(&page, rows, columns, &mut out);
        out.push('\n');
    }
    if most > 1 && !options.quiet {
        let differs = if options.utf8 { "≠" } else { "!=" };
        layout::add(
            &mut out,
            format_args!(
                "E W n  part of an error, warning or note     {differs} differs  = equal  ? undecidable\n\
             -  absent    (default)  holds unless overridden outside the repository\n"
            ),
        );
        out.push_str("One cell: paritylint why ENVIRONMENT DIMENSION KEY\n");
    }
    page.finish(&out)
}

/// The rows of one project's matrix.
struct Table<'p> {
    project: &'p str,
    columns: Vec<&'p Environment>,
    rows: Vec<Row>,
}

impl<'p> Table<'p> {
    fn of(page: &Page<'p>, project: &'p str) -> Option<Self> {
        let columns = matrix::columns(page, project);
        let rows = matrix::rows(page, project, &columns);
        (!columns.is_empty()).then_some(Self { project, columns, rows })
    }
}

/// What the rows below say, counted.
fn heading(page: &Page<'_>, most: usize, tables: &[Table<'_>]) -> String {
    if most < 2 {
        let facts = layout::count(page.audit.model.facts.len(), "fact");
        return format!("{facts} of one environment; nothing to compare with.");
    }
    let several = tables.iter().filter(|table| table.columns.len() > 1);
    let rows: Vec<Relation> =
        several.flat_map(|table| &table.rows).filter(|row| !row.inner).map(|row| row.relation).collect();
    let count = |relation| rows.iter().filter(|own| **own == relation).count();
    let differ = count(Relation::Differs);
    format!(
        "{}: {} equal{}, {differ} {}, {} cannot be decided",
        layout::count(rows.len(), "fact"),
        count(Relation::Same),
        if page.options.all { "" } else { " (folded, --all shows them)" },
        if differ == 1 { "differs" } else { "differ" },
        count(Relation::Undecided)
    )
}

fn table(page: &Page<'_>, rows: &[Row], columns: &[&Environment], out: &mut String) {
    let in_columns = columns.len() <= COLUMNS;
    if in_columns {
        let names: Vec<String> = columns.iter().map(|environment| layout::one_line(&environment.name)).collect();
        out.push_str(&line(&" ".repeat(VALUES), &names));
    }
    for dimension in Dimension::ALL {
        let own: Vec<&Row> = rows.iter().filter(|row| row.dimension == dimension).collect();
        if own.is_empty() {
            continue;
        }
        let single = columns.len() == 1;
        let shown = |row: &Row| {
            let says = row.letter.is_some() || row.relation != Relation::Same && !row.is_alone();
            page.options.all || single || says
        };
        let count = folded(&own, single);
        let name = layout::paint(dimension.name(), Ink::Strong, page.options.color);
        let space = (WIDTH - 2).saturating_sub(dimension.name().len() + count.len());
        layout::add(out, format_args!("{name}{}{count}\n", " ".repeat(space)));
        let mut above = false;
        for row in own {
            above = if row.inner { above } else { shown(row) };
            let differs = row.relation != Relation::Same || page.options.all || single;
            if !above || row.inner && !differs {
                continue;
            }
            if in_columns {
                out.push_str(&in_line(page, row));
            } else {
                out.push_str(&by_value(page, row, columns));
            }
        }
    }
}

/// How many rows of a dimension are folded.
fn folded(rows: &[&Row], single: bool) -> String {
    let count = |of: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| !row.inner && !single && of(row)).count();
    let equal = count(&|row| row.relation == Relation::Same);
    let alone = count(&Row::is_alone);
    match (equal, alone) {
        (0, 0) => String::new(),
        (equal, 0) => format!("({equal} equal)"),
        (0, alone) => format!("({alone} without counterpart)"),
        (equal, alone) => format!("({equal} equal, {alone} without counterpart)"),
    }
}

/// The marks and the name of a row.
fn head(page: &Page<'_>, row: &Row, single: bool) -> String {
    let letter = match row.letter {
        Some(Severity::Error) => "E",
        Some(Severity::Warning) => "W",
        Some(Severity::Note) => "n",
        None => " ",
    };
    let mark = match row.relation {
        _ if row.inner || single => " ",
        Relation::Same => "=",
        Relation::Undecided => "?",
        Relation::Differs if page.options.utf8 => "≠",
        Relation::Differs => "!=",
    };
    let indent = if row.inner { "  " } else { "" };
    let component = row.component.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let name = page.say(&format!("{indent}{}{component}", row.key));
    let width = if page.options.utf8 { 1 } else { 2 };
    format!("{letter} {} {name}", layout::pad(mark, width))
}

fn in_line(page: &Page<'_>, row: &Row) -> String {
    let first = row.cells.first().and_then(|cell| cell.list.as_deref());
    let columns = row.cells.len();
    let width = column(columns);
    let room = |at: usize| if at + 1 < columns { width - 1 } else { WIDTH - VALUES - at * width };
    let cells = row.cells.iter().enumerate();
    let texts: Vec<String> = cells.map(|(at, cell)| shown(cell, first.filter(|_| at > 0), room(at))).collect();
    let head = layout::cut(&head(page, row, row.cells.len() == 1), VALUES - 1);
    line(&layout::pad(&head, VALUES), &texts)
}

fn column(columns: usize) -> usize {
    if columns == 1 { WIDTH - VALUES } else { ((WIDTH - VALUES) / columns).min(WIDEST) }
}

/// Texts in their columns; the last takes what is left.
fn line(head: &str, texts: &[String]) -> String {
    let width = column(texts.len());
    let mut out = head.to_owned();
    for (at, text) in texts.iter().enumerate() {
        if at + 1 < texts.len() {
            out.push_str(&layout::pad(&layout::cut(text, width - 1), width));
        } else {
            out.push_str(&layout::cut(text, WIDTH - layout::width(&out)));
        }
    }
    format!("{}\n", out.trim_end())
}

/// A cell in at most `room` columns; a list beside another list as its difference.
fn shown(cell: &Cell, reference: Option<&[String]>, room: usize) -> String {
    let default = if cell.default && cell.text.is_some() { " (default)" } else { "" };
    let room = room.saturating_sub(default.len());
    let text = match (&cell.text, &cell.list) {
        (None, _) if cell.outside => "set outside".to_owned(),
        (None, _) if cell.stated && !cell.is_absent() => "not known".to_owned(),
        (None, _) => "-".to_owned(),
        (Some(text), _) if text.is_empty() => "(empty)".to_owned(),
        (Some(text), Some(items)) if layout::width(text) > room => of_list(items, reference),
        (Some(text), _) => layout::cut(text, room),
    };
    format!("{}{default}", layout::cut(&text, room))
}

fn of_list(items: &[String], reference: Option<&[String]>) -> String {
    let counted = layout::count(items.len(), "item");
    let Some(reference) = reference else { return counted };
    let more = items.iter().filter(|item| !reference.contains(item)).map(|item| format!("+ {item}"));
    let less = reference.iter().filter(|item| !items.contains(item)).map(|item| format!("- {item}"));
    let changes: Vec<String> = more.chain(less).collect();
    match changes.is_empty() {
        true if items == reference => counted,
        true => format!("{counted}, other order"),
        false => changes.join(", "),
    }
}

/// A row of many environments: one line per distinct value, with the environments that have it.
fn by_value(page: &Page<'_>, row: &Row, columns: &[&Environment]) -> String {
    let room = 34;
    let mut by: Vec<(String, Vec<&str>)> = Vec::new();
    let first = row.cells.first().and_then(|cell| cell.list.as_deref());
    for (at, (cell, environment)) in row.cells.iter().zip(columns).enumerate() {
        let text = shown(cell, first.filter(|_| at > 0), room);
        match by.iter_mut().find(|(known, _)| *known == text) {
            Some((_, names)) => names.push(&environment.name),
            None => by.push((text, vec![&environment.name])),
        }
    }
    let mut out = format!("{}\n", layout::cut(&head(page, row, false), WIDTH));
    for (text, names) in by {
        let head = layout::pad(&format!("        {text}"), room + 9) + " ";
        out.push_str(&layout::hang(&head, &layout::one_line(&names.join(", ")), WIDTH));
    }
    out
}
