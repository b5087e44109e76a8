//! Login by WeChat: the pages on which users agree, their tokens, and the codes of mini programs.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod common;

use std::time::Duration;

use common::{Api, Callback, errcode, wechat};
use puzi_sandbox::{App, Sandbox};
use reqwest::header::{CONTENT_SECURITY_POLICY, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response};
use serde_json::{Value, json};

const BACK: &str = "http%3A%2F%2Fshop.example%2Fme%3Ftab%3Dorders";

fn demo() -> String {
    App::demo().appid
}

/// A browser that shows redirects instead of following them.
struct Browser {
    base: String,
    http: Client,
}

impl Browser {
    fn of(wechat: &Sandbox) -> Self {
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { base: wechat.url(), http }
    }

    async fn open(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    /// Opens the login page for a scope, with more parameters.
    async fn login(&self, scope: &str, more: &str) -> Response {
        self.open(&address(scope, more)).await
    }

    async fn refusal(&self, path: &str) -> String {
        let page = self.open(path).await;
        assert_eq!(page.status(), 400, "{path}");
        page.text().await.unwrap()
    }
}

fn address(scope: &str, more: &str) -> String {
    let appid = demo();
    format!(
        "/connect/oauth2/authorize?appid={appid}&redirect_uri={BACK}&response_type=code&scope={scope}&state=s%261{more}"
    )
}

fn location(response: &Response) -> String {
    assert_eq!(response.status(), 302);
    response.headers()[LOCATION].to_str().unwrap().to_owned()
}

fn code_in(url: &str) -> String {
    url.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).expect("a code").to_owned()
}

/// The address of the link with these words in its own address.
fn link(html: &str, with: &str) -> String {
    let mut links = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"));
    let found = links.find(|url| url.contains(with));
    found.unwrap_or_else(|| panic!("no link with {with} in {html}")).split('#').next().unwrap().to_owned()
}

fn exchange(code: &str) -> String {
    let App { appid, secret, .. } = App::demo();
    format!("/sns/oauth2/access_token?appid={appid}&secret={secret}&code={code}&grant_type=authorization_code")
}

#[tokio::test]
async fn a_page_that_wants_only_the_openid_gets_it_without_asking() {
    let wechat = wechat(&Callback::content().await).await;
    let (browser, api) = (Browser::of(&wechat), Api::of(&wechat).await);
    let fan = wechat.phone(&demo(), "oFan").await;

    let back = browser.login("snsapi_base", "&phone=oFan#wechat_redirect").await;
    let url = location(&back);
    assert!(url.starts_with("http://shop.example/me?tab=orders&code=0"), "{url}");
    assert!(url.ends_with("&state=s%261"), "{url}");
    let code = code_in(&url);
    assert_eq!(code.len(), 32);

    let answer = api.bare(&exchange(&code)).await;
    assert_eq!((&answer["openid"], &answer["scope"]), (&json!("oFan"), &json!("snsapi_base")));
    assert_eq!(answer["expires_in"], 7200);
    assert!(answer.get("is_snapshotuser").is_none());
    assert_eq!(errcode(&api.bare(&exchange(&code)).await), 40163);
    let token = answer["access_token"].as_str().unwrap();
    let info = api.bare(&format!("/sns/userinfo?access_token={token}&openid=oFan&lang=zh_CN")).await;
    assert_eq!(errcode(&info), 48001);
    assert_eq!(errcode(&api.bare(&format!("/sns/auth?access_token={token}&openid=oFan")).await), 0);
    // A user's token opens nothing else.
    assert_eq!(api.errcode_of(token).await, 40001);
    assert!(!fan.is_following());
}

#[tokio::test]
async fn a_browser_is_asked_whose_phone_it_is_once() {
    let wechat = wechat(&Callback::content().await).await;
    let browser = Browser::of(&wechat);
    wechat.phone(&demo(), "oFan").await.follow().await;

    let page = browser.login("snsapi_base", "").await;
    assert_eq!(page.status(), 200);
    let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
    let html = page.text().await.unwrap();
    assert!(!html.contains("<script") && !html.contains("style=") && html.contains("lang=\"zh-CN\""));
    let back = browser.open(&link(&html, "phone=oFan")).await;
    code_in(&location(&back));
    let cookie = back.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(cookie, format!("puzi_phone_{}=oFan", demo()));

    let request = browser.http.get(format!("{}{}", browser.base, address("snsapi_base", "")));
    let again = request.header(COOKIE, format!("other=1; {cookie}")).send().await.unwrap();
    code_in(&location(&again));
    // The choice can be had again, and a phone that is gone is asked for anew.
    let request = browser.http.get(format!("{}{}", browser.base, address("snsapi_base", "&phone=choose")));
    assert_eq!(request.header(COOKIE, &cookie).send().await.unwrap().status(), 200);
    let request = browser.http.get(format!("{}{}", browser.base, address("snsapi_base", "")));
    let gone = request.header(COOKIE, format!("puzi_phone_{}=oGone", demo())).send().await.unwrap();
    assert_eq!(gone.status(), 200);

    // A new visitor is made once, not with every reload.
    let made = browser.open(&link(&html, "phone=new")).await;
    let there = location(&made);
    assert!(there.starts_with("/connect/oauth2/authorize?appid=") && !there.contains("phone=new"), "{there}");
    code_in(&location(&browser.open(there.split('#').next().unwrap()).await));
}

#[tokio::test]
async fn name_and_picture_are_told_when_the_user_agrees() {
    let wechat = wechat(&Callback::content().await).await;
    let (browser, api) = (Browser::of(&wechat), Api::of(&wechat).await);
    let fan = wechat.phone(&demo(), "oFan").await;

    let request = browser.http.get(format!("{}{}", browser.base, address("snsapi_userinfo", "&phone=oFan")));
    let page = request.header("accept-language", "en-GB,en;q=0.9").send().await.unwrap();
    let html = page.text().await.unwrap();
    assert!(html.contains("lang=\"en\"") && html.contains(&fan.nickname()) && html.contains("Refuse"));
    let refused = browser.open(&link(&html, "consent=deny")).await;
    assert_eq!(location(&refused), "http://shop.example/me?tab=orders&state=s%261");

    let back = browser.open(&link(&html, "consent=allow")).await;
    let answer = api.bare(&exchange(&code_in(&location(&back)))).await;
    assert_eq!(answer["scope"], "snsapi_userinfo");
    let token = answer["access_token"].as_str().unwrap();
    let info = api.bare(&format!("/sns/userinfo?access_token={token}&openid=oFan&lang=en")).await;
    assert_eq!((&info["nickname"], &info["sex"], &info["city"]), (&json!(fan.nickname()), &json!(0), &json!("")));
    assert_eq!(info["privilege"], json!([]));
    let picture = reqwest::get(info["headimgurl"].as_str().unwrap()).await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/png");
    assert!(picture.bytes().await.unwrap().starts_with(b"\x89PNG"));

    let of = async |token: &str, openid: &str| {
        errcode(&api.bare(&format!("/sns/userinfo?access_token={token}&openid={openid}")).await)
    };
    assert_eq!((of(token, "oOther").await, of("x", "oFan").await), (40003, 40001));
    assert_eq!((of("", "oFan").await, of(token, "").await), (41001, 41009));
    wechat.clock().advance(Duration::from_secs(7200));
    assert_eq!(of(token, "oFan").await, 42001);
}

#[tokio::test]
async fn a_snapshot_shows_somebody_who_does_not_exist() {
    let wechat = wechat(&Callback::content().await).await;
    let (browser, api) = (Browser::of(&wechat), Api::of(&wechat).await);
    wechat.phone(&demo(), "oFan").await;
    let html = browser.login("snsapi_userinfo", "&phone=oFan").await.text().await.unwrap();
    let back = browser.open(&link(&html, "forceSnapShot=true")).await;
    let answer = api.bare(&exchange(&code_in(&location(&back)))).await;
    assert_eq!(answer["is_snapshotuser"], 1);
    let (token, openid) = (answer["access_token"].as_str().unwrap(), answer["openid"].as_str().unwrap());
    assert!(openid.len() == 28 && openid.starts_with('o'));
    let info = api.bare(&format!("/sns/userinfo?access_token={token}&openid={openid}")).await;
    assert_eq!(info["nickname"], "微信用户");
    // Only a page that asks for more than the openid is ever shown so.
    let base = browser.login("snsapi_base", "&forceSnapShot=true&phone=oFan").await;
    let answer = api.bare(&exchange(&code_in(&location(&base)))).await;
    assert_eq!((&answer["openid"], answer.get("is_snapshotuser")), (&json!("oFan"), None));
}

#[tokio::test]
async fn what_is_wrong_with_the_address_is_named() {
    let wechat = wechat(&Callback::content().await).await;
    let browser = Browser::of(&wechat);
    let appid = demo();
    let cases = [
        (format!("redirect_uri={BACK}&response_type=code&scope=snsapi_base"), "10012"),
        (format!("appid={appid}&response_type=code&scope=snsapi_base"), "10011"),
        (format!("appid={appid}&redirect_uri={BACK}&response_type=code"), "10010"),
        (format!("appid={appid}&redirect_uri={BACK}&response_type=code&scope=snsapi_login"), "10005"),
        (format!("appid=wx0&redirect_uri={BACK}&response_type=code&scope=snsapi_base"), "40013"),
        (format!("appid={appid}&redirect_uri={BACK}&response_type=token&scope=snsapi_base"), "response_type"),
        (format!("redirect_uri={BACK}&appid={appid}&response_type=code&scope=snsapi_base"), "顺序"),
        (format!("appid={appid}&redirect_uri=javascript%3Aalert(1)&response_type=code&scope=snsapi_base"), "10003"),
    ];
    for (query, told) in cases {
        let html = browser.refusal(&format!("/connect/oauth2/authorize?{query}&lang=zh")).await;
        assert!(html.contains(told), "{query}: {html}");
    }
    let long = format!("{}&state={}", address("snsapi_base", "").rsplit_once("&state=").unwrap().0, "s".repeat(129));
    assert!(browser.refusal(&long).await.contains("128"));
    assert!(browser.refusal(&address("snsapi_base", "&phone=oNobody")).await.contains("openid"));
    let english = browser.refusal("/connect/oauth2/authorize?lang=en").await;
    assert!(english.contains("A parameter is missing: appid"), "{english}");
}

#[tokio::test]
async fn a_login_leads_back_to_the_registered_domain_only() {
    let wechat = wechat(&Callback::content().await).await;
    let browser = Browser::of(&wechat);
    wechat.phone(&demo(), "oFan").await;
    wechat.update_app(&demo(), |app| app.login_domain = "shop.example".into()).unwrap();
    code_in(&location(&browser.login("snsapi_base", "&phone=oFan").await));
    wechat.update_app(&demo(), |app| app.login_domain = "example".into()).unwrap();
    assert!(browser.refusal(&address("snsapi_base", "&phone=oFan")).await.contains("10003"));
}

#[tokio::test]
async fn names_in_the_address_and_of_people_are_text_on_the_page() {
    let wechat = wechat(&Callback::content().await).await;
    let browser = Browser::of(&wechat);
    wechat.update_app(&demo(), |app| app.name = "<b>\"店\"</b>".into()).unwrap();
    let body = json!({ "appid": demo(), "nickname": "<script>1</script>" }).to_string();
    browser.http.post(format!("{}/sandbox/api/phones", browser.base)).body(body).send().await.unwrap();
    let html = browser.login("snsapi_userinfo", "%22%3E%3Cscript%3E").await.text().await.unwrap();
    assert!(!html.contains("<script") && !html.contains("<b>\"店"), "{html}");
    assert!(html.contains("&lt;script&gt;1&lt;/script&gt;") && html.contains("&lt;b&gt;&quot;店"));
}

#[tokio::test]
async fn a_website_shows_the_same_and_tells_of_a_refusal() {
    let wechat = wechat(&Callback::content().await).await;
    let (browser, api) = (Browser::of(&wechat), Api::of(&wechat).await);
    wechat.phone(&demo(), "oFan").await;
    let path = format!(
        "/connect/qrconnect?appid={}&redirect_uri={BACK}&response_type=code&scope=snsapi_login&state=x&phone=oFan",
        demo()
    );
    let html = browser.open(&path).await.text().await.unwrap();
    assert!(!html.contains("forceSnapShot"));
    assert_eq!(
        location(&browser.open(&link(&html, "consent=deny")).await),
        "http://shop.example/me?tab=orders&state=x"
    );
    let back = browser.open(&link(&html, "consent=allow")).await;
    let answer = api.bare(&exchange(&code_in(&location(&back)))).await;
    assert_eq!(answer["scope"], "snsapi_login");
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(errcode(&api.bare(&format!("/sns/userinfo?access_token={token}&openid=oFan")).await), 0);
    assert!(browser.refusal(&path.replace("snsapi_login", "snsapi_base")).await.contains("10005"));
}

#[tokio::test]
async fn codes_are_checked_and_run_out() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let fan = wechat.phone(&demo(), "oFan").await;
    let App { appid, secret, .. } = App::demo();
    let code = fan.web_login_code("snsapi_userinfo");
    let of = async |query: String| errcode(&api.bare(&format!("/sns/oauth2/access_token?{query}")).await);
    let rest = "grant_type=authorization_code";
    for (query, wanted) in [
        (format!("secret={secret}&code={code}&{rest}"), 41002),
        (format!("appid={appid}&code={code}&{rest}"), 41004),
        (format!("appid=wx0&secret={secret}&code={code}&{rest}"), 40013),
        (format!("appid={appid}&secret=x&code={code}&{rest}"), 40125),
        (format!("appid={appid}&secret={secret}&code={code}&grant_type=x"), 40002),
        (format!("appid={appid}&secret={secret}&{rest}"), 41008),
        (format!("appid={appid}&secret={secret}&code=021made-up&{rest}"), 40029),
    ] {
        assert_eq!(of(query.clone()).await, wanted, "{query}");
    }
    // Nothing of this used it up.
    wechat.clock().advance(Duration::from_secs(299));
    assert_eq!(errcode(&api.bare(&exchange(&code)).await), 0);
    let late = fan.web_login_code("snsapi_base");
    wechat.clock().advance(Duration::from_secs(300));
    assert_eq!(errcode(&api.bare(&exchange(&late)).await), 42003);
    // A code is good for what it was made for.
    assert_eq!(errcode(&api.bare(&exchange(&fan.mini_login_code())).await), 40029);
    let posted = api.fetch(reqwest::Method::POST, &exchange("x"), Some(json!({}))).await;
    assert!(posted.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert_eq!(errcode(&posted.json::<Value>().await.unwrap()), 43001);
}

#[tokio::test]
async fn a_token_is_renewed_for_thirty_days() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let fan = wechat.phone(&demo(), "oFan").await;
    let first = api.bare(&exchange(&fan.web_login_code("snsapi_userinfo"))).await;
    let refresh = first["refresh_token"].as_str().unwrap().to_owned();
    let renew = async |refresh: &str, grant: &str| {
        let path = format!("/sns/oauth2/refresh_token?appid={}&grant_type={grant}&refresh_token={refresh}", demo());
        api.bare(&path).await
    };
    wechat.clock().advance(Duration::from_secs(3600));
    let same = renew(&refresh, "refresh_token").await;
    assert_eq!((&same["access_token"], &same["refresh_token"]), (&first["access_token"], &first["refresh_token"]));
    assert_eq!(same["scope"], "snsapi_userinfo");
    // Renewed after an hour, it lives two more.
    wechat.clock().advance(Duration::from_secs(7199));
    let alive = format!("/sns/auth?access_token={}&openid=oFan", same["access_token"].as_str().unwrap());
    assert_eq!(errcode(&api.bare(&alive).await), 0);
    wechat.clock().advance(Duration::from_secs(1));
    assert_eq!(errcode(&api.bare(&alive).await), 42001);
    let next = renew(&refresh, "refresh_token").await;
    assert_ne!(next["access_token"], first["access_token"]);

    assert_eq!(errcode(&renew("made-up", "refresh_token").await), 40030);
    assert_eq!(errcode(&renew("", "refresh_token").await), 41003);
    assert_eq!(errcode(&renew(&refresh, "authorization_code").await), 40002);
    assert_eq!(errcode(&api.bare("/sns/oauth2/refresh_token?grant_type=refresh_token&refresh_token=x").await), 41002);
    wechat.clock().advance(Duration::from_secs(30 * 86_400));
    assert_eq!(errcode(&renew(&refresh, "refresh_token").await), 42002);
}

#[tokio::test]
async fn a_third_party_platform_needs_no_secret() {
    let wechat = wechat(&Callback::content().await).await;
    let (browser, api) = (Browser::of(&wechat), Api::of(&wechat).await);
    let fan = wechat.phone(&demo(), "oFan").await;
    let back = location(&browser.login("snsapi_base", "&component_appid=wxplatform&phone=oFan").await);
    assert!(back.ends_with(&format!("&state=s%261&appid={}", demo())), "{back}");
    let path = |name: &str, rest: &str| format!("/sns/{name}?appid={}&{rest}", demo());
    let by = "component_appid=wxplatform&component_access_token=T";
    let code = code_in(&back);
    let asked = path("oauth2/component/access_token", &format!("code={code}&grant_type=authorization_code"));
    assert_eq!(errcode(&api.bare(&asked).await), 41002);
    assert_eq!(errcode(&api.bare(&format!("{asked}&component_appid=wxplatform")).await), 41001);
    let answer = api.bare(&format!("{asked}&{by}")).await;
    assert_eq!(answer["openid"], "oFan");
    let refresh = answer["refresh_token"].as_str().unwrap();
    let asked =
        path("oauth2/component/refresh_token", &format!("grant_type=refresh_token&refresh_token={refresh}&{by}"));
    assert_eq!(api.bare(&asked).await["access_token"], answer["access_token"]);
    let code = fan.mini_login_code();
    let asked = path("component/jscode2session", &format!("js_code={code}&grant_type=authorization_code&{by}"));
    assert_eq!(api.bare(&asked).await["openid"], "oFan");
}

#[tokio::test]
async fn mini_programs_learn_the_session_and_the_number() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let fan = wechat.phone(&demo(), "oFan").await;
    let App { appid, secret, .. } = App::demo();
    let session = async |code: &str| {
        let rest = format!("appid={appid}&secret={secret}&js_code={code}&grant_type=authorization_code");
        api.bare(&format!("/sns/jscode2session?{rest}")).await
    };
    let code = fan.mini_login_code();
    let answer = session(&code).await;
    assert_eq!(answer["openid"], "oFan");
    let key = answer["session_key"].as_str().unwrap();
    assert!(key.len() == 24 && key.ends_with("=="), "{key}");
    assert_eq!((errcode(&session(&code).await), errcode(&session("x").await)), (40163, 40029));
    assert_eq!(errcode(&session("").await), 41008);
    let late = fan.mini_login_code();
    let number = fan.phone_number_code();
    wechat.clock().advance(Duration::from_secs(300));
    assert_eq!(errcode(&session(&late).await), 40029);

    let ask = async |body: Value| api.post("/wxa/business/getuserphonenumber", body).await;
    assert_eq!(errcode(&ask(json!({ "code": number })).await), 40029);
    let code = fan.phone_number_code();
    let told = ask(json!({ "code": code })).await;
    let number = told["phone_info"]["purePhoneNumber"].as_str().unwrap();
    assert!(number.len() == 11 && number.starts_with("139"));
    assert_eq!(told["phone_info"]["watermark"]["appid"], demo());
    assert_eq!(errcode(&ask(json!({ "code": code })).await), 40029);
    assert_eq!(errcode(&ask(json!({})).await), 41008);
    assert_eq!(errcode(&ask(json!({ "code": 7 })).await), 47001);
    assert_eq!(errcode(&ask(json!({ "code": fan.phone_number_code(), "openid": "oOther" })).await), 40003);
    // The same user has the same number.
    let again = ask(json!({ "code": fan.phone_number_code(), "openid": "oFan" })).await;
    assert_eq!(again["phone_info"]["phoneNumber"], number);
}
