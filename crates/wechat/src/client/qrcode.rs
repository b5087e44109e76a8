//! Codes that lead to the account.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::check::Check;
use super::{Method, Result};
use crate::api::QrCodes;

const CREATE: &str = "/cgi-bin/qrcode/create";

/// What a code carries; the pushes of its scans name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scene {
    /// A number from 1; of a lasting code up to 100,000.
    Number(i64),
    /// A name of 1 to 64 characters.
    Name(String),
}

impl From<i64> for Scene {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<String> for Scene {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<&str> for Scene {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

/// A code that was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct QrCode {
    /// What the picture of the code is had for; see [`QrCodes::picture`].
    pub ticket: String,
    /// How long it lives, in seconds; 0 for one that lasts.
    pub expire_seconds: i64,
    /// What the code says, to draw it oneself.
    pub url: String,
}

impl QrCodes<'_> {
    /// Makes a code that lives for `ttl`: 1 second to 30 days, in whole seconds. A scan pushes SCAN, or subscribe with
    /// the scene from somebody who follows by it.
    ///
    /// `POST /cgi-bin/qrcode/create`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode.html).
    ///
    /// # Errors
    /// As any call. A caller's mistake, unsent, when the time or the scene is beyond its bounds.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let code = wechat.qrcode().temporary("spring-fair", Duration::from_secs(30 * 86_400)).await?;
    /// let jpeg = wechat.qrcode().picture(&code.ticket).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn temporary(self, scene: impl Into<Scene>, ttl: Duration) -> Result<QrCode> {
        let seconds = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
        Check::of(CREATE).range("expire_seconds", seconds, 1..=2_592_000)?;
        self.create(&scene.into(), Some(seconds)).await
    }

    /// Makes a code that lasts; an account can have 100,000.
    ///
    /// `POST /cgi-bin/qrcode/create`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode.html).
    ///
    /// # Errors
    /// As any call. A caller's mistake, unsent, when the scene is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let code = wechat.qrcode().permanent("counter").await?;
    /// println!("draw a code of {}", code.url);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn permanent(self, scene: impl Into<Scene>) -> Result<QrCode> {
        self.create(&scene.into(), None).await
    }

    async fn create(self, scene: &Scene, seconds: Option<i64>) -> Result<QrCode> {
        let check = Check::of(CREATE);
        let info = check.field("action_info");
        let place = info.field("scene");
        let (action, scene) = match (scene, seconds) {
            (Scene::Number(number), Some(_)) => {
                place.range("scene_id", *number, 1..=i64::from(u32::MAX))?;
                ("QR_SCENE", json!({ "scene_id": number }))
            }
            (Scene::Number(number), None) => {
                place.range("scene_id", *number, 1..=100_000)?;
                ("QR_LIMIT_SCENE", json!({ "scene_id": number }))
            }
            (Scene::Name(name), _) => {
                place.chars("scene_str", name.as_str(), 1..=64)?;
                let action = if seconds.is_some() { "QR_STR_SCENE" } else { "QR_LIMIT_STR_SCENE" };
                (action, json!({ "scene_str": name }))
            }
        };
        let mut body = json!({ "action_name": action, "action_info": { "scene": scene } });
        if let Some(seconds) = seconds {
            body["expire_seconds"] = seconds.into();
        }
        // A second code for the same scene is another ticket for the same thing, but a lasting one counts.
        self.client.call(Method::POST, CREATE).json(&body).idempotent(seconds.is_some()).send().await
    }
}
