//! The parts of an image reference.

use super::tables::mirrors;

/// An image reference taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reference {
    /// The registry, docker.io when none is written.
    pub registry: String,
    /// The repository without the registry; `library/` dropped.
    pub repository: String,
    /// The tag, where one is written.
    pub tag: Option<String>,
    /// The digest, where one is written.
    pub digest: Option<String>,
}

impl Reference {
    /// The repository with its registry, unless that is docker.io.
    pub fn name(&self) -> String {
        if self.registry == "docker.io" {
            self.repository.clone()
        } else {
            format!("{}/{}", self.registry, self.repository)
        }
    }
}

/// Takes a reference apart; mirrors of the Docker library are folded into docker.io.
pub fn parse(text: &str) -> Reference {
    let text = text.trim();
    let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest.to_owned())));
    let (path, tag) = match rest.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag.to_owned()).filter(|tag| !tag.is_empty())),
        _ => (rest, None),
    };
    let folded = mirrors().filter_map(|prefix| path.strip_prefix(prefix)).min_by_key(|rest| rest.len()).unwrap_or(path);
    let (registry, repository) = match folded.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest),
        _ => ("docker.io", folded),
    };
    let repository =
        if registry == "docker.io" { repository.strip_prefix("library/").unwrap_or(repository) } else { repository };
    Reference { registry: registry.to_owned(), repository: repository.to_owned(), tag, digest }
}
