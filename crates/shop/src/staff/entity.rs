//! The tables of this area, for the admin's lists. Whoever changes them goes through [`super::Staff`].
#![allow(missing_docs, reason = "columns are named as what they hold; times are Unix ms")]

/// The table `staff`.
pub mod staff {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub login: String,
        pub name: String,
        /// An argon2id hash in PHC form.
        pub password: String,
        /// A built-in role's key or that of a row in `roles`.
        pub role: String,
        pub locale: String,
        pub theme: String,
        pub status: String,
        /// `all` or `some`.
        pub reach: String,
        /// A JSON array of row numbers as texts, as a choice of several is kept; of use when the reach is `some`.
        pub accounts: String,
        /// Sealed.
        pub totp_secret: Option<String>,
        pub totp_confirmed_at: Option<i64>,
        pub totp_step: i64,
        pub password_changed_at: i64,
        pub last_login_at: Option<i64>,
        pub deleted_at: Option<i64>,
        pub version: i64,
        pub created_at: i64,
        pub updated_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table `roles`: those the shop made itself.
pub mod roles {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "roles")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub key: String,
        pub name: String,
        /// A JSON array of patterns.
        pub permissions: String,
        pub deleted_at: Option<i64>,
        pub version: i64,
        pub created_at: i64,
        pub updated_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table `staff_sessions`.
pub mod staff_sessions {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_sessions")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        /// SHA-256 of the token in hex.
        pub token_hash: String,
        pub staff_id: i64,
        pub address: String,
        pub agent: String,
        pub seeing_as: Option<String>,
        pub account_id: Option<i64>,
        pub all_accounts: bool,
        pub flash: Option<String>,
        pub created_at: i64,
        pub last_seen_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table `api_tokens`.
pub mod api_tokens {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "api_tokens")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub staff_id: i64,
        pub name: String,
        /// SHA-256 of the token in hex.
        pub token_hash: String,
        /// The token's last characters.
        pub hint: String,
        /// A JSON array of patterns.
        pub scopes: String,
        pub expires_at: Option<i64>,
        pub last_used_at: Option<i64>,
        pub revoked_at: Option<i64>,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
