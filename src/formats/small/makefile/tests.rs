use std::collections::BTreeMap;

use super::*;
use crate::model::FileId;

fn read(text: &str) -> Makefile {
    parse(FileId(0), text)
}

fn commands(text: &str, target: &str) -> Vec<String> {
    given(text, target, &[])
}

fn given(text: &str, target: &str, given: &[(&str, &str)]) -> Vec<String> {
    let makefile = read(text);
    let given: Given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let found = makefile.target(target).map(|target| makefile.commands(target, &given)).unwrap_or_default();
    for line in &found {
        let whole = line.command.map.span(0, line.command.text.len());
        assert!(text.get(whole.range()).is_some(), "{whole:?}");
    }
    found.into_iter().map(|line| line.command.text).collect()
}

#[test]
fn recipes_get_their_variables_and_keep_their_places() {
    let text = "C := docker compose\nup: build db ; @echo hi\n\t@-$(C) up \\\n\t  -d # x\n\techo $$X $(NO) ${C}!\n";
    assert_eq!(commands(text, "up"), ["echo hi", "docker compose up \\\n  -d # x", "echo $X $(NO) docker compose!"]);
    let makefile = read(text);
    let up = makefile.target("up").unwrap_or_else(|| unreachable!());
    assert_eq!(up.needs.iter().map(|need| &text[need.span.range()]).collect::<Vec<_>>(), ["build", "db"]);
    let line = &makefile.commands(up, &Given::new())[1];
    assert!(line.ignores_errors);
    assert_eq!(&text[line.command.map.span(0, 14).range()], "$(C)");
    assert_eq!(&text[line.command.map.span(15, 17).range()], "up");
    assert_eq!(&text[line.command.map.span(22, 24).range()], "-d");
    assert_eq!(&text[line.command.span.range()], "$(C) up \\\n\t  -d # x");
}

#[test]
fn each_sign_assigns_in_its_own_way() {
    let text = "A = $(B)\nB = 1\nC := $(B)\nB = 2\nD ?= d\nD ?= e\nE = x\nE += $(B)\nF != date\nG := $(H)\nH = late\n\
                override I = i\na:\n\t$(A) $(C) $(D) $(E) $(F) $(G) $(I)\n";
    assert_eq!(commands(text, "a"), ["2 1 d x 2 $(F) $(G) i"]);
    assert_eq!(given(text, "a", &[("D", "mine"), ("I", "no")]), ["2 1 mine x 2 $(F) $(G) i"]);
}

#[test]
fn conditionals_choose_and_the_undecided_leave_both() {
    let text = "E = dev\nifeq ($(E),dev)\nF = local\nelse ifeq \"$(E)\" \"prod\"\nF = prod\nelse\nF = x\nendif\n\
                ifdef CI\nG = ci\nelse\nG = no\nendif\nifneq (,$(E))\nH=set\nendif\n\
                a:\nifeq ($(CI),1)\n\tone $(F) $(G) $(H)\nelse\n\ttwo\nendif\n\tthree\nifeq ($(E),prod)\n\tfour\nendif\n";
    assert_eq!(commands(text, "a"), ["one local $(G) set", "two", "three"]);
    let makefile = read(text);
    assert_eq!(makefile.targets[0].recipe.iter().map(|line| line.maybe).collect::<Vec<_>>(), [true, true, false]);
    assert!(makefile.problems.is_empty());
    assert_eq!(read("ifeq (a,b)\nelse\nelse\n").problems.len(), 2);
}

#[test]
fn words_that_the_environment_asks_for_are_left_to_the_shell() {
    let with = |set: &str| commands(&format!("{set}\ntest:\n\t$(TOX)pytest -x\n"), "test");
    let asked = "ifdef TOXENV\nTOX := tox -- #in one of tox\nendif";
    assert_eq!(with(&format!("TOX = ''\n{asked}")), ["${TOXENV:+tox -- }pytest -x"]);
    assert_eq!(with(&format!("TOX =\n{asked}")), ["${TOXENV:+tox -- }pytest -x"]);
    assert_eq!(with(&format!("TOX = nice\n{asked}")), ["$(TOX)pytest -x"]);
    assert_eq!(with("TOX =\nifdef A\nelse\nTOX = b\nendif"), ["$(TOX)pytest -x"]);
}

#[test]
fn functions_of_text_are_computed_and_others_left() {
    let text = "S = a.c b.c\nf = <$(1)|$(2)>\n\
                t:\n\t$(S:.c=.o) $(patsubst %.c,x/%,$(S)) $(filter-out a%,$(S)) $(addprefix -f ,$(S))\n\
                \t$(if $(NONE2),y) $(if ,y,n) $(or ,$(S)) $(call f,p,q) $(shell id) $(notdir x/y.z) $(subst a,e,banana)\n";
    assert_eq!(
        commands(text, "t"),
        ["a.o b.o x/a x/b b.c -f a.c -f b.c", "$(if $(NONE2),y) n a.c b.c <p|q> $(shell id) y.z benene"]
    );
}

#[test]
fn what_is_written_small_and_set_nowhere_is_empty() {
    assert_eq!(commands("a:\n\tuv sync --frozen $(opts) $(TAG)\n", "a"), ["uv sync --frozen  $(TAG)"]);
}

#[test]
fn targets_may_have_variables_patterns_and_several_rules() {
    let text = ".PHONY: up\nE = dev\nup prod: E := live\nup: a | b\nup: c\n\tone $(E) $@ $< $(^)\nup:\n\ttwo $(E)\n\
                x.o y.o: %.o: %.c\n\tcc $<\nall:: q\n\tfirst\nall:: r\n\tsecond\n%.d: %.e\n\t$@\n.env:\n\tcp\na\\:b: $(call f,x y)\n";
    assert_eq!(commands(text, "up"), ["two live"]);
    assert_eq!(commands(text, "y.o"), ["cc y.c"]);
    assert_eq!(commands(text, "all"), ["first", "second"]);
    assert_eq!(commands(text, "%.d"), ["$@"]);
    let makefile = read(text);
    let names: Vec<_> = makefile.targets.iter().map(|target| target.name.value.as_str()).collect();
    assert_eq!(names, ["up", "prod", "x.o", "y.o", "all", "%.d", ".env", "a:b"]);
    assert_eq!(makefile.targets[0].needs.iter().map(|need| need.value.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(makefile.phony.contains("up"));
    assert_eq!(makefile.default_goal().map(|goal| goal.name.value.as_str()), Some("up"));
}

#[test]
fn an_assignment_ends_a_rule_and_special_targets_change_recipes() {
    let text =
        ".RECIPEPREFIX = >\n.ONESHELL:\na:\n> cd x\n> run\nB = 1\nexport C = 2\nexport D\ninclude $(B).mk *.inc\n";
    assert_eq!(commands(text, "a"), ["cd x\nrun"]);
    let makefile = read(text);
    assert_eq!(makefile.includes.iter().map(|path| path.value.as_str()).collect::<Vec<_>>(), ["1.mk", "*.inc"]);
    let environment = makefile.environment(&makefile.targets[0], &Given::new());
    let environment: BTreeMap<_, _> =
        environment.iter().map(|(name, text)| (name.as_str(), text.value.as_str())).collect();
    assert_eq!(environment, BTreeMap::from([("C", "2")]));
}

#[test]
fn definitions_of_several_lines_hold_their_text() {
    let text = "define run =\ndocker \\\n  run $(1)\nexec\nendef\na:\n\t$(call run,web)\n";
    assert_eq!(commands(text, "a"), ["docker \\\n  run web\nexec"]);
    assert_eq!(read("define x\na").problems.len(), 1);
}

#[test]
fn continued_lines_windows_ends_and_comments_are_read() {
    let text = "A = one \\\r\n   two # c\r\nB = x\\#y\r\na: b \\\r\n  c\r\n\trun $(A) \\\r\n\t\tmore $(B)\r\n# d\r\n\tlast\r\n";
    assert_eq!(commands(text, "a"), ["run one two \\\n\tmore x#y", "last"]);
    let makefile = read(text);
    assert_eq!(makefile.targets[0].needs.iter().map(|need| &text[need.span.range()]).collect::<Vec<_>>(), ["b", "c"]);
}

#[test]
fn what_cannot_be_read_is_told_and_nothing_runs_away() {
    let problems: Vec<_> =
        read("\tnow\nwords only\nendif\n").problems.into_iter().map(|problem| problem.message).collect();
    assert_eq!(
        problems,
        ["a recipe before the first target", "neither a rule nor an assignment", "`endif` without a conditional"]
    );
    let mut text = "A0 = x x x x x x x x\n".to_owned();
    for n in 1..40 {
        let before = n - 1;
        text = format!("{text}A{n} = $(A{before})$(A{before})\n");
    }
    text.push_str("L = $(L)\nt: $(A39)\n\t$(A39) $(L) $( $(x ${ $\n");
    let found = commands(&text, "t");
    assert_eq!(found, ["$(A39) $(L) $( $(x ${ $"]);
}
