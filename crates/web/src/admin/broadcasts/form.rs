//! The form of a broadcast: what was typed becomes what the use cases take, and the other way round.

use jiff::{Timestamp, civil, tz::TimeZone};
use puzi_shop::{
    broadcasts::{Audience, Broadcast, Content, NewBroadcast, Whom, openids_of},
    followers::Filter,
};

use crate::admin::{desk::Desk, form::Form};

/// The fields as they stand on the page.
pub(super) const ORDER: [&str; 17] = [
    "name",
    "text",
    "draft_id",
    "materials",
    "recommend",
    "voice_id",
    "video_id",
    "title",
    "description",
    "to",
    "tag",
    "filter.tag",
    "filter.followed_from",
    "filter.spoke_from",
    "list",
    "at",
    "speed",
];

/// What a new form begins with.
pub(super) fn empty(draft: Option<&str>) -> Form {
    match draft {
        Some(draft) => Form::of([("kind", "mpnews"), ("draft_id", draft), ("to", "all")]),
        None => Form::of([("kind", "text"), ("to", "all")]),
    }
}

/// Reads the form; what cannot be read is said beside its field, and none comes of it. `before`: what is changed.
pub(super) fn read(desk: &Desk, form: &mut Form, before: Option<&Broadcast>) -> Option<NewBroadcast> {
    let content = content(form);
    let whom = whom(desk, form, before);
    let at = moment(desk, form);
    let speed = Some(form.trimmed("speed")).filter(|speed| !speed.is_empty()).map(|speed| speed.parse().unwrap_or(-1));
    let (Some(content), true) = (content, form.is_fine()) else { return None };
    let ignore_reprint = form.has("ignore_reprint");
    Some(NewBroadcast { name: form.trimmed("name"), content, whom, ignore_reprint, speed, at })
}

/// What is sent, as the form says it; none when its kind is none.
pub(super) fn content(form: &Form) -> Option<Content> {
    let number = |name: &str| form.value(name).parse().unwrap_or_default();
    Some(match form.value("kind") {
        "text" => Content::Text { text: form.value("text").replace("\r\n", "\n") },
        "mpnews" => Content::Mpnews { draft_id: number("draft_id") },
        "image" => Content::Image {
            materials: form.all("materials").iter().filter_map(|id| id.parse().ok()).collect(),
            recommend: form.trimmed("recommend"),
            comments: form.has("comments"),
        },
        "voice" => Content::Voice { material_id: number("voice_id") },
        "mpvideo" => Content::Mpvideo {
            material_id: number("video_id"),
            title: form.trimmed("title"),
            description: form.trimmed("description"),
        },
        _ => return None,
    })
}

/// To whom; none: as before.
pub(super) fn whom(desk: &Desk, form: &mut Form, before: Option<&Broadcast>) -> Option<Whom> {
    match form.value("to") {
        "all" => Some(Whom::All),
        "tag" => Some(Whom::Tag(form.value("tag").parse().unwrap_or_default())),
        "filter" => match filter(form, &desk.zone) {
            Ok(filter) => Some(Whom::Filter(filter)),
            Err(field) => {
                form.refuse(field, desk.t("broadcasts.bad_date"));
                None
            }
        },
        "file" => {
            let openids = openids_of(form.value("list"));
            let kept = before.is_some_and(|before| matches!(before.audience, Audience::File { .. }));
            if openids.is_empty() && kept {
                return None;
            }
            Some(Whom::Given { name: desk.t("broadcasts.pasted"), openids })
        }
        _ => {
            form.refuse("to", desk.t("broadcasts.choose_audience"));
            None
        }
    }
}

fn filter(form: &Form, zone: &TimeZone) -> Result<Filter, &'static str> {
    let mut filter = Filter { tag: form.value("filter.tag").parse().ok(), ..Filter::default() };
    let day = |name: &'static str| -> Result<Option<i64>, &'static str> {
        let typed = form.trimmed(name);
        if typed.is_empty() {
            return Ok(None);
        }
        let day: civil::Date = typed.parse().map_err(|_| name)?;
        let begin = day.to_zoned(zone.clone()).map_err(|_| name)?;
        Ok(Some(begin.timestamp().as_millisecond()))
    };
    filter.followed.from = day("filter.followed_from")?;
    filter.spoke.from = day("filter.spoke_from")?;
    Ok(filter)
}

/// When it goes out; what is no time is said.
fn moment(desk: &Desk, form: &mut Form) -> Option<i64> {
    let typed = form.trimmed("at");
    if typed.is_empty() {
        return None;
    }
    let local: Option<civil::DateTime> = typed.parse().ok();
    let at = local.and_then(|local| local.to_zoned(desk.zone.clone()).ok());
    if at.is_none() {
        form.refuse("at", desk.t("broadcasts.bad_date"));
    }
    at.map(|at| at.timestamp().as_millisecond())
}

/// The form that a broadcast is changed with.
pub(super) fn of(desk: &Desk, broadcast: &Broadcast) -> Form {
    let mut values: Vec<(&'static str, String)> = vec![
        ("name", broadcast.name.clone()),
        ("kind", broadcast.content.kind().to_owned()),
        ("version", broadcast.version.to_string()),
    ];
    match &broadcast.content {
        Content::Text { text } => values.push(("text", text.clone())),
        Content::Mpnews { draft_id } => values.push(("draft_id", draft_id.to_string())),
        Content::Image { materials, recommend, comments } => {
            values.extend(materials.iter().map(|id| ("materials", id.to_string())));
            values.push(("recommend", recommend.clone()));
            values.extend(comments.then(|| ("comments", "on".to_owned())));
        }
        Content::Voice { material_id } => values.push(("voice_id", material_id.to_string())),
        Content::Mpvideo { material_id, title, description } => {
            values.push(("video_id", material_id.to_string()));
            values.push(("title", title.clone()));
            values.push(("description", description.clone()));
        }
    }
    match &broadcast.audience {
        Audience::All => values.push(("to", "all".into())),
        Audience::Tag { tag, .. } => values.extend([("to", "tag".to_owned()), ("tag", tag.to_string())]),
        Audience::File { .. } => values.push(("to", "file".into())),
        Audience::Filter { filter } => {
            values.push(("to", "filter".into()));
            values.extend(filter.tag.map(|tag| ("filter.tag", tag.to_string())));
            values.extend(filter.followed.from.map(|at| ("filter.followed_from", day(at, &desk.zone))));
            values.extend(filter.spoke.from.map(|at| ("filter.spoke_from", day(at, &desk.zone))));
        }
    }
    values.extend(broadcast.ignore_reprint.then(|| ("ignore_reprint", "on".to_owned())));
    values.extend(broadcast.speed.map(|speed| ("speed", speed.to_string())));
    values.extend(broadcast.at.map(|at| ("at", local(at, &desk.zone, "%Y-%m-%dT%H:%M"))));
    Form::of(values)
}

fn day(at: i64, zone: &TimeZone) -> String {
    local(at, zone, "%Y-%m-%d")
}

fn local(at: i64, zone: &TimeZone, format: &str) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(zone.clone());
    at.strftime(format).to_string()
}
