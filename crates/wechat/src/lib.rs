//! WeChat Official Accounts: what the platform pushes, what is answered, and the API.
//!
//! The core does no I/O: it takes what a web server received and gives what the server should answer.
//!
//! - [`envelope`] tells whether a request is WeChat's and opens it; [`message`] is what it says; [`reply`] is the answer.
//! - [`signature`] and [`crypto`] are the two algorithms under it.
//! - `client` (feature `client`, on by default) calls the platform's API; `api` has the requests and answers.
//! - `testing` (feature `testing`) stands in for the platform in tests of programs that use the client.
//!
//! The minimum Rust is 1.95.
//!
//! A whole callback, whatever the web framework:
//!
//! ```
//! use puzi_wechat::Secret;
//! use puzi_wechat::envelope::{Query, Receiver, Refusal};
//! use puzi_wechat::message::{Body, Event};
//! use puzi_wechat::reply::Reply;
//!
//! /// `POST /wechat`: the raw query, the body and the clock in; the status and the body of the answer out.
//! fn callback(account: &Receiver, raw_query: &str, body: &[u8], now: i64) -> (u16, String) {
//!     let received = match account.open(&Query::parse(raw_query), body, now) {
//!         Ok(received) => received,
//!         Err(refusal) if refusal.is_forgery() => return (403, String::new()),
//!         Err(Refusal::TooLarge) => return (413, String::new()),
//!         Err(_) => return (400, String::new()),
//!     };
//!     let push = &received.push;
//!     let reply = match &push.body {
//!         Body::Text(text) => Reply::text(format!("You said: {}", text.content)),
//!         Body::Event(Event::Subscribe { .. }) => Reply::text("Welcome!"),
//!         _ => Reply::Nothing,
//!     };
//!     let xml = reply.to_xml(&push.from, &push.to, now);
//!     (200, account.wrap(received.sealing, xml, &push.dedup_key(), now))
//! }
//!
//! let account = Receiver::new(Secret::new("token".into()), "wx0123456789abcdef");
//! let body = "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1700000000</CreateTime>\
//!             <MsgType>text</MsgType><Content><![CDATA[hi]]></Content><MsgId>1</MsgId></xml>";
//! let signature = puzi_wechat::signature::sign(&["token", "1700000000", "42"]);
//! let query = format!("signature={signature}&timestamp=1700000000&nonce=42");
//!
//! let (status, answer) = callback(&account, &query, body.as_bytes(), 1_700_000_003);
//! assert_eq!(status, 200);
//! assert!(answer.contains("<![CDATA[You said: hi]]>"));
//! assert_eq!(callback(&account, &query.replace("nonce=42", "nonce=43"), body.as_bytes(), 1_700_000_003).0, 403);
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "client")]
pub mod api;
#[cfg(feature = "client")]
pub mod client;
pub mod crypto;
pub mod envelope;
mod fields;
mod json;
pub mod message;
mod query;
pub mod reply;
mod secret;
pub mod signature;
#[cfg(feature = "testing")]
pub mod testing;
mod xml;

pub use secret::Secret;

/// Most bytes a push may have: 64 KiB.
pub const MAX_BODY: usize = 64 * 1024;
/// Most levels of elements or objects a push may have inside its root.
pub const MAX_DEPTH: usize = 16;
/// Most elements and attributes, or JSON values, a push may have.
pub const MAX_FIELDS: usize = 2000;

/// The programs of the README compile.
#[cfg(all(doctest, feature = "client"))]
#[doc = include_str!("../README.md")]
struct Readme;
