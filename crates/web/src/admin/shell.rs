//! What the layout of every admin page needs.

use std::ops::Deref;

use askama::Template;
use axum::{
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
};
use puzi_shop::{staff::roles, texts::Locale};

use super::{
    desk::{Desk, View},
    error::{Answer, Failure},
    nav,
    toast::Toast,
    visitor::Visitor,
    when,
};
use crate::{App, texts};

/// A step of the way from the dashboard to the page.
pub(crate) struct Crumb {
    pub(crate) label: String,
    /// None: the page itself.
    pub(crate) href: Option<String>,
}

/// A group of the navigation.
pub(crate) struct NavGroup {
    pub(crate) label: String,
    pub(crate) items: Vec<NavEntry>,
}

/// A link of the navigation.
pub(crate) struct NavEntry {
    pub(crate) label: String,
    pub(crate) href: String,
    /// Name of an icon in the sprite.
    pub(crate) icon: &'static str,
    /// The page is there.
    pub(crate) active: bool,
    /// A number beside the label.
    pub(crate) badge: Option<String>,
}

/// An account one may work with.
pub(crate) struct AccountChoice {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) chosen: bool,
}

/// The texts of a page, in the language of whoever sees it. Both frames give way to it: a template asks its frame.
pub(crate) struct Words(Locale);

impl Words {
    /// Those of `locale`, for a part of a page that has no frame.
    pub(crate) fn of(locale: Locale) -> Self {
        Self(locale)
    }

    /// The text of `key`.
    pub(crate) fn t(&self, key: impl AsRef<str>) -> String {
        texts::say(self.0, key.as_ref(), &[])
    }

    /// The text of `key`, its one place `{name}` filled.
    pub(crate) fn tn(&self, key: &str, name: &'static str, value: impl ToString) -> String {
        texts::say(self.0, key, &[(name, value.to_string())])
    }

    /// `zh-CN` or `en`.
    pub(crate) fn locale_tag(&self) -> &'static str {
        texts::tag(self.0)
    }
}

/// The frame of a page for somebody who is signed in.
pub(crate) struct Shell {
    pub(crate) title: String,
    pub(crate) product: String,
    pub(crate) crumbs: Vec<Crumb>,
    pub(crate) nav: Vec<NavGroup>,
    pub(crate) staff_name: String,
    pub(crate) role_name: String,
    /// The label of the role whose view is tried on.
    pub(crate) seeing_as: Option<String>,
    pub(crate) accounts: Vec<AccountChoice>,
    /// Lists show all of them.
    pub(crate) all_accounts: bool,
    pub(crate) theme: String,
    pub(crate) csrf: String,
    pub(crate) toasts: Vec<Toast>,
    /// Only the main part is asked for.
    pub(crate) partial: bool,
    /// Path and query of this page.
    pub(crate) path: String,
    words: Words,
    desk: Desk,
}

impl Deref for Shell {
    type Target = Words;

    fn deref(&self) -> &Words {
        &self.words
    }
}

impl Shell {
    /// The frame of the page `title`.
    pub(crate) fn new(app: &App, desk: &Desk, title: impl Into<String>) -> Self {
        let live = desk.accounts(app);
        let choice = |id: i64, name: &str| AccountChoice { id, name: name.into(), chosen: desk.view == View::One(id) };
        Self {
            title: title.into(),
            product: desk.t("shell.product"),
            crumbs: Vec::new(),
            nav: nav::groups(desk, ""),
            staff_name: desk.staff.name.clone(),
            role_name: role_name(desk.locale, &desk.staff.role, &desk.role_name),
            seeing_as: desk.seeing_as.as_ref().map(|(role, name)| role_name(desk.locale, role, name)),
            accounts: live.iter().map(|live| choice(live.account.id, &live.account.name)).collect(),
            all_accounts: desk.view == View::All,
            theme: desk.staff.theme.clone(),
            csrf: desk.csrf().to_owned(),
            toasts: desk.take_toast().into_iter().collect(),
            partial: desk.visitor.partial,
            path: desk.visitor.path.clone(),
            words: Words(desk.locale),
            desk: desk.clone(),
        }
    }

    /// A step of the way to this page; without `href` the page itself.
    #[must_use]
    pub(crate) fn crumb<'a>(mut self, label: impl Into<String>, href: impl Into<Option<&'a str>>) -> Self {
        self.crumbs.push(Crumb { label: label.into(), href: href.into().map(str::to_owned) });
        self
    }

    /// The entry of the navigation that this page belongs to.
    #[must_use]
    pub(crate) fn active(mut self, key: &str) -> Self {
        self.nav = nav::groups(&self.desk, key);
        self
    }

    /// The name of an area of the permissions.
    pub(crate) fn area(&self, area: &str) -> String {
        texts::area(self.desk.locale, area).unwrap_or(area).to_owned()
    }

    /// The name of what `permission` allows in its area.
    pub(crate) fn verb(&self, permission: &str) -> String {
        let bare = permission.split_once('.').map_or(permission, |(_, verb)| verb);
        texts::verb(self.desk.locale, permission).unwrap_or(bare).to_owned()
    }

    /// The language of the page.
    pub(crate) fn locale(&self) -> Locale {
        self.desk.locale
    }

    /// Whether the member may do this.
    pub(crate) fn may(&self, permission: &str) -> bool {
        self.desk.may(permission)
    }

    /// A time (Unix ms) as people say it.
    pub(crate) fn when(&self, at: &i64) -> String {
        self.desk.when(*at)
    }

    /// A time to the second, for the hover.
    pub(crate) fn when_full(&self, at: &i64) -> String {
        when::full(*at, &self.desk.zone)
    }

    /// A time as `<time datetime>` wants it.
    pub(crate) fn when_machine(&self, at: &i64) -> String {
        when::machine(*at)
    }
}

/// The frame of a page for whoever is not signed in, or is led step by step.
pub(crate) struct Bare {
    pub(crate) title: String,
    pub(crate) theme: String,
    pub(crate) csrf: String,
    /// Path and query of this page.
    pub(crate) path: String,
    words: Words,
}

impl Deref for Bare {
    type Target = Words;

    fn deref(&self) -> &Words {
        &self.words
    }
}

impl Bare {
    /// The frame of the page `title` for whoever asks.
    pub(crate) fn new(visitor: &Visitor, desk: Option<&Desk>, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            theme: desk.map_or_else(|| visitor.theme.clone(), |desk| desk.staff.theme.clone()),
            csrf: desk.map_or_else(String::new, |desk| desk.csrf().to_owned()),
            path: visitor.path.clone(),
            words: Words(desk.map_or(visitor.locale, |desk| desk.locale)),
        }
    }
}

/// The name of a role: a ready-made one has a text, one of the shop's own the name that was stored with it.
pub(crate) fn role_name(locale: Locale, role: &str, stored: &str) -> String {
    match stored {
        _ if roles::built_in(role).is_some() => puzi_shop::texts::t(locale, &format!("staff.roles.{role}"), &[]),
        "" => role.to_owned(),
        stored => stored.to_owned(),
    }
}

/// A page with the status 200.
pub(crate) fn page(template: &impl Template) -> Answer {
    page_with(StatusCode::OK, template)
}

/// A page whose form is refused (422) as long as it is not fine.
pub(crate) fn form_page(form: &super::form::Form, template: &impl Template) -> Answer {
    page_with(if form.is_fine() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, template)
}

/// A page with any status.
pub(crate) fn page_with(status: StatusCode, template: &impl Template) -> Answer {
    let html = template.render().map_err(Failure::from)?;
    Ok((status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
}
