//! The table `materials`, without the small pictures. Changes go through [`super::Materials`].

use sea_orm::entity::prelude::*;

/// A material.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "materials")]
pub struct Model {
    /// Row number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The account that has it.
    pub account_id: i64,
    /// `image`, `voice`, `video` or `thumb`.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// Title of a video.
    pub title: String,
    /// What the video is about.
    pub introduction: String,
    /// The file's name in the folder; none while only WeChat has it.
    pub file: Option<String>,
    /// MIME type of the file; empty while that is not known.
    pub media_type: String,
    /// Its length; 0 while that is not known.
    pub bytes: i64,
    /// There is a small picture of it.
    pub pictured: bool,
    /// WeChat's number of it, when it stays.
    pub lasting_id: Option<String>,
    /// Where WeChat shows a picture that stays.
    pub lasting_url: Option<String>,
    /// WeChat's number of it, when it ends.
    pub passing_id: Option<String>,
    /// When WeChat lets that go, Unix ms.
    pub expires_at: Option<i64>,
    /// Whether it is uploaded to stay.
    pub lasting: bool,
    /// `ready`, `uploading`, `failed` or `gone`.
    pub state: String,
    /// Why it failed: WeChat's words, or ours.
    pub error: Option<String>,
    /// WeChat's code of that.
    pub errcode: Option<i64>,
    /// WeChat's number of the call.
    pub rid: Option<String>,
    /// When WeChat's own list named it last, Unix ms.
    pub seen_at: Option<i64>,
    /// When it was removed, Unix ms.
    pub deleted_at: Option<i64>,
    /// Grows with each change.
    pub version: i64,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub updated_at: i64,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// WeChat's number of it, if it has one.
    pub fn media_id(&self) -> Option<&str> {
        self.lasting_id.as_deref().or(self.passing_id.as_deref())
    }

    /// Whether WeChat has let it go, at `now` (Unix ms).
    pub fn has_ended(&self, now: i64) -> bool {
        self.lasting_id.is_none() && self.expires_at.is_some_and(|at| at <= now)
    }
}
