use super::{kustomize, read};
use crate::discover::{Overlay, Tree};

/// `workload container image | NAME=value …` of what a kustomization comes to.
fn built(files: &[(&str, &str)], root: &str) -> Vec<String> {
    let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).unwrap();
    let built = kustomize::build(&tree, tree.find(root).unwrap());
    let objects = read(&built.objects);
    let mut lines = Vec::new();
    for (workload, container) in objects.workloads.iter().flat_map(|one| one.containers.iter().map(move |c| (one, c))) {
        let (vars, more) = objects.variables(container);
        let vars = vars.iter().map(|(name, var)| format!("{name}={}", var.value.one().map_or("?", String::as_str)));
        let vars: Vec<String> = vars.chain(more.map(|_| "…".to_owned())).collect();
        let image = container.image.as_ref().map_or("", |image| image.value.as_str());
        lines.push(format!("{} {} {image} | {}", workload.name.value, container.name.value, vars.join(" ")));
    }
    lines
}

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: app\n          image: acme/shop\n          env:\n            - {name: LEVEL, value: info}\n            - {name: KEY, valueFrom: {secretKeyRef: {name: keys, key: k}}}\n          envFrom:\n            - configMapRef: {name: settings}\n";

#[test]
fn images_generators_and_patches_of_an_overlay_change_its_base() {
    let base = "resources: [web.yaml]\nconfigMapGenerator:\n  - {name: settings, literals: [MODE=base, HOST=db]}\n";
    let overlay = "resources: [../../base]\nnamePrefix: live-\nimages:\n  - {name: acme/shop, newName: registry.example/shop, newTag: '1.4'}\n\
        configMapGenerator:\n  - name: settings\n    behavior: merge\n    literals: [MODE=live]\n\
        patches:\n  - path: level.yaml\n  - target: {kind: Deployment, name: web}\n    patch: |-\n      - op: add\n        path: /spec/template/spec/containers/0/env/-\n        value: {name: MORE, value: 'yes'}\n";
    let level = "kind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n        - name: app\n          env: [{name: LEVEL, value: warn}, {name: KEY, $patch: delete}]\n";
    let files = [
        ("base/kustomization.yaml", base),
        ("base/web.yaml", WEB),
        ("overlays/live/kustomization.yaml", overlay),
        ("overlays/live/level.yaml", level),
    ];
    assert_eq!(built(&files, "base/kustomization.yaml"), ["web app acme/shop | HOST=db KEY=? LEVEL=info MODE=base"]);
    assert_eq!(
        built(&files, "overlays/live/kustomization.yaml"),
        ["web app registry.example/shop:1.4 | HOST=db LEVEL=warn MODE=live MORE=yes"]
    );
}

#[test]
fn a_value_that_another_file_holds_is_known_only_where_that_file_is() {
    let root = "resources: [web.yaml]\nsecretGenerator:\n  - {name: keys, envs: [keys.env]}\n";
    let files = [("kustomization.yaml", root), ("web.yaml", WEB)];
    assert_eq!(built(&files, "kustomization.yaml"), ["web app acme/shop | KEY=? LEVEL=info …"]);
}

#[test]
fn what_builds_on_itself_or_on_nothing_ends() {
    let files = [("kustomization.yaml", "resources: [., https://example.org/base, web.yaml]\n"), ("web.yaml", WEB)];
    let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
    let built = kustomize::build(&tree, tree.find("kustomization.yaml").unwrap());
    assert_eq!((built.objects.len(), built.elsewhere.len()), (1, 1));
}

#[test]
fn what_a_template_gives_is_its_parameter_unless_another_is_handed_over() {
    let text = "kind: Template\nparameters: [{name: LEVEL, value: info}, {name: KEY}, {name: ENV, value: dev}]\nobjects:\n- kind: Deployment\n  metadata: {name: web}\n  spec: {template: {spec: {containers: [{name: app, image: acme/shop, env: [{name: LEVEL, value: '${LEVEL}'}, {name: KEY, value: '${KEY}'}, {name: STAGE, value: '${ENV}'}, {name: HOST, value: 'a${LEVEL}'}]}]}}}\n";
    let tree = Tree::open(Box::new(Overlay::of([("web.yml", text)]))).unwrap();
    let objects = read(&super::parse(tree.find("web.yml").unwrap(), text));
    let vars = objects.variables(&objects.workloads[0].containers[0]).0;
    let known: Vec<_> =
        vars.iter().filter_map(|(name, var)| Some((name.as_str(), var.value.one()?.as_str()))).collect();
    assert_eq!((known, vars["LEVEL"].certainty.is_default()), (vec![("LEVEL", "info")], true));
}

#[test]
fn deployments_and_jobs_of_clowder_are_workloads_of_one_container() {
    let app = "kind: Template\nparameters: [{name: IMAGE, value: quay.example/shop}]\nobjects:\n- kind: ClowdApp\n  metadata: {name: shop}\n  spec:\n    deployments:\n    - {name: web, podSpec: {image: '${IMAGE}:${TAG}', args: [gunicorn, a], env: [{name: MODE, value: live}]}}\n    jobs:\n    - {name: tidy, podSpec: {image: '${IMAGE}', command: [./tidy]}}\n";
    let tree = Tree::open(Box::new(Overlay::of([("clowdapp.yml", app)]))).unwrap();
    let objects = read(&super::parse(tree.find("clowdapp.yml").unwrap(), app));
    let found: Vec<String> = objects.workloads.iter().map(|one| format!("{} {}", one.kind, one.name.value)).collect();
    assert_eq!(found, ["Deployment web", "CronJob tidy"]);
    let web = &objects.workloads[0].containers[0];
    assert!(web.image.as_ref().is_some_and(|image| image.value.starts_with("quay.example/shop")));
    assert_eq!(objects.variables(web).0.len(), 1);
}
