//! `puzi calls show` and `rid`: one line, and what happened to a rid.

use puzi_shop::{
    Error,
    accounts::Reach,
    calls::{
        read::{self, Call},
        rid::{self, RidAnswer},
    },
};
use serde_json::{Value, json};

use super::{Desk, RidArgs, ShowArgs};
use crate::{error::Failure, exit, output, texts::say};

impl Desk<'_> {
    pub(super) async fn show(&self, args: &ShowArgs) -> Result<(), Failure> {
        let detail = match read::get(&self.place.db, &Reach::All, args.id).await {
            Ok(detail) => detail,
            Err(Error::NotFound) => {
                let line = say(self.locale, "calls.unknown", &[("id", args.id.to_string())]);
                return Err(Failure::Refused(vec![line]));
            }
            Err(error) => return Err(error.into()),
        };
        if args.show.json {
            output::json(&self.detail_json(&detail));
            return Ok(());
        }
        output::line(self.as_line(&detail.call));
        for (key, body) in [("calls.request", &detail.request), ("calls.response", &detail.response)] {
            if let Some(body) = body {
                output::line(format!("\n{}\n{}", self.t(key), pretty(body)));
            }
        }
        if detail.attempts.len() > 1 {
            output::line(format!("\n{}", self.t("calls.attempts")));
            output::lines(detail.attempts.iter().map(|call| self.as_line(call)));
        }
        if let Some(source) = detail.source() {
            let args = [("source", source.word().to_owned()), ("id", source.id().to_string())];
            output::line(format!("\n{}", say(self.locale, "calls.replay_with", &args)));
        }
        Ok(())
    }

    pub(super) async fn rid(&self, args: &RidArgs) -> Result<(), Failure> {
        if !rid::is_rid(&args.rid) {
            return Err(Failure::Refused(vec![self.t("calls.bad_rid")]));
        }
        let found = rid::find(&self.place.db, &Reach::All, &args.rid).await?;
        let told = if args.ask { Some(self.ask(args, &found).await?) } else { None };
        if args.show.json {
            let calls: Vec<_> = found.iter().map(|call| self.as_json(call)).collect();
            output::json(
                &json!({ "rid": args.rid, "calls": calls, "wechat": told.as_ref().map(|t| self.told_json(t)) }),
            );
            return Ok(());
        }
        if found.is_empty() {
            output::line(self.t("calls.no_rid"));
        }
        output::lines(found.iter().map(|call| self.as_line(call)));
        if let Some(told) = &told {
            let args = [("at", self.clock.show(told.invoked_at)), ("ms", told.took_ms.to_string())];
            output::line(say(self.locale, "calls.wechat_says", &args));
            for body in [&told.request, &told.response].into_iter().flatten() {
                output::line(pretty(body));
            }
        }
        Ok(())
    }

    async fn ask(&self, args: &RidArgs, found: &[Call]) -> Result<RidAnswer, Failure> {
        let account = match (&args.account.account, found.first()) {
            (None, Some(call)) => call.account_id,
            _ => args.account.one(self.place, self.locale).await?.id,
        };
        let endpoint = found.iter().find(|call| call.account_id == account).map(|call| call.endpoint.as_str());
        let registry = self.registry().await?;
        let live = registry.by_id(account).ok_or(Error::NotFound)?;
        rid::ask(&live, &args.rid, endpoint).await.map_err(|error| match error {
            Error::WeChat(error) => Failure::Call(exit::of_call(error.kind), vec![error.to_string()]),
            other => other.into(),
        })
    }
}

fn pretty(body: &str) -> String {
    serde_json::from_str::<Value>(body)
        .ok()
        .and_then(|json| serde_json::to_string_pretty(&json).ok())
        .unwrap_or_else(|| body.to_owned())
}
