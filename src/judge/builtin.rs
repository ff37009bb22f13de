//! The rules that come with the program: every file under `rules/<dimension>/`, sorted by path.

use super::rule::{Rule, RuleError, load};

macro_rules! rules {
    ($($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../rules/", $path)))),+]
    };
}

/// Path below `rules/` and text of every rule.
pub const FILES: &[(&str, &str)] = rules![
    "image/base-image-family-drift.toml",
    "image/ci-os-drift.toml",
    "image/component-eol.toml",
    "image/copy-source-missing.toml",
    "image/deploys-mutable-tag.toml",
    "image/distro-floating.toml",
    "image/distro-release-drift.toml",
    "image/env-file-in-image.toml",
    "image/image-rebuilt-per-environment.toml",
    "image/image-tag-retired.toml",
    "image/image-untagged.toml",
    "image/image-variant-drift.toml",
    "image/image-without-digest.toml",
    "image/libc-drift.toml",
    "image/platform-drift.toml",
    "image/secret-build-argument.toml",
    "image/staging-uses-dev-image.toml",
    "image/tests-outside-shipped-image.toml",
    "image/upgrade-in-build.toml",
    "package/binary-wheel-in-production.toml",
    "package/conflicting-packages.toml",
    "package/dev-tool-in-production.toml",
    "package/install-ignores-lock.toml",
    "package/lock-out-of-sync.toml",
    "package/missing-production-package.toml",
    "package/package-excluded-by-marker.toml",
    "package/package-pin-drift.toml",
    "package/package-unpinned.toml",
    "package/package-variant-drift.toml",
    "package/package-version-drift.toml",
    "package/production-only-package.toml",
    "package/requirements-not-installed.toml",
    "package/staging-installs-dev-set.toml",
    "pipeline/compose-override-in-production.toml",
    "pipeline/data-refresh-unmasked.toml",
    "pipeline/deploy-not-gated-by-tests.toml",
    "pipeline/image-published-untested.toml",
    "pipeline/no-staging-before-production.toml",
    "pipeline/production-deploy-unprotected.toml",
    "process/bind-or-port-drift.toml",
    "process/code-bind-mount.toml",
    "process/command-binary-missing.toml",
    "process/debugger-reachable.toml",
    "process/dev-server-in-production.toml",
    "process/healthcheck-drift.toml",
    "process/install-at-start.toml",
    "process/migrations-made-at-start.toml",
    "process/process-missing.toml",
    "process/scheduler-not-started.toml",
    "process/server-drift.toml",
    "runtime/installer-drift.toml",
    "runtime/node-drift.toml",
    "runtime/python-declaration-conflict.toml",
    "runtime/python-floating.toml",
    "runtime/python-minor-drift.toml",
    "runtime/python-patch-drift.toml",
    "runtime/python-pin-drift.toml",
    "runtime/python-version-split.toml",
    "runtime/runtime-eol.toml",
    "service/cache-backend-drift.toml",
    "service/database-engine-drift.toml",
    "service/database-options-drift.toml",
    "service/eager-tasks-in-production.toml",
    "service/email-backend-drift.toml",
    "service/email-backend-not-delivering.toml",
    "service/local-memory-in-production.toml",
    "service/postgres-volume-path.toml",
    "service/service-emulated.toml",
    "service/service-eol.toml",
    "service/service-missing.toml",
    "service/service-pin-drift.toml",
    "service/service-product-drift.toml",
    "service/service-substitute.toml",
    "service/service-variant-drift.toml",
    "service/service-version-drift.toml",
    "service/service-version-split.toml",
    "service/sqlite-in-production.toml",
    "service/static-storage-drift.toml",
    "service/storage-backend-drift.toml",
    "service/task-execution-drift.toml",
    "service/unused-service.toml",
    "service/uploads-not-persistent.toml",
    "setting/allowed-hosts-wildcard.toml",
    "setting/app-or-middleware-drift.toml",
    "setting/backend-drift.toml",
    "setting/boolean-from-string.toml",
    "setting/credential-in-code.toml",
    "setting/database-fallback.toml",
    "setting/debug-default-on.toml",
    "setting/debug-enabled.toml",
    "setting/fallback-to-development.toml",
    "setting/production-settings-untested.toml",
    "setting/secret-key-unsafe-default.toml",
    "setting/security-settings-drift.toml",
    "setting/setting-only-in-one.toml",
    "setting/setting-value-drift.toml",
    "setting/shared-resource-across-environments.toml",
    "setting/signing-key-made-at-start.toml",
    "setting/signing-key-missing.toml",
    "setting/wrong-settings-module.toml",
    "system-package/build-deps-in-runtime.toml",
    "system-package/db-client-older-than-server.toml",
    "system-package/missing-runtime-library.toml",
    "system-package/second-python-in-image.toml",
    "system-package/system-package-drift.toml",
    "system-package/system-package-unavailable.toml",
    "tool/expired-allowance.toml",
    "tool/rule-file.toml",
    "tool/unreadable-file.toml",
    "tool/unused-allowance.toml",
    "variable/config-baked-in-image.toml",
    "variable/credential-fallback.toml",
    "variable/default-credentials.toml",
    "variable/production-resource-outside-production.toml",
    "variable/required-variable-missing.toml",
    "variable/same-secret-across-environments.toml",
    "variable/secret-committed.toml",
    "variable/variable-misspelled.toml",
    "variable/variable-set-drift.toml",
    "variable/wrong-env-file.toml",
];

/// All rules of the program, and those that could not be read.
pub fn rules() -> (Vec<Rule>, Vec<(String, Vec<RuleError>)>) {
    let mut rules = Vec::new();
    let mut broken = Vec::new();
    for (path, text) in FILES {
        match load(path, text) {
            Ok(rule) => rules.push(rule),
            Err(errors) => broken.push(((*path).to_owned(), errors)),
        }
    }
    (rules, broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_program_is_sound() {
        let (rules, broken) = rules();
        assert_eq!(broken, []);
        assert_eq!(rules.len(), FILES.len());
    }

    #[test]
    fn a_rule_stands_in_the_folder_of_its_dimension() {
        for rule in rules().0 {
            assert_eq!(rule.path, format!("{}/{}.toml", rule.dimension.name(), rule.name));
        }
    }

    #[test]
    fn a_wrong_key_is_an_error_at_its_line() {
        let libc = FILES.iter().find(|(path, _)| path.ends_with("libc-drift.toml")).unwrap();
        let text = libc.1.replace("at = \"libc\"", "att = \"libc\"");
        let errors = load("image/x.toml", &text).unwrap_err();
        assert!(errors[0].message.contains("att"), "{errors:?}");
        assert_eq!((errors[0].line, errors[0].column), (7, 1));
    }
}
