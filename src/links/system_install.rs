//! Commands that install packages of the distribution.

/// One package a command names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SystemPackage {
    /// The name.
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
    pub remove: Vec<String>,
    /// `apk add --virtual NAME`.
    pub group: Option<String>,
}

/// Options with a value.
const VALUED: [&str; 14] = [
    "-t",
    "--virtual",
    "-o",
    "--option",
    "-c",
    "--target-release",
    "--repository",
    "-X",
    "--allow-untrusted-repo",
    "--setopt",
    "--enablerepo",
    "--disablerepo",
    "-p",
    "--root",
];

/// Reads a command, if it installs or removes packages.
pub fn read(words: &[&str]) -> Option<SystemInstall> {
    let program = words.first()?.rsplit('/').next()?;
    let manager = match program {
        "apt-get" | "apt" | "aptitude" => "apt",
        "apk" => "apk",
        "dnf" | "yum" | "microdnf" | "tdnf" => "dnf",
        "zypper" => "zypper",
        "pacman" => "pacman",
        "install_packages" => "apt",
        _ => return None,
    };
    let mut install = SystemInstall { manager, add: Vec::new(), remove: Vec::new(), group: None };
    let mut verb = if program == "install_packages" { Some(true) } else { None };
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let (flag, inline) = word.split_once('=').map_or((*word, None), |(flag, value)| (flag, Some(value)));
        if flag == "--virtual" || flag == "-t" && manager == "apk" {
            at += usize::from(inline.is_none());
            install.group = inline.or_else(|| words.get(at).copied()).map(str::to_owned);
        } else if word.starts_with('-') && *word != "-" {
            let takes = VALUED.contains(word) && !(manager == "apt" && *word == "-p");
            at += usize::from(takes);
            match (manager, *word) {
                ("pacman", flag) if flag.starts_with("-S") => verb = Some(true),
                ("pacman", flag) if flag.starts_with("-R") => verb = Some(false),
                _ => {}
            }
        } else if verb.is_none() {
            verb = match *word {
                "install" | "add" | "in" | "reinstall" | "groupinstall" => Some(true),
                "remove" | "purge" | "del" | "erase" | "autoremove" => Some(false),
                _ => return None,
            };
        } else if verb == Some(true) {
            install.add.push(package(word, at));
        } else {
            install.remove.push((*word).to_owned());
        }
        at += 1;
    }
    verb.map(|_| install)
}

fn package(word: &str, at: usize) -> SystemPackage {
    let end = word.find(['=', '~', '<', '>', '@']).unwrap_or(word.len());
    let version = word[end..].trim_start_matches(['=', '~', '<', '>', '@']);
    let name = word[..end].split(':').next().unwrap_or_default();
    SystemPackage { name: name.to_owned(), version: (!version.is_empty()).then(|| version.to_owned()), word: at }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let install = read(&text.split(' ').collect::<Vec<_>>()).unwrap();
        install.add.into_iter().map(|package| package.name).collect()
    }

    #[test]
    fn options_are_no_packages() {
        assert_eq!(names("apt-get -y install --no-install-recommends -o Debug=1 libpq5 gcc=4:12"), ["libpq5", "gcc"]);
        assert_eq!(names("apk add --no-cache --virtual .build-deps gcc bash~=5.2"), ["gcc", "bash"]);
    }

    #[test]
    fn removal_is_read() {
        let install = read(&["apk", "del", ".build-deps"]).unwrap();
        assert_eq!((install.add.len(), install.remove.as_slice()), (0, [".build-deps".to_owned()].as_slice()));
    }

    #[test]
    fn update_is_none() {
        assert!(read(&["apt-get", "update"]).is_none());
    }
}
