//! The rows of the matrix, before they are laid out.

use std::collections::{BTreeMap, BTreeSet};

use super::{Page, header};
use crate::compare;
use crate::model::{Attr, Component, Coverage, Dimension, Environment, Fact, Finding, Known, Severity, Value, schema};
use crate::report::values;

/// What the cells of a row say of each other. The order is that of strength.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Relation {
    /// The same everywhere.
    Same,
    /// Not to be decided.
    Undecided,
    /// Different.
    Differs,
}

/// What one environment says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Cell {
    /// The value as text; none where nothing is there or known.
    pub(super) text: Option<String>,
    /// What is compared; none where nothing is stated and nothing follows from that.
    known: Option<Known<Value>>,
    /// The items, where the value is a list.
    pub(super) list: Option<Vec<String>>,
    /// Whether it holds only unless overridden outside.
    pub(super) default: bool,
    /// Whether something outside the repository decides it.
    pub(super) outside: bool,
    /// Whether a fact was stated at all.
    pub(super) stated: bool,
}

impl Cell {
    /// A package that stands here under another name than its row's.
    fn of_twin(mut self, fact: Option<&Fact>, key: &str) -> Self {
        if let Some(fact) = fact.filter(|fact| fact.id.dimension == Dimension::Package && fact.id.key != key) {
            let version = self.text.map(|text| format!(" {text}")).unwrap_or_default();
            let text = format!("{}{version} (twin)", fact.id.key);
            self.known = Some(Known::One(Value::text(&text)));
            self.text = Some(text);
        }
        self
    }

    /// Whether it is known that nothing is there.
    pub(super) fn is_absent(&self) -> bool {
        self.known == Some(Known::Absent)
    }
}

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    pub(super) dimension: Dimension,
    pub(super) key: String,
    pub(super) component: Option<String>,
    /// Whether it is an attribute of the row above.
    pub(super) inner: bool,
    pub(super) cells: Vec<Cell>,
    pub(super) relation: Relation,
    /// The severity of the finding it is part of.
    pub(super) letter: Option<Severity>,
}

impl Row {
    /// Whether nothing stands beside what one side has: there is nothing to compare, and nothing is known to be missing. What
    /// one environment alone is given stays visible.
    pub(super) fn is_alone(&self) -> bool {
        let given = [Dimension::Service, Dimension::Setting, Dimension::Variable].contains(&self.dimension);
        let stated = self.cells.iter().any(|cell| cell.text.is_none() && cell.stated);
        let texts: Vec<&String> = self.cells.iter().filter_map(|cell| cell.text.as_ref()).collect();
        let alike = texts.windows(2).all(|pair| pair[0] == pair[1]);
        let open = self.relation == Relation::Undecided && self.letter.is_none();
        open && alike && !stated && (texts.len() > 1 || !given)
    }
}

/// The attributes of an image that are compared below it.
const IMAGE: [&str; 6] = ["distro", "libc", "variant", "platform", "dockerfile", "target"];

/// The environments of a project, the reference first.
pub(super) fn columns<'a>(page: &Page<'a>, project: &str) -> Vec<&'a Environment> {
    let mut columns = header::environments(page, project);
    let reference = page.audit.references.get(project);
    columns.sort_by_key(|environment| Some(&environment.name) != reference);
    columns
}

/// Every row of a project, in the order of facts.
pub(super) fn rows(page: &Page<'_>, project: &str, columns: &[&Environment]) -> Vec<Row> {
    let names = aligned(page, project, columns);
    let twins = twins(page, project, columns);
    let present = present(page, project, columns, &names);
    let mut by: BTreeMap<(Dimension, String, Option<String>), BTreeMap<usize, &Fact>> = BTreeMap::new();
    for fact in page.audit.model.facts.iter().filter(|fact| *fact.id.project == *project) {
        let Some(column) = columns.iter().position(|environment| environment.name == *fact.id.environment) else {
            continue;
        };
        let own = fact.id.component.as_deref();
        let name = own.map(|own| names.get(&(column, own.to_owned())).cloned().unwrap_or_else(|| own.to_owned()));
        let key = if own == Some(fact.id.key.as_str()) { name.clone() } else { None };
        let twin = twins.get(&fact.id.key).filter(|_| fact.id.dimension == Dimension::Package).cloned();
        let key = (fact.id.dimension, key.or(twin).unwrap_or_else(|| fact.id.key.clone()), name);
        by.entry(key).or_default().insert(column, fact);
    }
    let mut rows: Vec<Row> = Vec::new();
    for ((dimension, key, component), facts) in &by {
        let at = |column: usize| facts.get(&column).copied();
        // Of a component that an environment does not have, nothing is missing there.
        let has = |column: usize| component.as_ref().is_none_or(|name| present.contains(&(column, name.clone())));
        let covered = |column: usize| {
            has(column) && complete(page, project, columns.get(column).map_or("", |one| &one.name), *dimension)
        };
        let cells: Vec<Cell> = (0..columns.len())
            .map(|column| cell(page, at(column), None, covered(column)).of_twin(at(column), key))
            .collect();
        let keys: BTreeSet<&str> = facts.values().map(|fact| fact.id.key.as_str()).chain([key.as_str()]).collect();
        let letter = keys.iter().filter_map(|key| letter(page, project, *dimension, key, component.as_deref())).max();
        let row = |key: &str, inner: bool, cells: Vec<Cell>| Row {
            dimension: *dimension,
            key: key.to_owned(),
            component: component.clone().filter(|name| name != key),
            inner,
            relation: relation(&cells),
            cells,
            letter: letter.filter(|_| !inner),
        };
        rows.push(row(key, false, cells));
        for attribute in IMAGE.iter().filter(|_| *dimension == Dimension::Image) {
            let cells: Vec<Cell> =
                (0..columns.len()).map(|column| cell(page, at(column), Some(attribute), false)).collect();
            if cells.iter().filter(|cell| cell.stated).count() > 1 {
                rows.push(row(attribute, true, cells));
            }
        }
    }
    merged(rows)
}

/// Packages that give the same import under several names are one row, where no environment has two of them: the reference's name
/// for each name.
fn twins(page: &Page<'_>, project: &str, columns: &[&Environment]) -> BTreeMap<String, String> {
    let mut families: BTreeMap<&str, BTreeMap<usize, BTreeSet<&str>>> = BTreeMap::new();
    for fact in page.audit.model.facts.iter().filter(|fact| *fact.id.project == *project) {
        let column = columns.iter().position(|environment| environment.name == *fact.id.environment);
        if let (Some(column), Some(family), Dimension::Package) = (column, fact.text("twin"), fact.id.dimension) {
            families.entry(family).or_default().entry(column).or_default().insert(&fact.id.key);
        }
    }
    let mut names = BTreeMap::new();
    for family in families.values().filter(|family| family.values().all(|keys| keys.len() == 1)) {
        let Some(first) = family.values().flatten().next() else { continue };
        names.extend(family.values().flatten().map(|key| ((*key).to_owned(), (*first).to_owned())));
    }
    names
}

/// Rows of several components that say the same become one; it names its components only where others say something else.
fn merged(rows: Vec<Row>) -> Vec<Row> {
    let mut kept: Vec<(Row, Vec<String>)> = Vec::with_capacity(rows.len());
    let mut of_key: BTreeMap<(Dimension, String), Vec<usize>> = BTreeMap::new();
    for mut row in rows {
        if row.inner || row.dimension == Dimension::Image {
            if row.inner || row.component.as_deref() == Some(&row.key) {
                row.component = None;
            }
            let named = row.component.take().into_iter().collect();
            kept.push((row, named));
            continue;
        }
        let known = of_key.entry((row.dimension, row.key.clone())).or_default();
        let own = row.component.take();
        if let Some((first, named)) =
            known.iter().find(|at| kept[**at].0.cells == row.cells).and_then(|at| kept.get_mut(*at))
        {
            first.letter = first.letter.max(row.letter);
            named.extend(own);
        } else {
            known.push(kept.len());
            kept.push((row, own.into_iter().collect()));
        }
    }
    for at in of_key.into_values().filter(|all| all.len() == 1).flatten() {
        kept[at].1.clear();
    }
    kept.into_iter().map(|(row, named)| Row { component: together(&named), ..row }).collect()
}

/// The names of components in a line.
fn together(names: &[String]) -> Option<String> {
    match names {
        [] => None,
        [one] => Some(one.clone()),
        [one, other] => Some(format!("{one}, {other}")),
        [one, rest @ ..] => Some(format!("{one} and {} more", rest.len())),
    }
}

/// The name of the reference's component for each component that stands opposite one.
fn aligned(page: &Page<'_>, project: &str, columns: &[&Environment]) -> BTreeMap<(usize, String), String> {
    let of = |column: &Environment| -> Vec<&Component> {
        let all = page.audit.model.components.iter();
        all.filter(|one| *one.project == *project && *one.environment == *column.name).collect()
    };
    let mut names = BTreeMap::new();
    let Some((reference, others)) = columns.split_first() else { return names };
    let reference = of(reference);
    for (column, environment) in others.iter().enumerate() {
        for pair in compare::align::align(&of(environment), &reference) {
            names.insert((column + 1, pair.here.to_string()), pair.there.to_string());
        }
    }
    names
}

/// The components of each column, by the names of their rows.
fn present(
    page: &Page<'_>,
    project: &str,
    columns: &[&Environment],
    names: &BTreeMap<(usize, String), String>,
) -> BTreeSet<(usize, String)> {
    let own = page.audit.model.components.iter().filter(|one| *one.project == *project);
    let placed = own.filter_map(|one| {
        let column = columns.iter().position(|environment| *environment.name == *one.environment)?;
        Some((column, one.name.to_string()))
    });
    placed.map(|(column, name)| (column, names.get(&(column, name.clone())).cloned().unwrap_or(name))).collect()
}

fn complete(page: &Page<'_>, project: &str, environment: &str, dimension: Dimension) -> bool {
    let own = |coverage: &&Coverage| {
        *coverage.project == *project && *coverage.environment == *environment && coverage.dimension == dimension
    };
    let mut all = page.audit.model.coverage.iter().filter(own).peekable();
    all.peek().is_some() && all.all(|coverage| coverage.complete.is_ok())
}

fn cell(page: &Page<'_>, fact: Option<&Fact>, attribute: Option<&str>, complete: bool) -> Cell {
    let Some(fact) = fact else { return Cell { known: complete.then_some(Known::Absent), ..Cell::default() } };
    let plain = attribute.unwrap_or(schema::plain(fact.id.dimension));
    let Some(attr) = fact.get(plain).or_else(|| fact.attributes.values().next().filter(|_| attribute.is_none())) else {
        return Cell::default();
    };
    let text = match attribute {
        None if fact.id.dimension == Dimension::SystemPackage => fact
            .text("version")
            .or_else(|| fact.text("package"))
            .map(str::to_owned)
            .or_else(|| values::plain(fact, &page.redactor)),
        None => values::plain(fact, &page.redactor),
        Some("distro") => values::attribute(attr, &page.redactor).map(|distro| match fact.text("release") {
            Some(release) => format!("{distro} {release}"),
            None => distro,
        }),
        Some(_) => values::attribute(attr, &page.redactor),
    };
    // The file a component's packages come from has no version, and is there all the same.
    let text = text.filter(|_| attr.value != Known::Absent || fact.id.dimension == Dimension::Package);
    let known = match (&attr.value, &text) {
        (Known::Absent, Some(text)) => Known::One(Value::text(text)),
        (known, _) => known.clone(),
    };
    Cell {
        text: text.map(|text| page.say(&text)),
        known: Some(known),
        list: list(page, attr),
        default: attr.certainty.is_default(),
        outside: outside(attr),
        stated: true,
    }
}

fn list(page: &Page<'_>, attr: &Attr) -> Option<Vec<String>> {
    match &attr.value {
        Known::One(Value::List(items)) => Some(items.iter().map(|item| page.say(item)).collect()),
        _ => None,
    }
}

fn outside(attr: &Attr) -> bool {
    let Known::Unknown(reason) = &attr.value else { return false };
    reason.answer_with.as_ref().is_some_and(|line| line.starts_with("provides"))
}

/// The relation of every cell to the first.
fn relation(cells: &[Cell]) -> Relation {
    let Some((first, others)) = cells.split_first() else { return Relation::Same };
    others.iter().map(|other| pair(first, other)).max().unwrap_or(Relation::Same)
}

fn pair(a: &Cell, b: &Cell) -> Relation {
    let (Some(a_known), Some(b_known)) = (&a.known, &b.known) else { return Relation::Undecided };
    match compare::relation::known(a_known, b_known) {
        compare::Relation::Same => Relation::Same,
        compare::Relation::Differs => Relation::Differs,
        // The same range of versions, or the same branch: there is nothing to see.
        compare::Relation::Undecided(_) if a.text.is_some() && a.text == b.text => Relation::Same,
        compare::Relation::Undecided(_) => Relation::Undecided,
    }
}

/// The severity of the worst finding that a row is part of, those of a folded finding being its cause's.
fn letter(
    page: &Page<'_>,
    project: &str,
    dimension: Dimension,
    key: &str,
    component: Option<&str>,
) -> Option<Severity> {
    let findings = &page.audit.findings;
    let own = |finding: &&Finding| {
        finding.suppressed.is_none()
            && finding.project == project
            && finding.dimension == dimension
            && (finding.key == key || finding.items.iter().any(|item| item.key == key))
            && (component.is_none() || finding.component.is_none() || finding.component.as_deref() == component)
    };
    let severity = |finding: &Finding| {
        let cause =
            finding.part_of.as_ref().and_then(|cause| findings.iter().find(|other| other.fingerprint == *cause));
        cause.map_or(finding.severity, |cause| cause.severity)
    };
    findings.iter().filter(own).map(severity).max()
}
