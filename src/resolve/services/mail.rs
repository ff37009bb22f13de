//! Where mail goes: the host that a backend sends it to, what a backend hands it on to, and hosts that are named without a backend.

use std::collections::BTreeMap;

use super::Used;
use super::used::{certainty_of, text_of};
use crate::formats::python::{Kind as Py, Val};
use crate::knowledge::services;
use crate::model::Known;

type Values = BTreeMap<String, Val>;

/// Settings that name the host of mail where no backend is chosen: Flask-Mail's and fastapi-mail's
/// (<https://pythonhosted.org/Flask-Mail/#configuring-flask-mail>), and those of programs that open SMTP themselves.
const HOSTS: [&str; 3] = ["MAIL_SERVER", "SMTP_HOST", "SMTP_SERVER"];

/// Settings that keep Flask-Mail and fastapi-mail from sending: the default of the first is the second.
const SUPPRESSED: [&str; 3] = ["MAIL_SUPPRESS_SEND", "TESTING", "SUPPRESS_SEND"];

/// Mail whose host is named without a backend.
pub(super) fn by_host(values: &Values, used: &mut Vec<Used>) {
    let find = |name: &str| values.get(name).or_else(|| values.get(&name.to_ascii_lowercase()));
    if used.iter().any(|one| one.role == "mail") || values.contains_key("INSTALLED_APPS") {
        return;
    }
    let Some(val) = HOSTS.iter().find_map(|name| find(name)) else { return };
    let Some(host) = text_of(val).filter(|host| !host.is_empty()) else { return };
    let suppress = SUPPRESSED.iter().find_map(|name| find(name));
    let (product, origin, certainty) = match suppress.map(|val| (&val.behind().kind, val)) {
        Some((Py::Bool(true), val)) => ("dummy", &val.origin, certainty_of(val)),
        None | Some((Py::Bool(false), _)) => ("smtp", &val.origin, certainty_of(val)),
        Some(_) => return,
    };
    used.push(Used {
        role: "mail".into(),
        product: Known::One(product.into()),
        driver: None,
        origin: origin.clone(),
        certainty,
        name: None,
        host: (product == "smtp").then(|| host.to_owned()),
        family: Some("mail"),
        stored: None,
        options: None,
        several: false,
        memory: false,
        file: None,
    });
}

/// Mail: the host it is sent to, and what a backend hands it on to.
pub(super) fn of_backend(values: &Values, complete: bool, used: &mut [Used]) {
    let Some(mail) = used.iter_mut().find(|one| one.role == "mail") else { return };
    let find = |text: &str| services::by_email_backend(text).map(|found| found.product.to_owned());
    if let Some(setting) = mail.driver.as_deref().and_then(services::wrapped_email_setting) {
        let (name, path) = setting.split_once('.').unwrap_or((setting, ""));
        let inner = path.split('.').filter(|key| !key.is_empty());
        let inner = inner.fold(values.get(name), |val, key| val.and_then(|val| val.behind().get(key)));
        let handed = inner.and_then(text_of);
        mail.product = match handed.and_then(find) {
            Some(product) => Known::One(product),
            None if inner.is_none() && complete => Known::One("smtp".to_owned()),
            None => Known::Unknown(crate::model::Reason::new(format!("{setting} decides it"))),
        };
        if let Some(text) = handed {
            mail.driver = Some(text.to_owned());
        }
    }
    if mail.driver.as_deref() == Some("django.core.mail.backends.smtp.EmailBackend") {
        mail.host = match values.get("EMAIL_HOST") {
            Some(host) => text_of(host).filter(|host| !host.is_empty()).map(str::to_owned),
            None => complete.then(|| "localhost".to_owned()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::{Overlay, Tree};
    use crate::formats::World;
    use crate::formats::python::Evaluator;

    fn mail(text: &str) -> Option<(String, Option<String>)> {
        let tree = Tree::open(Box::new(Overlay::of([("conf.py", text)]))).ok()?;
        let settings = Evaluator::new(&tree, vec![String::new()]).module("conf", &World::empty(), None);
        let mut used = Vec::new();
        super::super::used::from_settings(&settings.values, super::super::used::Own::NONE, &mut used);
        of_backend(&settings.values, true, &mut used);
        by_host(&settings.values, &mut used);
        let one = used.into_iter().find(|one| one.role == "mail")?;
        Some((one.product.one().cloned().unwrap_or_default(), one.host))
    }

    #[test]
    fn mail_that_is_handed_on_is_what_it_is_handed_to() {
        let text = "EMAIL_BACKEND = 'djcelery_email.backends.CeleryEmailBackend'\n\
            CELERY_EMAIL_BACKEND = 'django.core.mail.backends.console.EmailBackend'\n";
        assert_eq!(mail(text), Some(("console".into(), None)));
        let text = "EMAIL_BACKEND = 'djmail.backends.default.EmailBackend'\n\
            DJMAIL_REAL_BACKEND = 'django.core.mail.backends.console.EmailBackend'\n";
        assert_eq!(mail(text), Some(("console".into(), None)));
    }

    #[test]
    fn a_host_without_a_backend_is_where_mail_goes_unless_it_is_suppressed() {
        let to = |text: &str| mail(text);
        assert_eq!(to("MAIL_SERVER = 'smtp.example.com'\n"), Some(("smtp".into(), Some("smtp.example.com".into()))));
        assert_eq!(to("MAIL_SERVER = 'smtp.example.com'\nTESTING = True\n"), Some(("dummy".into(), None)));
        assert_eq!(to("import os\nMAIL_SERVER = os.environ.get('MAIL_SERVER')\n"), None);
        assert_eq!(to("INSTALLED_APPS = []\nSMTP_HOST = 'smtp.example.com'\n"), None);
    }
}
