//! `puzi migrate`: the database's schema.

use crate::{cli::MigrateArgs, error::Failure, output, settings::Settings, texts::say};

/// Brings the schema up to date, or says what would be done.
///
/// # Errors
/// When the database does not answer or refuses.
pub async fn run(args: MigrateArgs, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    settings.make_folder()?;
    let db = settings.connect().await?;
    let pending = db.pending_migrations().await?;
    if pending.is_empty() {
        output::line(say(locale, "migrate.nothing", &[]));
        return Ok(());
    }
    if args.dry_run {
        output::line(say(locale, "migrate.would", &[("count", pending.len().to_string())]));
        output::lines(pending.iter().map(|name| format!("  {name}")));
        return Ok(());
    }
    db.migrate().await?;
    output::lines(pending.iter().map(|name| format!("  {name}")));
    output::line(say(locale, "migrate.done", &[("count", pending.len().to_string())]));
    Ok(())
}
