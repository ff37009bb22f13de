use super::*;
use crate::discover::source::Overlay;

fn read(files: &[(&str, &str)]) -> (Tree, Config) {
    let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).unwrap();
    let config = Config::read(&tree);
    (tree, config)
}

/// The text at the place of every problem, and what is said of it.
fn wrong(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let (tree, config) = read(files);
    let quoted = |span: Span| tree.text(span.file).unwrap()[span.range()].to_owned();
    config.problems.iter().map(|problem| (quoted(problem.span), problem.message.clone())).collect()
}

fn one(text: &str) -> (String, String) {
    let mut all = wrong(&[("paritylint.toml", text), ("Dockerfile", "FROM x"), ("ci/Dockerfile.prod", "FROM x")]);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn says(text: &str, place: &str, message: &str) {
    let (found_place, found) = one(text);
    assert_eq!((found_place.as_str(), found.as_str()), (place, message), "{text}");
}

#[test]
fn an_unknown_key_is_named_with_the_one_that_was_meant() {
    says("refrence = \"a\"", "refrence", "unknown key refrence; did you mean reference?");
    says(
        "[environments.production]\ndocker-file = \"x\"\n",
        "docker-file",
        "unknown key docker-file in [environments.production]; did you mean dockerfile?",
    );
    says(
        "[[allow]]\nrule = \"a\"\nreasn = \"b\"\nreason = \"c\"\n",
        "reasn",
        "unknown key reasn in [[allow]]; did you mean reason?",
    );
}

#[test]
fn a_key_of_another_table_is_sent_there() {
    let (_, config) = read(&[("paritylint.toml", "[policy]\nfail-on = \"error\"\n")]);
    assert_eq!(config.problems[0].message, "unknown key fail-on in [policy]");
    let help = config.problems[0].help.as_deref();
    assert_eq!(help, Some("fail-on belongs at the top of the file, before the first table"));
}

#[test]
fn a_wrong_value_says_what_was_expected() {
    says("fail-on = \"eror\"", "\"eror\"", "fail-on = \"eror\" is not known; did you mean error?");
    says("ignore = \"a\"", "\"a\"", "ignore: expected a list of texts, found a text");
    says(
        "enforce-from = \"2027-13-01\"",
        "\"2027-13-01\"",
        "enforce-from = \"2027-13-01\" is not a day; expected YYYY-MM-DD",
    );
    says(
        "[rules]\nlibc-drift = { stagging = \"error\" }\n",
        "stagging",
        "no such role: stagging; did you mean staging?",
    );
    says(
        "[rules]\nlibc-drift = \"erorr\"\n",
        "\"erorr\"",
        "rules.libc-drift = \"erorr\" is not known; did you mean error?",
    );
    says(
        "rules = [\"a.toml\"]",
        "rules",
        "rules is a table of severities; files with rules of your own are rule-files",
    );
    says(
        "[environments.production.services]\ndatabase = \"oracel:9\"\n",
        "\"oracel:9\"",
        "environments.production.services.database = \"oracel:9\" is no service that is known; expected an image, as in \
         \"postgres:16\"",
    );
}

#[test]
fn what_is_needed_is_asked_for() {
    says("[[allow]]\nrule = \"a\"\n", "[[allow]]", "[[allow]] needs reason: why it is accepted");
    says("[[allow]]\nrule = \"a\"\nreason = \" \"\n", "\" \"", "an allowance needs a reason");
    says(
        "[environments.qa]\ncomplete = true\n",
        "qa",
        "environment qa needs a role: production, staging, test or development",
    );
    says(
        "[environments.production]\ntarget = \"x\"\n",
        "target",
        "target of environment production needs dockerfile beside it",
    );
}

#[test]
fn a_file_that_is_not_there_is_a_fault() {
    says(
        "[environments.production]\ndockerfile = \"Dockerfil\"\n",
        "\"Dockerfil\"",
        "there is no file Dockerfil; did you mean Dockerfile?",
    );
}

#[test]
fn every_fault_is_said_at_once() {
    let all = wrong(&[("paritylint.toml", "a = 1\nfail-on = 2\n[policy]\nb = 1\n")]);
    assert_eq!(all.len(), 3, "{all:?}");
}

#[test]
fn broken_toml_is_a_fault_at_its_place() {
    assert!(one("reference = \n").1.starts_with("not TOML: "));
}

#[test]
fn another_version_is_said_before_anything_else() {
    let (place, message) = one("required-version = \">=99\"\nkey-of-the-future = 1\n");
    assert_eq!(place, "\">=99\"");
    assert!(message.contains("the configuration asks for >=99"), "{message}");
    let (_, config) = read(&[("paritylint.toml", "required-version = \">=0.1\"\n")]);
    assert_eq!(config.problems, []);
}

#[test]
fn pyproject_has_the_same_keys_with_the_same_faults() {
    let text = "[project]\nname = \"x\"\n[tool.paritylint]\nfail-on = \"warning\"\n";
    assert_eq!(read(&[("pyproject.toml", text)]).1.says.fail_on.as_deref(), Some("warning"));
    let all = wrong(&[("pyproject.toml", "[tool.paritylint]\nfailon = \"warning\"\n")]);
    assert_eq!(all, [("failon".into(), "unknown key failon; did you mean fail-on?".into())]);
    assert!(read(&[("pyproject.toml", "[tool.other]\nparitylint = 1\n")]).1.file.is_none());
    let both = wrong(&[("pyproject.toml", text), ("paritylint.toml", "")]);
    assert_eq!(both, [("paritylint".into(), "[tool.paritylint] is not read beside paritylint.toml".into())]);
}

const SHARED: &str = "final = [\"rules.libc-drift\", \"fail-on\"]\nfail-on = \"warning\"\nignore = [\"a\"]\nrule-files = [\"own/*.toml\"]\n\
    [rules]\nlibc-drift = \"error\"\nserver-drift = \"note\"\n";

#[test]
fn a_layer_adds_to_lists_and_takes_the_place_of_values() {
    let own = "extends = \"policy/base.toml\"\nignore = [\"b\"]\n[rules]\nserver-drift = \"off\"\n";
    let (tree, config) = read(&[("paritylint.toml", own), ("policy/base.toml", SHARED)]);
    assert_eq!(config.problems, []);
    assert_eq!(config.says.ignore, ["a", "b"]);
    assert_eq!(config.says.rule_files, ["policy/own/*.toml"]);
    assert_eq!(config.says.rules["server-drift"], RuleSeverity::All("off".into()));
    assert_eq!(config.says.fail_on.as_deref(), Some("warning"));
    let place = |path: &[&str]| tree.path(config.place(path).unwrap().file);
    assert_eq!(
        (place(&["rules", "server-drift"]), place(&["rules", "libc-drift"])),
        ("paritylint.toml", "policy/base.toml")
    );
    assert!(config.is_own(&["ignore", "1"]) && !config.is_own(&["ignore", "0"]));
}

#[test]
fn what_is_final_cannot_be_set_nor_ignored() {
    let own =
        "extends = [\"base.toml\"]\nfail-on = \"never\"\nignore = [\"libc-drift\"]\n[rules]\nlibc-drift = \"off\"\n";
    let all = wrong(&[("paritylint.toml", own), ("base.toml", SHARED)]);
    let places: Vec<&str> = all.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["fail-on", "libc-drift", "\"libc-drift\""]);
    assert!(all.iter().all(|(_, message)| message.contains("is final in the configuration that this one extends")));
}

#[test]
fn faults_of_a_shared_file_are_shown_there() {
    let (tree, config) = read(&[("paritylint.toml", "extends = \"base.toml\""), ("base.toml", "x = 1")]);
    assert_eq!(tree.path(config.problems[0].span.file), "base.toml");
}

#[test]
fn configurations_that_extend_one_another_end() {
    let all = wrong(&[("paritylint.toml", "extends = \"a.toml\""), ("a.toml", "extends = \"paritylint.toml\"")]);
    assert_eq!(all[0].1, "paritylint.toml is built on this configuration itself");
    says("extends = \"../x.toml\"", "\"../x.toml\"", "../x.toml lies outside the repository");
    says("extends = \"acme\"", "\"acme\"", "acme is no .toml file");
    says(
        "extends = \"package:acme-policy\"",
        "\"package:acme-policy\"",
        "the package acme-policy with a paritylint.toml is not found: no folder of packages is named",
    );
}

#[test]
fn every_key_of_the_table_can_be_written() {
    let mut text = String::new();
    let line = |key: &keys::Key| format!("{} = {}\n", key.name, key.example);
    let top =
        |key: &&keys::Key| !["extends", "environments", "policy", "allow", "required-version"].contains(&key.name);
    text.extend(keys::TOP.iter().filter(top).map(line));
    let environment = |key: &&keys::Key| !["compose", "jobs", "exists"].contains(&key.name);
    text.push_str("[policy]\n");
    text.extend(keys::POLICY.iter().map(line));
    text.push_str("[environments.staging]\n");
    text.extend(keys::ENVIRONMENT.iter().filter(environment).map(line));
    text.push_str("[[allow]]\n");
    text.extend(keys::ALLOW.iter().map(line));
    let (_, config) = read(&[("paritylint.toml", &text), ("Dockerfile", "FROM x")]);
    assert_eq!(config.problems, [], "{text}");
    assert_eq!(config.says.environments["staging"].services["database"], "postgres:16");
    assert_eq!(config.says.allow[0].until.as_deref(), Some("2027-01-31"));
}
