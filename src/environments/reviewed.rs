//! Review apps: what Heroku and Scalingo make of each proposed change, as their manifests say.

use super::plan::Planned;
use crate::discover::Kind;
use crate::discover::aside::is_aside;
use crate::discover::paths;
use crate::formats::small::app_json;
use crate::links::Repository;
use crate::model::{Confidence, FileId, Role, Span};

/// What a manifest says that is there for review apps alone.
const SIGNS: [&str; 4] = ["review", "pr-predestroy", "HEROKU_PARENT_APP_NAME", "HEROKU_APP_NAME"];

/// Adds the environment of review apps, or the manifest to the one that is known by another file; what runs there starts as
/// production does, but with variables that are not all known.
pub(super) fn add(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    if all.is_empty() {
        return;
    }
    let Some(file) = manifest(repository) else { return };
    let start = Span::new(file, 0, 0);
    let text = "a manifest describes review apps";
    let review = |planned: &&mut Planned| planned.environment.name.contains("review");
    if let Some(known) = all.iter_mut().find(review) {
        known.add_evidence(start, text);
        return;
    }
    let mut planned = Planned::new("review", Role::Staging, Confidence::Named).because(start, text);
    planned.only_named = true;
    all.push(planned);
}

/// The manifest of review apps: any of Scalingo, and one of Heroku that speaks of them.
fn manifest(repository: &Repository<'_>) -> Option<FileId> {
    let tree = repository.tree;
    let scalingo = tree.files().find(|(_, path)| paths::name(path) == "scalingo.json" && !is_aside(path));
    let heroku = || {
        repository.of(Kind::AppJson).iter().copied().find(|file| {
            let ours = tree.parsed(*file, app_json::parse).is_ok_and(|app| app.0.is_heroku);
            let text = tree.text(*file).unwrap_or_default();
            ours && SIGNS.iter().any(|sign| text.contains(sign))
        })
    };
    scalingo.map(|(file, _)| file).or_else(heroku)
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn a_manifest_that_speaks_of_review_apps_is_an_environment() {
        let files = |app: &str, name: &str| {
            environments(&[("Procfile", "web: gunicorn a.wsgi\n"), ("requirements.txt", "django\n"), (name, app)])
        };
        let review = "{\"environments\": {\"review\": {\"addons\": [\"heroku-postgresql\"]}}}";
        assert!(files(review, "app.json").contains(&"review staging: app.json".to_owned()));
        assert!(files("{\"name\": \"a\"}", "scalingo.json").contains(&"review staging: scalingo.json".to_owned()));
        assert_eq!(files("{\"name\": \"a\", \"addons\": [\"x\"]}", "app.json").len(), 1);
    }
}
