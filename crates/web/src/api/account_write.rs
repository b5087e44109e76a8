//! Connecting, changing and pausing accounts for programs, and exchanging their keys. Secrets come in and never go out:
//! a token or key that was made here stands on the account's page, and `puzi accounts show-url` prints it.

use axum::http::{Method, StatusCode};
use puzi_shop::accounts::{Account, AccountEdit, Accounts, NewAccount, Status};
use puzi_wechat::{Secret, crypto::EncodingAesKey, envelope::Mode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Body, Call},
    extra::Extra,
    problem::Problem,
};

const ALL: &str = "/api/v1/accounts";
const ONE: &str = "/api/v1/accounts/{id}";

/// The extra routes that change accounts.
pub(super) fn extras() -> Vec<Extra> {
    let post = Method::POST;
    let at = |rest: &str| format!("{ONE}/{rest}");
    let secret = |name: &str| {
        let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": {} });
        schema["properties"][name] = json!({ "type": "string", "writeOnly": true });
        schema
    };
    vec![
        Extra::new(&post, ALL, ("accounts", "create"), "accounts.create", create)
            .takes(body_schema(true))
            .answers_with(201, schema())
            .keyed(),
        Extra::new(&Method::PATCH, ONE, ("accounts", "edit"), "accounts.edit", edit)
            .takes(body_schema(false))
            .answers(schema())
            .versioned(),
        Extra::new(&post, at("pause"), ("accounts", "pause"), "accounts.pause", pause).answers(schema()),
        Extra::new(&post, at("resume"), ("accounts", "resume"), "accounts.pause", resume).answers(schema()),
        Extra::new(&post, at("rotate-key"), ("accounts", "rotate_key"), "accounts.rotate", rotate_key)
            .takes(secret("encoding_aes_key"))
            .answers(schema()),
        Extra::new(&post, at("rotate-token"), ("accounts", "rotate_token"), "accounts.rotate", rotate_token)
            .takes(secret("token"))
            .answers(schema()),
        Extra::new(&post, at("drop-key"), ("accounts", "drop_key"), "accounts.rotate", drop_key).answers(schema()),
    ]
}

/// What may be given. The address of another API is not among it: secrets go there, and only who runs the server says
/// where that may be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    slug: Option<String>,
    name: Option<String>,
    appid: Option<String>,
    secret: Option<String>,
    contact_name: Option<String>,
    contact_phone: Option<String>,
    contact_email: Option<String>,
    mode: Option<String>,
    token: Option<String>,
    encoding_aes_key: Option<String>,
}

impl Given {
    fn mode(&self, call: &Call) -> Result<Option<Mode>, Problem> {
        let parsed = self.mode.as_deref().map(str::parse).transpose();
        parsed.map_err(|_| call.refused(puzi_shop::Error::field("mode", "account.bad_mode")))
    }
}

fn accounts(call: &Call) -> Accounts {
    call.app.registry.accounts().by(call.by())
}

/// `POST /api/v1/accounts`
async fn create(call: Call, body: Body) -> Answer {
    let body = call.body(body)?;
    let given: Given = call.json(&body)?;
    let mode = given.mode(&call)?.unwrap_or(Mode::Encrypted);
    let new = NewAccount {
        slug: given.slug,
        name: given.name.unwrap_or_default(),
        appid: given.appid.unwrap_or_default(),
        secret: Secret::new(given.secret.unwrap_or_default()),
        contact_name: given.contact_name.unwrap_or_default(),
        contact_phone: given.contact_phone.unwrap_or_default(),
        contact_email: given.contact_email.unwrap_or_default(),
        mode,
        token: given.token.map(Secret::new),
        aes_key: given.encoding_aes_key.map(Secret::new),
        api_base: None,
    };
    call.once(StatusCode::CREATED, &body, async || {
        let account = accounts(&call).add(new).await?;
        call.app.registry.refresh().await?;
        Ok(shown(&call, &account))
    })
    .await
}

/// `PATCH /api/v1/accounts/{id}`
async fn edit(call: Call, body: Body) -> Answer {
    let (slug, version) = (call.account()?.account.slug.clone(), call.version()?);
    let body = call.body(body)?;
    let given: Given = call.json(&body)?;
    let mode = given.mode(&call)?;
    // Those stay, or are exchanged by a request of their own.
    let fixed = [("appid", &given.appid), ("token", &given.token), ("encoding_aes_key", &given.encoding_aes_key)];
    if let Some((field, _)) = fixed.into_iter().find(|(_, value)| value.is_some()) {
        return Err(call.refused(puzi_shop::Error::field(field, "account.not_here")));
    }
    let edit = AccountEdit {
        slug: given.slug,
        name: given.name,
        secret: given.secret.map(Secret::new),
        contact_name: given.contact_name,
        contact_phone: given.contact_phone,
        contact_email: given.contact_email,
        mode,
        api_base: None,
        version: Some(version),
    };
    let edited = accounts(&call).edit(&slug, edit).await;
    changed(&call, edited).await
}

/// `POST /api/v1/accounts/{id}/pause`
async fn pause(call: Call) -> Answer {
    let slug = call.account()?.account.slug.clone();
    let done = accounts(&call).set_status(&slug, Status::Paused).await;
    changed(&call, done).await
}

/// `POST /api/v1/accounts/{id}/resume`
async fn resume(call: Call) -> Answer {
    let slug = call.account()?.account.slug.clone();
    let done = accounts(&call).set_status(&slug, Status::Active).await;
    changed(&call, done).await
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    encoding_aes_key: Option<String>,
}

/// `POST /api/v1/accounts/{id}/rotate-key`: the key given, or a new one; the one before is still accepted.
async fn rotate_key(call: Call, body: Body) -> Answer {
    let slug = call.account()?.account.slug.clone();
    let body = call.body(body)?;
    let given: Key = if body.is_empty() { Key::default() } else { call.json(&body)? };
    let key = given.encoding_aes_key.map(|text| EncodingAesKey::parse(&text)).transpose();
    let key = key.map_err(|_| call.refused(puzi_shop::Error::field("encoding_aes_key", "account.bad_aes_key")))?;
    let done = accounts(&call).rotate_key(&slug, key).await;
    changed(&call, done).await
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    token: Option<String>,
}

/// `POST /api/v1/accounts/{id}/rotate-token`: the token given, or a new one; messages are refused until WeChat has it.
async fn rotate_token(call: Call, body: Body) -> Answer {
    let slug = call.account()?.account.slug.clone();
    let body = call.body(body)?;
    let given: Token = if body.is_empty() { Token::default() } else { call.json(&body)? };
    let done = accounts(&call).rotate_token(&slug, given.token.map(Secret::new)).await;
    changed(&call, done).await
}

/// `POST /api/v1/accounts/{id}/drop-key`: the EncodingAESKey of before is no longer accepted.
async fn drop_key(call: Call) -> Answer {
    let slug = call.account()?.account.slug.clone();
    let done = accounts(&call).drop_previous_key(&slug).await;
    changed(&call, done).await
}

/// The account as it is now, taken up at once.
async fn changed(call: &Call, done: puzi_shop::Result<Account>) -> Answer {
    let account = done.map_err(|error| call.refused(error))?;
    call.app.registry.refresh().await.map_err(|error| call.refused(error))?;
    Ok(call.answer_version(&shown(call, &account), account.version))
}

/// An account without its secrets.
fn shown(call: &Call, account: &Account) -> Value {
    let iso = |at: i64| jiff::Timestamp::from_millisecond(at).unwrap_or_default().to_string();
    let path = format!("/wechat/{}", account.slug);
    let base = call.app.admin.public_url.trim_end_matches('/');
    json!({
        "id": account.id, "slug": account.slug, "name": account.name, "appid": account.appid,
        "contact_name": account.contact_name, "contact_phone": account.contact_phone,
        "contact_email": account.contact_email, "mode": account.mode.to_string(), "status": account.status.as_str(),
        "verified_at": account.verified_at.map(iso), "previous_key_accepted": account.previous_aes_key.is_some(),
        "callback_url": (!base.is_empty()).then(|| format!("{base}{path}")), "version": account.version,
        "created_at": iso(account.created_at),
    })
}

fn schema() -> Value {
    let text = || json!({ "type": "string" });
    let time = || json!({ "type": ["string", "null"], "format": "date-time" });
    json!({ "type": "object", "properties": {
        "id": { "type": "integer", "format": "int64" }, "slug": text(), "name": text(), "appid": text(),
        "contact_name": text(), "contact_phone": text(), "contact_email": text(),
        "mode": { "type": "string", "enum": ["plain", "compatible", "encrypted"] },
        "status": { "type": "string", "enum": ["active", "paused"] }, "verified_at": time(),
        "previous_key_accepted": { "type": "boolean" }, "callback_url": { "type": ["string", "null"] },
        "version": { "type": "integer", "format": "int64" }, "created_at": time(),
    } })
}

fn body_schema(new: bool) -> Value {
    let text = || json!({ "type": "string" });
    let secret = || json!({ "type": "string", "writeOnly": true });
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": {
        "slug": text(), "name": text(), "secret": secret(), "contact_name": text(), "contact_phone": text(),
        "contact_email": text(), "mode": { "type": "string", "enum": ["plain", "compatible", "encrypted"] },
    } });
    if new {
        schema["properties"]["appid"] = json!({ "type": "string", "pattern": "^wx[0-9a-f]{16}$" });
        schema["properties"]["token"] = secret();
        schema["properties"]["encoding_aes_key"] = secret();
        schema["required"] = json!(["name", "appid", "secret"]);
    }
    schema
}
