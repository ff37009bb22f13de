//! The environment that markers ask for.

use std::collections::{BTreeMap, BTreeSet};

/// The interpreter and platform that markers ask for. What is not given is not known.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MarkerEnv {
    /// `3.12` or `3.12.4`.
    pub python: Option<String>,
    /// `sys.platform`: `linux`, `darwin`, `win32`.
    pub platform: Option<String>,
    /// `x86_64`, `aarch64`; without it, on Linux, a marker is decided if both agree.
    pub machine: Option<String>,
    /// Further variables, which win: `implementation_name`, `platform_release`.
    pub values: BTreeMap<String, String>,
    /// The extras that are asked for.
    pub extras: BTreeSet<String>,
    /// The groups that are asked for (`dependency_groups` of a `pylock.toml`).
    pub groups: BTreeSet<String>,
}

impl MarkerEnv {
    /// CPython on Linux, of a version if it is known.
    pub fn linux(python: Option<&str>) -> Self {
        Self { python: python.map(str::to_owned), platform: Some("linux".into()), ..Self::default() }
    }
}

impl MarkerEnv {
    /// The same with extras.
    #[must_use]
    pub fn with_extras(&self, extras: &BTreeSet<String>) -> Self {
        Self { extras: extras.clone(), ..self.clone() }
    }

    /// Environments that differ in what is not known exactly: the patch version and, on Linux, the machine.
    pub(super) fn candidates(&self) -> Vec<Self> {
        let mut out = vec![self.clone()];
        if let Some(python) = &self.python
            && python.bytes().filter(|b| *b == b'.').count() == 1
            && !self.values.contains_key("python_full_version")
        {
            out = [".0", ".40"].map(|patch| Self { python: Some(format!("{python}{patch}")), ..self.clone() }).to_vec();
        }
        if self.machine.is_none() && self.platform.as_deref() == Some("linux") {
            let both = |env: Self| ["x86_64", "aarch64"].map(|m| Self { machine: Some(m.into()), ..env.clone() });
            out = out.into_iter().flat_map(both).collect();
        }
        out
    }

    /// The value of a variable, if it is known.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        if let Some(value) = self.values.get(name) {
            return Some(value.clone());
        }
        let platform = |linux: &str, mac: &str, windows: &str| match self.platform.as_deref()? {
            "linux" => Some(linux.to_owned()),
            "darwin" => Some(mac.to_owned()),
            "win32" => Some(windows.to_owned()),
            _ => None,
        };
        match name {
            "python_version" => {
                let python = self.values.get("python_full_version").or(self.python.as_ref())?;
                let mut parts = python.split('.');
                Some(format!("{}.{}", parts.next()?, parts.next()?))
            }
            "python_full_version" | "implementation_version" => {
                self.python.clone().filter(|p| p.matches('.').count() > 1)
            }
            "sys_platform" => self.platform.clone(),
            "os_name" => platform("posix", "posix", "nt"),
            "platform_system" => platform("Linux", "Darwin", "Windows"),
            "platform_machine" => self.machine.clone(),
            "platform_python_implementation" => Some("CPython".into()),
            "implementation_name" => Some("cpython".into()),
            "extra" => match self.extras.len() {
                0 => Some(String::new()),
                1 => self.extras.first().cloned(),
                _ => None,
            },
            _ => None,
        }
    }
}
