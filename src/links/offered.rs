//! Files that the documentation offers to those who run the application, where the repository itself runs it with no such file:
//! a compose file that a page tells to fetch, manifests that it tells to apply.

use super::{Caller, Meaning, Repository, compose_files};
use crate::discover::aside::{documented, is_aside, outside_documents};
use crate::discover::classify::classify;
use crate::discover::{Kind, Tree, paths};
use crate::model::FileId;

/// The compose file that a page names first, and the manifests of a folder that one names; `has` says which kinds stand elsewhere.
pub(super) fn files(tree: &Tree, has: impl Fn(Kind) -> bool) -> Vec<(Kind, FileId)> {
    let offered = |kind: Kind| {
        let of_kind = |(_, path): &(FileId, &str)| {
            classify(path) == Some(kind) && is_aside(path) && !is_aside(&outside_documents(path))
        };
        tree.files().filter(of_kind).collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    if !has(Kind::Compose) {
        let pulled = |file: FileId| {
            compose_files::is_compose(tree, file) && tree.text(file).is_ok_and(|text| !text.contains("build:"))
        };
        let candidates: Vec<_> = offered(Kind::Compose).into_iter().filter(|(file, _)| pulled(*file)).collect();
        let first = pages(tree).find_map(|(page, text)| {
            let named = candidates.iter().filter_map(|(file, path)| Some((mentioned(page, text, path)?, *file)));
            named.min().map(|(_, file)| (Kind::Compose, file))
        });
        found.extend(first);
    }
    if !has(Kind::Kubernetes) {
        let named = |path: &str| pages(tree).any(|(page, text)| mentioned(page, text, paths::parent(path)).is_some());
        let manifests = offered(Kind::Kubernetes).into_iter().filter(|(_, path)| named(path));
        found.extend(manifests.map(|(file, _)| (Kind::Kubernetes, file)));
    }
    found
}

/// The Dockerfiles that jobs of the CI build from the top of the repository.
pub(super) fn built_of_the_whole(repository: &Repository<'_>) -> Vec<FileId> {
    let tree = repository.tree;
    let whole = |context: &str| paths::join("", context).is_some_and(|context| context.is_empty());
    let mut found = Vec::new();
    for call in &repository.calls {
        if let (Caller::Job { .. }, Meaning::Builds(build)) = (&call.caller, &call.meaning)
            && paths::join(&call.folder, &build.context).is_some_and(|context| context.is_empty())
        {
            found.extend(build.dockerfile.as_deref().and_then(|path| tree.find(path)));
        }
    }
    for (_, workflow) in repository.workflows() {
        for step in workflow.jobs.iter().flat_map(|job| &job.steps) {
            let with = |name: &str| step.with.get(name).map(|value| value.value.trim());
            let builds = step.uses.as_ref().is_some_and(|uses| uses.value.starts_with("docker/build-push-action"));
            if builds && with("context").is_some_and(whole) {
                found.extend(with("file").and_then(|path| tree.find(&paths::join("", path)?)));
            }
        }
    }
    found.retain(|file| classify(tree.path(*file)) == Some(Kind::Dockerfile));
    found
}

/// The pages of the documentation that tell how one installs the application.
fn pages(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    let pages = tree.files().filter(|(_, path)| documented(path).is_some());
    pages.filter_map(|(file, path)| Some((path, tree.text(file).ok()?)))
}

/// Where a page names a path: from the root, or from its own folder.
fn mentioned(page: &str, text: &str, path: &str) -> Option<usize> {
    let beside = path.strip_prefix(paths::parent(page)).and_then(|rest| rest.strip_prefix('/'));
    let names = beside.map(|rest| format!("./{rest}")).into_iter().chain([path.to_owned()]);
    names.filter(|name| name.contains('/')).filter_map(|name| text.find(&name)).min()
}

#[cfg(test)]
mod tests {
    use crate::discover::{Kind, Overlay, Tree};
    use crate::links::Repository;

    #[test]
    fn an_image_that_a_job_builds_of_the_whole_project_is_its_own_where_it_has_no_other() {
        let flow = "on: push\njobs:\n  image:\n    runs-on: u\n    steps:\n    - uses: docker/build-push-action@v6\n      with: {context: CONTEXT, file: extras/docker/Dockerfile, push: true}\n";
        let of = |context: &str, more: &[(&str, &str)]| {
            let flow = flow.replace("CONTEXT", context);
            let files =
                [("extras/docker/Dockerfile", "FROM python:3.13\n"), (".github/workflows/i.yml", flow.as_str())];
            let tree = Tree::open(Box::new(Overlay::of([&files[..], more].concat()))).unwrap();
            let repository = Repository::read(&tree);
            repository.of(Kind::Dockerfile).iter().map(|file| tree.path(*file).to_owned()).collect::<Vec<_>>()
        };
        let setup = ("pyproject.toml", "[project]\nname = 'shop'\n");
        assert_eq!(of(".", &[setup]), ["extras/docker/Dockerfile"]);
        assert!(of("extras/docker", &[setup]).is_empty());
        assert_eq!(of(".", &[setup, ("Dockerfile", "FROM python:3.13\n")]), ["Dockerfile"]);
    }

    #[test]
    fn what_pages_offer_counts_where_nothing_else_of_its_kind_is_there() {
        let stack = "services: {web: {image: acme/shop, restart: always}}\n";
        let page = "# Docker\nFetch `docs/install/docker/plain/docker-compose.yml`, or\n\n    wget ./docker/proxied/docker-compose.yml\n";
        let of = |more: &[(&str, &str)]| {
            let own = [
                ("docs/install/docker/plain/docker-compose.yml", stack),
                ("docs/install/docker/proxied/docker-compose.yml", stack),
                ("docs/install/docker.md", page),
                ("requirements.txt", "django\n"),
            ];
            let tree = Tree::open(Box::new(Overlay::of(own.iter().chain(more).copied()))).unwrap();
            let repository = Repository::read(&tree);
            let paths = repository.of(Kind::Compose).iter().map(|file| tree.path(*file).to_owned());
            paths.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of(&[]), "docs/install/docker/plain/docker-compose.yml");
        assert_eq!(of(&[("docker-compose.yml", stack)]), "docker-compose.yml");
        assert_eq!(of(&[("docs/install/docker.md", "See elsewhere.\n")]), "");
    }

    #[test]
    fn manifests_of_a_folder_that_a_page_applies_count_together() {
        let of = |page: &str| {
            let own = [
                ("docs/install/k8s/deployment.yaml", "kind: Deployment\n"),
                ("docs/install/k8s/service.yaml", "kind: Service\n"),
                ("docs/install/kubernetes.md", page),
                ("requirements.txt", "django\n"),
            ];
            let tree = Tree::open(Box::new(Overlay::of(own))).unwrap();
            Repository::read(&tree).of(Kind::Kubernetes).len()
        };
        assert_eq!((of("```\nkubectl apply -f ./docs/install/k8s/\n```\n"), of("Use a cluster.\n")), (2, 0));
    }
}
