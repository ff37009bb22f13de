//! Where files come from. The only code that touches the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::git::TrackedButIgnored;

/// Files larger than this are not read.
pub const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is larger than [`MAX_FILE_BYTES`]: the project's choice, not a fault.
    #[error("larger than 8 MiB, not read")]
    TooLarge,
    /// The file is not text (it holds NUL bytes).
    #[error("not a text file")]
    Binary,
    /// The operating system or git refused.
    #[error("{0}")]
    Io(String),
}

/// A tree of files: a directory, a git revision, or one of them with an editor's unsaved text over it.
pub trait Source: Send + Sync {
    /// All paths, relative to the root, `/`-separated, in any order. Files that git ignores are not among them; one that is
    /// tracked is not ignored, whatever an ignore file says.
    fn list(&self) -> io::Result<Vec<String>>;
    /// The bytes of a file.
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError>;
    /// Whether a path exists but is left out of `list`, because git ignores it.
    fn is_ignored(&self, path: &str) -> bool;
}

/// A directory on disk.
pub struct Disk {
    root: PathBuf,
    include_ignored: bool,
}

impl Disk {
    /// A directory, without what git ignores there.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), include_ignored: false }
    }

    /// A directory, what git ignores included.
    pub fn with_ignored(root: &Path) -> Self {
        Self { root: root.to_path_buf(), include_ignored: true }
    }
}

/// Folders that hold other people's files.
const PRUNED: [&str; 8] =
    [".git", "node_modules", ".venv", "venv", "site-packages", ".tox", "__pycache__", ".mypy_cache"];

impl Source for Disk {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut paths = Vec::new();
        let tracked = (!self.include_ignored).then(|| TrackedButIgnored::start(&self.root));
        let mut walk = ignore::WalkBuilder::new(&self.root);
        walk.hidden(false).ignore(false).follow_links(false).require_git(false);
        let git = !self.include_ignored;
        walk.git_ignore(git).git_exclude(git).git_global(false).parents(git);
        walk.filter_entry(|entry| {
            let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            !(folder && entry.file_name().to_str().is_some_and(|name| PRUNED.contains(&name)))
        });
        for entry in walk.build() {
            let Ok(entry) = entry else { continue };
            let Some(kind) = entry.file_type() else { continue };
            let inside = || kind.is_symlink() && self.inside(entry.path());
            if !(kind.is_file() || inside()) {
                continue;
            }
            if let Some(path) = entry.path().strip_prefix(&self.root).ok().and_then(Path::to_str) {
                paths.push(path.replace('\\', "/"));
            }
        }
        let known: BTreeSet<&String> = paths.iter().collect();
        let pruned = |path: &str| path.split('/').any(|name| PRUNED.contains(&name));
        let tracked = tracked.map(TrackedButIgnored::finish).unwrap_or_default().into_iter();
        let more: Vec<String> = tracked
            .filter(|path| !known.contains(path) && !pruned(path) && self.inside(&self.root.join(path)))
            .collect();
        paths.extend(more);
        Ok(paths)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads files")]
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let full = self.root.join(path);
        if !self.inside(&full) {
            let why = if full.exists() { "outside the repository" } else { "no such file" };
            return Err(ReadError::Io(why.into()));
        }
        let metadata = std::fs::metadata(&full).map_err(|e| ReadError::Io(e.to_string()))?;
        if metadata.len() > MAX_FILE_BYTES {
            return Err(ReadError::TooLarge);
        }
        std::fs::read(&full).map_err(|e| ReadError::Io(e.to_string()))
    }

    fn is_ignored(&self, path: &str) -> bool {
        self.root.join(path).is_file()
    }
}

/// Reads a file that an argument names, wherever it lies.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads files")]
pub fn read_text(path: &Path) -> io::Result<String> {
    std::fs::read_to_string(path)
}

/// The names in a folder, sorted: of its folders, or of its files.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads files")]
pub fn names(path: &Path, of_folders: bool) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let folders = entries.flatten().filter(|entry| entry.path().is_dir() == of_folders);
    let mut names: Vec<String> = folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// Writes a report or a baseline that an argument asks for.
pub fn write_text(path: &Path, text: &str) -> io::Result<()> {
    std::fs::write(path, text)
}

/// Writes a file of a root whose edit was asked for.
pub fn write(root: &Path, path: &str, text: &str) -> io::Result<()> {
    let disk = Disk::new(root);
    let full = root.join(path);
    if !disk.inside(&full) {
        return Err(io::Error::other("outside the repository"));
    }
    std::fs::write(full, text)
}

impl Disk {
    /// Whether a path, its links followed, is a file inside the root.
    fn inside(&self, path: &Path) -> bool {
        let (Ok(root), Ok(real)) = (self.root.canonicalize(), path.canonicalize()) else { return false };
        real.starts_with(root) && real.is_file()
    }
}

/// Files in memory: an editor's overlay on another source, or a whole tree for tests.
#[derive(Default)]
pub struct Overlay {
    files: BTreeMap<String, Vec<u8>>,
    under: Option<Box<dyn Source>>,
}

impl Overlay {
    /// Nothing but the given files.
    pub fn of<P: Into<String>, T: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        Self { files: files.into_iter().map(|(path, text)| (path.into(), text.into())).collect(), under: None }
    }

    /// The same, over another source.
    #[must_use]
    pub fn over(mut self, under: Box<dyn Source>) -> Self {
        self.under = Some(under);
        self
    }
}

impl Source for Overlay {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut paths: Vec<String> = self.files.keys().cloned().collect();
        if let Some(under) = &self.under {
            paths.extend(under.list()?.into_iter().filter(|path| !self.files.contains_key(path)));
        }
        Ok(paths)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        match (self.files.get(path), &self.under) {
            (Some(bytes), _) if bytes.len() as u64 > MAX_FILE_BYTES => Err(ReadError::TooLarge),
            (Some(bytes), _) => Ok(bytes.clone()),
            (None, Some(under)) => under.read(path),
            (None, None) => Err(ReadError::Io("no such file".into())),
        }
    }

    fn is_ignored(&self, path: &str) -> bool {
        self.under.as_ref().is_some_and(|under| under.is_ignored(path))
    }
}
