//! A mini program's login and telephone number, by codes that a phone made.

use serde_json::{Value, json};

use super::super::ask::text;
use super::{Answered, ApiError, BAD_OPENID, Call, Purpose, Reply, by_component, given, proven, wants};
use crate::mixed::mixed;
use crate::world::{Inner, World};

/// `GET /sns/jscode2session`, code2Session.
pub(super) fn session(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let appid = proven(world, call)?;
    open_session(world, call, &appid)
}

/// `GET /sns/component/jscode2session`, thirdpartyCode2Session.
pub(super) fn component_session(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let appid = by_component(world, call)?;
    open_session(world, call, &appid)
}

fn open_session(world: &mut World, call: &Call, appid: &str) -> Answered {
    wants(call, "authorization_code")?;
    let code = given(call, "js_code", 41008, "missing code")?;
    let oauth = &mut world.account_mut(appid).families.oauth;
    let grant = oauth.redeem(code, |made| *made == Purpose::MiniLogin, call.now).map_err(invalid_when_late)?;
    // Sixteen bytes as Base64: 21 free characters, one that ends on four zero bits, and the padding.
    let key = world.chance.media_id().replace('-', "+").replace('_', "/");
    Ok(Reply::Json(json!({ "openid": grant.openid, "session_key": format!("{}w==", &key[..21]) })))
}

/// `POST /wxa/business/getuserphonenumber`, getPhoneNumber: the number is made of the openid.
pub(super) fn phone_number(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let code = text(&request, "code", ApiError::new(41008, "missing code"))?;
    let oauth = &mut world.account_mut(&call.appid).families.oauth;
    let grant = oauth.redeem(code, |made| *made == Purpose::PhoneNumber, call.now).map_err(|_| BAD_CODE)?;
    if request["openid"].as_str().is_some_and(|openid| openid != grant.openid) {
        return Err(BAD_OPENID);
    }
    let number = format!("139{:08}", mixed(&[&grant.openid, "telephone"]) % 100_000_000);
    Ok(Reply::Json(json!({
        "errcode": 0, "errmsg": "ok",
        "phone_info": {
            "phoneNumber": number, "purePhoneNumber": number, "countryCode": "86",
            "watermark": { "timestamp": call.now, "appid": call.appid },
        },
    })))
}

const BAD_CODE: ApiError = ApiError::new(40029, "invalid code");

/// These two know one errcode for a code that came too late: that it is none.
fn invalid_when_late(error: ApiError) -> ApiError {
    if error.errcode == 42003 { BAD_CODE } else { error }
}
