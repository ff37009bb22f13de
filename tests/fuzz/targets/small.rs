//! Every small format reads the same text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use paritylint::formats::small as s;
use paritylint_fuzz::{FILE, problems_hold, text};

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    problems_hold(&text, &s::app_json::parse(FILE, &text).1);
    problems_hold(&text, &s::devcontainer::parse(FILE, &text).1);
    problems_hold(&text, &s::fly::parse(FILE, &text).1);
    problems_hold(&text, &s::heroku_yml::parse(FILE, &text).1);
    problems_hold(&text, &s::render::parse(FILE, &text).1);
    let _ =
        (s::ini::parse(FILE, &text, &['#', ';']), s::procfile::parse(FILE, &text), s::supervisord::parse(FILE, &text));
    let makefile = s::makefile::parse(FILE, &text);
    text.lines().take(8).for_each(|line| drop(makefile.expand(line)));
    let _ = s::tox::parse(FILE, &text);
    for name in [".python-version", "runtime.txt", ".tool-versions", "mise.toml", ".nvmrc"] {
        let _ = s::runtime_files::parse(FILE, name, &text);
    }
    for name in ["pytest.ini", "setup.cfg", "pyproject.toml", "tox.ini"] {
        let _ = s::pytest_options::parse(FILE, name, &text);
    }
});
