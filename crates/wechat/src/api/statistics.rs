// Written by `cargo xtask catalogue` from `catalogue/statistics.toml`: change that.

//! Figures about followers, articles, messages, pushes, cards and ads. Figures of a day are there after 08:00 of the
//! next.
//!
//! Made by [`Client::statistics`](crate::client::Client::statistics).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::check::Check;
use crate::client::shape::{self, inside, open_texts};
use crate::client::{Call, Client, Method, Result};

impl Client {
    /// Figures about followers, articles, messages, pushes, cards and ads. Figures of a day are there after 08:00 of
    /// the next.
    pub fn statistics(&self) -> Statistics<'_> {
        Statistics { client: self }
    }
}

/// Figures about followers, articles, messages, pushes, cards and ads. Figures of a day are there after 08:00 of the
/// next. See [`Client::statistics`].
#[derive(Debug, Clone, Copy)]
pub struct Statistics<'a> {
    pub(crate) client: &'a Client,
}

impl Statistics<'_> {
    /// Tells day by day how many began and ceased to follow, by the way they came.
    ///
    /// `POST /datacube/getusersummary`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/user/api_getusersummary.html).
    ///
    /// Limits: 7 days a call; data begins on 2014-12-01; ask for yesterday after 08:00.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and 7 days with the first at most.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let follower_changes = wechat.statistics().follower_changes("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn follower_changes(self, begin_date: &str, end_date: &str) -> Result<Vec<FollowerChange>> {
        self.days("/datacube/getusersummary", begin_date, end_date)?.send_field("list").await
    }

    /// Tells day by day how many follow in all.
    ///
    /// `POST /datacube/getusercumulate`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/user/api_getusercumulate.html).
    ///
    /// Limits: 7 days a call; data begins on 2014-12-01; ask for yesterday after 08:00.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and 7 days with the first at most.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let follower_counts = wechat.statistics().followers("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn followers(self, begin_date: &str, end_date: &str) -> Result<Vec<FollowerCount>> {
        self.days("/datacube/getusercumulate", begin_date, end_date)?.send_field("list").await
    }

    /// Tells how many read each article on a day, of all articles read on it.
    ///
    /// `POST /datacube/getarticleread`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticleread.html).
    ///
    /// Limits: one day a call; data begins on 2025-11-01.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and the first day itself.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let article_reads = wechat.statistics().article_reads("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn article_reads(self, begin_date: &str, end_date: &str) -> Result<ArticleReads> {
        self.days("/datacube/getarticleread", begin_date, end_date)?.send().await
    }

    /// Tells how many shared each article on a day, of all articles shared on it.
    ///
    /// `POST /datacube/getarticleshare`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticleshare.html).
    ///
    /// Limits: one day a call; data begins on 2025-11-01.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and the first day itself.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let article_shares = wechat.statistics().article_shares("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn article_shares(self, begin_date: &str, end_date: &str) -> Result<ArticleShares> {
        self.days("/datacube/getarticleshare", begin_date, end_date)?.send().await
    }

    /// Tells day by day what became of all articles of the account together.
    ///
    /// `POST /datacube/getbizsummary`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/news/api_getbizsummary.html).
    ///
    /// Limits: 30 days a call; data begins on 2025-11-01.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and 30 days with the first at most.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let summary = wechat.statistics().summary("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn summary(self, begin_date: &str, end_date: &str) -> Result<Summary> {
        self.days("/datacube/getbizsummary", begin_date, end_date)?.send().await
    }

    /// Tells of each article published on a day what became of it, day by day for up to 30 days after.
    ///
    /// `POST /datacube/getarticletotaldetail`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticletotaldetail.html).
    ///
    /// Limits: one day a call; data begins on 2025-11-01; 30 days of an article.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and the first day itself.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let article_details = wechat.statistics().article_details("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn article_details(self, begin_date: &str, end_date: &str) -> Result<ArticleDetails> {
        self.days("/datacube/getarticletotaldetail", begin_date, end_date)?.send().await
    }

    /// Tells day by day how many messages users wrote.
    ///
    /// `POST /datacube/getupstreammsg`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsg.html).
    ///
    /// Limits: 7 days a call; data begins on 2014-12-01; ask for yesterday after 08:00.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and 7 days with the first at most.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let message_counts = wechat.statistics().messages("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn messages(self, begin_date: &str, end_date: &str) -> Result<Vec<MessageCount>> {
        self.days("/datacube/getupstreammsg", begin_date, end_date)?.send_field("list").await
    }

    /// Tells hour by hour how many messages users wrote on a day.
    ///
    /// `POST /datacube/getupstreammsghour`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsghour.html).
    ///
    /// Limits: one day a call; data begins on 2014-12-01; ask for yesterday after 08:00.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and the first day itself.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let message_hours = wechat.statistics().messages_by_hour("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn messages_by_hour(self, begin_date: &str, end_date: &str) -> Result<Vec<MessageHour>> {
        self.days("/datacube/getupstreammsghour", begin_date, end_date)?.send_field("list").await
    }

    /// Tells week by week how many messages users wrote.
    ///
    /// `POST /datacube/getupstreammsgweek`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsgweek.html).
    ///
    /// Limits: 30 days a call; data begins on 2014-12-01; a week counts for its Monday, and is there when it is over.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and 30 days with the first at most.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let message_counts = wechat.statistics().messages_by_week("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn messages_by_week(self, begin_date: &str, end_date: &str) -> Result<Vec<MessageCount>> {
        self.days("/datacube/getupstreammsgweek", begin_date, end_date)?.send_field("list").await
    }

    /// Tells how many messages users wrote in a month.
    ///
    /// `POST /datacube/getupstreammsgmonth`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsgmonth.html).
    ///
    /// Limits: 30 days a call; data begins on 2014-12-01; a month counts for its first day, and is there when it is
    /// over.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and 30 days with the first at most.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let message_counts = wechat.statistics().messages_by_month("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn messages_by_month(self, begin_date: &str, end_date: &str) -> Result<Vec<MessageCount>> {
        self.days("/datacube/getupstreammsgmonth", begin_date, end_date)?.send_field("list").await
    }

    /// Tells day by day how many users wrote few or many messages.
    ///
    /// `POST /datacube/getupstreammsgdist`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsgdist.html).
    ///
    /// Limits: 15 days a call; data begins on 2014-12-01; ask for yesterday after 08:00.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and 15 days with the first at most.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let writer_counts = wechat.statistics().writers("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn writers(self, begin_date: &str, end_date: &str) -> Result<Vec<WriterCount>> {
        self.days("/datacube/getupstreammsgdist", begin_date, end_date)?.send_field("list").await
    }

    /// Tells week by week how many users wrote few or many messages.
    ///
    /// `POST /datacube/getupstreammsgdistweek`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsgdistweek.html).
    ///
    /// Limits: 15 days a call; data begins on 2014-12-01; a week counts for its Monday, and is there when it is over.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and 15 days with the first at most.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let writer_counts = wechat.statistics().writers_by_week("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn writers_by_week(self, begin_date: &str, end_date: &str) -> Result<Vec<WriterCount>> {
        self.days("/datacube/getupstreammsgdistweek", begin_date, end_date)?.send_field("list").await
    }

    /// Tells how many users wrote few or many messages in a month.
    ///
    /// `POST /datacube/getupstreammsgdistmonth`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsgdistmonth.html).
    ///
    /// Limits: 15 days a call; data begins on 2014-12-01; a month counts for its first day, and is there when it is
    /// over.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and 15 days with the first at most.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let writer_counts = wechat.statistics().writers_by_month("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn writers_by_month(self, begin_date: &str, end_date: &str) -> Result<Vec<WriterCount>> {
        self.days("/datacube/getupstreammsgdistmonth", begin_date, end_date)?.send_field("list").await
    }

    /// Tells day by day how the account's server answered pushes.
    ///
    /// `POST /datacube/getinterfacesummary`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/api/api_getinterfacesummary.html).
    ///
    /// Limits: 30 days a call; data begins on 2014-12-01; ask for yesterday after 08:00.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and 30 days with the first at most.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let callback_days = wechat.statistics().callbacks("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn callbacks(self, begin_date: &str, end_date: &str) -> Result<Vec<CallbackDay>> {
        self.days("/datacube/getinterfacesummary", begin_date, end_date)?.send_field("list").await
    }

    /// Tells hour by hour how the account's server answered pushes on a day.
    ///
    /// `POST /datacube/getinterfacesummaryhour`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/api/api_getinterfacesummaryhour.html).
    ///
    /// Limits: one day a call; data begins on 2014-12-01; ask for yesterday after 08:00.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and the first day itself.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let callback_hours = wechat.statistics().callbacks_by_hour("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn callbacks_by_hour(self, begin_date: &str, end_date: &str) -> Result<Vec<CallbackHour>> {
        self.days("/datacube/getinterfacesummaryhour", begin_date, end_date)?.send_field("list").await
    }

    /// Tells day by day what became of all coupons together.
    ///
    /// `POST /datacube/getcardbizuininfo`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/en/guide/product/card/Managing_Coupons_Vouchers_and_Cards.html).
    ///
    /// Limits: 62 days a call; no special tickets (films, flights, meetings, sights).
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and 62 days with the first at most.
    /// - `cond_source`: Where the cards were made: 0 on the platform's pages, 1 by the API.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let coupons_days = wechat.statistics().coupons("2026-11-01", "2026-11-01", true).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn coupons(self, begin_date: &str, end_date: &str, cond_source: bool) -> Result<Vec<CouponsDay>> {
        self.days_of_source("/datacube/getcardbizuininfo", begin_date, end_date, cond_source)?.send_field("list").await
    }

    /// Tells day by day what became of each free coupon.
    ///
    /// `POST /datacube/getcardcardinfo`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/en/guide/product/card/Managing_Coupons_Vouchers_and_Cards.html).
    ///
    /// Limits: 62 days a call; no special tickets (films, flights, meetings, sights).
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::statistics::Coupon;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = Coupon::new("2026-11-01", "2026-11-01", true);
    /// let coupon_days = wechat.statistics().coupon(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn coupon(self, ask: &Coupon) -> Result<Vec<CouponDay>> {
        let path = "/datacube/getcardcardinfo";
        ask.check(&Check::of(path))?;
        self.client.call(Method::POST, path).json(ask).idempotent(true).send_field("list").await
    }

    /// Tells day by day what became of all member cards together.
    ///
    /// `POST /datacube/getcardmembercardinfo`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/en/guide/product/card/Managing_Coupons_Vouchers_and_Cards.html).
    ///
    /// Limits: 62 days a call.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and 62 days with the first at most.
    /// - `cond_source`: Where the cards were made: 0 on the platform's pages, 1 by the API.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let member_cards_days = wechat.statistics().member_cards("2026-11-01", "2026-11-01", true).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn member_cards(
        self,
        begin_date: &str,
        end_date: &str,
        cond_source: bool,
    ) -> Result<Vec<MemberCardsDay>> {
        self.days_of_source("/datacube/getcardmembercardinfo", begin_date, end_date, cond_source)?
            .send_field("list")
            .await
    }

    /// Tells day by day what became of one member card made by the API.
    ///
    /// `POST /datacube/getcardmembercarddetail`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/en/guide/product/card/Managing_Coupons_Vouchers_and_Cards.html).
    ///
    /// Limits: 62 days a call.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and 62 days with the first at most.
    /// - `card_id`: The member card.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let member_card_days = wechat.statistics().member_card("2026-11-01", "2026-11-01", "CARD_ID").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn member_card(self, begin_date: &str, end_date: &str, card_id: &str) -> Result<Vec<MemberCardDay>> {
        let path = "/datacube/getcardmembercarddetail";
        let check = Check::of(path);
        check.text("begin_date", begin_date)?;
        check.text("end_date", end_date)?;
        check.text("card_id", card_id)?;
        let body = json!({ "begin_date": begin_date, "end_date": end_date, "card_id": card_id });
        self.client.call(Method::POST, path).json(&body).idempotent(true).send_field("list").await
    }

    /// Tells what ads in the account earned: by place, by goods sold on commission, or as settled. Failures are told
    /// in `base_resp`.
    ///
    /// `GET /publisher/stat`, for accounts with ads:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/guide/product/analysis_data/ad/Ad_Analysis.html).
    ///
    /// Limits: places: 90 days a call; goods: 60 days a call; data begins on 2016-01-01.
    ///
    /// # Errors
    /// As any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::statistics::{AdAction, Ads};
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = Ads::new(AdAction::PublisherAdposGeneral, 1, 90, "2026-11-01", "2026-11-01");
    /// let ad_earnings = wechat.statistics().ads(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ads(self, ask: &Ads) -> Result<AdEarnings> {
        let path = "/publisher/stat";
        ask.check(&Check::of(path))?;
        let mut call = self
            .client
            .call(Method::GET, path)
            .query("action", &ask.action)
            .query("page", ask.page)
            .query("page_size", ask.page_size)
            .query("start_date", &ask.start_date)
            .query("end_date", &ask.end_date);
        if let Some(ad_slot) = &ask.ad_slot {
            call = call.query("ad_slot", ad_slot);
        }
        let answer: AdEarnings = call.send().await?;
        shape::base_resp(path, answer.base_resp.ret, &answer.base_resp.err_msg)?;
        Ok(answer)
    }

    /// Tells of each article that was sent and read on a day how often it was. The platform keeps it up no longer.
    ///
    /// `POST /datacube/getarticlesummary`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticlesummary.html).
    ///
    /// Limits: one day a call.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and the first day again.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let sent_articles = wechat.statistics().sent_articles("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `statistics().article_reads` and `article_shares`")]
    pub async fn sent_articles(self, begin_date: &str, end_date: &str) -> Result<Vec<SentArticle>> {
        self.days("/datacube/getarticlesummary", begin_date, end_date)?.send_field("list").await
    }

    /// Tells of each article sent on a day what became of it, day by day for up to 7 days after. The platform keeps it
    /// up no longer.
    ///
    /// `POST /datacube/getarticletotal`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticletotal.html).
    ///
    /// Limits: one day a call.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and the first day again.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let sent_article_totals = wechat.statistics().sent_article_totals("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `statistics().article_details`")]
    pub async fn sent_article_totals(self, begin_date: &str, end_date: &str) -> Result<Vec<SentArticleTotal>> {
        self.days("/datacube/getarticletotal", begin_date, end_date)?.send_field("list").await
    }

    /// Tells day by day how often articles were read. The platform keeps it up no longer.
    ///
    /// `POST /datacube/getuserread`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/news/api_getuserread.html).
    ///
    /// Limits: 3 days a call.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and 3 days with the first at most.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let read_days = wechat.statistics().reads("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `statistics().summary`")]
    pub async fn reads(self, begin_date: &str, end_date: &str) -> Result<Vec<ReadDay>> {
        self.days("/datacube/getuserread", begin_date, end_date)?.send_field("list").await
    }

    /// Tells hour by hour how often articles were read on a day. The platform keeps it up no longer.
    ///
    /// `POST /datacube/getuserreadhour`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/news/api_getuserreadhour.html).
    ///
    /// Limits: one day a call.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and the first day again.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let read_hours = wechat.statistics().reads_by_hour("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `statistics().summary`, which knows no hours")]
    pub async fn reads_by_hour(self, begin_date: &str, end_date: &str) -> Result<Vec<ReadHour>> {
        self.days("/datacube/getuserreadhour", begin_date, end_date)?.send_field("list").await
    }

    /// Tells day by day how often articles were shared. The platform keeps it up no longer.
    ///
    /// `POST /datacube/getusershare`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/news/api_getusershare.html).
    ///
    /// Limits: 7 days a call.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and 7 days with the first at most.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let share_days = wechat.statistics().shares("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `statistics().summary`")]
    pub async fn shares(self, begin_date: &str, end_date: &str) -> Result<Vec<ShareDay>> {
        self.days("/datacube/getusershare", begin_date, end_date)?.send_field("list").await
    }

    /// Tells hour by hour how often articles were shared on a day. The platform keeps it up no longer.
    ///
    /// `POST /datacube/getusersharehour`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/wedata/news/api_getusersharehour.html).
    ///
    /// Limits: one day a call.
    ///
    /// - `begin_date`: First day, YYYY-MM-DD.
    /// - `end_date`: Last day, YYYY-MM-DD; yesterday at the latest, and the first day again.
    ///
    /// # Errors
    /// 61500 and 61501, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let share_hours = wechat.statistics().shares_by_hour("2026-11-01", "2026-11-01").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `statistics().summary`, which knows no hours")]
    pub async fn shares_by_hour(self, begin_date: &str, end_date: &str) -> Result<Vec<ShareHour>> {
        self.days("/datacube/getusersharehour", begin_date, end_date)?.send_field("list").await
    }

    fn days(self, path: &'static str, begin_date: &str, end_date: &str) -> Result<Call> {
        let check = Check::of(path);
        check.text("begin_date", begin_date)?;
        check.text("end_date", end_date)?;
        let body = json!({ "begin_date": begin_date, "end_date": end_date });
        Ok(self.client.call(Method::POST, path).json(&body).idempotent(true))
    }

    fn days_of_source(self, path: &'static str, begin_date: &str, end_date: &str, cond_source: bool) -> Result<Call> {
        let check = Check::of(path);
        check.text("begin_date", begin_date)?;
        check.text("end_date", end_date)?;
        let body = json!({ "begin_date": begin_date, "end_date": end_date, "cond_source": i64::from(cond_source) });
        Ok(self.client.call(Method::POST, path).json(&body).idempotent(true))
    }
}

/// Who began and ceased to follow on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FollowerChange {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// The way: 0 others, 1 search, 17 shared card, 30 code, 57 name in an article, 100 ads, 149 mini program, 161
    /// repost by others, 200 channels, 201 live streams.
    pub user_source: i64,
    /// How many began to follow.
    pub new_user: i64,
    /// How many ceased.
    pub cancel_user: i64,
}

/// How many follow on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FollowerCount {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// How many follow.
    pub cumulate_user: i64,
}

/// A way that readers came.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ReadSource {
    /// How many of them came this way.
    pub user_count: i64,
    /// The way, in Chinese: 全部 (all), 公众号消息 (messages), 聊天会话 (chats), 朋友圈 (moments), 公众号主页 (the
    /// account's page), 推荐 (recommended), 搜一搜 (search), 其他 (others).
    pub scene_desc: String,
}

/// How many read, and how they came.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ReadFigures {
    /// How many read.
    pub read_user: i64,
    /// A way that readers came.
    pub read_user_source: Vec<ReadSource>,
}

/// An article read on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ArticleRead {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// The article: the number of the articles (`msg_data_id`), `_`, which of them, from 1; such as `12003_3`.
    pub msgid: String,
    /// How many read, and how they came.
    pub detail: ReadFigures,
}

/// The articles read on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ArticleReads {
    /// An article read on a day.
    pub list: Vec<ArticleRead>,
    /// Whether the figures are still late.
    pub is_delay: bool,
}

/// An article shared on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ArticleShare {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// The article: the number of the articles (`msg_data_id`), `_`, which of them, from 1; such as `12003_3`.
    pub msgid: String,
    /// How many shared.
    #[serde(deserialize_with = "in_share_user")]
    pub detail: i64,
}

/// The articles shared on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ArticleShares {
    /// An article shared on a day.
    pub list: Vec<ArticleShare>,
    /// Whether the figures are still late.
    pub is_delay: bool,
}

/// What became of all articles on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SummaryFigures {
    /// How many read.
    pub read_user: i64,
    /// A way that readers came.
    pub read_user_source: Vec<ReadSource>,
    /// How many shared.
    pub share_user: i64,
    /// How many gave a heart.
    pub zaikan_user: i64,
    /// How many gave a thumb.
    pub like_user: i64,
    /// How many comments.
    pub comment_count: i64,
    /// How many put it among their favourites.
    pub collection_user: i64,
    /// How many opened the original.
    pub redirect_ori_page_user: i64,
    /// How many articles were published.
    pub send_page_count: i64,
}

/// A day of a summary.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SummaryDay {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// What became of all articles on a day.
    pub detail: SummaryFigures,
}

/// The days of a summary.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Summary {
    /// A day of a summary.
    pub list: Vec<SummaryDay>,
    /// Whether the figures are still late.
    pub is_delay: bool,
}

/// Where readers left an article.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ReadEnd {
    /// Where readers left: 1 in the first fifth … 5 in the last.
    pub position: Option<i64>,
    /// Which part of them left there.
    pub rate: Option<f64>,
}

/// What became of an article up to a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ArticleFigures {
    /// The day up to which the figures count, from the day of publishing.
    pub stat_date: String,
    /// How many read.
    pub read_user: i64,
    /// A way that readers came.
    pub read_user_source: Vec<ReadSource>,
    /// How many shared.
    pub share_user: i64,
    /// How many gave a heart.
    pub zaikan_user: i64,
    /// How many gave a thumb.
    pub like_user: i64,
    /// How many comments.
    pub comment_count: i64,
    /// How many put it among their favourites.
    pub collection_user: i64,
    /// What readers gave the author, in fen.
    pub praise_money: Option<i64>,
    /// How many followed after reading.
    pub read_subscribe_user: Option<i64>,
    /// Which part of those it was delivered to read it.
    pub read_delivery_rate: Option<f64>,
    /// Which part of the readers read it to the end.
    pub read_finish_rate: Option<f64>,
    /// How long they read on average, in minutes.
    pub read_avg_activetime: Option<f64>,
    /// Where readers left an article.
    pub read_jump_position: Vec<ReadEnd>,
}

/// An article published on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ArticleDetail {
    /// The day it was published, YYYY-MM-DD.
    pub ref_date: String,
    /// The article: the number of the articles (`msg_data_id`), `_`, which of them, from 1; such as `12003_3`.
    pub msgid: String,
    /// 0 with a message to the followers, 1 without.
    pub publish_type: i64,
    /// Its title.
    pub title: String,
    /// Where it is.
    pub content_url: String,
    /// What became of an article up to a day.
    pub detail_list: Vec<ArticleFigures>,
}

/// The articles published on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ArticleDetails {
    /// An article published on a day.
    pub list: Vec<ArticleDetail>,
    /// Whether the figures are still late.
    pub is_delay: bool,
}

/// Messages that users wrote.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MessageCount {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// Kind of the messages: 1 text, 2 picture, 3 voice, 4 video, 6 from another app (link).
    pub msg_type: i64,
    /// How many users wrote.
    pub msg_user: i64,
    /// How many messages they wrote.
    pub msg_count: i64,
}

/// Messages that users wrote in an hour.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MessageHour {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// The hour: 0, 100 … 2300.
    pub ref_hour: i64,
    /// Kind of the messages: 1 text, 2 picture, 3 voice, 4 video, 6 from another app (link).
    pub msg_type: i64,
    /// How many users wrote.
    pub msg_user: i64,
    /// How many messages they wrote.
    pub msg_count: i64,
}

/// Users who wrote so many messages.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WriterCount {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// How many messages a user wrote: 0 none, 1 one to 5, 2 six to 10, 3 more.
    pub count_interval: i64,
    /// How many users did.
    pub msg_user: i64,
}

/// How the account's server answered on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CallbackDay {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// How many pushes the account's server was to answer.
    pub callback_count: i64,
    /// How many of them failed.
    pub fail_count: i64,
    /// Milliseconds they took together.
    pub total_time_cost: i64,
    /// Milliseconds the longest took.
    pub max_time_cost: i64,
}

/// How the account's server answered in an hour.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CallbackHour {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// The hour: 0, 100 … 2300.
    pub ref_hour: i64,
    /// How many pushes the account's server was to answer.
    pub callback_count: i64,
    /// How many of them failed.
    pub fail_count: i64,
    /// Milliseconds they took together.
    pub total_time_cost: i64,
    /// Milliseconds the longest took.
    pub max_time_cost: i64,
}

/// All coupons on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CouponsDay {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// How often they were looked at.
    pub view_cnt: i64,
    /// By how many users.
    pub view_user: i64,
    /// How often they were taken.
    pub receive_cnt: i64,
    /// By how many users.
    pub receive_user: i64,
    /// How often they were used.
    pub verify_cnt: i64,
    /// By how many users.
    pub verify_user: i64,
    /// How often they were given on.
    pub given_cnt: i64,
    /// By how many users.
    pub given_user: i64,
    /// How often they were left to expire.
    pub expire_cnt: i64,
    /// By how many users.
    pub expire_user: i64,
    /// How often they were looked at, of those shared among friends.
    pub view_friends_cnt: Option<i64>,
    /// By how many users.
    pub view_friends_user: Option<i64>,
    /// How often they were taken, of those shared among friends.
    pub receive_friends_cnt: Option<i64>,
    /// By how many users.
    pub receive_friends_user: Option<i64>,
    /// How often they were used, of those shared among friends.
    pub verify_friends_cnt: Option<i64>,
    /// By how many users.
    pub verify_friends_user: Option<i64>,
}

/// Which coupons to tell of.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Coupon {
    /// First day, YYYY-MM-DD.
    pub begin_date: String,
    /// Last day, YYYY-MM-DD; yesterday at the latest, and 62 days with the first at most.
    pub end_date: String,
    /// Where the cards were made: 0 on the platform's pages, 1 by the API.
    #[serde(serialize_with = "shape::as_flag")]
    pub cond_source: Option<bool>,
    /// The coupon; all when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_id: Option<String>,
}

impl Coupon {
    /// With what is required.
    pub fn new(begin_date: impl Into<String>, end_date: impl Into<String>, cond_source: bool) -> Self {
        Self { begin_date: begin_date.into(), end_date: end_date.into(), cond_source: Some(cond_source), card_id: None }
    }

    /// The coupon; all when left out.
    pub fn card_id(mut self, card_id: impl Into<String>) -> Self {
        self.card_id = Some(card_id.into());
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.text("begin_date", self.begin_date.as_str())?;
        check.text("end_date", self.end_date.as_str())?;
        Ok(())
    }
}

/// A coupon on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CouponDay {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// The coupon.
    pub card_id: String,
    /// 0 discount, 1 cash, 2 gift, 3 general, 4 group purchase.
    pub card_type: i64,
    /// How often they were looked at.
    pub view_cnt: i64,
    /// By how many users.
    pub view_user: i64,
    /// How often they were taken.
    pub receive_cnt: i64,
    /// By how many users.
    pub receive_user: i64,
    /// How often they were used.
    pub verify_cnt: i64,
    /// By how many users.
    pub verify_user: i64,
    /// How often they were given on.
    pub given_cnt: i64,
    /// By how many users.
    pub given_user: i64,
    /// How often they were left to expire.
    pub expire_cnt: i64,
    /// By how many users.
    pub expire_user: i64,
    /// How often they were used by others than who took them.
    pub verify_noself_cnt: Option<i64>,
    /// By how many users.
    pub verify_noself_user: Option<i64>,
    /// Whether it is shared among friends.
    #[serde(deserialize_with = "shape::flag")]
    pub isfriendscard: bool,
    /// Whether it is paid for.
    #[serde(deserialize_with = "shape::flag")]
    pub is_pay: bool,
}

/// All member cards on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MemberCardsDay {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// How often they were looked at.
    pub view_cnt: i64,
    /// By how many users.
    pub view_user: i64,
    /// How often they were taken.
    pub receive_cnt: i64,
    /// By how many users.
    pub receive_user: i64,
    /// How often they were used.
    pub verify_cnt: i64,
    /// By how many users.
    pub verify_user: i64,
    /// How many users activated theirs.
    pub active_user: i64,
    /// How many members there are.
    pub total_user: i64,
    /// How many users took one so far.
    pub total_receive_user: i64,
    /// How many members are new.
    pub new_user: Option<i64>,
}

/// A member card on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MemberCardDay {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// The member card.
    pub cardid: String,
    /// Kind of the merchant.
    pub merchanttype: Option<i64>,
    /// Number of the sub-merchant, 0 for none.
    pub submerchantid: Option<i64>,
    /// How often they were looked at.
    pub view_cnt: i64,
    /// By how many users.
    pub view_user: i64,
    /// How often they were taken.
    pub receive_cnt: i64,
    /// By how many users.
    pub receive_user: i64,
    /// How often they were used.
    pub verify_cnt: i64,
    /// By how many users.
    pub verify_user: i64,
    /// How many users activated theirs.
    pub active_user: i64,
    /// How many members there are.
    pub total_user: i64,
    /// How many users took one so far.
    pub total_receive_user: i64,
    /// How many members are new.
    pub new_user: Option<i64>,
    /// What was paid with it before reductions, in fen.
    #[serde(rename = "payOriginalFee")]
    pub pay_original_fee: Option<i64>,
    /// What was paid with it, in fen.
    pub fee: Option<i64>,
}

/// Which earnings to tell of.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Ads {
    /// What to tell: places, goods, settlements.
    pub action: AdAction,
    /// Which page, from 1. At least 1.
    pub page: i64,
    /// How many a page. 1 to 90.
    pub page_size: i64,
    /// First day, YYYY-MM-DD.
    pub start_date: String,
    /// Last day, YYYY-MM-DD.
    pub end_date: String,
    /// The place; all but goods when left out.
    pub ad_slot: Option<AdSlot>,
}

impl Ads {
    /// With what is required.
    pub fn new(
        action: AdAction,
        page: i64,
        page_size: i64,
        start_date: impl Into<String>,
        end_date: impl Into<String>,
    ) -> Self {
        Self { action, page, page_size, start_date: start_date.into(), end_date: end_date.into(), ad_slot: None }
    }

    /// The place; all but goods when left out.
    pub fn ad_slot(mut self, ad_slot: AdSlot) -> Self {
        self.ad_slot = Some(ad_slot);
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.range("page", self.page, 1..)?;
        check.range("page_size", self.page_size, 1..=90)?;
        check.text("start_date", self.start_date.as_str())?;
        check.text("end_date", self.end_date.as_str())?;
        Ok(())
    }
}

/// Whether the call went well.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BaseResp {
    /// 0, or what went wrong.
    pub ret: i64,
    /// The same in words.
    pub err_msg: String,
}

/// A place or goods on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AdDay {
    /// The day, YYYY-MM-DD.
    pub date: String,
    /// Number of the place; for places.
    #[serde(deserialize_with = "shape::maybe_int")]
    pub slot_id: Option<i64>,
    /// The place; for places.
    pub ad_slot: String,
    /// How often ads were fetched; for places.
    pub req_succ_count: Option<i64>,
    /// How often they were seen.
    pub exposure_count: Option<i64>,
    /// Part of those fetched; for places.
    pub exposure_rate: Option<f64>,
    /// How often they were tapped.
    pub click_count: Option<i64>,
    /// Part of those seen.
    pub click_rate: Option<f64>,
    /// Income, in fen; for places.
    pub income: Option<i64>,
    /// Income for 1000 seen, in fen; for places.
    pub ecpm: Option<f64>,
    /// How many orders; for goods.
    pub order_count: Option<i64>,
    /// Part of those tapped; for goods.
    pub order_rate: Option<f64>,
    /// What was ordered for, in fen; for goods.
    pub total_fee: Option<i64>,
    /// The commission, in fen; for goods.
    pub total_commission: Option<i64>,
}

/// All of them together.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AdSummary {
    /// How often ads were fetched; for places.
    pub req_succ_count: i64,
    /// How often they were seen.
    pub exposure_count: i64,
    /// Part of those fetched; for places.
    pub exposure_rate: f64,
    /// How often they were tapped.
    pub click_count: i64,
    /// Part of those seen.
    pub click_rate: f64,
    /// Income, in fen; for places.
    pub income: i64,
    /// Income for 1000 seen, in fen; for places.
    pub ecpm: f64,
    /// How many orders; for goods.
    pub order_count: i64,
    /// Part of those tapped; for goods.
    pub order_rate: f64,
    /// What was ordered for, in fen; for goods.
    pub total_fee: i64,
    /// The commission, in fen; for goods.
    pub total_commission: i64,
}

/// What one place earned.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SlotRevenue {
    /// A place.
    pub slot_id: String,
    /// What it earned, in fen.
    pub slot_settled_revenue: Option<i64>,
}

/// A settlement.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Settlement {
    /// When it was settled, YYYY-MM-DD.
    pub date: String,
    /// The time settled, in words.
    pub zone: String,
    /// The month, YYYYMM.
    pub month: String,
    /// Which half of the month: 1 or 2.
    pub order: Option<i64>,
    /// How far the settlement is: 1 being settled, 2 and 3 settled, 4 being paid, 5 paid.
    pub sett_status: Option<i64>,
    /// What was settled, in fen.
    pub settled_revenue: Option<i64>,
    /// Number of the settlement.
    pub sett_no: String,
    /// How often it was mailed.
    #[serde(deserialize_with = "shape::maybe_int")]
    pub mail_send_cnt: Option<i64>,
    /// What one place earned.
    pub slot_revenue: Vec<SlotRevenue>,
}

/// What ads earned.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AdEarnings {
    /// Whether the call went well.
    pub base_resp: BaseResp,
    /// How many there are.
    pub total_num: i64,
    /// A place or goods on a day.
    pub list: Vec<AdDay>,
    /// All of them together.
    pub summary: Option<AdSummary>,
    /// Who is paid; for settlements, as all that follows.
    pub body: String,
    /// Income so far, in fen.
    pub revenue_all: Option<i64>,
    /// Deductions so far, in fen.
    pub penalty_all: Option<i64>,
    /// Settled so far, in fen.
    pub settled_revenue_all: Option<i64>,
    /// A settlement.
    pub settlement_list: Vec<Settlement>,
}

/// An article on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SentArticle {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// Where readers came from: 0 the chat, 1 friends, 2 Moments, 4 past messages, 5 others, 6 Top Stories, 7 search,
    /// 99999999 all.
    pub user_source: Option<i64>,
    /// The article: number of the message, `_`, and which of its articles, from 1.
    pub msgid: String,
    /// Its title.
    pub title: String,
    /// How many users read the article.
    pub int_page_read_user: i64,
    /// How often they did.
    pub int_page_read_count: i64,
    /// How many users opened the original.
    pub ori_page_read_user: i64,
    /// How often they did.
    pub ori_page_read_count: i64,
    /// How many users shared.
    pub share_user: i64,
    /// How often they did.
    pub share_count: i64,
    /// How many users put it among their favourites.
    pub add_to_fav_user: i64,
    /// How often they did.
    pub add_to_fav_count: i64,
}

/// What became of an article up to a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SentArticleDay {
    /// The day up to which the figures count, YYYY-MM-DD.
    pub stat_date: String,
    /// How many users it was sent to.
    pub target_user: i64,
    /// How many users read the article.
    pub int_page_read_user: i64,
    /// How often they did.
    pub int_page_read_count: i64,
    /// How many users opened the original.
    pub ori_page_read_user: i64,
    /// How often they did.
    pub ori_page_read_count: i64,
    /// How many users shared.
    pub share_user: i64,
    /// How often they did.
    pub share_count: i64,
    /// How many users put it among their favourites.
    pub add_to_fav_user: i64,
    /// How often they did.
    pub add_to_fav_count: i64,
    /// How many readers came from the chat.
    pub int_page_from_session_read_user: Option<i64>,
    /// How often they did.
    pub int_page_from_session_read_count: Option<i64>,
    /// How many readers came from past messages.
    pub int_page_from_hist_msg_read_user: Option<i64>,
    /// How often they did.
    pub int_page_from_hist_msg_read_count: Option<i64>,
    /// How many readers came from Moments.
    pub int_page_from_feed_read_user: Option<i64>,
    /// How often they did.
    pub int_page_from_feed_read_count: Option<i64>,
    /// How many readers came from friends.
    pub int_page_from_friends_read_user: Option<i64>,
    /// How often they did.
    pub int_page_from_friends_read_count: Option<i64>,
    /// How many readers came from elsewhere.
    pub int_page_from_other_read_user: Option<i64>,
    /// How often they did.
    pub int_page_from_other_read_count: Option<i64>,
    /// How many readers came from Top Stories.
    pub int_page_from_kanyikan_read_user: Option<i64>,
    /// How often they did.
    pub int_page_from_kanyikan_read_count: Option<i64>,
    /// How many readers came from search.
    pub int_page_from_souyisou_read_user: Option<i64>,
    /// How often they did.
    pub int_page_from_souyisou_read_count: Option<i64>,
    /// How many users shared to Moments from the chat.
    pub feed_share_from_session_user: Option<i64>,
    /// How often they did.
    pub feed_share_from_session_cnt: Option<i64>,
    /// How many users shared to Moments from Moments.
    pub feed_share_from_feed_user: Option<i64>,
    /// How often they did.
    pub feed_share_from_feed_cnt: Option<i64>,
    /// How many users shared to Moments from elsewhere.
    pub feed_share_from_other_user: Option<i64>,
    /// How often they did.
    pub feed_share_from_other_cnt: Option<i64>,
}

/// An article with its days.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SentArticleTotal {
    /// The day it was sent, YYYY-MM-DD.
    pub ref_date: String,
    /// The article: number of the message, `_`, and which of its articles, from 1.
    pub msgid: String,
    /// Its title.
    pub title: String,
    /// Where readers came from: 0 the chat, 1 friends, 2 Moments, 4 past messages, 5 others, 6 Top Stories, 7 search,
    /// 99999999 all.
    pub user_source: Option<i64>,
    /// What became of an article up to a day.
    pub details: Vec<SentArticleDay>,
}

/// Reading on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ReadDay {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// Where readers came from: 0 the chat, 1 friends, 2 Moments, 4 past messages, 5 others, 6 Top Stories, 7 search,
    /// 99999999 all.
    pub user_source: Option<i64>,
    /// How many users read the article.
    pub int_page_read_user: i64,
    /// How often they did.
    pub int_page_read_count: i64,
    /// How many users opened the original.
    pub ori_page_read_user: i64,
    /// How often they did.
    pub ori_page_read_count: i64,
    /// How many users shared.
    pub share_user: i64,
    /// How often they did.
    pub share_count: i64,
    /// How many users put it among their favourites.
    pub add_to_fav_user: i64,
    /// How often they did.
    pub add_to_fav_count: i64,
}

/// Reading in an hour.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ReadHour {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// The hour: 0, 100 … 2300.
    pub ref_hour: i64,
    /// Where readers came from: 0 the chat, 1 friends, 2 Moments, 4 past messages, 5 others, 6 Top Stories, 7 search,
    /// 99999999 all.
    pub user_source: Option<i64>,
    /// How many users read the article.
    pub int_page_read_user: i64,
    /// How often they did.
    pub int_page_read_count: i64,
    /// How many users opened the original.
    pub ori_page_read_user: i64,
    /// How often they did.
    pub ori_page_read_count: i64,
    /// How many users shared.
    pub share_user: i64,
    /// How often they did.
    pub share_count: i64,
    /// How many users put it among their favourites.
    pub add_to_fav_user: i64,
    /// How often they did.
    pub add_to_fav_count: i64,
    /// How long they were read, in seconds.
    pub total_online_time: Option<i64>,
}

/// Sharing on a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ShareDay {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// Where readers came from: 0 the chat, 1 friends, 2 Moments, 4 past messages, 5 others, 6 Top Stories, 7 search,
    /// 99999999 all.
    pub user_source: Option<i64>,
    /// Where it was shared to: 1 friends, 2 Moments, 3 Tencent Weibo, 255 others.
    pub share_scene: i64,
    /// How often articles were shared.
    pub share_count: i64,
    /// How many users did.
    pub share_user: i64,
}

/// Sharing in an hour.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ShareHour {
    /// The day, YYYY-MM-DD.
    pub ref_date: String,
    /// The hour: 0, 100 … 2300.
    pub ref_hour: i64,
    /// Where readers came from: 0 the chat, 1 friends, 2 Moments, 4 past messages, 5 others, 6 Top Stories, 7 search,
    /// 99999999 all.
    pub user_source: Option<i64>,
    /// Where it was shared to: 1 friends, 2 Moments, 3 Tencent Weibo, 255 others.
    pub share_scene: i64,
    /// How often articles were shared.
    pub share_count: i64,
    /// How many users did.
    pub share_user: i64,
}

open_texts! {
/// What to tell: places, goods, settlements.
AdAction {
/// `publisher_adpos_general`.
PublisherAdposGeneral = "publisher_adpos_general",
/// `publisher_cps_general`.
PublisherCpsGeneral = "publisher_cps_general",
/// `publisher_settlement`.
PublisherSettlement = "publisher_settlement",
}
}

open_texts! {
/// The place; all but goods when left out.
AdSlot {
/// `SLOT_ID_BIZ_BOTTOM`.
SlotIdBizBottom = "SLOT_ID_BIZ_BOTTOM",
/// `SLOT_ID_BIZ_MID_CONTEXT`.
SlotIdBizMidContext = "SLOT_ID_BIZ_MID_CONTEXT",
/// `SLOT_ID_BIZ_VIDEO_END`.
SlotIdBizVideoEnd = "SLOT_ID_BIZ_VIDEO_END",
/// `SLOT_ID_BIZ_SPONSOR`.
SlotIdBizSponsor = "SLOT_ID_BIZ_SPONSOR",
/// `SLOT_ID_BIZ_CPS`.
SlotIdBizCps = "SLOT_ID_BIZ_CPS",
/// `SLOT_ID_WEAPP_BANNER`.
SlotIdWeappBanner = "SLOT_ID_WEAPP_BANNER",
/// `SLOT_ID_WEAPP_REWARD_VIDEO`.
SlotIdWeappRewardVideo = "SLOT_ID_WEAPP_REWARD_VIDEO",
/// `SLOT_ID_WEAPP_INTERSTITIAL`.
SlotIdWeappInterstitial = "SLOT_ID_WEAPP_INTERSTITIAL",
/// `SLOT_ID_WEAPP_VIDEO_FEEDS`.
SlotIdWeappVideoFeeds = "SLOT_ID_WEAPP_VIDEO_FEEDS",
/// `SLOT_ID_WEAPP_VIDEO_BEGIN`.
SlotIdWeappVideoBegin = "SLOT_ID_WEAPP_VIDEO_BEGIN",
/// `SLOT_ID_WEAPP_BOX`.
SlotIdWeappBox = "SLOT_ID_WEAPP_BOX",
}
}

inside! {
    read in_share_user = "share_user";
}
