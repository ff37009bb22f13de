use super::*;
use crate::discover::{Overlay, Tree};
use crate::formats::{Var, Vars, World};
use crate::model::Origin;

fn read(text: &str) -> RequirementsFile {
    parse(FileId(0), text)
}

fn slice(text: &str, span: Span) -> &str {
    &text[span.range()]
}

#[test]
fn every_part_of_a_requirement_has_its_own_place() {
    let text = "# top\n  Foo_Bar[A,b.c] >= 1.0 , <2 ; python_version < \"3.12\"  # why\n";
    let file = read(text);
    let found = file.requirements().next().unwrap();
    assert_eq!((found.name.value.as_str(), slice(text, found.name.span)), ("foo-bar", "Foo_Bar"));
    assert_eq!(found.extras, BTreeSet::from(["a".to_owned(), "b-c".to_owned()]));
    let clauses: Vec<_> = found.clauses.iter().map(|c| slice(text, c.span)).collect();
    assert_eq!(clauses, [">= 1.0", "<2"]);
    assert_eq!(found.canonical_specifier(), "<2,>=1.0");
    assert_eq!(slice(text, found.marker.as_ref().unwrap().span), "python_version < \"3.12\"");
}

#[test]
fn continued_lines_keep_places_and_hashes() {
    let text = "foo==1.0 \\\r\n    --hash=sha256:aa \\\n    --hash sha256:bb\nbar\n";
    let file = read(text);
    let found: Vec<_> = file.requirements().collect();
    assert_eq!(found.len(), 2);
    assert_eq!(slice(text, found[0].pin().unwrap().span), "1.0");
    let hashes: Vec<_> = found[0].hashes.iter().map(|h| (h.value.as_str(), slice(text, h.span))).collect();
    assert_eq!(hashes, [("sha256:aa", "sha256:aa"), ("sha256:bb", "sha256:bb")]);
    assert_eq!(slice(text, found[1].span), "bar");
}

#[test]
fn a_comment_line_ends_a_continuation() {
    let file = read("foo \\\n# no more\n==1\n");
    assert!(matches!(&file.lines[0].kind, LineKind::Requirement(r) if r.name.value == "foo" && r.specifier.is_none()));
    assert!(matches!(&file.lines[1].kind, LineKind::Invalid { .. }));
}

#[test]
fn addresses_paths_and_wheels_are_told_apart() {
    let text = "git+https://h/x.git@v1#egg=Thing\n-e .[dev]\n./sub\nhttps://h/pkg-1.2-py3-none-any.whl\nfoo @ https://h/a.zip ; os_name == 'nt'\n";
    let file = read(text);
    let names: Vec<String> = file
        .lines
        .iter()
        .map(|line| match &line.kind {
            LineKind::Requirement(r) => format!("{}{}", r.name.value, r.canonical_specifier()),
            LineKind::Direct(d) => format!("{} {:?} {}", d.target.value, d.extras, d.editable),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(names, ["thing", ". {\"dev\"} true", "./sub {} false", "pkg==1.2", "foo"]);
}

#[test]
fn markers_are_decided_only_where_the_environment_decides_them() {
    let holds = |text: &str, python: Option<&str>| Marker::parse(text).unwrap().applies(&MarkerEnv::linux(python));
    assert_eq!(holds("python_version < '3.9'", Some("3.12")), Some(false));
    assert_eq!(holds("python_version < '3.9'", None), None);
    assert_eq!(holds("python_full_version >= '3.12'", Some("3.12")), Some(true));
    assert_eq!(holds("python_full_version >= '3.12.4'", Some("3.12")), None);
    assert_eq!(holds("sys_platform == 'win32' and python_version < '3.9'", None), Some(false));
    assert_eq!(holds("platform_machine == 'x86_64'", Some("3.12")), None);
    assert_eq!(holds("platform_machine == 'x86_64' or platform_machine == 'aarch64'", Some("3.12")), Some(true));
    assert_eq!(holds("extra == 'test'", Some("3.12")), Some(false));
    assert_eq!(holds("python_version in '3.11 3.12'", Some("3.12")), Some(true));
}

#[test]
fn markers_print_as_their_reference_prints_them() {
    let text = "(os.name=='nt' or sys_platform=='x') and python_version>'3'";
    let printed = Marker::parse(text).unwrap().to_string();
    assert_eq!(printed, "(os_name == \"nt\" or sys_platform == \"x\") and python_version > \"3\"");
    assert!(Marker::parse("nothing == '1'").is_none());
    assert!(Marker::parse(&"(".repeat(3000)).is_none());
}

#[test]
fn includes_are_relative_to_their_file_and_missing_ones_are_told() {
    let files = [
        ("r/prod.txt", "-r base.txt\n-c ../c.txt\ngunicorn\n"),
        ("r/base.txt", "django==5.0\n"),
        ("c.txt", "django<6\n"),
    ];
    let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
    let loaded = load(&tree, tree.find("r/prod.txt").unwrap(), &MarkerEnv::default());
    let lines: Vec<_> =
        loaded.entries.iter().map(|e| (tree.path(e.file), e.constraint, e.origin.steps.len())).collect();
    assert_eq!(lines, [("r/base.txt", false, 2), ("c.txt", true, 2), ("r/prod.txt", false, 1)]);
    assert!(loaded.incomplete.is_none());
    let tree = Tree::open(Box::new(Overlay::of([("a.txt", "-r none.txt\n-r a.txt\nfoo\n")]))).unwrap();
    let loaded = load(&tree, FileId(0), &MarkerEnv::default());
    assert_eq!((loaded.entries.len(), loaded.problems.len(), loaded.incomplete.is_some()), (1, 2, true));
}

#[test]
fn variables_are_replaced_only_where_they_are_known() {
    let mut vars = Vars::new();
    vars.insert("TOKEN".into(), Var::set("abc", Origin::default()));
    let text = "foo @ git+https://${TOKEN}@h/x\nbar @ https://${OTHER}/y\n";
    let file = parse_with(FileId(0), text, &World::Closed(vars));
    let urls: Vec<_> = file.requirements().map(|r| r.url.as_ref().unwrap().value.as_str()).collect();
    assert_eq!(urls, ["git+https://abc@h/x", "https://${OTHER}/y"]);
}

#[test]
fn no_text_breaks_the_reader() {
    for text in [
        "\u{feff}é==1",
        "-e",
        "-r",
        "a[",
        "a[b",
        "a @",
        ";",
        "\\",
        "a\\",
        "-é",
        "--",
        "${",
        "é @ x",
        "a==1;;",
        "-c=",
        "a (",
        "\u{feff}",
    ] {
        for line in read(text).lines {
            assert!(text.get(line.span.range()).is_some(), "{text:?}");
        }
    }
}

#[test]
fn poetry_constraints_become_specifiers() {
    let table = [
        ("^1.2.3", Some("<2.0.0,>=1.2.3")),
        ("^0.2", Some("<0.3,>=0.2")),
        ("~1.2", Some("<1.3,>=1.2")),
        ("1.*", Some("==1.*")),
        ("*", Some("")),
        ("1.0", Some("==1.0")),
        (">= 1.0, <2", Some("<2,>=1.0")),
        ("^2.38.1-alpha.0", Some("<3.0.0,>=2.38.1a0")),
        ("~2024.01", Some("<2024.2,>=2024.1")),
        ("1.0-1", Some("==1.0.post1")),
        ("^1!0.3", Some("<1!0.4,>=1!0.3")),
        ("!=1.02.*", Some("!=1.2.*")),
        (">=1.2.*", Some(">=1.2")),
        ("^1.*", None),
        ("^1 || ^2", None),
    ];
    for (constraint, wanted) in table {
        assert_eq!(versions::from_poetry(constraint).as_deref(), wanted, "{constraint}");
    }
}

#[test]
fn parentheses_of_a_marker_stay_but_around_one_comparison() {
    for (written, printed) in [
        (
            "(os_name == 'a' and python_version < '3') or os_name=='b'",
            "(os_name == \"a\" and python_version < \"3\") or os_name == \"b\"",
        ),
        (
            "os_name == 'a' and python_version < '3' or os_name == 'b'",
            "os_name == \"a\" and python_version < \"3\" or os_name == \"b\"",
        ),
        ("((os_name == 'a')) and (os_name == 'b')", "os_name == \"a\" and os_name == \"b\""),
        ("(os_name == 'a' or os_name == 'b')", "os_name == \"a\" or os_name == \"b\""),
    ] {
        assert_eq!(Marker::parse(written).unwrap().to_string(), printed);
    }
}

fn kinds(text: &str) -> Vec<String> {
    let show = |line: &Line| match &line.kind {
        LineKind::Requirement(r) => format!("{}{}", r.name.value, r.canonical_specifier()),
        LineKind::Direct(d) => format!("path {}", d.target.value),
        LineKind::Include { constraint, .. } => format!("include {constraint}"),
        LineKind::Options(options) => format!("options {}", options.len()),
        LineKind::Invalid { .. } => "invalid".to_owned(),
    };
    read(text).lines.iter().map(show).collect()
}

#[test]
fn options_are_read_as_pip_reads_them() {
    let file = read("--trus a --find='x y' -ihttps://i stray\n--re x\n--pre=1\n-f 'open\n--hash=md5:a\n");
    let LineKind::Options(options) = &file.lines[0].kind else { panic!("no options") };
    let found: Vec<_> = options.iter().map(|o| (o.name.as_str(), o.value.as_ref().unwrap().value.as_str())).collect();
    assert_eq!(found, [("--trusted-host", "a"), ("--find-links", "x y"), ("--index-url", "https://i")]);
    assert_eq!(file.problems.len(), 4);
}

#[test]
fn formats_of_one_line_take_from_each_other() {
    let file = read("--no-binary a,B_c --only-binary :all: --no-binary d\n");
    let LineKind::Options(options) = &file.lines[0].kind else { panic!("no options") };
    assert_eq!(options::formats(options), [vec!["d".to_owned()], vec![":all:".to_owned()]]);
}

#[test]
fn lines_end_where_python_ends_them_and_are_counted_so() {
    let numbers: Vec<_> = read("a\rb\r\nc\u{2028}\\\nd\n").lines.iter().map(|line| line.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
}

#[test]
fn addresses_name_their_package_only_as_pip_allows() {
    let text = "https://h/x#egg=a[b]\nhttps://h/a_b-1.0%2Bcpu-py3-none-any.whl\nhttps://h/a-x-py3-none-any.whl\n\
                -e https://h/x.zip#egg=x\n-e git:https://h/x#egg=z\n./none\nfoo_\nfoo-\nfoo===\n";
    let wanted = ["invalid", "a-b==1.0+cpu", "invalid", "invalid", "z", "path ./none", "foo-", "invalid", "foo==="];
    assert_eq!(kinds(text), wanted);
}

#[test]
fn a_version_behind_the_name_of_an_address_is_no_part_of_the_name() {
    assert_eq!(kinds("git+https://h/x.git@1.2#egg=a-b==1.2\n-e git+https://h/y@v2#egg=c==2\n"), ["a-b", "c"]);
}

#[test]
fn texts_have_no_order_and_operators_without_meaning_are_told() {
    let env = MarkerEnv::linux(Some("3.12"));
    let holds = |text: &str| Marker::parse(text).unwrap().applies(&env);
    assert_eq!((holds("os_name < 'z'"), holds("os_name >= 'posix'")), (Some(false), Some(true)));
    assert!(Marker::parse("os_name ~= 'x'").unwrap().undefined().is_some());
    assert!(Marker::parse("python_version ~= '3.8'").unwrap().undefined().is_none());
}

#[test]
fn a_constraint_pins_what_is_required() {
    let files = [("r.txt", "foo>1\n-c c.txt\n"), ("c.txt", "foo==2\n-r d.txt\n"), ("d.txt", "bar\n")];
    let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
    let loaded = load(&tree, tree.find("r.txt").unwrap(), &MarkerEnv::default());
    assert_eq!(loaded.pin("foo").unwrap().value, "2");
    assert_eq!(loaded.clauses("foo").count(), 2);
    assert_eq!(loaded.entries.iter().map(|e| e.constraint).collect::<Vec<_>>(), [false, true, false]);
}
