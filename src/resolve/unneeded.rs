//! Libraries that only drivers need whose databases the program does not use.

use std::collections::BTreeSet;

use super::services::Used;
use super::state::Statements;
use crate::discover::Kind;
use crate::knowledge::{packages, services};
use crate::links::Repository;
use crate::model::{Attributes, Dimension, FactId, FileId, Origin, Value};

/// Says of what drivers need whether nothing uses them: the settings name databases of other products, as they stand, and
/// no code of the repository imports them.
pub(super) fn state(statements: &mut Statements, repository: &Repository<'_>, used: &[Used]) {
    let databases = || used.iter().filter(|one| one.role == "database" || one.role.starts_with("database."));
    let sure = databases().next().is_some()
        && databases().all(|one| one.product.one().is_some() && !one.certainty.is_default());
    if !sure {
        return;
    }
    let idle = |name: &str| {
        let speaks = |product: &str| services::databases_of_client(name).any(|known| known == product);
        services::databases_of_client(name).next().is_some()
            && !databases().filter_map(|one| one.product.one()).any(|product| speaks(product))
            && !imported(repository, name)
    };
    let needed = |id: &FactId, attributes: &Attributes| {
        let names = attributes.get("needed_by").and_then(|attr| attr.value.one())?;
        let Value::List(names) = names else { return None };
        (id.dimension == Dimension::SystemPackage && names.iter().all(|name| idle(name))).then(|| id.clone())
    };
    let found: Vec<FactId> = statements.facts.iter().filter_map(|(id, attributes)| needed(id, attributes)).collect();
    for id in found {
        statements.about(id.component.as_ref(), id.dimension, &id.key).bool("unneeded", true, &Origin::default());
    }
}

/// Whether code of the repository imports a driver.
fn imported(repository: &Repository<'_>, name: &str) -> bool {
    let plain = name.trim_end_matches("-binary").replace('-', "_");
    let mut files =
        repository.of(Kind::Python).iter().filter_map(|file| repository.tree.parsed(*file, Imports::of).ok());
    files.any(|found| {
        found.0.iter().any(|module| *module == plain || packages::distribution_of_import(module) == Some(name))
    })
}

/// The modules that lines of a file import, without what lies in them.
struct Imports(BTreeSet<String>);

impl Imports {
    fn of(_: FileId, text: &str) -> Self {
        let module = |line: &str| {
            let mut words = line.split([' ', '.', ',', '\t']).filter(|word| !word.is_empty());
            words.next().filter(|word| matches!(*word, "import" | "from"))?;
            words.next().map(str::to_owned)
        };
        Self(text.lines().filter_map(module).collect())
    }
}
