use super::*;

fn read(name: &str, text: &str) -> Tox {
    parse(FileId(0), name, text).unwrap_or_default()
}

fn commands(env: &TestEnv) -> Vec<&str> {
    env.commands.iter().map(|command| command.text.text.as_str()).collect()
}

fn values(list: &[Spanned<String>]) -> Vec<&str> {
    list.iter().map(|text| text.value.as_str()).collect()
}

#[test]
fn lists_spell_braces_and_ranges_out() {
    let tox =
        read("tox.ini", "[tox]\nenvlist = py{310,311}-dj{4,}, lint # c\n  3.{9-11}-x\n  {a,b}{1,2}\n  bad name\n");
    assert_eq!(
        values(&tox.env_list),
        ["py310-dj4", "py310-dj", "py311-dj4", "py311-dj", "lint", "3.9-x", "3.10-x", "3.11-x", "a1", "a2", "b1", "b2"]
    );
    assert_eq!(tox.problems.len(), 1);
}

#[test]
fn an_environment_has_its_own_settings_then_those_of_all() {
    let text = "[tox]\nenvlist=py3-pg\n[base]\ndeps =\n  a # one\n  pg: b\n[testenv]\npassenv = CI X_*\ndeps =\n  {[base]deps}\n  -r{toxinidir}/r.txt\n\
                setenv =\n  A=1\n  pg: B = {env:HOME2:x}/y\n  C={env:A}\n  D={env:NO}\ncommands =\n  - pytest \\\n    {posargs:-q tests} {envname} {env:TOX_ENV_NAME}.txt \\#1\n  !pg: no\n  linux,win: yes: {env:C}\n\
                [testenv:lint,docs-{a,b}]\nchangedir = sub\ndeps =\ncommands = run {toxinidir}/x []\n[testenv:bare]\ncommands = nope: x\n";
    let tox = read("tox.ini", text);
    let env = tox.environment("py3-pg");
    assert_eq!(values(&env.deps), ["a", "b", "-r./r.txt"]);
    assert_eq!(commands(&env), ["pytest -q tests py3-pg py3-pg.txt #1", "yes: 1"]);
    assert!(env.commands[0].ignores_errors && !env.commands[1].ignores_errors);
    assert_eq!(env.set_env["A"].value, Known::One("1".into()));
    assert_eq!(env.set_env["B"].value, Known::One("x/y".into()));
    assert_eq!(env.set_env["B"].certainty, Certainty::Default { variable: Some("HOME2".into()) });
    assert_eq!(env.set_env["C"].value, Known::One("1".into()));
    assert!(env.set_env["D"].value.is_unknown());
    assert_eq!(values(&env.pass_env), ["CI", "X_*"]);
    let docs = tox.environment("docs-b");
    assert_eq!((docs.deps.len(), commands(&docs)), (0, vec!["run {toxinidir}/x"]));
    assert_eq!(docs.change_dir.map(|dir| dir.value).as_deref(), Some("sub"));
    assert_eq!(commands(&tox.environment("bare")).len(), 3);
    assert_eq!(tox.names(), ["py3-pg", "lint", "docs-a", "docs-b", "bare"]);
    assert_eq!(&text[tox.environment("lint").commands[0].text.span.range()], "run {toxinidir}/x []");
}

#[test]
fn a_project_file_may_hold_an_ini_or_tables() {
    let text = "[tool.tox]\nlegacy_tox_ini = \"\"\"\n[testenv]\ncommands = pytest\n\"\"\"\n";
    let env = read("pyproject.toml", text).environment("x");
    assert_eq!(&text[env.commands[0].text.span.range()], "pytest");
    let text = "env_list = ['3.12', {product = [['a', 'b'], {prefix = 'py3', start = 1, stop = 2}], exclude = ['b-py32']}]\n\
                [env_run_base]\ndeps = ['x', '-r r.txt']\nset_env = {A = '1', B = {replace = 'env', name = 'Q', default = 'd'}}\n\
                commands = [['pytest', {replace = 'posargs', default = ['t s'], extend = true}], ['-', 'rm']]\n\
                [env.lint]\ndeps = [{replace = 'ref', of = ['env_run_base', 'deps'], extend = true}, 'z']\ncommands = [['ruff', '{env_name}']]\n";
    let tox = read("tox.toml", text);
    assert_eq!(values(&tox.env_list), ["3.12", "a-py31", "a-py32", "b-py31"]);
    let env = tox.environment("3.12");
    assert_eq!(commands(&env), ["pytest 't s'", "rm"]);
    assert!(env.commands[1].ignores_errors);
    assert_eq!(env.set_env["B"].value, Known::One("d".into()));
    let lint = tox.environment("lint");
    assert_eq!((values(&lint.deps), commands(&lint)), (vec!["x", "-r r.txt", "z"], vec!["ruff lint"]));
}

#[test]
fn references_in_circles_end() {
    let text = "[testenv]\ndeps = {[a]x}\n[a]\nx =\n  {[b]y}\n  {[b]y} z\n[b]\ny =\n  {[a]x}\n  {[a]x}\n";
    assert!(read("tox.ini", text).environment("e").deps.len() < 10_000);
    assert!(parse(FileId(0), "setup.cfg", text).is_none());
}
