//! The platform's message encryption: AES-256-CBC with the key's first 16 bytes as IV, over 16 random bytes, the message's
//! length (4 bytes, big-endian), the message and the appid. Document: "消息加解密说明".

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::cipher::{
    AES_256, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

/// WeChat pads to 32, not to AES's 16: a stock PKCS#7 unpad refuses valid messages.
const BLOCK: usize = 32;
/// Random bytes, then the length word.
const HEAD: usize = 16 + 4;
const KEY_CHARS: usize = 43;
const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// The base64 digits whose two lowest bits are zero: 43 digits hold 258 bits, two more than the key has.
const LAST: &[u8; 16] = b"AEIMQUYcgkosw048";

/// The last digit of a key carries two unused bits, and the platform fills them: a strict decoder refuses valid keys.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What can be wrong with a key or with what it should open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CryptoError {
    /// The EncodingAESKey does not have 43 characters.
    #[error("an EncodingAESKey has 43 characters, this one has {0}")]
    KeyLength(usize),
    /// The EncodingAESKey holds something else than letters, digits, `+` and `/`.
    #[error("an EncodingAESKey has only letters and digits")]
    KeyAlphabet,
    /// The text cannot be opened with this key. It does not say why, on purpose: a reason would help a forger.
    #[error("cannot be decrypted with this key")]
    Undecryptable,
}

/// What was inside an encrypted message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The message: XML or JSON.
    pub message: Vec<u8>,
    /// Whose message it is. Compare it with the account's appid before trusting the message.
    pub appid: String,
}

/// An account's EncodingAESKey, ready for use. Cloning is cheap; `Debug` hides it.
///
/// ```
/// use puzi_wechat::crypto::EncodingAesKey;
///
/// let key = EncodingAesKey::generate();
/// let sealed = key.encrypt([7; 16], "你好".as_bytes(), "wx0123456789abcdef");
///
/// let same = EncodingAesKey::parse(&key.expose())?;
/// let opened = same.decrypt(sealed.as_bytes())?;
/// assert_eq!((opened.message.as_slice(), opened.appid.as_str()), ("你好".as_bytes(), "wx0123456789abcdef"));
/// # Ok::<(), puzi_wechat::crypto::CryptoError>(())
/// ```
#[derive(Clone)]
pub struct EncodingAesKey(Arc<Inner>);

struct Inner {
    key: [u8; 32],
    encrypting: EncryptingKey,
    decrypting: DecryptingKey,
    deriving: hmac::Key,
}

impl EncodingAesKey {
    /// Reads the 43 characters of the admin platform. Space around them and the `=` that some tools append are forgiven.
    ///
    /// # Errors
    /// [`CryptoError::KeyLength`], [`CryptoError::KeyAlphabet`].
    pub fn parse(text: &str) -> Result<Self, CryptoError> {
        let text = text.trim();
        let text = text.strip_suffix('=').unwrap_or(text);
        if text.chars().count() != KEY_CHARS {
            return Err(CryptoError::KeyLength(text.chars().count()));
        }
        let bytes = LENIENT.decode(text).map_err(|_| CryptoError::KeyAlphabet)?;
        let key = <[u8; 32]>::try_from(bytes).map_err(|_| CryptoError::KeyAlphabet)?;
        Ok(Self::from_bytes(key))
    }

    /// Makes a new key of 43 letters and digits, which is what the admin platform accepts.
    ///
    /// # Panics
    /// When the operating system has no randomness to give.
    #[must_use]
    pub fn generate() -> Self {
        let mut text = String::with_capacity(KEY_CHARS);
        while text.len() < KEY_CHARS - 1 {
            let mut random = [0; 64];
            rand::fill(&mut random).expect("the operating system gives randomness");
            // 248 is the largest multiple of 62 in a byte: what lies above would favour the first letters.
            let digits = random.iter().filter(|byte| **byte < 248).map(|byte| ALPHANUMERIC[usize::from(byte % 62)]);
            text.extend(digits.take(KEY_CHARS - 1 - text.len()).map(char::from));
        }
        let mut last = [0; 1];
        rand::fill(&mut last).expect("the operating system gives randomness");
        text.push(char::from(LAST[usize::from(last[0] % 16)]));
        Self::parse(&text).expect("43 letters and digits are a key")
    }

    /// The key's 43 characters, the unused bits of the last one being zero. Never let them reach a log.
    #[must_use]
    pub fn expose(&self) -> String {
        let mut text = STANDARD.encode(self.0.key);
        text.truncate(KEY_CHARS);
        text
    }

    /// Encrypts `message` for `appid` and encodes it in base64. `random` is what makes two equal messages differ.
    #[must_use]
    pub fn encrypt(&self, random: [u8; 16], message: &[u8], appid: &str) -> String {
        let length = HEAD + message.len() + appid.len();
        let padding = BLOCK - length % BLOCK;
        let mut buffer = Vec::with_capacity(length + padding);
        buffer.extend_from_slice(&random);
        let word = u32::try_from(message.len()).expect("a message is shorter than 4 GiB");
        buffer.extend_from_slice(&word.to_be_bytes());
        buffer.extend_from_slice(message);
        buffer.extend_from_slice(appid.as_bytes());
        buffer.resize(length + padding, u8::try_from(padding).expect("padding is at most 32"));
        let context = EncryptionContext::Iv128(FixedLength::from(self.iv()));
        self.0.encrypting.less_safe_encrypt(&mut buffer, context).expect("whole blocks can be encrypted");
        STANDARD.encode(buffer)
    }

    /// Decodes and decrypts; whitespace in the base64 text is skipped.
    ///
    /// # Errors
    /// [`CryptoError::Undecryptable`], whatever the reason.
    pub fn decrypt(&self, base64: &[u8]) -> Result<Opened, CryptoError> {
        self.open(base64).ok_or(CryptoError::Undecryptable)
    }

    /// 16 bytes that depend on the key and on `context` only: HMAC-SHA256, cut. A repeated answer sealed with them has
    /// the same bytes each time, and nobody without the key can foresee them.
    #[must_use]
    pub fn derive_random(&self, context: &[u8]) -> [u8; 16] {
        let mut random = [0; 16];
        random.copy_from_slice(&hmac::sign(&self.0.deriving, context).as_ref()[..16]);
        random
    }

    fn from_bytes(key: [u8; 32]) -> Self {
        let unbound = || UnboundCipherKey::new(&AES_256, &key).expect("32 bytes are an AES-256 key");
        let encrypting = EncryptingKey::cbc(unbound()).expect("AES-256 has a CBC mode");
        let decrypting = DecryptingKey::cbc(unbound()).expect("AES-256 has a CBC mode");
        Self(Arc::new(Inner { key, encrypting, decrypting, deriving: hmac::Key::new(hmac::HMAC_SHA256, &key) }))
    }

    fn iv(&self) -> [u8; 16] {
        let mut iv = [0; 16];
        iv.copy_from_slice(&self.0.key[..16]);
        iv
    }

    fn open(&self, base64: &[u8]) -> Option<Opened> {
        let mut buffer = decode(base64)?;
        let context = DecryptionContext::Iv128(FixedLength::from(self.iv()));
        self.0.decrypting.decrypt(&mut buffer, context).ok()?;
        let padding = usize::from(*buffer.last()?);
        let content = buffer.len().checked_sub(padding).filter(|content| *content >= HEAD)?;
        // Every byte is looked at before the verdict, so that time tells nothing about which one was wrong.
        let differing = buffer[content..].iter().fold(0, |all, byte| all | (byte ^ buffer[buffer.len() - 1]));
        if padding == 0 || padding > BLOCK || differing != 0 {
            return None;
        }
        let word = buffer[16..HEAD].try_into().ok()?;
        let end = HEAD.checked_add(usize::try_from(u32::from_be_bytes(word)).ok()?)?;
        let appid = String::from_utf8(buffer.get(end..content)?.to_vec()).ok()?;
        buffer.truncate(end);
        buffer.drain(..HEAD);
        Some(Opened { message: buffer, appid })
    }
}

fn decode(base64: &[u8]) -> Option<Vec<u8>> {
    if base64.iter().any(u8::is_ascii_whitespace) {
        let dense: Vec<u8> = base64.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        return STANDARD.decode(dense).ok();
    }
    STANDARD.decode(base64).ok()
}

impl fmt::Debug for EncodingAesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncodingAesKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed_with(key: &EncodingAesKey, mut content: Vec<u8>) -> String {
        let context = EncryptionContext::Iv128(FixedLength::from(key.iv()));
        key.0.encrypting.less_safe_encrypt(&mut content, context).unwrap();
        STANDARD.encode(content)
    }

    #[test]
    fn a_generated_key_is_43_letters_and_digits_and_survives_its_text() {
        for _ in 0..50 {
            let key = EncodingAesKey::generate();
            let text = key.expose();
            assert_eq!(text.len(), 43);
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{text}");
            assert_eq!(EncodingAesKey::parse(&text).unwrap().0.key, key.0.key);
        }
        assert_ne!(EncodingAesKey::generate().expose(), EncodingAesKey::generate().expose());
    }

    #[test]
    fn unused_bits_of_the_last_character_are_ignored() {
        let text = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEF";
        let strict = EncodingAesKey::parse(&format!("{text}E")).unwrap();
        for last in ["F", "G", "H", "E=", "E \n"] {
            assert_eq!(EncodingAesKey::parse(&format!("{text}{last}")).unwrap().0.key, strict.0.key);
        }
        assert!(EncodingAesKey::parse(&format!("{text}I")).unwrap().0.key != strict.0.key);
    }

    #[test]
    fn what_is_not_a_key_is_refused_and_never_printed() {
        assert_eq!(EncodingAesKey::parse("short").unwrap_err(), CryptoError::KeyLength(5));
        assert_eq!(EncodingAesKey::parse(&"a".repeat(44)).unwrap_err(), CryptoError::KeyLength(44));
        assert_eq!(EncodingAesKey::parse(&"钥".repeat(43)).unwrap_err(), CryptoError::KeyAlphabet);
        assert_eq!(EncodingAesKey::parse(&"-".repeat(43)).unwrap_err(), CryptoError::KeyAlphabet);
        assert_eq!(format!("{:?}", EncodingAesKey::generate()), "EncodingAesKey(***)");
    }

    #[test]
    fn every_length_is_padded_to_whole_blocks_of_32() {
        let key = EncodingAesKey::generate();
        for length in 0..70 {
            let message = vec![b'x'; length];
            let sealed = key.encrypt([7; 16], &message, "wx1");
            assert_eq!(STANDARD.decode(&sealed).unwrap().len() % 32, 0);
            assert_eq!(key.decrypt(sealed.as_bytes()).unwrap(), Opened { message, appid: "wx1".into() });
        }
    }

    #[test]
    fn whitespace_in_the_text_is_skipped() {
        let key = EncodingAesKey::generate();
        let sealed = key.encrypt([7; 16], b"hello", "wx1");
        let broken: Vec<String> =
            sealed.as_bytes().chunks(20).map(|line| String::from_utf8(line.into()).unwrap()).collect();
        assert_eq!(key.decrypt(broken.join("\r\n").as_bytes()).unwrap().message, b"hello");
    }

    #[test]
    fn every_wrong_inside_gets_the_same_refusal() {
        let key = EncodingAesKey::generate();
        let with = |length: u32, padding: &[u8]| {
            let mut content = [&[1; 16][..], &length.to_be_bytes(), b"hello", b"wx1"].concat();
            content.extend_from_slice(padding);
            key.decrypt(sealed_with(&key, content).as_bytes())
        };
        assert_eq!(with(5, &[4; 4]).unwrap().appid, "wx1");
        assert_eq!(with(8, &[4; 4]).unwrap().appid, "");
        for (length, padding) in [
            (9, vec![4; 4]),              // the message would run into the padding
            (u32::MAX, vec![4; 4]),       // the length would overflow a 32-bit offset
            (5, vec![0; 4]),              // padding of nothing
            (5, vec![5; 4]),              // one byte too few
            (5, vec![9, 4, 4, 4]),        // unequal bytes
            (5, [vec![33; 36]].concat()), // more than a block
        ] {
            assert_eq!(with(length, &padding).unwrap_err(), CryptoError::Undecryptable, "{length} {padding:?}");
        }
        assert_eq!(key.decrypt(sealed_with(&key, vec![16; 16]).as_bytes()), Err(CryptoError::Undecryptable));
        assert_eq!(
            key.decrypt(sealed_with(&key, [[1; 16], [16; 16]].concat()).as_bytes()),
            Err(CryptoError::Undecryptable)
        );
        for text in ["", "=", "AAAA", "not base64!", "中文"] {
            assert_eq!(key.decrypt(text.as_bytes()), Err(CryptoError::Undecryptable), "{text}");
        }
    }

    #[test]
    fn derived_randomness_repeats_for_one_context_and_differs_between_keys() {
        let (one, other) = (EncodingAesKey::generate(), EncodingAesKey::generate());
        assert_eq!(one.derive_random(b"a"), one.derive_random(b"a"));
        assert_ne!(one.derive_random(b"a"), one.derive_random(b"b"));
        assert_ne!(one.derive_random(b"a"), other.derive_random(b"a"));
    }
}
