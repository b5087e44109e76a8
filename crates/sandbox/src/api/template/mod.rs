//! Template messages: industry, the account's templates, sending, and the subscription for one message.

mod hands;
mod industry;
mod library;
mod once;
mod send;

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::ask::{INVALID, list, number, number_or, text};
use super::shelf::object;
use super::subscribe::library as notices;
use super::{Answered, ApiError, Call, Endpoint, Reply, read, write};
use crate::world::{Inner, World};

/// Calls a day of those that the limits page does not name.
const DAILY: u32 = 10_000;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    write("/cgi-bin/template/api_set_industry", DAILY, industry::set),
    read("/cgi-bin/template/get_industry", DAILY, industry::get),
    write("/cgi-bin/template/api_add_template", DAILY, add),
    read("/cgi-bin/template/get_all_private_template", DAILY, all),
    write("/cgi-bin/template/del_private_template", DAILY, delete),
    write("/cgi-bin/message/template/send", 100_000, send::send),
    write("/cgi-bin/message/template/subscribe", 100_000, once::send),
    write("/wxa/sec/queryblocktmplmsg", DAILY, intercepted),
];

/// Templates that an account may have.
const TEMPLATES: usize = 25;
/// Intercepted messages of one page.
const PAGE: i64 = 100;

const UNKNOWN: ApiError = ApiError::new(40037, "invalid template_id");

/// What the account keeps of it.
#[derive(Default)]
pub(crate) struct State {
    /// Numbers of the platform's list.
    industries: Option<[usize; 2]>,
    /// The month of the last change.
    changed: Option<i64>,
    templates: Vec<Template>,
    last_message: i64,
    /// By openid and `client_msg_id`: Unix seconds and msgid.
    by_client: HashMap<(String, String), (i64, i64)>,
    /// How many of them there may be before those of long ago are forgotten.
    tidy_at: usize,
    /// Openids of those who refuse template messages.
    refusing: HashSet<String>,
    /// Words that the platform lets no message have.
    forbidden: Vec<String>,
    intercepted: Vec<Intercepted>,
    once: once::Once,
}

/// A template of the account's own.
struct Template {
    id: String,
    title: String,
    /// None for one of the newer kind, which belongs to a category.
    industry: Option<usize>,
    content: String,
    example: String,
    /// Fields of `data`, and what each may hold where that is fixed.
    keys: Vec<(String, Option<&'static str>)>,
}

/// A message that the platform kept back.
struct Intercepted {
    id: i64,
    template_id: String,
    title: String,
    content: String,
    /// Unix seconds.
    at: i64,
    openid: String,
}

impl State {
    fn template(&self, id: &str) -> Option<&Template> {
        self.templates.iter().find(|template| template.id == id)
    }

    /// Id and title of each template.
    pub(crate) fn shown(&self) -> Vec<(&str, &str)> {
        self.templates.iter().map(|template| (template.id.as_str(), template.title.as_str())).collect()
    }
}

/// `POST /cgi-bin/template/api_add_template`, addTemplate: a number of letters for a template of the account's
/// industries, one of digits for the newer kind, which wants its keywords named.
fn add(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let short = text(&request, "template_id_short", UNKNOWN)?;
    let id: String = world.chance.media_id().chars().take(43).collect();
    let state = &mut world.account_mut(&call.appid).families.template;
    let template = if short.bytes().all(|b| b.is_ascii_digit()) {
        const BAD_KEYWORD: ApiError = ApiError::new(40246, "keyword name invalid");
        let title = notices::title(short).ok_or(UNKNOWN)?;
        let find = |name: Option<&str>| title.keywords.iter().find(|keyword| Some(keyword.name) == name);
        let names = list(&request, "keyword_name_list", BAD_KEYWORD)?;
        let keywords: Option<Vec<_>> = names.iter().map(|name| find(name.as_str())).collect();
        let keywords = keywords.filter(|keywords| !keywords.is_empty()).ok_or(BAD_KEYWORD)?;
        Template {
            id,
            title: title.name.to_owned(),
            industry: None,
            content: notices::lines(&keywords, false),
            example: notices::lines(&keywords, true),
            keys: keywords.iter().map(|keyword| (keyword.key(), Some(keyword.rule))).collect(),
        }
    } else {
        let sample = library::sample(short).ok_or(UNKNOWN)?;
        let industries = state.industries.ok_or(industry::UNSET)?;
        if !industries.contains(&sample.industry) {
            return Err(UNKNOWN);
        }
        Template {
            id,
            title: sample.title.to_owned(),
            industry: Some(sample.industry),
            content: sample.content(),
            example: sample.example(),
            keys: sample.keys().into_iter().map(|key| (key, None)).collect(),
        }
    };
    if state.templates.len() >= TEMPLATES {
        return Err(ApiError::new(45026, "template num exceed limit"));
    }
    let answer = json!({ "errcode": 0, "errmsg": "ok", "template_id": template.id });
    state.templates.push(template);
    Ok(Reply::Json(answer))
}

/// `GET /cgi-bin/template/get_all_private_template`, getAllTemplates.
fn all(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let templates = world.account(&call.appid).families.template.templates.iter();
    let list: Vec<_> = templates
        .map(|template| {
            let (primary, deputy) = template.industry.map_or(("", ""), industry::classes);
            json!({
                "template_id": template.id,
                "title": template.title,
                "primary_industry": primary,
                "deputy_industry": deputy,
                "content": template.content,
                "example": template.example,
            })
        })
        .collect();
    Ok(Reply::Json(json!({ "template_list": list })))
}

/// `POST /cgi-bin/template/del_private_template`, deleteTemplate.
fn delete(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let id = text(&request, "template_id", UNKNOWN)?;
    let templates = &mut world.account_mut(&call.appid).families.template.templates;
    let place = templates.iter().position(|template| template.id == id).ok_or(UNKNOWN)?;
    templates.remove(place);
    Ok(Reply::ok())
}

/// `POST /wxa/sec/queryblocktmplmsg`, queryBlockTmplMsg: messages by a template that the platform kept back, after
/// `largest_id`.
fn intercepted(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let template_id = text(&request, "tmpl_msg_id", UNKNOWN)?;
    let after = number_or(&request, "largest_id", 0)?;
    let limit = number(&request, "limit", INVALID)?;
    if !(1..=PAGE).contains(&limit) {
        return Err(INVALID);
    }
    let kept = world.account(&call.appid).families.template.intercepted.iter();
    let wanted = kept.filter(|message| message.template_id == template_id && message.id > after);
    let list: Vec<_> = wanted
        .take(usize::try_from(limit).unwrap_or_default())
        .map(|message| {
            json!({
                "id": message.id, "tmpl_msg_id": message.template_id, "title": message.title,
                "content": message.content, "send_timestamp": message.at, "openid": message.openid,
            })
        })
        .collect();
    Ok(Reply::Json(json!({ "errcode": 0, "errmsg": "ok", "msginfo": list })))
}
