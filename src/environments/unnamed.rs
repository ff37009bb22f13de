//! Plain Dockerfiles beside those that are named for production.

use std::collections::BTreeSet;

use super::images::{AS_IT_STANDS, PLAIN, image_file};
use super::plan::Planned;
use super::published::pushed;
use crate::discover::{Kind, paths};
use crate::links::Repository;
use crate::model::Role;

/// Drops a plain Dockerfile beside one that is named for production or published, for the same folder: it is for developers. One in a
/// folder below one that is named for production is for something beside the program, which nothing says where it runs.
pub(super) fn drop_unnamed(repository: &Repository<'_>, found: &mut Vec<Planned>) {
    let folder =
        |planned: &Planned| image_file(planned.units.first()?).map(|file| paths::parent(repository.tree.path(file)));
    let bare = |planned: &Planned| {
        let [evidence] = planned.environment.because.as_slice() else { return false };
        evidence.text == AS_IT_STANDS || evidence.text == PLAIN
    };
    let production = |planned: &&Planned| planned.environment.role == Role::Production && !bare(planned);
    let mut known: BTreeSet<_> = found.iter().filter(production).filter_map(folder).collect();
    let published =
        |planned: &Planned| planned.units.iter().filter_map(image_file).any(|file| pushed(repository, file).is_some());
    let named = found.iter().filter(production).filter(|planned| !published(planned));
    let above: BTreeSet<_> = named.filter_map(folder).collect();
    let below = |folder: &str| {
        above.iter().any(|above| folder != *above && (above.is_empty() || folder.starts_with(&format!("{above}/"))))
    };
    // The only one that is published is what runs of the folder that it is built from.
    let all = || repository.of(Kind::Dockerfile).iter().copied();
    let mut pushed_ones = all().filter(|file| pushed(repository, *file).is_some());
    let context = match (pushed_ones.next(), pushed_ones.next()) {
        (Some(file), None) => {
            let is = |planned: &Planned| planned.units.iter().any(|unit| image_file(unit) == Some(file));
            found.iter().any(is).then(|| super::published::plain(repository, file, None).context)
        }
        _ => None,
    };
    let built = all().any(|file| pushed(repository, file).is_none());
    if let Some(context) = context.as_deref().filter(|_| built) {
        known.insert(context);
    }
    found.retain(|planned| {
        planned.environment.role != Role::Production
            || !bare(planned)
            || published(planned)
            || folder(planned).is_none_or(|folder| !known.contains(folder) && !below(folder))
    });
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn a_plain_dockerfile_below_one_that_has_a_stage_for_production_is_for_something_beside_the_program() {
        let with = |stage: &str| {
            let app = format!("FROM python:3.12 AS {stage}\nCOPY . /app\nCMD gunicorn a.wsgi\n");
            let probe = "FROM alpine:3.20\nRUN pip3 install requests==2.32.0\nCOPY probe.py /\nCMD [\"python3\", \"/probe.py\"]\n";
            environments(&[("Dockerfile", &app), ("probe/Dockerfile", probe), ("probe/probe.py", ""), ("a.py", "")])
        };
        let found = with("live");
        assert_eq!(found, ["live production: Dockerfile"]);
        assert!(with("app").iter().any(|line| line.contains("probe/Dockerfile")));
    }
}
