use super::{pytest_options, runtime_files};
use crate::model::FileId;

const FILE: FileId = FileId(0);

#[test]
fn runtime_files_give_tool_and_version() {
    use runtime_files::How;
    for (name, text, wanted) in [
        ("runtime.txt", "python-3.12.1\n", "python 3.12.1"),
        ("runtime.txt", "python-3.13.x\n", "python 3.13"),
        ("runtime.txt", "r-2020-12-12\n", "r 2020-12-12"),
        (
            ".python-version",
            "# c\n3.11 3.9 # x\n\npypy3.10-7.3\nsystem\npypy-2.4.0\nmyenv\n3.9/envs/a\n",
            "python 3.11, pypy 3.10-7.3, python ?system, pypy 2.4.0, python !myenv, python !3.9/envs/a",
        ),
        (
            ".tool-versions",
            "nodejs 20.1 lts\npython 3.12 system # c\nelixir ref:v1.14\njava corretto-17\npython path:/x\n# y\n",
            "node 20.1, node ~lts, python 3.12, python ?system, elixir !ref:v1.14, java !corretto-17, python !path:/x",
        ),
        (
            "mise.toml",
            "[tools]\npython = ['3.12', '3.11']\nnode = {version = '20'}\n'core:go' = 'latest'\njq = {prefix = '1.6'}\n\
             a = {path = '~/a'}\nb = 'prefix:2'\nc = {ref = 'main'}\nd = '{{env.D}}'\ne = 3\n",
            "python 3.12, python 3.11, node 20, go ~latest, jq 1.6, a !~/a, b 2, c !main, d !{{env.D}}, e 3",
        ),
        (".nvmrc", "# c\nv20\n", "node 20"),
        (".nvmrc", "lts/iron\n", "node ~lts/iron"),
    ] {
        let (found, problems) = runtime_files::read(FILE, name, text);
        let sign = |how| match how {
            How::Version => "",
            How::Newest => "~",
            How::System => "?",
            How::Elsewhere => "!",
        };
        let shown: Vec<_> = found.iter().map(|d| format!("{} {}{}", d.tool, sign(d.how), d.version.value)).collect();
        assert_eq!(shown.join(", "), wanted, "{name}");
        assert!(found.iter().all(|d| text[d.version.span.range()] == d.version.value), "{name}");
        assert!(problems.is_empty(), "{name}");
    }
    for (name, text) in [("runtime.txt", "Python 3.9\n"), (".tool-versions", "python\n"), ("mise.toml", "[tools\n")] {
        assert_eq!(runtime_files::read(FILE, name, text).1.len(), 1, "{name}");
    }
}

#[test]
fn blanks_of_several_bytes_part_words_and_move_no_place() {
    let text = "node\u{a0}20.1\u{3000} 18.2\n";
    let found = runtime_files::parse(FILE, ".tool-versions", text);
    let versions: Vec<&str> = found.iter().map(|one| &text[one.version.span.range()]).collect();
    assert_eq!(versions, ["20.1", "18.2"]);
}

#[test]
fn pytest_takes_the_settings_module_of_its_command_line_first() {
    let ini = "[pytest]\nDJANGO_SETTINGS_MODULE = a.b\nenv =\n    D:X=1\naddopts = -q --ds=c.d\n";
    let options = pytest_options::parse(FILE, "pytest.ini", ini);
    assert_eq!(options.and_then(|options| options.settings).map(|text| text.value).as_deref(), Some("c.d"));
    assert!(pytest_options::parse(FILE, "setup.cfg", ini).is_none());
    let quoted = "[pytest]\naddopts = -m \"not slow\" --ds=\"e.f\"\n";
    let options = pytest_options::parse(FILE, "pytest.ini", quoted);
    assert_eq!(options.and_then(|options| options.settings).map(|text| text.value).as_deref(), Some("e.f"));
    let native = "[tool.pytest]\naddopts = ['--ds=x.y', '-q']\n[tool.pytest_env]\nA = 'b'\nC = { value = 'd' }\n";
    let options = pytest_options::parse(FILE, "pyproject.toml", native).unwrap_or_default();
    assert_eq!((options.settings.map(|text| text.value).as_deref(), options.forced), (Some("x.y"), true));
    let own = options.own_env.unwrap_or_default();
    assert_eq!(own.into_values().map(|text| text.value).collect::<Vec<_>>(), ["b", "d"]);
    assert!(pytest_options::parse(FILE, "pytest.ini", "").is_some_and(|options| options.chosen));
    let toml = "[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = 'a.b'\naddopts = ['-q']\n";
    let options = pytest_options::parse(FILE, "pyproject.toml", toml);
    assert_eq!(options.and_then(|options| options.settings).map(|text| text.value).as_deref(), Some("a.b"));
}
