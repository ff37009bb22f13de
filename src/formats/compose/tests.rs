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

#[test]
fn what_a_variable_outside_decides_leaves_the_rest_known() {
    let yml =
        "services:\n  web:\n    image: a\n    environment: ['A=${X}', 'B=b', 'C=${Y:-c}']\n    ports: ['${P}:80']\n";
    let (_, project) = project(&[("a.yml", yml)], true);
    let web = &project.services["web"];
    assert!(web.environment["A"].var.value.is_unknown());
    assert_eq!(web.environment["B"].var.value, Known::One("b".into()));
    assert!(web.environment["C"].var.certainty.is_default());
    assert_eq!((web.ports[0].target, web.ports[0].published.as_deref()), (80, None));
}

#[test]
fn values_of_lists_point_at_their_own_text() {
    let yml = "services:\n  web:\n    image: a\n    environment: [A=1, \"B=${X:-two}\"]\n";
    let (tree, project) = project(&[("a.yml", yml)], false);
    let text = tree.text(tree.find("a.yml").unwrap()).unwrap();
    let web = &project.services["web"];
    let place = |name: &str| &text[web.environment[name].var.origin.primary().unwrap().range()];
    assert_eq!((place("A"), place("B")), ("1", "${X:-two}"));
}

#[test]
fn included_files_keep_their_own_folder_and_variables() {
    let main = "include: [sub/b.yml]\nservices:\n  inc:\n    environment: {OWN: 1}\n";
    let sub =
        "services:\n  inc:\n    image: i:${TAG}\n    build: .\n    environment: [NAMED]\n    volumes: ['./x:/x']\n";
    let tree =
        Tree::open(Box::new(Overlay::of([("a.yml", main), ("sub/b.yml", sub), ("sub/.env", "TAG=7\nNAMED=n\n")])))
            .unwrap();
    let options = Options { env: World::empty(), profiles: Profiles::None, project_dir: String::new() };
    let project = load(&tree, &[tree.find("a.yml").unwrap()], &options);
    let inc = &project.services["inc"];
    assert_eq!(inc.image.as_ref().unwrap().value, Known::One("i:7".into()));
    assert_eq!(inc.build.as_ref().unwrap().context.value, Known::One("sub".into()));
    assert_eq!(inc.volumes[0].source.as_deref(), Some("sub/x"));
    assert_eq!(inc.environment["NAMED"].var.value, Known::One("n".into()));
    assert_eq!(inc.environment["OWN"].var.value, Known::One("1".into()));
    assert!(project.errors.is_empty(), "{:?}", project.errors);
}

#[test]
fn numbers_are_what_compose_makes_of_them() {
    let yml = "services:\n  web:\n    image: a\n    environment: {V: 3.10, Q: '3.10'}\n";
    let (_, project) = project(&[("a.yml", yml)], false);
    let web = &project.services["web"];
    assert_eq!(web.environment["V"].var.value, Known::One("3.1".into()));
    assert_eq!(web.environment["Q"].var.value, Known::One("3.10".into()));
}

#[test]
fn circles_end() {
    let yml = "include: [a.yml]\nservices:\n  a: {extends: b, image: x}\n  b: {extends: a, depends_on: [b]}\n";
    let (_, project) = project(&[("a.yml", yml)], false);
    assert!(project.errors.len() >= 3, "{:?}", project.errors);
}
