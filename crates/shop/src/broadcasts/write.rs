//! Writing a broadcast, changing it, submitting it, giving it up.

use sea_orm::{ConnectionTrait, Value};
use serde_json::json;

use super::{
    Ask, Audience, Broadcast, Broadcasts, Choice, Content, Event, FREEZE, NewBroadcast, State, Whom, borrowed, key,
    lock,
    person::person,
    quota::{self, AccountKind},
};
use crate::{
    Error, Problem, Result,
    accounts::{LiveAccount, Reach, settings::ACCOUNT_KIND},
    audit::{self, Actor, Entry},
    db::{self, now_ms},
    drafts,
    followers::{Filter, estimate, tags::Tag},
    jobs,
    machine::{self, Who},
};
use puzi_wechat::client::MediaKind;

/// Rows of one statement.
const ROWS: usize = 1_000;

/// What may be chosen for a broadcast of an account.
#[derive(Debug, Clone, Default)]
pub struct Offered {
    /// Drafts that WeChat has.
    pub drafts: Vec<Choice>,
    /// Pictures.
    pub images: Vec<Choice>,
    /// Voices.
    pub voices: Vec<Choice>,
    /// Videos.
    pub videos: Vec<Choice>,
}

impl Broadcasts {
    /// Writes a broadcast and gives its number.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account out of reach; [`Error::Invalid`] names each wrong field.
    pub async fn create(&self, by: &Actor, reach: &Reach, account: i64, new: NewBroadcast) -> Result<i64> {
        reach.must_see(account)?;
        let live = self.live(account)?;
        let audience = self.checked(&live, reach, &new).await?;
        let audience = audience.ok_or_else(|| Error::field("to", "broadcast.no_audience"))?;
        const SQL: &str = "INSERT INTO broadcasts (account_id, name, kind, content, draft_id, audience, whom, whom_name, \
                           ignore_reprint, speed, at, state, hands, made_name, created_at, updated_at) \
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'draft', $12, $13, $14, $14) \
                           RETURNING id";
        let tx = self.db.begin_write().await?;
        let hands = json!([person(&*tx, by).await?]).to_string();
        let mut values: Vec<Value> = vec![account.into()];
        values.extend(written(&new, &audience));
        values.extend([hands.into(), by.name.as_str().into(), now_ms().into()]);
        let row = tx.query_one_raw(db::statement(&*tx, SQL, values)).await?.ok_or(Error::NotFound)?;
        let id: i64 = row.try_get("", "id")?;
        if let Some(Whom::Given { openids, .. }) = &new.whom {
            keep_given(&*tx, id, openids).await?;
        }
        let entry = Entry::new(by, "broadcasts.create", "broadcasts", id).of_account(account);
        audit::record(&*tx, &entry.after(told(&new, &audience))).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Changes a broadcast. One that waits or is approved becomes a draft again, and is submitted and approved anew.
    ///
    /// # Errors
    /// As [`Broadcasts::create`]; [`Error::Stale`] when it is no longer of `version`; [`Error::NotNow`] when it goes out
    /// already.
    pub async fn edit(&self, by: &Actor, reach: &Reach, id: i64, version: i64, new: NewBroadcast) -> Result<()> {
        let before = self.get(reach, id).await?;
        let live = self.live(before.account_id)?;
        let audience = self.checked(&live, reach, &new).await?.unwrap_or_else(|| before.audience.clone());
        let tx = self.db.begin_write().await?;
        let now = lock(&*tx, id).await?;
        if now.version != version {
            return Err(Error::Stale);
        }
        if now.state != State::Draft {
            machine::step::<Self>(&*tx, id, Event::Edit, Who::Staff, by, "").await?;
            db::execute(&*tx, "DELETE FROM broadcast_parts WHERE broadcast_id = $1", [id.into()]).await?;
        }
        const SQL: &str = "UPDATE broadcasts SET name = $1, kind = $2, content = $3, draft_id = $4, audience = $5, whom = $6, \
                           whom_name = $7, ignore_reprint = $8, speed = $9, at = $10, hands = $11, digest = NULL, \
                           error = NULL, frozen_after = NULL, approved_by = NULL, approved_name = '', approved_at = NULL, \
                           alone = FALSE, version = version + 1, updated_at = $12 WHERE id = $13";
        let mut values: Vec<Value> = written(&new, &audience).into();
        values.extend([hands_with(&*tx, &now, by).await?.into(), now_ms().into(), id.into()]);
        db::execute(&*tx, SQL, values).await?;
        if let Some(Whom::Given { openids, .. }) = &new.whom {
            db::execute(&*tx, "DELETE FROM broadcast_given WHERE broadcast_id = $1", [id.into()]).await?;
            keep_given(&*tx, id, openids).await?;
        }
        jobs::take_away(&*tx, &key(id)).await?;
        let entry = Entry::new(by, "broadcasts.edit", "broadcasts", id).of_account(now.account_id);
        let was = json!({ "name": now.name, "content": now.content, "audience": now.audience });
        audit::record(&*tx, &entry.before(was).after(told(&new, &audience))).await?;
        tx.commit().await
    }

    /// Asks for approval: the list is put together, then a second person decides.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach; [`Error::Stale`]; [`Error::NotNow`] when it is no draft; [`Error::Invalid`] when
    /// its draft or files are gone, or no message is left to send.
    pub async fn submit(&self, by: &Actor, reach: &Reach, id: i64, version: i64) -> Result<()> {
        let broadcast = self.get(reach, id).await?;
        let live = self.live(broadcast.account_id)?;
        self.content_is_there(&live, &broadcast.content).await?;
        self.there_is_quota(&live, &broadcast).await?;
        let tx = self.db.begin_write().await?;
        let now = lock(&*tx, id).await?;
        if now.version != version {
            return Err(Error::Stale);
        }
        machine::step::<Self>(&*tx, id, Event::Freeze, Who::Staff, by, "").await?;
        const SQL: &str = "UPDATE broadcasts SET frozen_after = NULL, frozen = 0, over_quota = 0, left_out = 0, digest = NULL, \
                           error = NULL, hands = $1, submitted_name = $2, submitted_at = $3, version = version + 1, \
                           updated_at = $3 WHERE id = $4";
        let hands = hands_with(&*tx, &now, by).await?;
        db::execute(&*tx, SQL, [hands.into(), by.name.as_str().into(), now_ms().into(), id.into()]).await?;
        // One that waited for the time of an approval which does not hold any more.
        jobs::take_away(&*tx, &key(id)).await?;
        jobs::push_of(&*tx, Some(now.account_id), FREEZE, Some(&key(id)), &Ask { id, round: 0 }, now_ms()).await?;
        tx.commit().await
    }

    /// Gives a broadcast up that has not begun to go out.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach; [`Error::NotNow`] when it has begun.
    pub async fn cancel(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        self.get(reach, id).await?;
        let tx = self.db.begin_write().await?;
        lock(&*tx, id).await?;
        machine::step::<Self>(&*tx, id, Event::Cancel, Who::Staff, by, "").await?;
        const SQL: &str =
            "UPDATE broadcasts SET version = version + 1, updated_at = $1, finished_at = $1 WHERE id = $2";
        db::execute(&*tx, SQL, [now_ms().into(), id.into()]).await?;
        jobs::take_away(&*tx, &key(id)).await?;
        tx.commit().await
    }

    /// What may be chosen.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account out of reach.
    pub async fn offered(&self, reach: &Reach, account: i64) -> Result<Offered> {
        reach.must_see(account)?;
        Ok(Offered {
            drafts: borrowed::drafts_of(&self.db, account).await?,
            images: borrowed::materials_of(&self.db, account, MediaKind::Image).await?,
            voices: borrowed::materials_of(&self.db, account, MediaKind::Voice).await?,
            videos: borrowed::materials_of(&self.db, account, MediaKind::Video).await?,
        })
    }

    /// What a broadcast sends beside words, as far as it is still there: its draft, or its materials.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach.
    pub async fn contents(&self, reach: &Reach, id: i64) -> Result<Vec<Choice>> {
        let broadcast = self.get(reach, id).await?;
        borrowed::carried(self.db.read(), broadcast.account_id, &broadcast.content).await
    }

    /// How many an audience is, as far as is known now; true when there are more.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account or a tag out of reach.
    pub async fn people(&self, reach: &Reach, account: i64, audience: &Audience) -> Result<(i64, bool)> {
        reach.must_see(account)?;
        let filter = match audience {
            Audience::All => Filter { subscribed: Some(true), ..Filter::default() },
            Audience::Tag { tag, .. } => return Ok((self.tag(account, *tag).await?.followers, false)),
            Audience::File { count, .. } => return Ok((*count, false)),
            Audience::Filter { filter } => Filter { subscribed: Some(true), blocked: Some(false), ..filter.clone() },
        };
        let count = estimate(&self.db, reach, account, &filter).await?;
        Ok((count.n, count.more))
    }

    /// What somebody asks for as an audience, looked up; a list of openids is counted only.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a tag that is not there.
    pub async fn audience(&self, reach: &Reach, account: i64, whom: &Whom) -> Result<Audience> {
        reach.must_see(account)?;
        Ok(match whom {
            Whom::All => Audience::All,
            Whom::Tag(tag) => {
                let tag = self.tag(account, *tag).await.map_err(|error| match error {
                    Error::NotFound => Error::field("tag", "broadcast.no_tag"),
                    error => error,
                })?;
                Audience::Tag { tag: tag.id, wechat_id: tag.wechat_id, name: tag.name }
            }
            Whom::Filter(filter) => Audience::Filter { filter: filter.clone() },
            Whom::Given { name, openids } => Audience::File { name: name.clone(), count: openids.len() as i64 },
        })
    }

    async fn tag(&self, account: i64, id: i64) -> Result<Tag> {
        let followers = crate::followers::Followers::new(&self.db, &self.registry);
        let tags = followers.tags(&Reach::of([account]), account).await?;
        tags.into_iter().find(|tag| tag.id == id).ok_or(Error::NotFound)
    }

    /// All that can be told before WeChat is asked; the audience, when one is asked for.
    async fn checked(&self, live: &LiveAccount, reach: &Reach, new: &NewBroadcast) -> Result<Option<Audience>> {
        let mut problems = new.problems();
        if let Err(error) = self.content_is_there(live, &new.content).await {
            take(error, &mut problems)?;
        }
        let mut audience = None;
        if let Some(whom) = &new.whom {
            match self.audience(reach, live.account.id, whom).await {
                Ok(found) => audience = Some(found),
                Err(error) => take(error, &mut problems)?,
            }
        }
        let kind = AccountKind::read(&live.settings.text(ACCOUNT_KIND));
        if kind == AccountKind::Subscription && audience.as_ref().is_some_and(Audience::is_list) {
            problems.push(Problem::new("to", "broadcast.list_subscription"));
        }
        if problems.is_empty() { Ok(audience) } else { Err(Error::Invalid(problems)) }
    }

    async fn content_is_there(&self, live: &LiveAccount, content: &Content) -> Result<()> {
        if let Some(id) = content.draft() {
            let found = drafts::sendable(self.db.read(), live.account.id, id).await?;
            let found = found.ok_or_else(|| Error::field("draft_id", "broadcast.no_draft"))?;
            return match found.media_id {
                Some(_) => Ok(()),
                None => Err(Error::Invalid(vec![
                    Problem::new("draft_id", "broadcast.draft_not_saved").with("name", found.title),
                ])),
            };
        }
        borrowed::media_ids(self.db.read(), live.account.id, content).await.map(|_| ())
    }

    async fn there_is_quota(&self, live: &LiveAccount, broadcast: &Broadcast) -> Result<()> {
        let kind = AccountKind::read(&live.settings.text(ACCOUNT_KIND));
        let quota = quota::of(self.db.read(), broadcast.account_id, kind).await?;
        match quota.left(&broadcast.audience) {
            Some(0) => {
                let until = quota::said(quota.again());
                Err(Error::Invalid(vec![Problem::new("to", "broadcast.no_quota").with("until", until)]))
            }
            _ => Ok(()),
        }
    }
}

/// The columns of what somebody wrote, in the order of both statements.
fn written(new: &NewBroadcast, audience: &Audience) -> [Value; 10] {
    [
        new.name.trim().into(),
        new.content.kind().into(),
        json!(new.content).to_string().into(),
        new.content.draft().into(),
        audience.word().into(),
        json!(audience).to_string().into(),
        audience.name().into(),
        new.ignore_reprint.into(),
        new.speed.into(),
        new.at.into(),
    ]
}

fn told(new: &NewBroadcast, audience: &Audience) -> serde_json::Value {
    json!({ "name": new.name.trim(), "content": new.content, "audience": audience, "speed": new.speed, "at": new.at })
}

/// Adds the problems of `error` to those there are.
fn take(error: Error, problems: &mut Vec<Problem>) -> Result<()> {
    match error {
        Error::Invalid(more) => {
            problems.extend(more);
            Ok(())
        }
        error => Err(error),
    }
}

/// Everybody who had a hand in it, with `by`.
async fn hands_with<C: ConnectionTrait>(tx: &C, broadcast: &Broadcast, by: &Actor) -> Result<String> {
    let person = person(tx, by).await?;
    let mut hands = broadcast.hands.clone();
    if !hands.contains(&person) {
        hands.push(person);
    }
    Ok(json!(hands).to_string())
}

async fn keep_given<C: ConnectionTrait>(tx: &C, id: i64, openids: &[String]) -> Result<()> {
    for (n, some) in openids.chunks(ROWS).enumerate() {
        let mut sql = String::from("INSERT INTO broadcast_given (broadcast_id, position, openid) VALUES ");
        db::push_rows(&mut sql, some.len(), 3);
        let first = (n * ROWS) as i64 + 1;
        let values = (first..).zip(some).flat_map(|(at, openid)| [id.into(), at.into(), openid.as_str().into()]);
        let values: Vec<Value> = values.collect();
        db::execute(tx, &sql, values).await?;
    }
    Ok(())
}
