//! Menus of accounts: a draft that people write, what is live at WeChat, the way from one to the other, and every version
//! that was ever live.
//!
//! The draft is one record an account, so that one comparison, one publication and one restoring are of the whole. A
//! publication is a row with a job: the calls are planned from what is live at that moment ([`plan()`]), and planned anew
//! after any doubt.

mod canonical;
pub mod compare;
pub mod content;
mod hosts;
mod live;
mod plan;
mod publish;
mod state;
mod versions;
mod work;

use std::sync::Arc;

use puzi_wechat::client::{Action, Button, Menu};
use sea_orm::{ConnectionTrait, FromQueryResult};

pub use self::{
    compare::{Difference, What, Which, compare},
    content::{CONDITIONAL, Conditional, MenuSet, NAME_CHARS, key_of, walk},
    live::{Live, Origin},
    plan::{Step, has_gap, plan},
    publish::{Done, JOB, Publication},
    state::{Event, State},
    versions::{PAGE, Version},
};
use crate::{
    Error, Result,
    accounts::{LiveAccount, Reach, Registry},
    audit::{self, Actor, Entry},
    db::{self, Db, now_ms},
    jobs::{Job, Kinds},
    replies::{Stimulus, Verdict},
};

/// Menus of this shop; cheap to make and to clone.
#[derive(Clone)]
pub struct Menus {
    db: Db,
    registry: Registry,
}

/// An account's draft.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What is in it.
    pub set: MenuSet,
    /// Counts its changes; 0 while nothing was saved, and `set` is what is live.
    pub version: i64,
    /// Nothing was saved, and WeChat did not tell what is live: `set` is the latest version, or nothing.
    pub untold: bool,
    /// Who saved it last; empty while nothing was saved.
    pub changed_by: String,
    /// When, Unix ms.
    pub updated_at: i64,
}

#[derive(FromQueryResult)]
struct DraftRow {
    content: String,
    version: i64,
    changed_by: String,
    updated_at: i64,
}

impl Menus {
    /// The menus of the accounts of `registry`, kept in `db`.
    pub fn new(db: &Db, registry: &Registry) -> Self {
        Self { db: db.clone(), registry: registry.clone() }
    }

    /// Who does the jobs of this area.
    #[must_use]
    pub fn jobs(&self, kinds: Kinds) -> Kinds {
        let menus = self.clone();
        kinds.on(JOB, move |job: Job| {
            let menus = menus.clone();
            async move { menus.work(&job).await }
        })
    }

    /// The draft; while there is none, what is live, else the latest version, else nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account out of reach.
    pub async fn draft(&self, reach: &Reach, account: i64) -> Result<Draft> {
        self.seen(reach, account)?;
        if let Some(draft) = stored(self.db.read(), account).await? {
            return Ok(draft);
        }
        let (set, untold) = match self.live(reach, account).await {
            Ok(live) => (live.set, false),
            // WeChat is away, or does not let us: what was live last is a better beginning than an error.
            Err(Error::WeChat(_)) => {
                let latest = self.versions(reach, account, None).await?;
                (latest.into_iter().next().map(|version| version.set).unwrap_or_default(), true)
            }
            Err(error) => return Err(error),
        };
        Ok(Draft { set, version: 0, untold, changed_by: String::new(), updated_at: 0 })
    }

    /// Saves the draft and gives its version. It need not be complete: only numbers and lengths are looked at, the rest when it
    /// is published.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field; [`Error::Stale`] when the draft is no longer of `version`;
    /// [`Error::NotFound`] for an account out of reach.
    pub async fn save(&self, by: &Actor, reach: &Reach, account: i64, version: i64, set: &MenuSet) -> Result<i64> {
        self.seen(reach, account)?;
        let problems = set.check_draft();
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let tx = self.db.begin_write().await?;
        let version = write(&*tx, by, account, version, set, "menus.edit").await?;
        tx.commit().await?;
        Ok(version)
    }

    /// The menu that WeChat shows to somebody; none when there is none. `openid` may be a WeChat id too.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account out of reach; what WeChat refuses, 65302 for somebody unknown.
    pub async fn shown_to(&self, reach: &Reach, account: i64, openid: &str) -> Result<Option<Menu>> {
        let live = self.seen(reach, account)?;
        Ok(live.client.menu().try_match(openid).await?)
    }

    /// The rule that answers a tap on a button with this key: its number and name.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account out of reach.
    pub fn answer_of(&self, reach: &Reach, account: i64, key: &str) -> Result<Option<(i64, String)>> {
        let live = self.seen(reach, account)?;
        let explained = live.rules.explain(&Stimulus::tap(key), now_ms());
        let wins = explained.considered.iter().find(|one| matches!(one.verdict, Verdict::Wins(_)));
        Ok(wins.map(|one| (one.rule.id, one.rule.name.clone())))
    }

    fn seen(&self, reach: &Reach, account: i64) -> Result<Arc<LiveAccount>> {
        reach.must_see(account)?;
        self.registry.by_id(account).ok_or(Error::NotFound)
    }
}

/// The draft as it is stored.
async fn stored<C: ConnectionTrait>(on: &C, account: i64) -> Result<Option<Draft>> {
    let sql = "SELECT content, version, changed_by, updated_at FROM menu_drafts WHERE account_id = $1";
    let row = DraftRow::find_by_statement(db::statement(on, sql, [account.into()])).one(on).await?;
    Ok(row.map(|row| {
        let DraftRow { content, version, changed_by, updated_at } = row;
        Draft { set: read_back(&content), version, untold: false, changed_by, updated_at }
    }))
}

/// What was written by [`MenuSet::json`]. A row that nobody can read is an empty set.
fn read_back(content: &str) -> MenuSet {
    let json = serde_json::from_str(content).unwrap_or_default();
    MenuSet::read(&json).unwrap_or_default()
}

/// Writes the draft in the transaction `tx` and gives its new version.
async fn write<C: ConnectionTrait>(
    tx: &C,
    by: &Actor,
    account: i64,
    version: i64,
    set: &MenuSet,
    action: &str,
) -> Result<i64> {
    const NEW: &str = "INSERT INTO menu_drafts (account_id, content, version, changed_by, updated_at) \
                       VALUES ($1, $2, 1, $3, $4) ON CONFLICT (account_id) DO NOTHING";
    const CHANGE: &str = "UPDATE menu_drafts SET content = $1, version = version + 1, changed_by = $2, updated_at = $3 \
                          WHERE account_id = $4 AND version = $5";
    let before = stored(tx, account).await?;
    let content = set.json();
    let (text, name, now) = (content.to_string(), by.name.as_str(), now_ms());
    let changed = match version {
        0 => db::execute(tx, NEW, [account.into(), text.into(), name.into(), now.into()]).await?,
        _ => {
            let values = [text.into(), name.into(), now.into(), account.into(), version.into()];
            db::execute(tx, CHANGE, values).await?
        }
    };
    if changed != 1 {
        return Err(Error::Stale);
    }
    let mut entry = Entry::new(by, action, "menus", account).of_account(account).after(content);
    if let Some(before) = before {
        entry = entry.before(before.set.json());
    }
    audit::record(tx, &entry).await?;
    Ok(version + 1)
}

/// Puts the material `to` in the place of `from` wherever the account's draft names it, in the transaction `tx`; gives the
/// number of buttons. What is live names `from` until the draft is published.
///
/// # Errors
/// When the database does not answer.
pub async fn swap_media<C: ConnectionTrait>(tx: &C, account: i64, from: &str, to: &str) -> Result<u64> {
    let Some(mut draft) = stored(tx, account).await? else { return Ok(0) };
    let set = &mut draft.set;
    let menus = std::iter::once(&mut set.buttons).chain(set.conditional.iter_mut().map(|one| &mut one.buttons));
    let swapped: u64 = menus.map(|buttons| swap(buttons, from, to)).sum();
    if swapped > 0 {
        let sql = "UPDATE menu_drafts SET content = $1, version = version + 1, updated_at = $2 WHERE account_id = $3";
        db::execute(tx, sql, [draft.set.json().to_string().into(), now_ms().into(), account.into()]).await?;
    }
    Ok(swapped)
}

fn swap(buttons: &mut [Button], from: &str, to: &str) -> u64 {
    let mut swapped = 0;
    for button in buttons {
        match &mut button.action {
            Action::Open(subs) => swapped += swap(subs, from, to),
            Action::Media(id) | Action::ViewMaterial(id) if *id == *from => {
                to.clone_into(id);
                swapped += 1;
            }
            _ => {}
        }
    }
    swapped
}

/// Where the account's menus name the material `media_id`: `menu_draft`, and `menu_live` when the version found or published
/// last does.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn naming_media<C: ConnectionTrait>(
    on: &C,
    account: i64,
    media_id: &str,
) -> Result<Vec<&'static str>> {
    const LIVE: &str =
        "SELECT content FROM menu_versions WHERE account_id = $1 ORDER BY account_id, number DESC LIMIT 1";
    let names = |mut set: MenuSet| {
        let menus = std::iter::once(&mut set.buttons).chain(set.conditional.iter_mut().map(|one| &mut one.buttons));
        menus.map(|buttons| swap(buttons, media_id, media_id)).sum::<u64>() > 0
    };
    let mut named = Vec::new();
    if stored(on, account).await?.is_some_and(|draft| names(draft.set)) {
        named.push("menu_draft");
    }
    if let Some(row) = on.query_one_raw(db::statement(on, LIVE, [account.into()])).await? {
        let content: String = row.try_get("", "content")?;
        if names(read_back(&content)) {
            named.push("menu_live");
        }
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_material_is_swapped_wherever_it_is_named() {
        let mut buttons = vec![
            Button::new("a", Action::Media("old".into())),
            Button::open("b", [Button::new("c", Action::ViewMaterial("old".into())), Button::click("d", "old")]),
        ];
        assert_eq!(swap(&mut buttons, "old", "new"), 2);
        assert_eq!(swap(&mut buttons, "old", "new"), 0);
        assert!(matches!(&buttons[0].action, Action::Media(id) if id == "new"));
    }
}
