//! The query of a callback request.

/// What WeChat says in the query; an empty value is none.
///
/// ```
/// use puzi_wechat::envelope::Query;
///
/// let query = Query::parse("signature=5f&timestamp=1700000000&nonce=42&encrypt_type=");
/// assert_eq!(query.timestamp.as_deref(), Some("1700000000"));
/// assert_eq!(query.encrypt_type, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// `sha1(sort(token, timestamp, nonce))`.
    pub signature: Option<String>,
    /// Unix seconds.
    pub timestamp: Option<String>,
    /// Any text.
    pub nonce: Option<String>,
    /// The follower; not covered by the signature, so nothing may rest on it.
    pub openid: Option<String>,
    /// `aes` for an encrypted push.
    pub encrypt_type: Option<String>,
    /// `sha1(sort(token, timestamp, nonce, Encrypt))`.
    pub msg_signature: Option<String>,
    /// To be given back in the URL check.
    pub echostr: Option<String>,
}

impl Query {
    /// Reads a query string, without its `?`. The first of repeated names counts; unknown names are skipped.
    #[must_use]
    pub fn parse(raw_query: &str) -> Self {
        let mut query = Self::default();
        for pair in raw_query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let field = match name {
                "signature" => &mut query.signature,
                "timestamp" => &mut query.timestamp,
                "nonce" => &mut query.nonce,
                "openid" => &mut query.openid,
                "encrypt_type" => &mut query.encrypt_type,
                "msg_signature" => &mut query.msg_signature,
                "echostr" => &mut query.echostr,
                _ => continue,
            };
            if field.is_none() {
                *field = Some(decode(value));
            }
        }
        for field in [
            &mut query.signature,
            &mut query.timestamp,
            &mut query.nonce,
            &mut query.openid,
            &mut query.encrypt_type,
            &mut query.msg_signature,
            &mut query.echostr,
        ] {
            field.take_if(|text| text.is_empty());
        }
        query
    }
}

pub(crate) fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// `application/x-www-form-urlencoded`, as the URL standard reads it: a wrong escape stays as it is.
fn decode(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped =
            bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match escaped.filter(|hex| !hex.starts_with('+')).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Query;

    #[test]
    fn the_first_of_repeated_names_counts_and_an_empty_value_is_none() {
        let query = Query::parse("signature=a&signature=b&timestamp=&timestamp=2&nonce&x=y&&openid=o1");
        assert_eq!(query, Query { signature: Some("a".into()), openid: Some("o1".into()), ..Query::default() });
    }

    #[test]
    fn escapes_are_decoded_and_wrong_ones_stay() {
        let nonce = |text: &str| Query::parse(&format!("nonce={text}")).nonce.unwrap();
        assert_eq!(nonce("a%2Fb%2fc+d"), "a/b/c d");
        assert_eq!(nonce("%E4%BD%A0"), "你");
        assert_eq!(nonce("100%"), "100%");
        assert_eq!(nonce("%4"), "%4");
        assert_eq!(nonce("%zz%+1"), "%zz% 1");
        assert_eq!(nonce("%ff"), "\u{fffd}");
        assert_eq!(nonce("%你"), "%你");
        assert_eq!(nonce("a=b"), "a=b");
    }
}
