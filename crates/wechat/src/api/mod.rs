// Written by `cargo xtask catalogue` from `catalogue/*.toml`: change those.

//! The calls of the Official Account API, a module a family: what they ask with and what they answer.
//!
//! A field that the platform leaves out is empty, 0 or `false`, or nothing where that would say something else.

pub mod autoreply;
pub mod base;
pub mod comments;
pub mod draft;
pub mod groups;
pub mod mass;
pub mod material;
pub mod media;
pub mod oauth;
pub mod ocr;
pub mod publish;
pub mod qrcode;
pub mod semantic;
pub mod service;
pub mod shortdata;
pub mod statistics;
pub mod subscribe;
pub mod tags;
pub mod template;
pub mod users;

pub use crate::client::{Base, Material, Media, MenuTools, Messages, Tickets, Users};
pub use autoreply::Autoreply;
pub use comments::Comments;
pub use draft::Drafts;
pub use groups::Groups;
pub use mass::Mass;
pub use oauth::OAuth;
pub use ocr::Ocr;
pub use publish::Publish;
pub use qrcode::QrCodes;
pub use semantic::Semantic;
pub use service::Service;
pub use shortdata::Shortdata;
pub use statistics::Statistics;
pub use subscribe::Subscribe;
pub use tags::Tags;
pub use template::Templates;
