//! The client programs of a database server that an image has.

use super::Statement;
use crate::discover::Tree;
use crate::knowledge::concepts;
use crate::model::{Origin, StepKind};
use crate::resolve::part::{Part, SystemPart};

/// States the major of PostgreSQL's client, and whether it is used to dump or restore.
pub(super) fn state(fact: &mut Statement<'_>, part: &Part<'_>, package: &SystemPart, tree: &Tree) {
    if package.concept != "postgresql-client" || package.maybe.is_some() {
        return;
    }
    let origin = Origin::set(package.span);
    if let Some(major) = major(&package.package) {
        fact.text("client", major, &origin);
    } else {
        let own = part.installs.system_complete.is_err() || package.version.is_some();
        let text = tree.text(package.span.file).unwrap_or_default();
        let foreign = ["pgdg", "apt.postgresql.org", "sources.list", "add-apt-repository"];
        let about = part.image.as_ref().and_then(|image| Some((image, image.about.as_ref()?)));
        let Some((image, about)) = about.filter(|_| !own && !foreign.iter().any(|word| text.contains(word))) else {
            return;
        };
        let (Some(distro), Some(release)) = (about.distro.one(), about.release.one()) else { return };
        let Some(major) = concepts::postgres_client(distro, release) else { return };
        let base = image.origin.primary();
        let origin = base.map_or(origin.clone(), |base| origin.clone().then(StepKind::Used, base));
        fact.text("client", major, &origin);
    }
    fact.bool("dumps", dumps(part, tree), &origin);
}

/// The major that a package's name says: `postgresql-client-16`, `postgresql16-client`.
fn major(package: &str) -> Option<&str> {
    let rest = package
        .strip_prefix("postgresql-client-")
        .or_else(|| package.strip_prefix("postgresql")?.strip_suffix("-client"));
    rest.filter(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
}

/// Whether a program or script in the image dumps or restores a database.
fn dumps(part: &Part<'_>, tree: &Tree) -> bool {
    let inside = |file| part.container.as_ref().is_some_and(|container| container.inside(file).is_some());
    let programs = tree.files().filter(|(_, path)| path.ends_with(".py") || path.ends_with(".sh"));
    let speaks = |file| tree.parsed(file, |_, text| Dumps(text.contains("pg_dump") || text.contains("pg_restore")));
    part.installs.packages.contains_key("django-dbbackup")
        || programs.filter(|(file, _)| inside(*file)).any(|(file, _)| speaks(file).is_ok_and(|dumps| dumps.0))
}

/// Whether a text names a program that dumps or restores.
struct Dumps(bool);

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn a_package_of_a_client_says_its_major() {
        for (package, found) in [
            ("postgresql-client-16", Some("16")),
            ("postgresql17-client", Some("17")),
            ("postgresql-client", None),
            ("postgresql-client-common", None),
        ] {
            assert_eq!(major(package), found, "{package}");
        }
    }
}
