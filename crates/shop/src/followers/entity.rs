//! The table `followers`, as its list is declared over it.

use sea_orm::entity::prelude::*;

/// A follower of an account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "followers")]
pub struct Model {
    /// Row number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The account.
    pub account_id: i64,
    /// Who, for this account.
    pub openid: String,
    /// Nickname, when WeChat gave one.
    pub nickname: Option<String>,
    /// Follows now.
    pub subscribed: bool,
    /// The scene of the QR code that led here first.
    pub scene: Option<String>,
    /// First message or event, Unix ms.
    pub first_seen_at: i64,
    /// Latest message or event, Unix ms.
    pub last_seen_at: i64,
    /// The same person's number for all accounts of one owner.
    pub unionid: Option<String>,
    /// What the team calls them, at WeChat too; empty: nothing.
    pub remark: String,
    /// WeChat's word for how they came (`ADD_SCENE_…`).
    pub source: Option<String>,
    /// When they followed, as WeChat tells, Unix ms.
    pub followed_at: Option<i64>,
    /// When they left, or when it was noticed, Unix ms.
    pub left_at: Option<i64>,
    /// Latest message, to ten minutes, Unix ms.
    pub spoke_at: Option<i64>,
    /// On WeChat's blacklist.
    pub blocked: bool,
    /// The kept picture that they agreed to show.
    pub picture: Option<String>,
    /// When they agreed to show name and picture, Unix ms.
    pub consented_at: Option<i64>,
    /// When WeChat last told the details, Unix ms.
    pub details_at: Option<i64>,
    /// The day on which their coming is counted, days since 1970 by the shop's clock.
    pub booked_day: Option<i64>,
    /// The language WeChat names, such as `zh_CN`; empty: not known.
    pub language: String,
    /// Counts the changes made by people.
    pub version: i64,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
