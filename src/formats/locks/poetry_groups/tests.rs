//! Groups of Poetry's, their markers and addresses.

use super::*;
use crate::formats::locks::manifest;
use crate::model::FileId;

fn of(text: &str) -> Result<BTreeMap<String, Vec<PoetryDependency>>, String> {
    groups(&manifest::parse(FileId(0), text))
}

/// Name and marker of each dependency of a group.
fn markers(text: &str, group: &str) -> Vec<(String, Option<String>)> {
    let head = "[tool.poetry]\nname = \"a\"\nversion = \"1\"\n";
    let one = |found: &PoetryDependency| {
        let name = found.dependency.requirement.as_ref().unwrap().name.value.clone();
        (name, found.marker.clone().unwrap_or_else(|why| Some(format!("unknown: {why}"))))
    };
    of(&format!("{head}{text}")).unwrap()[group].iter().map(one).collect()
}

#[test]
fn extras_ask_for_optional_packages_in_the_order_of_the_file() {
    let text = "[tool.poetry.dependencies]\nx = { version = \"^1\", optional = true }\n\
                [tool.poetry.extras]\npg = [\"x\"]\nall = [\"x\"]\n";
    assert_eq!(markers(text, "main"), [("x".into(), Some("extra == \"pg\" or extra == \"all\"".into()))]);
}

#[test]
fn limits_on_python_and_platform_are_markers() {
    for (limit, marker) in [
        ("python = \"^3.8\"", "python_version >= \"3.8\" and python_version < \"4.0\""),
        ("python = \"~2.7\"", "python_version == \"2.7\""),
        ("python = \"<3.8.1\"", "python_full_version < \"3.8.1\""),
        ("platform = \"!=win32\"", "sys_platform != \"win32\""),
        ("markers = \"os_name == 'nt'\"", "os_name == \"nt\""),
    ] {
        let text = format!("[tool.poetry.dependencies]\nx = {{ version = \"*\", {limit} }}\n");
        assert_eq!(markers(&text, "main"), [("x".into(), Some(marker.to_owned()))]);
    }
}

#[test]
fn repositories_archives_and_paths_have_addresses() {
    for (source, address) in [
        ("git = \"https://h/o/r.git\", tag = \"1\"", Address::Url("git+https://h/o/r.git@1".into())),
        ("git = \"git@h:o/r.git\"", Address::Url("git+ssh://git@h/o/r.git".into())),
        ("url = \"https://h/x.whl\"", Address::Url("https://h/x.whl".into())),
        ("path = \"../x\", subdirectory = \"y\"", Address::Path("../x/y".into())),
    ] {
        let text =
            format!("[tool.poetry]\nname = \"a\"\nversion = \"1\"\n[tool.poetry.dependencies]\nx = {{ {source} }}\n");
        assert_eq!(of(&text).unwrap()["main"][0].address, Some(address));
    }
}

#[test]
fn groups_take_in_others_and_the_project_wins() {
    let text = "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"x>=1\"]\n[dependency-groups]\n\
                dev = [\"y\", { include-group = \"lint\" }]\nlint = [\"z\"]\n[tool.poetry.dependencies]\nx = \"^2\"\n\
                [tool.poetry.group.docs]\ninclude-groups = [\"lint\"]\n";
    let names = |list: &Vec<PoetryDependency>| -> Vec<String> {
        list.iter()
            .map(|found| {
                found
                    .dependency
                    .requirement
                    .as_ref()
                    .map_or_else(Clone::clone, |r| format!("{}{}", r.name.value, r.canonical_specifier()))
            })
            .collect()
    };
    let groups = of(text).unwrap();
    assert_eq!(names(&groups["main"]), ["x>=1"]);
    assert_eq!(names(&groups["dev"]), ["y", "z"]);
    assert_eq!(names(&groups["docs"]), ["z"]);
}

#[test]
fn a_package_without_a_version_is_refused() {
    assert!(of("[tool.poetry]\nname = \"a\"\n[tool.poetry.dependencies]\nx = \"*\"\n").is_err());
    assert!(of("[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\nx = \"*\"\n").is_ok());
}

#[test]
fn what_the_project_lists_is_written_as_poetry_reads_it() {
    let text = "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"x ~=0.6\", \"y @ file:../y.whl\"]\n\
                [tool.poetry.dependencies]\nx = { source = \"s\" }\n";
    let main = &of(text).unwrap()["main"];
    let first = main[0].dependency.requirement.as_ref().unwrap();
    assert_eq!((first.canonical_specifier().as_str(), main[0].dependency.exact), ("<1.0,>=0.6", true));
    assert_eq!(main[1].address, Some(Address::Path("../y.whl".into())));
}

#[test]
fn groups_that_are_none_are_refused() {
    for groups in ["a = [1]", "A_b = []\na-b = []"] {
        let head = "[tool.poetry]\nname = \"a\"\nversion = \"1\"\n[tool.poetry.dependencies]\n[dependency-groups]\n";
        assert!(of(&format!("{head}{groups}\n")).is_err(), "{groups}");
    }
}

#[test]
fn a_range_of_python_versions_stays_as_it_is_written() {
    for (written, read) in [
        (
            "python_version >= '3.8' and python_version < '3.12'",
            "python_version >= \"3.8\" and python_version < \"3.12\"",
        ),
        (
            "python_full_version >= '3.6.1' and python_version < '3.7'",
            "python_full_version >= \"3.6.1\" and python_version < \"3.7\"",
        ),
        ("python_version >= '3.8' and python_version < '3.9'", "unknown: Poetry writes the marker in another way"),
        ("python_version >= '3.9' and python_version < '3.8'", "unknown: Poetry writes the marker in another way"),
    ] {
        let text = format!("[tool.poetry.dependencies]\nx = {{ version = \"*\", markers = \"{written}\" }}\n");
        assert_eq!(markers(&text, "main"), [("x".into(), Some(read.to_owned()))]);
    }
}

#[test]
fn names_that_stand_twice_and_scripts_of_no_kind_are_refused() {
    let head = "[tool.poetry]\nname = \"a\"\nversion = \"1\"\n[tool.poetry.dependencies]\nx = \"1\"\n";
    assert!(of(&format!("{head}[dependency-groups]\ntest = []\nTest = []\n")).is_err());
    let script = |text: &str| of(&format!("{head}[tool.poetry.scripts]\nrun = {text}\n")).is_ok();
    assert!(script("\"a:b\"") && script("{ reference = \"a.sh\", type = \"file\" }"));
    assert!(!script("{ reference = \"a.sh\", type = \"flie\" }"));
}
