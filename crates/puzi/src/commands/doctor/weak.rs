//! Settings that work and are weak.

use std::{collections::HashSet, path::Path};

use puzi_shop::accounts::{Account, Status};
use puzi_wechat::envelope::Mode;

use super::Report;
use crate::settings::Settings;

/// A longer replay window lets a recorded message be sent again for longer, in seconds.
const LONG_WINDOW: u64 = 3_600;
/// Random base64 of 32 bytes has about 31 different characters; fewer than 12 does not happen by chance.
const DISTINCT: usize = 12;

/// Looks for weak settings; says so once when there are none.
pub(super) fn look(report: &mut Report, settings: &Settings, accounts: &[Account]) {
    let before = report.findings.len();
    files(report, settings);
    key_variable(report, settings);
    if settings.replay_window_seconds > LONG_WINDOW {
        report.warn("weak", "long_window", &[("seconds", settings.replay_window_seconds.to_string())]);
    }
    if let Some(wide) = settings.allow_private_webhooks.iter().find(|entry| entry.trim().ends_with("/0")) {
        report.warn("weak", "all_webhooks", &[("entry", wide.clone())]);
    }
    let active = accounts.iter().filter(|account| account.status == Status::Active);
    let plain: Vec<_> = active.clone().filter(|account| account.mode == Mode::Plain).collect();
    for account in &plain {
        report.warn("weak", "plain_mode", &[("slug", account.slug.clone())]);
    }
    if settings.listen.ip().is_unspecified() && !plain.is_empty() {
        report.warn("weak", "plain_for_all", &[("listen", settings.listen.to_string())]);
    }
    for account in active.filter(|account| account.previous_aes_key.is_some()) {
        report.warn("weak", "previous_key", &[("slug", account.slug.clone())]);
    }
    if report.findings.len() == before {
        report.ok("weak", "weak", &[]);
    }
}

fn files(report: &mut Report, settings: &Settings) {
    let key = settings.data.join("puzi.key");
    for (path, others, check) in [(&key, 0o077, "key_shared"), (&settings.data, 0o007, "folder_shared")] {
        if mode(path).is_some_and(|mode| mode & others != 0) {
            report.warn("weak", check, &[("path", path.display().to_string())]);
        }
    }
}

/// Permission bits; `None` when the file is not there, or where files have none.
fn mode(path: &Path) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        Some(std::fs::metadata(path).ok()?.permissions().mode())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

fn key_variable(report: &mut Report, settings: &Settings) {
    let Ok(given) = std::env::var("PUZI_SECRET_KEY") else { return };
    if given.trim().chars().collect::<HashSet<_>>().len() < DISTINCT {
        report.fail("weak", "weak_key", &[]);
    }
    let path = settings.data.join("puzi.key");
    if std::fs::read_to_string(&path).is_ok_and(|stored| stored.trim() != given.trim()) {
        report.warn("weak", "two_keys", &[("path", path.display().to_string())]);
    }
}
