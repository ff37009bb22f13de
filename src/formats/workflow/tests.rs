use std::collections::BTreeMap;

use super::evaluate::{Contexts, condition_text};
use super::{Data, Target, condition_has_status_function, expand, parse, target};
use crate::model::{FileId, Known};

fn value(text: &str) -> Data {
    let vars = BTreeMap::from([("A".to_owned(), "b".to_owned())]);
    let row =
        Data::Map(vec![("py".into(), Data::Number(3.1)), ("o".into(), Data::Map(vec![("x".into(), Data::Null)]))]);
    Contexts { matrix: Some(&row), ..Contexts::of_run(&vars) }.expression(text)
}

#[test]
fn literals_operators_and_functions_are_evaluated_as_github_does() {
    for (text, wanted) in [
        ("'it''s'", "it's"),
        ("1 == '1'", "true"),
        ("'A' == 'a'", "true"),
        ("null == 0", "true"),
        ("'x' == 0", "false"),
        ("'' == 0", "true"),
        ("matrix.py", "3.1"),
        ("matrix.PY >= 3 && 'new' || 'old'", "new"),
        ("matrix.o.x", ""),
        ("matrix['py']", "3.1"),
        ("matrix.none", ""),
        ("vars.A", "b"),
        ("!(1 < 2)", "false"),
        ("format('{0}-{{{1}}}', 'a', 2)", "a-{2}"),
        ("contains('Hello', 'ELL')", "true"),
        ("contains(fromJSON('[\"a\", 1]'), '1')", "true"),
        ("join(fromJSON('[1, 2]'), '-')", "1-2"),
        ("fromJSON('{\"a\": [0x]}')", "?"),
        ("startsWith('abc', 'AB') && endsWith('abc', 'C')", "true"),
        ("toJSON(fromJSON('{\"b\": [1]}'))", "{\n  \"b\": [\n    1\n  ]\n}"),
        ("github.ref == 'x'", "?"),
        ("true || github.x", "true"),
        ("github.x && false", "?"),
        ("secrets.A", "?"),
        ("vars.B", "?"),
        ("hashFiles('x')", "?"),
        ("-1.5", "-1.5"),
        ("1 +", "?"),
    ] {
        assert_eq!(value(text).text().as_deref().unwrap_or("?"), wanted, "{text}");
    }
    assert!(value(&"(".repeat(9000)).text().is_none());
}

#[test]
fn conditions_lose_their_braces_and_know_their_status_functions() {
    assert_eq!(condition_text("${{ always() && x }}"), "always() && x");
    assert_eq!(condition_text("a == ${{ b }}"), "format('a == {0}', b)");
    assert!(condition_has_status_function("!cancelled() && needs.a.result == 'success'"));
    assert!(!condition_has_status_function("github.ref == 'always()'"));
}

#[test]
fn uses_lead_to_files_of_the_repository_or_elsewhere() {
    assert_eq!(target("./.github/workflows/x.yml"), Target::Workflow(".github/workflows/x.yml".into()));
    assert_eq!(target("./.github/actions/a"), Target::Action(".github/actions/a".into()));
    assert_eq!(target("docker://alpine:3"), Target::Docker("alpine:3".into()));
    assert!(matches!(target("a/b/c@v1"), Target::Remote { name, reference } if name == "a/b/c" && reference == "v1"));
}

const MATRIX: &str = "on: push
env:
  A: 010
jobs:
  t:
    runs-on: ${{ matrix.os }}
    strategy:
      matrix:
        os: [ubuntu-22.04, ubuntu-24.04]
        python: ['3.12', 3.10]
        exclude:
          - {os: ubuntu-22.04, python: 3.10}
        include:
          - {os: ubuntu-24.04, extra: true}
          - {os: macos-14, python: '3.13'}
    steps:
      - uses: actions/setup-python@v5
        with:
          python-version: ${{ matrix.python }}
      - run: echo ${{ env.A }} ${{ github.sha }}
  d:
    runs-on: ubuntu-latest
    strategy: {matrix: '${{ fromJSON(needs.x.outputs.m) }}'}
    steps: []
";

#[test]
fn a_matrix_is_expanded_with_exclude_and_include_and_keeps_its_places() {
    let workflow = parse(FileId(0), MATRIX);
    assert!(workflow.problems.is_empty(), "{:?}", workflow.problems);
    let runs = expand(&workflow, &workflow.jobs[0], &BTreeMap::new());
    let pythons: Vec<_> = runs.iter().map(|run| run.python[0].0.one().map_or("?", String::as_str)).collect();
    assert_eq!(pythons, ["3.12", "3.12", "3.1", "3.13"]);
    assert_eq!(&MATRIX[runs[2].python[0].1.range()], "3.10");
    assert_eq!(runs[1].matrix.get("extra"), Some(&Known::One("true".into())));
    assert_eq!(runs[0].matrix.get("extra"), None);
    assert_eq!(runs[3].labels[0].0, Known::One("macos-14".into()));
    assert_eq!(runs[0].env["A"].0, Known::One("10".into()));
    assert!(runs[0].steps[1].run.as_ref().is_some_and(Known::is_unknown));
    let runs = expand(&workflow, &workflow.jobs[1], &BTreeMap::new());
    assert!(runs.len() == 1 && runs[0].row.is_err());
}
