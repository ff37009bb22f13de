//! What an ignore file keeps out of the context of a build.

use super::container::glob;
use crate::discover::{Tree, paths};
use crate::model::FileId;

/// The rules of a `.dockerignore`: the last that fits a file or a folder around it decides.
pub struct Ignored<'t> {
    context: String,
    lines: Vec<(bool, Vec<&'t str>)>,
}

impl<'t> Ignored<'t> {
    /// What is ignored in a build: the Dockerfile's own ignore file wins over that of the context.
    pub fn of(tree: &'t Tree, dockerfile: FileId, context: &str) -> Self {
        let own = tree.find(&format!("{}.dockerignore", tree.path(dockerfile)));
        let file = own.or_else(|| tree.find(&paths::join(context, ".dockerignore")?));
        let text = file.and_then(|file| tree.text(file).ok()).unwrap_or_default();
        Self { context: paths::join("", context).unwrap_or_default(), lines: text.lines().filter_map(rule).collect() }
    }

    /// Whether a file of the repository is kept out.
    pub fn holds(&self, path: &str) -> bool {
        let inside = if self.context.is_empty() {
            Some(path)
        } else {
            path.strip_prefix(self.context.as_str()).and_then(|rest| rest.strip_prefix('/'))
        };
        let Some(inside) = inside else { return false };
        let parts: Vec<&str> = inside.split('/').collect();
        self.lines.iter().rev().find(|(_, pattern)| fits(pattern, &parts)).is_some_and(|(ignored, _)| *ignored)
    }
}

/// A line: whether it ignores or brings back, and the parts of its pattern.
fn rule(line: &str) -> Option<(bool, Vec<&str>)> {
    let line = line.trim().trim_start_matches('\u{feff}');
    let (ignored, pattern) = line.strip_prefix('!').map_or((true, line), |pattern| (false, pattern.trim()));
    let parts: Vec<&str> = pattern.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let wide = parts.iter().filter(|part| **part == "**").count();
    (!line.starts_with('#') && !parts.is_empty() && wide <= 4).then_some((ignored, parts))
}

/// Whether a pattern fits a path or a folder around it.
fn fits(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, _) => true,
        (Some((&"**", rest)), Some((_, below))) => fits(rest, path) || fits(pattern, below),
        (Some((first, rest)), Some((name, below))) => glob(first, name) && fits(rest, below),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Overlay;

    #[test]
    fn the_last_line_that_fits_decides_and_patterns_start_at_the_context() {
        let text = "# none\n.env\n**/*.ini\n/build/\nconf\n!conf/kept.env\n";
        let tree = Tree::open(Box::new(Overlay::of([("web/Dockerfile", "FROM a"), ("web/.dockerignore", text)]))).ok();
        let held = |path: &str| {
            let tree = tree.as_ref()?;
            Some(Ignored::of(tree, tree.find("web/Dockerfile")?, "web").holds(path))
        };
        for path in ["web/.env", "web/a/b/x.ini", "web/x.ini", "web/build/a.env", "web/conf/other.env"] {
            assert_eq!(held(path), Some(true), "{path}");
        }
        for path in [".env", "web/app/.env", "web/conf/kept.env", "web/.env.sample"] {
            assert_eq!(held(path), Some(false), "{path}");
        }
    }
}
