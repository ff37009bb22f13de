//! Dockerfiles beside a Procfile: whether they are a production of their own.

use super::plan::{Planned, Runs, Unit};
use super::platform::is_pushed_by_action;
use super::{deployments, images, starts};
use crate::discover::{Kind, paths};
use crate::formats::dockerfile::Build;
use crate::links::Repository;
use crate::model::Role;

/// Drops a production that rests on nothing but a plain Dockerfile beside a Procfile: where no job deploys, or one that pushes the
/// sources, the platform that reads the one builds the other, or leaves it.
pub(super) fn drop_images(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    // One whose own script prepares and starts it is deployed in its own right.
    let by_script = |unit: &Unit| {
        let Runs::Image(image) = &unit.runs else { return false };
        let of_script = |build: &Build| starts::script(repository, image, build).lines().any(starts::is_server_line);
        images::build(repository, image).is_some_and(|build| of_script(&build))
    };
    let of_image = |planned: &Planned| {
        if planned.units.iter().any(by_script) {
            return None;
        }
        let [evidence] = planned.environment.because.as_slice() else { return None };
        let plain = planned.environment.role == Role::Production && evidence.text == images::PLAIN;
        plain.then(|| paths::parent(repository.tree.path(evidence.span.file)))
    };
    let reads = |planned: &Planned, folder: &str| {
        let mut files = planned.environment.because.iter().map(|evidence| evidence.span.file);
        planned.environment.role == Role::Production
            && files.any(|file| {
                repository.of(Kind::Procfile).contains(&file) && paths::parent(repository.tree.path(file)) == folder
            })
    };
    let beside =
        |planned: &Planned| of_image(planned).is_some_and(|folder| all.iter().any(|other| reads(other, folder)));
    let gone: Vec<bool> = all.iter().map(beside).collect();
    let by_platform = || deployments::deployments(repository).is_empty() || is_pushed_by_action(repository);
    if gone.contains(&true) && by_platform() {
        let mut gone = gone.into_iter();
        all.retain(|_| !gone.next().unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn a_plain_image_beside_a_procfile_is_another_production_only_where_a_job_deploys() {
        let files = [
            ("requirements.txt", "django\ngunicorn\n"),
            ("Procfile", "web: gunicorn shop.wsgi\n"),
            (
                "Dockerfile",
                "FROM python:3.13\nCOPY . /app\nRUN pip install -r requirements.txt\nCMD gunicorn shop.wsgi -w 3\n",
            ),
            ("runtime.txt", "python-3.13.1\n"),
        ];
        assert_eq!(environments(&files), ["production production: Procfile"]);
        let flow = "on: push\njobs: {deploy: {runs-on: u, steps: [{run: kubectl set image deployment/shop a=b}]}}\n";
        assert_eq!(environments(&[&files[..], &[(".github/workflows/a.yml", flow)]].concat()).len(), 2);
        let boots = ("Dockerfile", "FROM python:3.13\nCOPY . /app\nWORKDIR /app\nENTRYPOINT [\"./boot.sh\"]\n");
        let boot = ("boot.sh", "#!/bin/sh\nflask db upgrade\nexec gunicorn -b :5000 shop:app\n");
        assert_eq!(environments(&[files[0], files[1], boots, boot]).len(), 2, "it has a script of its own");
    }
}
