// Written by `cargo xtask catalogue` from `catalogue/qrcode.toml`: change that.

//! Codes that lead to the account and carry a scene, which the pushes of the scan then name.
//!
//! Made by [`Client::qrcode`](crate::client::Client::qrcode).

use crate::client::check::Check;
use crate::client::{Binary, Client, Method, Result};

impl Client {
    /// Codes that lead to the account and carry a scene, which the pushes of the scan then name.
    pub fn qrcode(&self) -> QrCodes<'_> {
        QrCodes { client: self }
    }
}

/// Codes that lead to the account and carry a scene, which the pushes of the scan then name. See [`Client::qrcode`].
#[derive(Debug, Clone, Copy)]
pub struct QrCodes<'a> {
    pub(crate) client: &'a Client,
}

impl QrCodes<'_> {
    /// The picture of a code, as JPEG. It is at another host than the API, `mp.weixin.qq.com`, needs no token, and a
    /// wrong ticket is answered with HTTP 404.
    ///
    /// `GET /cgi-bin/showqrcode`, for all accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode.html).
    ///
    /// - `ticket`: The ticket of the code; it has characters that must be escaped.
    ///
    /// # Errors
    /// As any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let file = wechat.qrcode().picture("TICKET").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn picture(self, ticket: &str) -> Result<Binary> {
        let path = "/cgi-bin/showqrcode";
        Check::of(path).text("ticket", ticket)?;
        let call = self.client.call(Method::GET, path).host("mp.weixin.qq.com").without_token().query("ticket", ticket);
        call.send_bytes().await
    }
}
