use std::collections::BTreeMap;

use super::{Justfile, Scope, parse};
use crate::model::FileId;

fn read(text: &str) -> Justfile {
    parse(FileId(0), text).0
}

fn lines(text: &str, name: &str, arguments: &[&str]) -> Vec<String> {
    let just = read(text);
    let recipe = just.recipe(name).unwrap();
    let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
    let scope = Scope::of(&just, recipe, &arguments, &BTreeMap::new());
    recipe.lines(FileId(0), &scope).into_iter().map(|line| line.command.text.trim_end().to_owned()).collect()
}

#[test]
fn recipes_have_parameters_needs_and_what_runs_after_them() {
    let text = "set export\nalias t := test\n[private]\n_env:\n  true\n\n# tests\n@test path='tests' *args: _env (build \"x y\" path) && clean # all\n    pytest {{path}} {{ args }}\n\n    echo ok\nbuild a b:\nclean:\n";
    let just = read(text);
    let test = just.recipe("t").unwrap();
    let names = |needs: &[super::Need]| needs.iter().map(|need| need.name.value.clone()).collect::<Vec<_>>();
    assert_eq!((names(&test.needs), names(&test.after)), (vec!["_env".into(), "build".into()], vec!["clean".into()]));
    assert_eq!(test.needs[1].arguments, ["\"x y\"", "path"]);
    assert_eq!(&text[test.needs[1].name.span.range()], "build");
    assert!(just.is_set("export") && just.recipes.len() == 4);
    assert_eq!(lines(text, "test", &[]), ["pytest tests", "echo ok"]);
    assert_eq!(lines(text, "test", &["a", "-x", "-q"]), ["pytest a -x -q", "echo ok"]);
    assert_eq!(just.default_recipe().unwrap().name.value, "_env");
}

#[test]
fn expressions_are_put_in_as_far_as_they_are_decided() {
    let text = "bin := '.venv' / if os_family() == \"unix\" { \"bin\" } else { 'Scripts' }\nport := env_var_or_default('PORT', '8000')\n\
                rev := `git rev-parse HEAD`\nlost := uuid()\nrun:\n    @-{{bin}}/gunicorn -b :{{ port }} \\\n      --name {{rev}}{{lost}} {{{{x}}\n";
    assert_eq!(
        lines(text, "run", &[]),
        [".venv/bin/gunicorn -b :${PORT-8000} \\\n  --name $(git rev-parse HEAD)${{…}} {{x}}"]
    );
}

#[test]
fn a_script_is_one_text_where_a_shell_reads_it() {
    let text = "ci *args:\n    #!/usr/bin/env bash\n    set -e\n    if true; then\n      pytest {{args}}\n    fi\npy:\n    #!/usr/bin/env python3\n    print(1)\n";
    assert_eq!(lines(text, "ci", &["-x"]), ["#!/usr/bin/env bash\nset -e\nif true; then\n  pytest -x\nfi"]);
    assert_eq!(lines(text, "py", &[]), Vec::<String>::new());
}

#[test]
fn a_command_lies_over_its_place() {
    let text = "x := 'a'\nrun:\n    echo {{x}} && python manage.py test\n";
    let just = read(text);
    let recipe = just.recipe("run").unwrap();
    let scope = Scope::of(&just, recipe, &[], &BTreeMap::new());
    let command = &recipe.lines(FileId(0), &scope)[0].command;
    let at = command.text.find("python").unwrap();
    assert_eq!(&text[command.map.span(at, at + 16).range()], "python manage.py");
}

#[test]
fn broken_texts_are_left_out() {
    for text in
        ["{{", "a b=\":\n  x", "x := (\ny: z(\n", "mod\nimport\nset\n[", "a:\n  {{ if }}\n", "x := x\na:\n  {{x}}\n"]
    {
        let just = read(text);
        for recipe in &just.recipes {
            let scope = Scope::of(&just, recipe, &[], &BTreeMap::new());
            recipe.lines(FileId(0), &scope);
        }
    }
    assert_eq!(lines("x := x\na:\n  e {{x}}\n", "a", &[]), ["e ${{…}}"]);
}
