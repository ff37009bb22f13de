use super::*;
use crate::formats::world::Var;
use crate::model::{Certainty, Known, Origin, Reason, StepKind};

fn read(text: &str) -> Dockerfile {
    parse(FileId(0), text)
}

fn built(text: &str) -> Build {
    built_with(text, &BuildInputs::default())
}

fn built_with(text: &str, inputs: &BuildInputs) -> Build {
    build(&read(text), text, inputs)
}

fn at(text: &str, span: Span) -> &str {
    &text[span.range()]
}

fn values(words: &[Spanned<String>]) -> Vec<&str> {
    words.iter().map(|word| word.value.as_str()).collect()
}

fn arg(name: &str, value: Known<String>) -> BuildInputs {
    let var = Var { value, certainty: Certainty::Stated, origin: Origin::default() };
    BuildInputs { args: [(name.to_owned(), var)].into(), ..BuildInputs::default() }
}

#[test]
fn comments_and_blank_lines_inside_a_continuation_are_left_out_and_words_keep_their_places() {
    let text = "FROM a\nENV A=1 \\\n  # why\n\n  B=\"two words\"\n";
    let file = read(text);
    let env = &file.instructions[1];
    assert_eq!(values(&env.args), ["A", "1", "B", "\"two words\""]);
    assert_eq!(at(text, env.args[2].span), "B");
    assert_eq!(at(text, env.args[3].span), "\"two words\"");
    assert_eq!((env.first_line, env.last_line), (2, 5));
}

#[test]
fn a_byte_order_mark_and_carriage_returns_do_not_shift_places() {
    let text = "\u{feff}FROM a:1\r\nRUN x \\\r\n  y\r\n";
    let file = read(text);
    assert_eq!(at(text, file.instructions[0].args[0].span), "a:1");
    assert_eq!(file.instructions[1].rest.text, "x   y");
    assert!(file.problems.is_empty());
}

#[test]
fn a_line_that_cannot_be_read_is_a_problem_and_the_rest_is_kept() {
    let text = "FROM a\nFOO bar\nENV X\nUSER me\n";
    let file = read(text);
    assert_eq!(file.problems.len(), 2);
    assert_eq!(at(text, file.problems[0].span), "FOO bar");
    assert_eq!(file.instructions.last().map(|last| last.keyword.value.as_str()), Some("USER"));
}

#[test]
fn an_unterminated_heredoc_does_not_swallow_the_instructions_behind_it() {
    let text = "FROM a\nRUN cat <<EOF\nhello there\nUSER me\n";
    let file = read(text);
    assert_eq!(file.problems.len(), 1);
    assert_eq!(values(&file.instructions[2].args), ["me"]);
}

#[test]
fn the_escape_directive_changes_continuations() {
    let file = read("# escape=`\nFROM a\nRUN dir C:\\ `\n  /w\n");
    assert_eq!(file.escape, '`');
    assert_eq!(file.instructions[1].rest.text, "dir C:\\   /w");
}

#[test]
fn words_of_an_exec_form_have_places_of_their_own() {
    let text = "FROM a\nCMD [ \"run\", \"a \\\"b\\\"\", \"\" ]\n";
    let cmd = &read(text).instructions[1];
    assert!(cmd.json);
    assert_eq!(values(&cmd.args), ["run", "a \"b\"", ""]);
    assert_eq!(at(text, cmd.args[0].span), "run");
    assert_eq!(at(text, cmd.args[1].span), "a \\\"b\\\"");
    assert_eq!(at(text, cmd.args[2].span), "");
}

#[test]
fn a_test_in_brackets_is_a_shell_form() {
    let file = read("FROM a\nRUN [ -f x ] && y\n");
    assert!(!file.instructions[1].json);
}

#[test]
fn several_heredocs_of_one_run_follow_the_text_for_the_shell() {
    let text = "FROM a\nRUN cat <<A && cat <<-\"B\"\none\nA\n\ttwo\n\tB\nUSER me\n";
    let file = read(text);
    let run = &file.instructions[1];
    assert_eq!(run.heredocs.iter().map(|part| part.expand).collect::<Vec<_>>(), [true, false]);
    let built = build(&file, text, &BuildInputs::default());
    let Action::Run { body: RunBody::Shell { text: body, map }, .. } = &built.stages[0].steps[0].action else {
        unreachable!("a shell form");
    };
    assert_eq!(body, "cat <<A && cat <<-\"B\"\none\nA\n\ttwo\nB");
    let place = body.find("two").unwrap_or_default();
    assert_eq!(at(text, map.span(place, place + 3)), "two");
}

#[test]
fn a_run_that_is_only_a_heredoc_is_a_script() {
    let built = built("FROM a\nRUN <<-EOF\n\t#!/usr/bin/env python\n\tprint(1)\n\tEOF\n");
    let Action::Run { body: RunBody::Heredoc { text, interpreter, .. }, .. } = &built.stages[0].steps[0].action else {
        unreachable!("a script");
    };
    assert_eq!(text, "#!/usr/bin/env python\nprint(1)\n");
    assert_eq!(interpreter.as_deref(), Some("/usr/bin/env python"));
}

#[test]
fn the_default_of_an_arg_makes_the_base_a_default() {
    let text = "ARG V=3.12\nFROM python:${V}-slim AS base\n";
    let build = built(text);
    let base = &build.stages[0].base;
    assert_eq!(base.reference, Known::One("python:3.12-slim".into()));
    assert_eq!(base.certainty, Certainty::Default { variable: Some("V".into()) });
    assert_eq!(base.tag_span().map(|span| at(text, span)), Some("${V}-slim"));
    assert_eq!(base.origin.steps[1].kind, StepKind::Defaulted);
    assert_eq!(at(text, base.origin.steps[1].span), "3.12");
}

#[test]
fn a_build_argument_states_the_base_or_leaves_it_open() {
    let text = "ARG V=3.12\nFROM python:${V}\n";
    let one = built_with(text, &arg("V", Known::One("3.9".into())));
    assert_eq!(one.stages[0].base.reference, Known::One("python:3.9".into()));
    assert_eq!(one.stages[0].base.certainty, Certainty::Stated);
    let why = Reason::new("a matrix");
    let several = built_with(text, &arg("V", Known::OneOf(vec!["1".into(), "2".into()], why.clone())));
    let both = vec!["python:1".to_owned(), "python:2".to_owned()];
    assert_eq!(several.stages[0].base.reference, Known::OneOf(both, why.clone()));
    let unknown = built_with(text, &arg("V", Known::Unknown(why.clone())));
    assert_eq!(unknown.stages[0].base.reference, Known::Unknown(why));
}

#[test]
fn a_port_of_a_registry_is_no_tag() {
    for (reference, tag) in [
        ("host:5000/a/b", None),
        ("host:5000/a:1@sha256:00", Some("1")),
        ("a:${X:-1}", Some("${X:-1}")),
        ("${I:-a:1}", None),
    ] {
        let text = format!("ARG I\nFROM {reference}\n");
        let build = built(&text);
        assert_eq!(build.stages[0].base.tag_span().map(|span| at(&text, span)), tag, "{reference}");
    }
}

#[test]
fn one_env_line_is_expanded_before_any_of_it_is_set() {
    let text = "FROM scratch\nENV A=1\nENV A=2 B=$A\n";
    let build = built(text);
    let env = &build.stages[0].env;
    assert_eq!(env["B"].value, Known::One("1".into()));
    let steps: Vec<_> = env["A"].origin.steps.iter().map(|step| (step.kind, at(text, step.span))).collect();
    assert_eq!(steps, [(StepKind::Set, "2"), (StepKind::Overridden, "1")]);
}

#[test]
fn a_stage_sees_a_global_arg_only_after_its_own_arg() {
    let text = "ARG V=1\nFROM scratch\nENV A=x$V\nARG V\nENV B=x$V\n";
    let env = &built(text).stages[0].env;
    assert_eq!(env["A"].value, Known::One("x".into()));
    assert_eq!(env["B"].value, Known::One("x1".into()));
    assert_eq!(env["B"].certainty, Certainty::Default { variable: Some("V".into()) });
}

#[test]
fn a_child_inherits_the_configuration_but_not_the_steps_and_an_entrypoint_drops_the_inherited_cmd() {
    let text = "FROM a AS one\nENV A=1\nWORKDIR /x\nRUN y\nCMD [\"c\"]\nFROM one\nWORKDIR sub\nENTRYPOINT e\n";
    let build = built(text);
    let child = &build.stages[1];
    assert_eq!(build.chain(1), [0, 1]);
    assert_eq!(child.workdir.as_ref().map(|folder| folder.value.as_str()), Some("/x/sub"));
    assert!(child.steps.is_empty() && child.cmd.is_none());
    assert_eq!(child.entrypoint.as_ref().map(Command::argv), Some(vec!["/bin/sh".into(), "-c".into(), "e".into()]));
    assert_eq!(child.env["A"].origin.steps[1].kind, StepKind::Inherited);
}

#[test]
fn only_stages_that_the_target_needs_are_reachable() {
    let text = "FROM a AS one\nFROM b AS two\nFROM c AS three\nCOPY --from=One /x /y\nFROM d\n";
    let inputs = BuildInputs { target: Some("three".into()), ..BuildInputs::default() };
    let build = built_with(text, &inputs);
    assert_eq!(build.target, Some(2));
    assert_eq!(build.reachable, [0, 2].into());
}

#[test]
fn an_undecided_folder_is_not_guessed() {
    let text = "FROM a\nARG D=/x\nWORKDIR $D\nWORKDIR y\nUSER $D\nRUN z\n";
    let build = built_with(text, &arg("D", Known::Unknown(Reason::new("given outside"))));
    let stage = &build.stages[0];
    assert!(stage.workdir.is_none() && stage.user.is_none());
    assert!(stage.undecided.contains_key("workdir") && stage.undecided.contains_key("user"));
    assert!(stage.steps[0].workdir.is_none());
}

#[test]
fn expansion_operators_do_as_the_builder_does() {
    let cases = [
        ("${X:-d}", "d"),
        ("${E-d}", ""),
        ("${E:+d}", ""),
        ("${P:+d}", "d"),
        ("${P#*/}", "b/c.tar.gz"),
        ("${P##*/}", "c.tar.gz"),
        ("${P%.*}", "a/b/c.tar"),
        ("${P%%.*}", "a/b/c"),
        ("${P/b/x}", "a/x/c.tar.gz"),
        ("${P//a/x}", "x/b/c.txr.gz"),
        ("${X:-${P}}", "a/b/c.tar.gz"),
        ("'$P'", "$P"),
        ("\"$P\\$\"", "a/b/c.tar.gz$"),
    ];
    for (word, expected) in cases {
        let text = format!("FROM scratch\nENV P=a/b/c.tar.gz E=\nENV R={word}\n");
        assert_eq!(built(&text).stages[0].env["R"].value, Known::One(expected.into()), "{word}");
    }
    for word in ["${X:?no}", "${X:=d}", "${X", "\"open"] {
        let text = format!("FROM scratch\nENV R={word}\n");
        assert!(!built(&text).problems.is_empty(), "{word}");
    }
}

#[test]
fn deep_nesting_and_many_stars_end_in_a_problem() {
    let deep = format!("FROM a\nENV A={}\n", "${X:-".repeat(50_000));
    assert!(!built(&deep).problems.is_empty());
    let stars = format!("FROM a\nENV P=a\nENV A=${{P#{}}}\n", "*a".repeat(50_000));
    assert!(!built(&stars).problems.is_empty());
    let onbuild = format!("FROM a\n{}\n", "ONBUILD ".repeat(50_000));
    assert!(!read(&onbuild).problems.is_empty());
}

#[test]
fn mounts_name_what_they_take_files_from() {
    let build = built("FROM a AS deps\nFROM b\nRUN --mount=type=bind,from=deps,target=/w pip install -r /w/r.txt\n");
    let Action::Run { mounts, .. } = &build.stages[1].steps[0].action else { unreachable!("a run") };
    assert_eq!(mounts[0].from, Some(CopyFrom::Stage(0)));
    assert_eq!(mounts[0].fields["target"], "/w");
}

#[test]
fn a_platform_sets_the_arguments_of_the_builder() {
    let text =
        "FROM --platform=$TARGETPLATFORM x\nARG TARGETARCH\nARG TARGETVARIANT\nENV A=$TARGETARCH$TARGETVARIANT\n";
    let inputs = BuildInputs { platform: Some("linux/arm/v7".into()), ..BuildInputs::default() };
    let dockerfile = parse(FileId(0), text);
    let built = build(&dockerfile, text, &inputs);
    assert_eq!(built.stages[0].env["A"].value, Known::One("armv7".to_owned()));
}
