//! Who somebody is, whatever way they come: the same member in the browser and by a token is one person. Of the command line
//! the name that the machine knows counts as a person.

use sea_orm::ConnectionTrait;

use super::Broadcast;
use crate::{
    Error, Problem, Result,
    accounts::settings::{self, BROADCASTS_SECOND_PERSON},
    audit::{Actor, ActorKind},
    db,
    staff::roles::OWNER,
};

/// The key of a person, as `hands` has it.
pub(super) async fn person<C: ConnectionTrait>(on: &C, by: &Actor) -> Result<String> {
    const TOKEN: &str = "SELECT staff_id AS n FROM api_tokens WHERE id = $1";
    Ok(match by.kind {
        ActorKind::Staff => format!("staff:{}", by.id.unwrap_or_default()),
        ActorKind::Token => {
            let id = db::one_number(on, TOKEN, [by.id.unwrap_or_default().into()]).await?;
            format!("staff:{id}")
        }
        ActorKind::Cli => format!("cli:{}", by.name),
        ActorKind::System => "system".to_owned(),
    })
}

/// Lets a second person through. True when the person had a hand in the broadcast and the account's switch allows that.
///
/// # Errors
/// [`Error::NotNow`] with `broadcast.same_person` for somebody who wrote, changed or submitted it.
pub(super) async fn second<C: ConnectionTrait>(on: &C, by: &Actor, broadcast: &Broadcast) -> Result<bool> {
    let person = person(on, by).await?;
    if by.kind != ActorKind::System && !broadcast.hands.contains(&person) {
        return Ok(false);
    }
    let settings = settings::load(on, broadcast.account_id).await?;
    if settings.is_on(BROADCASTS_SECOND_PERSON) {
        return Err(Error::NotNow(Problem::new("approve", "broadcast.same_person")));
    }
    Ok(true)
}

/// Whether `by` could be the second person of a broadcast: what its page says before a button is pressed.
pub(super) async fn could_be_second<C: ConnectionTrait>(on: &C, by: &Actor, broadcast: &Broadcast) -> Result<bool> {
    match second(on, by, broadcast).await {
        Ok(_) => Ok(true),
        Err(Error::NotNow(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Lets an owner through, and whoever has the machine itself.
///
/// # Errors
/// [`Error::Forbidden`] for everybody else.
pub(crate) async fn must_be_owner<C: ConnectionTrait>(on: &C, by: &Actor) -> Result<()> {
    const STAFF: &str = "SELECT role FROM staff WHERE id = $1 AND status = 'active' AND deleted_at IS NULL";
    const TOKEN: &str = "SELECT m.role FROM api_tokens t JOIN staff m ON m.id = t.staff_id \
                         WHERE t.id = $1 AND m.status = 'active' AND m.deleted_at IS NULL";
    let sql = match by.kind {
        ActorKind::Cli | ActorKind::System => return Ok(()),
        ActorKind::Staff => STAFF,
        ActorKind::Token => TOKEN,
    };
    let row = on.query_one_raw(db::statement(on, sql, [by.id.unwrap_or_default().into()])).await?;
    let role: Option<String> = row.map(|row| row.try_get("", "role")).transpose()?;
    if role.as_deref() == Some(OWNER) { Ok(()) } else { Err(Error::Forbidden("broadcasts.second_person".into())) }
}
