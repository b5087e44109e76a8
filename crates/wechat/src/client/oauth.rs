//! Where users are sent to log in.

use crate::api::OAuth;

/// Where the platform's pages for logging in are.
const PAGES: &str = "https://open.weixin.qq.com";

/// What a user is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// `snsapi_base`: the openid alone; the user is asked nothing.
    Base,
    /// `snsapi_userinfo`: the profile too; the user must agree.
    Profile,
}

impl Scope {
    /// The platform's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "snsapi_base",
            Self::Profile => "snsapi_userinfo",
        }
    }
}

impl OAuth<'_> {
    /// The page inside WeChat that goes on to `redirect_uri` with `code` and `state` in its query; the user's browser
    /// opens it. `state` guards against forged requests: up to 128 letters and digits, made anew for each login.
    ///
    /// `GET /connect/oauth2/authorize`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/guide/h5/auth.html). The host of
    /// `redirect_uri` must be the account's domain for web authorization.
    ///
    /// ```no_run
    /// use puzi_wechat::client::Scope;
    ///
    /// # fn example(wechat: &puzi_wechat::client::Client) {
    /// let url = wechat.oauth().login_url("https://shop.example.com/login", Scope::Base, "9f2c");
    /// # }
    /// ```
    pub fn login_url(self, redirect_uri: &str, scope: Scope, state: &str) -> String {
        // The platform's page reads the parameters in this order only.
        let query = [
            ("appid", self.client.appid()),
            ("redirect_uri", redirect_uri),
            ("response_type", "code"),
            ("scope", scope.as_str()),
            ("state", state),
        ];
        self.page("/connect/oauth2/authorize", &query)
    }

    /// The page, in any browser, with a code to scan for logging in to a website; it goes on to `redirect_uri` as
    /// [`OAuth::login_url`] does. The client must be that of the website application.
    ///
    /// `GET /connect/qrconnect`, for website applications. The host of `redirect_uri` must be the application's domain.
    ///
    /// ```no_run
    /// # fn example(website: &puzi_wechat::client::Client) {
    /// let url = website.oauth().qr_login_url("https://shop.example.com/login", "9f2c");
    /// # }
    /// ```
    pub fn qr_login_url(self, redirect_uri: &str, state: &str) -> String {
        let query = [
            ("appid", self.client.appid()),
            ("redirect_uri", redirect_uri),
            ("response_type", "code"),
            ("scope", "snsapi_login"),
            ("state", state),
        ];
        self.page("/connect/qrconnect", &query)
    }

    fn page(self, path: &str, query: &[(&str, &str)]) -> String {
        let wire = &self.client.inner.wire;
        // A sandbox has its pages where its API is.
        let host = if wire.own { PAGES } else { &wire.base };
        let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        format!("{host}{path}?{}#wechat_redirect", query.join("&"))
    }
}

/// `text` as it stands in a query: all but letters, digits and `-._~` as `%XX`.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Client;
    use super::*;
    use crate::Secret;

    fn client(base: Option<&str>) -> Client {
        let builder = Client::builder("wx1", Secret::new("s".into()));
        base.into_iter().fold(builder, |builder, base| builder.base_url(base)).build().unwrap()
    }

    #[test]
    fn the_login_page_has_its_parameters_in_the_platforms_order() {
        let wechat = client(None);
        assert_eq!(
            wechat.oauth().login_url("https://shop.example.com/login?next=/a b", Scope::Profile, "9f2c"),
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1&redirect_uri=https%3A%2F%2Fshop.example.com\
             %2Flogin%3Fnext%3D%2Fa%20b&response_type=code&scope=snsapi_userinfo&state=9f2c#wechat_redirect"
        );
        assert!(
            wechat.oauth().qr_login_url("https://a", "1").starts_with("https://open.weixin.qq.com/connect/qrconnect?")
        );
    }

    #[test]
    fn a_sandbox_has_the_login_page_too() {
        let wechat = client(Some("http://127.0.0.1:9"));
        let url = wechat.oauth().login_url("https://a", Scope::Base, "1");
        assert!(url.starts_with("http://127.0.0.1:9/connect/oauth2/authorize?appid=wx1&"), "{url}");
    }
}
