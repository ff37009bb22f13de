//! Folders that stand aside: their files document, test or accompany the application.

use super::classify::{Kind, classify};
use super::paths;

/// Folders whose files document or test something else; they are read only through a link.
const ASIDE: [&str; 12] = [
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
