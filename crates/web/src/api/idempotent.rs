//! `Idempotency-Key`: a write sent twice happens once and is answered alike.

use std::ops::Deref;

use axum::http::{HeaderMap, Method, StatusCode, Uri};
use puzi_resource::Actor;
use puzi_shop::{
    db::Db,
    digest,
    idempotency::{self, Claim, Request, Ticket},
};

use super::{gate::Reader, problem::Problem};

const HEADER: &str = "idempotency-key";
const LONGEST: usize = 200;

/// What a key asks for.
pub(super) enum Begin {
    /// No key: the request is carried out as it comes.
    Unkeyed,
    /// The first time.
    First(Ticket),
    /// Answered before.
    Again {
        /// The HTTP status.
        status: StatusCode,
        /// The body.
        body: String,
    },
    /// The change happened to this record, but nobody was told.
    Happened(i64),
}

/// Claims the request's key.
pub(super) async fn begin(
    db: &Db,
    actor: &Actor,
    reader: &Reader,
    (method, uri, headers): (&Method, &Uri, &HeaderMap),
    body: &[u8],
) -> Result<Begin, Problem> {
    let Some(key) = headers.get(HEADER) else { return Ok(Begin::Unkeyed) };
    let is_key = |key: &&str| (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let key = key.to_str().ok().filter(is_key);
    let Some(key) = key else {
        return Err(reader.problem(StatusCode::BAD_REQUEST).detail(reader.text("api.refused.key")));
    };
    let request = Request {
        client: format!("{}:{}", actor.kind, actor.id.unwrap_or_default()),
        key: key.to_owned(),
        fingerprint: fingerprint(method, uri, actor, body),
    };
    match idempotency::claim(db, &request).await.map_err(|error| unavailable(reader, &error))? {
        Claim::Mine(ticket) => Ok(Begin::First(ticket)),
        Claim::Answered { status, body } => {
            Ok(Begin::Again { status: StatusCode::from_u16(status).unwrap_or(StatusCode::OK), body })
        }
        Claim::Happened(idempotency::BEGUN) => {
            Err(reader.problem(StatusCode::CONFLICT).detail(reader.text("api.refused.unknown")))
        }
        Claim::Happened(id) => Ok(Begin::Happened(id)),
        Claim::Running => Err(reader.problem(StatusCode::CONFLICT).detail(reader.text("api.refused.running"))),
        Claim::Another => {
            Err(reader.problem(StatusCode::UNPROCESSABLE_ENTITY).detail(reader.text("api.refused.another")))
        }
    }
}

/// The request by method, address and body, and by what its asker sees: an answer that was kept is not told to somebody who
/// sees less, or other accounts, by now.
fn fingerprint(method: &Method, uri: &Uri, actor: &Actor, body: &[u8]) -> String {
    let mut asked = format!("{method} {uri}\n").into_bytes();
    if let Some(within) = &actor.within {
        asked.extend_from_slice(format!("{within:?}\n").as_bytes());
    }
    asked.extend_from_slice(body);
    digest::sha256(&asked)
}

/// Marks that something begins whose end no transaction of ours will know.
pub(super) async fn mark_begun(db: &Db, reader: &Reader, ticket: Ticket) -> Result<(), Problem> {
    let marked = async {
        let tx = db.begin_write().await?;
        let marked = idempotency::mark(tx.deref(), ticket, idempotency::BEGUN).await?;
        tx.commit().await?;
        puzi_shop::Result::Ok(marked)
    };
    match marked.await {
        Ok(true) => Ok(()),
        Ok(false) => Err(reader.problem(StatusCode::CONFLICT)),
        Err(error) => Err(unavailable(reader, &error)),
    }
}

/// The database does not answer.
fn unavailable(reader: &Reader, error: &puzi_shop::Error) -> Problem {
    tracing::error!(%error, "an idempotency key could not be looked up");
    reader.problem(StatusCode::SERVICE_UNAVAILABLE)
}
