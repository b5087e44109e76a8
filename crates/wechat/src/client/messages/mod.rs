//! Customer-service messages: one user, inside the time that the user's last action opened.

use serde_json::json;

use super::check::Check;
use super::error::{ApiError, Condition, Result};
use super::{Client, Method};

mod message;

pub use message::{CustomArticle, CustomMessage, MenuChoice, NotSendable};

const SEND: &str = "/cgi-bin/message/custom/send";
const TYPING: &str = "/cgi-bin/message/custom/typing";

/// Calls about customer-service messages; see [`Client::messages`]. What is said of the sender holds for any message:
///
/// ```no_run
/// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
/// use puzi_wechat::client::CustomMessage;
///
/// let answer = CustomMessage::text("包裹明天到");
/// wechat.messages().from_agent("kf2001@shop").made_by_ai().send("oABC", &answer).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Messages<'a> {
    pub(crate) client: &'a Client,
    agent: Option<&'a str>,
    by_ai: bool,
    merchant: Option<&'a str>,
}

impl<'a> Messages<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client, agent: None, by_ai: false, merchant: None }
    }

    /// The messages show the name and picture of the customer-service account `agent`, such as `kf2001@shop`.
    #[must_use]
    pub fn from_agent(self, agent: &'a str) -> Self {
        Self { agent: Some(agent), ..self }
    }

    /// The messages are marked as made by AI.
    #[must_use]
    pub fn made_by_ai(self) -> Self {
        Self { by_ai: true, ..self }
    }

    /// The merchant spoken for, of an account that has several: the `businessid` of the user's push.
    #[must_use]
    pub fn for_merchant(self, businessid: &'a str) -> Self {
        Self { merchant: Some(businessid), ..self }
    }

    /// Sends a message to a user who wrote within 48 hours, or tapped the menu, scanned a code or followed within the last
    /// minute. It is never repeated by itself: the user would get it twice.
    ///
    /// `POST /cgi-bin/message/custom/send`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage.html); 5 messages
    /// after one of the user's, 3 after a tap, a follow or a scan.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::{Condition, CustomMessage};
    ///
    /// match wechat.messages().send("oABC", &CustomMessage::text("您的包裹已发出")).await {
    ///     Err(e) if e.is(Condition::WindowClosed) => println!("the user wrote too long ago"),
    ///     other => other?,
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A caller's mistake when [`CustomMessage::check`] refuses the message, without a call;
    /// [`Condition::WindowClosed`] when the user wrote too long ago, [`Condition::QuotaUsedUp`] after too many messages
    /// without an answer; otherwise as any call.
    pub async fn send(self, openid: &str, message: &CustomMessage) -> Result<()> {
        Check::of(SEND).text("touser", openid)?;
        message.check().map_err(|text| ApiError::mistake(SEND, text))?;
        let mut body = message.to_body(openid).map_err(|e| ApiError::mistake(SEND, e.to_string()))?;
        if let Some(agent) = self.agent {
            Check::of(SEND).text("customservice.kf_account", agent)?;
            body["customservice"] = json!({ "kf_account": agent });
        }
        if self.by_ai {
            body["aimsgcontext"] = json!({ "is_ai_msg": 1 });
        }
        if let Some(merchant) = self.merchant {
            body["businessid"] = json!(merchant);
        }
        self.client.call(Method::POST, SEND).json(&body).done().await
    }

    /// Sends a message that shows the name and picture of the customer-service account `agent`.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::CustomMessage;
    ///
    /// wechat.messages().send_as("kf2001@shop", "oABC", &CustomMessage::image("MEDIA_ID")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Messages::send`].
    pub async fn send_as(self, agent: &str, openid: &str, message: &CustomMessage) -> Result<()> {
        let from = Messages { client: self.client, agent: Some(agent), by_ai: self.by_ai, merchant: self.merchant };
        from.send(openid, message).await
    }

    /// Shows the user that an answer is being written, for 15 seconds or until a message is sent; or no longer. That it
    /// is shown already, or cannot be because the user has not written for 30 s, is no error.
    ///
    /// `POST /cgi-bin/message/custom/typing`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/customer/message/api_typing.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// wechat.messages().typing("oABC", true).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any call.
    pub async fn typing(self, openid: &str, typing: bool) -> Result<()> {
        Check::of(TYPING).text("touser", openid)?;
        let command = if typing { "Typing" } else { "CancelTyping" };
        let mut body = json!({ "touser": openid, "command": command });
        if let Some(merchant) = self.merchant {
            body["businessid"] = json!(merchant);
        }
        match self.client.call(Method::POST, TYPING).json(&body).done().await {
            Err(e) if e.is(Condition::TypingIgnored) => Ok(()),
            other => other,
        }
    }
}
