//! Tickets, with which web pages sign their use of the JS-SDK and of cards.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::error::{ApiError, Result};
use super::jssdk::{CardChoice, CardExt, JsSdkConfig};
use super::loose::number;
use super::pauses::random;
use super::token::now;
use super::{Client, Method};
use crate::Secret;

const PATH: &str = "/cgi-bin/ticket/getticket";
/// Another ticket is fetched when one has so many seconds left; meanwhile it is used by all but who fetches.
const MARGIN: i64 = 300;
/// A page must still be able to use a ticket with so many seconds left.
const LAST_SECONDS: i64 = 30;

/// How long to use a ticket inside its margin before trying to renew it again.
const RENEW_AGAIN: Duration = Duration::from_secs(30);

/// What a ticket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TicketKind {
    /// The JS-SDK.
    JsApi,
    /// Cards and coupons.
    Card,
}

impl TicketKind {
    /// The platform's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JsApi => "jsapi",
            Self::Card => "wx_card",
        }
    }
}

/// A ticket and its end. Whoever has it can sign for the account: it does not belong in a page.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Ticket {
    /// The ticket itself.
    pub value: Secret<String>,
    /// Its end, unix seconds.
    pub expires_at: i64,
}

/// The tickets of one client and its clones.
#[derive(Default)]
pub(super) struct TicketKeeper {
    jsapi: Slot,
    card: Slot,
}

#[derive(Default)]
struct Slot {
    /// Held while a ticket is fetched.
    flight: tokio::sync::Mutex<()>,
    notes: Mutex<Notes>,
}

#[derive(Default)]
struct Notes {
    ticket: Option<Arc<Ticket>>,
    failure: Option<(Instant, ApiError)>,
    renewed: Option<Instant>,
}

impl Slot {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_seconds_left(&self, seconds: i64) -> Option<Arc<Ticket>> {
        self.notes().ticket.clone().filter(|ticket| ticket.expires_at.saturating_sub(now()) > seconds)
    }

    fn renewal_is_due(&self) -> bool {
        let mut notes = self.notes();
        let due = notes.renewed.is_none_or(|at| at.elapsed() >= RENEW_AGAIN);
        if due {
            notes.renewed = Some(Instant::now());
        }
        due
    }

    /// A failure since somebody began to ask at `asked`: it answers for all who waited meanwhile.
    fn failure_since(&self, asked: Instant) -> Option<ApiError> {
        self.notes().failure.as_ref().filter(|(at, _)| *at >= asked).map(|(_, error)| error.clone())
    }
}

/// Calls about tickets; see [`Client::tickets`]. Tickets are kept by the client, shared with its clones and renewed
/// before they end; however many ask, one fetches.
#[derive(Debug, Clone, Copy)]
pub struct Tickets<'a> {
    pub(crate) client: &'a Client,
}

impl Tickets<'_> {
    /// The ticket of the JS-SDK.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let ticket = wechat.tickets().jsapi().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any call.
    pub async fn jsapi(self) -> Result<Secret<String>> {
        Ok(self.kept(TicketKind::JsApi).await?.value.clone())
    }

    /// The ticket of cards and coupons.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let ticket = wechat.tickets().card().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any call.
    pub async fn card(self) -> Result<Secret<String>> {
        Ok(self.kept(TicketKind::Card).await?.value.clone())
    }

    /// Asks the platform for a ticket of 7,200 s, whatever is kept. The calls are few: use [`Tickets::jsapi`] and
    /// [`Tickets::card`].
    ///
    /// `GET /cgi-bin/ticket/getticket`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/webdev/jssdk/api_getticket.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::TicketKind;
    ///
    /// let ticket = wechat.tickets().get(TicketKind::JsApi).await?;
    /// println!("until {}", ticket.expires_at);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any call.
    pub async fn get(self, kind: TicketKind) -> Result<Ticket> {
        #[derive(Deserialize)]
        struct Answer {
            ticket: String,
            /// Seconds.
            #[serde(deserialize_with = "number")]
            expires_in: i64,
        }
        let asked_at = now();
        let answer: Answer = self.client.call(Method::GET, PATH).query("type", kind.as_str()).send().await?;
        let expires_at = asked_at.saturating_add(answer.expires_in);
        Ok(Ticket { value: Secret::new(answer.ticket), expires_at })
    }

    /// What the page at `url` hands to `wx.config`: the URL as the browser shows it, query and all; its fragment is cut.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let config = wechat.tickets().jssdk_config("https://shop.example/cart?from=menu").await?;
    /// println!("wx.config({})", serde_json::to_string(&config).unwrap_or_default());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A caller's mistake for what is no http or https URL, without a call; otherwise as any call.
    pub async fn jssdk_config(self, url: &str) -> Result<JsSdkConfig> {
        if !["https://", "http://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(ApiError::mistake(PATH, "`url` must be the page's whole http or https URL"));
        }
        let ticket = self.jsapi().await?;
        Ok(JsSdkConfig::sign(self.client.appid(), &ticket, url, &nonce(), now()))
    }

    /// The `cardExt` with which a page offers the card `card_id` by `wx.addCard`: `code` for cards with codes of the
    /// merchant's own, `openid` when one user only may take it.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let card = wechat.tickets().card_ext("pFS7Fjg8kV1I", None, Some("oABC")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any call.
    pub async fn card_ext(self, card_id: &str, code: Option<&str>, openid: Option<&str>) -> Result<CardExt> {
        let ticket = self.card().await?;
        Ok(CardExt::sign(&ticket, card_id, code, openid, &nonce(), now()))
    }

    /// What a page hands to `wx.chooseCard` to let the user choose among cards of a shop, a kind and an id; an empty
    /// text is any.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let choice = wechat.tickets().card_choice("", "GROUPON", "").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any call.
    pub async fn card_choice(self, shop_id: &str, card_type: &str, card_id: &str) -> Result<CardChoice> {
        let (ticket, appid) = (self.card().await?, self.client.appid());
        Ok(CardChoice::sign(appid, &ticket, [shop_id, card_type, card_id], &nonce(), now()))
    }

    /// A ticket that is good: one that ends soon is renewed by whoever comes first, while the others go on using it.
    async fn kept(self, kind: TicketKind) -> Result<Arc<Ticket>> {
        let slot = self.slot(kind);
        if let Some(ticket) = slot.with_seconds_left(MARGIN) {
            return Ok(ticket);
        }
        if let Some(ticket) = slot.with_seconds_left(LAST_SECONDS) {
            let Ok(_flight) = slot.flight.try_lock() else { return Ok(ticket) };
            if !slot.renewal_is_due() {
                // Somebody did a moment ago.
                return Ok(slot.with_seconds_left(LAST_SECONDS).unwrap_or(ticket));
            }
            return match self.fetch(kind).await {
                Ok(renewed) => Ok(renewed),
                Err(error) => {
                    let appid = self.client.appid();
                    tracing::warn!(appid, %error, "the {} ticket could not be renewed; it is still good", kind.as_str());
                    Ok(ticket)
                }
            };
        }
        let asked = Instant::now();
        let _flight = slot.flight.lock().await;
        if let Some(ticket) = slot.with_seconds_left(LAST_SECONDS) {
            return Ok(ticket);
        }
        match slot.failure_since(asked) {
            Some(error) => Err(error),
            None => self.fetch(kind).await,
        }
    }

    async fn fetch(self, kind: TicketKind) -> Result<Arc<Ticket>> {
        let fetched = self.get(kind).await;
        let mut notes = self.slot(kind).notes();
        match fetched {
            Ok(ticket) => {
                let ticket = Arc::new(ticket);
                *notes = Notes { ticket: Some(Arc::clone(&ticket)), failure: None, renewed: notes.renewed };
                Ok(ticket)
            }
            Err(error) => {
                notes.failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    fn slot(&self, kind: TicketKind) -> &Slot {
        let tickets = &self.client.inner.tickets;
        match kind {
            TicketKind::JsApi => &tickets.jsapi,
            TicketKind::Card => &tickets.card,
        }
    }
}

/// 16 random letters and digits, which need not be secret.
fn nonce() -> String {
    format!("{:016x}", random())
}
