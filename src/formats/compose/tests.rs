//! Tests of compose projects.

use super::*;
use crate::discover::{Overlay, Tree};

fn project(files: &[(&str, &str)], open: bool) -> (Tree, Project) {
    let tree = Tree::open(Box::new(Overlay::of(files.iter().map(|(p, t)| (*p, *t))))).unwrap();
    let ids: Vec<_> =
        files.iter().filter(|(path, _)| path.ends_with(".yml")).map(|(path, _)| tree.find(path).unwrap()).collect();
    let env = if open { World::Open(BTreeMap::new()) } else { World::empty() };
    let options = Options { env, profiles: Profiles::None, project_dir: String::new(), written: Default::default() };
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
fn the_folder_of_the_shell_is_the_projects() {
    let yml = "services:\n  web:\n    build: $PWD/app\n    environment: ['A=$PWD']\n    volumes: ['${PWD}:/code', '$PWD/x.conf:/y']\n";
    let (_, project) = project(&[("a.yml", yml)], true);
    let web = &project.services["web"];
    assert_eq!(web.build.as_ref().unwrap().context.value, Known::One("app".into()));
    let sources: Vec<Option<&str>> = web.volumes.iter().map(|mount| mount.source.as_deref()).collect();
    assert_eq!(sources, [Some("."), Some("x.conf")]);
    assert!(web.environment["A"].var.value.is_unknown());
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
    let options = Options {
        env: World::empty(),
        profiles: Profiles::None,
        project_dir: String::new(),
        written: Default::default(),
    };
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

/// What a variable's value points at: the texts and the files of its steps, as `KIND file:text`.
fn chain(tree: &Tree, origin: &Origin) -> Vec<String> {
    let show = |step: &crate::model::Step| {
        let text = tree.text(step.span.file).unwrap_or_default();
        let text = text.get(step.span.range()).unwrap_or_default();
        format!("{:?} {}:{text}", step.kind, tree.path(step.span.file))
    };
    origin.steps.iter().map(show).collect()
}

fn loaded(files: &[(&str, &str)], first: &[&str]) -> (Tree, Project) {
    let tree = Tree::open(Box::new(Overlay::of(files.iter().map(|(p, t)| (*p, *t))))).unwrap();
    let ids: Vec<_> = first.iter().map(|path| tree.find(path).unwrap()).collect();
    let options = Options {
        env: World::empty(),
        profiles: Profiles::None,
        project_dir: String::new(),
        written: Default::default(),
    };
    let project = load(&tree, &ids, &options);
    (tree, project)
}

#[test]
fn lists_and_mappings_that_merge_point_at_both_files() {
    let base = "services:\n  web:\n    image: a\n    environment: {A: one, B: two}\n";
    let over = "services:\n  web:\n    environment:\n      - A=three\n";
    let (tree, project) = loaded(&[("a.yml", base), ("b.yml", over)], &["a.yml", "b.yml"]);
    let web = &project.services["web"];
    assert_eq!(chain(&tree, &web.environment["A"].var.origin), ["Set b.yml:three", "Overridden a.yml:one"]);
    assert_eq!(chain(&tree, &web.environment["B"].var.origin), ["Set a.yml:two"]);
}

#[test]
fn what_is_inherited_points_at_the_other_file_and_at_extends() {
    let own = "services:\n  web:\n    extends: {service: base, file: sub/b.yml}\n    user: me\n";
    let other = "services:\n  base:\n    image: i:1\n    user: you\n    volumes: [./x:/x]\n";
    let (tree, project) = loaded(&[("a.yml", own), ("sub/b.yml", other)], &["a.yml"]);
    let web = &project.services["web"];
    let image = chain(&tree, &web.image.as_ref().unwrap().origin);
    assert_eq!(image, ["Set sub/b.yml:i:1", "Inherited a.yml:{service: base, file: sub/b.yml}"]);
    let user = chain(&tree, &web.user.as_ref().unwrap().origin);
    assert_eq!(user, ["Set a.yml:me", "Overridden sub/b.yml:you"]);
    assert_eq!(web.volumes[0].source.as_deref(), Some("sub/x"));
    assert_eq!(tree.path(web.volumes[0].span.file), "sub/b.yml");
}

#[test]
fn what_is_included_points_at_its_own_file_and_at_the_include() {
    let own = "include:\n  - sub/b.yml\nservices:\n  web: {command: run}\n";
    let other = "services:\n  web:\n    image: i:${TAG}\n";
    let files = [("a.yml", own), ("sub/b.yml", other), ("sub/.env", "TAG=7\n")];
    let (tree, project) = loaded(&files, &["a.yml"]);
    let image = chain(&tree, &project.services["web"].image.as_ref().unwrap().origin);
    assert_eq!(image, ["Set sub/b.yml:i:${TAG}", "Interpolated sub/.env:7", "Included a.yml:sub/b.yml"]);
}

#[test]
fn what_an_alias_names_points_at_the_anchor_and_at_the_alias() {
    let yml =
        "x-i: &img i:1\nx-e: &env {A: one}\nservices:\n  web:\n    image: *img\n    environment: {<<: *env, B: two}\n";
    let (tree, project) = loaded(&[("a.yml", yml)], &["a.yml"]);
    let web = &project.services["web"];
    assert_eq!(chain(&tree, &web.image.as_ref().unwrap().origin), ["Set a.yml:i:1", "Used a.yml:*img"]);
    assert_eq!(chain(&tree, &web.environment["A"].var.origin), ["Set a.yml:one", "Used a.yml:*env"]);
    assert_eq!(chain(&tree, &web.environment["B"].var.origin), ["Set a.yml:two"]);
}

#[test]
fn variables_of_files_point_at_their_lines_and_at_env_file() {
    let yml = "services:\n  web:\n    image: a\n    env_file: x.env\n    environment: {B: own}\n";
    let (tree, project) = loaded(&[("a.yml", yml), ("x.env", "A=file\nB=file\n")], &["a.yml"]);
    let web = &project.services["web"];
    assert_eq!(chain(&tree, &web.environment["A"].var.origin), ["Set x.env:file", "Included a.yml:x.env"]);
    assert_eq!(chain(&tree, &web.environment["B"].var.origin), ["Set a.yml:own", "Overridden x.env:file"]);
}

#[test]
fn a_later_file_of_variables_sees_its_own_lines_before_those_of_earlier_files() {
    let yml = "services:\n  web:\n    image: a\n    env_file: [x.env, y.env]\n";
    let files = [("a.yml", yml), ("x.env", "A=1\nC=c\n"), ("y.env", "A=2\nB=${A}${C}\n")];
    let (_, project) = loaded(&files, &["a.yml"]);
    assert_eq!(project.services["web"].environment["B"].var.value, Known::One("2c".into()));
}

#[test]
fn reset_and_override_reach_into_what_came_before() {
    let base = "services:\n  web:\n    image: a\n    ports: ['1:1']\n    environment: {A: 1, B: 2}\n    build: {args: {X: 1}}\n";
    let over =
        "services:\n  web:\n    ports: !override ['2:2']\n    environment: {A: !reset x}\n    build: !reset {}\n";
    let (_, project) = loaded(&[("a.yml", base), ("b.yml", over)], &["a.yml", "b.yml"]);
    let web = &project.services["web"];
    assert_eq!((web.ports.len(), web.ports[0].target), (1, 2));
    assert!(web.build.is_none() && !web.environment.contains_key("A") && web.environment.contains_key("B"));
}

#[test]
fn values_of_the_wrong_type_are_refused_wherever_they_stand() {
    let bodies = [
        "healthcheck: {interval: 5}",
        "healthcheck: {retries: -1}",
        "deploy: {resources: {limits: {memory: lots}}}",
        "environment: {A: [1]}",
        "extra_hosts: [name]",
        "ulimits: {nofile: 1.5}",
        "ports: ['0']",
        "container_name: x",
        "security_opt: [a, a]",
        "pull_policy: sometimes",
        "init: perhaps",
        "tmpfs: [/a, '/a:rw']",
        "label_file: none.label",
        "depends_on: {web: {condition: started}}",
    ];
    for body in bodies {
        let yml = format!("services:\n  web:\n    image: a\n    {body}\n");
        let (_, project) = loaded(&[("a.yml", &yml)], &["a.yml"]);
        assert!(!project.errors.is_empty(), "{body}");
    }
}

#[test]
fn lists_that_meet_name_a_thing_once() {
    let base =
        "services:\n  web:\n    image: a\n    ports: ['80:80']\n    volumes: ['./a:/x', './b:/y']\n    expose: [80]\n";
    let over = "services:\n  web:\n    ports: ['80:80/tcp', '81:81']\n    volumes: ['./c:/x']\n    expose: ['80']\n";
    let (_, project) = loaded(&[("a.yml", base), ("b.yml", over)], &["a.yml", "b.yml"]);
    let web = &project.services["web"];
    let sources: Vec<_> = web.volumes.iter().filter_map(|mount| mount.source.as_deref()).collect();
    assert_eq!((web.ports.len(), sources, web.expose.len()), (2, vec!["c", "b"], 1));
    assert!(project.errors.is_empty(), "{:?}", project.errors);
}

#[test]
fn tabs_and_further_documents_are_as_strict_as_compose() {
    let rows = [
        ("services:\n  web:\n    image: a\n\t\n", false),
        ("services:\n  web:\n    image: a\n     \t\n", true),
        ("services:\n  web:\n    # why\n\t\n    image: a\n", true),
        ("services:\n  web:\n    command: |\n      a\n      \tb\n    image: a\n", true),
        ("services: {web: {image: a}}\n...\nx-a: 1\n", false),
        ("services: {web: {image: a}}\n---\nx-a: 1\n", true),
    ];
    for (yml, fine) in rows {
        let (_, project) = loaded(&[("a.yml", yml)], &["a.yml"]);
        assert_eq!(project.errors.is_empty(), fine, "{yml:?} {:?}", project.errors);
    }
}
