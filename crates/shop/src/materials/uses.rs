//! What names a material.

use super::{Materials, living};
use crate::{Result, accounts::Reach, broadcasts, drafts, menus, replies};

/// Something that names a material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// `rule`, `menu_draft`, `menu_live`, `draft` or `broadcast`.
    pub kind: &'static str,
    /// Its row number, where it is one of many.
    pub id: Option<i64>,
    /// What people call it; of a menu the kind.
    pub name: String,
}

impl Materials {
    /// What names the material: rules, the menu as it is drafted and as it is live, drafts that are not published,
    /// broadcasts that are not sent.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`], also when its account is not within `reach`.
    pub async fn uses(&self, reach: &Reach, id: i64) -> Result<Vec<Use>> {
        let material = living(self.db.read(), reach, id).await?;
        let (on, account) = (self.db.read(), material.account_id);
        let mut uses = Vec::new();
        if let Some(media_id) = material.media_id() {
            let rules = replies::naming_media(on, account, media_id, false).await?;
            uses.extend(rules.into_iter().map(|(id, name)| Use { kind: "rule", id: Some(id), name }));
            let in_menus = menus::naming_media(on, account, media_id).await?;
            uses.extend(in_menus.into_iter().map(|kind| Use { kind, id: None, name: kind.to_owned() }));
        }
        let in_drafts = drafts::naming(on, account, id).await?;
        uses.extend(in_drafts.into_iter().map(|(id, name)| Use { kind: "draft", id: Some(id), name }));
        let unsent = broadcasts::naming_material(on, account, id).await?;
        uses.extend(unsent.into_iter().map(|(id, name)| Use { kind: "broadcast", id: Some(id), name }));
        Ok(uses)
    }
}
