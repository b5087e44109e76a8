//! Log lines, for people or for collectors; each says which request it is about.

use std::{fmt, io::IsTerminal};

use puzi_web::RequestId;
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer, time::SystemTime},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

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
    let colours = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_timer(SystemTime);
    let lines = lines.with_ansi(colours);
    let logging = tracing_subscriber::registry().with(filter);
    let started = match settings.log_format {
        LogFormat::Text => {
            let lines = lines.with_target(false);
            let lines = lines.map_event_format(|format| Named { format: format.with_ansi(colours), name: in_text });
            logging.with(lines).try_init()
        }
        LogFormat::Json => {
            let lines = lines.json().flatten_event(true);
            logging.with(lines.map_event_format(|format| Named { format, name: in_json })).try_init()
        }
    };
    started.map_err(Failure::plain)
}

/// Lines of `format` to which `name` adds the id of the request being answered.
struct Named<F> {
    format: F,
    name: fn(&mut String, &RequestId),
}

fn in_text(line: &mut String, id: &RequestId) {
    line.push_str(" request_id=");
    line.push_str(id.as_str());
}

fn in_json(line: &mut String, id: &RequestId) {
    if line.pop().is_some() {
        line.push_str(",\"request_id\":\"");
        line.push_str(id.as_str());
        line.push_str("\"}");
    }
}

impl<S, N, F> FormatEvent<S, N> for Named<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let Some(id) = RequestId::current() else { return self.format.format_event(ctx, writer, event) };
        let mut line = String::new();
        self.format.format_event(ctx, Writer::new(&mut line), event)?;
        line.truncate(line.trim_end().len());
        (self.name)(&mut line, &id);
        writeln!(writer, "{line}")
    }
}
