//! Template messages that WeChat intercepted: asked for once a day, of the templates that were used lately.

use sea_orm::FromQueryResult;

use super::{Notices, send::step, state::Event};
use crate::{
    Result,
    db::{self, now_ms},
    machine::Who,
};

const DAY_MS: i64 = 24 * 3_600_000;
/// Messages of a page.
const PAGE: i64 = 100;
/// Pages that are read at once.
const PAGES: usize = 20;
/// How far WeChat's time of a sending and ours may lie apart, ms.
const APART_MS: i64 = 10 * 60_000;
/// What stands in the log.
const INTERCEPTED: &str = "intercepted";

#[derive(Debug, FromQueryResult)]
struct Template {
    id: i64,
    account_id: i64,
    template_id: String,
    blocked_id: i64,
}

#[derive(Debug, FromQueryResult)]
struct Found {
    id: i64,
    state: String,
}

impl Notices {
    /// Asks for what was intercepted, of each template whose turn it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn ask_blocked(&self) -> Result<()> {
        const DUE: &str = "SELECT t.id, t.account_id, t.template_id, t.blocked_id FROM notice_templates t \
                           WHERE t.way = 'template' AND t.asked_at < $1 AND t.gone_at IS NULL AND EXISTS \
                           (SELECT 1 FROM notices n WHERE n.template_row = t.id AND n.created_at > $2) \
                           ORDER BY t.id LIMIT 100";
        let now = now_ms();
        let values = [(now - DAY_MS).into(), (now - 3 * DAY_MS).into()];
        let on = self.db.read();
        for template in Template::find_by_statement(db::statement(on, DUE, values)).all(on).await? {
            let sql = "UPDATE notice_templates SET asked_at = $1 WHERE id = $2 AND asked_at < $3";
            let values = [now.into(), template.id.into(), (now - DAY_MS).into()];
            // Of two nodes one asks.
            if self.db.execute(sql, values).await? == 1 {
                self.ask_of(&template).await?;
            }
        }
        Ok(())
    }

    async fn ask_of(&self, template: &Template) -> Result<()> {
        let Some(live) = self.registry.by_id(template.account_id) else { return Ok(()) };
        let mut after = template.blocked_id;
        for _ in 0..PAGES {
            let page = match live.client.template().blocked(&template.template_id, after, PAGE).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::debug!(%error, "intercepted template messages were not told of");
                    return Ok(());
                }
            };
            let Some(last) = page.iter().map(|message| message.id).max().filter(|last| *last > after) else {
                return Ok(());
            };
            let tx = self.db.begin_write().await?;
            for message in &page {
                let at = message.send_timestamp.saturating_mul(1_000);
                mark(&tx, template.id, &message.openid, at).await?;
            }
            let sql = "UPDATE notice_templates SET blocked_id = $1 WHERE id = $2 AND blocked_id < $1";
            db::execute(&*tx, sql, [last.into(), template.id.into()]).await?;
            tx.commit().await?;
            after = last;
        }
        Ok(())
    }
}

/// Says of the notice that was taken about `at` (Unix ms) that WeChat intercepted it.
async fn mark(tx: &sea_orm::DatabaseTransaction, template: i64, openid: &str, at: i64) -> Result<()> {
    const FIND: &str = "SELECT id, state FROM notices WHERE template_row = $1 AND openid = $2 \
                        AND state IN ('accepted', 'failed') AND (outcome IS NULL OR outcome <> $3) \
                        AND accepted_at > $4 AND accepted_at < $5 ORDER BY id LIMIT 1";
    const NOTE: &str = "UPDATE notices SET outcome = $1, ended_at = COALESCE(ended_at, $2) WHERE id = $3";
    let values = [
        template.into(),
        openid.into(),
        INTERCEPTED.into(),
        at.saturating_sub(APART_MS).into(),
        at.saturating_add(APART_MS).into(),
    ];
    let Some(found) = Found::find_by_statement(db::statement(tx, FIND, values)).one(tx).await? else { return Ok(()) };
    if found.state == "accepted" {
        step(tx, found.id, Event::Fail, Who::WeChat).await?;
    }
    db::execute(tx, NOTE, [INTERCEPTED.into(), now_ms().into(), found.id.into()]).await.map(drop)
}
