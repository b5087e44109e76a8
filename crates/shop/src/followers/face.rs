//! What a follower is called and shown as. WeChat has told neither names nor pictures since 2021: who has not agreed to
//! show them has a made name and a made picture, the same on every node, in every list and for ever.

use aws_lc_rs::digest::{SHA256, digest};

use crate::texts::{Locale, t};

/// White stands on each of them with a contrast of at least 4.5.
const COLOURS: [&str; 12] = [
    "#a23b3b", "#9a4a1f", "#7d5a00", "#5b6b0f", "#2f7040", "#0f7364", "#116a86", "#2f62a8", "#4b55b5", "#6c4bb0",
    "#8b3f98", "#9c3a6b",
];

/// Crockford's base 32: no letter is taken for a figure.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Signs of a code.
const CODE: usize = 5;

/// Whose word the name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedBy {
    /// The team's.
    Remark,
    /// WeChat's.
    WeChat,
    /// The follower's own, who agreed to show it.
    Consent,
    /// Nobody's: made from the openid.
    Made,
}

impl NamedBy {
    /// The word in exports and texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Remark => "remark",
            Self::WeChat => "wechat",
            Self::Consent => "consent",
            Self::Made => "made",
        }
    }
}

/// What somebody is shown as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picture {
    /// A kept file, by its name in the folder of media.
    Kept(String),
    /// Signs on a colour.
    Made {
        /// `#rrggbb`; white stands on it.
        colour: &'static str,
        /// One or two signs.
        sign: String,
    },
}

/// What somebody is called and shown as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Face {
    /// Never empty.
    pub name: String,
    /// Whose word it is.
    pub named_by: NamedBy,
    /// What is shown beside it.
    pub picture: Picture,
}

/// What is known of somebody's name and picture.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// Nickname, of WeChat or of consent.
    pub nickname: Option<&'a str>,
    /// What the team calls them.
    pub remark: &'a str,
    /// Kept picture.
    pub picture: Option<&'a str>,
    /// They agreed to show name and picture.
    pub consented: bool,
}

/// What the follower `openid` is called and shown as: the remark, else the nickname, else a made name.
pub fn face(openid: &str, known: Known<'_>, locale: Locale) -> Face {
    let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let nickname = known.nickname.and_then(filled);
    let (name, named_by) = match (filled(known.remark), nickname) {
        (Some(remark), _) => (remark, NamedBy::Remark),
        (None, Some(nickname)) => (nickname, if known.consented { NamedBy::Consent } else { NamedBy::WeChat }),
        (None, None) => (t(locale, "followers.made_name", &[("code", code(openid))]), NamedBy::Made),
    };
    let picture = match known.picture {
        Some(file) => Picture::Kept(file.to_owned()),
        None => {
            let sign = match named_by {
                NamedBy::Made => code(openid).chars().take(2).collect(),
                _ => first_sign(&name),
            };
            Picture::Made { colour: colour(openid), sign }
        }
    };
    Face { name, named_by, picture }
}

/// The code in somebody's made name, by which they are found too.
pub fn code(openid: &str) -> String {
    let digest = digest(&SHA256, openid.as_bytes());
    let bits = digest.as_ref().iter().take(4).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    let sign = |at: usize| char::from(SIGNS[(bits >> (27 - 5 * at)) as usize & 31]);
    (0..CODE).map(sign).collect()
}

fn colour(openid: &str) -> &'static str {
    let digest = digest(&SHA256, openid.as_bytes());
    COLOURS[usize::from(digest.as_ref()[8]) % COLOURS.len()]
}

/// The first letter of a name; what only joins or points is passed over.
fn first_sign(name: &str) -> String {
    let sign = name.chars().find(|c| c.is_alphanumeric()).or_else(|| name.chars().next());
    sign.map(|c| c.to_uppercase().to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_teams_name_comes_before_the_followers_and_that_before_a_made_one() {
        let named = |known| {
            let face = face("oABC", known, Locale::ZhCn);
            (face.name, face.named_by)
        };
        let both = Known { nickname: Some("阿青"), remark: "青姐", ..Known::default() };
        assert_eq!(named(both), ("青姐".into(), NamedBy::Remark));
        assert_eq!(named(Known { remark: " ", ..both }), ("阿青".into(), NamedBy::WeChat));
        assert_eq!(named(Known { remark: "", consented: true, ..both }), ("阿青".into(), NamedBy::Consent));
        let made = format!("粉丝 {}", code("oABC"));
        assert_eq!(named(Known { nickname: Some(""), ..Known::default() }), (made, NamedBy::Made));
    }

    #[test]
    fn a_made_name_is_the_same_for_ever() {
        // SHA-256 of "oABC" begins with these bits; another code would be another person to the team.
        assert_eq!(code("oABC"), code("oABC"));
        assert_eq!(code("").len(), CODE);
        // e3b0c442 98fc…: the digest of nothing, which is known everywhere.
        assert_eq!(code(""), "WERC8");
        let face = face("oABC", Known::default(), Locale::En);
        assert_eq!(face.name, format!("Follower {}", code("oABC")));
        assert!(matches!(face.picture, Picture::Made { sign, .. } if code("oABC").starts_with(&sign)));
    }

    #[test]
    fn white_can_be_read_on_every_colour() {
        let channel = |hex: &str| {
            let value = f64::from(u8::from_str_radix(hex, 16).unwrap()) / 255.0;
            if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        for colour in COLOURS {
            let light =
                0.2126 * channel(&colour[1..3]) + 0.7152 * channel(&colour[3..5]) + 0.0722 * channel(&colour[5..7]);
            assert!(1.05 / (light + 0.05) >= 4.5, "{colour}: {}", 1.05 / (light + 0.05));
        }
    }

    #[test]
    fn the_sign_is_the_first_letter_whatever_stands_before_it() {
        for (name, sign) in [("🌸小雨", "小"), ("anna", "A"), ("~·~", "~"), ("ß", "SS")] {
            assert_eq!(first_sign(name), sign, "{name}");
        }
    }
}
