//! The tables `channels` and `channel_folders`, as their lists are declared over them.

/// The table `channels`.
pub mod channel {
    use sea_orm::entity::prelude::*;

    use crate::{
        channels::{SceneKind, State},
        machine::Word,
    };

    /// A code with a scene.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "channels")]
    pub struct Model {
        /// Row number.
        #[sea_orm(primary_key)]
        pub id: i64,
        /// The account it leads to.
        pub account_id: i64,
        /// The folder it lies in.
        pub folder_id: Option<i64>,
        /// Name that people see, on the poster too.
        pub name: String,
        /// For the team.
        pub note: String,
        /// It lasts: an account can have 100,000 of these.
        pub lasting: bool,
        /// How many days a temporary one lives, 1 to 30.
        pub ttl_days: Option<i64>,
        /// `number` or `text`.
        pub scene_kind: String,
        /// What its scans name.
        pub scene: String,
        /// `making`, `asking`, `live`, `failed` or `unknown`.
        pub state: String,
        /// What WeChat's picture is had for.
        pub ticket: Option<String>,
        /// What the code says.
        pub url: Option<String>,
        /// WeChat's picture, a name in the folder of media.
        pub picture: Option<String>,
        /// When WeChat was last asked for it, Unix ms.
        pub asked_at: Option<i64>,
        /// When WeChat made it, Unix ms.
        pub made_at: Option<i64>,
        /// When a temporary one ends, Unix ms.
        pub expires_at: Option<i64>,
        /// Why WeChat made none.
        pub error: Option<String>,
        /// WeChat's code of that.
        pub errcode: Option<i64>,
        /// WeChat's number of that request.
        pub rid: Option<String>,
        /// Up to which message the scans from before it was made are counted; none when they are.
        pub counted_to: Option<i64>,
        /// Counts the changes made by people.
        pub version: i64,
        /// Unix ms.
        pub deleted_at: Option<i64>,
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
        /// Where its making stands.
        pub fn stand(&self) -> State {
            State::read(&self.state).unwrap_or(State::Unknown)
        }

        /// What its scene is.
        pub fn kind(&self) -> SceneKind {
            SceneKind::read(&self.scene_kind).unwrap_or(SceneKind::Text)
        }

        /// A temporary one whose time is over at `now` (Unix ms).
        pub fn is_over(&self, now: i64) -> bool {
            self.expires_at.is_some_and(|end| end <= now)
        }

        /// Somebody who scans it at `now` (Unix ms) is led to the account.
        pub fn is_good(&self, now: i64) -> bool {
            self.stand() == State::Live && !self.is_over(now)
        }
    }
}

/// The table `channel_folders`.
pub mod folder {
    use sea_orm::entity::prelude::*;

    /// A folder of channels.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "channel_folders")]
    pub struct Model {
        /// Row number.
        #[sea_orm(primary_key)]
        pub id: i64,
        /// The account.
        pub account_id: i64,
        /// Name, one an account.
        pub name: String,
        /// Place in the order.
        pub position: i64,
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
}
