//! One account's signing and sealing, WeChat's side of it.

use puzi_wechat::crypto::EncodingAesKey;
use puzi_wechat::signature;

use crate::xml::{self, Element, Value};
use crate::{App, Mode};

/// Reads an EncodingAESKey.
pub(crate) fn parse_key(text: &str) -> Result<EncodingAesKey, puzi_wechat::crypto::CryptoError> {
    EncodingAesKey::parse(text)
}

/// What an account's pushes are signed and sealed with.
#[derive(Clone)]
pub(crate) struct Sealer {
    token: String,
    key: Option<EncodingAesKey>,
    appid: String,
    original_id: String,
    mode: Mode,
}

/// The random parts of one delivery.
pub(crate) struct Dice {
    pub(crate) timestamp: i64,
    pub(crate) nonce: String,
    pub(crate) block: [u8; 16],
    /// Spoils the signatures.
    pub(crate) wrong_signature: bool,
}

/// One signed delivery.
pub(crate) struct Sealed {
    pub(crate) query: String,
    pub(crate) body: String,
    pub(crate) encrypted: bool,
}

impl Sealer {
    pub(crate) fn new(app: &App) -> Self {
        Self {
            token: app.token.clone(),
            key: app.encoding_aes_key.as_deref().and_then(|key| parse_key(key).ok()),
            appid: app.appid.clone(),
            original_id: app.original_id.clone(),
            mode: app.mode,
        }
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn original_id(&self) -> &str {
        &self.original_id
    }

    /// The query of WeChat's GET when a URL is submitted.
    pub(crate) fn check_query(&self, dice: &Dice, echostr: &str) -> String {
        let Dice { timestamp, nonce, .. } = dice;
        let signature = self.signature(dice, None);
        format!("signature={signature}&echostr={echostr}&timestamp={timestamp}&nonce={nonce}")
    }

    /// Signs and, as the mode says, seals a message.
    pub(crate) fn seal(&self, message: &str, openid: &str, dice: &Dice) -> Sealed {
        let Dice { timestamp, nonce, .. } = dice;
        let signature = self.signature(dice, None);
        let query = format!("signature={signature}&timestamp={timestamp}&nonce={nonce}&openid={openid}");
        let Some(key) = self.key.as_ref().filter(|_| self.mode != Mode::Plain) else {
            return Sealed { query, body: message.to_owned(), encrypted: false };
        };
        let encrypted = key.encrypt(dice.block, message.as_bytes(), &self.appid);
        let msg_signature = self.signature(dice, Some(&encrypted));
        let body = match self.mode {
            // Both side by side: the sealed field joins the plain ones.
            Mode::Compatible if message.ends_with("</xml>") => {
                let plain = &message[..message.len() - "</xml>".len()];
                format!("{plain}<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>")
            }
            _ => xml::write(&vec![
                ("ToUserName".into(), Value::Text(self.original_id.clone())),
                ("Encrypt".into(), Value::Text(encrypted)),
            ]),
        };
        Sealed { query: format!("{query}&encrypt_type=aes&msg_signature={msg_signature}"), body, encrypted: true }
    }

    fn signature(&self, dice: &Dice, encrypted: Option<&str>) -> String {
        let timestamp = dice.timestamp.to_string();
        let mut parts = vec![self.token.as_str(), &timestamp, &dice.nonce];
        parts.extend(encrypted);
        let signature = signature::sign(&parts);
        if dice.wrong_signature { signature.chars().rev().collect() } else { signature }
    }

    /// Opens a sealed answer: its signature, and the appid inside, must fit.
    pub(crate) fn open(&self, envelope: &Element) -> Result<String, String> {
        let key = self.key.as_ref().ok_or("a sealed answer, but the account has no EncodingAESKey")?;
        let encrypted = envelope.text_of("Encrypt");
        let parts = [self.token.as_str(), envelope.text_of("TimeStamp"), envelope.text_of("Nonce"), encrypted];
        if !signature::verify(&parts, envelope.text_of("MsgSignature")) {
            return Err("MsgSignature does not fit".into());
        }
        let opened = key.decrypt(encrypted.as_bytes()).map_err(|error| format!("Encrypt: {error}"))?;
        if opened.appid != self.appid {
            return Err("the appid inside Encrypt is another one".into());
        }
        String::from_utf8(opened.message).map_err(|_| "the message inside Encrypt is not UTF-8".into())
    }
}
