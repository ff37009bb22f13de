use super::super::ast::{Command, Dialect, Item, Join, Script};
use super::script;
use crate::model::{FileId, SpanMap};

fn read(text: &str) -> Script {
    script(text, &SpanMap::Linear { file: FileId(0), base: 0 }, Dialect::Bash)
}

fn raws(item: &Item) -> Vec<&str> {
    let Command::Simple(simple) = &item.command else { panic!("{item:?}") };
    simple.words.iter().map(|word| word.raw.as_str()).collect()
}

#[test]
fn a_list_is_flat_and_keeps_its_operators() {
    let script = read("! a | b && c || d; e & f\ng");
    let joins: Vec<_> = script.items.iter().map(|item| item.join).collect();
    let (and, or, pipe) = (Some(Join::And), Some(Join::Or), Some(Join::Pipe));
    assert_eq!(joins, [pipe, and, or, Some(Join::Semicolon), Some(Join::Background), Some(Join::Newline), None]);
    assert!(script.items[0].negated && script.problems.is_empty());
}

#[test]
fn words_keep_their_quoting_and_their_place() {
    let text = "A=1 B+=x cmd \"a $X\" 'b c' $(d \"e )\") \\\n  `f` ${G:-h i} >out 2>&1 # no";
    let script = read(text);
    assert_eq!(raws(&script.items[0]), ["cmd", "\"a $X\"", "'b c'", "$(d \"e )\")", "`f`", "${G:-h i}"]);
    let Command::Simple(simple) = &script.items[0].command else { panic!() };
    for word in &simple.words {
        assert_eq!(&text[word.span.range()], word.raw);
    }
    assert_eq!(simple.assigns.len(), 2);
    assert_eq!(script.items[0].redirects.len(), 2);
    assert_eq!(script.problems, []);
}

#[test]
fn compound_commands_are_read() {
    for text in [
        "if a; then b; elif c; then d; else e; fi",
        "for x in 1 2; do a; done",
        "for x; do a; done",
        "for ((i=0; i<3; i++)); do a; done",
        "while a; do b; done < f",
        "case $x in (a|b) c;; *) d ;& esac",
        "case $x in a) ;; esac",
        "(a; b) | { c; d; }",
        "f() { a; }",
        "function f { a; }",
        "[[ -n $x && ( $y == a* || ! $z =~ ^(a|b c)$ ) ]]",
        "(( a + (b) ))",
        "{ if a; then b; fi }",
        "if a; then\nfi",
        "wh\\\nile a; do b; done",
        "a=(b # c\n d)",
        "`a \\`b\\``",
        "[[ a =~ ^(b c|[[:space:]])$ ]]",
        "cat <<A | b <<-'B'\n$(c)\nA\n\td\n\tB\nf() {\nx=$(a <<C\nC\n)\n}",
        "let x=1+2",
        "time -p a | b",
        "coproc X { a; }",
        "a <(b) >(c) <<<\"$d\"",
        "A=(1 \"2 3\" # no\n 4) B[1]=x C[${#C[@]}]=$D",
        "echo $((1 + (2))) ${#x} ${x%%.*} ${x/a/b} ${!x} $# $$ ${x[@]}",
        "select x in a b; do c; done",
    ] {
        let script = read(text);
        assert_eq!(script.problems, [], "{text}");
        assert!(!script.items.is_empty());
    }
}

#[test]
fn what_no_shell_reads_is_a_problem() {
    for text in [
        "$((1 +))",
        "((a; b); c)",
        "$((1 ? 2))",
        "let",
        "${a b}",
        "${1a}",
        "${#a:-b}",
        "cat <<E\na",
        "cat <<$x\n$x\n",
        "A=(1) b",
        "a[1] b",
        "function 'f' { a; }",
        "export a-b=c",
        "[[ a b ]]",
        "[[ a == ]]",
        "! ! a",
        "a | ! b",
        "a && ;",
        "for 'x' in a; do b; done",
        "case a in b c) ;; esac",
        "a &&& b",
        "a; ; b",
        "${x",
        "`a",
        "x=$(a",
        "$[1",
        "cat <<E\r\na\r\nE\r\n",
    ] {
        assert!(!read(text).problems.is_empty(), "{text}");
    }
    let posix = |text| script(text, &SpanMap::Linear { file: FileId(0), base: 0 }, Dialect::Posix).problems;
    for text in ["a=(b)", "${x/a/b}", "${x:1}", "f-g() { a; }", "for ((;;)); do a; done", "a {x}>b", "@(a)"] {
        assert!(!posix(text).is_empty(), "{text}");
    }
}

#[test]
fn a_comment_ends_with_its_line_and_starts_behind_a_blank() {
    assert_eq!(read("a # b \\\nc").items.len(), 2);
    assert_eq!(raws(&read("a \"b\"#c d").items[0]), ["a", "\"b\"#c", "d"]);
}

#[test]
fn many_errors_are_read_once() {
    for piece in ["a <<E\n", "'\n(\n", "if a\n", "\"$(\n"] {
        assert!(!read(&piece.repeat(20_000)).problems.is_empty());
    }
}

#[test]
fn heredocs_are_taken_from_the_lines_below() {
    let script = read("cat <<A <<-'B' && c\none\nA\n\ttwo $x\n\tB\nd");
    assert_eq!(script.heredocs[0].text, "one\n");
    assert_eq!((script.heredocs[1].text.as_str(), script.heredocs[1].quoted), ("two $x\n", true));
    assert_eq!(raws(&script.items[2]), ["d"]);
}

#[test]
fn reading_goes_on_after_an_error() {
    let script = read("a )\nfi\nb 'c\n");
    assert_eq!(script.problems.len(), 3);
    let script = read("if then\nb");
    assert_eq!(raws(&script.items[0]), ["b"]);
}

#[test]
fn a_github_expression_is_an_expansion() {
    let map = SpanMap::Linear { file: FileId(0), base: 0 };
    let script = script("echo ${{ a.b || 'c' }} \"x ${{ d }}\"", &map, Dialect::Github);
    assert_eq!(raws(&script.items[0]), ["echo", "${{ a.b || 'c' }}", "\"x ${{ d }}\""]);
}

#[test]
fn deep_nesting_and_broken_text_are_survived() {
    for piece in ["(", "$(", "{ ", "if ", "`", "${a:-", "[[ ( ", "\"$(", "! ", "a && ", "((", "case x in ", "f() "] {
        assert!(!read(&piece.repeat(5001)).problems.is_empty(), "{piece}");
    }
    let text = "é\\é'é'\"é\\é\"$é${é}<<é\n@(é";
    for (at, _) in text.char_indices() {
        read(&text[at..]);
    }
}
