use super::*;
use crate::knowledge::AS_OF;

fn line(reference: &str) -> String {
    let image = describe(reference, AS_OF);
    let text = |known: &crate::model::Known<String>| known.values().join("|");
    format!(
        "{} {} {} {} py{} {}",
        text(&image.distro),
        text(&image.release),
        text(&image.libc),
        text(&image.variant),
        text(&image.python),
        image.pin
    )
}

#[test]
fn references_come_apart() {
    let parsed = parse("localhost:5000/a/b:1@sha256:00");
    assert_eq!((parsed.registry.as_str(), parsed.repository.as_str()), ("localhost:5000", "a/b"));
    assert_eq!((parsed.tag.as_deref(), parsed.digest.as_deref()), (Some("1"), Some("sha256:00")));
    assert_eq!(parse("localhost:5000/a").tag, None);
    assert_eq!(parse("public.ecr.aws/docker/library/python:3").repository, "python");
    assert_eq!(parse("docker.io/library/redis").name(), "redis");
    assert_eq!(parse("docker.io/acme/x").name(), "acme/x");
    assert_eq!(parse("ghcr.io/astral-sh/uv:1").name(), "ghcr.io/astral-sh/uv");
}

#[test]
fn tags_say_system_and_interpreter() {
    for (reference, expected) in [
        ("python:3.12-slim-bookworm", "debian 12 glibc slim py3.12 floating"),
        ("python:3.12.4-slim-bookworm", "debian 12 glibc slim py3.12 exact"),
        ("python:3.12-slim", "debian 13 glibc slim py3.12 floating"),
        ("python:3.12.3-slim", "debian 12 glibc slim py3.12 floating"),
        ("python:3.8.5", "debian 10 glibc full py3.8 floating"),
        ("python:3.12-alpine3.20", "alpine 3.20 musl alpine py3.12 floating"),
        ("python:3.12-alpine", "alpine 3.24 musl alpine py3.12 floating"),
        ("python", "debian 13 glibc full py3.14 none"),
        ("python:3-bookworm", "debian 12 glibc full py3.14 floating"),
        // The official images are built on the two newest releases of a system; an older one keeps its last Python.
        ("python:alpine3.14", "alpine 3.14 musl alpine py3.10 floating"),
        ("python:3-slim-buster", "debian 10 glibc slim py3.11 floating"),
        ("python:bullseye", "debian 11 glibc full py3.13 floating"),
        ("python:3-alpine3.23", "alpine 3.23 musl alpine py3.14 floating"),
        ("python:alpine3.3", "alpine 3.3 musl alpine py floating"),
        ("node:20-bookworm-slim", "debian 12 glibc slim py floating"),
        ("debian:bookworm-slim", "debian 12 glibc slim py floating"),
        ("ubuntu:22.04", "ubuntu 22.04 glibc full py floating"),
        ("alpine:3.19.1", "alpine 3.19 musl alpine py exact"),
        ("ghcr.io/astral-sh/uv:python3.14-bookworm-slim", "debian 12 glibc slim py3.14 floating"),
        ("bitnami/redis:7.0.1-debian-11-r3", "debian 11 glibc  py exact"),
        ("mcr.microsoft.com/devcontainers/python:1-3.12-bookworm", "debian 12 glibc full py3.12 floating"),
        ("mcr.microsoft.com/vscode/devcontainers/python:0.201.2-3.8", "debian  glibc full py3.8 exact"),
        ("registry.access.redhat.com/ubi9/python-312", "rhel 9 glibc  py3.12 none"),
        ("registry.access.redhat.com/ubi9/python-312-minimal:9.8", "rhel 9 glibc  py3.12 floating"),
        ("registry.access.redhat.com/ubi9-minimal:9.8", "rhel 9 glibc  py floating"),
        ("gcr.io/distroless/python3-debian12", "debian 12 glibc  py3.11 none"),
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", "ubuntu 22.04 glibc  py exact"),
        ("postgis/postgis:13-3.2-alpine", "alpine  musl alpine py floating"),
        ("acme/private:1.2", "    py floating"),
    ] {
        assert_eq!(line(reference), expected, "{reference}");
    }
    assert_eq!(describe("python:3.12", "2024-01-01").release.one().map(String::as_str), Some("12"));
    assert_eq!(describe("python:3.12", AS_OF).full, Some(true));
    assert_eq!(describe("node:jod-alpine", AS_OF).node.one().map(String::as_str), Some("22"));
}

#[test]
fn words_around_a_hole_may_decide_the_c_library() {
    assert_eq!(describe_parts("python", "${V}-alpine").libc.one().map(String::as_str), Some("musl"));
    assert_eq!(describe_parts("python", "${V}-slim").libc.one().map(String::as_str), Some("glibc"));
    assert_eq!(describe_parts("python", "${V}-slim-bookworm").release.one().map(String::as_str), Some("12"));
    let open = describe_parts("python", "${V}");
    assert!(open.libc.is_unknown() && open.python.is_unknown() && open.full.is_none());
    assert!(describe_parts("python", "3.1${V}").python.is_unknown());
}

#[test]
fn a_digest_alone_says_no_version() {
    for reference in ["python@sha256:00", "node@sha256:00", "debian@sha256:00"] {
        let known = describe(reference, AS_OF);
        let said = [known.python.one(), known.node.one(), known.release.one(), known.distro.one()];
        assert!(said[..3].iter().all(Option::is_none), "{reference}: {said:?}");
        assert!(!known.python_floats && !known.moving, "{reference}");
        assert_eq!(known.pin, "digest");
    }
    assert_eq!(describe("python:3.12@sha256:00", AS_OF).python.one().map(String::as_str), Some("3.12"));
}

#[test]
fn runners_move_with_their_dates() {
    assert_eq!(runner("ubuntu-latest").and_then(|runner| runner.release).as_deref(), Some("24.04"));
    assert_eq!(runner_at("ubuntu-latest", "2024-01-01").and_then(|runner| runner.release).as_deref(), Some("22.04"));
    assert_eq!(runner("macos-14").map(|runner| runner.os), Some("macos"));
    assert_eq!(runner("ubuntu-latest-16-cores").and_then(|runner| runner.release).as_deref(), Some("24.04"));
    assert_eq!(runner("self-hosted"), None);
}

#[test]
fn the_full_image_brings_libraries_that_slim_lacks() {
    assert!(full_image_brings("libpq") && full_image_brings("gcc") && !full_image_brings("cron"));
    assert!(brings("slim").all(|package| package != "gcc"));
    assert_eq!(glibc_version("debian", "12"), Some("2.36"));
    assert_eq!(system_python("debian", "12"), Some("3.11"));
}
