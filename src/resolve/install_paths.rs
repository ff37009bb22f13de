//! The paths in the words of an installer: those of the container become those of the repository.

use super::installs::Place;
use crate::discover::paths;
use crate::links::container::absolute;

/// An installer's words with the paths of the container turned into paths of the repository.
pub(super) fn outside_paths(command: &[String], cwd: &str, place: &Place<'_, '_>) -> Vec<String> {
    let to_repository = |word: &str| -> Option<String> {
        let (path, extras) = word.find('[').map_or((word, ""), |at| word.split_at(at));
        if path.contains("://") || path.contains('$') || path.starts_with('-') {
            return None;
        }
        let found = place
            .container
            .outside(&absolute(cwd, path))
            .or_else(|| {
                let path = paths::join(&place.context, path.trim_start_matches('/'))?;
                place.tree.find(&path).map(|_| path)
            })
            // A folder into which only the project's description was mounted or copied.
            .or_else(|| own_folder(&absolute(cwd, path), place))?;
        // The repository's own root.
        Some(format!("{}{extras}", if found.is_empty() { "." } else { &found }))
    };
    let editable = |word: &str| {
        let (path, extras) = word.find('[').map_or((word, ""), |at| word.split_at(at));
        let plain = !path.contains("://") && !path.contains('$');
        let folder = plain.then(|| own_folder(&absolute(cwd, path), place)).flatten()?;
        Some(if folder.is_empty() { format!(".{extras}") } else { format!("./{folder}{extras}") })
    };
    // The folder of a project is said as seen from where the installer is taken to start.
    let start = place.folder(cwd);
    let from_start = |path: String| if path == "." { seen_from(&start, "") } else { seen_from(&start, &path) };
    let is_start = |flag: &str| match flag.trim_end_matches('=') {
        "--project" | "--directory" => true,
        "-C" | "-P" | "-p" => matches!(command[0].as_str(), "poetry" | "pdm"),
        _ => false,
    };
    let mut out: Vec<String> = Vec::new();
    let mut takes_path = false;
    for word in command {
        let inline =
            ["--requirement=", "--constraint=", "-r", "-c", "--project=", "--directory="].iter().find_map(|flag| {
                word.strip_prefix(flag)
                    .filter(|rest| !rest.is_empty() && word.len() > flag.len())
                    .map(|rest| (flag, rest))
            });
        if takes_path || word.ends_with(".txt") && !word.starts_with('-') {
            let is_folder = takes_path && out.last().is_some_and(|flag| flag == "-e" || flag == "--editable");
            let starts = takes_path && out.last().is_some_and(|flag| is_start(flag));
            let found = if is_folder { editable(word) } else { to_repository(word) };
            let found = if starts { found.map(from_start) } else { found };
            out.push(found.unwrap_or_else(|| word.clone()));
            takes_path = false;
        } else if let Some((flag, rest)) = inline.filter(|(_, rest)| rest.contains(['.', '/'])) {
            let found = to_repository(rest);
            let found = if is_start(flag) { found.map(from_start) } else { found };
            out.push(format!("{flag}{}", found.unwrap_or_else(|| rest.to_owned())));
        } else {
            let conda = matches!(command[0].as_str(), "conda" | "mamba" | "micromamba");
            takes_path = ["-r", "-c", "-e", "--editable"].contains(&word.as_str())
                || is_start(word)
                || ["--requirement", "--requirements", "--constraint", "--constraints"].contains(&word.as_str())
                    && !conda
                || conda && matches!(word.as_str(), "-f" | "--file");
            out.push(word.clone());
        }
    }
    out
}

/// A folder of the repository as seen from another.
fn seen_from(start: &str, folder: &str) -> String {
    let parts = |path: &str| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (start, folder) = (parts(start), parts(folder));
    let same = start.iter().zip(&folder).take_while(|(a, b)| a == b).count();
    let up = start.iter().skip(same).map(|_| "..".to_owned());
    let path: Vec<String> = up.chain(folder.into_iter().skip(same)).collect();
    if path.is_empty() { ".".into() } else { path.join("/") }
}

/// `pip install .` and `-e .` name the folder of the repository.
pub(super) fn local_installs(argv: &[String], cwd: &str, place: &Place<'_, '_>) -> Vec<String> {
    let replace = |word: &String| {
        let (path, extras) = word.find('[').map_or((word.as_str(), ""), |at| word.split_at(at));
        if (path == "." || path.starts_with("./") || path.starts_with('/') && !path.contains('*'))
            && let Some(outside) = own_folder(&absolute(cwd, path), place)
        {
            let shown = if outside.is_empty() { ".".to_owned() } else { format!("./{outside}") };
            return format!("{shown}{extras}");
        }
        word.clone()
    };
    argv.iter().map(replace).collect()
}

/// The repository's folder of what stands at a path of the container: where the description of the project there comes from,
/// which may have been copied by itself.
fn own_folder(path: &str, place: &Place<'_, '_>) -> Option<String> {
    let at = |name: &&str| {
        let path = place.tree.path(place.container.find(&absolute(path, name))?);
        (paths::name(path) == *name).then(|| paths::parent(path).to_owned())
    };
    let described = ["pyproject.toml", "setup.py", "setup.cfg"].iter().find_map(at);
    described.or_else(|| place.container.outside(path))
}

/// The lock beside a project of uv whose workspace the container does not see: there the project stands alone.
pub(super) fn own_lock(place: &Place<'_, '_>, folder: &str, argv: &[String]) -> Option<&'static str> {
    const LOCK: &str = "uv.lock";
    argv.first().filter(|word| *word == "uv")?;
    place.tree.find(&paths::join(folder, LOCK)?)?;
    let above = std::iter::successors(Some(paths::parent(folder)), |folder| {
        (!folder.is_empty()).then(|| paths::parent(folder))
    });
    let mut manifests = above.filter_map(|folder| place.tree.find(&paths::join(folder, "pyproject.toml")?));
    let unseen = manifests.next().is_some_and(|file| place.container.inside(file).is_none());
    (unseen && !folder.is_empty()).then_some(LOCK)
}
