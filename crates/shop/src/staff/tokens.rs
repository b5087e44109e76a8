//! Personal access tokens: for programs that act as a member, within scopes.

use puzi_wechat::Secret;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::{Member, Permissions, Staff, Status, entity, fields, must, random, roles};
use crate::{
    Error, Problem, Result,
    accounts::{Reach, reach},
    audit::{self, Actor, ActorKind, Entry},
    db::{self, now_ms},
};

/// By it a token is known wherever it turns up.
const PREFIX: &str = "puzi_";
const HINT_CHARS: usize = 4;
/// Its last use is written down at most so often, ms.
const TOUCH_MS: i64 = 60_000;
const SCOPES: usize = 100;

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for, in the holder's words.
    pub name: String,
    /// Patterns, see [`Permissions::of`].
    pub scopes: Vec<String>,
    /// Unix ms; without, it lives until it is revoked.
    pub expires_at: Option<i64>,
}

/// A token as its holder sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Row number.
    pub id: i64,
    /// Row number of the member it acts as.
    pub member: i64,
    /// What it is for.
    pub name: String,
    /// Its last characters.
    pub hint: String,
    /// Patterns of what it may at most.
    pub scopes: Vec<String>,
    /// Unix ms.
    pub expires_at: Option<i64>,
    /// Unix ms, to the minute.
    pub last_used_at: Option<i64>,
    /// Unix ms.
    pub revoked_at: Option<i64>,
    /// Unix ms.
    pub created_at: i64,
}

/// Who comes with a token.
#[derive(Debug, Clone)]
pub struct TokenHolder {
    /// Row number of the token.
    pub token: i64,
    /// Its name.
    pub name: String,
    /// The member it acts as.
    pub member: Member,
    /// What may be done with it: what both its scopes and the member's role permit.
    pub permissions: Permissions,
    /// The accounts the member may see.
    pub reach: Reach,
}

impl TokenHolder {
    /// The token as the audit log knows it.
    pub fn actor(&self) -> Actor {
        Actor::token(self.token, format!("{} ({})", self.member.name, self.name))
    }
}

impl From<entity::api_tokens::Model> for Token {
    fn from(row: entity::api_tokens::Model) -> Self {
        Self {
            id: row.id,
            member: row.staff_id,
            name: row.name,
            hint: row.hint,
            scopes: serde_json::from_str(&row.scopes).unwrap_or_default(),
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
            created_at: row.created_at,
        }
    }
}

impl Staff {
    /// Makes a token for the member who asks; its text is given this once. A token makes no tokens: it would outlive itself.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field, also scopes beyond the member's own permissions; [`Error::Forbidden`] without
    /// `tokens.create`.
    pub async fn create_token(&self, by: &Actor, new: NewToken) -> Result<(Token, Secret<String>)> {
        let (ActorKind::Staff, Some(member)) = (by.kind, by.id) else {
            return Err(Error::Forbidden("tokens.create".into()));
        };
        self.make_token(by, member, new).await
    }

    /// Makes a token for a member at the operator's terminal, for the day a program is set up before anybody signs in.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field; [`Error::Forbidden`] for anybody but the operator.
    pub async fn create_token_for(&self, by: &Actor, member: i64, new: NewToken) -> Result<(Token, Secret<String>)> {
        if by.kind != ActorKind::Cli {
            return Err(Error::Forbidden("tokens.create".into()));
        }
        self.make_token(by, member, new).await
    }

    async fn make_token(&self, by: &Actor, member: i64, new: NewToken) -> Result<(Token, Secret<String>)> {
        let new = new.check()?;
        let tx = self.begin_change().await?;
        let rights = must(&*tx, by, "tokens.create").await?;
        if !rights.covers(&Permissions::of(new.scopes.iter().map(String::as_str))) {
            return Err(Error::field("scopes", "staff.permissions_above"));
        }
        let text = format!("{PREFIX}{}", random::hex());
        let row = entity::api_tokens::ActiveModel {
            staff_id: Set(member),
            name: Set(new.name),
            token_hash: Set(hash(&text)),
            hint: Set(text[text.len() - HINT_CHARS..].to_owned()),
            scopes: Set(json!(new.scopes).to_string()),
            expires_at: Set(new.expires_at),
            created_at: Set(now_ms()),
            ..Default::default()
        };
        let row = row.insert(&*tx).await?;
        audit::record(&*tx, &Entry::new(by, "tokens.create", "tokens", row.id).after(shown(&row))).await?;
        tx.commit().await?;
        Ok((row.into(), Secret::new(text)))
    }

    /// The tokens of a member, the latest first, also those that are over.
    pub async fn list_tokens(&self, member: i64) -> Result<Vec<Token>> {
        use entity::api_tokens::{Column, Entity};
        let rows =
            Entity::find().filter(Column::StaffId.eq(member)).order_by_desc(Column::Id).all(self.db.read()).await?;
        Ok(rows.into_iter().map(Token::from).collect())
    }

    /// Ends a token for good: one's own, or somebody else's by who may `tokens.delete` and is not below that member.
    ///
    /// # Errors
    /// [`Error::NotFound`] for one that is over already; [`Error::Forbidden`].
    pub async fn revoke_token(&self, by: &Actor, id: i64) -> Result<Token> {
        let row = entity::api_tokens::Entity::find_by_id(id).one(self.db.read()).await?.ok_or(Error::NotFound)?;
        let own = by.kind == ActorKind::Staff && by.id == Some(row.staff_id);
        let tx = match own {
            true => self.begin_change().await?,
            false => self.begin_change_of(by, "tokens.delete", row.staff_id).await?.0,
        };
        let now = now_ms();
        let sql = "UPDATE api_tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL";
        if db::execute(&*tx, sql, [now.into(), id.into()]).await? == 0 {
            return Err(Error::NotFound);
        }
        audit::record(&*tx, &Entry::new(by, "tokens.delete", "tokens", id).before(shown(&row))).await?;
        tx.commit().await?;
        Ok(Token { revoked_at: Some(now), ..row.into() })
    }

    /// Who comes with the token `text`, if it still holds and its member is active.
    pub async fn authenticate_token(&self, text: &str) -> Result<Option<TokenHolder>> {
        const SQL: &str = "SELECT t.id, t.name, t.scopes, t.last_used_at, t.staff_id, m.role, m.reach, m.accounts, \
            r.permissions \
            FROM api_tokens t JOIN staff m ON m.id = t.staff_id \
            LEFT JOIN roles r ON r.key = m.role AND r.deleted_at IS NULL \
            WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2) \
            AND m.status = 'active' AND m.deleted_at IS NULL";
        if !text.starts_with(PREFIX) {
            return Ok(None);
        }
        let now = now_ms();
        let values = [hash(text).into(), now.into()];
        let row = self.db.read().query_one_raw(db::statement(self.db.read(), SQL, values)).await?;
        let Some(row) = row else { return Ok(None) };
        let token: i64 = row.try_get("", "id")?;
        let (role, scopes): (String, String) = (row.try_get("", "role")?, row.try_get("", "scopes")?);
        let stored: Option<String> = row.try_get("", "permissions")?;
        let member = self.get(row.try_get("", "staff_id")?).await?;
        if member.status != Status::Active || member.deleted_at.is_some() {
            return Ok(None);
        }
        if row.try_get::<Option<i64>>("", "last_used_at")?.is_none_or(|at| at < now - TOUCH_MS) {
            let sql =
                "UPDATE api_tokens SET last_used_at = $1 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $3)";
            let values = [now.into(), token.into(), (now - TOUCH_MS).into()];
            if let Err(error) = self.db.execute(sql, values).await {
                tracing::warn!(%error, "a token's use could not be written down");
            }
        }
        let permissions = roles::permissions_of(&role, stored.as_deref()).and(roles::from_json(&scopes));
        let reach = reach::stored(&row.try_get::<String>("", "reach")?, &row.try_get::<String>("", "accounts")?);
        Ok(Some(TokenHolder { token, name: row.try_get("", "name")?, member, permissions, reach }))
    }
}

impl NewToken {
    fn check(self) -> Result<Self> {
        let mut problems = Vec::new();
        fields::check_name(&mut problems, &self.name);
        if self.scopes.is_empty() {
            problems.push(Problem::new("scopes", "staff.required"));
        } else if self.scopes.len() > SCOPES {
            problems.push(Problem::new("scopes", "staff.too_many_patterns").with("max", SCOPES));
        }
        if let Some(wrong) = self.scopes.iter().find(|scope| !Permissions::is_pattern(scope)) {
            problems.push(Problem::new("scopes", "staff.pattern").with("pattern", wrong));
        }
        if self.expires_at.is_some_and(|at| at <= now_ms()) {
            problems.push(Problem::new("expires_at", "staff.in_the_past"));
        }
        fields::refuse(problems)?;
        Ok(Self { name: self.name.trim().to_owned(), ..self })
    }
}

fn hash(text: &str) -> String {
    random::hash("token", text)
}

/// A token as the audit log shows it.
fn shown(row: &entity::api_tokens::Model) -> Value {
    let scopes: Value = serde_json::from_str(&row.scopes).unwrap_or_default();
    json!({"name": row.name, "hint": row.hint, "scopes": scopes, "staff_id": row.staff_id, "expires_at": row.expires_at})
}
