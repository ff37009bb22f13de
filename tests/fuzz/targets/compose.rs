//! Compose files: one or several, merged, with all profiles.
#![no_main]

use libfuzzer_sys::fuzz_target;
use paritylint::formats::compose::{Options, Profiles, load};
use paritylint::formats::{Vars, World};

fuzz_target!(|data: &[u8]| {
    let tree = paritylint_fuzz::tree(data, "compose.yaml");
    let files: Vec<_> = tree.files().filter(|(_, path)| path.ends_with("yaml")).map(|(file, _)| file).collect();
    for env in [World::empty(), World::Open(Vars::new())] {
        let options = Options { env, profiles: Profiles::All, project_dir: String::new() };
        let _ = load(&tree, &files, &options);
    }
});
