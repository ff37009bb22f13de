//! Short forms of ports and mounts, spelled out.

use super::interpolate::UNKNOWN;
use super::locate::clean;
use super::scalar::Kind;
use super::value::{Data, Node};
use crate::model::{Span, Spanned};

/// A mapping that is made of parts; those that are empty are left out.
fn mapping(span: Span, whole: &Node, parts: Vec<(&str, Node)>) -> Node {
    let filled = parts.into_iter().filter(|(_, node)| node.scalar().is_some_and(|scalar| !scalar.text.is_empty()));
    let entries = filled.map(|(key, node)| (Spanned::new(key.to_owned(), span), node)).collect();
    Node { data: Data::Map(entries), ..whole.clone() }
}

/// A port of the short form's target: none where a variable decides it.
type Range = Option<(u32, u32)>;

fn range(text: &str) -> Result<Range, &'static str> {
    if text.contains(UNKNOWN) {
        return Ok(None);
    }
    let port = |text: &str| {
        let number = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| number).map(u32::from).ok_or("not a port")
    };
    let (from, to) = match text.split_once('-') {
        Some((from, to)) => (port(from)?, port(to)?),
        None => (port(text)?, port(text)?),
    };
    if to < from { Err("a range of ports runs backwards") } else { Ok(Some((from, to))) }
}

/// The ports of an item in the short form.
pub(super) fn ports(node: &Node) -> Result<Vec<Node>, &'static str> {
    let text = match node.scalar() {
        Some(scalar) if matches!(scalar.kind, Kind::Text | Kind::Int) => scalar.text.as_str(),
        _ => return Err("a port is a text, a number or a mapping"),
    };
    let (host, target) = text.rsplit_once(':').map_or((None, text), |(host, target)| (Some(host), target));
    let (target, protocol) = target.split_once('/').unwrap_or((target, ""));
    let protocol = if protocol.is_empty() { "tcp".to_owned() } else { protocol.to_ascii_lowercase() };
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") && !protocol.contains(UNKNOWN) {
        return Err("the protocol of a port is tcp, udp or sctp");
    }
    let (address, published) = host.map_or(("", ""), |host| host.rsplit_once(':').unwrap_or(("", host)));
    let address = address_of(address)?;
    let Some((from, to)) = range(target)? else { return Ok(Vec::new()) };
    let hosts = if published.is_empty() { None } else { range(published)? };
    if hosts.is_some_and(|(first, last)| last - first != to - from && from != to) {
        return Err("two ranges of ports of different length");
    }
    let mut targets: Vec<u32> = (from..=to).filter(|target| *target > 0).collect();
    if targets.is_empty() || from == 0 {
        return Err("a port needs a target");
    }
    targets.sort_by_key(ToString::to_string);
    let made = |target: u32| {
        let published = match hosts {
            Some((first, last)) if from == to && first != last => format!("{first}-{last}"),
            Some((first, _)) => (first + (target - from)).to_string(),
            None => published.to_owned(),
        };
        let parts = vec![
            ("mode", node.part("ingress")),
            ("host_ip", node.part(address)),
            ("target", Node { steps: node.steps.clone(), ..Node::of_kind(&target.to_string(), Kind::Int, node.span) }),
            ("published", node.part(&published)),
            ("protocol", node.part(&protocol)),
        ];
        mapping(node.span, node, parts)
    };
    Ok(targets.into_iter().map(made).collect())
}

/// The address of a host, brackets removed.
fn address_of(text: &str) -> Result<&str, &'static str> {
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').ok_or("not an IP address")?,
        None => text,
    };
    if bare.is_empty() && text.is_empty() || bare.contains(UNKNOWN) || is_address(bare) {
        Ok(bare)
    } else {
        Err("not an IP address")
    }
}

/// Whether it is the address of a host.
pub(super) fn is_address(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
}

/// The sections between colons; the colon of a drive letter divides nothing, nor does one in `${…}`.
fn sections(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut inside) = (0, 0_u32);
    for (at, c) in text.char_indices() {
        let first = text[start..at].chars().next();
        let letter = first.is_some_and(|first| first.is_alphabetic() && first.len_utf8() == at - start);
        match c {
            '$' if text[at + 1..].starts_with('{') => inside += 1,
            '}' if inside > 0 => inside -= 1,
            ':' if inside == 0 && !letter => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if inside == 0 {
        found.push(&text[start..]);
    }
    found
}

/// The mount of an item in the short form.
pub(super) fn mount(node: &Node) -> Result<Node, &'static str> {
    let text = node.text().ok_or("a mount is a text or a mapping")?;
    if text.is_empty() {
        return Err("an empty mount");
    }
    let parts = if text.len() <= 2 { vec![text] } else { sections(text) };
    if parts.iter().any(|part| part.is_empty()) {
        return Err("an empty section between the colons of a mount");
    }
    let (source, target, mode) = match parts[..] {
        [] => ("", "", ""),
        [target] => ("", target, ""),
        [source, target] => (source, target, ""),
        [source, target, mode] => (source, target, mode),
        _ => return Err("too many colons in a mount"),
    };
    let kind = if source.starts_with(UNKNOWN) {
        node.part(&UNKNOWN.to_string())
    } else if is_path(source) {
        node.part("bind")
    } else {
        node.part("volume")
    };
    let read_only = mode.split(',').rfind(|word| matches!(*word, "ro" | "rw")) == Some("ro");
    let target = if target.is_empty() || target.contains(UNKNOWN) { target.to_owned() } else { clean(target) };
    let mut made =
        mapping(node.span, node, vec![("type", kind), ("source", node.part(source)), ("target", node.part(&target))]);
    if read_only {
        made.put("read_only", Node::of_kind("true", Kind::Bool, node.span));
    }
    Ok(made)
}

/// Whether a source is a place on the host by its looks.
fn is_path(source: &str) -> bool {
    let mut chars = source.chars();
    let drive = chars.next().is_some_and(char::is_alphabetic) && chars.next() == Some(':');
    source.starts_with(['.', '/', '~']) || source.starts_with("\\\\") || drive
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FileId;

    fn node(text: &str) -> Node {
        Node::made(text, Span::new(FileId(0), 0, 0))
    }

    fn show(node: &Node, keys: &[&str]) -> String {
        let part = |key: &&str| node.get(key).and_then(Node::one).unwrap_or("-").to_owned();
        keys.iter().map(part).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn short_ports_are_spelled_out() {
        let rows: [(&str, &[&str]); 6] = [
            ("127.0.0.1::53/udp", &["127.0.0.1 - 53 udp"]),
            ("[::1]:80:81", &["::1 80 81 tcp"]),
            ("::1:80:81", &["::1 80 81 tcp"]),
            ("1000-1010:22", &["- 1000-1010 22 tcp"]),
            ("1-2:3-4", &["- 1 3 tcp", "- 2 4 tcp"]),
            ("80/", &["- - 80 tcp"]),
        ];
        for (text, wanted) in rows {
            let ports = ports(&node(text)).unwrap();
            let shown: Vec<String> =
                ports.iter().map(|port| show(port, &["host_ip", "published", "target", "protocol"])).collect();
            assert_eq!(shown, wanted, "{text}");
        }
        for text in ["1-3:3-4", "x", "h:1:2", "0", "1:2:3:4:5", "80/icmp", ""] {
            assert!(ports(&node(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn mounts_are_binds_only_by_their_looks() {
        let rows = [
            ("./x:/y/:ro,z", "bind ./x /y true"),
            ("data:/data", "volume data /data -"),
            ("/only", "volume - /only -"),
            ("C:\\x:/y", "bind C:\\x /y -"),
            ("ab:/b:rw,ro", "volume ab /b true"),
            ("x", "volume - x -"),
        ];
        for (text, wanted) in rows {
            let mount = mount(&node(text)).unwrap();
            assert_eq!(show(&mount, &["type", "source", "target", "read_only"]), wanted, "{text}");
        }
        for text in ["ab::c", "abc:", "ab:/b:ro:rw", ""] {
            assert!(mount(&node(text)).is_err(), "{text}");
        }
    }
}
