//! `puzi broadcast preview`, `submit`, `approve` and the rest that does something.

use std::{cell::Cell, time::Duration};

use puzi_shop::{
    accounts::Reach,
    broadcasts::{Broadcast, JOBS, PartState, PreviewState, PreviewTo, State},
    jobs::Kinds,
    machine::Word,
};
use serde_json::json;

use super::{ApproveArgs, Desk, PreviewArgs, RejectArgs, SubmitArgs, SureArgs};
use crate::{
    commands::{
        common::{Wait, drive},
        staff::operator,
    },
    error::Failure,
    exit,
    output::{self, Progress},
};

impl Desk<'_> {
    pub(super) async fn preview(&self, args: &PreviewArgs) -> Result<(), Failure> {
        let to = args.to.clone().map_or(PreviewTo::Own, PreviewTo::Whom);
        let told = self.broadcasts.preview(&operator(), &Reach::All, args.id, to).await;
        let told = told.map_err(|error| self.unknown(args.id, error))?;
        let why = told.error.clone().unwrap_or_default();
        let line_args = [("to", told.to.clone()), ("why", why), ("code", told.errcode.unwrap_or_default().to_string())];
        let (key, code) = match told.state {
            PreviewState::Sent => ("broadcast.previewed", 0),
            PreviewState::Failed => ("broadcast.not_previewed", exit::PARTLY),
            PreviewState::Unknown => ("broadcast.preview_unknown", exit::UNKNOWN),
        };
        if args.show.json {
            output::json(&json!({
                "to": told.to, "state": told.state.word(), "errcode": told.errcode, "error": told.error, "rid": told.rid,
            }));
            return ended(code, Vec::new());
        }
        let line = self.t(key, &line_args);
        if code == 0 {
            output::line(line);
            return Ok(());
        }
        ended(code, vec![line])
    }

    pub(super) async fn submit(&self, args: &SubmitArgs) -> Result<(), Failure> {
        let broadcast = self.one(args.id).await?;
        // Waiting goes on for one that was submitted before.
        if broadcast.state == State::Draft || !args.wait.wait {
            self.broadcasts.submit(&operator(), &Reach::All, args.id, broadcast.version).await?;
        }
        if args.wait.wait {
            return self.watch(args.id, &args.wait, args.show.json).await;
        }
        let line = self.t("broadcast.submitted", &[("id", args.id.to_string())]);
        self.tell(args.id, args.show.json, &line).await
    }

    pub(super) async fn approve(&self, args: &ApproveArgs) -> Result<(), Failure> {
        let broadcast = self.one(args.id).await?;
        let version = broadcast.version;
        self.broadcasts.approve(&operator(), &Reach::All, args.id, version, args.digest.trim()).await?;
        if args.wait.wait {
            return self.watch(args.id, &args.wait, args.show.json).await;
        }
        let line = self.t("broadcast.approved", &[("id", args.id.to_string())]);
        self.tell(args.id, args.show.json, &line).await
    }

    pub(super) async fn reject(&self, args: &RejectArgs) -> Result<(), Failure> {
        let done = self.broadcasts.reject(&operator(), &Reach::All, args.id, &args.why).await;
        done.map_err(|error| self.unknown(args.id, error))?;
        output::line(self.t("broadcast.rejected", &[("id", args.id.to_string())]));
        Ok(())
    }

    pub(super) async fn cancel(&self, args: &SureArgs) -> Result<(), Failure> {
        let one = self.one(args.id).await?;
        args.sure.ask(&self.t("broadcast.cancel_ask", &[("name", one.name)]), self.locale)?;
        self.broadcasts.cancel(&operator(), &Reach::All, args.id).await?;
        output::line(self.t("broadcast.cancelled", &[("id", args.id.to_string())]));
        Ok(())
    }

    pub(super) async fn stop(&self, args: &SureArgs) -> Result<(), Failure> {
        let one = self.one(args.id).await?;
        args.sure.ask(&self.t("broadcast.stop_ask", &[("name", one.name)]), self.locale)?;
        self.broadcasts.stop(&operator(), &Reach::All, args.id).await?;
        output::line(self.t("broadcast.stopped", &[("id", args.id.to_string())]));
        Ok(())
    }

    pub(super) async fn retry(&self, args: &SureArgs) -> Result<(), Failure> {
        let one = self.one(args.id).await?;
        args.sure.ask(&self.t("broadcast.retry_ask", &[("name", one.name)]), self.locale)?;
        self.broadcasts.retry(&operator(), &Reach::All, args.id).await?;
        output::line(self.t("broadcast.retried", &[("id", args.id.to_string())]));
        Ok(())
    }

    async fn tell(&self, id: i64, as_json: bool, line: &str) -> Result<(), Failure> {
        if as_json {
            let broadcast = self.one(id).await?;
            output::json(&self.json_of(&broadcast));
        } else {
            output::line(line);
        }
        Ok(())
    }

    /// Does the work here, or watches who does, until it ends or waits for somebody.
    async fn watch(&self, id: i64, wait: &Wait, as_json: bool) -> Result<(), Failure> {
        let handler = self.broadcasts.jobs(Kinds::new()).into_handler();
        let progress = Progress::begin(self.locale, self.t("broadcast.what", &[]), as_json);
        let afterwards = self.t("broadcast.goes_on", &[("id", id.to_string())]);
        let looked = Cell::new(0_u32);
        let ended_as = async |progress: &mut Progress| {
            // What a dead process left is looked for now and then: nobody may serve.
            looked.set(looked.get() + 1);
            if looked.get().is_multiple_of(200) {
                self.broadcasts.look_after().await?;
            }
            let broadcast = self.one(id).await?;
            let parts = self.broadcasts.parts(&Reach::All, id).await?;
            let went = [PartState::Accepted, PartState::Done];
            let done = parts.iter().filter(|part| went.contains(&part.state));
            let done: i64 = done.map(|part| part.until_position - part.from_position).sum();
            let count = |n: i64| u64::try_from(n).unwrap_or_default();
            progress.at(count(done), Some(count(broadcast.frozen)).filter(|_| broadcast.audience.is_list()));
            Ok::<_, Failure>(code(&broadcast))
        };
        let code = drive(self.place, JOBS, handler, wait.within, progress, &afterwards, ended_as).await?;
        let broadcast = self.one(id).await?;
        if as_json {
            output::json(&self.json_of(&broadcast));
            return ended(code, Vec::new());
        }
        let why = broadcast.error.as_deref().map(|error| self.why(error)).unwrap_or_default();
        let line =
            self.t(&format!("broadcast.stands.{}", broadcast.state.word()), &[("id", id.to_string()), ("why", why)]);
        if code == 0 {
            output::line(line);
            return Ok(());
        }
        ended(code, vec![line])
    }
}

/// The exit code of how it stands; none while it goes on by itself.
fn code(broadcast: &Broadcast) -> Option<u8> {
    match broadcast.state {
        State::Freezing | State::Sending | State::Stopping => None,
        // What goes out in hours is nothing to wait for here.
        State::Approved => broadcast.at.filter(|at| *at > puzi_shop::db::now_ms() + A_WHILE_MS).map(|_| 0),
        State::Waiting => Some(exit::SECOND),
        State::Done | State::Revoked => Some(0),
        State::Partly | State::Stopped => Some(exit::PARTLY),
        // As a call that WeChat refuses in this state.
        State::Failed => Some(5),
        State::Draft | State::Cancelled => Some(exit::REFUSED),
    }
}

const A_WHILE_MS: i64 = Duration::from_secs(600).as_millis() as i64;

fn ended(code: u8, lines: Vec<String>) -> Result<(), Failure> {
    if code == 0 { Ok(()) } else { Err(Failure::Ended(code, lines)) }
}
