//! What this machine alone can tell: folder, disk, database, journal, jobs, the shape of the public URL.

use std::{
    fs,
    net::IpAddr,
    path::Path,
    time::{Duration, Instant},
};

use puzi_shop::{
    accounts::{Account, Accounts},
    db::{Db, now_ms},
    jobs,
};
use url::{Host, Url};

use super::Report;
use crate::settings::Settings;

const MIB: u64 = 1 << 20;
/// Below this much free space a shop should get ready for more, in bytes.
const DISK_LOW: u64 = 1024 * MIB;
/// Below this much, messages will soon not be stored any more, in bytes.
const DISK_FULL: u64 = 100 * MIB;
/// A database that takes longer for nothing at all is too far away or overloaded.
const SLOW: Duration = Duration::from_millis(200);
/// 2026-11-01: this program was not made yet.
const BEFORE_THIS_PROGRAM_MS: i64 = 1_793_491_200_000;

/// The data folder and the disk under it.
pub(super) fn folder(report: &mut Report, settings: &Settings) {
    let path = [("path", settings.data.display().to_string())];
    if !settings.data.is_dir() {
        report.warn("folder", "no_folder", &path);
        return;
    }
    report.ok("folder", "folder", &path);
    match free_bytes(&settings.data) {
        Ok(Some(free)) => {
            let args = [("free", (free / MIB).to_string())];
            match free {
                0..DISK_FULL => report.fail("disk", "disk_full", &args),
                DISK_FULL..DISK_LOW => report.warn("disk", "disk_low", &args),
                _ => report.ok("disk", "disk", &args),
            }
        }
        Ok(None) => {}
        Err(error) => report.warn("disk", "disk_unknown", &[("why", error.to_string())]),
    }
}

/// Free space for this user; `None` where the system is not asked.
fn free_bytes(folder: &Path) -> std::io::Result<Option<u64>> {
    #[cfg(unix)]
    {
        let stat = rustix::fs::statvfs(folder)?;
        Ok(Some(stat.f_bavail.saturating_mul(stat.f_frsize)))
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        Ok(None)
    }
}

/// The database, the jobs in it, and the accounts when they can be read.
pub(super) async fn database(report: &mut Report, settings: &Settings) -> Vec<Account> {
    if settings.database_url.is_empty() && !settings.data.join("puzi.db").exists() {
        report.warn("database", "no_database", &[]);
        return Vec::new();
    }
    let db = match settings.connect().await {
        Ok(db) => db,
        Err(failure) => {
            let why = failure.lines(report.locale).join(" ");
            report.fail("database", "database_unreachable", &[("why", why)]);
            return Vec::new();
        }
    };
    let accounts = match look_into(&db, report, settings).await {
        Ok(accounts) => accounts,
        Err(error) => {
            report.fail("database", "database_refuses", &[("why", error.to_string())]);
            Vec::new()
        }
    };
    // Closing folds the write-ahead log in; a database that refuses that has been reported above.
    let _ = db.close().await;
    accounts
}

async fn look_into(db: &Db, report: &mut Report, settings: &Settings) -> puzi_shop::Result<Vec<Account>> {
    let pending = db.pending_migrations().await?;
    if !pending.is_empty() {
        report.warn("database", "migrations_pending", &[("count", pending.len().to_string())]);
        return Ok(Vec::new());
    }
    let started = Instant::now();
    db.ping().await?;
    let took = started.elapsed();
    db.try_write().await?;
    let kind = if db.is_sqlite() { "SQLite" } else { "PostgreSQL" };
    let args = [("kind", kind.to_owned()), ("ms", format!("{:.1}", took.as_secs_f64() * 1000.0))];
    if took > SLOW {
        report.warn("database", "database_slow", &args);
    } else {
        report.ok("database", "database", &args);
    }
    let (queued, dead) = jobs::counts(db).await?;
    if dead > 0 {
        report.warn("jobs", "jobs_dead", &[("count", dead.to_string())]);
    } else {
        report.ok("jobs", "jobs", &[("queued", queued.to_string())]);
    }
    Ok(accounts(db, report, settings).await)
}

/// The accounts with their secrets; without the key that sealed them they cannot be read.
async fn accounts(db: &Db, report: &mut Report, settings: &Settings) -> Vec<Account> {
    if settings.key_is_missing() {
        // Looking must not make a new key beside a database that another one sealed.
        report.fail("key", "no_key", &[("path", settings.key_file().display().to_string())]);
        return Vec::new();
    }
    let vault = match settings.vault() {
        Ok(vault) => vault,
        Err(failure) => {
            report.fail("key", "bad_key", &[("why", failure.lines(report.locale).join(" "))]);
            return Vec::new();
        }
    };
    match Accounts::new(db.clone(), vault.into()).list().await {
        Ok(accounts) => {
            report.ok("key", "key", &[("count", accounts.len().to_string())]);
            accounts
        }
        Err(error) => {
            report.fail("key", "wrong_key", &[("why", error.to_string())]);
            Vec::new()
        }
    }
}

/// Messages that the database did not take yet.
pub(super) fn journal(report: &mut Report, settings: &Settings) {
    let folder = settings.data.join("journal");
    let Ok(entries) = fs::read_dir(&folder) else { return };
    let waiting: usize = entries
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "journal"))
        .filter_map(|entry| fs::read(entry.path()).ok())
        .map(|bytes| bytes.iter().filter(|byte| **byte == b'\n').count())
        .sum();
    if waiting > 0 {
        let args = [("count", waiting.to_string()), ("path", folder.display().to_string())];
        report.warn("journal", "journal", &args);
    } else {
        report.ok("journal", "journal", &[]);
    }
}

/// Without a network only a clock that is plainly wrong can be told.
pub(super) fn clock(report: &mut Report) {
    if now_ms() < BEFORE_THIS_PROGRAM_MS {
        report.fail("clock", "clock_past", &[]);
    } else {
        report.ok("clock", "clock_plausible", &[]);
    }
}

/// Whether WeChat could use the public URL at all.
pub(super) fn public_url(report: &mut Report, settings: &Settings) {
    let given = [("url", settings.public_url.clone())];
    if settings.public_url.is_empty() {
        report.warn("public_url", "no_public_url", &[]);
        return;
    }
    let Ok(url) = Url::parse(&settings.public_url) else {
        report.fail("public_url", "public_url_unreadable", &given);
        return;
    };
    if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
        report.fail("public_url", "public_url_unreadable", &given);
    } else if !matches!(url.port_or_known_default(), Some(80 | 443)) {
        report.fail("public_url", "public_url_port", &given);
    } else if url.host().is_none_or(is_private) {
        report.warn("public_url", "public_url_private", &given);
    } else if url.scheme() == "http" {
        report.warn("public_url", "public_url_http", &given);
    } else {
        report.ok("public_url", "public_url", &given);
    }
}

fn is_private(host: Host<&str>) -> bool {
    let ip: IpAddr = match host {
        Host::Domain(name) => return name == "localhost" || !name.trim_end_matches('.').contains('.'),
        Host::Ipv4(ip) => ip.into(),
        Host::Ipv6(ip) => ip.into(),
    };
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use puzi_shop::texts::Locale;

    use super::*;
    use crate::commands::doctor::Grade;

    fn seen(url: &str) -> Grade {
        let settings = Settings { public_url: url.to_owned(), ..Settings::default() };
        let mut report = Report { locale: Locale::En, findings: Vec::new(), account: None };
        public_url(&mut report, &settings);
        assert_eq!(report.findings.len(), 1, "{url}");
        report.findings[0].grade
    }

    #[test]
    fn wechat_comes_only_to_ports_80_and_443_of_a_public_host() {
        for (url, grade) in [
            ("https://shop.example.com", Grade::Ok),
            ("https://shop.example.com:443/puzi", Grade::Ok),
            ("http://shop.example.com", Grade::Warn),
            ("", Grade::Warn),
            ("http://127.0.0.1", Grade::Warn),
            ("https://192.168.1.5", Grade::Warn),
            ("https://intern", Grade::Warn),
            ("https://shop.example.com:8443", Grade::Fail),
            ("http://shop.example.com:8080", Grade::Fail),
            ("shop.example.com", Grade::Fail),
            ("ftp://shop.example.com", Grade::Fail),
        ] {
            assert_eq!(seen(url), grade, "{url}");
        }
    }
}
