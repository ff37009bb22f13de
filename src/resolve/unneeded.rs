//! Libraries that nothing needs which the program uses: drivers of databases that it does not have, packages that no code of
//! it imports.

use std::collections::BTreeSet;

use super::services::Used;
use super::state::Statements;
use crate::discover::Kind;
use crate::knowledge::{packages, services};
use crate::links::Repository;
use crate::model::{Attributes, Dimension, FactId, FileId, Origin, Value};

/// Says of what packages need whether nothing uses them: no code of the repository imports them and, for drivers, the settings
/// name databases of other products, as they stand.
pub(super) fn state(statements: &mut Statements, repository: &Repository<'_>, used: &[Used]) {
    let databases = || used.iter().filter(|one| one.role == "database" || one.role.starts_with("database."));
    let sure = databases().next().is_some()
        && databases().all(|one| one.product.one().is_some() && !one.certainty.is_default());
    let idle_driver = |name: &str| {
        let speaks = |product: &str| services::databases_of_client(name).any(|known| known == product);
        sure && !databases().filter_map(|one| one.product.one()).any(|product| speaks(product))
    };
    let has_code = !repository.of(Kind::Python).is_empty();
    // Servers and Django's apps are loaded by their names alone, clients by those that speak through them.
    let idle = |name: &str| {
        let driver = services::databases_of_client(name).next().is_some();
        let library = has_code && packages::kind(name) == packages::Kind::Library && !name.starts_with("django");
        let may = if driver { idle_driver(name) } else { library && !services::is_client(name) };
        may && !imported(repository, name)
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

/// Whether code of the repository imports a package.
fn imported(repository: &Repository<'_>, name: &str) -> bool {
    let plain = name.trim_end_matches("-binary").replace('-', "_");
    let mut files =
        repository.of(Kind::Python).iter().filter_map(|file| repository.tree.parsed(*file, Imports::of).ok());
    let short = plain.trim_start_matches("python_");
    let is_it =
        |module: &str| module == plain || module == short || packages::distribution_of_import(module) == Some(name);
    files.any(|found| found.0.iter().any(|module| is_it(module)))
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
