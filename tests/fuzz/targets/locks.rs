//! Manifests and locks, and what install commands take from them.
#![no_main]

use libfuzzer_sys::fuzz_target;
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

fuzz_target!(|data: &[u8]| {
    let tree = paritylint_fuzz::tree(data, "pyproject.toml");
    for command in COMMANDS {
        let argv: Vec<String> = command.split(' ').map(str::to_owned).collect();
        let _ = installed(&tree, "", &argv, &Vars::new(), &MarkerEnv::linux(Some("3.12")));
    }
});
