//! Signatures of webhooks, as <https://www.standardwebhooks.com/> has them.

use aws_lc_rs::{hmac, rand};
use base64::{Engine, prelude::BASE64_STANDARD};
use puzi_wechat::Secret;

const PREFIX: &str = "whsec_";
const NEW_KEY_BYTES: usize = 32;

/// The key of one webhook.
pub(crate) struct SigningKey(hmac::Key);

impl SigningKey {
    /// Reads `whsec_` and base64 of 24 to 64 bytes.
    pub(crate) fn parse(secret: &Secret<String>) -> Option<Self> {
        let bytes = BASE64_STANDARD.decode(secret.expose().strip_prefix(PREFIX)?).ok()?;
        (24..=64).contains(&bytes.len()).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// A new key, in the form that [`SigningKey::parse`] reads.
    pub(crate) fn generate() -> Secret<String> {
        let mut key = [0; NEW_KEY_BYTES];
        rand::fill(&mut key).expect("the system's random numbers are there");
        Secret::new(format!("{PREFIX}{}", BASE64_STANDARD.encode(key)))
    }

    /// The value of `webhook-signature` for a request of this id, time (Unix seconds) and body.
    pub(crate) fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{timestamp}.").as_bytes());
        context.update(body);
        format!("v1,{}", BASE64_STANDARD.encode(context.sign()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_read_back_and_signs_what_its_owner_can_check() {
        let secret = SigningKey::generate();
        assert_ne!(secret.expose(), SigningKey::generate().expose());
        let signature = SigningKey::parse(&secret).unwrap().sign("msg_1", 1_700_000_000, b"{}");

        let key = BASE64_STANDARD.decode(&secret.expose()["whsec_".len()..]).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let tag = BASE64_STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
        assert!(hmac::verify(&key, b"msg_1.1700000000.{}", &tag).is_ok());
        assert!(hmac::verify(&key, b"msg_1.1700000001.{}", &tag).is_err());
    }

    #[test]
    fn weak_and_foreign_keys_are_refused() {
        let short = format!("whsec_{}", BASE64_STANDARD.encode([1; 23]));
        let long = format!("whsec_{}", BASE64_STANDARD.encode([1; 65]));
        for wrong in ["", "whsec_", "password", "whsec_!!!!", &short, &long] {
            assert!(SigningKey::parse(&Secret::new(wrong.to_owned())).is_none(), "{wrong}");
        }
    }
}
