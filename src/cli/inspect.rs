//! `paritylint inspect`: what one file means, or a few, as JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;

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
    /// A variable that a base image sets
    #[arg(long, value_name = "IMAGE:K=V")]
    pub base_env: Vec<String>,
    /// The platform of the build, `linux/amd64` without
    #[arg(long)]
    pub platform: Option<String>,
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
    let build = !arguments.build_arg.is_empty() || !arguments.base_env.is_empty();
    if build || arguments.target.is_some() || arguments.platform.is_some() {
        return "dockerfile";
    }
    let path = arguments.paths.first().and_then(|path| path.to_str()).unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    if yaml && path.contains("workflows/") {
        "workflow"
    } else if name.contains("dockerfile") || name.contains("containerfile") {
        "dockerfile"
    } else if yaml {
        "compose"
    } else if [".txt", ".in", ".toml", ".lock", ".pip"].iter().any(|end| name.ends_with(end)) || name == "pipfile" {
        "requirements"
    } else if name.ends_with(".sh") {
        "shell"
    } else {
        "dotenv"
    }
}

/// The document for these arguments.
pub fn run(arguments: &Arguments) -> Result<serde_json::Value, String> {
    let request = Request {
        paths: arguments.paths.clone(),
        root: arguments.root.clone(),
        build_args: pairs(&arguments.build_arg),
        target: arguments.target.clone(),
        base_env: arguments.base_env.clone(),
        platform: arguments.platform.clone(),
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
        github: arguments.github,
        posix: arguments.posix,
    };
    match kind_of(arguments) {
        "dockerfile" => inspect::dockerfile::document(&request),
        "compose" => inspect::compose::document(&request),
        "dotenv" => inspect::dotenv::document(&request),
        "requirements" | "pyproject" | "lock" => inspect::requirements::document(&request),
        "installed" => inspect::installed::document(&request),
        "settings" => inspect::settings::document(&request),
        "workflow" => inspect::workflow::document(&request),
        "shell" => inspect::shell::document(&request),
        other => Err(format!("no such kind: {other}")),
    }
}
