//! What is taken to be installed where the tree is all there is: what the project asks for in order to run.

use super::machine::Machine;
use crate::discover::paths;
use crate::knowledge::packages::distribution_of_import;

/// How the manifests name a package.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Named {
    /// No manifest does, and there are some.
    Nowhere,
    /// Only those for development do.
    Development,
    /// There are none.
    Unlisted,
    /// One does, or it may come along with another.
    Perhaps,
}

/// Modules that other packages often bring.
const COMMON: [&str; 46] = [
    "yaml",
    "PIL",
    "pip",
    "setuptools",
    "pkg_resources",
    "MySQLdb",
    "django",
    "six",
    "dotenv",
    "requests",
    "ujson",
    "simplejson",
    "jinja2",
    "pydantic",
    "typing_extensions",
    "distutils",
    "redis",
    "cryptography",
    "urllib3",
    "certifi",
    "markupsafe",
    "click",
    "werkzeug",
    "attr",
    "attrs",
    "pytz",
    "tzdata",
    "sqlparse",
    "asgiref",
    "idna",
    "packaging",
    "dateutil",
    "numpy",
    "boto3",
    "botocore",
    "lxml",
    "httpx",
    "anyio",
    "rich",
    "pygments",
    "toml",
    "tomli",
    "importlib_metadata",
    "backports",
    "kombu",
    "google",
];

impl Machine<'_> {
    /// Whether a module outside of the repository is surely not there.
    pub(crate) fn surely_missing(&self, name: &str) -> bool {
        if !self.whole {
            return false;
        }
        let named = self.named(name);
        let top = name.split('.').next().unwrap_or(name);
        if self.surroundings.unknown && self.lies_somewhere(top) {
            return false;
        }
        sounds_local(name) && (named < Named::Perhaps || top.len() < 4) || self.guarded() && named < Named::Unlisted
    }

    /// Whether a module is the project's own by its name, and no manifest asks for it.
    pub(crate) fn is_own_by_name(&self, name: &str) -> bool {
        sounds_local(name) && self.named(name) < Named::Perhaps
    }

    /// Whether a manifest names an older release of a package.
    pub(crate) fn pinned_before(&self, package: &str, than: (u32, u32)) -> bool {
        self.tree.files().filter(|(_, path)| manifest(path)).any(|(file, _)| {
            let text = self.tree.text(file).map(|text| text.to_ascii_lowercase().replace('_', "-")).unwrap_or_default();
            releases(&text, package).any(|release| release < than)
        })
    }

    /// Whether a star import of a module outside of the repository brings no names: the program would not start.
    pub(crate) fn gives_nothing(&self, name: &str) -> bool {
        let top = name.split('.').next().unwrap_or(name);
        self.whole && self.named(name) == Named::Nowhere && !self.lies_somewhere(top)
    }

    /// Whether the tree holds a package or module of a name, wherever imports start.
    fn lies_somewhere(&self, top: &str) -> bool {
        let (package, module) = (format!("{top}/__init__.py"), format!("{top}.py"));
        let ends =
            |path: &str, end: &str| path == end || path.strip_suffix(end).is_some_and(|start| start.ends_with('/'));
        self.tree.files().any(|(_, path)| ends(path, &package) || ends(path, &module))
    }

    fn named(&self, name: &str) -> Named {
        let top = name.split('.').next().unwrap_or(name);
        if COMMON.contains(&top) || top.len() < 4 {
            return Named::Perhaps;
        }
        let mut words = vec![squeezed(top)];
        words.extend(distribution_of_import(top).map(squeezed));
        let (mut any, mut dev, mut lock) = (false, false, false);
        for (file, path) in self.tree.files().filter(|(_, path)| manifest(path)) {
            let last = paths::name(path);
            any |= last.contains("requirements") || matches!(last, "pyproject.toml" | "Pipfile" | "setup.py");
            let Ok(text) = self.tree.text(file) else { continue };
            if !squeezed(text).contains(&words[0]) && !words.iter().any(|word| squeezed(text).contains(word)) {
                continue;
            }
            match mention(path, text, &words) {
                Named::Perhaps if last.ends_with(".lock") || last == "pylock.toml" => lock = true,
                Named::Perhaps => return Named::Perhaps,
                Named::Development => dev = true,
                Named::Nowhere | Named::Unlisted => {}
            }
        }
        match (any, dev, lock) {
            (_, true, _) => Named::Development,
            (true, false, false) => Named::Nowhere,
            (false, false, false) => Named::Unlisted,
            _ => Named::Perhaps,
        }
    }
}

/// The releases that stand behind a package's name, in requirements and in locks.
fn releases<'t>(text: &'t str, package: &'t str) -> impl Iterator<Item = (u32, u32)> + 't {
    text.match_indices(package).filter_map(move |(at, _)| {
        let rest = text.get(at + package.len()..)?;
        let rest = rest.strip_prefix('"').unwrap_or(rest).trim_start();
        let rest = rest.strip_prefix("version").unwrap_or(rest).trim_start_matches([' ', '=', '~', '^', '"', ':', '{']);
        let mut parts = rest.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
        Some((parts.next()?.ok()?, parts.next().and_then(Result::ok).unwrap_or(0)))
    })
}

/// A text without what names are spelled with or without.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '-' | '_' | '.')).map(|c| c.to_ascii_lowercase()).collect()
}

fn manifest(path: &str) -> bool {
    let last = paths::name(path);
    let ends = [".txt", ".toml", ".lock", ".cfg", ".in", ".yml", ".yaml", ".json", ".pip"];
    ends.iter().any(|end| last.ends_with(end)) || matches!(last, "Pipfile" | "setup.py") || last.contains("Dockerfile")
}

/// How one manifest names a package: lines of requirement files for development and of such tables do not count.
fn mention(path: &str, text: &str, words: &[String]) -> Named {
    const DEVELOPMENT: [&str; 12] =
        ["dev", "devel", "develop", "development", "test", "tests", "testing", "local", "lint", "docs", "debug", "ci"];
    let words_of = |text: &str| -> Vec<String> {
        text.to_ascii_lowercase().split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_owned).collect()
    };
    let last = paths::name(path);
    let requirements = path.contains("requirements") && [".txt", ".in", ".pip"].iter().any(|end| last.ends_with(end));
    let for_development = requirements && words_of(path).iter().any(|word| DEVELOPMENT.contains(&word.as_str()));
    let mut table = String::new();
    let mut out = Named::Nowhere;
    for line in text.lines().map(str::trim) {
        if line.starts_with('#') {
            continue;
        }
        if line.starts_with('[') && line.ends_with(']') && matches!(last, "pyproject.toml" | "Pipfile") {
            line.clone_into(&mut table);
        }
        if !words.iter().any(|word| squeezed(line).contains(word)) {
            continue;
        }
        let groups =
            ["[dependency-groups", "[tool.poetry.group.", "[tool.poetry.dev-", "[tool.pdm.dev-", "[dev-packages"];
        let group = groups.iter().any(|start| table.starts_with(start))
            || table == "[project.optional-dependencies]"
            || table == "[tool.uv]";
        let ships = words_of(&table).iter().any(|word| matches!(word.as_str(), "prod" | "production" | "deploy"));
        let settings = table.starts_with("[tool.") && !table.starts_with("[tool.poetry.dependencies");
        out = out.max(match () {
            () if for_development || group && !ships => Named::Development,
            () if settings => Named::Nowhere,
            () => Named::Perhaps,
        });
    }
    out
}

/// Whether a module that the repository does not hold is the project's own by its name (`local_settings`).
fn sounds_local(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let words = ["local", "settings", "secrets", "private", "override", "overrides", "custom", "dev", "production"];
    last.split('_').any(|word| words.contains(&word)) && !STANDARD_NAMES.contains(&last)
}

/// Modules of Python itself and of libraries that are called so.
const STANDARD_NAMES: [&str; 4] = ["secrets", "pydantic_settings", "split_settings", "environ_settings"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_read_from_requirements_and_locks() {
        let of = |text: &str| releases(text, "dj-database-url").collect::<Vec<_>>();
        assert_eq!(of("dj-database-url==2.1.0\n"), [(2, 1)]);
        assert_eq!(of("[[package]]\nname = \"dj-database-url\"\nversion = \"3.0.1\"\n"), [(3, 0)]);
        assert_eq!(of("dj-database-url>=1\ndj-database-url\n"), []);
    }

    #[test]
    fn what_only_development_asks_for_is_told_from_what_the_program_needs() {
        let of = |path: &str, text: &str| mention(path, text, &[squeezed("debug_toolbar")]);
        assert_eq!(of("requirements/dev.txt", "django-debug-toolbar==4\n"), Named::Development);
        assert_eq!(of("requirements.txt", "django-debug-toolbar==4\n"), Named::Perhaps);
        assert_eq!(of("requirements.txt", "# django-debug-toolbar\n"), Named::Nowhere);
        let toml = "[project]\ndependencies = [\"django\"]\n[dependency-groups]\ndev = [\"django-debug-toolbar\"]\n";
        assert_eq!(of("pyproject.toml", toml), Named::Development);
        assert_eq!(of("pyproject.toml", &toml.replace("[dependency-groups]\ndev", "x")), Named::Perhaps);
        assert_eq!(of("Pipfile", "[packages]\ndjango-debug-toolbar = \"*\"\n"), Named::Perhaps);
    }
}
