//! What a page hands to WeChat's JS-SDK: signatures made with a ticket.

use serde::Serialize;

use crate::{Secret, signature};

/// What `wx.config` takes, written as its fields are called.
///
/// ```
/// use puzi_wechat::Secret;
/// use puzi_wechat::client::JsSdkConfig;
///
/// let ticket = Secret::new("a ticket".to_owned());
/// let config = JsSdkConfig::sign("wx0123456789abcdef", &ticket, "https://shop.example/#cart", "n1", 1_700_000_000);
/// assert_eq!(serde_json::to_value(&config)?["appId"], "wx0123456789abcdef");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct JsSdkConfig {
    /// The account.
    pub app_id: String,
    /// When it was signed, unix seconds.
    pub timestamp: i64,
    /// A random text.
    pub nonce_str: String,
    /// The signature, 40 hex digits.
    pub signature: String,
}

impl JsSdkConfig {
    /// Signs the page at `url` with a `jsapi` ticket. The fragment is cut: WeChat signs without it.
    #[must_use]
    pub fn sign(appid: &str, ticket: &Secret<String>, url: &str, nonce: &str, timestamp: i64) -> Self {
        let url = url.split('#').next().unwrap_or_default();
        let ticket = ticket.expose();
        let text = format!("jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url}");
        let signature = signature::sign(&[&text]);
        Self { app_id: appid.to_owned(), timestamp, nonce_str: nonce.to_owned(), signature }
    }
}

/// The `cardExt` of `wx.addCard`, which takes it as the text of this JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CardExt {
    /// The code of the card, for cards with codes of the merchant's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The only user who may take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openid: Option<String>,
    /// When it was signed, unix seconds as text.
    pub timestamp: String,
    /// A random text.
    pub nonce_str: String,
    /// The signature, 40 hex digits.
    pub signature: String,
}

impl CardExt {
    /// Signs the card `card_id` with a `wx_card` ticket; `code` and `openid` are signed too where they are given.
    #[must_use]
    pub fn sign(
        ticket: &Secret<String>,
        card_id: &str,
        code: Option<&str>,
        openid: Option<&str>,
        nonce: &str,
        timestamp: i64,
    ) -> Self {
        let timestamp = timestamp.to_string();
        let mut values = vec![ticket.expose().as_str(), &timestamp, card_id, nonce];
        values.extend(code);
        values.extend(openid);
        let signature = signature::sign(&values);
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self { code: owned(code), openid: owned(openid), timestamp, nonce_str: nonce.to_owned(), signature }
    }
}

/// What `wx.chooseCard` takes, written as its fields are called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CardChoice {
    /// The shop; empty for any.
    pub shop_id: String,
    /// The kind of card, such as `GROUPON`; empty for any.
    pub card_type: String,
    /// The card; empty for any.
    pub card_id: String,
    /// When it was signed, unix seconds.
    pub timestamp: i64,
    /// A random text.
    pub nonce_str: String,
    /// Always `SHA1`.
    pub sign_type: &'static str,
    /// The signature, 40 hex digits.
    pub card_sign: String,
}

impl CardChoice {
    /// Signs a choice among the user's cards with a `wx_card` ticket. What is empty is not signed.
    #[must_use]
    pub fn sign(
        appid: &str,
        ticket: &Secret<String>,
        [shop_id, card_type, card_id]: [&str; 3],
        nonce: &str,
        timestamp: i64,
    ) -> Self {
        let time = timestamp.to_string();
        // An empty value adds nothing to what is joined.
        let card_sign = signature::sign(&[ticket.expose(), appid, shop_id, &time, nonce, card_id, card_type]);
        Self {
            shop_id: shop_id.to_owned(),
            card_type: card_type.to_owned(),
            card_id: card_id.to_owned(),
            timestamp,
            nonce_str: nonce.to_owned(),
            sign_type: "SHA1",
            card_sign,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The ticket, nonce and time of the document's examples.
    const NONCE: &str = "Wm3WZYTPz0wzccnW";
    const AT: i64 = 1_414_587_457;

    fn ticket() -> Secret<String> {
        let ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg";
        Secret::new(ticket.to_owned())
    }

    #[test]
    fn a_page_is_signed_as_in_the_document_and_without_its_fragment() {
        let expected = "0f9de62fce790f9a083d5c99e95740ceb90c27ed";
        for url in ["http://mp.weixin.qq.com?params=value", "http://mp.weixin.qq.com?params=value#/cart#2"] {
            let config = JsSdkConfig::sign("wx1", &ticket(), url, NONCE, AT);
            assert_eq!(
                serde_json::to_value(&config).unwrap(),
                json!({"appId": "wx1", "timestamp": AT, "nonceStr": NONCE, "signature": expected})
            );
        }
        let other = JsSdkConfig::sign("wx1", &ticket(), "http://mp.weixin.qq.com?params=other", NONCE, AT);
        assert_ne!(other.signature, expected);
    }

    #[test]
    fn cards_are_signed_as_elsewhere() {
        for (code, openid, expected) in [
            (None, None, "22dce6bad4db532d4a2ef82ca2ca7bbe1e10ef28"),
            (Some("random_code"), None, "2e9c6d12952246e071717d7baeab20c30420b5cd"),
            (None, Some("random_openid"), "ded860a5dd4467312764bd86e544ad0579cbfad0"),
        ] {
            let card = CardExt::sign(&ticket(), "random_card_id", code, openid, NONCE, AT);
            assert_eq!(card.signature, expected);
            assert_eq!((card.code.as_deref(), card.openid.as_deref()), (code, openid));
        }
        let plain = CardExt::sign(&ticket(), "random_card_id", None, None, NONCE, AT);
        assert_eq!(serde_json::to_value(&plain).unwrap().as_object().unwrap().len(), 3);
    }

    #[test]
    fn a_choice_signs_only_what_it_says() {
        let any = CardChoice::sign("wx1", &ticket(), ["", "", ""], NONCE, AT);
        let time = AT.to_string();
        assert_eq!(any.card_sign, signature::sign(&[ticket().expose(), "wx1", &time, NONCE]));
        let one = CardChoice::sign("wx1", &ticket(), ["7", "GROUPON", "c"], NONCE, AT);
        assert_eq!(one.card_sign, signature::sign(&[ticket().expose(), "wx1", &time, NONCE, "7", "GROUPON", "c"]));
    }
}
