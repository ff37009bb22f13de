//! Tests of compose projects.

use super::*;
use crate::discover::{Overlay, Tree};

fn project(files: &[(&str, &str)], open: bool) -> (Tree, Project) {
    let tree = Tree::open(Box::new(Overlay::of(files.iter().map(|(p, t)| (*p, *t))))).unwrap();
    let ids: Vec<_> =
        files.iter().filter(|(path, _)| path.ends_with(".yml")).map(|(path, _)| tree.find(path).unwrap()).collect();
    let env = if open { World::Open(BTreeMap::new()) } else { World::empty() };
    let options = Options { env, profiles: Profiles::None, project_dir: String::new() };
    let loaded = load(&tree, &ids, &options);
    (tree, loaded)
}

#[test]
fn later_files_override_and_say_what_they_replaced() {
    let base = "services:\n  web:\n    image: a:1\n    environment: [A=1, B=2]\n    command: run\n";
    let over = "services:\n  web:\n    image: a:2\n    environment:\n      A: '3'\n";
    let (tree, project) = project(&[("a.yml", base), ("b.yml", over)], false);
    let web = &project.services["web"];
    let image = web.image.as_ref().unwrap();
    assert_eq!(image.value, Known::One("a:2".into()));
    assert_eq!(image.origin.steps.len(), 2);
    assert_eq!(tree.path(image.origin.steps[1].span.file), "a.yml");
    assert_eq!(web.environment["A"].var.value, Known::One("3".into()));
    assert_eq!(web.environment["B"].var.value, Known::One("2".into()));
}

#[test]
fn files_of_variables_stand_below_environment() {
    let yml =
        "services:\n  web:\n    image: a\n    env_file: [x.env, y.env]\n    environment:\n      A: own\n      P:\n";
    let (_, project) = project(&[("a.yml", yml), ("x.env", "A=file\nB=file\n")], false);
    let web = &project.services["web"];
    assert_eq!(web.environment["A"].var.value, Known::One("own".into()));
    assert_eq!(web.environment["B"].var.value, Known::One("file".into()));
    assert!(web.environment["P"].pass_through);
    assert_eq!(project.env_files[1].presence, crate::discover::Presence::Missing);
}

#[test]
fn extends_inherits_and_reset_removes() {
    let yml = "services:\n  base:\n    image: a\n    ports: ['80:80']\n    user: me\n  web:\n    extends: base\n    ports: !reset []\n";
    let (_, project) = project(&[("a.yml", yml)], false);
    let web = &project.services["web"];
    assert!(web.ports.is_empty(), "{:?}", web.ports);
    assert_eq!(web.user.as_ref().unwrap().value, Known::One("me".into()));
}

#[test]
fn profiles_that_are_off_are_set_apart() {
    let yml = "services:\n  web:\n    image: a\n  debug:\n    image: b\n    profiles: [debug]\n";
    let (_, project) = project(&[("a.yml", yml)], false);
    assert!(project.services.contains_key("web") && project.inactive.contains_key("debug"));
}

#[test]
fn defaults_of_an_open_world_may_be_overridden() {
    let yml = "services:\n  db:\n    image: postgres:${V:-15}\n";
    let (_, project) = project(&[("a.yml", yml)], true);
    let image = project.services["db"].image.as_ref().unwrap();
    assert_eq!(image.value, Known::One("postgres:15".into()));
    assert!(image.certainty.is_default());
}

#[test]
fn contexts_and_binds_are_paths_of_the_tree() {
    let yml = "services:\n  web:\n    build: ./app\n    volumes: ['.:/code', 'data:/data', './x.conf:/x.conf:ro']\n";
    let (_, project) = project(&[("a.yml", yml)], false);
    let web = &project.services["web"];
    assert_eq!(web.build.as_ref().unwrap().context.value, Known::One("app".into()));
    let kinds: Vec<(&str, Option<&str>)> = web.volumes.iter().map(|m| (m.kind.as_str(), m.source.as_deref())).collect();
    assert_eq!(kinds, [("bind", Some(".")), ("volume", Some("data")), ("bind", Some("x.conf"))]);
}
