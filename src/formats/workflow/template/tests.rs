use super::{Kind, read};

fn lines(text: &str) -> Vec<Option<usize>> {
    read(text).faults.iter().map(|fault| fault.line).collect()
}

#[test]
fn what_is_not_yaml_is_refused_at_its_lines() {
    for (text, wanted) in [
        ("on: push\njobs: {% if x %}\n", vec![Some(2)]),
        ("a: b: c\n", vec![Some(1)]),
        ("a:\n  - b\n c: d\n", vec![Some(3)]),
        ("a: 'x\nb: c\n", vec![Some(3)]),
        ("a: [b\nc: d\n", vec![Some(2)]),
        ("\ta: b\n", vec![Some(1)]),
        ("a: \"\\q\"\n", vec![Some(1)]),
        ("a: b\n---\nc: d\n", vec![Some(2)]),
        ("a: *\n", vec![Some(1)]),
        ("a: >x\n  b\n", vec![Some(1)]),
        ("%YAML 1\n---\na: b\n", vec![Some(1)]),
    ] {
        let template = read(text);
        assert!(template.root.is_none(), "{text}");
        let found: Vec<_> = template.faults.iter().map(|fault| fault.line).collect();
        assert!(wanted.iter().all(|line| found.contains(line)), "{text}: {found:?}");
    }
}

#[test]
fn the_schema_is_held_against_every_key_and_value() {
    let job = |inner: &str| format!("on: push\njobs:\n  a:\n    runs-on: u\n{inner}");
    for (text, wanted) in [
        ("on: push\njobs: {}\n".to_owned(), vec![]),
        ("on: push\n".to_owned(), vec![Some(1)]),
        ("on: pushed\njobs: {}\n".to_owned(), vec![Some(1)]),
        (job("    steps: [{run: x, run: y}]\n"), vec![Some(5)]),
        (job("    Runs-On: v\n"), vec![Some(5)]),
        (job("    env:\n      A: ${{ env.B }}\n"), vec![Some(6)]),
        (job("    steps:\n      - name: x\n"), vec![Some(6)]),
        (job("    steps:\n      - run: |\n          a\n          ${{ nope }}\n"), vec![Some(8)]),
        (job("    if: ${{ x\n"), vec![Some(5)]),
        (job("    if: ${{ }}\n"), vec![Some(5)]),
        (job("    env: {A: [b]}\n"), vec![Some(5)]),
        (job("    timeout-minutes: soon\n"), vec![Some(5)]),
        (job("    1: x\n"), vec![None]),
        (job("    env: &e {A: b}\n    outputs: *e\n"), vec![]),
        (job("    env: {A: 3.10, B: true, C: null}\n"), vec![]),
        (String::new(), vec![None]),
    ] {
        assert_eq!(lines(&text), wanted, "{text}");
    }
}

#[test]
fn a_text_with_expressions_becomes_one_expression() {
    let text = "name: x\non: push\njobs:\n  a:\n    runs-on: u\n    env:\n      A: \"it's ${{ github.sha }} {b}\"\n";
    let template = read(text);
    let env = template.root.as_ref().and_then(|root| root.get("jobs")?.get("a")?.get("env")?.get("A"));
    assert_eq!(env.map(|a| a.kind.clone()), Some(Kind::Expression("format('it''s {0} {{b}}', github.sha)".into())));
    let whole = read("on: push\njobs:\n  a:\n    runs-on: ${{ 'it''s' }}\n");
    let runs_on = whole.root.as_ref().and_then(|root| root.get("jobs")?.get("a")?.get("runs-on"));
    assert_eq!(runs_on.map(|token| token.kind.clone()), Some(Kind::Text("it's".into())));
}

#[test]
fn aliases_of_aliases_end() {
    let line = |at: usize| format!("x{at}: &a{at} [{}]\n", vec![format!("*a{}", at - 1); 12].join(", "));
    let lines: Vec<String> = (1..12).map(line).collect();
    let text = format!("on: push\nenv: &a0 {{A: b}}\n{}", lines.concat());
    assert!(!read(&text).faults.is_empty());
    assert!(!read("on: &a [*a]\njobs: {}\n").faults.is_empty());
    assert!(!read(&"[".repeat(5000)).faults.is_empty());
    assert!(!read(&"- ".repeat(5000)).faults.is_empty());
}
