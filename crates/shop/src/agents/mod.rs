//! Customer-service accounts: made, named, pictured, invited and deleted at WeChat, and mirrored here.

mod avatar;
mod called;
pub mod entity;
mod mirror;
mod qr;
mod refused;

use puzi_wechat::client::ErrorKind;
use sea_orm::EntityTrait;
use serde_json::json;

pub(crate) use self::called::nicknames;
use self::entity::{Entity, Model};
use crate::{
    Error, Problem, Result,
    accounts::{LiveAccount, Reach, Registry},
    audit::{self, Actor, Entry},
    db::{self, Db, now_ms},
    uploads::{self, Uploads},
};

/// Customer-service accounts that an Official Account may have.
pub const MOST: usize = 100;
/// Characters of a nickname.
pub const NICKNAME_CHARS: usize = 16;
/// Letters before the `@`.
const PREFIX: usize = 10;
/// Letters after it.
const SUFFIX: usize = 30;
/// The kind of subject in the audit log.
const KIND: &str = "agents";

/// A new customer-service account, as a person gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAgent {
    /// A prefix of up to 10 letters, digits and underscores; with `@` and the WeChat id of the Official Account behind it
    /// when there is no other agent yet to take that from.
    pub kf_account: String,
    /// At most 16 characters.
    pub nickname: String,
}

/// Changes of one; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentEdit {
    /// Another nickname.
    pub nickname: Option<String>,
    /// Key of an upload to make its picture of.
    pub avatar: Option<String>,
    /// WeChat id of whom to invite.
    pub invite_wx: Option<String>,
}

/// The customer-service accounts of this shop's accounts.
#[derive(Clone)]
pub struct Agents {
    db: Db,
    registry: Registry,
}

impl Agents {
    /// Those of the accounts in `registry`.
    pub fn new(db: &Db, registry: &Registry) -> Self {
        Self { db: db.clone(), registry: registry.clone() }
    }

    /// Makes one and gives its row number. When its making was lost on the way, WeChat is asked whether it is there.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field, also by WeChat's refusal; [`Error::NotFound`] for an account that is not
    /// seen; [`Error::WeChat`].
    pub async fn create(&self, by: &Actor, reach: &Reach, account: i64, new: NewAgent) -> Result<i64> {
        let live = self.live(reach, account)?;
        let nickname = new.nickname.trim();
        let mut problems = Vec::from_iter(nickname_problem(nickname));
        let kf_account = match self.whole(account, new.kf_account.trim()).await {
            Ok(whole) => whole,
            Err(Error::Invalid(wrong)) => {
                problems.extend(wrong);
                String::new()
            }
            Err(error) => return Err(error),
        };
        if self.count(account).await? >= MOST {
            problems.push(Problem::new("kf_account", "agents.full").with("max", MOST));
        }
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let made = live.client.service().add(&kf_account, nickname, None).await;
        match &made {
            Ok(()) => {}
            Err(error) if error.errcode.is_none() && !error.unsent && error.kind == ErrorKind::Transport => {}
            Err(error) => return Err(refused::problem("kf_account", error)),
        }
        // Also after a lost answer: WeChat says whether it is there.
        let mirrored = self.mirror_live(&live).await;
        match (made, mirrored) {
            (Ok(()), Err(_)) => self.remember(&live, &kf_account, nickname).await?,
            (Ok(()), Ok(())) => {
                // WeChat's list may lag behind its own making.
                if self.find(account, &kf_account).await?.is_none() {
                    self.remember(&live, &kf_account, nickname).await?;
                }
            }
            (Err(lost), _) => {
                let there = self.find(account, &kf_account).await?.filter(|agent| agent.deleted_at.is_none());
                if there.is_none_or(|agent| agent.nickname != nickname) {
                    return Err(lost.into());
                }
            }
        }
        let agent = self.find(account, &kf_account).await?.ok_or(Error::NotFound)?;
        self.note(by, "agents.create", &agent, json!(null), json!({ "kf_account": kf_account, "nickname": nickname }))
            .await?;
        Ok(agent.id)
    }

    /// Renames one, gives it a picture, invites somebody to it: one after the other, each kept as it succeeds. What was
    /// refused is named, and what was done before it stays done.
    ///
    /// # Errors
    /// [`Error::Stale`] when it is no longer of `version`; [`Error::Invalid`] names each field refused; else as
    /// [`Agents::create`].
    pub async fn edit(
        &self,
        by: &Actor,
        reach: &Reach,
        id: i64,
        version: Option<i64>,
        edit: AgentEdit,
        uploads: &Uploads,
    ) -> Result<()> {
        let agent = self.get(reach, id).await?;
        let live = self.live(reach, agent.account_id)?;
        if version.is_some_and(|version| version != agent.version) {
            return Err(Error::Stale);
        }
        let nickname = edit.nickname.map(|nickname| nickname.trim().to_owned()).filter(|new| *new != agent.nickname);
        let avatar = edit.avatar.filter(|key| !key.is_empty() && !agent.avatar.contains(key.as_str()));
        let invite =
            edit.invite_wx.map(|wx| wx.trim().to_owned()).filter(|wx| !wx.is_empty() && *wx != agent.invite_wx);
        if let Some(problem) = nickname.as_deref().and_then(nickname_problem) {
            return Err(Error::Invalid(vec![problem]));
        }
        let (service, account) = (live.client.service(), agent.kf_account.as_str());
        let (mut done, mut problems) = (Vec::new(), Vec::new());
        if let Some(nickname) = &nickname {
            match service.rename(account, nickname).await {
                Ok(()) => {
                    self.set(id, "nickname", nickname.as_str().into()).await?;
                    done.push(("nickname", agent.nickname.clone(), nickname.clone()));
                }
                Err(error) => problems.push(refused::problem("nickname", &error)),
            }
        }
        if let Some(key) = &avatar {
            match self.picture(&live, account, key, uploads).await {
                Ok(()) => {
                    self.keep_picture(id, key).await?;
                    done.push(("avatar", String::new(), key.clone()));
                }
                Err(error) => problems.push(error),
            }
        }
        if let Some(wx) = &invite {
            match live.client.service().invite(account, wx).await {
                Ok(()) => {
                    self.set(id, "invite_wx", wx.as_str().into()).await?;
                    done.push(("invite_wx", agent.invite_wx.clone(), wx.clone()));
                }
                Err(error) => problems.push(refused::problem("invite_wx", &error)),
            }
        }
        if !done.is_empty() {
            // Somebody's own WeChat id is theirs: who sees the audit log learns that one was invited.
            let told = |field: &str, value: String| {
                if field == "invite_wx" && !value.is_empty() { "…".into() } else { value }
            };
            let values = |which: fn(&(&str, String, String)) -> String| {
                let pairs = done.iter().map(|one| (one.0.to_owned(), told(one.0, which(one)).into()));
                serde_json::Value::Object(pairs.collect())
            };
            let (before, after) = (values(|one| one.1.clone()), values(|one| one.2.clone()));
            self.note(by, "agents.edit", &agent, before, after).await?;
        }
        if problems.is_empty() {
            // Only now the form that was sent is an old one.
            let sql = "UPDATE agents SET version = version + 1, updated_at = $2 WHERE id = $1";
            self.db.execute(sql, [id.into(), now_ms().into()]).await?;
            let _ = self.mirror_live(&live).await;
            return Ok(());
        }
        let mut wrong = Vec::new();
        for error in problems {
            match error {
                Error::Invalid(problems) => wrong.extend(problems),
                other => return Err(other),
            }
        }
        wrong.extend(done.iter().map(|(field, ..)| Problem::new(*field, "agents.done_already")));
        Err(Error::Invalid(wrong))
    }

    /// Deletes one at WeChat; its row stays, marked as gone, for what is told of it elsewhere.
    ///
    /// # Errors
    /// As [`Agents::create`]. One that WeChat does not know is gone already: that is no error.
    pub async fn delete(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        let agent = self.get(reach, id).await?;
        let live = self.live(reach, agent.account_id)?;
        if agent.deleted_at.is_none() {
            match live.client.service().delete(&agent.kf_account, None).await {
                Ok(()) => {}
                Err(error) if error.errcode == Some(refused::UNKNOWN) => {}
                Err(error) => return Err(refused::problem("kf_account", &error)),
            }
        }
        self.set(id, "deleted_at", now_ms().into()).await?;
        let before = json!({ "kf_account": agent.kf_account, "nickname": agent.nickname });
        self.note(by, "agents.delete", &agent, before, json!(null)).await
    }

    /// The one of this row number.
    ///
    /// # Errors
    /// [`Error::NotFound`], also when its account is not within `reach`.
    pub async fn get(&self, reach: &Reach, id: i64) -> Result<Model> {
        let agent = Entity::find_by_id(id).one(self.db.read()).await?.ok_or(Error::NotFound)?;
        reach.must_see(agent.account_id)?;
        Ok(agent)
    }

    fn live(&self, reach: &Reach, account: i64) -> Result<std::sync::Arc<LiveAccount>> {
        reach.must_see(account)?;
        self.registry.by_id(account).ok_or(Error::NotFound)
    }

    /// The whole account of what was typed: a prefix alone takes its other half from a sibling.
    async fn whole(&self, account: i64, given: &str) -> Result<String> {
        let word = |text: &str, most: usize, more: &[u8]| {
            (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
        };
        let (prefix, suffix) = match given.split_once('@') {
            Some((prefix, suffix)) => (prefix, Some(suffix.to_owned())),
            None => (given, self.suffix(account).await?),
        };
        if !word(prefix, PREFIX, b"_") {
            return Err(Error::Invalid(vec![Problem::new("kf_account", "agents.bad_prefix").with("max", PREFIX)]));
        }
        match suffix {
            Some(suffix) if word(&suffix, SUFFIX, b"_-") => Ok(format!("{prefix}@{suffix}")),
            Some(_) => Err(Error::field("kf_account", "agents.bad_suffix")),
            None => Err(Error::field("kf_account", "agents.no_suffix")),
        }
    }

    async fn picture(&self, live: &LiveAccount, account: &str, key: &str, uploads: &Uploads) -> Result<()> {
        let jpeg = avatar::jpeg(uploads, key).await?;
        let sent = live.client.service().set_avatar(account, "avatar.jpg", jpeg).await;
        sent.map_err(|error| refused::problem("avatar", &error))
    }

    async fn keep_picture(&self, id: i64, key: &str) -> Result<()> {
        let tx = self.db.begin_write().await?;
        uploads::attach(&*tx, &[key]).await?;
        let sql = "UPDATE agents SET avatar = $2, updated_at = $3 WHERE id = $1";
        db::execute(&*tx, sql, [id.into(), json!([key]).to_string().into(), now_ms().into()]).await?;
        tx.commit().await
    }

    /// Sets one column; `column` is a name of this file.
    async fn set(&self, id: i64, column: &'static str, value: sea_orm::Value) -> Result<()> {
        let sql = format!("UPDATE agents SET {column} = $2, updated_at = $3 WHERE id = $1");
        self.db.execute(&sql, [id.into(), value, now_ms().into()]).await?;
        Ok(())
    }

    async fn note(
        &self,
        by: &Actor,
        action: &str,
        agent: &Model,
        before: serde_json::Value,
        after: serde_json::Value,
    ) -> Result<()> {
        let tx = self.db.begin_write().await?;
        let mut entry = Entry::new(by, action, KIND, agent.id).of_account(agent.account_id);
        if !before.is_null() {
            entry = entry.before(before);
        }
        if !after.is_null() {
            entry = entry.after(after);
        }
        audit::record(&*tx, &entry).await?;
        tx.commit().await
    }
}

fn nickname_problem(nickname: &str) -> Option<Problem> {
    match nickname.chars().count() {
        0 => Some(Problem::new("nickname", "agents.no_nickname")),
        chars if chars > NICKNAME_CHARS => {
            Some(Problem::new("nickname", "agents.long_nickname").with("max", NICKNAME_CHARS).with("is", chars))
        }
        _ => nickname.chars().any(char::is_control).then(|| Problem::new("nickname", "agents.bad_nickname")),
    }
}
