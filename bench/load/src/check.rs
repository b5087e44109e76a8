//! Whether an answer is the right one for its message.

use std::convert::Infallible;
use std::str::FromStr;

use puzi_wechat::crypto::EncodingAesKey;

use crate::messages::Messages;

/// What a server is expected to answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expected {
    /// A text with what was written.
    Echo,
    /// This text, whatever was written.
    Text(String),
    /// Exactly this body, no message at all.
    Body(String),
}

impl FromStr for Expected {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.split_once(':') {
            _ if text == "echo" => Self::Echo,
            Some(("text", text)) => Self::Text(text.to_owned()),
            _ => Self::Body(text.to_owned()),
        })
    }
}

impl Expected {
    /// Looks whether `body` answers message `index`: its sender and the expected text.
    pub(crate) fn check(&self, messages: &Messages, index: usize, body: &str) -> Result<(), String> {
        let content = match self {
            Self::Body(expected) if body == expected => return Ok(()),
            Self::Body(expected) => return Err(format!("expected `{expected}`, got `{body}`")),
            Self::Echo => messages.content(index),
            Self::Text(text) => text.clone(),
        };
        let to = format!("<ToUserName><![CDATA[{}]]></ToUserName>", messages.sender(index));
        let text = format!("<Content><![CDATA[{content}]]></Content>");
        if body.contains(&to) && body.contains(&text) {
            Ok(())
        } else {
            Err(format!("expected {to} and {text}, got {body}"))
        }
    }

    /// The same for an encrypted answer, which is opened first.
    pub(crate) fn check_sealed(
        &self,
        key: &EncodingAesKey,
        messages: &Messages,
        index: usize,
        body: &str,
    ) -> Result<(), String> {
        if matches!(self, Self::Body(_)) {
            return self.check(messages, index, body);
        }
        let sealed = sealed(body).ok_or_else(|| format!("no <Encrypt> in {body}"))?;
        let opened = key.decrypt(sealed.as_bytes()).map_err(|error| format!("{error} in {body}"))?;
        self.check(messages, index, &String::from_utf8_lossy(&opened.message))
    }
}

/// The sealed text of an encrypted answer.
pub(crate) fn sealed(body: &str) -> Option<&str> {
    let (_, rest) = body.split_once("<Encrypt><![CDATA[")?;
    rest.split_once("]]></Encrypt>").map(|(sealed, _)| sealed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::Account;

    fn messages(key: &EncodingAesKey) -> Messages {
        let account = Account { path: "/", appid: "wx1", token: "t", key: key.clone(), encrypted: false };
        Messages::prepare(&account, 0, 2)
    }

    fn answer(to: &str, text: &str) -> String {
        format!("<xml><ToUserName><![CDATA[{to}]]></ToUserName><Content><![CDATA[{text}]]></Content></xml>")
    }

    #[test]
    fn the_answer_to_another_message_is_wrong() {
        let key = EncodingAesKey::generate();
        let messages = messages(&key);
        let right = answer(&messages.sender(0), &messages.content(0));
        assert_eq!(Expected::Echo.check(&messages, 0, &right), Ok(()));
        assert!(Expected::Echo.check(&messages, 1, &right).is_err());
        let constant: Expected = "text:您好".parse().unwrap();
        assert_eq!(constant.check(&messages, 1, &answer(&messages.sender(1), "您好")), Ok(()));
        assert!(constant.check(&messages, 1, &right).is_err());
        assert!("success".parse::<Expected>().unwrap().check(&messages, 0, "").is_err());
    }

    #[test]
    fn an_encrypted_answer_is_opened() {
        let key = EncodingAesKey::generate();
        let messages = messages(&key);
        let plain = answer(&messages.sender(0), &messages.content(0));
        let sealed = key.encrypt([7; 16], plain.as_bytes(), "wx1");
        let body = format!("<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>");
        assert_eq!(Expected::Echo.check_sealed(&key, &messages, 0, &body), Ok(()));
        assert!(Expected::Echo.check_sealed(&key, &messages, 0, &plain).is_err());
    }
}
