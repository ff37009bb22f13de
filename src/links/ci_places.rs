//! Where the files of a CI lie.

use crate::discover::{Tree, paths};
use crate::formats::pipelines::azure;
use crate::formats::workflow::{Job, Step};
use crate::model::FileId;

/// Whether a CI finds a file where it looks for it, at the top of the tree or of a template of projects.
pub(super) fn is_at_top(path: &str) -> bool {
    let path = path.split_once('/').filter(|(folder, _)| folder.contains("{{")).map_or(path, |(_, rest)| rest);
    let folder = paths::parent(path);
    folder.is_empty()
        || folder.starts_with(".github/")
        || folder.starts_with(".circleci")
        || folder.starts_with(".gitlab")
}

/// Folders in which pipelines of Azure are kept, which is told where they lie.
pub(super) const OF_AZURE: [&str; 6] =
    ["pipelines", "azure-pipelines", ".azure-pipelines", ".azuredevops", ".pipelines", ".azdo"];

/// Whether a CI is told where a file lies, so that it may be anywhere.
pub(super) fn is_placed(path: &str) -> bool {
    let name = paths::name(path).to_ascii_lowercase();
    let told = ["jenkinsfile", "cloudbuild", "buildspec"].iter().any(|start| name.starts_with(start));
    told || OF_AZURE.contains(&path.split('/').next().unwrap_or_default())
}

/// Whether a file that only its folder says is a pipeline is one.
pub(super) fn is_pipeline(tree: &Tree, file: FileId) -> bool {
    let path = tree.path(file);
    let name = paths::name(path).to_ascii_lowercase();
    let by_folder = OF_AZURE.contains(&paths::name(paths::parent(path))) && !name.starts_with("azure-pipelines");
    !by_folder || azure::is_pipeline(tree.text(file).unwrap_or_default())
}

/// Names the folders of a job's steps from the repository's top, where that is checked out into a folder of its own.
pub(super) fn from_checkout(job: &mut Job) {
    let checked_out = |step: &Step| {
        let uses = step.uses.as_ref()?;
        let own = uses.value.starts_with("actions/checkout@") && !step.with.contains_key("repository");
        let path = step.with.get("path").filter(|path| own && !path.value.contains('$'))?;
        Some(path.value.trim_start_matches("./").trim_matches('/').to_owned())
    };
    let Some(folder) = job.steps.iter().find_map(checked_out).filter(|folder| !folder.is_empty() && folder != ".")
    else {
        return;
    };
    let strip = |text: &mut String, top: &str| {
        let rest = text.trim_start_matches("./").strip_prefix(folder.as_str());
        let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')).map(|rest| rest.trim_matches('/'));
        if let Some(rest) = rest {
            *text = if rest.is_empty() { top.to_owned() } else { rest.to_owned() };
        }
    };
    for step in &mut job.steps {
        if let Some(path) = step.run.as_mut().and_then(|run| run.working_directory.as_mut()) {
            strip(&mut path.value, "");
        }
        for name in ["context", "file"] {
            if let Some(path) = step.with.get_mut(name) {
                strip(&mut path.value, ".");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::discover::{Kind, Overlay, Tree};
    use crate::links::{Meaning, Repository};

    #[test]
    fn files_of_projects_that_were_copied_in_run_nothing_here() {
        let files = [
            ("requirements.txt", "flask\n"),
            ("shop/static/editor/Jenkinsfile", "pipeline { stages { stage('a') { steps { sh 'npm test' } } } }\n"),
            ("shop/static/editor/Dockerfile", "FROM node\n"),
            ("shop/static/editor/LICENSE", ""),
            ("shop/static/editor/package.json", "{}"),
        ];
        let of = |files: &[(&'static str, &'static str)]| {
            let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).unwrap();
            let repository = Repository::read(&tree);
            (repository.of(Kind::Workflow).len(), repository.of(Kind::Dockerfile).len())
        };
        assert_eq!(of(&files), (0, 0));
        assert_eq!(of(&files[..3]), (1, 1), "nothing says that they are another's");
    }

    #[test]
    fn what_a_trigger_is_told_of_may_lie_anywhere() {
        let build = "steps: [{name: gcr.io/cloud-builders/docker, args: [build, -t, 'acme/shop:$TAG', .]}]\n";
        let flow = "on: push\njobs: {a: {runs-on: u, steps: [{run: pytest}]}}\n";
        let files = [
            (".github/workflows/a.yml", flow),
            ("ops/release/cloudbuild.yaml", build),
            ("ops/.travis.yml", "script: x"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        assert_eq!(repository.workflows().len(), 2);
        assert!(repository.calls.iter().any(|call| matches!(call.meaning, Meaning::Builds(_))));
    }

    #[test]
    fn a_checkout_into_a_folder_is_the_top_of_the_repository() {
        let call = |checkout: &str, folder: &str| {
            let flow = format!(
                "on: push\njobs: {{a: {{runs-on: u, steps: [{{uses: actions/checkout@v4, with: {{{checkout}}}}}, \
                 {{run: docker compose up, working-directory: {folder}}}]}}}}\n"
            );
            let tree = Tree::open(Box::new(Overlay::of([(".github/workflows/a.yml", flow.as_str())]))).unwrap();
            let repository = Repository::read(&tree);
            let composes = |call: &&crate::links::Call| matches!(call.meaning, Meaning::Composes(_));
            repository.calls.iter().find(composes).map(|call| call.folder.clone())
        };
        assert_eq!(call("path: shop", "shop/ops").as_deref(), Some("ops"));
        assert_eq!(call("path: ./shop", "./shop/").as_deref(), Some(""));
        assert_eq!(call("path: shop", "shops/ops").as_deref(), Some("shops/ops"));
        assert_eq!(call("path: shop, repository: a/b", "shop/ops").as_deref(), Some("shop/ops"));
    }
}
