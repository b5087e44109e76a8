//! Events: one table, a variant each.

use super::define::events;
use super::parts::*;

events! {
    /// Somebody follows the account.
    "subscribe" => Subscribe {
        /// `qrscene_` and the scene, when a code was scanned. [`Push::scene`](super::Push::scene) has the scene alone.
        event_key: Option<String> = "EventKey", ticket: Option<String> = "Ticket",
    }
    /// A follower leaves.
    "unsubscribe" => Unsubscribe { event_key: Option<String> = "EventKey" }
    /// A follower scans a code of the account. Some senders write it in lower case.
    "SCAN" | "scan" => Scan {
        /// The scene.
        event_key: String = "EventKey", ticket: Option<String> = "Ticket",
    }
    /// A follower's position, when they allow it.
    "LOCATION" => Location {
        /// Degrees.
        latitude: Option<f64> = "Latitude",
        /// Degrees.
        longitude: Option<f64> = "Longitude",
        /// Metres.
        precision: Option<f64> = "Precision",
    }
    /// A menu button with a key was tapped.
    "CLICK" => Click { event_key: String = "EventKey" }
    /// A menu button with an address was tapped.
    "VIEW" => View {
        /// The address.
        event_key: String = "EventKey", menu_id: Option<String> = "MenuId",
    }
    /// A menu button that opens a mini program was tapped.
    "view_miniprogram" => ViewMiniProgram {
        /// The page's path.
        event_key: String = "EventKey", menu_id: Option<String> = "MenuId",
    }
    /// A menu button scanned a code and shows the result itself.
    "scancode_push" => ScanCodePush { event_key: String = "EventKey", info: Option<ScanCodeInfo> = "ScanCodeInfo" }
    /// A menu button scanned a code and waits for an answer.
    "scancode_waitmsg" => ScanCodeWaitMsg { event_key: String = "EventKey", info: Option<ScanCodeInfo> = "ScanCodeInfo" }
    /// A menu button took a picture.
    "pic_sysphoto" => PicSysPhoto { event_key: String = "EventKey", info: Option<SendPicsInfo> = "SendPicsInfo" }
    /// A menu button took a picture or picked one.
    "pic_photo_or_album" => PicPhotoOrAlbum { event_key: String = "EventKey", info: Option<SendPicsInfo> = "SendPicsInfo" }
    /// A menu button picked pictures of the album.
    "pic_weixin" => PicWeixin { event_key: String = "EventKey", info: Option<SendPicsInfo> = "SendPicsInfo" }
    /// A menu button picked a place.
    "location_select" => LocationSelect { event_key: String = "EventKey", info: Option<SendLocationInfo> = "SendLocationInfo" }

    /// A template message was delivered, or was not.
    "TEMPLATESENDJOBFINISH" => TemplateSendJobFinish {
        /// The answer of the send call; not `MsgId`.
        msg_id: String = "MsgID",
        /// `success`, `failed:user block` or `failed: system failed`.
        status: String = "Status",
    }
    /// A broadcast ended.
    "MASSSENDJOBFINISH" => MassSendJobFinish {
        /// The answer of the broadcast call; not `MsgId`.
        msg_id: String = "MsgID",
        /// `send success`, `send fail` or `err(…)` with the reason's number.
        status: String = "Status",
        total_count: Option<i64> = "TotalCount", filter_count: Option<i64> = "FilterCount",
        sent_count: Option<i64> = "SentCount", error_count: Option<i64> = "ErrorCount",
        copyright_check: Option<CopyrightCheckResult> = "CopyrightCheckResult",
        article_urls: Option<ArticleUrlResult> = "ArticleUrlResult",
    }
    /// The publication of a draft ended.
    "PUBLISHJOBFINISH" => PublishJobFinish { info: Option<PublishEventInfo> = "PublishEventInfo" }
    /// A follower answered a subscription pop-up.
    "subscribe_msg_popup_event" => SubscribeMsgPopup { list: Vec<SubscribeMsgPopup> = "SubscribeMsgPopupEvent/List|List" }
    /// A follower changed subscriptions in the account's profile.
    "subscribe_msg_change_event" => SubscribeMsgChange { list: Vec<SubscribeMsgChange> = "SubscribeMsgChangeEvent/List|List" }
    /// Subscription notifications were delivered, or were not.
    "subscribe_msg_sent_event" => SubscribeMsgSent { list: Vec<SubscribeMsgSent> = "SubscribeMsgSentEvent/List|List" }

    /// An agent took a conversation.
    "kf_create_session" => KfCreateSession { kf_account: String = "KfAccount" }
    /// A conversation with an agent ended.
    "kf_close_session" => KfCloseSession { kf_account: String = "KfAccount" }
    /// A conversation went from one agent to another.
    "kf_switch_session" => KfSwitchSession { from: String = "FromKfAccount", to: String = "ToKfAccount" }

    /// A user changed the profile they had authorised.
    "user_info_modified" => UserInfoModified {
        open_id: String = "OpenID", union_id: Option<String> = "UnionID", app_id: String = "AppID",
        /// 201 to 207.
        revoke_info: Option<String> = "RevokeInfo",
    }
    /// A user took an authorisation back.
    "user_authorization_revoke" => UserAuthorizationRevoke {
        open_id: String = "OpenID", union_id: Option<String> = "UnionID", app_id: String = "AppID",
        /// 201 to 207.
        revoke_info: Option<String> = "RevokeInfo",
    }
    /// A user deleted their WeChat account: their data must go.
    "user_authorization_cancellation" => UserAuthorizationCancellation {
        open_id: String = "OpenID", union_id: Option<String> = "UnionID", app_id: String = "AppID",
        /// 201 to 207.
        revoke_info: Option<String> = "RevokeInfo",
    }

    /// The account's owner was verified. `ExpiredTime` is Unix seconds.
    "qualification_verify_success" => QualificationVerifySuccess { expired_time: Option<i64> = "ExpiredTime" }
    /// The account's owner was not verified. `FailTime` is Unix seconds.
    "qualification_verify_fail" => QualificationVerifyFail {
        fail_time: Option<i64> = "FailTime", fail_reason: String = "FailReason",
    }
    /// The account's name was verified. `ExpiredTime` is Unix seconds.
    "naming_verify_success" => NamingVerifySuccess { expired_time: Option<i64> = "ExpiredTime" }
    /// The account's name was not verified. `FailTime` is Unix seconds.
    "naming_verify_fail" => NamingVerifyFail { fail_time: Option<i64> = "FailTime", fail_reason: String = "FailReason" }
    /// The yearly verification is due. `ExpiredTime` is Unix seconds.
    "annual_renew" => AnnualRenew { expired_time: Option<i64> = "ExpiredTime" }
    /// The verification has run out. `ExpiredTime` is Unix seconds.
    "verify_expired" => VerifyExpired { expired_time: Option<i64> = "ExpiredTime" }

    /// A store was reviewed.
    "add_store_audit_info" => AddStoreAuditInfo {
        audit_id: String = "audit_id",
        /// 1 passed, 3 failed.
        status: Option<i64> = "status",
        reason: String = "reason", is_upgrade: Option<i64> = "is_upgrade", poi_id: Option<String> = "poiid",
    }
    /// A store's mini program was reviewed.
    "apply_merchant_audit_info" => ApplyMerchantAuditInfo {
        audit_id: String = "audit_id",
        /// 1 passed, 3 failed, 4 of the administrator.
        status: Option<i64> = "status",
        reason: String = "reason",
    }
    /// A new place on the map was reviewed.
    "create_map_poi_audit_info" => CreateMapPoiAuditInfo {
        audit_id: String = "audit_id", status: Option<i64> = "status", map_poi_id: String = "map_poi_id",
        name: String = "name", address: String = "address",
        latitude: Option<f64> = "latitude", longitude: Option<f64> = "longitude", remark: String = "sh_remark",
    }
    /// A store's new picture was reviewed.
    "modify_store_audit_info" => ModifyStoreAuditInfo {
        audit_id: String = "audit_id",
        /// 1 passed, 3 failed.
        status: Option<i64> = "status",
        reason: String = "reason",
    }
    /// A store was reviewed, the older event.
    "poi_check_notify" => PoiCheckNotify {
        uniq_id: String = "UniqId", poi_id: String = "PoiId",
        /// `succ` or `fail`.
        result: String = "Result",
        message: String = "msg|Msg",
    }

    /// A merchant that issues cards through another was reviewed: `MerchantId`, or `AppId` and `SubMerchantAppId`.
    "card_merchant_check_result" => CardMerchantCheckResult {
        merchant_id: Option<String> = "MerchantId", app_id: Option<String> = "AppId",
        sub_merchant_app_id: Option<String> = "SubMerchantAppId|SubMerchantAppid",
        is_pass: Option<i64> = "IsPass", reason: String = "Reason",
    }
    /// A card was approved.
    "card_pass_check" => CardPassCheck { card_id: String = "CardId", refuse_reason: Option<String> = "RefuseReason" }
    /// A card was refused.
    "card_not_pass_check" => CardNotPassCheck { card_id: String = "CardId", refuse_reason: Option<String> = "RefuseReason" }
    /// Card points were bought, spent or given back. Times are Unix seconds.
    "card_pay_order" => CardPayOrder {
        order_id: String = "OrderId",
        /// `ORDER_STATUS_…`.
        status: String = "Status",
        create_order_time: Option<i64> = "CreateOrderTime", pay_finish_time: Option<i64> = "PayFinishTime",
        desc: Option<String> = "Desc",
        free_coin_count: Option<String> = "FreeCoinCount", pay_coin_count: Option<String> = "PayCoinCount",
        refund_free_coin_count: Option<String> = "RefundFreeCoinCount", refund_pay_coin_count: Option<String> = "RefundPayCoinCount",
        /// `ORDER_TYPE_…`.
        order_type: Option<String> = "OrderType",
        memo: Option<String> = "Memo", receipt_info: Option<String> = "ReceiptInfo",
    }
    /// A card runs out of stock.
    "card_sku_remind" => CardSkuRemind { card_id: String = "CardId", detail: String = "Detail" }
    /// A user received a card.
    "user_get_card" => UserGetCard {
        card_id: String = "CardId", user_card_code: String = "UserCardCode",
        /// 1 when another user gave it.
        is_give_by_friend: Option<i64> = "IsGiveByFriend",
        friend_user_name: Option<String> = "FriendUserName", old_user_card_code: Option<String> = "OldUserCardCode",
        outer_str: Option<String> = "OuterStr", is_restore_member_card: Option<i64> = "IsRestoreMemberCard",
        union_id: Option<String> = "UnionId",
    }
    /// A user gave a card to another.
    "user_gifting_card" => UserGiftingCard {
        card_id: String = "CardId", user_card_code: String = "UserCardCode",
        friend_user_name: Option<String> = "FriendUserName",
        is_return_back: Option<i64> = "IsReturnBack", is_chat_room: Option<i64> = "IsChatRoom",
    }
    /// A user deleted a card.
    "user_del_card" => UserDelCard { card_id: String = "CardId", user_card_code: String = "UserCardCode" }
    /// A card was used.
    "user_consume_card" => UserConsumeCard {
        card_id: String = "CardId", user_card_code: String = "UserCardCode",
        /// `FROM_API`, `FROM_MP` or `FROM_MOBILE_HELPER`.
        consume_source: String = "ConsumeSource",
        location_name: Option<String> = "LocationName", staff_open_id: Option<String> = "StaffOpenId",
        verify_code: Option<String> = "VerifyCode", remark_amount: Option<String> = "RemarkAmount",
        outer_str: Option<String> = "OuterStr",
    }
    /// A user paid with a card. Sums are fen.
    "user_pay_from_pay_cell" => UserPayFromPayCell {
        card_id: String = "CardId", user_card_code: String = "UserCardCode", trans_id: Option<String> = "TransId",
        location_id: Option<String> = "LocationId", fee: Option<i64> = "Fee", original_fee: Option<i64> = "OriginalFee",
    }
    /// A user looks at a membership card.
    "user_view_card" => UserViewCard {
        card_id: String = "CardId", user_card_code: String = "UserCardCode", outer_str: Option<String> = "OuterStr",
    }
    /// A user came from a card to the account's conversation.
    "user_enter_session_from_card" => UserEnterSessionFromCard {
        card_id: String = "CardId", user_card_code: String = "UserCardCode",
    }
    /// A membership card's bonus or balance changed.
    "update_member_card" => UpdateMemberCard {
        card_id: String = "CardId", user_card_code: String = "UserCardCode",
        modify_bonus: Option<i64> = "ModifyBonus", modify_balance: Option<i64> = "ModifyBalance",
    }
    /// A membership card was activated.
    "submit_membercard_user_info" => SubmitMemberCardUserInfo {
        card_id: String = "CardId", user_card_code: Option<String> = "UserCardCode",
    }
    /// A gift card was paid.
    "giftcard_pay_done" => GiftCardPayDone { page_id: String = "PageId", order_id: String = "OrderId" }
    /// A gift card was given away.
    "giftcard_send_to_friend" => GiftCardSendToFriend {
        page_id: String = "PageId", order_id: String = "OrderId",
        is_chat_room: Option<String> = "IsChatRoom", is_return_back: Option<String> = "IsReturnBack",
    }
    /// A gift card was accepted.
    "giftcard_user_accept" => GiftCardUserAccept {
        page_id: String = "PageId", order_id: String = "OrderId", is_chat_room: Option<String> = "IsChatRoom",
    }

    /// An invoice was issued, or was not.
    "cloud_invoice_invoiceresult_event" => CloudInvoiceResult {
        /// Request number.
        request_number: String = "fpqqlsh",
        /// The seller's tax number.
        tax_number: String = "nsrsbh",
        status: Option<i64> = "status",
    }
    /// A user gave the title for an invoice.
    "submit_invoice_title" => SubmitInvoiceTitle {
        title: Option<String> = "title", phone: Option<String> = "phone", tax_no: Option<String> = "tax_no",
        addr: Option<String> = "addr", bank_type: Option<String> = "bank_type", bank_no: Option<String> = "bank_no",
        attach: Option<String> = "attach",
        /// `InvoiceUserTitlePersonType` or `InvoiceUserTitleBusinessType`.
        title_type: Option<String> = "title_type",
    }
    /// A user allowed an invoice.
    "user_authorize_invoice" => UserAuthorizeInvoice {
        succ_order_id: Option<String> = "SuccOrderId", fail_order_id: Option<String> = "FailOrderId",
        app_id: String = "AppId", authorize_app_id: String = "AuthorizeAppId",
        /// `web`, `app`, `wxa` or `wap`.
        source: String = "Source",
    }

    /// A guide's code was scanned.
    "guide_qrcode_scan_event" => GuideQrcodeScan {
        guide_account: String = "qrcode_guide_account", open_id: String = "openid",
        /// 1 to 4.
        action: Option<i64> = "action",
        qrcode_info: Option<String> = "qrcode_info",
    }
    /// An order in the platform's old shop was paid.
    "merchant_order" => MerchantOrder {
        order_id: String = "OrderId", order_status: Option<i64> = "OrderStatus",
        product_id: String = "ProductId", sku_info: String = "SkuInfo",
    }
    /// A product's page asks for its authenticity.
    "scan_product_callback" => ScanProductCallback {
        /// `ean13`, `ean8` or `qrcode`.
        key_standard: String = "KeyStandard",
        key_str: String = "KeyStr", ext_info: Option<String> = "ExtInfo", need_anti_fake: Option<String> = "NeedAntiFake",
    }
    /// A user opened a product's page.
    "user_scan_product" => UserScanProduct {
        key_standard: String = "KeyStandard", key_str: String = "KeyStr", country: Option<String> = "Country",
        province: Option<String> = "Province", city: Option<String> = "City",
        /// 0 unknown, 1 male, 2 female.
        sex: Option<i64> = "Sex",
        /// 1 scanned, 2 otherwise.
        scene: Option<i64> = "Scene",
        ext_info: Option<String> = "ExtInfo",
    }
    /// Where a user opened a product's page (`RegionCode`), or how a product's review ended (`Result`).
    "user_scan_product_async" => UserScanProductAsync {
        key_standard: String = "KeyStandard", key_str: String = "KeyStr", ext_info: Option<String> = "ExtInfo",
        region_code: Option<String> = "RegionCode",
        /// `verify_ok` or `verify_not_pass`.
        result: Option<String> = "Result",
        reason: Option<String> = "ReasonMsg",
    }
    /// A user came from a product's page to the account's conversation.
    "user_scan_product_enter_session" => UserScanProductEnterSession {
        key_standard: String = "KeyStandard", key_str: String = "KeyStr", ext_info: Option<String> = "ExtInfo",
    }
    /// A red packet's ticket was bound to a user. `Money` is fen, `BindTime` Unix seconds.
    "ShakearoundLotteryBind" => ShakearoundLotteryBind {
        lottery_id: String = "LotteryId", ticket: String = "Ticket",
        money: Option<i64> = "Money", bind_time: Option<i64> = "BindTime",
    }
    /// A user shook the phone near a beacon.
    "ShakearoundUserShake" => ShakearoundUserShake {
        chosen_beacon: Option<Beacon> = "ChosenBeacon", around_beacons: Vec<Beacon> = "AroundBeacons/AroundBeacon",
    }
    /// A customer joined a store's Wi-Fi. Times are Unix seconds.
    "WifiConnected" => WifiConnected {
        connect_time: Option<i64> = "ConnectTime", expire_time: Option<i64> = "ExpireTime",
        vendor_id: String = "VendorId", shop_id: String = "ShopId", device_no: String = "DeviceNo",
    }
    /// A mini program's version failed its review. `FailTime` is Unix seconds.
    "weapp_audit_fail" => WeappAuditFail { reason: Option<String> = "Reason", fail_time: Option<i64> = "FailTime" }
    /// A mini program's version passed its review. `SuccTime` is Unix seconds.
    "weapp_audit_success" => WeappAuditSuccess { succ_time: Option<i64> = "SuccTime" }
    /// A search shows the mini program's widget.
    "wxa_widget_data" => WxaWidgetData { query: String = "Query", scene: Option<String> = "Scene" }

    /// An account authorised an open platform application (`InfoType`).
    "authorized" => Authorized {
        app_id: String = "AppId", authorizer_app_id: String = "AuthorizerAppid",
        authorization_code: String = "AuthorizationCode",
        /// Unix seconds.
        authorization_code_expired_time: Option<i64> = "AuthorizationCodeExpiredTime",
        pre_auth_code: String = "PreAuthCode",
    }
    /// A quick registration of a mini program ended (`InfoType`).
    "notify_third_fasteregister" => NotifyThirdFastRegister {
        open_app_id: String = "AppId", app_id: Option<String> = "appid", status: Option<i64> = "status",
        auth_code: Option<String> = "auth_code", message: Option<String> = "msg", info: Option<FastRegisterInfo> = "info",
    }
}
