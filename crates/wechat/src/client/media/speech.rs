//! Speech to text, and translation.

use serde::Deserialize;

use super::{Media, check_file};
use crate::client::check::Check;
use crate::client::upload::Field;
use crate::client::{Content, Method, Result};

const RECOGNIZE: &str = "/cgi-bin/media/voice/addvoicetorecofortext";
const RECOGNIZED: &str = "/cgi-bin/media/voice/queryrecoresultfortext";
const TRANSLATE: &str = "/cgi-bin/media/voice/translatecontent";
/// Bytes.
const LARGEST_VOICE: u64 = 1024 * 1024;
/// Bytes.
const LONGEST_TEXT: usize = 600;

/// A language that is recognized and translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SpeechLanguage {
    /// Chinese.
    #[default]
    Chinese,
    /// English.
    English,
}

impl SpeechLanguage {
    /// The platform's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chinese => "zh_CN",
            Self::English => "en_US",
        }
    }
}

/// A text and what it says in another language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Translation {
    /// The text.
    #[serde(rename = "from_content")]
    pub from: String,
    /// The translation.
    #[serde(rename = "to_content")]
    pub to: String,
}

impl Media<'_> {
    /// Uploads a voice to be turned into text: MP3, 16 kHz, mono, 1 MB at most. `voice_id` is an id of one's own, with
    /// which [`Media::recognized`] tells the text within 10 s.
    ///
    /// `POST /cgi-bin/media/voice/addvoicetorecofortext`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/openpoc/ai/api_addvoicetorecofortext.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::{Content, SpeechLanguage};
    ///
    /// let voice = Content::file("question.mp3");
    /// wechat.media().recognize("q-1", SpeechLanguage::Chinese, "question.mp3", voice).await?;
    /// println!("{}", wechat.media().recognized("q-1", SpeechLanguage::Chinese).await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A caller's mistake when the ending or the size is not allowed, without a call.
    pub async fn recognize(
        self,
        voice_id: &str,
        spoken: SpeechLanguage,
        file_name: &str,
        content: impl Into<Content>,
    ) -> Result<()> {
        let content = content.into();
        Check::of(RECOGNIZE).text("voice_id", voice_id)?;
        check_file(RECOGNIZE, &["mp3"], LARGEST_VOICE, file_name, &content).await?;
        let call = self.client.call(Method::POST, RECOGNIZE).query("format", "mp3").query("voice_id", voice_id);
        let call = call.query("lang", spoken.as_str());
        call.multipart([Field::file("media", file_name, content)]).done().await
    }

    /// The text of a voice that [`Media::recognize`] uploaded within the last 10 s.
    ///
    /// `POST /cgi-bin/media/voice/queryrecoresultfortext`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/openpoc/ai/api_queryrecoresultfortext.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::SpeechLanguage;
    ///
    /// println!("{}", wechat.media().recognized("q-1", SpeechLanguage::Chinese).await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any call.
    pub async fn recognized(self, voice_id: &str, spoken: SpeechLanguage) -> Result<String> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            result: String,
        }
        Check::of(RECOGNIZED).text("voice_id", voice_id)?;
        let call = self.client.call(Method::POST, RECOGNIZED).query("voice_id", voice_id).idempotent(true);
        Ok(call.query("lang", spoken.as_str()).send::<Answer>().await?.result)
    }

    /// Translates up to 600 bytes between Chinese and English.
    ///
    /// `POST /cgi-bin/media/voice/translatecontent`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/openpoc/ai/api_translatecontent.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::SpeechLanguage::{Chinese, English};
    ///
    /// println!("{}", wechat.media().translate("绿茶多少钱?", Chinese, English).await?.to);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A caller's mistake for an empty text or more than 600 bytes, without a call.
    pub async fn translate(self, text: &str, from: SpeechLanguage, to: SpeechLanguage) -> Result<Translation> {
        Check::of(TRANSLATE).bytes("text", text, 1..=LONGEST_TEXT)?;
        let call = self.client.call(Method::POST, TRANSLATE).query("lfrom", from.as_str()).query("lto", to.as_str());
        call.text(text).idempotent(true).send().await
    }
}
