//! `puzi demo`: the server, the simulated WeChat and demo data, all on loopback.

use std::net::SocketAddr;

use puzi_sandbox::{App, Config, Mode as SandboxMode, Sandbox};
use puzi_shop::{
    accounts::{Account, NewAccount, Reach, Registry},
    audit::Actor,
    channels::{Channels, NewChannel},
    replies::{Answer, Draft, Guard, demo_rules, store},
    texts::Locale,
};
use puzi_wechat::{
    Secret,
    client::{Action, Button, Client, Menu},
    envelope::Mode,
};
use tokio_util::sync::CancellationToken;

use super::{
    sandbox::random_word,
    serve::{Listeners, Server, wait_for_the_end},
};
use crate::{
    cli::DemoArgs,
    error::Failure,
    output::{self, Steps},
    settings::{Settings, Workplace},
    texts::say,
};

const SLUG: &str = "tea";
/// Who signs in to the demo's admin.
const OWNER: &str = "owner";
const APPID: &str = "wx5a4d706c75706f01";
/// Followers from the start; one phone more has not followed yet.
const FOLLOWERS: usize = 2;
/// QR channels: name and scene.
const CHANNELS: [(&str, &str); 2] = [("柜台", "counter"), ("快递里的卡片", "parcel")];

/// Runs the demo until Ctrl-C.
///
/// # Errors
/// When an address is taken or the data folder cannot be used.
pub async fn run(args: DemoArgs, mut settings: Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let steps = Steps::begin(locale);
    settings.data = settings.data.join("demo");
    // Everything stays on this machine, whatever the settings say of a real installation.
    settings.database_url = String::new();
    settings.public_url = String::new();
    settings.metrics_listen = None;
    if args.fresh && settings.data.exists() {
        std::fs::remove_dir_all(&settings.data)?;
    }
    settings.listen = SocketAddr::from(([127, 0, 0, 1], args.port));

    steps.step("demo.data");
    let listeners = Listeners::take(&settings).await?;
    settings.listen = listeners.address()?;
    let place = settings.open().await?;
    let account = account(&place, &format!("http://{}", settings.listen)).await?;

    steps.step("demo.wechat");
    let sandbox = start_wechat(&args, &account).await?;
    point_account_at(&place, &sandbox.url()).await?;

    steps.step("demo.server");
    let stop = CancellationToken::new();
    let server = Server::prepare(&settings, listeners, stop.clone(), puzi_web::declared).await?;
    let owner = owner(&server, locale).await?;
    let url = settings.callback_url(SLUG);
    sandbox.update_app(APPID, |app| app.callback_url = url).map_err(Failure::plain)?;
    let serving = tokio::spawn(server.serve());
    sandbox.verify_url(APPID).await.map_err(Failure::plain)?;

    steps.step("demo.menu");
    create_menu(&account, &sandbox.url()).await?;
    create_channels(&place, &settings, account.id).await?;
    steps.done();

    let mut lines = vec![String::new()];
    if let Some(Owner { login, password, link }) = owner {
        lines.push(say(locale, "demo.admin", &[("url", format!("http://{}{link}", settings.listen))]));
        lines.push(say(locale, "demo.owner", &[("login", login), ("password", password)]));
    }
    lines.extend([
        say(locale, "demo.phone", &[("url", format!("{}/phone", sandbox.url()))]),
        say(locale, "demo.callback", &[("url", settings.callback_url(SLUG))]),
        say(locale, "demo.chats", &[("data", settings.data.display().to_string())]),
        say(locale, "demo.stop", &[]),
    ]);
    output::lines(lines);
    wait_for_the_end().await;
    stop.cancel();
    let served = serving.await.map_err(Failure::plain)?;
    sandbox.stop().await;
    served
}

/// Who may open the demo's admin, with a password of this start only.
struct Owner {
    login: String,
    password: String,
    /// Signs in once.
    link: String,
}

/// The demo's owner, with a new password each time; none when the one of the last time was taken away since.
async fn owner(server: &Server, locale: Locale) -> Result<Option<Owner>, Failure> {
    let (staff, by, password) = (server.staff(), Actor::cli("puzi demo"), random_word(16));
    if staff.any().await? {
        let id = match staff.by_login(OWNER).await {
            Ok(member) => member.id,
            Err(puzi_shop::Error::NotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        staff.set_password(&by, id, Secret::new(password.clone())).await?;
    } else {
        let name = say(locale, "demo.owner_name", &[]);
        staff.create_first_owner(&by, OWNER, &name, Secret::new(password.clone()), locale).await?;
    }
    let link = server.app().link_to_log_in_once(OWNER, Secret::new(password.clone()));
    Ok(Some(Owner { login: OWNER.into(), password, link }))
}

/// The demo's account with its rules; the one of the last time when it is there.
async fn account(place: &Workplace, site: &str) -> Result<Account, Failure> {
    match place.accounts.get(SLUG).await {
        Err(puzi_shop::Error::NotFound) => {}
        Err(error) => return Err(error.into()),
        Ok(account) => {
            move_links(place, account.id, site).await?;
            return Ok(account);
        }
    }
    let new = NewAccount {
        slug: Some(SLUG.into()),
        name: "铺子茶铺".into(),
        appid: APPID.into(),
        secret: Secret::new(random_word(32)),
        contact_name: "演示掌柜".into(),
        contact_phone: "021-5550-0100".into(),
        contact_email: "demo@example.com".into(),
        mode: Mode::Encrypted,
        token: None,
        aes_key: None,
        api_base: None,
    };
    let account = place.accounts.add(new).await?;
    let guard = Guard::default();
    for draft in demo_rules(site) {
        store::create(&place.db, &place.vault, &guard, account.id, draft).await?;
    }
    Ok(account)
}

/// Articles of the last time lead to the port of the last time; what else was changed in a rule stays.
async fn move_links(place: &Workplace, account_id: i64, site: &str) -> Result<(), Failure> {
    let guard = Guard::default();
    for rule in store::list(&place.db, &place.vault, account_id).await? {
        let (id, mut draft) = (rule.id, Draft::from(rule));
        let Answer::News { articles } = &mut draft.answer else { continue };
        let mut moved = false;
        for article in articles {
            if let Some(url) = moved_link(&article.url, site) {
                moved |= url != article.url;
                article.url = url;
            }
        }
        if moved {
            store::update(&place.db, &place.vault, &guard, account_id, id, draft).await?;
        }
    }
    Ok(())
}

/// `url` under `site`, when it is a link of the demo's own articles.
fn moved_link(url: &str, site: &str) -> Option<String> {
    let (port, page) = url.strip_prefix("http://127.0.0.1:")?.split_once('/')?;
    let ours = page.starts_with("?from=") && port.parse::<u16>().is_ok();
    ours.then(|| format!("{site}/{page}"))
}

async fn start_wechat(args: &DemoArgs, account: &Account) -> Result<Sandbox, Failure> {
    let app = App {
        name: account.name.clone(),
        appid: account.appid.clone(),
        secret: account.secret.expose().clone(),
        token: account.token.expose().clone(),
        encoding_aes_key: Some(account.aes_key.expose()),
        mode: SandboxMode::Encrypted,
        followers: FOLLOWERS,
        ..App::default()
    };
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], args.phone_port)),
        apps: vec![app],
        nicknames: true,
        ..Config::default()
    };
    let sandbox = Sandbox::start(config).await.map_err(Failure::plain)?;
    let _newcomer = sandbox.new_phone(APPID);
    Ok(sandbox)
}

/// The sandbox's port may differ from the last time's.
async fn point_account_at(place: &Workplace, url: &str) -> Result<(), Failure> {
    let edit = puzi_shop::accounts::AccountEdit { api_base: Some(url.to_owned()), ..Default::default() };
    place.accounts.edit(SLUG, edit).await?;
    Ok(())
}

async fn create_menu(account: &Account, api: &str) -> Result<(), Failure> {
    let client =
        Client::builder(account.appid.clone(), account.secret.clone()).base_url(api).build().map_err(Failure::plain)?;
    client.menu().create(&menu()).await.map_err(Failure::plain)
}

/// Codes to hold a phone to: at the counter, and in every parcel.
async fn create_channels(place: &Workplace, settings: &Settings, account_id: i64) -> Result<(), Failure> {
    let window = settings.replay_window();
    let registry = Registry::load(place.db.clone(), place.vault.clone(), &settings.timezone, window).await?;
    let channels = Channels::new(&place.db, &registry);
    for (name, scene) in CHANNELS {
        let draft =
            NewChannel { account_id, name: name.into(), scene: scene.into(), lasting: true, ..NewChannel::default() };
        match channels.create(&Actor::cli("puzi demo"), &Reach::All, draft).await {
            // It is there since the last time.
            Ok(_) | Err(puzi_shop::Error::Invalid(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Three buttons, one of them with more below.
fn menu() -> Menu {
    let more = [
        Button::click("门店与时间", "STORE_HOURS"),
        Button::new("扫茶罐上的码", Action::ScanCodeWait("SCAN_TEA".into())),
        Button::new("晒一张茶席", Action::PhotoOrAlbum("SHARE_PHOTO".into())),
        Button::new("找最近的店", Action::SelectLocation("NEAREST_STORE".into())),
    ];
    let buttons = vec![
        Button::click("本周新品", "NEW_ARRIVALS"),
        Button::open("逛逛茶铺", more),
        Button::click("联系我们", "CONTACT_US"),
    ];
    Menu { buttons }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_demos_own_links_move() {
        let moved = |url| moved_link(url, "http://127.0.0.1:9");
        assert_eq!(moved("http://127.0.0.1:0/?from=gift-box").as_deref(), Some("http://127.0.0.1:9/?from=gift-box"));
        assert_eq!(moved("http://127.0.0.1:9/?from=trace").as_deref(), Some("http://127.0.0.1:9/?from=trace"));
        for url in
            ["https://shop.example.com/?from=trace", "http://127.0.0.1:8901/mine", "http://127.0.0.1/?from=x", ""]
        {
            assert_eq!(moved(url), None, "{url}");
        }
    }
}
