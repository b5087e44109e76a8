// Written by `cargo xtask catalogue` from `catalogue/semantic.toml`: change that.

//! What a sentence of a user asks for.
//!
//! Made by [`Client::semantic`](crate::client::Client::semantic).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::check::Check;
use crate::client::shape;
use crate::client::{Client, Method, Result};

impl Client {
    /// What a sentence of a user asks for.
    pub fn semantic(&self) -> Semantic<'_> {
        Semantic { client: self }
    }
}

/// What a sentence of a user asks for. See [`Client::semantic`].
#[derive(Debug, Clone, Copy)]
pub struct Semantic<'a> {
    pub(crate) client: &'a Client,
}

impl Semantic<'_> {
    /// Takes a Chinese sentence apart: what kind of thing it asks for, and the particulars. The platform lists it no
    /// longer among the calls of an Official Account; expect it to be refused.
    ///
    /// `POST /semantic/semproxy/search`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/en/Intelligent_Interface/Natural_Language_Processing.html).
    ///
    /// # Errors
    /// As any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::semantic::Search;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = Search::new("QUERY", "CATEGORY");
    /// let meaning = wechat.semantic().search(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn search(self, ask: &Search) -> Result<Meaning> {
        let path = "/semantic/semproxy/search";
        ask.check(&Check::of(path))?;
        let call = self
            .client
            .call(Method::POST, path)
            .json(&shape::WithAppid { appid: self.client.appid(), ask })
            .idempotent(true);
        call.send().await
    }
}

/// A sentence to take apart.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Search {
    /// The sentence.
    pub query: String,
    /// Kinds looked for, with commas between, such as `flight,hotel`; one kind alone is recognized best.
    pub category: String,
    /// Where the user is; together with `longitude`, or `city` instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// Where the user is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// City the user is in; needed without `latitude`, for kinds that depend on the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Part of the city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The user, best the openid; without it a sentence is not understood from those before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
}

impl Search {
    /// With what is required.
    pub fn new(query: impl Into<String>, category: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            category: category.into(),
            latitude: None,
            longitude: None,
            city: None,
            region: None,
            uid: None,
        }
    }

    /// Where the user is; together with `longitude`, or `city` instead.
    pub fn latitude(mut self, latitude: f64) -> Self {
        self.latitude = Some(latitude);
        self
    }

    /// Where the user is.
    pub fn longitude(mut self, longitude: f64) -> Self {
        self.longitude = Some(longitude);
        self
    }

    /// City the user is in; needed without `latitude`, for kinds that depend on the place.
    pub fn city(mut self, city: impl Into<String>) -> Self {
        self.city = Some(city.into());
        self
    }

    /// Part of the city.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// The user, best the openid; without it a sentence is not understood from those before.
    pub fn uid(mut self, uid: impl Into<String>) -> Self {
        self.uid = Some(uid.into());
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.text("query", self.query.as_str())?;
        check.text("category", self.category.as_str())?;
        Ok(())
    }
}

/// What a sentence asks for.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Meaning {
    /// The sentence.
    pub query: String,
    /// Kind recognized, such as `flight`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The particulars, by kind: `details` and `intent`.
    pub semantic: Value,
    /// Things found, for some kinds.
    pub result: Value,
    /// A text for the user, for some kinds.
    pub answer: String,
    /// A note, for some kinds.
    pub text: String,
}
