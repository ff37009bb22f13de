use super::super::{Dialect, Evaluation, Files, NoFiles, When, Word, parse};
use super::run;
use crate::formats::world::{Var, Vars, World};
use crate::model::{FileId, Known, Origin, Span, SpanMap};

fn vars(pairs: &[(&str, &str)]) -> Vars {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), Var::set(*v, Origin::default()))).collect()
}

fn evaluated(text: &str, world: &World, args: &[&str], files: &dyn Files) -> Evaluation {
    let script = parse(text, &SpanMap::Linear { file: FileId(0), base: 0 }, Dialect::Bash);
    let args: Vec<Word> = args.iter().map(|arg| Word::known(*arg, Span::new(FileId(0), 0, 0))).collect();
    run(&script, world, &args, files)
}

/// The commands, `?` before those that run only perhaps, unknown words as `…`, alternatives with `/`.
fn lines(evaluation: &Evaluation) -> Vec<String> {
    let word = |known: &Known<String>| match known {
        Known::One(text) => text.clone(),
        Known::OneOf(texts, _) => texts.join("/"),
        _ => "…".to_owned(),
    };
    let line = |command: &super::Executed| {
        let words: Vec<String> = command.argv.iter().map(|one| word(&one.text)).collect();
        format!("{}{}", if command.when == When::Always { "" } else { "?" }, words.join(" "))
    };
    evaluation.commands.iter().map(line).collect()
}

fn closed(text: &str, pairs: &[(&str, &str)]) -> Vec<String> {
    lines(&evaluated(text, &World::Closed(vars(pairs)), &[], &NoFiles))
}

fn open(text: &str, pairs: &[(&str, &str)]) -> Vec<String> {
    lines(&evaluated(text, &World::Open(vars(pairs)), &[], &NoFiles))
}

#[test]
fn variables_are_expanded_and_split() {
    assert_eq!(closed("A='x y'; b $A \"$A\" $N \"$N\" ${N:-d} ${A:+e}", &[]), ["b x y x y  d e"]);
    assert_eq!(open("b ${N:-d} $N", &[]), ["b d …"]);
    assert_eq!(closed("b ${X%.*} ${X##*/} ${#X} ${X^^}", &[("X", "a/c.d")]), ["b a/c c.d 5 A/C.D"]);
}

#[test]
fn decided_branches_alone_are_followed() {
    let script = "if [ \"$E\" = prod ]; then a; elif [[ $E == d* ]]; then b; else c; fi; d";
    assert_eq!(closed(script, &[("E", "prod")]), ["a", "d"]);
    assert_eq!(closed(script, &[("E", "dev")]), ["b", "d"]);
    assert_eq!(closed(script, &[]), ["c", "d"]);
    assert_eq!(open(script, &[]), ["?a", "?b", "?c", "d"]);
    let case = "case \"$E\" in a|b*) x;; *) y;; esac";
    assert_eq!(closed(case, &[("E", "bb")]), ["x"]);
    assert_eq!(closed(case, &[("E", "c")]), ["y"]);
    assert_eq!(open(case, &[]), ["?x", "?y"]);
}

#[test]
fn a_default_of_an_open_variable_decides_nothing() {
    assert_eq!(open("if [ \"${E:-dev}\" = dev ]; then a; fi", &[]), ["?a"]);
    assert_eq!(open(": ${E:=dev}; if [ $E = dev ]; then a; fi; b $E", &[]), ["?a", "b dev"]);
}

#[test]
fn undecided_branches_meet_again() {
    let script = "X=1; if [ -n \"$E\" ]; then X=2; fi; a $X";
    assert_eq!(open(script, &[]), ["a 1/2"]);
    assert_eq!(open("if [ -n \"$E\" ]; then export X=2; fi; a \"$X\"", &[]), ["a …"]);
}

#[test]
fn what_follows_an_undecided_end_runs_perhaps() {
    assert_eq!(open("if [ $E ]; then exec a; fi; exec b", &[]), ["?a", "?b"]);
    assert_eq!(open("if [ -z $E ]; then echo no; exit 1; fi; b", &[]), ["?echo no", "b"]);
    assert_eq!(closed("exec a; b", &[]), ["a"]);
    assert_eq!(open("if [ $U = 0 ]; then a; exec gosu me \"$0\" \"$@\"; fi; exec b", &[]), ["?a", "b"]);
    assert_eq!(open("f() { if [ $U ]; then exec su-exec me \"$BASH_SOURCE\"; fi; }; f; b", &[]), ["b"]);
    assert_eq!(open("f() { [ $E ] && return; a; }; f; b", &[]), ["?a", "b"]);
    assert_eq!(open("if [ $A ]; then if [ $B ]; then exec x; fi; fi; y", &[]), ["?x", "?y"]);
}

#[test]
fn chains_short_circuit() {
    assert_eq!(closed("a && b || c; d", &[]), ["a", "b", "?c", "d"]);
    assert_eq!(closed("[ $E ] && a; true || b; false && c || d", &[]), ["d"]);
    assert_eq!(open("[ $E ] && a; b", &[]), ["?a", "b"]);
    let evaluation = evaluated("a || true; b & c | d >f", &World::empty(), &[], &NoFiles);
    let [a, b, c, d] = evaluation.commands.as_slice() else { panic!("{:?}", lines(&evaluation)) };
    assert!(a.ignored_failure && b.background && c.piped && d.stdout_to.is_some() && d.last && !a.last);
}

#[test]
fn loops_over_known_words_are_unrolled() {
    assert_eq!(closed("for x in a b; do c $x; done", &[]), ["c a", "c b"]);
    assert_eq!(open("for x in $Y; do c $x; done", &[]), ["?c …"]);
    assert_eq!(closed("N=0; until a; do sleep $N; N=1; done; b", &[]), ["a", "?sleep …", "b"]);
    assert_eq!(closed("while false; do a; done", &[]), [""; 0]);
}

#[test]
fn decided_substitutions_give_text() {
    let script = "uv sync $(test \"$E\" != dev && echo --no-dev)";
    assert_eq!(closed(script, &[("E", "prod")]), ["echo --no-dev", "uv sync --no-dev"]);
    assert_eq!(closed(script, &[("E", "dev")]), ["uv sync"]);
    assert_eq!(open(script, &[]), ["?echo --no-dev", "uv sync /--no-dev"]);
    assert_eq!(closed("a $(if [ \"$e\" = 'prod' ]; then echo '--no-dev'; fi)", &[]), ["a"]);
    assert_eq!(closed("a \"$(cat f)\"", &[]), ["cat f", "a …"]);
    assert_eq!(closed("X=$(<f); a $X $(umask)", &[]), ["a … …"]);
    assert_eq!(closed("X=$(echo a b); c $X", &[]), ["echo a b", "c a b"]);
    let script = "for g in $(echo \"$G\" | tr ',' ' '); do f=\"$f -g $g\"; done; uv sync $f";
    assert_eq!(closed(script, &[("G", "a,dev")]).last().unwrap(), "uv sync -g a -g dev");
    assert_eq!(closed("a $(echo X-y | tr A-Z a-z | tr -d -)", &[]).last().unwrap(), "a xy");
    assert_eq!(closed("a $(cat f | tr , ' ') $(echo a | tr '[b]' c)", &[]).last().unwrap(), "a … …");
}

#[test]
fn a_program_that_is_looked_up_is_that_program() {
    assert_eq!(closed("$(command -v uwsgi) --ini a", &[]), ["uwsgi --ini a"]);
    assert_eq!(closed("P=$(which python3); exec $P -m b", &[]), ["which python3", "python3 -m b"]);
    assert_eq!(closed("if [ -n \"$(which a)\" ]; then b; fi", &[]), ["which a", "?b"]);
    assert_eq!(closed("if [ -x \"$(command -v a)\" ]; then b; fi", &[]), ["?b"]);
}

#[test]
fn arguments_reach_commands_and_functions() {
    let evaluation = evaluated("f() { b \"$1\"; }; f x; exec \"$@\"", &World::empty(), &["g", "h i"], &NoFiles);
    assert_eq!(lines(&evaluation), ["b x", "g h i"]);
    let last = evaluation.commands.last().unwrap();
    assert!(last.exec && last.last && last.argv.len() == 2);
    assert_eq!(evaluation.commands[0].via.len(), 1);
    let script = "if [ \"${1#-}\" != \"$1\" ]; then set -- p \"$@\"; fi; exec \"$@\"";
    assert_eq!(lines(&evaluated(script, &World::empty(), &["-x"], &NoFiles)), ["p -x"]);
}

#[test]
fn only_exported_variables_reach_commands() {
    let evaluation = evaluated("A=1; export B=2 C; C=3; D=4 a; set -a; E=5", &World::empty(), &[], &NoFiles);
    let names: Vec<&str> = evaluation.commands[0].vars.keys().map(String::as_str).collect();
    assert_eq!(names, ["B", "C", "D"]);
    assert!(evaluation.exports.contains_key("E") && !evaluation.exports.contains_key("A"));
}

struct Two;
impl Files for Two {
    fn script(&self, path: &str) -> Option<(FileId, &str)> {
        match path {
            "s/a.sh" => Some((FileId(1), "export X=1; inner $1; exit 0")),
            "/b" => Some((FileId(2), "Y=2; return; never")),
            "/c/map.conf" | "/c/run.py" => Some((FileId(4), "defaults:\n  kind: x\n")),
            "/c/start.cmd" => Some((FileId(5), "#!/bin/sh\ninner\n")),
            "loop.sh" => Some((FileId(3), "a; ./loop.sh; ./loop.sh")),
            _ => None,
        }
    }
}

#[test]
fn scripts_are_followed_in_a_shell_of_their_own_and_sourced_ones_are_not() {
    let evaluation = evaluated("cd s; sh -e a.sh 7; . /b; c $X $Y; ./gone.sh; bash -c 'd'", &World::empty(), &[], &Two);
    assert_eq!(lines(&evaluation), ["inner 7", "c 2", "./gone.sh", "d"]);
    assert_eq!(evaluation.commands[0].span.file, FileId(1));
    assert_eq!(evaluation.commands[1].cwd.as_deref(), Some("s"));
    assert!(!evaluated("./loop.sh; f() { f; f; }; f", &World::empty(), &[], &Two).problems.is_empty());
}

#[test]
fn a_file_of_data_is_no_script_though_the_command_begins_with_it() {
    let run = |text: &str| lines(&evaluated(text, &World::empty(), &[], &Two));
    assert_eq!(run("/c/map.conf"), ["/c/map.conf"]);
    assert_eq!(run("/c/run.py"), ["/c/run.py"]);
    assert_eq!(run("--config=/b"), ["--config=/b"]);
    assert_eq!(run("/c/start.cmd"), ["inner"]);
}

#[test]
fn what_blows_up_is_given_up() {
    let loops = format!("{} a; {}", "while true; do ".repeat(12), "done; ".repeat(12));
    assert!(!closed(&loops, &[]).is_empty());
    for piece in ["{a,b}", "{", "{a,", "{1..99}", "a{,}"] {
        assert_eq!(closed(&format!("x {}", piece.repeat(3000)), &[]).len(), 1);
    }
    assert_eq!(closed("x {a,b}{c,d}{1..200}", &[]), ["x …"]);
}

#[test]
fn arguments_with_a_default_stay_the_words_they_are() {
    let task = "f() { a \"$@\"; }; help() { h; }; time \"${@:-help}\"";
    let run = |args: &[&str]| lines(&evaluated(task, &World::Closed(vars(&[])), args, &NoFiles));
    assert_eq!(run(&["f", "x y", "z"]), ["a x y z"]);
    assert_eq!(run(&[]), ["h"]);
}

#[test]
fn a_command_without_a_path_is_a_script_where_the_path_has_one() {
    struct Bin;
    impl Files for Bin {
        fn script(&self, _path: &str) -> Option<(FileId, &str)> {
            None
        }
        fn command(&self, name: &str) -> Option<(FileId, &str)> {
            (name == "get").then_some((FileId(1), "#!/bin/sh\npip install \"$@\"\n"))
        }
    }
    let found = lines(&evaluated("get -r a.txt; other", &World::Closed(vars(&[])), &[], &Bin));
    assert_eq!(found, ["pip install -r a.txt", "other"]);
}

#[test]
fn a_function_hides_the_shells_own_command() {
    assert_eq!(closed("test() { a \"$@\"; }; test x; command test y; b", &[]), ["a x", "b"]);
    assert_eq!(closed("cd() { builtin cd \"$@\"; c; }; cd d", &[]), ["c"]);
}

#[test]
fn loops_over_files_take_those_of_the_repository() {
    struct Folder;
    impl Files for Folder {
        fn script(&self, _path: &str) -> Option<(FileId, &str)> {
            None
        }
        fn names(&self, folder: &str) -> Option<Vec<String>> {
            let all = ["a.sh", "b.sh", "c.txt", ".d.sh"].map(str::to_owned).to_vec();
            ["conf", "/etc/app"].contains(&folder).then_some(all)
        }
    }
    let said = |text: &str| lines(&evaluated(text, &World::Closed(vars(&[])), &[], &Folder));
    assert_eq!(said("for f in conf/*.sh; do x $f; done"), ["x conf/a.sh", "x conf/b.sh"]);
    assert_eq!(said("cd conf; for f in ./[bc]*; do x $f; done"), ["x ./b.sh", "x ./c.txt"]);
    assert_eq!(said("D=/etc/app; for f in \"$D\"/?.sh; do x $f; done"), ["x /etc/app/a.sh", "x /etc/app/b.sh"]);
    assert_eq!(said("A=(conf/*.txt); x \"${A[@]}\""), ["x conf/c.txt"]);
    assert_eq!(said("for f in 'conf/*.sh'; do x $f; done"), ["x conf/*.sh"]);
    // Without a match the pattern itself stays, unless files come that nobody knows.
    assert_eq!(said("for f in conf/*.py; do x $f; done"), ["?x …"]);
    assert_eq!(said("shopt -s nullglob; for f in conf/*.py; do x $f; done; y"), ["y"]);
    assert_eq!(said("for f in else/*.sh; do x $f; done"), ["?x …"]);
}

#[test]
fn a_key_that_is_no_expression_loses_nothing_behind_it() {
    let text = "declare -A M\nif a; then\nM[x y]=1\nb ${M[x y]} c\nfi\nd";
    assert_eq!(closed(text, &[]), ["a", "?b 1 c", "d"]);
}

/// Two scripts of a repository.
struct Scripts(&'static str);

impl Files for Scripts {
    fn script(&self, path: &str) -> Option<(FileId, &str)> {
        match path {
            "script/test" => Some((FileId(1), self.0)),
            "script/run" => Some((FileId(2), "#!/bin/sh\nruns \"$@\"\n")),
            _ => None,
        }
    }
}

#[test]
fn a_script_that_goes_to_its_own_folder_is_followed_from_there() {
    for head in [
        "cd \"$(dirname \"$0\")/..\"",
        "cd `dirname $0`/..",
        "cd \"${0%/*}/..\"",
        "cd $(dirname -- \"${BASH_SOURCE[0]}\")/..",
        "HERE=\"$(cd \"$(dirname \"$0\")\" >/dev/null 2>&1 && pwd)\"\ncd \"$HERE/..\"",
        "readonly HERE=$(dirname $(readlink -f $0))\ncd $HERE\ncd ..",
    ] {
        let text: &'static str =
            Box::leak(format!("#!/bin/bash\n{head}\nscript/run x\nused -f $(dirname $0)/a.yml\n").into());
        let mut got = lines(&evaluated("./script/test", &World::Closed(vars(&[])), &[], &Scripts(text)));
        got.retain(|line| line.starts_with("runs") || line.starts_with("used"));
        assert_eq!(got, ["runs x", "used -f script/a.yml"], "{head}");
    }
    let text = "#!/bin/bash\ncd \"$(somewhere)\"\nscript/run x\n";
    assert_eq!(
        lines(&evaluated("./script/test", &World::Closed(vars(&[])), &[], &Scripts(text))),
        ["somewhere", "script/run x"]
    );
}

#[test]
fn what_waits_for_a_service_runs_what_stands_behind_its_dashes() {
    struct Waits;
    impl Files for Waits {
        fn script(&self, _path: &str) -> Option<(FileId, &str)> {
            Some((
                FileId(1),
                "#!/bin/bash\nwhile [ $# -gt 0 ]; do case $1 in --) shift; CLI=\"$@\"; break;; *) shift;; esac; done\nexec $CLI\n",
            ))
        }
    }
    let said = |text: &str| lines(&evaluated(text, &World::Closed(vars(&[])), &[], &Waits));
    assert_eq!(
        said("./bin/wait-for-it.sh db:5432 -- gunicorn a.wsgi"),
        ["./bin/wait-for-it.sh db:5432 -- gunicorn a.wsgi"]
    );
    assert_ne!(said("./bin/start.sh db:5432 -- gunicorn a.wsgi"), ["./bin/start.sh db:5432 -- gunicorn a.wsgi"]);
}

#[test]
fn what_waits_and_gives_up_in_the_end_is_left_where_it_succeeds() {
    let function = |body: &str| format!("w() {{ {body}\necho late; exit 1\n}}\nw\nrun $X");
    for waits in [
        "X=1; for i in $(seq 9); do if up; then return 0; fi; done; X=2",
        "X=1; for ((i=0;i<9;i++)); do if up; then return; fi; done; X=2",
        "X=1; while true; do up && return 0; done; X=2",
    ] {
        assert!(closed(&function(waits), &[]).contains(&"run 1".to_owned()), "{waits}");
    }
    let breaks = "for i in 1 2; do\nif up; then break; fi\nif [ $i = 2 ]; then exit 1; fi\ndone\nrun";
    assert!(closed(breaks, &[]).contains(&"run".to_owned()));
    assert!(closed("w() { exit 1; }\nw &\nwait\nrun", &[]).contains(&"run".to_owned()), "beside the script");
    assert!(!closed("w() { exit 1; }\nw\nrun", &[]).contains(&"run".to_owned()));
}

#[test]
fn a_text_that_runs_is_called_by_the_word_behind_it() {
    assert_eq!(closed("sh -c 'start $0 $@' web --port 80; sh -c 'start $0'", &[]), ["start web --port 80", "start …"]);
    assert_eq!(closed("sh -c 'f() { a $0; }; f b; sh -c \"c \\$0\" d' web", &[]), ["a web", "c d"]);
}
