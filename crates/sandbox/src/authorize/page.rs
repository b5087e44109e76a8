//! The pages' HTML.

use super::avatar_path;
use super::request::{Refusal, Request};
use super::words::Words;
use crate::world::PhoneView;

/// Someone as the pages show them.
pub(super) struct Person {
    openid: String,
    nickname: String,
    picture: String,
    follows: bool,
}

impl From<PhoneView> for Person {
    fn from(phone: PhoneView) -> Self {
        let picture = avatar_path(&phone.appid, &phone.openid);
        Self { openid: phone.openid, nickname: phone.nickname, picture, follows: phone.subscribed }
    }
}

/// Whose phone it is.
pub(super) fn choose(words: &Words, account: &str, asked: &Request, people: &[Person]) -> String {
    let entry = |person: &Person| {
        let under = if person.follows { words.follows } else { words.does_not_follow };
        format!(
            "<li><a class=\"person\" href=\"{}\"><img src=\"{}\" alt=\"\" width=\"44\" height=\"44\">\
             <span><b>{}</b><small>{under}</small></span></a></li>",
            safe(&asked.link(Some(&person.openid), &[])),
            safe(&person.picture),
            safe(&person.nickname),
        )
    };
    let people: String = people.iter().map(entry).collect();
    let inside = format!(
        "<h1>{}</h1><p class=\"note\">{}</p><ul><li><a class=\"person\" href=\"{}\">\
         <span class=\"newcomer\" aria-hidden=\"true\">+</span><span><b>{}</b><small>{}</small></span></a></li>{people}</ul>",
        words.choose_title,
        words.choose_note,
        safe(&asked.link(Some("new"), &[])),
        words.newcomer,
        words.newcomer_note,
    );
    document(words, words.choose_title, account, &inside)
}

/// Whether the account may know name and picture.
pub(super) fn consent(words: &Words, account: &str, asked: &Request, person: &Person) -> String {
    let link = |more: &[(&str, &str)]| safe(&asked.link(Some(&person.openid), more));
    let snapshot = match asked.may_be_snapshot() {
        true => format!("<a href=\"{}\">{}</a>", link(&[("forceSnapShot", "true")]), words.snapshot),
        false => String::new(),
    };
    let inside = format!(
        "<h1>{asks}</h1><p class=\"person\"><img src=\"{picture}\" alt=\"\" width=\"44\" height=\"44\">\
         <span><b>{nickname}</b><small>{log_in_as}</small></span></p>\
         <p class=\"choice\"><a class=\"button plain\" href=\"{deny}\">{deny_word}</a>\
         <a class=\"button\" href=\"{allow}\">{allow_word}</a></p>\
         <p class=\"other\"><a href=\"{change}\">{change_word}</a>{snapshot}</p>",
        asks = words.asks,
        log_in_as = words.log_in_as,
        picture = safe(&person.picture),
        nickname = safe(&person.nickname),
        deny = link(&[("consent", "deny")]),
        deny_word = words.deny,
        allow = link(&[("consent", "allow")]),
        allow_word = words.allow,
        change = safe(&asked.link(Some("choose"), &[])),
        change_word = words.change,
    );
    document(words, words.asks, account, &inside)
}

/// Why nothing can be asked.
pub(super) fn refused(words: &Words, refusal: &Refusal) -> String {
    let number = match refusal.number() {
        Some(number) => format!("<p class=\"note\">{} {number}</p>", words.number),
        None => String::new(),
    };
    let inside = format!(
        "<p class=\"sign\" aria-hidden=\"true\">!</p><h1>{}</h1><p>{}</p><p class=\"note\">{}</p>{number}",
        words.refused,
        safe(&words.reason(refusal)),
        words.refused_help,
    );
    document(words, words.refused, words.simulated, &inside)
}

fn document(words: &Words, title: &str, account: &str, inside: &str) -> String {
    let account = safe(account);
    let initial: String = account.chars().next().filter(|c| c.is_alphanumeric()).unwrap_or('微').into();
    format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title} · {account}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1, viewport-fit=cover\">\
         <meta name=\"color-scheme\" content=\"light dark\"><link rel=\"stylesheet\" href=\"/connect/style.css\"></head>\
         <body><main><header><span class=\"seal\" aria-hidden=\"true\">{initial}</span><strong>{account}</strong></header>\
         {inside}</main><footer>{simulated}</footer></body></html>",
        lang = words.lang,
        simulated = words.simulated,
    )
}

/// A text as HTML, in elements and in quoted attributes.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}
