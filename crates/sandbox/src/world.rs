//! The whole state, in memory, behind one lock that is never held over an await.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value;
use tokio::sync::{broadcast, oneshot};
use tokio_util::sync::CancellationToken;

use crate::api::{Counters, Failures, Families, Limits};
use crate::chance::Chance;
use crate::chat::ChatItem;
use crate::exchange::{Exchange, Label};
use crate::later::Later;
use crate::media::MediaStore;
use crate::overview::CallLog;
use crate::people::People;
pub(crate) use crate::people::PhoneState;
use crate::seal::Sealer;
use crate::stream::Happening;
use crate::tokens::Tokens;
use crate::{App, Clock, Error, FaultSwitches, Mode, nicknames};

/// Chat items that are kept for an account; the oldest go first.
const CHAT_ITEMS: usize = 2000;
/// Exchanges that are kept in all.
const EXCHANGES: usize = 500;
/// Phones of an account that the page is told of: the latest ones.
const PHONES_SHOWN: usize = 100;

/// What the handles and handlers share.
pub(crate) struct Inner {
    world: Mutex<World>,
    pub(crate) clock: Clock,
    pub(crate) faults: FaultSwitches,
    pub(crate) events: broadcast::Sender<Happening>,
    pub(crate) http: reqwest::Client,
    /// `http://address:port`, where files are fetched from.
    pub(crate) base_url: String,
    pub(crate) nicknames: bool,
    pub(crate) stop: CancellationToken,
    pub(crate) later: Later,
    pub(crate) limits: Limits,
}

/// What [`Inner`] is made of beside the world.
pub(crate) struct Parts {
    pub(crate) clock: Clock,
    pub(crate) faults: FaultSwitches,
    pub(crate) events: broadcast::Sender<Happening>,
    pub(crate) http: reqwest::Client,
    pub(crate) base_url: String,
    pub(crate) nicknames: bool,
    pub(crate) limits: Limits,
}

impl Inner {
    pub(crate) fn new(world: World, parts: Parts) -> Self {
        let Parts { clock, faults, events, http, base_url, nicknames, limits } = parts;
        let stop = CancellationToken::new();
        let later = Later::default();
        Self { world: Mutex::new(world), clock, faults, events, http, base_url, nicknames, stop, later, limits }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        // A handler that panicked must not end every call after it.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn media_url(&self, media_id: &str) -> String {
        format!("{}/sandbox/media/{media_id}", self.base_url)
    }
}

/// Everything that changes.
pub(crate) struct World {
    pub(crate) apps: HashMap<String, Account>,
    /// Appids in the order they were added.
    order: Vec<String>,
    seed: u64,
    pub(crate) chance: Chance,
    pub(crate) tokens: Tokens,
    pub(crate) media: MediaStore,
    /// Calls that were refused.
    pub(crate) failures: Failures,
    /// All calls, as they came.
    pub(crate) calls: CallLog,
    exchanges: VecDeque<Exchange>,
    last_exchange: u64,
    last_item: u64,
    phones_made: usize,
    first_name: usize,
    events: broadcast::Sender<Happening>,
}

/// One Official Account.
pub(crate) struct Account {
    pub(crate) app: App,
    pub(crate) sealer: Sealer,
    pub(crate) menu: Option<Menu>,
    pub(crate) counters: Counters,
    /// What each family of the API keeps.
    pub(crate) families: Families,
    /// The push that waits for a later one to overtake it.
    pub(crate) held: Option<oneshot::Sender<()>>,
    pub(crate) people: People,
    chat: VecDeque<ChatItem>,
}

/// A custom menu.
pub(crate) struct Menu {
    pub(crate) id: u64,
    /// The `button` array as created.
    pub(crate) buttons: Value,
}

/// A phone as the page sees it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PhoneView {
    pub(crate) appid: String,
    pub(crate) openid: String,
    pub(crate) nickname: String,
    pub(crate) subscribed: bool,
    pub(crate) color: &'static str,
    /// Its menu, where it is not the account's default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) menu: Option<Value>,
}

/// An account as the page sees it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AppView {
    pub(crate) appid: String,
    pub(crate) name: String,
    pub(crate) original_id: String,
    pub(crate) callback_url: String,
    pub(crate) mode: Mode,
    pub(crate) menu: Option<Value>,
}

impl World {
    pub(crate) fn new(seed: u64, events: broadcast::Sender<Happening>) -> Self {
        let mut chance = Chance::new(seed);
        Self {
            apps: HashMap::new(),
            order: Vec::new(),
            first_name: chance.pick(nicknames::COUNT),
            seed,
            chance,
            tokens: Tokens::default(),
            media: MediaStore::new(),
            failures: Failures::default(),
            calls: CallLog::default(),
            exchanges: VecDeque::new(),
            last_exchange: 0,
            last_item: 0,
            phones_made: 0,
            events,
        }
    }

    /// Adds an account with its followers.
    pub(crate) fn add_app(&mut self, app: App, now: i64) -> Result<(), Error> {
        let app = app.checked()?;
        if self.apps.contains_key(&app.appid) {
            return Err(Error::App { appid: app.appid, problem: "the appid is there twice".into() });
        }
        let appid = app.appid.clone();
        let (openids, followers, varied) = (app.openids.clone(), app.followers, app.varied);
        let made_up = followers.saturating_sub(openids.len());
        let too_many = |_| Error::App { appid: app.appid.clone(), problem: "too many followers".into() };
        let made_up = u32::try_from(made_up).map_err(too_many)?;
        self.order.push(appid.clone());
        self.apps.insert(appid.clone(), Account::new(app, self.seed));
        for openid in openids {
            self.add_phone(&appid, Some(openid.clone()), None);
            self.account_mut(&appid).follow(&openid, now, None);
        }
        let (first_name, name) = (self.first_name, self.phones_made);
        self.account_mut(&appid).people.make_up(made_up, now, first_name, name);
        if varied {
            self.account_mut(&appid).people.vary();
        }
        self.phones_made += made_up as usize;
        self.tell_app(&appid);
        Ok(())
    }

    /// An account that is known to be there.
    pub(crate) fn account(&self, appid: &str) -> &Account {
        self.apps.get(appid).expect("a handle's account is never removed")
    }

    /// An account that is known to be there.
    pub(crate) fn account_mut(&mut self, appid: &str) -> &mut Account {
        self.apps.get_mut(appid).expect("a handle's account is never removed")
    }

    /// The phone with this openid, or a new one; new ones follow nothing yet.
    pub(crate) fn add_phone(&mut self, appid: &str, openid: Option<String>, nickname: Option<String>) -> String {
        if let Some(openid) = openid.as_ref().filter(|openid| self.account(appid).people.number(openid).is_some()) {
            return openid.clone();
        }
        let n = self.phones_made;
        self.phones_made += 1;
        let nickname = nickname.unwrap_or_else(|| nicknames::name(self.first_name, n));
        let openid = self.account_mut(appid).people.add(openid, nickname, nicknames::color(n));
        self.tell_phone(appid, &openid);
        openid
    }

    pub(crate) fn app_views(&self) -> Vec<AppView> {
        self.order.iter().map(|appid| self.account(appid).view()).collect()
    }

    pub(crate) fn phone_views(&self) -> Vec<PhoneView> {
        self.order.iter().flat_map(|appid| self.account(appid).latest_phones()).collect()
    }

    /// Puts an item into a chat and shows it.
    pub(crate) fn say(&mut self, item: ChatItem) -> u64 {
        self.last_item += 1;
        let item = ChatItem { id: self.last_item, ..item };
        self.tell(|| Happening::Chat(item.clone()));
        let chat = &mut self.account_mut(&item.appid).chat;
        if chat.len() >= CHAT_ITEMS {
            chat.pop_front();
        }
        chat.push_back(item);
        self.last_item
    }

    /// Changes an item that may still be there, and shows it.
    pub(crate) fn resay(&mut self, appid: &str, id: u64, change: impl FnOnce(&mut ChatItem)) {
        let watched = self.events.receiver_count() > 0;
        let found = self.account_mut(appid).chat.iter_mut().rev().find(|item| item.id == id);
        let Some(item) = found else { return };
        change(item);
        // Cloned for watchers only.
        if let Some(item) = watched.then(|| item.clone()) {
            self.tell(|| Happening::Chat(item));
        }
    }

    /// Begins an exchange.
    pub(crate) fn open_exchange(&mut self, appid: &str, openid: &str, at: i64, label: Label) -> u64 {
        self.last_exchange += 1;
        let exchange = Exchange {
            id: self.last_exchange,
            appid: appid.to_owned(),
            openid: openid.to_owned(),
            at,
            label,
            done: false,
            deliveries: Vec::new(),
        };
        if self.exchanges.len() >= EXCHANGES {
            self.exchanges.pop_front();
        }
        self.exchanges.push_back(exchange);
        self.last_exchange
    }

    /// Changes an exchange that may still be there, and shows it.
    pub(crate) fn change_exchange(&mut self, id: u64, change: impl FnOnce(&mut Exchange)) {
        // Ids follow one another, so the place is known.
        let first = self.exchanges.front().map(|exchange| exchange.id);
        let place = first.and_then(|first| id.checked_sub(first)).and_then(|place| usize::try_from(place).ok());
        let Some(place) = place.filter(|place| *place < self.exchanges.len()) else { return };
        change(&mut self.exchanges[place]);
        let exchange = &self.exchanges[place];
        self.tell(|| Happening::Exchange(exchange.clone()));
    }

    /// The latest exchanges, the newest first.
    pub(crate) fn exchanges(&self, limit: usize) -> Vec<Exchange> {
        self.exchanges.iter().rev().take(limit).cloned().collect()
    }

    pub(crate) fn tell_phone(&self, appid: &str, openid: &str) {
        if let Some(phone) = self.account(appid).phone_view(openid) {
            self.tell(|| Happening::Phone(phone));
        }
    }

    /// Tells every phone that the page shows.
    pub(crate) fn tell_phones(&self, appid: &str) {
        if self.events.receiver_count() > 0 {
            self.account(appid).latest_phones().into_iter().for_each(|phone| self.tell(|| Happening::Phone(phone)));
        }
    }

    pub(crate) fn tell_app(&self, appid: &str) {
        self.tell(|| Happening::App(self.account(appid).view()));
    }

    fn tell(&self, what: impl FnOnce() -> Happening) {
        if self.events.receiver_count() > 0 {
            // The last watcher may have gone just now.
            let _ = self.events.send(what());
        }
    }
}

impl Account {
    fn new(app: App, seed: u64) -> Self {
        Self {
            sealer: Sealer::new(&app),
            menu: None,
            counters: Counters::default(),
            families: Families::default(),
            held: None,
            people: People::new(seed, &app.appid),
            app,
            chat: VecDeque::new(),
        }
    }

    pub(crate) fn phone(&self, openid: &str) -> Option<Cow<'_, PhoneState>> {
        self.people.get(openid)
    }

    /// The same, to change: a made-up follower is kept from then on.
    pub(crate) fn phone_mut(&mut self, openid: &str) -> Option<&mut PhoneState> {
        self.people.get_mut(openid)
    }

    pub(crate) fn is_following(&self, openid: &str) -> bool {
        self.people.number(openid).is_some_and(|number| self.people.is_following(number))
    }

    /// Makes a phone follow, at the end of the followers' list; one that follows already keeps its place.
    pub(crate) fn follow(&mut self, openid: &str, now: i64, scene: Option<String>) {
        let text_scene = scene.as_deref().is_some_and(|scene| self.families.qrcode.is_text(scene));
        self.people.follow(openid, now, scene, text_scene);
    }

    /// Ends the following, and with it the tags.
    pub(crate) fn unfollow(&mut self, openid: &str) {
        self.forget_tags(openid);
        self.people.unfollow(openid);
    }

    /// How many follow.
    pub(crate) fn follower_count(&self) -> usize {
        self.people.followers()
    }

    /// Those who are kept because something happened to them; all others are followers as they were made up.
    pub(crate) fn known_phones(&self) -> impl Iterator<Item = &PhoneState> {
        self.people.known()
    }

    /// How many follow, and up to `limit` of those that came after `place`.
    pub(crate) fn followers_after(&self, place: u64, limit: usize) -> (usize, Vec<String>) {
        let page = self.people.followers_after(place).take(limit).map(|number| self.people.openid(number)).collect();
        (self.people.followers(), page)
    }

    pub(crate) fn chat_of(&self, openid: &str) -> Vec<ChatItem> {
        self.chat.iter().filter(|item| item.openid == openid).cloned().collect()
    }

    fn latest_phones(&self) -> Vec<PhoneView> {
        self.people.latest(PHONES_SHOWN).iter().filter_map(|openid| self.phone_view(openid)).collect()
    }

    pub(crate) fn phone_view(&self, openid: &str) -> Option<PhoneView> {
        let phone = self.phone(openid)?;
        Some(PhoneView {
            appid: self.app.appid.clone(),
            openid: phone.openid.clone(),
            nickname: phone.nickname.clone(),
            subscribed: phone.is_following(),
            color: phone.color,
            menu: self.own_menu(openid),
        })
    }

    fn view(&self) -> AppView {
        AppView {
            appid: self.app.appid.clone(),
            name: self.app.name.clone(),
            original_id: self.app.original_id.clone(),
            callback_url: self.app.callback_url.clone(),
            mode: self.app.mode,
            menu: self.default_menu().map(|shown| serde_json::json!({ "button": shown.buttons })),
        }
    }
}
