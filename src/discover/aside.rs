//! Folders that stand aside: their files document, test or accompany the application.

use super::classify::{Kind, classify};
use super::{Tree, paths};

/// Folders whose files document or test something else; they are read only through a link.
const ASIDE: [&str; 16] = [
    "examples",
    "example",
    "docs",
    "doc",
    "fixtures",
    "testdata",
    "test-data",
    "vendor",
    "third_party",
    "samples",
    "templates",
    "node_modules",
    "bower_components",
    "third-party",
    "thirdparty",
    "vendored",
];

/// Folders beside the application: what runs in them is offered with it, or stands in for a service of others.
const BESIDE: [&str; 18] = [
    "contrib",
    "integrations",
    "extras",
    "demos",
    "tutorial",
    "tutorials",
    "cookbook",
    "playground",
    "benchmark",
    "benchmarks",
    "snippets",
    "boilerplate",
    "skeleton",
    "scaffold",
    "testfiles",
    "test_data",
    "project_template",
    "project_templates",
];
/// What the names of such folders begin with.
const BESIDE_STARTS: [&str; 3] = ["example", "sample_", "sample-"];
/// What the names of folders begin with whose programs stand in for services of others.
const STAND_IN_STARTS: [&str; 3] = ["mock", "fake", "dummy"];

/// Whether a path lies in a folder of examples, documentation or test data, or is part of a template of projects.
pub fn is_aside(path: &str) -> bool {
    let folder = paths::parent(path).to_ascii_lowercase();
    let parts: Vec<&str> = folder.split('/').map(|part| part.trim_start_matches('.')).collect();
    // What OpenShift is handed are templates, of which nothing is an example.
    let handed = |at: usize| {
        parts.get(at) == Some(&"templates")
            && at.checked_sub(1).and_then(|at| parts.get(at)).is_some_and(|before| before.contains("openshift"))
    };
    parts.iter().enumerate().any(|(at, part)| ASIDE.contains(part) && !handed(at))
        || path.contains("{{")
        || path.contains("{%")
        || classify(path).is_some_and(runs) && is_beside(path)
}

/// Folders in which a project keeps what others made, beside what is its own.
const KEPT: [&str; 8] = ["static", "assets", "lib", "libs", "js", "external", "extern", "vendors"];
/// What tells that a folder is a whole project: what describes a package of scripts for browsers.
const PACKAGES: [&str; 3] = ["package.json", "bower.json", "component.json"];

/// The folders of other projects that were copied in: below one in which such are kept, each with its own description of a
/// package and its own licence.
pub fn vendored(tree: &Tree) -> Vec<&str> {
    let licensed = |path: &&str| {
        let name = paths::name(path).to_ascii_lowercase();
        ["license", "licence", "copying", "mit-license"].iter().any(|start| name.starts_with(start))
    };
    let kept = |folder: &&str| {
        let below = paths::parent(folder).to_ascii_lowercase();
        below.split('/').any(|part| KEPT.contains(&part))
    };
    let packaged = |folder: &&str| {
        let here = |name: &&str| paths::join(folder, name).is_some_and(|path| tree.find(&path).is_some());
        PACKAGES.iter().any(here)
    };
    let found = tree.files().map(|(_, path)| path).filter(licensed).map(paths::parent);
    found.filter(kept).filter(packaged).collect()
}

/// The folder that a page of documentation speaks of: where its folder of documents lies. None for what is no such page, or
/// documents something that stands aside itself.
pub fn documented(path: &str) -> Option<&str> {
    let at = path.split('/').position(is_of_documents)?;
    let before = path.split('/').take(at).map(|part| part.len() + 1).sum::<usize>();
    let above = path.get(..before.saturating_sub(1)).unwrap_or_default();
    (classify(path) == Some(Kind::Guide) && !is_aside(&outside_documents(path))).then_some(above)
}

/// A path without the folders of documents in it.
pub fn outside_documents(path: &str) -> String {
    path.split('/').filter(|part| !is_of_documents(part)).collect::<Vec<_>>().join("/")
}

fn is_of_documents(part: &str) -> bool {
    ["docs", "doc", "documentation"].contains(&part.to_ascii_lowercase().as_str())
}

/// Whether a path lies in a folder beside the application.
fn is_beside(path: &str) -> bool {
    // At the top it holds demonstrations; below a folder for deploying it is where to.
    paths::parent(path).split('/').enumerate().any(|(at, part)| {
        let part = part.to_ascii_lowercase();
        at == 0 && part == "demo"
            || BESIDE.contains(&part.as_str())
            || BESIDE_STARTS.iter().any(|start| part.starts_with(start))
    }) || stands_in(path)
}

/// Whether a path lies in a folder whose program stands in for a service of others.
pub fn stands_in(path: &str) -> bool {
    let folder = paths::parent(path).to_ascii_lowercase();
    folder.split('/').any(|part| STAND_IN_STARTS.iter().any(|start| part.starts_with(start)))
}

/// Whether files of a kind start something by themselves.
fn runs(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Dockerfile | Kind::Compose | Kind::Procfile | Kind::Kubernetes | Kind::TaskDefinition | Kind::Platform
    )
}

#[cfg(test)]
mod tests {
    use super::{documented, is_aside};
    use crate::discover::{Overlay, Tree};

    #[test]
    fn a_page_of_documentation_speaks_of_the_folder_that_its_documents_lie_in() {
        assert_eq!(documented("docs/source/set_dev_env.rst"), Some(""));
        assert_eq!(documented("api/docs/development.md"), Some("api"));
        assert_eq!(documented("documentation/setup/index.md"), Some(""));
        for path in ["docs/models.rst", "README.md", "docs/examples/install.md", "docs/setup.py"] {
            assert_eq!(documented(path), None, "{path}");
        }
    }

    #[test]
    fn projects_of_others_that_were_copied_in_have_a_licence_and_a_package_of_their_own() {
        let files = [
            ("LICENSE", ""),
            ("package.json", "{}"),
            ("shop/static/editor/LICENSE.md", ""),
            ("shop/static/editor/package.json", "{}"),
            ("shop/static/app/package.json", "{}"),
            ("shop/api/LICENSE", ""),
            ("shop/api/package.json", "{}"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        assert_eq!(super::vendored(&tree), ["shop/static/editor"]);
    }

    #[test]
    fn what_runs_in_folders_beside_the_application_is_aside_but_not_code_there() {
        assert!(is_aside("contrib/compose.yml"));
        assert!(is_aside("docker/mockserver/Dockerfile"));
        assert!(!is_aside("shop/contrib/models.py"));
        assert!(is_aside("docs/example/Dockerfile"));
        assert!(is_aside(".examples/compose.yaml"));
        assert!(is_aside("demo/basic/compose.yaml") && !is_aside("deploy/demo/compose.yaml"));
        assert!(!is_aside("app/Dockerfile"));
        assert!(is_aside("app/templates/web.yaml"));
        assert!(!is_aside("openshift/templates/web.yaml"));
    }
}
