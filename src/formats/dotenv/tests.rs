//! Tests of the readers of files of variables.

use super::*;

fn read(text: &str, dialect: Dialect) -> Dotenv {
    parse(FileId(0), text, dialect, &World::empty())
}

fn entry<'r>(read: &'r Dotenv, name: &str) -> Option<&'r Entry> {
    read.entries.iter().rev().find(|entry| !entry.commented && entry.name.value == name)
}

fn get(text: &str, dialect: Dialect) -> Option<String> {
    let read = read(text, dialect);
    match entry(&read, "A")?.value.clone() {
        Some(value) => Some(value.value),
        None => Some("(null)".into()),
    }
}

/// The value of `A` in the order of [`Dialect::ALL`].
fn rows(text: &str, wanted: [Option<&str>; 5]) {
    for (dialect, wanted) in Dialect::ALL.into_iter().zip(wanted) {
        assert_eq!(get(text, dialect).as_deref(), wanted, "{text:?} {dialect:?}");
    }
}

#[test]
fn every_dialect_reads_the_same_line_its_own_way() {
    let hash = Some("two words # c");
    rows("A=two words # c\n", [Some("two words"), Some("two words"), hash, hash, hash]);
    rows("B=1\nA='${B}'\n", [Some("1"), Some("${B}"), Some("'${B}'"), Some("${B}"), Some("${B}")]);
    let kept = Some("x ${B} $B");
    rows("B=1\nA=\"x ${B} $B\"\n", [Some("x 1 $B"), Some("x 1 1"), Some("\"x ${B} $B\""), kept, kept]);
    rows("export A=1\n", [Some("1"), Some("1"), None, Some("1"), None]);
    rows("A\n", [Some("(null)"), None, None, None, None]);
    rows("A: v\n", [None, Some("v"), None, None, None]);
    rows("A = v\n", [Some("v"), Some("v"), None, None, Some("v")]);
    rows("A=\"x\ny\"\n", [Some("x\ny"), Some("x\ny"), Some("\"x"), Some("\"x"), Some("\"x")]);
    rows("A=a\\nb\"\n", [Some("a\\nb\""); 5]);
    rows(
        "A=\"a\\nb\\\"\"\n",
        [Some("a\nb\""), Some("a\nb\""), Some("\"a\\nb\\\"\""), Some("a\\nb\""), Some("a\\nb\\\"")],
    );
    rows("A=#x\n", [Some("#x"); 5]);
    rows("A=1\r\nB=2\r\n", [Some("1"); 5]);
    rows("A='x\r\ny'\r\n", [Some("x\ny"), Some("x\r\ny"), Some("'x"), Some("'x"), Some("'x")]);
}

#[test]
fn a_name_alone_takes_its_value_from_outside() {
    let mut world = World::empty();
    world.vars_mut().insert("A".into(), Var::set("out", Origin::default()));
    let read = parse(FileId(0), "A\n", Dialect::Compose, &world);
    assert_eq!(vars(&read)["A"].value, Known::One("out".into()));
}

#[test]
fn compose_gives_a_file_up_at_the_first_fault_and_python_goes_on() {
    let text = "B!=1\nA=2\n";
    assert_eq!(read(text, Dialect::Compose).problems.len(), 1);
    assert_eq!(get(text, Dialect::Compose), None);
    assert_eq!(get("'B\nA=2\n", Dialect::PythonDotenv).as_deref(), Some("2"));
}

#[test]
fn names_and_values_have_their_places() {
    let text = "# c\nexport A=\"x y\" # d\n";
    for dialect in [Dialect::PythonDotenv, Dialect::Compose] {
        let read = read(text, dialect);
        let entry = entry(&read, "A").unwrap();
        assert_eq!(&text[entry.name.span.range()], "A");
        assert_eq!(&text[entry.value.as_ref().unwrap().span.range()], "x y");
    }
}

#[test]
fn an_open_world_decides_defaults_but_not_names() {
    let world = World::Open(Vars::new());
    for dialect in [Dialect::PythonDotenv, Dialect::Compose] {
        let vars = vars(&parse(FileId(0), "A=${X}\nB=${X:-d}\n", dialect, &world));
        assert!(vars["A"].value.is_unknown(), "{dialect:?}");
        assert_eq!(vars["B"].value, Known::One("d".into()), "{dialect:?}");
        assert!(vars["B"].certainty.is_default(), "{dialect:?}");
    }
}

#[test]
fn commented_lines_are_documentation() {
    let text = "# DEBUG=1\n#export KEY='x'\n# see: A=b\n";
    for dialect in Dialect::ALL {
        let read = read(text, dialect);
        let seen: Vec<(&str, &str)> = read
            .entries
            .iter()
            .map(|entry| (&text[entry.name.span.range()], &text[entry.value.as_ref().unwrap().span.range()]))
            .collect();
        assert_eq!(seen, [("DEBUG", "1"), ("KEY", "x")], "{dialect:?}");
        assert!(vars(&read).is_empty());
    }
}

#[test]
fn nothing_that_is_thrown_at_them_makes_them_panic() {
    for text in [
        "",
        "=",
        "'",
        "\"",
        "A=\"",
        "A='\\",
        "\\",
        "${",
        "A=${",
        "é=\u{85}ü\\",
        "export",
        "export ",
        "\u{feff}A=1",
        "A=\\0\\07",
    ] {
        for dialect in Dialect::ALL {
            parse(FileId(0), text, dialect, &World::Open(Vars::new()));
        }
    }
}
