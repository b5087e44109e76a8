//! Another file in the place of one: what names the old one is led along.

use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{
    Event, KIND, Machinery, Materials,
    add::{self, Sending},
    check, clean,
    entity::Model,
    find_in, kind, living,
};
use crate::{
    Error, Problem, Result,
    accounts::Reach,
    audit::{self, Actor, Entry},
    db::{self, now_ms},
    drafts,
    machine::{self, Who},
    menus, replies,
};

/// What was led along with a file, and what is left to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The material as it is now.
    pub material: Model,
    /// Rules that name it now.
    pub rules: u64,
    /// Places of the menu's draft that name it now: the menu is to be published.
    pub menu: u64,
    /// Drafts that lie at WeChat with the old one: they are to be saved again.
    pub drafts: u64,
}

impl Materials {
    /// Puts another file into the place of a material's: uploads it, then leads rules, the menu's draft and drafts along
    /// in one transaction. The old one is removed from WeChat when nothing there uses it any more.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field `file`; [`Error::Stale`] when it is no longer of `version`: then the new file is
    /// removed from WeChat again; [`Error::NotNow`] while it is being uploaded; [`Error::NotFound`]; [`Error::WeChat`].
    pub async fn replace(
        &self,
        by: &Actor,
        reach: &Reach,
        id: i64,
        version: Option<i64>,
        name: &str,
        file: Vec<u8>,
    ) -> Result<Replaced> {
        let before = living(self.db.read(), reach, id).await?;
        if version.is_some_and(|version| version != before.version) {
            return Err(Error::Stale);
        }
        if before.state == "uploading" {
            return Err(Error::NotNow(Problem::new("file", "material.under_way")));
        }
        let live = self.live(before.account_id)?;
        let of = kind(&before.kind).ok_or(Error::NotFound)?;
        let found = check::file(of, &file).map_err(|problem| Error::Invalid(vec![problem]))?;
        let name = check::clean(if name.trim().is_empty() { &before.name } else { name }, found.ending());
        let small = add::small_picture(of, &file).await;
        let bytes = i64::try_from(file.len()).unwrap_or(i64::MAX);
        let kept = self.folder.keep_whole(&file).await?;
        let sending = Sending { name: &name, ..Sending::of(&before)? };
        let sent = add::upload(&live, &sending, found.mime(), file).await?;

        let tx = self.db.begin_write().await?;
        const SQL: &str = "UPDATE materials SET name = $1, file = $2, media_type = $3, bytes = $4, pictured = $5, \
                           thumbnail = $6 WHERE id = $7 AND version = $8 AND state = $9 AND deleted_at IS NULL";
        let values = [
            name.as_str().into(),
            kept.into(),
            found.mime().into(),
            bytes.into(),
            small.is_some().into(),
            small.into(),
            id.into(),
            before.version.into(),
            before.state.as_str().into(),
        ];
        if db::execute(&*tx, SQL, values).await? != 1 {
            // Somebody was faster: what was uploaded for nothing goes again.
            if sent.expires_at.is_none() {
                clean::leave(&*tx, before.account_id, &sent.media_id, None, "stale").await?;
            }
            tx.commit().await?;
            return Err(Error::Stale);
        }
        add::set_sent(&*tx, &before, &sent).await?;
        settle(&*tx, &before, by).await?;
        let (mut rules, mut menu) = (0, 0);
        if let Some(old) = before.media_id() {
            rules = replies::swap_media(&*tx, before.account_id, old, &sent.media_id).await?;
            menu = menus::swap_media(&*tx, before.account_id, old, &sent.media_id).await?;
        }
        let drafts = drafts::saved_with(&*tx, before.account_id, id).await?;
        if let Some(old) = &before.lasting_id {
            clean::leave(&*tx, before.account_id, old, Some(id), "replaced").await?;
        }
        let entry = Entry::new(by, "materials.replace", KIND, id).of_account(before.account_id);
        let entry = entry
            .before(json!({ "name": before.name, "media_id": before.media_id() }))
            .after(json!({ "name": name, "media_id": sent.media_id, "rules": rules, "menu": menu }));
        audit::record(&*tx, &entry).await?;
        tx.commit().await?;
        let material = find_in(self.db.read(), &Reach::All, id).await?;
        Ok(Replaced { material, rules, menu, drafts })
    }
}

/// WeChat has it now, whatever was before.
async fn settle<C: ConnectionTrait>(tx: &C, before: &Model, by: &Actor) -> Result<()> {
    let events: &[(Event, Who)] = match before.state.as_str() {
        "failed" => &[(Event::Upload, Who::Staff), (Event::Done, Who::WeChat)],
        "gone" => &[(Event::Back, Who::WeChat)],
        _ => &[],
    };
    for (event, who) in events {
        machine::step::<Machinery>(tx, before.id, *event, *who, by, "replaced").await?;
    }
    db::execute(tx, "UPDATE materials SET updated_at = $1 WHERE id = $2", [now_ms().into(), before.id.into()]).await?;
    Ok(())
}
