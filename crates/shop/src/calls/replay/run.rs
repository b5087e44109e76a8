//! Replaying: once for each form that asks for it.

use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

use super::{
    Ask, Now, REPLAY_ANSWER, Replay, ReplayAnswer, Replayer, Source,
    opened::{Opened, obstacle, window},
    state::{REPLAY, find},
};
use crate::{
    Error, Result,
    accounts::Reach,
    audit::{self, Actor, Entry},
    conversations::again,
    db::{self, now_ms},
    inbox::{Closed, Window},
    jobs, webhooks,
};

/// The longest name of a form.
const LONGEST_FORM: usize = 64;

impl Replayer {
    /// Replays `source`: what could not be read before is stored, and a job sends the answer when that is wanted. Once
    /// for a `form` (8 to 64 letters, digits and dashes): asked again with the same one, it gives the first replay.
    ///
    /// # Errors
    /// [`Error::NotFound`] as [`Replayer::look`]; [`Error::Stale`] when the form was used for something else;
    /// [`Error::Invalid`] names `source` (it still cannot be read), `answer` (there is none, or it cannot be sent now),
    /// `webhooks` or `form`.
    pub async fn run(&self, by: &Actor, reach: &Reach, source: Source, ask: Ask, form: &str) -> Result<Replay> {
        let fits = (8..=LONGEST_FORM).contains(&form.len())
            && form.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !fits {
            return Err(Error::field("form", "replay.bad_form"));
        }
        if let Some(before) = self.of_form(reach, source, ask, form).await? {
            return Ok(before);
        }
        let opened = self.open(reach, source).await?;
        let promised = self.check(&opened, source, ask).await?;
        let now = now_ms();
        let tx = self.db.begin_write().await?;
        // The form is claimed first: of two at once, one finds it taken.
        const INSERT: &str = "INSERT INTO replays (account_id, source, source_id, message_id, state, answer_wanted, \
                              webhooks_wanted, answer, form, by_kind, by_id, by_name, created_at, done_at) \
                              VALUES ($1, $2, $3, $4, 'stored', $5, $6, $7, $8, $9, $10, $11, $12, $13) \
                              ON CONFLICT (form) DO NOTHING RETURNING id";
        let values = [
            opened.live.account.id.into(),
            source.word().into(),
            source.id().into(),
            opened.stored.as_ref().map(|stored| stored.id).into(),
            ask.answer.into(),
            ask.webhooks.into(),
            promised.into(),
            form.into(),
            by.kind.as_str().into(),
            by.id.into(),
            by.name.as_str().into(),
            now.into(),
            (!ask.answer).then_some(now).into(),
        ];
        let Some(row) = tx.query_one_raw(db::statement(&*tx, INSERT, values)).await? else {
            drop(tx);
            return self.of_form(reach, source, ask, form).await?.ok_or(Error::Stale);
        };
        let id: i64 = row.try_get("", "id")?;
        let (mut message, mut is_new) = (opened.stored.as_ref().map(|stored| stored.id), false);
        let mut deliveries = 0;
        if let Some(received) = &opened.to_store {
            let (kept, new) = again::keep(&*tx, opened.live.account.id, received, opened.came_at).await?;
            (message, is_new) = (Some(kept), new);
            let sql = "UPDATE replays SET message_id = $1, stored_here = $2 WHERE id = $3";
            db::execute(&*tx, sql, [kept.into(), new.into(), id.into()]).await?;
        }
        if let (true, Some(message)) = (ask.webhooks, message) {
            let told = webhooks::again(&*tx, opened.live.account.id, message, form).await?;
            // The last one who wanted it was paused or deleted since it was looked for.
            if told == 0 {
                return Err(Error::field("webhooks", "replay.no_webhooks"));
            }
            let sql = "UPDATE replays SET told = $1 WHERE id = $2";
            db::execute(&*tx, sql, [told.into(), id.into()]).await?;
            deliveries = told;
        }
        if ask.answer {
            let (account, key) = (Some(opened.live.account.id), format!("replay:{id}"));
            jobs::push_of(&*tx, account, REPLAY_ANSWER, Some(&key), &ReplayAnswer { id }, now).await?;
        }
        let told = json!({
            "source": source.word(), "source_id": source.id(), "stored": is_new,
            "answer": ask.answer, "webhooks": ask.webhooks, "deliveries": deliveries,
        });
        let entry = Entry::new(by, "calls.replay", "replays", id).of_account(opened.live.account.id).after(told);
        audit::record(&*tx, &entry).await?;
        tx.commit().await?;
        metrics::counter!("puzi_replays_total").increment(1);
        find(self.db.read(), id).await?.ok_or(Error::NotFound)
    }

    /// The replay `id`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there or not seen.
    pub async fn get(&self, reach: &Reach, id: i64) -> Result<Replay> {
        let replay = find(self.db.read(), id).await?.ok_or(Error::NotFound)?;
        reach.must_see(replay.account_id)?;
        Ok(replay)
    }

    /// The replay that the form made, when it made one.
    ///
    /// # Errors
    /// [`Error::Stale`] when it made one of something else, or asked for something else of it.
    pub async fn of_form(&self, reach: &Reach, source: Source, ask: Ask, form: &str) -> Result<Option<Replay>> {
        let statement = db::statement(self.db.read(), &format!("{REPLAY} WHERE form = $1"), [form.into()]);
        let Some(before) = Replay::find_by_statement(statement).one(self.db.read()).await? else { return Ok(None) };
        // Another's, of something else, or another wish: nothing of it is told.
        if !reach.sees(before.account_id) || before.source() != source || before.ask() != ask {
            return Err(Error::Stale);
        }
        Ok(Some(before))
    }

    /// Whether what is asked for can be done; gives the answer that is promised with it, as JSON.
    async fn check(&self, opened: &Opened, source: Source, ask: Ask) -> Result<Option<String>> {
        if opened.push.is_err() {
            return Err(Error::field("source", "replay.unreadable"));
        }
        if !ask.answer && !ask.webhooks && matches!(source, Source::Message(_)) {
            return Err(Error::field("answer", "replay.nothing"));
        }
        if ask.webhooks && !opened.somebody_is_told(self.db.read()).await? {
            return Err(Error::field("webhooks", "replay.no_webhooks"));
        }
        if !ask.answer {
            return Ok(None);
        }
        let now = opened.now(now_ms());
        let window = match opened.as_stored() {
            Some(message) => window(self.db.read(), &message).await?,
            None => Window::Closed(Closed::Never),
        };
        if let Some(key) = obstacle(&opened.push, &now, window) {
            return Err(Error::field("answer", key));
        }
        match now {
            Now::Answer(reply) => Ok(serde_json::to_string(&reply).ok()),
            Now::Nothing | Now::Later | Now::Transfer => Ok(None),
        }
    }
}
