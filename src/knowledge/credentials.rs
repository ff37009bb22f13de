//! Credentials: passwords and keys that open something, and whose door it is.

use serde::Deserialize;

use super::table::table;
use super::variables;

/// Who decides whether a credential is taken.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Opens {
    /// The program, or a server that is given the same text: any text works.
    Own,
    /// Who is asked with it: a text that says that it is none opens nothing.
    Asked,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ending {
    name: String,
    opens: Opens,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Other {
    word: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {
    text: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[cfg_attr(not(test), expect(dead_code, reason = "kept for the reader of the table"))]
    pub(super) as_of: String,
    endings: Vec<Ending>,
    others: Vec<Other>,
    nothing: Vec<Nothing>,
}
table!(table, Table, "credentials.toml");

/// Who decides whether what stands under a name is taken; none for what is no credential, or one that somebody else gives out.
pub fn opens(name: &str) -> Option<Opens> {
    let framed = framed(name);
    let other = |row: &Other| holds(&framed, row);
    if !variables::is_secret_name(name.rsplit('.').next().unwrap_or(name)) || table().others.iter().any(other) {
        return None;
    }
    let bare = framed.trim_end_matches('_');
    table().endings.iter().find(|row| bare.ends_with(&row.name)).map(|row| row.opens)
}

/// A name in capitals with a line before and after each word.
fn framed(name: &str) -> String {
    format!("_{}_", name.to_ascii_uppercase().replace(['.', '-'], "_"))
}

fn holds(framed: &str, row: &Other) -> bool {
    framed.contains(&format!("_{}_", row.word))
}

/// Whether what stands under a name opens a door of one's own: no mail provider's or other site's, and none of the tests.
pub fn is_own_door(name: &str) -> bool {
    let framed = framed(name);
    !framed.contains("_TEST_") && !framed.contains("_DSN_") && !table().others.iter().any(|row| holds(&framed, row))
}

/// Whether a text under a name would open something for whoever reads it.
pub fn gives_away(name: &str, text: &str) -> bool {
    let lower = text.to_lowercase();
    let none = || table().nothing.iter().any(|row| lower.contains(&row.text));
    opens(name).is_some_and(|opens| is_plain(text) && (opens == Opens::Own || !none()))
}

/// Whether a text can be a credential: no address, path or template, and not the name of what holds one (`SECRET_KEY`).
fn is_plain(text: &str) -> bool {
    let names = !text.contains(|c: char| !c.is_ascii_uppercase() && c != '_') && variables::is_secret_name(text);
    !text.trim().is_empty() && !text.starts_with(['/', '$', '{', '[']) && !text.contains("://") && !names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_told_from_what_is_said_of_one() {
        for name in ["ADMIN_PASSWORD", "DATABASES.default.PASSWORD", "PGPASSWORD", "security.jwt_secret", "REDIS_PASS"]
        {
            assert_eq!(opens(name), Some(Opens::Own), "{name}");
        }
        assert_eq!(opens("PREVIEW_API_KEY"), Some(Opens::Asked));
        for name in [
            "PASSWORD_HASHERS",
            "TOKEN_EXPIRY",
            "RESET_PASSWORD_URL",
            "DB_PASSWORD_FILE",
            "HEADLESS_TOKEN_STRATEGY",
            "CSRF_TOKEN_KEY",
            "RECAPTCHA_SITE_KEY",
            "BYPASS",
            "AWS_ACCESS_KEY_ID",
        ] {
            assert_eq!(opens(name), None, "{name}");
        }
    }

    #[test]
    fn what_somebody_else_gives_out_is_not_ours_to_give_away() {
        for name in ["EMAIL_HOST_PASSWORD", "SOCIAL_AUTH_SITE_SECRET", "STRIPE_SECRET_KEY", "RECAPTCHA_SECRET"] {
            assert_eq!(opens(name), None, "{name}");
        }
    }

    #[test]
    fn a_key_that_says_it_is_none_opens_nothing_but_a_password_does() {
        assert!(gives_away("PREVIEW_API_KEY", "auth-token") && !gives_away("PREVIEW_API_KEY", "placeholder"));
        assert!(gives_away("ADMIN_PASSWORD", "dummy") && !gives_away("ADMIN_PASSWORD", ""));
        assert!(!gives_away("DB_PASS", "PASSWORD") && gives_away("DB_PASS", "password"), "a name is no value");
        assert!(!gives_away("ADMIN_PASSWORD", "${PASSWORD}") && !gives_away("API_SECRET", "https://shop.example/x"));
    }
}
