//! What somebody looks for in the record: a rid, a follower, an errcode, or endpoints by a part of their name. Each leads to
//! an index; nothing is looked through.

use std::sync::LazyLock;

use super::{line, paths, rid};

/// Endpoints that one word finds at most: as many as a filter takes.
const MOST: usize = 100;

/// What a search means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// A rid.
    Rid(String),
    /// A follower.
    Openid(String),
    /// WeChat's number of a refusal.
    Errcode(i64),
    /// One of these endpoints.
    Endpoints(Vec<String>),
}

/// Every endpoint whose name is known beforehand.
static NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| paths::KNOWN.iter().copied().chain(line::push_names()).collect());

impl Search {
    /// What `text` asks for. Endpoints may be none: then nothing is found.
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        if let Ok(code) = text.parse() {
            return Self::Errcode(code);
        }
        if is_openid(text) {
            return Self::Openid(text.to_owned());
        }
        if rid::is_rid(text) && text.contains('-') && text.bytes().any(|byte| byte.is_ascii_digit()) {
            return Self::Rid(text.to_owned());
        }
        let lower = text.to_lowercase();
        let mut found: Vec<String> = NAMES
            .iter()
            .filter(|name| !lower.is_empty() && name.to_lowercase().contains(&lower))
            .take(MOST)
            .map(|name| (*name).to_owned())
            .collect();
        // A path that only `puzi call` knows.
        if found.is_empty() && text.starts_with('/') {
            found.push(text.to_owned());
        }
        Self::Endpoints(found)
    }
}

/// WeChat's openids begin with an o and have 28 letters, digits, dashes and underscores.
fn is_openid(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() == 28 && text.starts_with('o') && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_tells_what_it_is() {
        assert_eq!(Search::of(" 45009 "), Search::Errcode(45009));
        assert_eq!(Search::of("-1"), Search::Errcode(-1));
        let openid = "oA1bC2dE3fG4hI5jK6lM7nO8pQ9r";
        assert_eq!(Search::of(openid), Search::Openid(openid.into()));
        let rid = "65f1a2b3-0a1b2c3d-12345678";
        assert_eq!(Search::of(rid), Search::Rid(rid.into()));
        assert_eq!(Search::of("/made/up"), Search::Endpoints(vec!["/made/up".into()]));
        assert_eq!(Search::of("nothing-like-it"), Search::Endpoints(Vec::new()));
        assert_eq!(Search::of(""), Search::Endpoints(Vec::new()));
    }

    #[test]
    fn endpoints_are_found_by_a_part_of_their_name() {
        let Search::Endpoints(found) = Search::of("push:text") else { panic!("no endpoints") };
        assert_eq!(found, ["push:text"]);
        let Search::Endpoints(found) = Search::of("USER") else { panic!("no endpoints") };
        assert!(found.iter().any(|name| name == "/cgi-bin/user/info") && found.len() <= MOST, "{found:?}");
    }
}
