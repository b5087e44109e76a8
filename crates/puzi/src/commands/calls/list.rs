//! `puzi calls list` and `tail`: lines as they were written.

use std::collections::BTreeSet;

use puzi_shop::{
    accounts::Reach,
    calls::read::{self, Call},
    db::now_ms,
};

use super::{Desk, ListArgs, TailArgs, interrupted};
use crate::{error::Failure, output};

impl Desk<'_> {
    pub(super) async fn list(&self, args: &ListArgs) -> Result<(), Failure> {
        let mut filter = args.which.filter(self.place, self.locale).await?;
        filter.since = args.since.map(|when| when.begin(&self.clock, now_ms()));
        let calls = read::latest(&self.place.db, &Reach::All, &filter, args.lines as usize).await?;
        if args.show.json {
            output::json(&calls.iter().map(|call| self.as_json(call)).collect::<Vec<_>>());
        } else if calls.is_empty() {
            output::line(self.t("calls.none"));
        } else {
            output::lines(calls.iter().rev().map(|call| self.as_line(call)));
        }
        Ok(())
    }

    pub(super) async fn tail(&self, args: &TailArgs) -> Result<(), Failure> {
        let filter = args.which.filter(self.place, self.locale).await?;
        let db = &self.place.db;
        let print = |call: &Call| {
            if args.json {
                output::json_line(&self.as_json(call));
            } else {
                output::line(self.as_line(call));
            }
        };
        // The number first: what is written between the two questions comes twice and is dropped.
        let mut seen = read::latest_id(db).await?;
        let mut known: BTreeSet<i64> = BTreeSet::new();
        if args.lines > 0 {
            for call in read::latest(db, &Reach::All, &filter, args.lines as usize).await?.iter().rev() {
                known.insert(call.id);
                print(call);
            }
        }
        // Those before it that nobody asked to see are no news when they are looked back for.
        let floor = seen - read::LOOKS_BACK;
        known.extend(read::after(db, &Reach::All, &filter, seen).await?.iter().filter(|c| c.id <= seen).map(|c| c.id));
        while !interrupted().await {
            for call in read::after(db, &Reach::All, &filter, seen).await? {
                if known.insert(call.id) {
                    print(&call);
                }
                seen = seen.max(call.id);
            }
            known = known.split_off(&(seen - 2 * read::LOOKS_BACK).max(floor));
        }
        Ok(())
    }
}
