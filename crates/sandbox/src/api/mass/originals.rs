//! The check for articles of others.

use std::collections::HashMap;

use super::content::Message;
use crate::Sandbox;
use crate::xml::{Fields, nested, number, text};

/// What the check found.
pub(super) struct Check {
    /// Places of articles that are another account's, from 1, and whether they may be reprinted.
    hits: Vec<(usize, bool)>,
    /// Whether there was anything to check.
    checked: bool,
    /// The number of the reason why it is not sent.
    pub(super) refused: Option<i64>,
}

/// An article is known by its title here.
pub(super) fn check(originals: &HashMap<String, bool>, message: &Message, reprints: bool) -> Check {
    let hit = |(place, title): (usize, String)| originals.get(&title).map(|may| (place + 1, *may));
    let hits: Vec<_> = message.titles().into_iter().enumerate().filter_map(hit).collect();
    let refused = if hits.iter().any(|(_, may_reprint)| !may_reprint) {
        Some(30002)
    } else if !hits.is_empty() && !reprints {
        Some(30003)
    } else {
        None
    };
    Check { hits, checked: message.kind == "mpnews", refused }
}

impl Check {
    /// `CopyrightCheckResult`. `CheckState`: 1 nothing found, 2 reprints that may be sent, 3 that may not.
    pub(super) fn fields(&self) -> Fields {
        let items: Fields = self
            .hits
            .iter()
            .map(|(place, may_reprint)| {
                let can = u8::from(*may_reprint);
                nested(
                    "item",
                    vec![
                        number("ArticleIdx", place),
                        number("UserDeclareState", 0),
                        number("AuditState", 2),
                        text("OriginalArticleUrl", format!("https://mp.weixin.qq.com/s/original-{place}")),
                        number("OriginalArticleType", 1),
                        number("CanReprint", can),
                        number("NeedReplaceContent", can),
                        number("NeedShowReprintSource", can),
                    ],
                )
            })
            .collect();
        let state = match (self.checked, self.hits.is_empty(), &self.refused) {
            (false, ..) => 0,
            (_, true, _) => 1,
            (_, _, None) => 2,
            (_, _, Some(_)) => 3,
        };
        vec![number("Count", items.len()), nested("ResultList", items), number("CheckState", state)]
    }
}

impl Sandbox {
    /// Says that an article with this title is another account's original, and whether it may be reprinted: what this
    /// account then sends under that title to many is a reprint. Nothing happens when there is no such account.
    pub fn declare_original(&self, appid: &str, title: impl Into<String>, may_reprint: bool) {
        if let Some(account) = self.inner.world().apps.get_mut(appid) {
            account.families.mass.originals.insert(title.into(), may_reprint);
        }
    }
}
