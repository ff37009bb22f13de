//! Manifests of Cloud Foundry: applications, each with a command or the Procfile of its folder
//! (<https://docs.cloudfoundry.org/devguide/deploy-apps/manifest-attributes.html>).

use super::hosts::{Reading, native, vars};
use super::plan::{Planned, Runs};
use super::platform::line;
use super::platform_files::{add, planned};
use crate::discover::paths;
use crate::formats::Vars;
use crate::formats::small::CommandText;
use crate::formats::small::tree::{self, Node};

/// The evidence of what a manifest says.
pub(super) const MANIFEST: &str = "Cloud Foundry reads the manifest";
/// How many manifests may build on each other.
const MOST: usize = 8;

/// The environment of a manifest, and of those that it builds on.
pub(super) fn read(reading: &Reading<'_, '_>, root: &Node) -> Option<Planned> {
    let mut found = planned(reading.file, MANIFEST);
    let above = inherited(reading, root);
    let chain = || std::iter::once(root).chain(&above);
    let given = |node: &Node| vars(node.get("env"));
    let shared: Vars = chain().collect::<Vec<_>>().into_iter().rev().flat_map(given).collect();
    let applications = chain().find_map(|node| node.get("applications"))?;
    let mut others = false;
    for application in applications.items() {
        // What is built without Python's buildpack is another program.
        let packs = ["buildpack", "buildpacks"].into_iter().filter_map(|key| application.get(key));
        let packs: Vec<_> = packs.flat_map(Node::texts).collect();
        if !packs.is_empty() && !packs.iter().any(|pack| pack.value.contains("python")) {
            others = true;
            continue;
        }
        let name = application.field("name").map_or_else(|| "app".to_owned(), |name| name.value);
        let mut own = shared.clone();
        own.extend(given(application));
        // What names no folder is pushed from where the code stands.
        let path = application.field("path").map_or_else(|| pushed_from(reading).to_owned(), |path| path.value);
        let folder = paths::join(&reading.folder, &path).unwrap_or_default();
        if let Some(image) = application.get("docker").and_then(|docker| docker.field("image")) {
            add(&mut found, &name, Runs::Pulled { image, command: None }, &own);
        } else if let Some(command) = application.get("command").and_then(CommandText::of) {
            add(&mut found, &name, native(line(&command), &folder), &own);
        } else {
            for (process, command) in reading.processes(&folder) {
                let name = if process == "web" { name.clone() } else { format!("{name}-{process}") };
                add(&mut found, &name, native(command, &folder), &own);
            }
        }
    }
    found.only_named = found.units.is_empty();
    (!found.only_named || !others).then_some(found)
}

/// The manifests that one builds on by `inherit`, the nearest first.
fn inherited(reading: &Reading<'_, '_>, root: &Node) -> Vec<Node> {
    let tree = reading.repository.tree;
    let (mut above, mut folder, mut next) = (Vec::new(), reading.folder.clone(), root.field("inherit"));
    while let Some(name) = next.take().filter(|_| above.len() < MOST) {
        let Some(file) = paths::join(&folder, &name.value).and_then(|path| tree.find(&path)) else { break };
        let Ok(read) = tree.parsed(file, tree::yaml) else { break };
        let Some(node) = &read.0 else { break };
        next = node.field("inherit");
        paths::parent(tree.path(file)).clone_into(&mut folder);
        above.push(node.clone());
    }
    above
}

fn pushed_from(reading: &Reading<'_, '_>) -> &'static str {
    let tree = reading.repository.tree;
    let signs = ["requirements.txt", "Pipfile", "pyproject.toml", "setup.py", "environment.yml", "Procfile"];
    let held = |folder: &str| {
        signs.iter().any(|name| paths::join(folder, name).is_some_and(|path| tree.find(&path).is_some()))
    };
    let above = paths::parent(&reading.folder);
    if !reading.folder.is_empty() && above.is_empty() && !held(&reading.folder) && held("") { ".." } else { "." }
}

#[cfg(test)]
mod tests {
    use super::super::infer;
    use super::super::tests::environments;
    use crate::discover::{Config, Overlay, Tree};
    use crate::links::Repository;

    const NEEDS: (&str, &str) = ("requirements.txt", "django\ngunicorn\n");

    #[test]
    fn a_manifest_without_pythons_buildpack_is_of_another_program() {
        let manifest =
            |pack: &str| format!("---\napplications:\n  - name: a\n    command: ./run\n    buildpacks: [{pack}]\n");
        let found = |pack: &str| environments(&[("manifest.yml", manifest(pack).as_str()), NEEDS]).len();
        assert_eq!(found("binary_buildpack"), 0);
        assert_eq!(found("apt_buildpack, python_buildpack"), 1);
        let plain = ("manifest.yml", "---\napplications:\n  - name: a\n    command: ./run\n");
        assert_eq!(environments(&[plain, NEEDS]).len(), 1);
        assert!(environments(&[plain, NEEDS, ("Staticfile", "root: .\n")]).is_empty(), "pages");
    }

    #[test]
    fn what_a_manifest_pushes_as_sources_runs_in_no_image() {
        let manifest = "---\napplications:\n  - name: ((app))\n    path: ../\n    buildpacks: [python_buildpack]\n";
        let files = [("site/Procfile", "web: gunicorn a.wsgi\n"), ("site/Dockerfile", "FROM python:3.12\nCOPY . .\n")];
        let pushed = [files[0], files[1], ("site/manifests/manifest-shop.yml", manifest)];
        assert!(environments(&files).iter().any(|one| one.contains("site/Procfile site/Dockerfile")));
        let found = environments(&pushed);
        assert!(found.contains(&"production production: site/Procfile".to_owned()), "{found:?}");
    }

    #[test]
    fn manifests_of_one_space_are_one_environment() {
        let manifest = |name: &str| format!("---\napplications:\n  - name: {name}\n    command: gunicorn a.wsgi\n");
        let (api, worker, live) = (manifest("api"), manifest("worker"), manifest("api"));
        let found = environments(&[
            ("manifests/manifest_api_stage.yml", api.as_str()),
            ("manifests/manifest_worker_stage.yml", worker.as_str()),
            ("manifests/manifest_api_prod.yml", live.as_str()),
            NEEDS,
        ]);
        assert_eq!(
            found,
            [
                "prod production: manifests/manifest_api_prod.yml",
                "stage staging: manifests/manifest_api_stage.yml manifests/manifest_worker_stage.yml"
            ]
        );
    }

    #[test]
    fn a_manifest_has_what_the_one_says_that_it_inherits() {
        let general = "---\napplications:\n- name: shop\nenv:\n  DJANGO_SETTINGS_MODULE: shop.live\n  MODE: plain\n";
        let own = "---\ninherit: manifest_base.yml\nenv:\n  MODE: live\n";
        let files = [
            ("manifest_base.yml", general),
            ("manifest_prod.yml", own),
            ("Procfile", "web: gunicorn shop.wsgi\n"),
            NEEDS,
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let plan = infer(&Repository::read(&tree), &Config::default(), true);
        let prod = plan.environments.iter().find(|planned| planned.environment.name == "prod").unwrap();
        let given = prod.variables.get("shop").unwrap();
        let of = |name: &str| given.get(name).and_then(|var| var.value.one().cloned());
        assert_eq!(of("DJANGO_SETTINGS_MODULE").as_deref(), Some("shop.live"));
        assert_eq!(of("MODE").as_deref(), Some("live"));
    }
}
