//! The parts that events are made of.

use super::define::records;

records! {
    /// What the scanner of a menu button read.
    ScanCodeInfo {
        /// `qrcode` or `barcode`.
        scan_type: String = "ScanType",
        scan_result: String = "ScanResult",
    }

    /// The pictures a follower picked by a menu button; the pictures themselves come as image messages.
    SendPicsInfo {
        count: Option<i64> = "Count",
        pictures: Vec<SentPicture> = "PicList/item",
    }

    /// One picture of [`SendPicsInfo`].
    SentPicture {
        /// MD5 of the picture, hex.
        md5_sum: String = "PicMd5Sum",
    }

    /// The place a follower picked by a menu button.
    SendLocationInfo {
        /// Latitude, degrees.
        latitude: Option<f64> = "Location_X",
        /// Longitude, degrees.
        longitude: Option<f64> = "Location_Y",
        scale: Option<i64> = "Scale",
        label: String = "Label",
        poi_name: Option<String> = "Poiname",
    }

    /// The check for copied articles before a broadcast.
    CopyrightCheckResult {
        count: Option<i64> = "Count",
        results: Vec<CopyrightCheck> = "ResultList/item",
        check_state: Option<i64> = "CheckState",
    }

    /// The check of one article.
    CopyrightCheck {
        /// From 1.
        article_idx: Option<i64> = "ArticleIdx",
        user_declare_state: Option<i64> = "UserDeclareState",
        audit_state: Option<i64> = "AuditState",
        original_article_url: Option<String> = "OriginalArticleUrl",
        original_article_type: Option<i64> = "OriginalArticleType",
        can_reprint: Option<i64> = "CanReprint",
        need_replace_content: Option<i64> = "NeedReplaceContent",
        need_show_reprint_source: Option<i64> = "NeedShowReprintSource",
    }

    /// The addresses of a broadcast's articles.
    ArticleUrlResult {
        count: Option<i64> = "Count",
        results: Vec<ArticleUrl> = "ResultList/item",
    }

    /// The address of one broadcast article.
    ArticleUrl {
        /// From 1.
        article_idx: Option<i64> = "ArticleIdx",
        article_url: String = "ArticleUrl",
    }

    /// How the publication of a draft ended.
    PublishEventInfo {
        publish_id: String = "publish_id",
        /// 0 published, 1 under way, 2 not original, 3 failed, 4 refused by review, 5 deleted by the account, 6 banned.
        publish_status: Option<i64> = "publish_status",
        article_id: Option<String> = "article_id",
        article_detail: Option<PublishedArticles> = "article_detail",
        /// Numbers of the articles that failed, from 1.
        fail_idx: Vec<i64> = "fail_idx",
    }

    /// The articles that were published.
    PublishedArticles {
        count: Option<i64> = "count",
        items: Vec<PublishedArticle> = "item",
    }

    /// One published article.
    PublishedArticle {
        /// From 1.
        idx: Option<i64> = "idx",
        article_url: String = "article_url",
    }

    /// The answer for one template in a subscription pop-up.
    SubscribeMsgPopup {
        template_id: String = "TemplateId",
        /// `accept` or `reject`.
        status: String = "SubscribeStatusString",
        /// 0 a web page, 1 an article, 2 an advertisement (as sent).
        popup_scene: Option<i64> = "PopupScene",
    }

    /// The change of one template's subscription.
    SubscribeMsgChange {
        template_id: String = "TemplateId",
        /// `accept` or `reject`.
        status: String = "SubscribeStatusString",
    }

    /// One subscription notification.
    SubscribeMsgSent {
        template_id: String = "TemplateId",
        msg_id: String = "MsgID",
        /// 0 delivered.
        error_code: Option<i64> = "ErrorCode",
        error_status: Option<String> = "ErrorStatus",
    }

    /// A beacon near the follower.
    Beacon {
        uuid: String = "Uuid",
        major: Option<i64> = "Major",
        minor: Option<i64> = "Minor",
        /// Metres.
        distance: Option<f64> = "Distance",
    }

    /// The company in a quick registration of a mini program.
    FastRegisterInfo {
        name: String = "name",
        code: String = "code",
        /// 1 unified social credit code, 2 organisation code, 3 business licence.
        code_type: Option<i64> = "code_type",
        legal_persona_wechat: String = "legal_persona_wechat",
        legal_persona_name: String = "legal_persona_name",
    }
}
