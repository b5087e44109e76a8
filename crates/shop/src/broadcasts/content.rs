//! What a broadcast says and to whom, as somebody writes it, and what is wrong with it before WeChat is asked.

use serde::{Deserialize, Serialize};

use crate::{Problem, followers::Filter};

/// Bytes of a text: WeChat's limit.
pub const TEXT_BYTES: usize = 2_048;
/// Characters of a name.
pub const NAME_CHARS: usize = 100;
/// Pictures of one message.
pub const MOST_PICTURES: usize = 20;
/// Openids that may be pasted.
pub const MOST_GIVEN: usize = 50_000;
/// Steps of the speed, of which 0 is the fastest.
pub const SLOWEST: i64 = 4;
/// An openid has 28 characters; nothing of ours hangs on that.
const OPENID_BYTES: usize = 64;

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Content {
    /// A text.
    Text {
        /// Its words.
        text: String,
    },
    /// Articles.
    Mpnews {
        /// Row number of the draft.
        draft_id: i64,
    },
    /// Pictures.
    Image {
        /// Row numbers of materials.
        materials: Vec<i64>,
        /// What is said about them.
        #[serde(default)]
        recommend: String,
        /// Comments are open.
        #[serde(default)]
        comments: bool,
    },
    /// A voice.
    Voice {
        /// Row number of a material.
        material_id: i64,
    },
    /// A video.
    Mpvideo {
        /// Row number of a material.
        material_id: i64,
        /// Its title.
        title: String,
        /// Its description.
        #[serde(default)]
        description: String,
    },
}

impl Content {
    /// WeChat's word for the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Mpnews { .. } => "mpnews",
            Self::Image { .. } => "image",
            Self::Voice { .. } => "voice",
            Self::Mpvideo { .. } => "mpvideo",
        }
    }

    /// The draft, if it sends one.
    pub fn draft(&self) -> Option<i64> {
        match self {
            Self::Mpnews { draft_id } => Some(*draft_id),
            _ => None,
        }
    }

    /// The materials that it sends, with their kind.
    pub fn materials(&self) -> (&'static str, &[i64]) {
        match self {
            Self::Image { materials, .. } => ("image", materials),
            Self::Voice { material_id } => ("voice", std::slice::from_ref(material_id)),
            Self::Mpvideo { material_id, .. } => ("video", std::slice::from_ref(material_id)),
            Self::Text { .. } | Self::Mpnews { .. } => ("", &[]),
        }
    }

    /// Whether it can be taken back.
    pub fn is_revocable(&self) -> bool {
        matches!(self, Self::Mpnews { .. } | Self::Mpvideo { .. })
    }

    /// What is wrong with it, as far as that can be told without looking anything up.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        match self {
            Self::Text { text } if text.trim().is_empty() => {
                problems.push(Problem::new("text", "broadcast.empty_text"));
            }
            Self::Text { text } if text.len() > TEXT_BYTES => {
                let problem = Problem::new("text", "broadcast.text_bytes").with("max", TEXT_BYTES);
                problems.push(problem.with("is", text.len()));
            }
            Self::Image { materials, .. } if materials.is_empty() => {
                problems.push(Problem::new("materials", "broadcast.no_picture"));
            }
            Self::Image { materials, .. } if materials.len() > MOST_PICTURES => {
                problems.push(Problem::new("materials", "broadcast.many_pictures").with("max", MOST_PICTURES));
            }
            Self::Mpvideo { title, .. } if title.trim().is_empty() => {
                problems.push(Problem::new("title", "broadcast.no_title"));
            }
            _ => {}
        }
        problems
    }
}

/// To whom, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "lowercase")]
pub enum Audience {
    /// All followers, as WeChat has them when it is sent.
    All,
    /// Those with a tag, as WeChat has them when it is sent.
    Tag {
        /// Row number of the tag.
        tag: i64,
        /// WeChat's number of it.
        wechat_id: i64,
        /// Its name.
        name: String,
    },
    /// Those whom a filter chooses when it is submitted.
    Filter {
        /// The filter, in the words of the followers' list.
        filter: Filter,
    },
    /// These openids, those of them who follow when it is submitted.
    File {
        /// What they came from.
        name: String,
        /// How many there are.
        count: i64,
    },
}

impl Audience {
    /// `all`, `tag` or `list`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Tag { .. } => "tag",
            Self::Filter { .. } | Self::File { .. } => "list",
        }
    }

    /// Whether it is a frozen list of openids.
    pub fn is_list(&self) -> bool {
        self.word() == "list"
    }

    /// What it is called beside its word; may be empty.
    pub fn name(&self) -> &str {
        match self {
            Self::Tag { name, .. } | Self::File { name, .. } => name,
            Self::All | Self::Filter { .. } => "",
        }
    }
}

/// To whom, as somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// All followers.
    All,
    /// Those with the tag of this row number.
    Tag(i64),
    /// Those whom a filter chooses.
    Filter(Filter),
    /// These openids.
    Given {
        /// What they came from.
        name: String,
        /// Who.
        openids: Vec<String>,
    },
}

/// A broadcast as somebody writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBroadcast {
    /// Name that people see.
    pub name: String,
    /// What is sent.
    pub content: Content,
    /// To whom; none: as before, which a new one has not.
    pub whom: Option<Whom>,
    /// An article found to be a copy is sent nevertheless.
    pub ignore_reprint: bool,
    /// Step of the speed, 0 to 4; none: as it is set at WeChat.
    pub speed: Option<i64>,
    /// When, Unix ms; none: as soon as it is approved.
    pub at: Option<i64>,
}

impl NewBroadcast {
    /// What is wrong, as far as that can be told without looking anything up.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let name = self.name.trim();
        if name.is_empty() {
            problems.push(Problem::new("name", "broadcast.no_name"));
        } else if name.chars().count() > NAME_CHARS {
            problems.push(Problem::new("name", "broadcast.name_chars").with("max", NAME_CHARS));
        }
        problems.extend(self.content.problems());
        if self.speed.is_some_and(|speed| !(0..=SLOWEST).contains(&speed)) {
            problems.push(Problem::new("speed", "broadcast.speed"));
        }
        if let Some(Whom::Given { openids, .. }) = &self.whom {
            problems.extend(given_problem(openids));
        }
        problems
    }
}

fn given_problem(openids: &[String]) -> Option<Problem> {
    let is_one = |openid: &str| {
        !openid.is_empty()
            && openid.len() <= OPENID_BYTES
            && openid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    if openids.len() > MOST_GIVEN {
        return Some(Problem::new("list", "broadcast.list_long").with("max", MOST_GIVEN));
    }
    if let Some((at, openid)) = openids.iter().enumerate().find(|(_, openid)| !is_one(openid)) {
        let shown: String = openid.chars().take(40).collect();
        return Some(Problem::new("list", "broadcast.list_line").with("line", at + 1).with("is", shown));
    }
    (openids.len() < 2).then(|| Problem::new("list", "broadcast.list_short"))
}

/// The openids of a text: one a line, or kept apart by commas, semicolons or spaces; each once, in their order.
pub fn openids_of(text: &str) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '，' | '；' | '"'));
    let words = words.map(|word| word.trim_matches('\u{feff}')).filter(|word| !word.is_empty());
    // What spreadsheets write above a column is no openid.
    let words = words.filter(|word| !word.eq_ignore_ascii_case("openid"));
    words.filter(|word| seen.insert(*word)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Content {
        Content::Text { text: text.into() }
    }

    fn keys(content: &Content) -> Vec<&'static str> {
        content.problems().iter().map(|problem| problem.key).collect()
    }

    #[test]
    fn a_text_is_counted_in_bytes() {
        assert!(keys(&text(&"a".repeat(TEXT_BYTES))).is_empty());
        assert_eq!(keys(&text(&"a".repeat(TEXT_BYTES + 1))), ["broadcast.text_bytes"]);
        assert_eq!(keys(&text(&"茶".repeat(683))), ["broadcast.text_bytes"]);
        assert!(keys(&text(&"茶".repeat(682))).is_empty());
        assert_eq!(keys(&text(" \n")), ["broadcast.empty_text"]);
    }

    #[test]
    fn pasted_openids_are_read_once_each_and_in_order() {
        assert_eq!(openids_of("\u{feff}openid\r\noA1,\"oB2\"\n\noA1；oC3"), ["oA1", "oB2", "oC3"]);
        let key = |openids: &[&str]| {
            let openids: Vec<_> = openids.iter().map(|one| (*one).to_owned()).collect();
            given_problem(&openids).map(|problem| problem.key)
        };
        assert_eq!(key(&["oA1"]), Some("broadcast.list_short"));
        assert_eq!(key(&["oA1", "<b>"]), Some("broadcast.list_line"));
        assert_eq!(key(&["oA1", "oB2"]), None);
    }

    #[test]
    fn what_is_stored_is_read_back() {
        let content = Content::Image { materials: vec![3, 4], recommend: "新茶".into(), comments: true };
        let json = serde_json::to_string(&content).unwrap();
        assert_eq!(serde_json::from_str::<Content>(&json).unwrap(), content);
        let audience = Audience::Filter { filter: Filter { tag: Some(7), ..Filter::default() } };
        let json = serde_json::to_string(&audience).unwrap();
        assert_eq!(serde_json::from_str::<Audience>(&json).unwrap(), audience);
    }
}
