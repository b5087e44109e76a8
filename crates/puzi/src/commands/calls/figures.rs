//! `puzi calls figures`: how many, what fails, what is slow.

use puzi_shop::{
    accounts::Reach,
    calls::read_figures::{Figures, figures},
    db::now_ms,
};
use serde_json::{Value, json};

use super::{
    super::{accounts::pick, common::When},
    Desk, FiguresArgs,
    told::ms,
};
use crate::{
    error::Failure,
    output::{self, Clock},
    texts::say,
};

const DAY_MS: i64 = 24 * 3_600_000;

impl Desk<'_> {
    pub(super) async fn figures(&self, args: &FiguresArgs) -> Result<(), Failure> {
        let since: When = args.since.parse().map_err(|why| Failure::Refused(vec![format!("--since {why}")]))?;
        let account = match &args.account {
            Some(which) => Some(pick(self.place, Some(which), self.locale).await?.id),
            None => None,
        };
        let outgoing = match (args.pushes, args.calls) {
            (true, _) => Some(false),
            (_, true) => Some(true),
            _ => None,
        };
        let now = now_ms();
        let from = since.begin(&self.clock, now).max(now - 400 * DAY_MS);
        let figures = figures(&self.place.db, &Reach::All, account, from, now, outgoing).await?;
        if args.show.json {
            output::json(&figures_json(&figures, &self.clock));
        } else {
            output::lines(self.figures_lines(&figures));
        }
        Ok(())
    }

    fn figures_lines(&self, figures: &Figures) -> Vec<String> {
        let args = [("n", figures.calls.to_string()), ("failed", figures.failed.to_string())];
        let mut lines = vec![say(self.locale, "calls.total", &args)];
        if figures.left_out > 0 {
            lines.push(say(self.locale, "calls.left_out", &[("n", figures.left_out.to_string())]));
        }
        if !figures.failing.is_empty() {
            lines.push(format!("\n{}", self.t("calls.failing")));
        }
        for row in figures.failing.iter().take(20) {
            let codes: Vec<_> = row.errcodes.iter().take(5).map(|(code, n)| format!("{code} × {n}")).collect();
            lines.push(format!("{:>8} / {:<8} {}  {}", row.failed, row.calls, row.endpoint, codes.join(", ")));
        }
        if !figures.slowest.is_empty() {
            lines.push(format!("\n{}", self.t("calls.slowest")));
        }
        for row in figures.slowest.iter().take(20) {
            let [p50, p95, max] = [row.p50, row.p95, row.max].map(ms);
            lines.push(format!("{p50:>8} {p95:>8} {max:>8} ms  {}", row.endpoint));
        }
        lines
    }
}

fn figures_json(figures: &Figures, clock: &Clock) -> Value {
    json!({
        "calls": figures.calls,
        "failed": figures.failed,
        "left_out": figures.left_out,
        "step_ms": figures.step,
        "series": figures.series.iter().map(|point| {
            json!({ "at": clock.iso(point.at), "calls": point.calls, "failed": point.failed })
        }).collect::<Vec<_>>(),
        "failing": figures.failing.iter().map(|row| json!({
            "endpoint": row.endpoint, "calls": row.calls, "failed": row.failed,
            "errcodes": row.errcodes.iter().map(|(code, n)| json!({ "errcode": code, "calls": n })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "slowest": figures.slowest.iter().map(|row| json!({
            "endpoint": row.endpoint, "calls": row.calls, "p50_us": row.p50, "p95_us": row.p95, "max_us": row.max,
        })).collect::<Vec<_>>(),
    })
}
