//! Pipelines of GitLab, configurations of CircleCI, Travis CI and further CIs.

use super::{problems_hold, text};
use paritylint::discover::{Overlay, Tree};
use paritylint::formats::pipelines::{azure, bitbucket, cloud_build, code_build, drone, jenkins};
use paritylint::formats::workflow::Workflow;
use paritylint::formats::{circleci, gitlab, travis};
use paritylint::model::FileId;

/// What reads a configuration.
type Reader = fn(&Tree, FileId) -> Workflow;

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let text = text(data);
    let read: [(&str, Reader); 6] = [
        ("azure-pipelines.yml", azure::workflow),
        ("bitbucket-pipelines.yml", bitbucket::workflow),
        (".drone.yml", drone::workflow),
        ("cloudbuild.yaml", cloud_build::workflow),
        ("buildspec.yml", code_build::workflow),
        ("Jenkinsfile", jenkins::workflow),
    ];
    let known = [".gitlab-ci.yml", ".circleci/config.yml", ".circleci/parts/jobs.yml", ".travis.yml"];
    let files = known.into_iter().chain(read.map(|(path, _)| path)).map(|path| (path, text.as_str()));
    let Ok(tree) = Tree::open(Box::new(Overlay::of(files))) else { return };
    if let Some(file) = tree.find(".gitlab-ci.yml") {
        problems_hold(&text, &gitlab::workflow(gitlab::read(&tree, file), file).problems);
    }
    if let Some(file) = tree.find(".circleci/config.yml") {
        problems_hold(&text, &circleci::workflow(&tree, file).problems);
    }
    if let Some(file) = tree.find(".travis.yml") {
        problems_hold(&text, &travis::workflow(&tree, file).problems);
    }
    for (path, how) in read {
        tree.find(path).into_iter().for_each(|file| problems_hold(&text, &how(&tree, file).problems));
    }
}
