//! Paths of the tree: relative, `/`-separated, without `.` and `..`.

/// The folder of a path, `""` for a file at the root.
pub fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

/// The last part of a path.
pub fn name(path: &str) -> &str {
    path.rfind('/').map_or(path, |at| &path[at + 1..])
}

/// `path` as seen from `folder`, normalized; `None` if it is absolute or leaves the root.
pub fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('\0') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// `path` as seen from `base`, both of which may lead out of the root: `..` that nothing takes back stays in front.
pub fn beneath(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// How many folders above the root a path begins.
pub fn climbs(path: &str) -> usize {
    path.split('/').take_while(|part| *part == "..").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_lead_out_of_the_root() {
        assert_eq!(beneath("a/b", "../c"), "a/c");
        assert_eq!(beneath("a", "../../c"), "../c");
        assert_eq!(beneath("..", "../x/./y"), "../../x/y");
        assert_eq!((climbs("../../x"), climbs("x/..")), (2, 0));
    }
}
