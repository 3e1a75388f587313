//! The variables, credentials and keys that configure each secret.

use super::key::ValueForm;

/// The names under which one secret can be configured: its variable, systemd credential, and keys of a file.
pub(super) struct SecretKeys {
    pub(super) key: &'static str,
    variable: &'static str,
    pub(super) credential: &'static str,
    pub(super) file: &'static str,
    pub(super) env: &'static str,
    pub(super) command: &'static str,
}

/// All secrets. No flag takes a secret, and a file only names its place.
pub(super) const SECRETS: &[SecretKeys] = &[
    SecretKeys {
        key: "webhook.secret",
        variable: "WEBHOOK_SECRET",
        credential: "webhook-secret",
        file: "webhook.secret_file",
        env: "webhook.secret_env",
        command: "webhook.secret_command",
    },
    SecretKeys {
        key: "webhook.previous_secret",
        variable: "WEBHOOK_SECRET_PREVIOUS",
        credential: "webhook-secret-previous",
        file: "webhook.previous_secret_file",
        env: "webhook.previous_secret_env",
        command: "webhook.previous_secret_command",
    },
    SecretKeys {
        key: "cron.secret",
        variable: "CRON_SECRET",
        credential: "cron-secret",
        file: "cron.secret_file",
        env: "cron.secret_env",
        command: "cron.secret_command",
    },
    SecretKeys {
        key: "admin.token",
        variable: "SYNCCTL_ADMIN_TOKEN",
        credential: "admin-token",
        file: "admin.token_file",
        env: "admin.token_env",
        command: "admin.token_command",
    },
];

impl SecretKeys {
    /// The variable that holds it.
    pub(super) fn variable(&self) -> &'static str {
        self.variable
    }

    /// Its keys in a configuration file.
    pub(super) fn file_keys(&self) -> [&'static str; 3] {
        [self.file, self.env, self.command]
    }

    /// The form of one of its keys in a file.
    pub(super) fn form_of(&self, key: &str) -> Option<ValueForm> {
        match key {
            _ if key == self.file => Some(ValueForm::Path),
            _ if key == self.env || key == self.command => Some(ValueForm::One),
            _ => None,
        }
    }

    /// The variables that set it, strongest first: `SYNCCTL_X` before `X`, the value before its `_FILE` and `_COMMAND`.
    pub(super) fn variables(&self) -> Vec<String> {
        let prefixed = format!("SYNCCTL_{}", self.variable.trim_start_matches("SYNCCTL_"));
        let mut stems = vec![prefixed, self.variable.to_owned()];
        stems.dedup();
        stems.iter().flat_map(|stem| ["", "_FILE", "_COMMAND"].map(|kind| format!("{stem}{kind}"))).collect()
    }
}
