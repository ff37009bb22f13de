//! `dj_email_url`: the settings of mail that a URL names.

use super::databases::Parsed;
use super::made::{Plain, put};
use super::{schemes, url};
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::values::{Args, K, R, V};
use crate::model::Span;

/// What the library takes for true in a query.
const TRUTHY: [&str; 14] = ["1", "y", "Y", "yes", "Yes", "YES", "t", "T", "true", "True", "TRUE", "on", "On", "ON"];

/// `dj_email_url.parse(url)`.
pub(crate) fn parse(text: &str) -> Parsed {
    // Parameters behind a semicolon are no part of the path.
    let Some(parts) = url::split(text).filter(|_| !text.contains(';')) else { return Ok(Plain::Unsure) };
    let Ok(port) = parts.port() else { return Err("it is no mail URL") };
    let host = Some(parts.hostname()).filter(|host| !host.is_empty());
    let smtp = parts.scheme == "smtp";
    let submission = matches!(parts.scheme.as_str(), "submission" | "submit");
    let user = parts.netloc.contains('@').then(|| parts.username());
    let known_port =
        port.filter(|port| *port != 0).or(if smtp { Some(25) } else { submission.then_some(587) }).or(port);
    let text_or_none = |text: Option<String>| text.map_or(Plain::None, Plain::Str);
    let host = if smtp { Some(host.unwrap_or_else(|| "localhost".to_owned())) } else { host };
    let path = parts.path.get(1..).unwrap_or_default();
    let mut dict = vec![
        ("EMAIL_FILE_PATH".to_owned(), path.split('?').next().unwrap_or_default().into()),
        ("EMAIL_HOST_USER".to_owned(), text_or_none(user.map(url::unquote))),
        ("EMAIL_HOST_PASSWORD".to_owned(), text_or_none(parts.password().map(url::unquote))),
        ("EMAIL_HOST".to_owned(), text_or_none(host)),
        ("EMAIL_PORT".to_owned(), known_port.map_or(Plain::None, Plain::Int)),
        ("EMAIL_USE_SSL".to_owned(), Plain::Bool(false)),
        ("EMAIL_USE_TLS".to_owned(), Plain::Bool(submission || parts.scheme == "smtps")),
        ("EMAIL_TIMEOUT".to_owned(), Plain::None),
    ];
    if let Some(backend) = schemes::dj_email(&parts.scheme) {
        put(&mut dict, "EMAIL_BACKEND", backend);
    }
    let query = url::query(&parts.query);
    let first = |name: &str| query.iter().find(|(key, _)| key == name).and_then(|(_, values)| values.first());
    let secured = [("ssl", true), ("tls", false)].into_iter().find_map(|(name, ssl)| Some((first(name)?, ssl)));
    if let Some((_, ssl)) = secured.filter(|(value, _)| TRUTHY.contains(&value.as_str())) {
        put(&mut dict, "EMAIL_USE_SSL", Plain::Bool(ssl));
        put(&mut dict, "EMAIL_USE_TLS", Plain::Bool(!ssl));
    }
    if let Some(timeout) = first("timeout") {
        put(&mut dict, "EMAIL_TIMEOUT", timeout.parse().map_or(Plain::Unsure, Plain::Int));
    }
    for (name, key) in [("_server_email", "SERVER_EMAIL"), ("_default_from_email", "DEFAULT_FROM_EMAIL")] {
        if let Some(address) = first(name) {
            put(&mut dict, key, address.clone());
        }
    }
    Ok(Plain::Dict(dict))
}

impl Machine<'_> {
    /// `dj_email_url.config(env=…, default=…)`.
    pub(crate) fn mail_config(&mut self, args: &Args, at: Span) -> R {
        let name = args.get(0, "env").map_or(Some("EMAIL_URL"), V::text).map(str::to_owned);
        let Some(name) = name.filter(|_| !args.open) else {
            return Ok(self.foreign("a read of a variable that is not known", args, at));
        };
        let default = args.get(1, "default").cloned().unwrap_or_else(|| V::at(K::None, at));
        let text = self.env_get(&name, Some(default), false, "dj_email_url", at)?;
        self.mail_of(&text, true, at)
    }

    /// `dj_email_url.parse(url)`.
    pub(crate) fn mail_parse(&mut self, args: &Args, at: Span) -> R {
        match args.get(0, "url").cloned() {
            Some(text) if !args.open => self.mail_of(&text, false, at),
            _ => Ok(self.foreign("a mail URL that is not known", args, at)),
        }
    }

    fn mail_of(&mut self, text: &V, config: bool, at: Span) -> R {
        self.lift(text, at, &mut |m, text| {
            let url = match &text.k {
                K::Str(url) if !(config && url.is_empty()) => url.clone(),
                K::Str(_) | K::None if config => return Ok(m.new_dict(Vec::new(), at).from(text)),
                _ => return Ok(V::unknown("a mail URL that is not known", at).resting([text])),
            };
            match parse(&url) {
                Err(why) => m.raise("ValueError", why, at),
                // Older releases give fewer keys.
                Ok(Plain::Dict(_)) if m.whole && m.pinned_before("dj-email-url", (1, 0)) => {
                    Ok(V::unknown("what the pinned release of dj-email-url gives", at).resting([text]))
                }
                Ok(Plain::Dict(items)) => Ok(m.plain(&Plain::Dict(items), text, at)),
                Ok(_) => Ok(V::unknown("a mail URL that is not followed", at).resting([text])),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, key: &str) -> Option<Plain> {
        let Ok(Plain::Dict(dict)) = parse(text) else { return None };
        dict.into_iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    #[test]
    fn a_url_names_backend_host_and_port() {
        let backend = "django.core.mail.backends.smtp.EmailBackend";
        assert_eq!(of("smtp://catcher:1025", "EMAIL_BACKEND"), Some(backend.into()));
        assert_eq!(of("smtp://catcher:1025", "EMAIL_PORT"), Some(Plain::Int(1025)));
        assert_eq!(of("smtp://", "EMAIL_HOST"), Some("localhost".into()));
        assert_eq!(of("smtp://", "EMAIL_PORT"), Some(Plain::Int(25)));
        assert_eq!(of("submission://a%40b:c@h", "EMAIL_HOST_USER"), Some("a@b".into()));
        assert_eq!(of("submission://h", "EMAIL_USE_TLS"), Some(Plain::Bool(true)));
        assert_eq!(of("smtp://h/?ssl=True", "EMAIL_USE_SSL"), Some(Plain::Bool(true)));
        assert_eq!(of("", "EMAIL_BACKEND"), None);
    }
}
