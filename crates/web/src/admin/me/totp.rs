//! Two-step login: setting it up with a picture to scan, recovery codes that are shown once, turning it off.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use fast_qr::{
    QRBuilder,
    convert::{Builder, Shape, svg::SvgBuilder},
};
use puzi_wechat::Secret;

use super::PATH;
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        shell::{Shell, form_page, page},
        toast::{Toast, redirect, redirect_with},
    },
};

#[derive(Template)]
#[template(path = "admin/me/totp.html")]
struct SetUp {
    shell: Shell,
    form: Form,
    /// The picture of the address, drawn here: it holds the secret.
    picture: String,
    /// The secret, in groups of four to be typed in.
    secret: String,
    url: String,
}

#[derive(Template)]
#[template(path = "admin/me/totp_codes.html")]
struct Codes {
    shell: Shell,
    codes: Vec<String>,
}

#[derive(Template)]
#[template(path = "admin/me/totp_confirm.html")]
struct Confirm {
    shell: Shell,
    form: Form,
    action: &'static str,
    text: &'static str,
    button: &'static str,
}

/// `GET /admin/me/totp`
pub(super) async fn show(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    if desk.staff.totp {
        return Ok(redirect(PATH));
    }
    set_up(&app, &desk, Form::default()).await
}

/// `POST /admin/me/totp`: the first code turns it on.
pub(super) async fn confirm(State(app): State<Arc<App>>, desk: Desk, mut form: Form) -> Answer {
    if desk.staff.totp {
        return Ok(redirect(PATH));
    }
    match app.staff.confirm_totp(&desk.actor(), desk.staff.id, &form.trimmed("code")).await {
        Ok(codes) => show_codes(&app, &desk, codes),
        Err(error) => {
            form.take(error, desk.locale)?;
            set_up(&app, &desk, form).await
        }
    }
}

/// `POST /admin/me/totp/off`, with the password.
pub(super) async fn off(State(app): State<Arc<App>>, desk: Desk, mut form: Form) -> Answer {
    if form.has("password") {
        match app.staff.drop_totp(&desk.actor(), desk.staff.id, &form.secret("password")).await {
            Ok(()) => return Ok(redirect_with(&desk, PATH, &Toast::warning(desk.t("me.totp_is_off")))),
            Err(error) => form.take(error, desk.locale)?,
        }
    }
    ask(&app, &desk, form, ("/admin/me/totp/off", "me.totp_off_text", "me.totp_off"))
}

/// `POST /admin/me/totp/codes`, with the password: new recovery codes, the old ones end.
pub(super) async fn renew_codes(State(app): State<Arc<App>>, desk: Desk, mut form: Form) -> Answer {
    if form.has("password") {
        match app.staff.renew_recovery_codes(&desk.actor(), desk.staff.id, &form.secret("password")).await {
            Ok(codes) => return show_codes(&app, &desk, codes),
            Err(error) => form.take(error, desk.locale)?,
        }
    }
    ask(&app, &desk, form, ("/admin/me/totp/codes", "me.codes_renew_text", "me.codes_renew"))
}

fn ask(
    app: &App,
    desk: &Desk,
    form: Form,
    (action, text, button): (&'static str, &'static str, &'static str),
) -> Answer {
    let shell = Shell::new(app, desk, desk.t(button)).crumb(desk.t("me.title"), PATH).crumb(desk.t(button), None);
    form_page(&form, &Confirm { shell, form: form.clone().without(&["password"]), action, text, button })
}

async fn set_up(app: &App, desk: &Desk, form: Form) -> Answer {
    let set_up = app.staff.begin_totp(desk.staff.id).await?;
    let shell = Shell::new(app, desk, desk.t("me.totp")).crumb(desk.t("me.title"), PATH).crumb(desk.t("me.totp"), None);
    let picture = draw(set_up.url.expose())?;
    let secret = in_groups(set_up.secret.expose());
    let page = SetUp { shell, form, picture, secret, url: set_up.url.expose().clone() };
    form_page(&page.form, &page)
}

fn show_codes(app: &App, desk: &Desk, codes: Vec<Secret<String>>) -> Answer {
    let title = desk.t("me.codes");
    let shell = Shell::new(app, desk, title.clone()).crumb(desk.t("me.title"), PATH).crumb(title, None);
    page(&Codes { shell, codes: codes.iter().map(|code| code.expose().clone()).collect() })
}

fn draw(url: &str) -> Result<String, Failure> {
    let code = QRBuilder::new(url).build().map_err(|error| {
        tracing::error!(?error, "a QR code could not be drawn");
        Failure::internal()
    })?;
    Ok(SvgBuilder::default().shape(Shape::Square).to_str(&code))
}

fn in_groups(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_plain_markup() {
        let svg = draw("otpauth://totp/Puzi:a%20b?secret=AAAA&issuer=Puzi").unwrap();
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"), "{svg}");
        for forbidden in ["<script", "style=", "otpauth", "href"] {
            assert!(!svg.contains(forbidden), "{forbidden}");
        }
        assert_eq!(in_groups("ABCDEFGHIJ"), "ABCD EFGH IJ");
    }
}
