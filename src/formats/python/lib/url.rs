//! URLs as `urllib.parse` takes them apart; what is unusual is left undecided.

/// The parts of a URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Parts {
    pub(crate) scheme: String,
    pub(crate) netloc: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) fragment: String,
}

/// `urlsplit`; none where it would raise or where its result is not sure.
pub(crate) fn split(text: &str) -> Option<Parts> {
    if text.starts_with(|c: char| c <= ' ') || text.contains(['\t', '\r', '\n']) {
        return None;
    }
    let mut rest = text;
    let mut scheme = String::new();
    if let Some((head, tail)) = rest.split_once(':')
        && head.starts_with(|c: char| c.is_ascii_alphabetic())
        && head.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    {
        scheme = head.to_ascii_lowercase();
        rest = tail;
    }
    let mut netloc = "";
    if let Some(after) = rest.strip_prefix("//") {
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        (netloc, rest) = after.split_at(end);
    }
    if netloc.contains(['[', ']']) || !netloc.is_ascii() {
        return None;
    }
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    Some(Parts { scheme, netloc: netloc.into(), path: path.into(), query: query.into(), fragment: fragment.into() })
}

impl Parts {
    fn user_info(&self) -> Option<&str> {
        self.netloc.rsplit_once('@').map(|(user, _)| user)
    }

    /// The user's name, still quoted.
    pub(crate) fn username(&self) -> &str {
        self.user_info().map_or("", |info| info.split_once(':').map_or(info, |(user, _)| user))
    }

    /// The password, still quoted; none without a colon.
    pub(crate) fn password(&self) -> Option<&str> {
        self.user_info()?.split_once(':').map(|(_, password)| password)
    }

    /// Host and port together.
    pub(crate) fn host_info(&self) -> &str {
        self.netloc.rsplit_once('@').map_or(&self.netloc, |(_, host)| host)
    }

    /// The host in small letters; empty if there is none.
    pub(crate) fn hostname(&self) -> String {
        let info = self.host_info();
        let host = info.split_once(':').map_or(info, |(host, _)| host);
        match host.split_once('%') {
            Some((host, zone)) => format!("{}%{zone}", host.to_ascii_lowercase()),
            None => host.to_ascii_lowercase(),
        }
    }

    /// The port; none inside if there is none, `Err` where asking for it raises.
    pub(crate) fn port(&self) -> Result<Option<i128>, ()> {
        match self.host_info().split_once(':') {
            None | Some((_, "")) => Ok(None),
            Some((_, port)) if port.bytes().all(|b| b.is_ascii_digit()) => match port.parse::<i128>() {
                Ok(port) if port <= 65535 => Ok(Some(port)),
                _ => Err(()),
            },
            Some(_) => Err(()),
        }
    }
}

/// `unquote`.
pub(crate) fn unquote(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%'
            && let (Some(high), Some(low)) = (hex(at + 1), hex(at + 2))
        {
            out.push(high * 16 + low);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// `unquote_plus`.
pub(crate) fn unquote_plus(text: &str) -> String {
    unquote(&text.replace('+', " "))
}

/// `quote(text, safe=":/?&=@")`.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "_.-~:/?&=@".contains(c) {
            out.push(c);
        } else {
            let digit = |n: u8| char::from(if n < 10 { b'0' + n } else { b'A' + n - 10 });
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    out
}

/// `parse_qs`: the values of each name, in order.
pub(crate) fn query(text: &str) -> Vec<(String, Vec<String>)> {
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    for pair in text.split('&') {
        let Some((name, value)) = pair.split_once('=').filter(|(_, value)| !value.is_empty()) else { continue };
        let (name, value) = (unquote_plus(name), unquote_plus(value));
        match out.iter_mut().find(|(have, _)| *have == name) {
            Some((_, values)) => values.push(value),
            None => out.push((name, vec![value])),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let parts = split("postgres://us%40er:p:w@Db.Example:5432/na%20me?a=b+c&d=&e=1&e=2#f");
        let Some(parts) = parts else { unreachable!("it splits") };
        assert_eq!((parts.username(), parts.password()), ("us%40er", Some("p:w")));
        assert_eq!((parts.hostname().as_str(), parts.port()), ("db.example", Ok(Some(5432))));
        assert_eq!(unquote(&parts.path), "/na me");
        assert_eq!(query(&parts.query), [("a".into(), vec!["b c".into()]), ("e".into(), vec!["1".into(), "2".into()])]);
    }

    #[test]
    fn a_port_that_is_no_number_raises() {
        assert_eq!(split("sqlite://:memory:").map(|p| p.port()), Some(Err(())));
    }
}
