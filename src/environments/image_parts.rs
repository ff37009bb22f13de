//! Images that are parts of one environment: each stands in a Dockerfile of its own.

use super::images::{image_file, is_plain};
use super::plan::{Planned, Runs, Unit};
use super::words::naming;
use crate::discover::paths;
use crate::links::Repository;
use crate::model::FileId;

/// Joins images of one environment that are built in folders beside one another: they are its components.
pub(super) fn join(repository: &Repository<'_>, found: &mut Vec<Planned>) {
    let mut joined: Vec<Planned> = Vec::new();
    for mut planned in found.drain(..) {
        let within = |other: &Planned| in_one_folder(repository, other, &planned);
        let joins = |other: &&mut Planned| within(other) || beside(repository, other, &planned);
        let Some(other) = joined.iter_mut().find(joins) else {
            joined.push(planned);
            continue;
        };
        if within(other) {
            other.units.iter_mut().chain(&mut planned.units).for_each(|unit| name_by_file(repository, unit));
        }
        planned.environment.files.iter().for_each(|file| other.add_file(*file));
        for evidence in planned.environment.because {
            other.add_evidence(evidence.span, evidence.text);
        }
        other.environment.confidence = other.environment.confidence.min(planned.environment.confidence);
        other.units.extend(planned.units);
    }
    *found = joined;
}

/// The innermost folder of a Dockerfile whose name says the role that the file's own name does not say.
fn named_folder<'r>(repository: &Repository<'r>, file: FileId) -> Option<&'r str> {
    let path = repository.tree.path(file);
    let ends = path.match_indices('/').map(|(at, _)| at);
    let mut folders = ends.filter_map(|at| path.get(..at));
    let says = |folder: &&str| naming(&format!("{}/x", paths::name(folder))).role.is_some();
    folders.rfind(says).filter(|_| naming(paths::name(path)).role.is_none())
}

/// Whether the images of two environments lie in one folder that is named for it: what it takes to run the program there.
fn in_one_folder(repository: &Repository<'_>, one: &Planned, other: &Planned) -> bool {
    let folder = |planned: &Planned| {
        let mut each = planned.units.iter().map(|unit| named_folder(repository, image_file(unit)?));
        let first = each.next()??;
        each.all(|folder| folder == Some(first)).then_some(first)
    };
    one.environment.role == other.environment.role && folder(one).is_some_and(|own| folder(other) == Some(own))
}

/// Names a component by the folder of its Dockerfile, and what tells that one from others there.
fn name_by_file(repository: &Repository<'_>, unit: &mut Unit) {
    let Some(path) = image_file(unit).map(|file| repository.tree.path(file)) else { return };
    let own = paths::name(path).split_once(['.', '-', '_']).map(|(_, own)| own);
    let folder = paths::name(paths::parent(path));
    unit.name = own.map_or_else(|| folder.to_owned(), |own| format!("{folder}-{own}"));
}

/// Whether two environments are one by their names, and their images components of it: plain Dockerfiles of folders beside
/// one another that are no variants of one product.
fn beside(repository: &Repository<'_>, one: &Planned, other: &Planned) -> bool {
    let folder = |unit: &Unit| {
        let path = repository.tree.path(image_file(unit)?);
        let plain = paths::name(path).eq_ignore_ascii_case("dockerfile");
        let variant = naming(path).variant.is_some() || path.contains(|c: char| c.is_ascii_digit());
        let context = if let Runs::Image(image) = &unit.runs { image.context.clone() } else { String::new() };
        (plain && !variant && !context.is_empty()).then_some(context)
    };
    let apart = |a: &Unit, b: &Unit| {
        let (Some(x), Some(y)) = (folder(a), folder(b)) else { return false };
        let around = |x: &str, y: &str| y.strip_prefix(x).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        a.name != b.name && !around(&x, &y) && !around(&y, &x)
    };
    // Those that one workflow publishes under other names are components too.
    let together = |a: &Unit, b: &Unit| {
        let (Some(x), Some(y)) = (image_file(a), image_file(b)) else { return false };
        let named = |file: FileId| {
            let path = repository.tree.path(file);
            naming(path).variant.is_none() && !path.contains(|c: char| c.is_ascii_digit())
        };
        let plain = |file: FileId| is_plain(repository.tree.path(file));
        let parted = paths::parent(repository.tree.path(x)) != paths::parent(repository.tree.path(y));
        named(x) && named(y) && (parted || !plain(x) && !plain(y)) && super::published::together(repository, x, y)
    };
    let plain = |planned: &Planned| ["live", "prd", "prod", "production"].contains(&planned.environment.name.as_str());
    one.environment.role == other.environment.role
        && (one.environment.name == other.environment.name || plain(one) && plain(other))
        && one.units.iter().all(|a| other.units.iter().all(|b| apart(a, b) || together(a, b)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn images_in_one_folder_that_is_named_for_an_environment_are_its_parts() {
        let image = "FROM python:3.13\nCOPY . .\nCMD [\"gunicorn\", \"shop.wsgi\"]\n";
        let of = |paths: [&str; 3]| {
            let files = paths.map(|path| (path, image));
            environments(&files).iter().filter(|one| one.contains(" test: ")).count()
        };
        let inside = [
            "ci/integration/web/Dockerfile-one",
            "ci/integration/web/Dockerfile-two",
            "ci/integration/login/Dockerfile",
        ];
        assert_eq!(of(inside), 1);
        assert_eq!(of(["ci/integration/Dockerfile", "ci/e2e/Dockerfile", "other/Dockerfile.test"]), 3);
    }
}
