//! What can be done with a job after it was taken on, and how fast jobs go.

use serde_json::{Value, json};

use super::job::{SPEEDS, Status};
use crate::api::ask::{BAD_FORMAT, number, number_or, text_or_empty};
use crate::api::shelf::object;
use crate::api::{Answered, ApiError, Call, Families, Reply};
use crate::world::{Inner, World};

const BAD_ID: ApiError = ApiError::new(40059, "invalid msg id");

/// `POST /cgi-bin/message/mass/delete`, deleteMassMsg: articles and films that were sent, all of a job or one article.
pub(super) fn delete(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let url = text_or_empty(&request, "url")?;
    let Families { mass, outbox, .. } = &mut world.account_mut(&call.appid).families;
    let (id, index) = match (&request["msg_id"], url) {
        (Value::Null, "") => return Err(BAD_ID),
        (Value::Null, url) => {
            let place = mass.jobs.iter().find_map(|(id, job)| {
                let place = job.message.articles.iter().position(|article| article.url == url)?;
                Some((*id, place + 1))
            });
            place.ok_or(BAD_ID)?
        }
        _ => {
            let index = usize::try_from(number_or(&request, "article_idx", 0)?);
            (number(&request, "msg_id", BAD_ID)?, index.map_err(|_| BAD_INDEX)?)
        }
    };
    const BAD_INDEX: ApiError = ApiError::new(40114, "invalid index_value");
    let job = mass.jobs.get_mut(&id).filter(|job| job.status == Status::Sent).ok_or(BAD_ID)?;
    match (job.message.kind, index) {
        ("mpnews" | "mpvideo", 0) => job.status = Status::Deleted,
        ("mpnews", index) => {
            let article = job.message.articles.get_mut(index - 1).ok_or(BAD_INDEX)?;
            // The card stays in the chats; its page is gone.
            article.url.clear();
            if job.message.articles.iter().all(|article| article.url.is_empty()) {
                job.status = Status::Deleted;
            }
        }
        ("mpvideo", _) => return Err(BAD_INDEX),
        _ => return Err(ApiError::new(40008, "invalid message type")),
    }
    if job.status == Status::Deleted {
        outbox.settle(job.letter, "deleted");
    }
    Ok(Reply::ok())
}

/// `POST /cgi-bin/message/mass/get`, massMsgStatus.
pub(super) fn status(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let id = number(&request, "msg_id", BAD_ID)?;
    let job = world.account(&call.appid).families.mass.jobs.get(&id).ok_or(BAD_ID)?;
    Ok(Reply::Json(json!({ "msg_id": id, "msg_status": job.status.name() })))
}

/// `POST /cgi-bin/message/mass/speed/get`, getSpeed; the body may be empty.
pub(super) fn speed(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let speed = world.account(&call.appid).families.mass.speed;
    Ok(Reply::Json(json!({ "speed": speed, "realspeed": SPEEDS[speed] })))
}

/// `POST /cgi-bin/message/mass/speed/set`, setSpeed: for jobs that come after.
pub(super) fn set_speed(_: &Inner, world: &mut World, call: &Call) -> Answered {
    const OUT_OF_RANGE: ApiError = ApiError::new(45083, "speed should be within 0 to 4");
    let request: Value = if call.body.is_empty() { json!({}) } else { call.json()? };
    if !request.is_object() {
        return Err(BAD_FORMAT);
    }
    let speed = number(&request, "speed", ApiError::new(45084, "speed is not set"))?;
    let speed = usize::try_from(speed).ok().filter(|speed| *speed < SPEEDS.len()).ok_or(OUT_OF_RANGE)?;
    world.account_mut(&call.appid).families.mass.speed = speed;
    Ok(Reply::ok())
}
