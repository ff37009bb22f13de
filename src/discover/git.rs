//! Git, by running `git` without hooks, pager, network or the user's configuration.

use std::collections::BTreeMap;
use std::io;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::source::{MAX_FILE_BYTES, ReadError, Source};
use super::tree::Stand;

/// Runs git in a folder and gives what it prints.
fn git(root: &Path, arguments: &[&str]) -> io::Result<Vec<u8>> {
    let out = command(root).args(arguments).stdin(Stdio::null()).output()?;
    if out.status.success() {
        Ok(out.stdout)
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&out.stderr).trim().to_owned()))
    }
}

fn command(root: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(root);
    command.args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never"]);
    command.args(["-c", "safe.directory=*", "--no-pager"]);
    for (name, value) in [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_NO_LAZY_FETCH", "1"),
    ] {
        command.env(name, value);
    }
    command.stderr(Stdio::piped());
    command
}

/// The work tree that holds a path.
pub fn work_tree(path: &Path) -> Option<PathBuf> {
    let mut at = path.canonicalize().ok()?;
    loop {
        if at.join(".git").exists() {
            return Some(at);
        }
        at = at.parent()?.to_path_buf();
    }
}

/// Where a folder stands in its work tree, and below the folder in which the program was started.
pub fn stand(root: &Path) -> Stand {
    let Ok(real) = root.canonicalize() else { return Stand::default() };
    let below = |outer: Option<PathBuf>| {
        let inner = outer.and_then(|outer| real.strip_prefix(outer).ok()?.to_str().map(|path| path.replace('\\', "/")));
        inner.unwrap_or_default()
    };
    Stand { in_repository: below(work_tree(root)), from_here: below(Path::new(".").canonicalize().ok()) }
}

/// Whether the repository holds only the newest part of its history.
pub fn is_shallow(root: &Path) -> bool {
    git(root, &["rev-parse", "--is-shallow-repository"]).is_ok_and(|out| out.trim_ascii() == b"true")
}

/// A run of git that lists the files which are tracked although an ignore file names them.
pub struct TrackedButIgnored(Option<Child>);

impl TrackedButIgnored {
    /// Starts the run, so that it goes on beside the walk over the folders.
    pub fn start(root: &Path) -> Self {
        let list = ["ls-files", "-z", "--cached", "--ignored", "--exclude-standard"];
        let child = || command(root).args(list).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().ok();
        Self(work_tree(root).and_then(|_| child()))
    }

    /// The files, relative to the root; none where there is no git, or no work tree of git.
    pub fn finish(self) -> Vec<String> {
        let Some(out) = self.0.and_then(|child| child.wait_with_output().ok()) else { return Vec::new() };
        let names = out.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        names.filter_map(|name| String::from_utf8(name.to_vec()).ok()).collect()
    }
}

/// The command that brings a revision into a shallow clone.
pub fn fetches(root: &Path, revision: &str) -> String {
    let remotes = git(root, &["remote"]).unwrap_or_default();
    let remotes = String::from_utf8_lossy(&remotes).into_owned();
    let remote = revision.split_once('/').filter(|(remote, _)| remotes.lines().any(|known| known == *remote));
    let hex = revision.len() == 40 && revision.chars().all(|c| c.is_ascii_hexdigit());
    let release = revision.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    // Only a count of commits from a known one, or the whole history, reaches what is named by its descendants.
    if revision.contains(['~', '^', '@', ':']) {
        return match revision.strip_prefix("HEAD~").and_then(|count| count.parse::<u32>().ok()) {
            Some(count) => format!("git fetch --deepen={count}"),
            None => "git fetch --unshallow".to_owned(),
        };
    }
    match remote {
        Some((remote, branch)) => {
            format!("git fetch --depth=1 {remote} +refs/heads/{branch}:refs/remotes/{remote}/{branch}")
        }
        None if hex => format!("git fetch --depth=1 origin {revision}"),
        None if release => format!("git fetch --depth=1 origin tag {revision}"),
        None => format!("git fetch --depth=1 origin {revision}:{revision}"),
    }
}

/// The files of a revision.
pub struct Revision {
    files: BTreeMap<String, Vec<u8>>,
    large: BTreeMap<String, u64>,
}

impl Revision {
    /// Reads a revision of the repository at `root`, below `root`.
    pub fn open(root: &Path, revision: &str) -> io::Result<Self> {
        if revision.starts_with('-') {
            return Err(io::Error::other(format!("not a revision: {revision}")));
        }
        let listing = git(root, &["ls-tree", "-r", "-z", "-l", revision])?;
        let mut wanted = Vec::new();
        let mut large = BTreeMap::new();
        for row in listing.split(|byte| *byte == 0).filter(|row| !row.is_empty()) {
            let row = String::from_utf8_lossy(row);
            let Some((about, path)) = row.split_once('\t') else { continue };
            let about: Vec<&str> = about.split_whitespace().collect();
            let [mode, "blob", object, size] = about[..] else { continue };
            let size: u64 = size.parse().unwrap_or(u64::MAX);
            if mode == "120000" {
                continue;
            }
            if size > MAX_FILE_BYTES {
                large.insert(path.to_owned(), size);
            } else {
                wanted.push((path.to_owned(), object.to_owned()));
            }
        }
        Ok(Self { files: blobs(root, &wanted)?, large })
    }
}

/// Reads blobs in one run of `git cat-file --batch`.
fn blobs(root: &Path, wanted: &[(String, String)]) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut child = command(root).args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let ask = wanted.iter().fold(String::new(), |ask, (_, object)| ask + object + "\n");
    let mut stdin = child.stdin.take().ok_or_else(|| io::Error::other("git takes no input"))?;
    let writer = std::thread::spawn(move || stdin.write_all(ask.as_bytes()));
    let out = child.wait_with_output()?.stdout;
    writer.join().map_err(|_| io::Error::other("git stopped reading"))??;
    let mut files = BTreeMap::new();
    let mut at = 0;
    for (path, _) in wanted {
        let Some(end) = out[at..].iter().position(|byte| *byte == b'\n').map(|n| at + n) else { break };
        let head = String::from_utf8_lossy(&out[at..end]).into_owned();
        at = end + 1;
        let Some(size) = head.split(' ').nth(2).and_then(|size| size.parse::<usize>().ok()) else { continue };
        let Some(bytes) = out.get(at..at + size) else { break };
        files.insert(path.clone(), bytes.to_vec());
        at += size + 1;
    }
    Ok(files)
}

impl Source for Revision {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.files.keys().chain(self.large.keys()).cloned().collect())
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        match self.files.get(path) {
            Some(bytes) => Ok(bytes.clone()),
            None if self.large.contains_key(path) => Err(ReadError::TooLarge),
            None => Err(ReadError::Io("no such file in the revision".into())),
        }
    }

    fn is_ignored(&self, _path: &str) -> bool {
        false
    }
}
