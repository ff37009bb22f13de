//! Compose files: one or several, merged, with all profiles.

use paritylint::formats::compose::{Options, Profiles, load};
use paritylint::formats::{Vars, World};

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let tree = super::tree(data, "compose.yaml");
    let files: Vec<_> = tree.files().filter(|(_, path)| path.ends_with("yaml")).map(|(file, _)| file).collect();
    for env in [World::empty(), World::Open(Vars::new())] {
        let options = Options { env, profiles: Profiles::All, project_dir: String::new(), written: Default::default() };
        let _ = load(&tree, &files, &options);
    }
}
