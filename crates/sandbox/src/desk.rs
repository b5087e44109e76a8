//! Control routes for what agents do, and for what users do about templates and notifications.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router, middleware};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Phone;
use crate::api::service::{self, Deed};
use crate::guard::{Problem, local_only};
use crate::world::Inner;

/// Bytes of a request.
const REQUEST: usize = 64 * 1024;

pub(crate) fn router() -> Router<Arc<Inner>> {
    Router::new()
        .route("/sandbox/api/apps/{appid}/agents/{kf_account}", post(act))
        .route("/sandbox/api/phones/{appid}/{openid}/notices", post(answer))
        .layer(DefaultBodyLimit::max(REQUEST))
        .layer(middleware::from_fn(local_only))
}

type Shared = State<Arc<Inner>>;

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::bad(format!("JSON: {error}")))
}

async fn act(
    State(inner): Shared,
    Path((appid, kf_account)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let deed: Deed = read(&body)?;
    if service::act(&inner, &appid, &kf_account, &deed) {
        Ok(Json(json!({ "ok": true })))
    } else {
        Err(Problem::new(StatusCode::CONFLICT, "this agent cannot do that now"))
    }
}

/// What a user does about messages that are not answers.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Wish {
    /// Answers the popup for one notification.
    Answer { template_id: String, agrees: bool },
    /// Switches notifications by a template off.
    Cancel { template_id: String },
    /// Refuses template messages, or takes them again.
    RefuseTemplates { refuse: bool },
    /// Confirms one message for a scene.
    ConfirmOnce { scene: u16 },
    /// Waits for an agent.
    WaitForAgent,
}

async fn answer(
    State(inner): Shared,
    Path((appid, openid)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let wish = read(&body)?;
    let is_known = inner.world().apps.get(&appid).is_some_and(|account| account.phone(&openid).is_some());
    if !is_known {
        return Err(Problem::new(StatusCode::NOT_FOUND, "no such phone in this sandbox"));
    }
    let phone = Phone::new(inner, appid, openid);
    let exchange = match wish {
        Wish::Answer { template_id, agrees } => Some(phone.answer_notice_popup(&[(&template_id, agrees)]).await),
        Wish::Cancel { template_id } => Some(phone.cancel_notice(&template_id).await),
        Wish::RefuseTemplates { refuse } => {
            phone.refuse_templates(refuse);
            None
        }
        Wish::ConfirmOnce { scene } => {
            phone.confirm_once(scene);
            None
        }
        Wish::WaitForAgent => {
            phone.wait_for_agent();
            None
        }
    };
    Ok(Json(json!({ "ok": true, "exchange_id": exchange.map(|exchange| exchange.id) })))
}
