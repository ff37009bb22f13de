//! The flags of install commands.

use crate::model::Reason;

/// The flags of a command with their values, and the other words.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// Flags in order.
    pub flags: Vec<(String, Option<String>)>,
    /// Words that are no flags.
    pub rest: Vec<String>,
    /// A flag that changes nothing but is not of those that the references confirm.
    pub unconfirmed: Option<Reason>,
}

impl Flags {
    /// Whether one of these flags is given.
    pub fn has(&self, names: &[&str]) -> bool {
        self.flags.iter().any(|(flag, _)| names.contains(&flag.as_str()))
    }

    /// The values of these flags.
    pub fn values(&self, names: &[&str]) -> impl Iterator<Item = &str> {
        self.flags.iter().filter(move |(flag, _)| names.contains(&flag.as_str())).filter_map(|(_, v)| v.as_deref())
    }

    /// The values of these flags, split at white space.
    pub fn words(&self, names: &[&str]) -> Vec<String> {
        self.values(names).flat_map(str::split_whitespace).map(str::to_owned).collect()
    }

    /// The values of these flags, split at commas and spaces.
    pub fn lists(&self, names: &[&str]) -> Vec<String> {
        let parts = self.values(names).flat_map(|v| v.split([',', ' '])).map(str::trim).filter(|v| !v.is_empty());
        parts.map(str::to_owned).collect()
    }
}

/// A table of flags: those that take a value, and those that do not, separated by spaces.
pub struct Table {
    /// Flags with a value.
    pub values: &'static str,
    /// Flags without.
    pub plain: &'static str,
    /// Flags with a value that change nothing but are not confirmed.
    pub more_values: &'static str,
    /// The same without a value.
    pub more_plain: &'static str,
}

impl Table {
    /// Whether a flag takes a value; `None` if there is no such flag.
    pub fn takes(&self, flag: &str) -> Option<bool> {
        let within = |list: &str| list.split_ascii_whitespace().any(|f| f == flag);
        if within(self.values) || within(self.more_values) {
            return Some(true);
        }
        (within(self.plain) || within(self.more_plain)).then_some(false)
    }

    /// Whether a flag is understood but not confirmed.
    fn unconfirmed(&self, flag: &str) -> bool {
        self.more_values.split_ascii_whitespace().chain(self.more_plain.split_ascii_whitespace()).any(|f| f == flag)
    }
}

/// Short flags in one word, of which only the last takes a value: those before it, and the last with its dash.
fn bundle<'w>(word: &'w str, table: &Table) -> Option<(&'w str, &'static str)> {
    let letters = word.strip_prefix('-')?;
    let last = letters.chars().last()?;
    let plain = letters.strip_suffix(last)?;
    let lists = [table.values, table.more_values];
    let mut flags = lists.into_iter().flat_map(str::split_ascii_whitespace);
    let found = flags.find(|flag| flag.strip_prefix('-') == letters.get(plain.len()..))?;
    plain.chars().all(|c| table.takes(&format!("-{c}")) == Some(false)).then_some((plain, found))
}

/// Sorts words into flags and the rest. A flag that no table knows is refused: it may change what is installed.
pub fn flags(words: &[String], table: &Table) -> Result<Flags, Reason> {
    let mut out = Flags::default();
    let unknown = |name: &str| Reason::new(format!("the flag {name} is not understood"));
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if !word.starts_with('-') || word == "-" {
            out.rest.push(word.clone());
            continue;
        }
        let (mut name, mut value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        let short = !word.starts_with("--") && word.is_char_boundary(2) && word.len() > 2;
        if table.takes(name).is_none() && short {
            let head = &word[..2];
            if table.takes(head) == Some(true) {
                name = head;
                value = Some(word[2..].strip_prefix('=').unwrap_or(&word[2..]).to_owned());
            } else if word[1..].chars().all(|c| table.takes(&format!("-{c}")) == Some(false)) {
                // Several short flags in one word: `-qU`.
                out.flags.extend(word[1..].chars().map(|c| (format!("-{c}"), None)));
                out.unconfirmed.get_or_insert_with(|| unknown(word));
                continue;
            } else if let Some((plain, last)) = bundle(word, table) {
                // The last of several takes the next word: `-Ur requirements.txt`.
                out.flags.extend(plain.chars().map(|c| (format!("-{c}"), None)));
                out.unconfirmed.get_or_insert_with(|| unknown(word));
                name = last;
            }
        }
        if table.unconfirmed(name) {
            out.unconfirmed.get_or_insert_with(|| unknown(name));
        }
        match table.takes(name) {
            None => return Err(unknown(name)),
            Some(false) => out.flags.push((name.to_owned(), None)),
            Some(true) => {
                let value = value.or_else(|| words.next().cloned());
                let Some(value) = value else { return Err(Reason::new(format!("{name} needs a value"))) };
                out.flags.push((name.to_owned(), Some(value)));
            }
        }
    }
    Ok(out)
}

/// The flags of `uv sync`, `uv run` and `uv export`.
pub const UV: Table = Table {
    values: "--group --no-group --only-group --extra --no-extra --package --no-install-package --no-emit-package \
             --link-mode --python -p --cache-dir --color --python-preference --index-url -i --extra-index-url \
             --default-index --index --index-strategy --allow-insecure-host --no-build-package --no-binary-package \
             --config-setting --format --output-file -o --directory --project",
    plain: "--all-groups --no-default-groups --no-dev --only-dev --all-extras --all-packages --no-install-project \
            --no-install-workspace --no-install-local --no-emit-project --no-emit-workspace --no-emit-local --dev --frozen \
            --locked --no-editable --compile-bytecode --compile --no-cache -n --no-cache-dir --inexact --exact --active \
            --quiet -q --verbose -v --offline --no-progress --no-build-isolation --no-binary --no-build --no-config \
            --native-tls --system-certs --no-managed-python --managed-python --no-python-downloads --reinstall --refresh \
            --no-hashes --no-annotate --no-header --emit-index-url",
    more_values: "--env-file --keyring-provider --config-file --refresh-package --reinstall-package \
                  --no-build-isolation-package -f --find-links --config-settings -C --config-settings-package \
                  --no-sources-package --output-format --fork-strategy",
    more_plain: "--no-env-file --preview --isolated --module -m -vv -qq --no-upgrade --no-reinstall --no-refresh --no-sources",
};

/// The flags of `poetry install` and `poetry sync`.
pub const POETRY: Table = Table {
    values: "--with --without --only -E --extras --directory -C --project -P",
    plain: "--no-dev --all-extras --all-groups --no-root --no-directory --sync --remove-untracked --compile --dry-run \
            -n --no-interaction --no-ansi --ansi -q --quiet -v -vv -vvv --verbose --no-cache --no-plugins --only-root",
    more_values: "",
    more_plain: "",
};

/// The flags of `poetry export`.
pub const POETRY_EXPORT: Table = Table {
    values: "-f --format -o --output --with --only --without -E --extras",
    plain: "--without-hashes --without-urls --dev --all-groups --all-extras --with-credentials -n --no-interaction \
            --no-ansi -q -v --no-cache",
    more_values: "",
    more_plain: "--ansi --quiet --verbose -vv -vvv --no-plugins",
};

/// The flags of `pdm install`, `pdm sync` and `pdm export`.
pub const PDM: Table = Table {
    values: "-G --group --with --without -f --format -o --output --venv -L --lockfile -p --project",
    plain: "--no-default -d --dev --prod --production --no-self --no-editable --check --frozen-lockfile --no-lock --clean \
            --no-isolation -v -vv -q --fail-fast -x --no-hashes --without-hashes --self --no-extras",
    more_values: "",
    more_plain: "--quiet --verbose --no-markers -n --non-interactive --dry-run",
};

/// The flags of `pipenv install`, `pipenv sync` and `pipenv requirements`.
pub const PIPENV: Table = Table {
    values: "--categories --python --extra-pip-args --pypi-mirror",
    plain: "--dev -d --dev-only --deploy --system --ignore-pipfile --verbose -v --clear --quiet -q --site-packages --hash \
            --keep-outdated --sequential --exclude-markers --exclude-index",
    more_values: "",
    more_plain: "--two --three --no-site-packages --skip-lock --pre",
};

/// The flags of `pip install`, `pip wheel`, `pip download` and `uv pip`.
pub const PIP: Table = Table {
    values: "-r --requirement --requirements -c --constraint --constraints -e --editable --extra --group --root-user-action \
             --index-url -i --extra-index-url --trusted-host --find-links -f --target -t --prefix \
             --root --src --timeout --default-timeout --retries --only-binary --no-binary --progress-bar --cache-dir \
             --upgrade-strategy --python -p --platform --implementation --python-version --abi --link-mode \
             --index-strategy",
    plain: "--no-deps --no-dependencies --require-hashes --all-extras -U --upgrade --no-cache-dir --no-cache -n -q -qq \
            --quiet -v --verbose --user --system --pre --prefer-binary --no-build-isolation --break-system-packages \
            --disable-pip-version-check --no-warn-script-location --ignore-installed -I --force-reinstall --no-compile \
            --compile --compile-bytecode --no-index --use-pep517 --no-input --no-progress --no-clean",
    more_values: "--pip-args --python-executable --default-index --index -w --wheel-dir -d --dest --config-settings --config-setting -C --global-option \
                  --allow-insecure-host --exclude-newer --prerelease --resolution --use-feature --log --proxy --cert --color \
                  --upgrade-package -P --report --python-platform --torch-backend --reinstall-package --refresh-package \
                  --no-build-isolation-package --use-deprecated --client-cert --exists-action --keyring-provider \
                  --python-preference --python-downloads",
    more_plain: "-qqq -vv -vvv --offline --no-color --no-python-version-warning --isolated --strict --exact \
                 --no-verify-hashes --native-tls --reinstall --refresh --no-warn-conflicts --no-config --no-sources \
                 --require-virtualenv --debug --no-break-system-packages --no-use-pep517 --check-build-dependencies \
                 --managed-python --no-managed-python --no-python-downloads --preview",
};

/// The flags of `conda`, `mamba` and `micromamba`.
pub const CONDA: Table = Table {
    values: "-f --file -n --name -p --prefix -c --channel --platform --subdir --solver --repodata-fn --channel-priority -r --root-prefix \
             --cacert_path --ssl_verify --log-level --rc-file --retry-clean-cache --experimental-solver",
    plain: "-y --yes -q --quiet -v --verbose --force --override-channels --update-all --all --freeze-installed --no-update-deps \
            --update-deps --no-deps --only-deps --offline --copy --json --strict-channel-priority --no-channel-priority --prune \
            --use-local --no-default-packages --no-pin --force-reinstall --no-rc --always-yes --satisfied-skip-solve --insecure -k \
            --no-py-pin --allow-uninstall --allow-downgrade --no-allow-uninstall --no-allow-downgrade",
    more_values: "",
    more_plain: "",
};
