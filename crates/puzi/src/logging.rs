//! Log lines, for people or for collectors.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt::time::SystemTime, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    error::Failure,
    settings::{LogFormat, Settings},
};

/// Begins logging to standard error as the settings say.
///
/// # Errors
/// When the filter cannot be read.
pub fn start(settings: &Settings) -> Result<(), Failure> {
    // Every command looks for migrations; that there are none is no news.
    let filter = format!("sea_orm_migration=warn,{}", settings.log);
    let filter = EnvFilter::try_new(filter).map_err(|error| Failure::setting("log", &error))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_timer(SystemTime);
    let lines = lines.with_ansi(std::io::stderr().is_terminal());
    let logging = tracing_subscriber::registry().with(filter);
    let started = match settings.log_format {
        LogFormat::Text => logging.with(lines.with_target(false)).try_init(),
        LogFormat::Json => logging.with(lines.json().flatten_event(true)).try_init(),
    };
    started.map_err(Failure::plain)
}
