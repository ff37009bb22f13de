//! Tests of the readers: the same line, read by each.

use super::*;

const ALL: [Dialect; 5] =
    [Dialect::PythonDotenv, Dialect::Compose, Dialect::ComposeRaw, Dialect::DjangoEnviron, Dialect::Decouple];

/// The last value of `A`.
fn get(text: &str, dialect: Dialect) -> Option<String> {
    let read = parse(FileId(0), text, dialect, &World::empty());
    let entry = read.entries.iter().rfind(|entry| entry.name.value == "A" && !entry.commented)?;
    for part in [Some(&entry.name), entry.value.as_ref()].into_iter().flatten() {
        assert!(text.get(part.span.range()).is_some(), "{dialect:?} {text:?}");
    }
    entry.value.clone().map(|value| value.value)
}

#[test]
fn each_reader_reads_a_line_in_its_own_way() {
    let rows: [(&str, [Option<&str>; 5]); 9] = [
        (
            "A=two words # c",
            [Some("two words"), Some("two words"), Some("two words # c"), Some("two words # c"), Some("two words # c")],
        ),
        ("B=1\nA='${B}'", [Some("1"), Some("${B}"), Some("'${B}'"), Some("${B}"), Some("${B}")]),
        (
            "B=1\nA=\"x ${B} $B\"",
            [Some("x 1 $B"), Some("x 1 1"), Some("\"x ${B} $B\""), Some("x ${B} $B"), Some("x ${B} $B")],
        ),
        ("export A=1", [Some("1"), Some("1"), None, Some("1"), None]),
        ("A", [None, None, None, None, None]),
        ("A: v", [None, Some("v"), None, None, None]),
        ("A = v", [Some("v"), Some("v"), None, None, Some("v")]),
        ("A=\"x\ny\"\nB=1", [Some("x\ny"), Some("x\ny"), Some("\"x"), Some("\"x"), Some("\"x")]),
        ("A=\"x\" # c\n", [Some("x"), Some("x"), Some("\"x\" # c"), Some("\"x\" # c"), Some("\"x\" # c")]),
    ];
    for (text, wanted) in rows {
        for (dialect, wanted) in ALL.into_iter().zip(wanted) {
            assert_eq!(get(text, dialect).as_deref(), wanted, "{dialect:?} {text:?}");
        }
    }
}

#[test]
fn commented_lines_are_documentation() {
    for dialect in ALL {
        let read = parse(FileId(0), "# DEBUG=\"1\"\n#B=2\n# words of text\n", dialect, &World::empty());
        let texts: Vec<_> = read.entries.iter().map(|e| (e.name.value.as_str(), e.commented)).collect();
        assert_eq!(texts, [("DEBUG", true), ("B", true)], "{dialect:?}");
        assert!(vars(&read).is_empty() && read.problems.is_empty(), "{dialect:?}");
    }
}

#[test]
fn what_an_open_world_may_change_is_not_stated() {
    let open = World::Open(Vars::new());
    for dialect in [Dialect::PythonDotenv, Dialect::Compose] {
        let found = vars(&parse(FileId(0), "A=${X}\nB=${X:-d}\n", dialect, &open));
        assert!(found["A"].value.is_unknown(), "{dialect:?}");
        assert_eq!(found["B"].value, Known::One("d".into()), "{dialect:?}");
        assert_eq!(found["B"].certainty, Certainty::Default { variable: Some("X".into()) }, "{dialect:?}");
    }
}

#[test]
fn lines_that_are_refused_are_problems_and_no_more() {
    for text in ["A=\"x", "A B=1", "'A", "=", "\u{feff}", "A='\\'", "é\r\n", "export", "export ", "#", "A=$", "A=${", "\r"]
    {
        for dialect in ALL {
            let _ = parse(FileId(0), text, dialect, &World::Open(Vars::new()));
        }
    }
    let read = parse(FileId(0), "A=1\n\nB C\nD=2\n", Dialect::PythonDotenv, &World::empty());
    assert_eq!((read.problems.len(), read.entries.len()), (1, 2));
}
