//! `paritylint inspect`: what one file means, or a few, as JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::discover::source;
use crate::report::inspect::{self, Request};

/// The arguments of `inspect`.
#[derive(clap::Args, Debug, Default)]
pub struct Arguments {
    /// The file, several compose files, or a project directory
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Read the file as this kind, whatever its name
    #[arg(long = "as", value_name = "KIND")]
    pub kind: Option<String>,
    /// Output format; only json
    #[arg(long, default_value = "json")]
    pub format: String,
    /// Paths are relative to this folder
    #[arg(long)]
    pub root: Option<PathBuf>,
    /// A build argument
    #[arg(long, value_name = "K=V")]
    pub build_arg: Vec<String>,
    /// The stage to build
    #[arg(long)]
    pub target: Option<String>,
    /// The platform that is built for
    #[arg(long, value_name = "OS/ARCH")]
    pub platform: Option<String>,
    /// A variable that a base image sets
    #[arg(long, value_name = "IMAGE:K=V")]
    pub base_env: Vec<String>,
    /// A variable that is set
    #[arg(long, value_name = "K=V")]
    pub env: Vec<String>,
    /// A file of variables for interpolation
    #[arg(long)]
    pub env_file: Vec<PathBuf>,
    /// A profile that is on; * for all
    #[arg(long)]
    pub profile: Vec<String>,
    /// A marker variable
    #[arg(long, value_name = "K=V")]
    pub marker: Vec<String>,
    /// Evaluate this settings module
    #[arg(long, value_name = "MODULE")]
    pub settings: Option<String>,
    /// The configuration class in it
    #[arg(long)]
    pub class: Option<String>,
    /// A further import root
    #[arg(long)]
    pub path: Vec<PathBuf>,
    /// Know no variable, and answer for all of them
    #[arg(long)]
    pub open: bool,
    /// Which reader of dotenv files
    #[arg(long)]
    pub dialect: Option<String>,
    /// A value of the `vars` context
    #[arg(long, value_name = "K=V")]
    pub var: Vec<String>,
    /// An install command
    #[arg(long)]
    pub command: Vec<String>,
    /// The lock file to read
    #[arg(long)]
    pub lock: Option<String>,
    /// Read `${{ }}` in shell text as an expansion
    #[arg(long)]
    pub github: bool,
    /// Read shell text as POSIX sh
    #[arg(long)]
    pub posix: bool,
}

fn pairs(list: &[String]) -> BTreeMap<String, String> {
    let split = |text: &String| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        (name.to_owned(), value.to_owned())
    };
    list.iter().map(split).collect()
}

/// The kind of a path by its name, where `--as` does not say.
fn kind_of(arguments: &Arguments) -> &str {
    if let Some(kind) = &arguments.kind {
        return kind;
    }
    if arguments.settings.is_some() {
        return "settings";
    }
    if !arguments.command.is_empty() {
        return "installed";
    }
    // Flags that only one kind has say more than the name of the file.
    if arguments.target.is_some()
        || arguments.platform.is_some()
        || !(arguments.build_arg.is_empty() && arguments.base_env.is_empty())
    {
        return "dockerfile";
    }
    if arguments.dialect.is_some() {
        return "dotenv";
    }
    if !arguments.profile.is_empty() || !arguments.env_file.is_empty() {
        return "compose";
    }
    if !arguments.marker.is_empty() {
        return "requirements";
    }
    if !arguments.var.is_empty() {
        return "workflow";
    }
    let path = arguments.paths.first().and_then(|path| path.to_str()).unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    if yaml && path.rsplit('/').nth(1) == Some("workflows") {
        "workflow"
    } else if name.contains("dockerfile") || name.contains("containerfile") {
        "dockerfile"
    } else if yaml {
        "compose"
    } else if [".txt", ".in", ".toml", ".lock", ".pip"].iter().any(|end| name.ends_with(end)) || name == "pipfile" {
        "requirements"
    } else if name.ends_with(".sh") {
        "shell"
    } else if is_dockerfile(Path::new(path)) {
        "dockerfile"
    } else {
        "dotenv"
    }
}

/// Whether a file whose name says nothing begins as a Dockerfile does.
fn is_dockerfile(path: &Path) -> bool {
    let Ok(text) = source::read_text(path) else { return false };
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next().unwrap_or_default().to_ascii_uppercase();
    first.starts_with("FROM ") || first.starts_with("ARG ") && text.to_ascii_uppercase().contains("\nFROM ")
}

/// The document for these arguments.
pub fn run(arguments: &Arguments) -> Result<serde_json::Value, String> {
    let request = Request {
        paths: arguments.paths.clone(),
        root: arguments.root.clone(),
        build_args: pairs(&arguments.build_arg),
        target: arguments.target.clone(),
        platform: arguments.platform.clone(),
        base_env: arguments.base_env.clone(),
        env: pairs(&arguments.env),
        env_files: arguments.env_file.clone(),
        profiles: arguments.profile.clone(),
        markers: pairs(&arguments.marker),
        settings: arguments.settings.clone(),
        class: arguments.class.clone(),
        python_paths: arguments.path.clone(),
        open: arguments.open,
        dialect: arguments.dialect.clone(),
        vars: pairs(&arguments.var),
        commands: arguments.command.clone(),
        lock: arguments.lock.clone(),
        kind: arguments.kind.clone(),
        github: arguments.github,
        posix: arguments.posix,
    };
    match kind_of(arguments) {
        "dockerfile" => inspect::dockerfile::document(&request),
        "compose" => inspect::compose::document(&request),
        "dotenv" => inspect::dotenv::document(&request),
        "requirements" | "pyproject" | "lock" | "uv" | "poetry" | "pdm" | "pipfile" | "pylock" => {
            inspect::requirements::document(&request)
        }
        "installed" => inspect::installed::document(&request),
        "settings" => inspect::settings::document(&request),
        "workflow" => inspect::workflow::document(&request),
        "shell" => inspect::shell::document(&request),
        other => Err(format!("no such kind: {other}")),
    }
}
