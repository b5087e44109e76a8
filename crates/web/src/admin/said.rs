//! `/admin/chats/said`: what was said in all conversations of the account, by its words.

use std::{collections::HashMap, sync::Arc};

use askama::Template;
use axum::extract::{RawQuery, State};
use puzi_shop::{
    followers, inbox,
    said::{self, Ask, By, Found, Hit, LONGEST_QUESTION},
};

use super::{
    desk::Desk,
    error::{Answer, Failure},
    form::Form,
    routes::{Routes, may},
    shell::{Shell, page},
    when,
};
use crate::App;

const PATH: &str = "/admin/chats/said";
/// Hits on a page.
const PAGE: usize = 30;
/// What is shown of a long text before and behind the first word that was found, characters.
const BEFORE: usize = 24;
const BEHIND: usize = 120;
/// MsgTypes that one can ask for.
const KINDS: [&str; 7] = ["text", "image", "voice", "video", "location", "link", "miniprogrampage"];
const SPEAKERS: [By; 4] = [By::Follower, By::Staff, By::Agent, By::Rule];

pub(super) fn routes() -> Routes {
    Routes::new().get(PATH, may("chats.view+inbox.view"), show)
}

/// A hit as it is shown.
struct Line {
    name: String,
    /// Where the conversation is; none while the inbox does not know it yet.
    href: Option<String>,
    at: i64,
    by: &'static str,
    /// The member of staff, or the agent.
    who: String,
    kind: String,
    /// Pieces of the text; true: asked for.
    pieces: Vec<(bool, String)>,
}

#[derive(Template)]
#[template(path = "admin/chats/said.html")]
struct Page {
    shell: Shell,
    account: Option<String>,
    form: Form,
    kinds: Vec<(&'static str, bool)>,
    speakers: Vec<(&'static str, bool)>,
    /// None: nothing was asked yet.
    lines: Option<Vec<Line>>,
    problem: Option<String>,
    next: Option<String>,
    /// The page ended before it was full, because so much was looked at.
    short: bool,
    /// Percent of the messages that the index knows.
    indexed: u8,
}

/// `GET /admin/chats/said?q=&kind=&by=&from=&until=&after=`
async fn show(State(app): State<Arc<App>>, desk: Desk, RawQuery(query): RawQuery) -> Answer {
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    let chosen = desk.account.and_then(|id| desk.live(&app, id).ok());
    let ask = ask(&desk, &form);
    let asked = !ask.words.is_empty() || !ask.kinds.is_empty() || !ask.by.is_empty() || ask.from.is_some();
    let (mut lines, mut problem, mut next, mut short, mut indexed) = (None, None, None, false, 100);
    if let (Some(live), true) = (&chosen, asked) {
        let after = Some(form.trimmed("after")).filter(|after| !after.is_empty());
        match said::search(&app.db, &desk.reach, live.account.id, &ask, after.as_deref(), PAGE).await {
            Ok(found) => {
                short = found.next.is_some() && found.hits.len() < PAGE;
                next = found.next.as_deref().map(|after| address(&form, after));
                indexed = found.indexed;
                lines = Some(lines_of(&app, &desk, found).await?);
            }
            Err(puzi_shop::Error::Invalid(problems)) => {
                problem = problems.first().map(|problem| problem.message(desk.locale));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let shell = Shell::new(&app, &desk, desk.t("said.title")).active("chats");
    let account = chosen.map(|live| live.account.name.clone());
    let kinds = KINDS.map(|kind| (kind, form.trimmed("kind") == kind)).to_vec();
    let speakers = SPEAKERS.map(|by| (by.as_str(), form.trimmed("by") == by.as_str())).to_vec();
    page(&Page { shell, account, form, kinds, speakers, lines, problem, next, short, indexed })
}

fn ask(desk: &Desk, form: &Form) -> Ask {
    let kind = form.trimmed("kind");
    let day = |name: &str, days: i64| when::start_of_day(&form.trimmed(name), days, &desk.zone);
    Ask {
        words: form.trimmed("q"),
        kinds: KINDS.iter().filter(|known| **known == kind).map(|kind| (*kind).to_owned()).collect(),
        by: By::read(&form.trimmed("by")).into_iter().collect(),
        from: day("from", 0),
        // The last day is meant whole.
        until: day("until", 1),
    }
}

/// The address of the page behind `after`.
fn address(form: &Form, after: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for name in ["q", "kind", "by", "from", "until"] {
        let value = form.trimmed(name);
        if !value.is_empty() {
            query.append_pair(name, &value);
        }
    }
    format!("{PATH}?{}", query.append_pair("after", after).finish())
}

async fn lines_of(app: &App, desk: &Desk, found: Found) -> Result<Vec<Line>, Failure> {
    let whose: Vec<_> = found.hits.iter().map(|hit| (hit.account_id, hit.openid.clone())).collect();
    let faces = followers::faces(&app.db, &whose, desk.locale).await?;
    let chats = inbox::chats_with(app.db.read(), &whose).await?;
    Ok(found.hits.into_iter().map(|hit| line(desk, hit, &faces, &chats)).collect())
}

fn line(
    desk: &Desk,
    hit: Hit,
    faces: &HashMap<(i64, String), followers::Face>,
    chats: &HashMap<(i64, String), i64>,
) -> Line {
    let whose = (hit.account_id, hit.openid.clone());
    let href = chats.get(&whose).filter(|_| desk.may("inbox.view"));
    Line {
        name: faces.get(&whose).map_or_else(|| hit.openid.clone(), |face| face.name.clone()),
        href: href.map(|chat| format!("/admin/inbox/{chat}?at={key}#e-{key}", key = hit.key())),
        at: hit.at,
        by: hit.by.as_str(),
        pieces: pieces(&hit),
        who: hit.name,
        kind: hit.kind,
    }
}

/// The text around the first word that was found, in pieces.
fn pieces(hit: &Hit) -> Vec<(bool, String)> {
    let text = &hit.text;
    let first = hit.marks.first().map_or(0, |mark| mark.start);
    let start = text[..first].char_indices().rev().nth(BEFORE).map_or(0, |(at, _)| at);
    let end = text[first..].char_indices().nth(BEHIND).map_or(text.len(), |(at, _)| first + at);
    let mut pieces = Vec::new();
    if start > 0 {
        pieces.push((false, "…".to_owned()));
    }
    let mut at = start;
    for mark in hit.marks.iter().filter(|mark| mark.end <= end) {
        pieces.push((false, text[at..mark.start].to_owned()));
        pieces.push((true, text[mark.clone()].to_owned()));
        at = mark.end;
    }
    pieces.push((false, text[at..end].to_owned()));
    if end < text.len() {
        pieces.push((false, "…".to_owned()));
    }
    pieces.retain(|(_, piece)| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(text: &str, mark: &str) -> Hit {
        let marks = text.match_indices(mark).map(|(at, found)| at..at + found.len()).collect();
        Hit {
            source: said::Source::Messages,
            id: 1,
            account_id: 1,
            openid: "o".into(),
            at: 0,
            by: By::Follower,
            name: String::new(),
            kind: "text".into(),
            text: text.into(),
            marks,
        }
    }

    #[test]
    fn a_long_text_is_cut_around_the_word() {
        let text = format!("{}绿茶{}", "前".repeat(40), "后".repeat(200));
        let pieces = pieces(&hit(&text, "绿茶"));
        assert_eq!(pieces[0].1, "…");
        assert_eq!(pieces[1].1.chars().count(), BEFORE + 1);
        assert_eq!(pieces[2], (true, "绿茶".to_owned()));
        assert_eq!(pieces.last().unwrap().1, "…");
    }

    #[test]
    fn a_short_text_is_whole_and_a_word_across_the_cut_is_left_plain() {
        assert_eq!(pieces(&hit("要绿茶", "绿茶")), [(false, "要".to_owned()), (true, "绿茶".to_owned())]);
        let text = format!("绿茶{}绿茶", "后".repeat(117));
        let shown: String = pieces(&hit(&text, "绿茶")).into_iter().map(|(_, piece)| piece).collect();
        assert!(shown.starts_with("绿茶后") && shown.ends_with("绿…"), "{shown}");
    }
}
