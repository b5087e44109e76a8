//! What the inbox's templates show, put into the reader's words.

use std::collections::HashMap;

use puzi_shop::{
    accounts::Reach,
    followers::{self, Follower, Known, Person},
    inbox::{
        Bubble, Chat, Entry, Filter, ListPlace, Listed, MediaState, MediaView, Note, SendState, Side, Speaker, phrases,
    },
    media_type::MediaType,
};

use super::{window::WindowBar, words};
use crate::admin::{desk::Desk, followers::picture, resource::Markup, shell::Shell};

/// A pause longer than this shows the time again, ms.
const PAUSE_MS: i64 = 5 * 60_000;

/// The list's filter, as it stands in the address.
#[derive(Debug, Clone, Default)]
pub(crate) struct FilterView {
    /// `all`, `unread`, `mine`, `unassigned` or `waiting`.
    pub(crate) view: String,
    pub(crate) search: String,
    pub(crate) account: Option<i64>,
}

impl FilterView {
    pub(super) const VIEWS: [&'static str; 5] = ["all", "unread", "mine", "unassigned", "waiting"];

    pub(super) fn filter(&self, desk: &Desk) -> Filter {
        Filter {
            account_id: self.account,
            unread: self.view == "unread",
            assigned_to: (self.view == "mine").then_some(desk.staff.id),
            unassigned: self.view == "unassigned",
            waiting: self.view == "waiting",
            search: self.search.clone(),
        }
    }

    /// `?view=…&q=…&account=…`, with what is not usual; `view` in the place of the chosen one.
    pub(crate) fn query(&self, view: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if view != "all" && !view.is_empty() {
            query.append_pair("view", view);
        }
        if !self.search.is_empty() {
            query.append_pair("q", &self.search);
        }
        if let Some(account) = self.account {
            query.append_pair("account", &account.to_string());
        }
        match query.finish() {
            empty if empty.is_empty() => empty,
            query => format!("?{query}"),
        }
    }

    /// The same as it is now.
    pub(crate) fn here(&self) -> String {
        self.query(&self.view)
    }

    /// With where the next page begins.
    pub(super) fn more(&self, place: ListPlace) -> String {
        let here = self.here();
        let sign = if here.is_empty() { '?' } else { '&' };
        format!("{here}{sign}from={}", place.to_text())
    }

    pub(crate) fn is_account(&self, id: &i64) -> bool {
        self.account == Some(*id)
    }

    pub(crate) fn is_narrow(&self) -> bool {
        self.view != "all" || !self.search.is_empty() || self.account.is_some()
    }
}

/// A line of the list.
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) picture: Markup,
    pub(crate) account: Option<String>,
    pub(crate) summary: String,
    pub(crate) ours: bool,
    pub(crate) at: i64,
    pub(crate) unread: i64,
    pub(crate) waiting_since: Option<i64>,
    pub(crate) assigned: Option<String>,
    pub(crate) done: bool,
}

/// Names of what numbers stand for.
pub(super) struct Names {
    pub(super) accounts: Vec<(i64, String)>,
    pub(super) staff: HashMap<i64, String>,
    /// Whom one may hand a conversation to, with what they see.
    pub(super) colleagues: Vec<(i64, String, Reach)>,
}

impl Names {
    pub(super) fn account(&self, id: i64) -> String {
        self.accounts.iter().find(|(known, _)| *known == id).map(|(_, name)| name.clone()).unwrap_or_default()
    }
}

impl Row {
    pub(super) fn of(listed: Listed, names: &Names, desk: &Desk) -> Self {
        let Listed { chat, person } = listed;
        let (name, picture) = shown(person.as_ref(), &chat.openid, desk);
        Self {
            name,
            picture,
            id: chat.id,
            account: (desk.view.one().is_none() && names.accounts.len() > 1).then(|| names.account(chat.account_id)),
            summary: summary(&chat, desk),
            ours: !chat.last_inbound && chat.last_at > 0,
            at: chat.last_at,
            unread: chat.unread,
            waiting_since: chat.waiting_since,
            assigned: chat.assigned_id.map(|id| staff_name(id, names, desk)),
            done: chat.status == "done",
        }
    }
}

/// What a follower is called and shown as, here as everywhere.
fn shown(person: Option<&Person>, openid: &str, desk: &Desk) -> (String, Markup) {
    let mut person = person.cloned();
    if let Some(person) = person.as_mut().filter(|_| !desk.may("followers.view")) {
        // The address of their picture is of the followers' pages.
        person.picture = None;
    }
    let face = match &person {
        Some(person) => person.face(openid, desk.locale),
        None => followers::face(openid, Known::default(), desk.locale),
    };
    let picture = picture(person.map_or(0, |person| person.id), &face);
    (face.name, picture)
}

fn staff_name(id: i64, names: &Names, desk: &Desk) -> String {
    names.staff.get(&id).cloned().unwrap_or_else(|| desk.t("inbox.side.former"))
}

fn summary(chat: &Chat, desk: &Desk) -> String {
    if chat.last_kind == "text" || chat.last_kind.is_empty() {
        return words::with_faces(&chat.last_summary);
    }
    let key = format!("inbox.kind.{}", chat.last_kind);
    let kind = crate::texts::find(desk.locale, &key).map_or_else(|| desk.t("inbox.kind.other"), str::to_owned);
    // A media id says nothing to anybody.
    let telling = matches!(chat.last_kind.as_str(), "location" | "link" | "news" | "music" | "voice" | "file");
    if telling && chat.last_inbound || chat.last_kind == "news" {
        format!("{kind} {}", chat.last_summary)
    } else {
        kind
    }
}

/// The open conversation.
pub(crate) struct ChatView {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) picture: Markup,
    pub(crate) openid: String,
    pub(crate) account: String,
    pub(crate) unread: i64,
    pub(crate) done: bool,
    pub(crate) assigned_id: Option<i64>,
    pub(crate) assigned: Option<String>,
    pub(crate) mine: bool,
    pub(crate) colleagues: Vec<(i64, String)>,
    pub(crate) follower: Option<Follower>,
    pub(crate) notes: Vec<NoteView>,
    pub(crate) window: WindowBar,
}

/// A note on the follower.
pub(crate) struct NoteView {
    pub(crate) id: i64,
    pub(crate) author: String,
    pub(crate) text: String,
    pub(crate) at: i64,
    pub(crate) changed: bool,
    pub(crate) own: bool,
}

/// A note as `desk` sees it.
pub(in crate::admin) fn note_view(note: Note, desk: &Desk) -> NoteView {
    NoteView {
        own: note.staff_id == Some(desk.staff.id),
        id: note.id,
        author: note.staff_name,
        text: note.text,
        at: note.created_at,
        changed: note.updated_at != note.created_at,
    }
}

/// A quick phrase with its places filled.
pub(crate) struct PhraseView {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) group: String,
    pub(crate) shortcut: String,
}

impl ChatView {
    pub(super) fn of(
        chat: &Chat,
        (follower, person): (Option<Follower>, Option<Person>),
        notes: Vec<Note>,
        names: &Names,
        desk: &Desk,
        now: i64,
    ) -> Self {
        let (name, picture) = shown(person.as_ref(), &chat.openid, desk);
        Self {
            id: chat.id,
            name,
            picture,
            openid: chat.openid.clone(),
            account: names.account(chat.account_id),
            unread: chat.unread,
            done: chat.status == "done",
            assigned_id: chat.assigned_id,
            assigned: chat.assigned_id.map(|id| staff_name(id, names, desk)),
            mine: chat.assigned_id == Some(desk.staff.id),
            colleagues: names
                .colleagues
                .iter()
                .filter(|(id, _, reach)| Some(*id) != chat.assigned_id && reach.sees(chat.account_id))
                .map(|(id, name, _)| (*id, name.clone()))
                .collect(),
            follower,
            notes: notes.into_iter().map(|note| note_view(note, desk)).collect(),
            window: WindowBar::of(chat, desk, now),
        }
    }

    pub(super) fn phrase(&self, phrase: phrases::entity::Model, desk: &Desk, shop: &str) -> PhraseView {
        let nickname = self.follower.as_ref().and_then(|follower| follower.nickname.clone()).unwrap_or_default();
        let values = [
            ("nickname", nickname.as_str()),
            ("staff", desk.staff.name.as_str()),
            ("shop", shop),
            ("account", self.account.as_str()),
        ];
        PhraseView {
            text: phrases::fill(&phrase.text, &values),
            title: phrase.title,
            group: phrase.group_name,
            shortcut: phrase.shortcut,
        }
    }
}

/// An entry of the timeline.
pub(crate) struct EntryView {
    pub(crate) key: String,
    pub(crate) id: i64,
    /// `them`, `us` or `mid`.
    pub(crate) side: &'static str,
    pub(crate) speaker: String,
    /// The rule that spoke.
    pub(crate) rule: Option<i64>,
    pub(crate) at: i64,
    /// The time is shown above it: there was a pause.
    pub(crate) stamp: bool,
    pub(crate) bubble: Option<Bubble>,
    /// A line between the messages.
    pub(crate) line: String,
    pub(crate) sending: Option<SendingView>,
    /// The picture is one of the staff's.
    pub(crate) by_staff: bool,
}

/// How the sending of a staff's message stands.
pub(crate) struct SendingView {
    /// `queued`, `sending`, `sent`, `failed` or `unknown`.
    pub(crate) state: &'static str,
    pub(crate) words: String,
    /// Why, in plain words.
    pub(crate) reason: String,
    pub(crate) code: Option<i64>,
    pub(crate) retry: Option<String>,
}

/// The entries as they are shown; `rules` are the names of the account's rules.
pub(in crate::admin) fn entries(entries: Vec<Entry>, rules: &HashMap<i64, String>, desk: &Desk) -> Vec<EntryView> {
    let mut before = i64::MIN;
    let mut views = Vec::with_capacity(entries.len());
    for entry in entries {
        let stamp = entry.at.saturating_sub(before) > PAUSE_MS;
        before = before.max(entry.at);
        views.push(EntryView::of(entry, stamp, rules, desk));
    }
    views
}

impl EntryView {
    fn of(entry: Entry, stamp: bool, rules: &HashMap<i64, String>, desk: &Desk) -> Self {
        let speaker = match &entry.speaker {
            Speaker::Follower => String::new(),
            Speaker::Rule(rule) => match rule.and_then(|rule| rules.get(&rule)) {
                Some(name) => desk.ta("inbox.rule_of", &[("name", name.clone())]),
                None => desk.t("inbox.robot_said"),
            },
            Speaker::Staff(name) => name.clone(),
            Speaker::Agent(account) => desk.ta("inbox.agent_of", &[("name", account.clone())]),
        };
        let line = match (&entry.line, &entry.bubble) {
            (Some(line), _) => {
                let args = [("actor", line.actor.clone()), ("other", line.other.clone())];
                desk.ta(&format!("inbox.line.{}", line.kind), &args)
            }
            (None, Some(Bubble::Event(event))) => {
                desk.ta(&format!("inbox.event.{}", event.key), &[("value", event.value.clone())])
            }
            _ => String::new(),
        };
        let sending = entry.sending.as_ref().map(|sent| SendingView::of(sent.state(), sent.errcode, &entry, desk));
        Self {
            side: match entry.side {
                Side::Them => "them",
                Side::Us => "us",
                Side::Middle => "mid",
            },
            by_staff: entry.sending.is_some(),
            rule: if let Speaker::Rule(rule) = entry.speaker {
                rule.filter(|rule| rules.contains_key(rule))
            } else {
                None
            },
            key: entry.key,
            id: entry.id,
            speaker,
            at: entry.at,
            stamp,
            bubble: entry.bubble,
            line,
            sending,
        }
    }

    /// Where a file of this entry lies.
    pub(crate) fn file(&self, chat: &i64, part: &str) -> String {
        match self.by_staff {
            true => format!("/admin/inbox/{chat}/sent/{}", self.id),
            false => format!("/admin/inbox/{chat}/media/{}/{part}", self.id),
        }
    }
}

impl SendingView {
    fn of(state: SendState, errcode: Option<i64>, entry: &Entry, desk: &Desk) -> Self {
        let reason = match (state, errcode) {
            (SendState::Failed, Some(code)) => {
                let known = crate::texts::find(desk.locale, &format!("inbox.error.{code}"));
                known.map_or_else(|| desk.t("inbox.error.other"), str::to_owned)
            }
            (SendState::Failed, None) => desk.t("inbox.error.no_code"),
            (SendState::Unknown, _) => desk.t("inbox.state.unknown_about"),
            _ => String::new(),
        };
        let retry = match state {
            SendState::Unknown => "inbox.state.retry_unknown",
            _ => "inbox.state.retry",
        };
        Self {
            state: state.as_str(),
            words: desk.t(&format!("inbox.state.{}", state.as_str())),
            reason,
            code: errcode,
            retry: entry.can_be_retried().then(|| desk.t(retry)),
        }
    }
}

/// How the template shows a file: `waiting`, `gone`, `failed`, or what it is.
pub(crate) fn media_kind(media: &MediaView) -> &'static str {
    match media.state {
        MediaState::Waiting => "waiting",
        MediaState::Gone => "gone",
        MediaState::Failed => "failed",
        MediaState::Kept => match MediaType::of_mime(&media.content_type) {
            MediaType::Picture(_) => "picture",
            MediaType::Sound(_) => "sound",
            MediaType::Amr => "amr",
            MediaType::Film(_) => "film",
            MediaType::Other => "other",
        },
    }
}

/// `3.4 MB`.
pub(crate) fn size(bytes: &u64) -> String {
    match *bytes {
        b if b < 1024 => format!("{b} B"),
        b if b < 1 << 20 => format!("{:.0} KB", b as f64 / 1024.0),
        b => format!("{:.1} MB", b as f64 / f64::from(1 << 20)),
    }
}

/// Streets of a sketch around a place: not a map, but the same place looks the same.
pub(crate) fn streets(latitude: &f64, longitude: &f64) -> Vec<[i32; 4]> {
    let part = |value: f64, factor: f64| ((value * factor).fract().abs() * 40.0) as i32;
    let (a, b, c) = (part(*latitude, 1000.0), part(*longitude, 1000.0), part(latitude + longitude, 100.0));
    vec![
        [0, 20 + a, 240, 8 + b],
        [0, 70 + b, 240, 86 + c / 2],
        [20 + c, 0, 44 + a, 120],
        [120 + b / 2, 0, 108 + c / 2, 120],
        [190 + a / 2, 0, 214 - b / 2, 120],
    ]
}

/// Where a place can be looked at on a map. WeChat's degrees are Tencent's.
pub(crate) fn map_url(latitude: &f64, longitude: &f64, label: &str) -> String {
    let marker = format!("coord:{latitude:.6},{longitude:.6};title:{}", label.replace([';', ':'], " "));
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("marker", &marker).append_pair("referer", "puzi");
    format!("https://apis.map.qq.com/uri/v1/marker?{}", query.finish())
}

/// The frame of the inbox.
pub(super) fn shell(app: &crate::App, desk: &Desk) -> Shell {
    Shell::new(app, desk, desk.t("inbox.title")).active("inbox")
}
