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
const BESIDE_STARTS: [&str; 6] = ["example", "sample_", "sample-", "mock", "fake", "dummy"];

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

/// Whether a path lies in a folder beside the application.
fn is_beside(path: &str) -> bool {
    // At the top it holds demonstrations; below a folder for deploying it is where to.
    paths::parent(path).split('/').enumerate().any(|(at, part)| {
        let part = part.to_ascii_lowercase();
        at == 0 && part == "demo"
            || BESIDE.contains(&part.as_str())
            || BESIDE_STARTS.iter().any(|start| part.starts_with(start))
    })
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
    use super::is_aside;

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
