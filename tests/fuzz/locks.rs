//! Manifests and locks, and what install commands take from them.

use paritylint::formats::Vars;
use paritylint::formats::locks::installed;
use paritylint::formats::requirements::marker::MarkerEnv;

const COMMANDS: [&str; 8] = [
    "uv sync --all-extras",
    "uv sync --no-dev --extra x",
    "poetry install --with dev",
    "pdm install --prod",
    "pipenv install --dev",
    "pip install -r pylock.toml",
    "pip install .[x]",
    "conda env create -f environment.yml",
];

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let tree = super::tree(data, "pyproject.toml");
    for command in COMMANDS {
        let argv: Vec<String> = command.split(' ').map(str::to_owned).collect();
        let _ = installed(&tree, "", &argv, &Vars::new(), &MarkerEnv::linux(Some("3.12")));
    }
}
