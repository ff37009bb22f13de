//! The documents that `inspect` prints: what one file, or a few, mean by their format alone.

pub mod compose;
pub mod dockerfile;
pub mod dotenv;
pub mod installed;
mod locks;
pub mod requirements;
pub mod settings;
pub mod shell;
pub mod workflow;

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What `inspect` was asked. Only the flags of the kind at hand are set.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The files, or one directory (settings, installed).
    pub paths: Vec<PathBuf>,
    /// `--root`: paths in the document are relative to it.
    pub root: Option<PathBuf>,
    /// `--build-arg K=V`.
    pub build_args: BTreeMap<String, String>,
    /// `--target`.
    pub target: Option<String>,
    /// `--platform OS/ARCHITECTURE`.
    pub platform: Option<String>,
    /// `--base-env IMAGE:K=V`, as written.
    pub base_env: Vec<String>,
    /// `--env K=V`.
    pub env: BTreeMap<String, String>,
    /// `--env-file`.
    pub env_files: Vec<PathBuf>,
    /// `--profile`; `*` is all.
    pub profiles: Vec<String>,
    /// `--marker K=V`.
    pub markers: BTreeMap<String, String>,
    /// `--settings MODULE`.
    pub settings: Option<String>,
    /// `--class NAME`.
    pub class: Option<String>,
    /// `--path FOLDER`: further import roots.
    pub python_paths: Vec<PathBuf>,
    /// `--open`.
    pub open: bool,
    /// `--dialect`.
    pub dialect: Option<String>,
    /// `--var K=V`.
    pub vars: BTreeMap<String, String>,
    /// `--command`, in order.
    pub commands: Vec<String>,
    /// `--lock`.
    pub lock: Option<String>,
    /// `--as KIND`.
    pub kind: Option<String>,
    /// `--github`: `${{ }}` in shell text is an expansion.
    pub github: bool,
    /// `--posix`.
    pub posix: bool,
}
