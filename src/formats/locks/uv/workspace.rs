//! Where uv finds the project and the root of its workspace.

use super::super::data::Node;
use super::super::manifest::Manifest;
use super::super::plan::Plan;
use crate::discover::paths;
use crate::model::Reason;

/// The folders of the project and of its workspace's root.
pub(super) struct Found {
    pub(super) project: String,
    pub(super) top: String,
}

/// The nearest project, and the workspace that holds it: that of the next `pyproject.toml` above, if it takes it in.
pub(super) fn discover(plan: &mut Plan<'_>, start: &str) -> Result<Found, Reason> {
    let file = plan.upwards_from(start, "pyproject.toml").ok_or_else(|| Reason::new("there is no pyproject.toml"))?;
    let project = paths::parent(plan.tree.path(file)).to_owned();
    let alone = Found { project: project.clone(), top: project.clone() };
    let Some(manifest) = plan.manifest(&project) else { return Ok(alone) };
    if manifest.node.path(&["tool", "uv", "managed"]).and_then(Node::bool) == Some(false) {
        return Err(Reason::new("the project is not managed by uv"));
    }
    let is_root = manifest.node.path(&["tool", "uv", "workspace"]).is_some();
    if is_root || manifest.node.get("project").is_none() || project.is_empty() {
        return Ok(alone);
    }
    let above = plan.upwards_from(paths::parent(&project), "pyproject.toml");
    let Some(top) = above.map(|file| paths::parent(plan.tree.path(file)).to_owned()) else { return Ok(alone) };
    let sources = plan.out.sources.len();
    let upper = plan.manifest(&top);
    let below = project.strip_prefix(top.as_str()).map_or("", |rest| rest.trim_start_matches('/'));
    if upper.is_some_and(|upper| holds(&upper, below)) {
        return Ok(Found { project, top });
    }
    plan.out.sources.truncate(sources);
    Ok(alone)
}

/// Whether a workspace takes in the project in a folder below it.
pub(in crate::formats::locks) fn holds(root: &Manifest, below: &str) -> bool {
    let workspace = root.node.path(&["tool", "uv", "workspace"]);
    let within = |key: &str| {
        let list = workspace.and_then(|workspace| workspace.get(key));
        list.into_iter().flat_map(Node::texts).any(|pattern| matches(pattern.trim_matches('/'), below, &mut 0))
    };
    within("members") && !within("exclude")
}

/// Whether a path matches a pattern of `*`, `**`, `?` and `[…]`; as uv reads them, `*` crosses folders.
fn matches(pattern: &str, path: &str, steps: &mut usize) -> bool {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let Some(first) = pattern.chars().next() else { return path.is_empty() };
    *steps += 1;
    if *steps > 10_000 {
        return false;
    }
    let rest = &pattern[first.len_utf8()..];
    let next = path.chars().next();
    let tail = |c: char| &path[c.len_utf8()..];
    match first {
        '*' => {
            let rest = rest.trim_start_matches('*');
            path.char_indices().map(|(at, _)| at).chain([path.len()]).any(|at| matches(rest, &path[at..], steps))
        }
        '?' => next.is_some_and(|c| matches(rest, tail(c), steps)),
        '[' if rest.contains(']') => {
            let end = rest.find(']').unwrap_or(0);
            let (set, no) = match rest[..end].strip_prefix('!') {
                Some(set) => (set, true),
                None => (&rest[..end], false),
            };
            next.is_some_and(|c| within(set, c) != no && matches(&rest[end + 1..], tail(c), steps))
        }
        _ => next == Some(first) && matches(rest, tail(first), steps),
    }
}

/// Whether a set such as `a-z_` holds a character.
fn within(set: &str, c: char) -> bool {
    let chars: Vec<char> = set.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        if chars.get(at + 1) == Some(&'-') && at + 2 < chars.len() {
            if (chars[at]..=chars[at + 2]).contains(&c) {
                return true;
            }
            at += 3;
        } else if chars[at] == c {
            return true;
        } else {
            at += 1;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_of_members_match_folders() {
        for (pattern, path) in
            [("packages/*", "packages/a"), ("packages/*", "packages/a/b"), ("./x", "x"), ("[a-c]?", "bx")]
        {
            assert!(matches(pattern, path, &mut 0), "{pattern} {path}");
        }
        for (pattern, path) in [("packages/*", "other"), ("[!a]", "a"), ("x", "x/y")] {
            assert!(!matches(pattern, path, &mut 0), "{pattern} {path}");
        }
    }
}
