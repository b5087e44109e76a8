//! An account as a form gives it.

use puzi_shop::{
    accounts::{Account, AccountEdit, NewAccount},
    texts::Locale,
};
use puzi_wechat::envelope::Mode;

use crate::{
    App,
    admin::{desk::Desk, error::Failure, form::Form},
    texts,
};

/// Whom WeChat may have to call: asked for on every form.
const CONTACT: [&str; 3] = ["contact_name", "contact_phone", "contact_email"];

/// The fields as they stand on the page.
const ORDER: [&str; 8] = ["name", "appid", "secret", "slug", "mode", "contact_name", "contact_phone", "contact_email"];

/// Adds the account of `form`; none when the form is wrong, and then says where.
///
/// # Errors
/// Whatever is not a wrong field.
pub(crate) async fn create(app: &App, desk: &Desk, form: &mut Form) -> Result<Option<Account>, Failure> {
    let mode = mode(form, desk.locale);
    let new = NewAccount {
        slug: None,
        name: form.trimmed("name"),
        appid: form.trimmed("appid"),
        secret: form.secret("secret"),
        contact_name: form.trimmed("contact_name"),
        contact_phone: form.trimmed("contact_phone"),
        contact_email: form.trimmed("contact_email"),
        mode: mode.unwrap_or(Mode::Encrypted),
        token: None,
        aes_key: None,
        // Where calls go is the operator's to say, at the command line: a form could point them into the machine's own net.
        api_base: None,
    };
    need_contact(form, desk.locale);
    form.take_problems(&new.problems(), desk.locale);
    if !form.is_fine() {
        form.order(&ORDER);
        return Ok(None);
    }
    match app.registry.accounts().by(desk.actor()).add(new).await {
        Ok(account) => Ok(Some(account)),
        Err(error) => {
            form.take(error, desk.locale)?;
            Ok(None)
        }
    }
}

/// Changes `account` as `form` says; none when the form is wrong. An empty AppSecret keeps the one that is there.
///
/// # Errors
/// Whatever is not a wrong field.
pub(crate) async fn edit(
    app: &App,
    desk: &Desk,
    account: &Account,
    form: &mut Form,
) -> Result<Option<Account>, Failure> {
    let edit = AccountEdit {
        slug: Some(form.trimmed("slug")),
        name: Some(form.trimmed("name")),
        secret: Some(form.secret("secret")).filter(|secret| !secret.expose().is_empty()),
        contact_name: Some(form.trimmed("contact_name")),
        contact_phone: Some(form.trimmed("contact_phone")),
        contact_email: Some(form.trimmed("contact_email")),
        mode: mode(form, desk.locale),
        api_base: None,
        version: form.value("version").parse().ok(),
    };
    need_contact(form, desk.locale);
    form.take_problems(&edit.problems(), desk.locale);
    if !form.is_fine() {
        form.order(&ORDER);
        return Ok(None);
    }
    match app.registry.accounts().by(desk.actor()).edit(&account.slug, edit).await {
        Ok(account) => Ok(Some(account)),
        Err(error) => {
            form.take(error, desk.locale)?;
            Ok(None)
        }
    }
}

/// What the form of an account begins with.
pub(crate) fn form_of(account: &Account) -> Form {
    Form::of([
        ("slug", account.slug.clone()),
        ("name", account.name.clone()),
        ("appid", account.appid.clone()),
        ("contact_name", account.contact_name.clone()),
        ("contact_phone", account.contact_phone.clone()),
        ("contact_email", account.contact_email.clone()),
        ("mode", account.mode.to_string()),
        ("version", account.version.to_string()),
    ])
}

/// The chosen mode; none when it is no mode, which is then said.
fn mode(form: &mut Form, locale: Locale) -> Option<Mode> {
    let mode = form.value("mode").parse().ok();
    if mode.is_none() {
        form.refuse("mode", texts::say(locale, "accounts.choose_mode", &[]));
    }
    mode
}

fn need_contact(form: &mut Form, locale: Locale) {
    for name in CONTACT {
        if form.trimmed(name).is_empty() {
            form.refuse(name, texts::say(locale, "accounts.needed", &[]));
        }
    }
}
