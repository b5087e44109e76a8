// Written by `cargo xtask catalogue` from `catalogue/shortdata.toml`: change that.

//! Texts of up to 4 KB kept by the platform under short keys, for codes and links that have no room.
//!
//! Made by [`Client::shortdata`](crate::client::Client::shortdata).

use serde::Deserialize;
use serde_json::json;

use crate::client::check::Check;
use crate::client::{Client, Method, Result};

impl Client {
    /// Texts of up to 4 KB kept by the platform under short keys, for codes and links that have no room.
    pub fn shortdata(&self) -> Shortdata<'_> {
        Shortdata { client: self }
    }
}

/// Texts of up to 4 KB kept by the platform under short keys, for codes and links that have no room. See
/// [`Client::shortdata`].
#[derive(Debug, Clone, Copy)]
pub struct Shortdata<'a> {
    pub(crate) client: &'a Client,
}

impl Shortdata<'_> {
    /// Keeps a text for up to 30 days under a key of 15 letters and digits.
    ///
    /// `POST /cgi-bin/shorten/gen`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/qrcode/shorten/api_genshortkey.html).
    ///
    /// Limits: 4 KB a text; 30 days.
    ///
    /// - `long_data`: The text. At most 4096 bytes.
    /// - `expire_seconds`: How long it is kept. 1 to 2,592,000. In seconds.
    ///
    /// # Errors
    /// 47003, 9410010 and 9410011, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let short_key = wechat.shortdata().store("LONG_DATA", None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn store(self, long_data: &str, expire_seconds: Option<i64>) -> Result<String> {
        let path = "/cgi-bin/shorten/gen";
        let check = Check::of(path);
        check.bytes("long_data", long_data, 1..=4096)?;
        check.range("expire_seconds", expire_seconds, 1..=2_592_000)?;
        let mut body = json!({ "long_data": long_data });
        if let Some(expire_seconds) = expire_seconds {
            body["expire_seconds"] = expire_seconds.into();
        }
        self.client.call(Method::POST, path).json(&body).send_field("short_key").await
    }

    /// Tells the text of a key.
    ///
    /// `POST /cgi-bin/shorten/fetch`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/qrcode/shorten/api_fetchshorten.html).
    ///
    /// - `short_key`: The key.
    ///
    /// # Errors
    /// 47003 and 9410012, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let kept = wechat.shortdata().fetch("SHORT_KEY").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn fetch(self, short_key: &str) -> Result<Kept> {
        let path = "/cgi-bin/shorten/fetch";
        Check::of(path).text("short_key", short_key)?;
        let body = json!({ "short_key": short_key });
        self.client.call(Method::POST, path).json(&body).idempotent(true).send().await
    }

    /// Shortens a URL. Retired in March 2021.
    ///
    /// `POST /cgi-bin/shorturl`, for verified accounts.
    ///
    /// - `long_url`: The URL.
    ///
    /// # Errors
    /// 40039, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let short_url = wechat.shortdata().shorten("https://example.com/").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `shortdata().store`, which keeps texts instead")]
    pub async fn shorten(self, long_url: &str) -> Result<String> {
        let path = "/cgi-bin/shorturl";
        Check::of(path).text("long_url", long_url)?;
        let body = json!({ "action": "long2short", "long_url": long_url });
        self.client.call(Method::POST, path).json(&body).idempotent(true).send_field("short_url").await
    }
}

/// A text that is kept.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Kept {
    /// The text.
    pub long_data: String,
    /// Since when it is kept. Unix seconds.
    pub create_time: i64,
    /// For how long it will still be kept. In seconds.
    pub expire_seconds: i64,
}
