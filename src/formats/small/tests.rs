use super::{procfile, pytest_options, runtime_files, supervisord, tox};
use crate::model::FileId;

const FILE: FileId = FileId(0);

#[test]
fn a_procfile_gives_names_and_commands_with_their_places() {
    let text = "web: gunicorn a.wsgi\r\n# no\nrelease : x\na b: y\nempty:\n";
    let found = procfile::parse(FILE, text);
    assert_eq!(found.len(), 2);
    assert_eq!(&text[found[0].command.span.range()], "gunicorn a.wsgi");
    assert_eq!(found[1].name.value, "release");
}

#[test]
fn runtime_files_give_tool_and_version() {
    for (name, text, wanted) in [
        ("runtime.txt", "python-3.12.1\n", "python 3.12.1"),
        (".python-version", "# c\n3.11\npypy3.10-7.3\n", "python 3.11, pypy 3.10-7.3"),
        (".tool-versions", "nodejs 20.1\npython 3.12 system # c\n", "node 20.1, python 3.12"),
        (
            "mise.toml",
            "[tools]\npython = ['3.12', '3.11']\nnode = {version = '20'}\n",
            "python 3.12, python 3.11, node 20",
        ),
        (".nvmrc", "v20\n", "node 20"),
    ] {
        let found = runtime_files::parse(FILE, name, text);
        let shown: Vec<_> = found.iter().map(|d| format!("{} {}", d.tool, d.version.value)).collect();
        assert_eq!(shown.join(", "), wanted, "{name}");
        assert!(found.iter().all(|d| text[d.version.span.range()].contains(&d.version.value)), "{name}");
    }
}

#[test]
fn pytest_takes_the_settings_module_of_its_command_line_first() {
    let ini = "[pytest]\nDJANGO_SETTINGS_MODULE = a.b\nenv =\n    D:X=1\naddopts = -q --ds=c.d\n";
    let options = pytest_options::parse(FILE, "pytest.ini", ini);
    assert_eq!(options.and_then(|options| options.settings).map(|text| text.value).as_deref(), Some("c.d"));
    assert!(pytest_options::parse(FILE, "setup.cfg", ini).is_none());
    let toml = "[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = 'a.b'\naddopts = ['-q']\n";
    let options = pytest_options::parse(FILE, "pyproject.toml", toml);
    assert_eq!(options.and_then(|options| options.settings).map(|text| text.value).as_deref(), Some("a.b"));
}

#[test]
fn tox_spells_its_braces_out() {
    let found = tox::parse(FILE, "[tox]\nenvlist = py{310,311}-dj, lint\n[testenv:lint]\ndeps =\n  a\n  b\n");
    let names: Vec<_> = found.envlist.iter().map(|name| name.value.as_str()).collect();
    assert_eq!(names, ["py310-dj", "py311-dj", "lint"]);
    assert_eq!(found.environments[0].deps.len(), 2);
}

#[test]
fn supervisord_gives_its_commands() {
    let programs = supervisord::parse(FILE, "[program:web]\ncommand=gunicorn a ; c\nautostart=false\n");
    assert_eq!(programs[0].command.text, "gunicorn a");
    assert!(!programs[0].autostart);
}
