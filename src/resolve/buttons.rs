//! Productions that are merely offered to others: by a button of the host, or as one of several ways to run it.

use crate::discover::{Tree, paths};
use crate::environments::{OFFERED, Planned};
use crate::formats::small::app_json;
use crate::model::{Role, Span};

/// What offers a production to others, where nothing of the repository deploys it.
pub(super) fn of(tree: &Tree, planned: &Planned) -> Option<Span> {
    let about = &planned.environment;
    if about.role != Role::Production || !planned.deployed_by.is_empty() {
        return None;
    }
    let way = about.because.iter().find(|evidence| evidence.text == OFFERED).map(|evidence| evidence.span);
    let hosted = about.files.iter().map(|file| tree.path(*file));
    let mut hosted = hosted.filter(|path| ["Procfile", "heroku.yml"].contains(&paths::name(path)));
    let button = || {
        let file = hosted.find_map(|path| tree.find(&paths::join(paths::parent(path), "app.json")?))?;
        let read = tree.parsed(file, app_json::parse).ok()?;
        read.0.is_heroku.then(|| Span::new(file, 0, 0))
    };
    way.or_else(button)
}
