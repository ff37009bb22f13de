//! `paritylint inspect`: what one file means, or a few, as JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::discover::classify::classify;
use crate::discover::{Kind, paths, source};
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

/// The kind that the arguments ask for, where they say it.
fn asked_kind(arguments: &Arguments) -> Option<&str> {
    if let Some(kind) = &arguments.kind {
        return Some(kind);
    }
    // Flags that only one kind has say more than the name of the file.
    let image = arguments.target.is_some()
        || arguments.platform.is_some()
        || !(arguments.build_arg.is_empty() && arguments.base_env.is_empty());
    let kinds = [
        ("settings", arguments.settings.is_some()),
        ("installed", !arguments.command.is_empty()),
        ("dockerfile", image),
        ("dotenv", arguments.dialect.is_some()),
        ("compose", !(arguments.profile.is_empty() && arguments.env_file.is_empty())),
        ("requirements", !arguments.marker.is_empty()),
        ("workflow", !arguments.var.is_empty()),
    ];
    kinds.into_iter().find(|(_, asked)| *asked).map(|(kind, _)| kind)
}

/// The kind of a file, where no argument says it: by its name, else by what it holds.
fn kind_of(path: &Path) -> Result<&'static str, String> {
    let shown = path.display();
    if path.is_dir() {
        return Err(format!("{shown} is a folder: --settings or --command says what to inspect in it"));
    }
    let path_text = path.to_str().unwrap_or_default();
    let name = paths::name(path_text).to_ascii_lowercase();
    let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    Ok(if yaml && path_text.rsplit('/').nth(1) == Some("workflows") {
        "workflow"
    } else if name.contains("dockerfile") || name.contains("containerfile") {
        "dockerfile"
    } else if yaml {
        "compose"
    } else if [".txt", ".in", ".toml", ".lock", ".pip"].iter().any(|end| name.ends_with(end)) || name == "pipfile" {
        "requirements"
    } else if name.ends_with(".sh") {
        "shell"
    } else if classify(path_text) == Some(Kind::Dotenv) {
        "dotenv"
    } else if is_dockerfile(path) {
        "dockerfile"
    } else if holds_variables(path) {
        "dotenv"
    } else {
        return Err(format!("what kind of file {shown} is cannot be told: --as says it"));
    })
}

/// Whether every line of a file sets a variable.
fn holds_variables(path: &Path) -> bool {
    let Ok(text) = source::read_text(path) else { return true };
    let sets = |line: &str| {
        let name = line.strip_prefix("export ").unwrap_or(line).split(['=', ':']).next().unwrap_or_default().trim_end();
        name.len() < line.len() && !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_.-".contains(c))
    };
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).all(sets)
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
    let kind = match asked_kind(arguments) {
        Some(kind) => kind,
        None => kind_of(arguments.paths.first().ok_or("no file given")?)?,
    };
    match kind {
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
