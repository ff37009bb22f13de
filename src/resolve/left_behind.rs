//! What a build installs on its way and leaves behind: in stages that are only copied from, or removed again.

use std::collections::BTreeMap;

use super::part::{Installs, PackagePart, SystemPart};
use crate::knowledge::images::Image;

/// Packages that a build had, and the image that runs has not.
#[derive(Clone, Default, Debug)]
pub struct Left {
    /// Of the distribution.
    pub system: Vec<SystemPart>,
    /// Of Python, by name.
    pub packages: BTreeMap<String, PackagePart>,
}

/// Notes what another stage of the build has that the one which runs, on its base, has not.
pub(super) fn note(installs: &mut Installs, about: Option<&Image>, there: &Installs) {
    if installs.installs_python {
        let named = |part: &PackagePart| part.maybe.is_none() && part.package.direct;
        let left = there.packages.iter().filter(|(name, part)| named(part) && !installs.packages.contains_key(*name));
        let left: Vec<_> = left.map(|(name, part)| (name.clone(), part.clone())).collect();
        installs.left.packages.extend(left);
    }
    if !installs.copied_libraries && is_bare(about) {
        let left = there.system.iter().filter(|part| part.maybe.is_none());
        installs.left.system.extend(left.cloned());
    }
}

/// Whether a base is known to bring next to nothing by itself.
fn is_bare(about: Option<&Image>) -> bool {
    about.is_some_and(|about| {
        let system = ["debian", "ubuntu", "alpine"].contains(&about.repository.as_str());
        system || about.repository == "python" && about.full == Some(false)
    })
}

/// The packages of the distribution that were left behind, each once, without what is there under the same name after all.
pub fn system(installs: &Installs) -> impl Iterator<Item = &SystemPart> {
    let there = |part: &&SystemPart| !installs.system.iter().any(|other| other.concept == part.concept);
    installs.left.system.iter().filter(there)
}
