//! Subscription notifications: the account's templates, what users agreed to, and sending.

mod agreements;
pub(super) mod formats;
pub(super) mod library;
pub(super) mod send;

use std::collections::HashMap;

use serde_json::{Value, json};

use super::ask::{BAD_FORMAT, text, text_or_empty};
use super::{Answered, ApiError, Call, Endpoint, Reply, read, write};
use crate::world::{Inner, World};

use agreements::Agreement;
use library::{CATEGORIES, Keyword, Title};

/// Calls a day of those that the limits page does not name.
const DAILY: u32 = 100_000;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    write("/wxaapi/newtmpl/addtemplate", DAILY, add),
    write("/wxaapi/newtmpl/deltemplate", DAILY, delete),
    read("/wxaapi/newtmpl/gettemplate", DAILY, list),
    read("/wxaapi/newtmpl/getcategory", DAILY, categories),
    read("/wxaapi/newtmpl/getpubtemplatetitles", DAILY, titles),
    read("/wxaapi/newtmpl/getpubtemplatekeywords", DAILY, keywords),
    write("/cgi-bin/message/subscribe/bizsend", 10_000_000, send::send),
];

/// Templates that an account may have.
const TEMPLATES: usize = 25;
/// Keywords of a template.
const KEYWORDS: std::ops::RangeInclusive<usize> = 2..=5;
/// Characters of `sceneDesc`.
const SCENE: usize = 15;
/// Titles of one page.
const PAGE: usize = 30;

/// What the account keeps of it.
#[derive(Default)]
pub(crate) struct State {
    templates: Vec<Template>,
    /// By openid and template.
    agreements: HashMap<(String, String), Agreement>,
    last_message: u64,
}

/// A template of the account's own.
struct Template {
    id: String,
    title: &'static Title,
    keywords: Vec<&'static Keyword>,
    /// What it is used for.
    scene: String,
}

impl State {
    fn template(&self, id: &str) -> Option<&Template> {
        self.templates.iter().find(|template| template.id == id)
    }

    /// Id, title and scene of each template.
    pub(crate) fn shown(&self) -> Vec<(&str, &str, &str)> {
        self.templates.iter().map(|one| (one.id.as_str(), one.title.name, one.scene.as_str())).collect()
    }
}

/// An error that names a field, as [`ApiError`] cannot.
pub(super) fn invalid_field(key: &str) -> Reply {
    Reply::Json(json!({ "errcode": 47003, "errmsg": format!("argument invalid! data.{key}.value invalid") }))
}

/// `POST /wxaapi/newtmpl/addtemplate`, addwxanewtemplate; the body may be a form too.
fn add(_: &Inner, world: &mut World, call: &Call) -> Answered {
    const BAD_TITLE: ApiError = ApiError::new(200_014, "tid does not exist");
    const BAD_KEYWORDS: ApiError = ApiError::new(200_020, "invalid keywords");
    const BAD_SCENE: ApiError = ApiError::new(200_021, "invalid sceneDesc");
    let request = json_or_form(call)?;
    // A number is taken for no tid at all.
    let tid = request["tid"].as_str().unwrap_or_default();
    let title = library::title(tid).ok_or(BAD_TITLE)?;
    let kids = request["kidList"].as_array().ok_or(BAD_KEYWORDS)?;
    let mut keywords: Vec<&Keyword> = Vec::new();
    for kid in kids {
        let kid = kid.as_u64().or_else(|| kid.as_str()?.parse().ok()).ok_or(BAD_KEYWORDS)?;
        let found = title.keywords.iter().find(|keyword| u64::from(keyword.kid) == kid).ok_or(BAD_KEYWORDS)?;
        if keywords.iter().any(|keyword| keyword.kid == found.kid) {
            return Err(BAD_KEYWORDS);
        }
        keywords.push(found);
    }
    if !KEYWORDS.contains(&keywords.len()) {
        return Err(BAD_KEYWORDS);
    }
    let scene = text_or_empty(&request, "sceneDesc").map_err(|_| BAD_SCENE)?;
    if scene.chars().count() > SCENE {
        return Err(BAD_SCENE);
    }
    let id: String = world.chance.media_id().chars().take(43).collect();
    let templates = &mut world.account_mut(&call.appid).families.subscribe.templates;
    if templates.len() >= TEMPLATES {
        return Err(ApiError::new(200_012, "personal template count exceeds the limit"));
    }
    let order = |keywords: &[&Keyword]| keywords.iter().map(|keyword| keyword.kid).collect::<Vec<_>>();
    if templates.iter().any(|one| one.title.tid == tid && order(&one.keywords) == order(&keywords)) {
        return Err(ApiError::new(200_022, "a template with the same title and keywords exists"));
    }
    templates.push(Template { id: id.clone(), title, keywords, scene: scene.to_owned() });
    Ok(Reply::Json(json!({ "errcode": 0, "errmsg": "ok", "priTmplId": id })))
}

/// The body as JSON, or as a form in which a list is a name that comes several times.
fn json_or_form(call: &Call) -> Result<Value, ApiError> {
    let is_form = call.body.first().is_some_and(u8::is_ascii_alphabetic);
    if !is_form {
        return super::shelf::object(call);
    }
    let body = std::str::from_utf8(&call.body).map_err(|_| BAD_FORMAT)?;
    let uri = format!("/?{}", body.trim()).parse().map_err(|_| BAD_FORMAT)?;
    let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).map_err(|_| BAD_FORMAT)?;
    let mut request = json!({ "kidList": [] });
    for (name, value) in pairs.0 {
        match name.trim_end_matches("[]") {
            "kidList" => request["kidList"].as_array_mut().ok_or(BAD_FORMAT)?.push(value.into()),
            name => request[name] = value.into(),
        }
    }
    Ok(request)
}

/// `POST /wxaapi/newtmpl/deltemplate`, deletewxanewtemplate.
fn delete(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = json_or_form(call)?;
    let id = text(&request, "priTmplId", ApiError::new(20002, "invalid parameter"))?;
    let templates = &mut world.account_mut(&call.appid).families.subscribe.templates;
    let place = templates.iter().position(|template| template.id == id);
    templates.remove(place.ok_or(ApiError::new(20001, "system error, no such template"))?);
    Ok(Reply::ok())
}

/// `GET /wxaapi/newtmpl/gettemplate`, getwxapubnewtemplate: `type` 2 is for once, 3 lasts.
fn list(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let templates = world.account(&call.appid).families.subscribe.templates.iter();
    let list: Vec<_> = templates
        .map(|template| {
            json!({
                "priTmplId": template.id,
                "title": template.title.name,
                "content": library::lines(&template.keywords, false),
                "example": library::lines(&template.keywords, true),
                "type": kind_of(template.title),
                "keywordEnumValueList": [],
            })
        })
        .collect();
    Ok(Reply::Json(json!({ "errcode": 0, "errmsg": "ok", "data": list })))
}

fn kind_of(title: &Title) -> u8 {
    if title.lasting { 3 } else { 2 }
}

/// `GET /wxaapi/newtmpl/getcategory`, getcategory.
fn categories(_: &Inner, _: &mut World, _: &Call) -> Answered {
    let list: Vec<_> = CATEGORIES.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    Ok(Reply::Json(json!({ "errcode": 0, "errmsg": "ok", "data": list })))
}

/// `GET /wxaapi/newtmpl/getpubtemplatetitles?ids=&start=&limit=`: titles of some categories, with commas between.
fn titles(_: &Inner, _: &mut World, call: &Call) -> Answered {
    let ids = call.query("ids");
    if ids.is_empty() {
        return Err(ApiError::new(200_018, "ids missing"));
    }
    let known = |id: &str| id.trim().parse().ok().filter(|id| CATEGORIES.iter().any(|(known, _)| known == id));
    let ids: Option<Vec<u32>> = ids.split(',').map(known).collect();
    let ids = ids.ok_or(ApiError::new(200_019, "invalid ids"))?;
    let start: usize = call.query("start").parse().map_err(|_| ApiError::new(200_016, "invalid start"))?;
    let limit = call.query("limit").parse().ok().filter(|limit| (1..=PAGE).contains(limit));
    let limit = limit.ok_or(ApiError::new(200_017, "invalid limit"))?;
    let titles = library::titles_in(&ids);
    let page: Vec<_> = titles
        .iter()
        .skip(start)
        .take(limit)
        .map(|title| {
            json!({
                "tid": title.tid.parse::<u32>().ok(), "title": title.name, "type": kind_of(title),
                "categoryId": title.category.to_string(),
            })
        })
        .collect();
    Ok(Reply::Json(json!({ "errcode": 0, "errmsg": "ok", "count": titles.len(), "data": page })))
}

/// `GET /wxaapi/newtmpl/getpubtemplatekeywords?tid=`.
fn keywords(_: &Inner, _: &mut World, call: &Call) -> Answered {
    let title = library::title(call.query("tid")).ok_or(ApiError::new(200_014, "tid does not exist"))?;
    let shown =
        |word: &Keyword| json!({ "kid": word.kid, "name": word.name, "example": word.example, "rule": word.rule });
    let list: Vec<_> = title.keywords.iter().map(shown).collect();
    Ok(Reply::Json(json!({ "errcode": 0, "errmsg": "ok", "count": list.len(), "data": list })))
}
