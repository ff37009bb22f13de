//! Commands that install packages of the distribution.

mod names;
mod options;
#[cfg(test)]
mod tests;

use names::Named;
use options::{Sorted, sort};

/// One package a command names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SystemPackage {
    /// The name; as written where the word was not expanded.
    pub name: String,
    /// The version asked for (`pkg=1.2`, `pkg~=1.2`).
    pub version: Option<String>,
    /// Which word of the command it is, so that its place can be given.
    pub word: usize,
}

/// What an installing or removing command does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SystemInstall {
    /// apt, apk, dnf, zypper or pacman.
    pub manager: &'static str,
    /// What it installs.
    pub add: Vec<SystemPackage>,
    /// What it removes; the name of a virtual package stands for all in it.
    pub remove: Vec<SystemPackage>,
    /// `apk add --virtual NAME`.
    pub group: Option<String>,
    /// Why more may be installed than is named.
    pub more: Option<&'static str>,
    /// Why more may be removed than is named.
    pub fewer: Option<&'static str>,
    /// Whether it removes what was installed automatically and is not needed any more.
    pub cleans: bool,
    /// What it says of the packages that are there.
    pub mark: Option<Mark>,
}

/// What `apt-mark` does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mark {
    /// `showmanual`: the packages are written down.
    Shown,
    /// These, or all, count as installed automatically.
    Automatic(Vec<String>),
    /// These count as asked for; a word that was not expanded stands for those that were written down.
    Manual(Vec<String>),
}

/// What a command does with the packages it names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    Remove,
    /// As `dnf swap A B`: the first goes.
    Swap,
    /// Adds what it does not name.
    Other,
}

const APT: [&str; 14] = [
    "-t",
    "-o",
    "-c",
    "-a",
    "-P",
    "--target-release",
    "--default-release",
    "--option",
    "--config-file",
    "--host-architecture",
    "--build-profiles",
    "--solver",
    "--planner",
    "--comment",
];

const APK: [&str; 14] = [
    "-t",
    "-X",
    "-p",
    "--virtual",
    "--repository",
    "--root",
    "--arch",
    "--keys-dir",
    "--repositories-file",
    "--cache-dir",
    "--cache-max-age",
    "--wait",
    "--progress-fd",
    "--timeout",
];

const DNF: [&str; 28] = [
    "-c",
    "-d",
    "-e",
    "-R",
    "-x",
    "--config",
    "--setopt",
    "--enablerepo",
    "--disablerepo",
    "--repo",
    "--repoid",
    "--installroot",
    "--releasever",
    "--exclude",
    "--excludepkgs",
    "--disableplugin",
    "--enableplugin",
    "--advisory",
    "--cve",
    "--forcearch",
    "--comment",
    "--destdir",
    "--downloaddir",
    "--color",
    "--disableexcludes",
    "--rpmverbosity",
    "--sec-severity",
    "--nodocs-setopt",
];

const ZYPPER: [&str; 14] = [
    "-t",
    "-r",
    "-R",
    "-p",
    "-c",
    "--type",
    "--repo",
    "--root",
    "--from",
    "--plus-repo",
    "--config",
    "--installroot",
    "--plus-content",
    "--capability",
];

const PACMAN: [&str; 12] = [
    "-b",
    "-r",
    "--dbpath",
    "--root",
    "--arch",
    "--cachedir",
    "--config",
    "--gpgdir",
    "--hookdir",
    "--ignore",
    "--overwrite",
    "--assume-installed",
];

/// Reads a command, if it installs, removes or marks packages.
pub fn read(words: &[&str]) -> Option<SystemInstall> {
    let program = words.first()?.rsplit('/').next()?;
    match program {
        "apt-get" | "apt" | "aptitude" | "apt-fast" => apt(words),
        "install_packages" => {
            let sorted = sort(words, 1, &[]);
            Some(filled("apt", Verb::Add, &sorted, 0, names::apt))
        }
        "apt-mark" => mark(words),
        "dpkg" | "rpm" => file(words, program),
        "apk" => apk(words),
        "dnf" | "yum" | "microdnf" | "tdnf" | "dnf5" => dnf(words),
        "yum-builddep" => Some(filled("dnf", Verb::Other, &Sorted::default(), 0, names::rpm)),
        "zypper" => zypper(words),
        "pacman" => pacman(words),
        "xargs" => {
            let at = behind_xargs(words)?;
            // The names that come from another command stand behind those that are written.
            let named: Vec<&str> = words.get(at..)?.iter().copied().chain(["$names"]).collect();
            let mut install = read(&named).filter(|install| install.mark.is_none())?;
            let why = Some("the names come from another command");
            if install.add.pop_if(|last| last.name == "$names").is_some() {
                install.more = why;
            }
            if install.remove.pop_if(|last| last.name == "$names").is_some() {
                install.fewer = why;
            }
            install.add.iter_mut().chain(&mut install.remove).for_each(|package| package.word += at);
            Some(install)
        }
        _ => None,
    }
}

/// Where the command starts that `xargs` runs.
pub(super) fn behind_xargs(words: &[&str]) -> Option<usize> {
    let valued =
        ["-I", "-n", "-P", "-L", "-d", "-a", "-s", "-E", "--max-args", "--max-procs", "--delimiter", "--arg-file"];
    let mut at = 1;
    while let Some(word) = words.get(at) {
        if !word.starts_with('-') {
            return Some(at);
        }
        at += if valued.contains(word) { 2 } else { 1 };
    }
    None
}

/// The command with its names from the word `from` of the sorted ones on.
fn filled(
    manager: &'static str,
    verb: Verb,
    sorted: &Sorted<'_>,
    from: usize,
    name: impl Fn(&str, usize) -> Named,
) -> SystemInstall {
    let mut install = SystemInstall {
        manager,
        add: Vec::new(),
        remove: Vec::new(),
        group: None,
        more: (verb == Verb::Other).then_some("the command names no packages"),
        fewer: None,
        cleans: false,
        mark: None,
    };
    if verb == Verb::Other {
        return install;
    }
    for (n, (at, word)) in sorted.words.iter().skip(from).enumerate() {
        let adds = verb == Verb::Add || verb == Verb::Swap && n > 0;
        match name(word, *at) {
            Named::Package(package) if adds => install.add.push(package),
            Named::Package(package) | Named::Gone(package) => install.remove.push(package),
            Named::Several if adds => install.more = Some("a word of the command names several packages, or a file"),
            Named::Several => install.fewer = Some("a word of the command names several packages"),
        }
    }
    install
}

fn apt(words: &[&str]) -> Option<SystemInstall> {
    let sorted = sort(words, 1, &APT);
    if sorted.has(&[
        "--simulate",
        "--dry-run",
        "--just-print",
        "--no-act",
        "--recon",
        "--print-uris",
        "--download-only",
    ]) || sorted.has(&["--only-upgrade"])
        || sorted.has_letter('s')
        || sorted.has(&["-d"])
    {
        return None;
    }
    let verb = sorted.words.first()?.1;
    let action = match verb {
        "install" | "reinstall" => Verb::Add,
        "remove" | "purge" | "autoremove" | "autopurge" | "auto-remove" => Verb::Remove,
        "build-dep" | "satisfy" => Verb::Other,
        _ => return None,
    };
    let mut install = filled("apt", action, &sorted, 1, names::apt);
    install.cleans = verb.starts_with("auto") || sorted.has(&["--auto-remove", "--autoremove"]);
    Some(install)
}

fn mark(words: &[&str]) -> Option<SystemInstall> {
    let sorted = sort(words, 1, &["-f", "--file"]);
    let names = || sorted.words.iter().skip(1).map(|(_, word)| (*word).to_owned()).collect::<Vec<_>>();
    let mark = match sorted.words.first()?.1 {
        "showmanual" => Mark::Shown,
        "auto" | "markauto" if names().iter().any(|name| name.contains('*')) => Mark::Automatic(Vec::new()),
        "auto" | "markauto" => Mark::Automatic(names()),
        "manual" | "unmarkauto" => Mark::Manual(names()),
        _ => return None,
    };
    let install = filled("apt", Verb::Add, &Sorted::default(), 0, names::apt);
    Some(SystemInstall { mark: Some(mark), ..install })
}

/// `dpkg` and `rpm`, which take files and, to remove, names.
fn file(words: &[&str], program: &str) -> Option<SystemInstall> {
    let sorted = sort(words, 1, &["--root", "--instdir", "--prefix"]);
    if sorted.has(&["--root", "--instdir", "--import", "--checksig"]) {
        return None;
    }
    let (manager, name): (_, fn(&str, usize) -> Named) =
        if program == "dpkg" { ("apt", names::apt) } else { ("dnf", names::rpm) };
    let installs = ["-i", "--install", "--upgrade", "-U", "-Uvh", "-ivh", "-Uv", "-iv", "-F", "-Uh"];
    let removes = ["-r", "-P", "--remove", "--purge", "-e", "--erase"];
    let verb = if sorted.has(&removes) {
        Verb::Remove
    } else if sorted.has(&installs) {
        Verb::Add
    } else {
        return None;
    };
    Some(filled(manager, verb, &sorted, 0, name))
}

/// Whether a command works on another root than that of the machine.
fn elsewhere(sorted: &Sorted<'_>, names: &[&str]) -> bool {
    sorted.value(names).is_some_and(|root| root != "/")
}

fn apk(words: &[&str]) -> Option<SystemInstall> {
    let sorted = sort(words, 1, &APK);
    if elsewhere(&sorted, &["-p", "--root"]) || sorted.has(&["--simulate", "-s"]) {
        return None;
    }
    let verb = match sorted.words.first()?.1 {
        "add" => Verb::Add,
        "del" => Verb::Remove,
        _ => return None,
    };
    let mut install = filled("apk", verb, &sorted, 1, names::apk);
    if verb == Verb::Add {
        install.group = sorted.value(&["-t", "--virtual"]).map(str::to_owned);
    }
    Some(install)
}

fn dnf(words: &[&str]) -> Option<SystemInstall> {
    let sorted = sort(words, 1, &DNF);
    if elsewhere(&sorted, &["--installroot"]) || sorted.has(&["--downloadonly", "--assumeno"]) {
        return None;
    }
    let verb = sorted.words.first()?.1;
    let second = sorted.words.get(1).map_or("", |(_, word)| *word);
    let (action, from) = match (verb, second) {
        ("install" | "in" | "localinstall" | "reinstall" | "install-n" | "install-nevra" | "downgrade", _) => {
            (Verb::Add, 1)
        }
        ("remove" | "erase" | "rm" | "autoremove" | "remove-n", _) => (Verb::Remove, 1),
        ("swap", _) => (Verb::Swap, 1),
        ("groupinstall" | "builddep", _) | ("group" | "module", "install") => (Verb::Other, 1),
        _ => return None,
    };
    let mut install = filled("dnf", action, &sorted, from, names::rpm);
    install.cleans = verb == "autoremove";
    Some(install)
}

fn zypper(words: &[&str]) -> Option<SystemInstall> {
    let sorted = sort(words, 1, &ZYPPER);
    if elsewhere(&sorted, &["-R", "--root", "--installroot"]) || sorted.has(&["--dry-run", "--download-only"]) {
        return None;
    }
    let kind = sorted.value(&["-t", "--type"]).unwrap_or("package");
    let verb = match sorted.words.first()?.1 {
        "install" | "in" if kind != "package" => Verb::Other,
        "install" | "in" => Verb::Add,
        "remove" | "rm" => Verb::Remove,
        "source-install" | "si" | "install-new-recommends" | "inr" => Verb::Other,
        _ => return None,
    };
    Some(filled("zypper", verb, &sorted, 1, names::plain))
}

fn pacman(words: &[&str]) -> Option<SystemInstall> {
    let sorted = sort(words, 1, &PACMAN);
    let short =
        |letter: char| sorted.options.iter().any(|(name, _)| !name.starts_with("--") && name[1..].starts_with(letter));
    let adds = short('S') || sorted.has(&["--sync"]) || short('U') || sorted.has(&["--upgrade"]);
    let asks = ['s', 'c', 'i', 'l', 'g', 'w'].into_iter().any(|letter| sorted.has_letter(letter));
    let verb = if short('R') || sorted.has(&["--remove"]) {
        Verb::Remove
    } else if adds && !asks {
        Verb::Add
    } else {
        return None;
    };
    Some(filled("pacman", verb, &sorted, 0, names::plain))
}
