//! The tables `webhooks`, without its keys, and `deliveries`, without what is sent: what lists are declared over. Changes go
//! through [`super::Webhooks`].

/// The table `webhooks`.
pub mod webhook {
    use sea_orm::entity::prelude::*;

    /// An endpoint.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhooks")]
    pub struct Model {
        /// Row number.
        #[sea_orm(primary_key)]
        pub id: i64,
        /// The account whose events it is told.
        pub account_id: i64,
        /// Name that people see; one an account.
        pub name: String,
        /// Where it is.
        pub url: String,
        /// The host of that, by which it is known to whoever may not see the rest.
        pub host: String,
        /// JSON array of the names of events it wants.
        pub events: String,
        /// `active`, `failing` or `paused`.
        pub state: String,
        /// Why it is paused: `staff`, `gone` (it answered 410) or `failed` (days without a success).
        pub note: Option<String>,
        /// Attempts that failed since the last success.
        pub failures: i32,
        /// When the first of those was, Unix ms.
        pub trouble_since: Option<i64>,
        /// Since when it is `failing`, Unix ms.
        pub failing_since: Option<i64>,
        /// The last success, Unix ms; to the minute.
        pub last_success_at: Option<i64>,
        /// Until when the key before the last exchange signs too, Unix ms.
        pub previous_until: Option<i64>,
        /// Grows with each change.
        pub version: i64,
        /// Unix ms.
        pub created_at: i64,
        /// Unix ms.
        pub updated_at: i64,
        /// Unix ms.
        pub deleted_at: Option<i64>,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl Model {
        /// The names of the events it wants.
        pub fn wanted(&self) -> Vec<String> {
            serde_json::from_str(&self.events).unwrap_or_default()
        }
    }
}

/// The table `deliveries`.
pub mod delivery {
    use sea_orm::entity::prelude::*;

    /// An event on its way to an endpoint.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "deliveries")]
    pub struct Model {
        /// Row number.
        #[sea_orm(primary_key)]
        pub id: i64,
        /// The account.
        pub account_id: i64,
        /// The endpoint.
        pub webhook_id: i64,
        /// `webhook-id`: the same at each attempt and for each copy.
        pub event_id: String,
        /// Name of the event.
        pub event: String,
        /// `waiting`, `sending`, `delivered`, `failed` or `cancelled`.
        pub state: String,
        /// Attempts begun.
        pub attempts: i32,
        /// When the next attempt is due, Unix ms; none: it waits for its endpoint to be resumed, or is over.
        pub next_at: Option<i64>,
        /// HTTP status of the last attempt.
        pub last_status: Option<i32>,
        /// Why the last attempt failed, or why it was cancelled: a word, and after a colon more of it.
        pub last_error: Option<String>,
        /// How long the last attempt took, microseconds.
        pub last_us: Option<i64>,
        /// The delivery of which it is a copy.
        pub replay_of: Option<i64>,
        /// 0, or which copy it is.
        pub copy: i32,
        /// Unix ms.
        pub created_at: i64,
        /// When it was delivered or given up, Unix ms.
        pub done_at: Option<i64>,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
