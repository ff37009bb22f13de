use super::*;

fn install(text: &str) -> SystemInstall {
    read(&text.split(' ').collect::<Vec<_>>()).unwrap()
}

fn added(text: &str) -> Vec<String> {
    let shown = |package: SystemPackage| match package.version {
        Some(version) => format!("{} {version}", package.name),
        None => package.name,
    };
    install(text).add.into_iter().map(shown).collect()
}

fn removed(text: &str) -> Vec<String> {
    install(text).remove.into_iter().map(|package| package.name).collect()
}

fn silent(text: &str) -> bool {
    read(&text.split(' ').collect::<Vec<_>>()).is_none()
}

#[test]
fn apt_reads_its_options_and_its_suffixes() {
    assert_eq!(added("apt-get -y install --no-install-recommends -o Debug=1 libpq5 gcc=4:12"), ["libpq5", "gcc 4:12"]);
    assert_eq!(
        added("apt-get -qqy install -t bookworm-backports git/sid libc6:i386 g++ vim+"),
        ["git", "libc6", "g++", "vim"]
    );
    assert_eq!(added("apt-get install -yqt sid -oDpkg::Options::=--force-confold curl"), ["curl"]);
    assert_eq!(added("apt install -y ./tool_1.2_amd64.deb"), ["tool 1.2"]);
    let both = install("apt-get install -y curl nano-");
    assert_eq!((both.add.len(), both.remove[0].name.as_str()), (1, "nano"));
    for text in ["apt-get install -y postgresql-*", "apt-get install -y /tmp/a.deb", "apt-get build-dep -y python3"] {
        assert!(install(text).more.is_some(), "{text}");
    }
    for text in [
        "apt-get update",
        "apt-get -s install curl",
        "apt-get upgrade -y",
        "apt-get install --only-upgrade curl",
        "apt-get clean",
    ] {
        assert!(silent(text), "{text}");
    }
}

#[test]
fn apt_removes_what_is_named_and_what_nobody_asked_for() {
    assert_eq!(removed("apt-get purge -y --auto-remove gcc make"), ["gcc", "make"]);
    assert!(install("apt-get purge -y --auto-remove gcc").cleans && install("apt-get autoremove -y").cleans);
    assert_eq!(removed("apt-get remove --purge -y gcc"), ["gcc"]);
    assert_eq!(removed("apt-get -y autoremove gcc"), ["gcc"]);
    assert!(!install("apt-get remove gcc").cleans);
    assert!(install("apt-get purge -y perl-*").fewer.is_some());
}

#[test]
fn marks_are_read() {
    assert_eq!(install("apt-mark showmanual").mark, Some(Mark::Shown));
    assert_eq!(install("apt-mark auto .*").mark, Some(Mark::Automatic(Vec::new())));
    assert_eq!(install("apt-mark auto gcc").mark, Some(Mark::Automatic(vec!["gcc".into()])));
    assert_eq!(install("apt-mark manual $saved").mark, Some(Mark::Manual(vec!["$saved".into()])));
    assert!(silent("apt-mark hold docker") && silent("xargs -r apt-mark manual"));
}

#[test]
fn apk_reads_virtual_packages_and_constraints() {
    let both = install("apk add --no-cache --virtual .deps gcc bash~=5.2 musl>1.2 vim@edge so:libpq.so.5");
    assert_eq!(both.group.as_deref(), Some(".deps"));
    assert_eq!(added("apk --no-cache -t .deps add gcc bash~=5.2"), ["gcc", "bash 5.2"]);
    assert_eq!(
        added("apk add -X https://a.b/edge --repository=https://c.d git musl>1.2 vim@edge cmd:bash"),
        ["git", "musl 1.2", "vim", "cmd:bash"]
    );
    assert_eq!(removed("apk del --no-network .deps gcc"), [".deps", "gcc"]);
    assert_eq!(removed("apk add !nano"), ["nano"]);
    assert!(silent("apk update") && silent("apk add --root /mnt --initdb busybox") && silent("apk info -vv"));
}

#[test]
fn dnf_and_yum_read_versions_groups_and_swaps() {
    assert_eq!(
        added("dnf -y install --setopt=tsflags=nodocs python3.11-pip nginx-1.20.1 gcc-c++ java-1.8.0-openjdk"),
        ["python3.11-pip", "nginx 1.20.1", "gcc-c++", "java-1.8.0-openjdk"]
    );
    assert_eq!(
        added("yum install -y --enablerepo epel postgresql-15.3-1.el9.x86_64 glibc.i686 nginx-1.2*"),
        ["postgresql 15.3", "glibc", "nginx 1.2*"]
    );
    assert_eq!(added("microdnf install https://a.b/epel-release-9-7.noarch.rpm"), ["epel-release 9"]);
    let swap = install("dnf swap -y curl-minimal curl");
    assert_eq!((swap.remove[0].name.as_str(), swap.add[0].name.as_str()), ("curl-minimal", "curl"));
    for text in
        ["yum groupinstall -y Tools", "dnf module install -y nodejs:20", "dnf install -y @base", "dnf builddep a"]
    {
        assert!(install(text).more.is_some(), "{text}");
    }
    for text in [
        "dnf module enable -y nodejs:20",
        "yum update -y",
        "dnf clean all",
        "dnf install --installroot /mnt a",
        "yum makecache",
    ] {
        assert!(silent(text), "{text}");
    }
    assert_eq!(removed("yum -y remove gcc"), ["gcc"]);
}

#[test]
fn the_other_managers_are_read() {
    assert_eq!(added("zypper -n in --no-recommends -r main git=2.1 vim>=9"), ["git 2.1", "vim 9"]);
    assert!(install("zypper install -y -t pattern devel_basis").more.is_some());
    assert_eq!(added("pacman -Syu --noconfirm --needed extra/git gcc"), ["git", "gcc"]);
    assert_eq!(removed("pacman -Rns --noconfirm gcc"), ["gcc"]);
    assert!(silent("pacman -Scc --noconfirm") && silent("zypper refresh"));
    assert_eq!(added("dpkg -i /tmp/a_1.0_all.deb"), ["a 1.0"]);
    assert_eq!(removed("rpm -e --nodeps a"), ["a"]);
    assert_eq!(added("install_packages curl git"), ["curl", "git"]);
}

#[test]
fn names_that_another_command_gives_are_not_known() {
    let install = install("xargs -a list.txt apt-get install -y curl");
    assert_eq!((install.add[0].word, install.more.is_some()), (6, true));
    assert!(super::read(&["xargs", "apt-get", "purge", "-y"]).unwrap().fewer.is_some());
}
