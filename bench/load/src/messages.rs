//! Pushes as WeChat sends them, ready to be written to a socket before any time is taken.

use std::time::{SystemTime, UNIX_EPOCH};

use puzi_wechat::crypto::EncodingAesKey;
use puzi_wechat::signature;

use crate::error::{Error, Result};

/// The account that the messages are for.
pub(crate) struct Account<'a> {
    pub(crate) path: &'a str,
    pub(crate) appid: &'a str,
    pub(crate) token: &'a str,
    pub(crate) key: EncodingAesKey,
    pub(crate) encrypted: bool,
}

impl<'a> Account<'a> {
    pub(crate) fn new(round: &'a crate::Round) -> Result<Self> {
        let key = EncodingAesKey::parse(&round.encoding_aes_key).map_err(|error| Error::Usage(error.to_string()))?;
        Ok(Self { path: &round.path, appid: &round.appid, token: &round.token, key, encrypted: round.encrypted })
    }
}

/// Many requests, one behind the other in one piece of memory.
pub(crate) struct Messages {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    first: u64,
    salt: u32,
}

impl Messages {
    /// `count` different messages. Those of two calls differ too, when `first` leaves room between them.
    pub(crate) fn prepare(account: &Account<'_>, first: u64, count: usize) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Two runs against one database must not repeat ids either; 31 bits, for ids stay below 2^63.
        let salt = (now.as_nanos() as u32) & 0x7fff_ffff;
        let mut messages = Self { bytes: Vec::new(), ends: Vec::with_capacity(count), first, salt };
        for index in 0..count {
            messages.push(account, index, now.as_secs());
        }
        messages
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The request at `index`, as it goes over the wire.
    pub(crate) fn request(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start..self.ends[index]]
    }

    pub(crate) fn sender(&self, index: usize) -> String {
        format!("oB{:08x}_{:017x}", self.salt, self.first + index as u64)
    }

    pub(crate) fn content(&self, index: usize) -> String {
        format!("请问第 {} 单什么时候发货？", self.first + index as u64)
    }

    fn push(&mut self, account: &Account<'_>, index: usize, now: u64) {
        let number = self.first + index as u64;
        let (sender, timestamp) = (self.sender(index), now.to_string());
        let nonce = format!("{}", 1_000_000_000 + number);
        let signature = signature::sign(&[account.token, &timestamp, &nonce]);
        let xml = format!(
            "<xml><ToUserName><![CDATA[gh_puzibench]]></ToUserName><FromUserName><![CDATA[{sender}]]></FromUserName>\
             <CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{}]]></Content>\
             <MsgId>{}</MsgId></xml>",
            self.content(index),
            (u64::from(self.salt) << 32) | number,
        );
        let mut query = format!("signature={signature}&timestamp={timestamp}&nonce={nonce}&openid={sender}");
        let mut body = xml;
        if account.encrypted {
            let mut random = [0; 16];
            random[..8].copy_from_slice(&number.to_be_bytes());
            let sealed = account.key.encrypt(random, body.as_bytes(), account.appid);
            let sealed_signature = signature::sign(&[account.token, &timestamp, &nonce, &sealed]);
            query += &format!("&encrypt_type=aes&msg_signature={sealed_signature}");
            body = format!(
                "<xml><ToUserName><![CDATA[gh_puzibench]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
            );
        }
        let head = format!(
            "POST {}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\n\
             Content-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
            account.path,
            body.len(),
        );
        self.bytes.extend_from_slice(head.as_bytes());
        self.bytes.extend_from_slice(body.as_bytes());
        self.ends.push(self.bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_has_its_own_id_and_sender_and_opens() {
        let key = EncodingAesKey::generate();
        for encrypted in [false, true] {
            let account = Account { path: "/wechat", appid: "wxbench", token: "t", key: key.clone(), encrypted };
            let messages = Messages::prepare(&account, 7, 3);
            let requests: Vec<&str> = (0..3).map(|i| std::str::from_utf8(messages.request(i)).unwrap()).collect();
            assert!(requests.iter().all(|request| request.starts_with("POST /wechat?signature=")));
            let mut bodies: Vec<String> =
                requests.iter().map(|r| r.split_once("\r\n\r\n").unwrap().1.to_owned()).collect();
            if encrypted {
                for body in &mut bodies {
                    let sealed = body.split("CDATA[").nth(2).unwrap().split(']').next().unwrap();
                    *body = String::from_utf8(key.decrypt(sealed.as_bytes()).unwrap().message).unwrap();
                }
            }
            for (index, body) in bodies.iter().enumerate() {
                assert_eq!(messages.sender(index).len(), 28);
                assert!(body.contains(&messages.sender(index)) && body.contains(&messages.content(index)));
            }
            bodies.dedup();
            assert_eq!(bodies.len(), 3);
        }
    }
}
