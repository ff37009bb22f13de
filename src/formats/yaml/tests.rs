//! Tests of the YAML reader.

use super::*;

fn read(text: &str) -> Document {
    super::parse(FileId(0), text)
}

#[test]
fn own_keys_win_over_merged_ones() {
    let document = read("base: &b\n  a: 1\n  c: 3\nuse:\n  a: 2\n  <<: *b\n");
    let node = document.root().unwrap().get("use").unwrap();
    assert_eq!(node.get("a").and_then(NodeRef::as_str), Some("2"));
    assert_eq!(node.get("c").and_then(NodeRef::as_str), Some("3"));
}

#[test]
fn literal_blocks_lie_line_by_line_over_the_file() {
    let text = "run: |\n  pip install x\n\n  pytest\nnext: 1\n";
    let document = read(text);
    let node = document.root().unwrap().get("run").unwrap();
    let value = node.as_str().unwrap();
    let at = value.find("pytest").unwrap();
    let span = node.scalar_map().span(at, at + 6);
    assert_eq!(&text[span.range()], "pytest");
    let span = node.scalar_map().span(0, 3);
    assert_eq!(&text[span.range()], "pip");
}

#[test]
fn a_broken_file_keeps_what_was_read() {
    let document = read("a: 1\nb: [1, 2\n");
    assert!(!document.problems.is_empty());
    assert_eq!(document.root().unwrap().get("a").and_then(NodeRef::as_str), Some("1"));
}

#[test]
fn an_alias_to_its_holder_ends() {
    let document = read("a: &a [*a]\n");
    assert!(document.root().unwrap().get("a").unwrap().items()[0].entries().is_empty());
}

#[test]
fn keys_that_stand_twice_are_a_problem_and_the_last_counts() {
    let document = read("a: 1\na: 2\n");
    assert_eq!(document.problems.len(), 1);
    assert_eq!(document.root().unwrap().get("a").and_then(NodeRef::as_str), Some("2"));
}

#[test]
fn null_is_a_plain_nothing() {
    let document = read("a:\nb: ~\nc: ''\n");
    let root = document.root().unwrap();
    assert!(root.get("a").unwrap().is_null() && root.get("b").unwrap().is_null());
    assert!(!root.get("c").unwrap().is_null());
}

#[test]
fn deep_nesting_is_a_problem_not_a_crash() {
    let document = read(&"- ".repeat(5000));
    assert!(!document.problems.is_empty());
}

#[test]
fn documents_of_one_file_are_kept_apart() {
    let documents = parse_all(FileId(0), "a: 1\n---\na: 2\n");
    let texts: Vec<_> = documents.iter().map(|d| d.root().unwrap().get("a").and_then(NodeRef::as_str)).collect();
    assert_eq!(texts, [Some("1"), Some("2")]);
}

#[test]
fn comments_are_kept_with_their_places() {
    let text = "# one\na: 1 # two\n";
    let document = read(text);
    let slices: Vec<&str> = document.comments.iter().map(|comment| &text[comment.span.range()]).collect();
    assert_eq!(slices, ["# one", "# two"]);
    assert_eq!(document.root().unwrap().get("a").and_then(NodeRef::as_str), Some("1"));
}

#[test]
fn blocks_of_every_form_lie_exactly_over_the_file() {
    let forms = [
        "|\n  a b\n  c\n",
        "|-\n  a\n\n    b c\n  d",
        "|2\n    a\n  b\n",
        "|+ # note\n\n  ä b\n\n",
        "|\r\n  a\r\n  b\r\n",
        ">\n  a b\n  c\n\n  d\n    e\n  f\n",
        ">-\n\n  a\n  b",
    ];
    for form in forms {
        for text in [format!("k: {form}"), format!("- {form}"), format!("x:\n- k: {form}").replace("\n  ", "\n    ")] {
            let document = read(&text);
            let mut node = document.root().unwrap();
            while !node.is_scalar() {
                node =
                    node.items().into_iter().chain(node.entries().into_iter().map(|(_, value)| value)).next().unwrap();
            }
            let value = node.as_str().unwrap();
            let map = node.scalar_map();
            assert!(matches!(map, SpanMap::Pieces { .. }), "{text:?} {map:?}");
            for (at, c) in value.char_indices().filter(|(_, c)| !matches!(c, ' ' | '\n')) {
                let span = map.span(at, at + c.len_utf8());
                assert_eq!(text[span.range()], *c.to_string(), "{text:?} at {at}");
            }
        }
    }
}

fn root_text(text: &str) -> Option<String> {
    let document = parse(FileId(0), text);
    let value = document.root()?.get("a")?.as_str().map(str::to_owned);
    if document.problems.is_empty() { value } else { None }
}

#[test]
fn lines_of_a_quoted_text_may_stand_no_deeper_than_its_key() {
    let text = "a:\n  b: \"one\n  two\nthree\"\n  c: 'x\n\n  y'\n  d: z\n";
    let document = parse(FileId(0), text);
    assert!(document.problems.is_empty());
    let a = document.root().and_then(|root| root.get("a")).unwrap();
    let value = |key: &str| a.get(key).and_then(NodeRef::as_str).unwrap();
    assert_eq!((value("b"), value("c"), value("d")), ("one two three", "x\ny", "z"));
    assert_eq!(root_text("a: \"x\n\t y\"\n"), Some("x y".to_owned()));
    assert_eq!(root_text("a:\n\tb: 'x'\n"), None);
    let place = a.get("d").unwrap().span();
    assert_eq!(&text[place.range()], "z");
}
