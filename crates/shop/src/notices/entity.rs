//! The tables `notice_templates` and `notices` as lists are declared over them. Changes go through [`super::Notices`].

/// The table `notice_templates`.
pub mod template {
    use sea_orm::entity::prelude::*;

    use crate::{
        machine::Word,
        notices::{Way, words},
    };

    /// A template of an account.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notice_templates")]
    pub struct Model {
        /// Row number.
        #[sea_orm(primary_key)]
        pub id: i64,
        /// Whose it is.
        pub account_id: i64,
        /// `template` or `subscribe`.
        pub way: String,
        /// WeChat's id.
        pub template_id: String,
        /// Its title.
        pub title: String,
        /// Its text, with words such as `{{thing1.DATA}}`.
        pub content: String,
        /// What a notice looks like.
        pub example: String,
        /// JSON of its words, see [`Model::all_words`].
        pub words: String,
        /// Its industry or what it was taken for; may be empty.
        pub category: String,
        /// One agreement of the follower is good for ever.
        pub lasting: bool,
        /// When WeChat told of it last, Unix ms.
        pub seen_at: i64,
        /// Since when WeChat tells of it no more, Unix ms.
        pub gone_at: Option<i64>,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl Model {
        /// What stands in its content.
        pub fn all_words(&self) -> Vec<words::Word> {
            serde_json::from_str(&self.words).unwrap_or_default()
        }

        /// Which way its notices go.
        pub fn way(&self) -> Way {
            Way::read(&self.way).unwrap_or(Way::Template)
        }
    }
}

/// The table `notices`.
pub mod notice {
    use std::collections::BTreeMap;

    use sea_orm::entity::prelude::*;

    use crate::{
        machine::Word,
        notices::{State, Way},
    };

    /// A notice to a follower.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notices")]
    pub struct Model {
        /// Row number.
        #[sea_orm(primary_key)]
        pub id: i64,
        /// The account that it comes from.
        pub account_id: i64,
        /// Row number of its template.
        pub template_row: i64,
        /// `template` or `subscribe`.
        pub way: String,
        /// Who is to have it.
        pub openid: String,
        /// JSON object: what stands for each word.
        pub data: String,
        /// What a tap opens.
        pub url: Option<String>,
        /// JSON of the mini program that a tap opens.
        pub miniprogram: Option<String>,
        /// `test`, `order` or `staff`.
        pub purpose: String,
        /// The sender's own word for it, such as an order's number; may be empty.
        pub reference: String,
        /// What WeChat knows a repeated sending by.
        pub client_msg_id: String,
        /// How far it is.
        pub state: String,
        /// Sendings begun since it was queued.
        pub tries: i32,
        /// When it was queued last, Unix ms.
        pub queued_at: i64,
        /// Since when it may be under way without a certain answer, Unix ms.
        pub doubt_at: Option<i64>,
        /// WeChat's number of it.
        pub msg_id: Option<i64>,
        /// What WeChat told of its arrival.
        pub outcome: Option<String>,
        /// WeChat's code, when it refused.
        pub errcode: Option<i64>,
        /// WeChat's words, or ours.
        pub error: Option<String>,
        /// WeChat's number of the refused call.
        pub rid: Option<String>,
        /// Who sent it.
        pub sent_by: String,
        /// Unix ms.
        pub created_at: i64,
        /// When WeChat took it, Unix ms.
        pub accepted_at: Option<i64>,
        /// When its end was known, Unix ms.
        pub ended_at: Option<i64>,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl Model {
        /// What stands for each word.
        pub fn values(&self) -> BTreeMap<String, String> {
            serde_json::from_str(&self.data).unwrap_or_default()
        }

        /// How far it is.
        pub fn state(&self) -> State {
            State::read(&self.state).unwrap_or(State::Unknown)
        }

        /// Which way it goes.
        pub fn way(&self) -> Way {
            Way::read(&self.way).unwrap_or(Way::Template)
        }
    }
}
