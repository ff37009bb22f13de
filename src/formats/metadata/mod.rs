//! What a project says of itself without being built, besides its `pyproject.toml`: `setup.cfg`, and `setup.py` as far as
//! literals go. What only a build tells stays unknown.

mod setup_cfg;

use std::collections::BTreeMap;

use crate::discover::{Tree, paths};
use crate::formats::locks::data::Node;
use crate::formats::locks::manifest::Dependency;
use crate::formats::python::setup;
use crate::formats::requirements::spec;
use crate::model::{Reason, SpanMap, Spanned};

/// A project's own metadata.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    /// The name as written.
    pub name: Option<Spanned<String>>,
    /// The versions of Python it takes.
    pub requires_python: Option<Spanned<String>>,
    /// What it always needs; none where nothing is said of it.
    pub dependencies: Option<Known>,
    /// What its extras need; none where nothing is said of them.
    pub extras: Option<Result<BTreeMap<String, Known>, Reason>>,
}

/// A list of requirements, or why it is not known.
pub type Known = Result<Vec<Dependency>, Reason>;

/// The metadata of the project in a folder. As setuptools reads them: what `setup.py` passes to `setup()` goes before what
/// `setup.cfg` says.
pub fn of(tree: &Tree, folder: &str) -> Option<Metadata> {
    let find = |name: &str| tree.find(&paths::join(folder, name)?);
    let code = find("setup.py").map(|file| setup::metadata(tree, file));
    let declared = find("setup.cfg").and_then(|file| setup_cfg::metadata(tree, file, folder));
    match (code, declared) {
        (None, None) => None,
        (code, declared) => {
            let (code, declared) = (code.unwrap_or_default(), declared.unwrap_or_default());
            Some(Metadata {
                name: code.name.or(declared.name),
                requires_python: code.requires_python.or(declared.requires_python),
                dependencies: code.dependencies.or(declared.dependencies),
                extras: code.extras.or(declared.extras),
            })
        }
    }
}

/// What `[tool.setuptools.dynamic]` of a manifest says where it is read from: `{ file = ["requirements.txt"] }`. None where it
/// says nothing of it.
pub(crate) fn dynamic(tree: &Tree, folder: &str, manifest: &Node, key: &[&str]) -> Option<Known> {
    let path = [&["tool", "setuptools", "dynamic"], key, &["file"]].concat();
    let files = manifest.path(&path)?;
    let one = files.text().into_iter().map(|name| (name, files.span));
    let several = files.items().iter().filter_map(|item| Some((item.text()?, item.span)));
    let mut all = Vec::new();
    for (name, span) in one.chain(several) {
        match setup_cfg::of_file(tree, folder, name, span) {
            Ok(found) => all.extend(found),
            Err(why) => return Some(Err(why)),
        }
    }
    Some(Ok(all))
}

/// A requirement whose text stands as it is in a file.
pub(crate) fn dependency(text: Spanned<String>) -> Dependency {
    let length = (text.span.end - text.span.start) as usize;
    let map = if length == text.value.len() {
        SpanMap::Linear { file: text.span.file, base: text.span.start }
    } else {
        SpanMap::Whole(text.span)
    };
    Dependency {
        requirement: spec::parse(&text.value, &map),
        text,
        optional: false,
        python: None,
        platform: None,
        exact: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Overlay;

    fn of_files(files: &[(&str, &str)]) -> Metadata {
        let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).unwrap();
        of(&tree, "").unwrap()
    }

    fn texts(known: Option<&Known>) -> Vec<String> {
        known.unwrap().as_ref().unwrap().iter().map(|found| found.text.value.clone()).collect()
    }

    const CFG: &str = "[metadata]\nname = shop\n[options]\npython_requires = >=3.9\ninstall_requires =\n    django>=4\n    \
                       requests; python_version < '3.12'\n[options.extras_require]\ntest = pytest; coverage\n";

    #[test]
    fn a_setup_cfg_lists_lines_or_semicolons() {
        let metadata = of_files(&[("setup.cfg", CFG)]);
        assert_eq!(texts(metadata.dependencies.as_ref()), ["django>=4", "requests; python_version < '3.12'"]);
        let extras = metadata.extras.unwrap().unwrap();
        assert_eq!(texts(Some(&extras["test"])), ["pytest", "coverage"]);
        assert_eq!(metadata.requires_python.unwrap().value, ">=3.9");
    }

    #[test]
    fn a_file_directive_is_followed_and_a_missing_file_is_not_known() {
        let cfg = "[options]\ninstall_requires = file: req.txt\n";
        let metadata = of_files(&[("setup.cfg", cfg), ("req.txt", "# base\ndjango==5.0\n\nredis\n")]);
        assert_eq!(texts(metadata.dependencies.as_ref()), ["django==5.0", "redis"]);
        assert!(of_files(&[("setup.cfg", cfg)]).dependencies.unwrap().is_err());
    }

    #[test]
    fn literals_of_a_setup_py_are_read_and_the_rest_is_not_known() {
        let code = "from setuptools import setup\nBASE = ['django>=4']\nsetup(name='shop', install_requires=BASE + ['redis'],\n\
                    \x20   extras_require={'test': ['pytest'], 'all': read()}, python_requires='>=3.9')\n";
        let metadata = of_files(&[("setup.py", code), ("setup.cfg", CFG)]);
        assert_eq!(texts(metadata.dependencies.as_ref()), ["django>=4", "redis"]);
        let extras = metadata.extras.unwrap().unwrap();
        assert!(extras["test"].is_ok() && extras["all"].is_err());
        let read = "from setuptools import setup\nsetup(install_requires=open('r.txt').read().splitlines())\n";
        assert!(of_files(&[("setup.py", read)]).dependencies.unwrap().is_err());
    }

    #[test]
    fn a_name_that_is_assigned_twice_or_changed_is_not_known() {
        let itself = "from setuptools import setup\nA = A + ['x']\nsetup(install_requires=A)\n";
        assert!(of_files(&[("setup.py", itself)]).dependencies.unwrap().is_err());
        for change in ["A = ['y']\n", "A.append('y')\n", "A += ['y']\n", "if x:\n    A = []\n"] {
            let code = format!("from setuptools import setup\nA = ['x']\n{change}setup(install_requires=A)\n");
            assert!(of_files(&[("setup.py", &code)]).dependencies.unwrap().is_err(), "{change}");
        }
    }

    #[test]
    fn keywords_that_are_unpacked_leave_all_unknown() {
        let metadata = of_files(&[("setup.py", "import setuptools\nsetuptools.setup(**ARGS)\n")]);
        assert!(metadata.dependencies.unwrap().is_err() && metadata.extras.unwrap().is_err());
    }
}
