//! Login by WeChat: a page asks the user (`authorize`), and here the account learns who it is.

mod kept;
mod mini;

use serde_json::{Value, json};

pub(crate) use kept::{Grant, Login, Purpose, State};

use super::{Answered, ApiError, Call, Endpoint, Reply, Run, read, write};
use crate::world::{Inner, World};
use kept::{Pair, TOKEN_LIFE};

/// What a web page may ask for.
pub(crate) const BASE: &str = "snsapi_base";
/// Openid, name and picture.
pub(crate) const USER_INFO: &str = "snsapi_userinfo";
/// The same, for a website that shows a code to scan.
pub(crate) const LOGIN: &str = "snsapi_login";

pub(super) const ENDPOINTS: &[Endpoint] = &[
    open("/sns/oauth2/access_token", access_token),
    open("/sns/oauth2/refresh_token", refresh_token),
    open("/sns/oauth2/component/access_token", component_access_token),
    open("/sns/oauth2/component/refresh_token", component_refresh_token),
    open("/sns/userinfo", user_info),
    open("/sns/auth", auth),
    open("/sns/jscode2session", mini::session),
    open("/sns/component/jscode2session", mini::component_session),
    write("/wxa/business/getuserphonenumber", 5_000_000, mini::phone_number),
];

/// 50,000 a minute on the platform, which is as good as no limit here; nothing counts them.
const fn open(path: &'static str, run: Run) -> Endpoint {
    Endpoint { token: false, as_text: true, ..read(path, 72_000_000, run) }
}

const NO_APPID: ApiError = ApiError::new(41002, "appid missing");
const BAD_GRANT: ApiError = ApiError::new(40002, "invalid grant_type");
const BAD_OPENID: ApiError = ApiError::new(40003, "invalid openid");

/// The account that is named and proven by its secret.
fn proven(world: &World, call: &Call) -> Result<String, ApiError> {
    let (appid, secret) = (call.query("appid"), call.query("secret"));
    named(world, appid)?;
    if secret.is_empty() {
        return Err(ApiError::new(41004, "appsecret missing"));
    }
    if world.account(appid).app.secret != secret {
        return Err(ApiError::new(40125, "invalid appsecret"));
    }
    Ok(appid.to_owned())
}

/// The account that is named.
fn named<'a>(world: &World, appid: &'a str) -> Result<&'a str, ApiError> {
    if appid.is_empty() {
        return Err(NO_APPID);
    }
    world.apps.contains_key(appid).then_some(appid).ok_or(ApiError::new(40013, "invalid appid"))
}

/// A third-party platform stands in for the account: any is believed, since none is simulated.
fn by_component(world: &World, call: &Call) -> Result<String, ApiError> {
    let appid = named(world, call.query("appid"))?;
    if call.query("component_appid").is_empty() {
        return Err(ApiError::new(41002, "component_appid missing"));
    }
    if call.query("component_access_token").is_empty() {
        return Err(ApiError::new(41001, "component_access_token missing"));
    }
    Ok(appid.to_owned())
}

fn wants(call: &Call, grant_type: &str) -> Result<(), ApiError> {
    (call.query("grant_type") == grant_type).then_some(()).ok_or(BAD_GRANT)
}

/// `GET /sns/oauth2/access_token`, snsAccessToken.
fn access_token(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let appid = proven(world, call)?;
    exchange(world, call, &appid)
}

/// `GET /sns/oauth2/component/access_token`: for a third-party platform, without the secret.
fn component_access_token(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let appid = by_component(world, call)?;
    exchange(world, call, &appid)
}

fn exchange(world: &mut World, call: &Call, appid: &str) -> Answered {
    wants(call, "authorization_code")?;
    let code = given(call, "code", 41008, "missing code")?;
    let grant =
        world.account_mut(appid).families.oauth.redeem(code, |made| matches!(made, Purpose::Web(_)), call.now)?;
    let World { apps, chance, .. } = world;
    let oauth = &mut apps.get_mut(appid).expect("the account was just there").families.oauth;
    Ok(Reply::Json(told(&oauth.issue(grant, call.now, chance))))
}

/// `GET /sns/oauth2/refresh_token`, snsRefreshToken.
fn refresh_token(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let appid = named(world, call.query("appid"))?;
    renew(world, call, appid)
}

/// `GET /sns/oauth2/component/refresh_token`: for a third-party platform.
fn component_refresh_token(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let appid = by_component(world, call)?;
    renew(world, call, &appid)
}

fn renew(world: &mut World, call: &Call, appid: &str) -> Answered {
    wants(call, "refresh_token")?;
    let refresh = given(call, "refresh_token", 41003, "refresh_token missing")?;
    let World { apps, chance, .. } = world;
    let oauth = &mut apps.get_mut(appid).expect("the account was just there").families.oauth;
    Ok(Reply::Json(told(&oauth.renew(refresh, call.now, chance)?)))
}

fn told(Pair { token, refresh, grant }: &Pair) -> Value {
    let mut told = json!({
        "access_token": token,
        "expires_in": TOKEN_LIFE,
        "refresh_token": refresh,
        "openid": grant.openid,
        "scope": grant.scope,
    });
    if grant.snapshot {
        told["is_snapshotuser"] = 1.into();
    }
    told
}

fn given<'a>(call: &'a Call, name: &str, errcode: i64, errmsg: &'static str) -> Result<&'a str, ApiError> {
    let text = call.query(name);
    if text.is_empty() { Err(ApiError::new(errcode, errmsg)) } else { Ok(text) }
}

/// The account and the user of a user's token, when the openid beside it is that user's.
fn bearer<'a>(world: &'a World, call: &Call) -> Result<(&'a str, &'a Grant), ApiError> {
    let token = given(call, "access_token", 41001, "access_token missing")?;
    let openid = given(call, "openid", 41009, "missing openid")?;
    let found =
        world.apps.iter().find_map(|(appid, account)| Some((appid, account.families.oauth.bearer(token, call.now)?)));
    let (appid, grant) = found.ok_or(ApiError::new(40001, "invalid credential, access_token is invalid"))?;
    let grant = grant?;
    if grant.openid == openid { Ok((appid, grant)) } else { Err(BAD_OPENID) }
}

/// `GET /sns/auth`, snsAuth: whether a user's token is good.
fn auth(_: &Inner, world: &mut World, call: &Call) -> Answered {
    bearer(world, call)?;
    Ok(Reply::ok())
}

/// `GET /sns/userinfo`, snsUserInfo: the name and picture that the user agreed to show; sex and place have been
/// empty for everyone since 2021,
/// so `lang` has nothing left to translate.
fn user_info(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let (appid, grant) = bearer(world, call)?;
    if grant.scope == BASE {
        return Err(ApiError::new(48001, "api unauthorized"));
    }
    // A snapshot's user is nobody that the account has met.
    let nickname = match grant.snapshot {
        true => "微信用户".to_owned(),
        false => world.account(appid).phone(&grant.openid).ok_or(BAD_OPENID)?.nickname.clone(),
    };
    Ok(Reply::Json(json!({
        "openid": grant.openid,
        "nickname": nickname,
        "sex": 0,
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": inner.avatar_url(appid, &grant.openid),
        "privilege": [],
    })))
}
