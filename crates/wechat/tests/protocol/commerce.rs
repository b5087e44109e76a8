//! Events of cards, stores, invoices, products and the rest: one test each.

use puzi_wechat::message::{Beacon, Event};

use crate::common::{events_are_read, o, s};

fn beacon(minor: i64, distance: f64) -> Beacon {
    Beacon { uuid: s("u"), major: Some(1), minor: Some(minor), distance: Some(distance) }
}

events_are_read! {
    add_store_audit_info: "add_store_audit_info",
        "<audit_id>1</audit_id><status>3</status><reason>r</reason><is_upgrade>0</is_upgrade><poiid>p</poiid>"
        => Event::AddStoreAuditInfo { audit_id: s("1"), status: Some(3), reason: s("r"), is_upgrade: Some(0), poi_id: o("p") };
    apply_merchant_audit_info: "apply_merchant_audit_info", "<audit_id>1</audit_id><status>4</status><reason>r</reason>"
        => Event::ApplyMerchantAuditInfo { audit_id: s("1"), status: Some(4), reason: s("r") };
    create_map_poi_audit_info: "create_map_poi_audit_info",
        "<audit_id>1</audit_id><status>1</status><map_poi_id>m</map_poi_id><name>n</name><address>a</address>\
         <latitude>134.0</latitude><longitude>23.5</longitude><sh_remark>r</sh_remark>"
        => Event::CreateMapPoiAuditInfo {
            audit_id: s("1"), status: Some(1), map_poi_id: s("m"), name: s("n"), address: s("a"),
            latitude: Some(134.0), longitude: Some(23.5), remark: s("r"),
        };
    modify_store_audit_info: "modify_store_audit_info", "<audit_id>1</audit_id><status>1</status><reason>r</reason>"
        => Event::ModifyStoreAuditInfo { audit_id: s("1"), status: Some(1), reason: s("r") };
    poi_check_notify: "poi_check_notify", "<UniqId>1</UniqId><PoiId>2</PoiId><Result>fail</Result><msg>m</msg>"
        => Event::PoiCheckNotify { uniq_id: s("1"), poi_id: s("2"), result: s("fail"), message: s("m") };
    card_merchant_check_result: "card_merchant_check_result", "<MerchantId>1</MerchantId><IsPass>0</IsPass><Reason>r</Reason>"
        => Event::CardMerchantCheckResult {
            merchant_id: o("1"), app_id: None, sub_merchant_app_id: None, is_pass: Some(0), reason: s("r"),
        };
    card_pass_check: "card_pass_check", "<CardId>c</CardId>" => Event::CardPassCheck { card_id: s("c"), refuse_reason: None };
    card_not_pass_check: "card_not_pass_check", "<CardId>c</CardId><RefuseReason>r</RefuseReason>"
        => Event::CardNotPassCheck { card_id: s("c"), refuse_reason: o("r") };
    card_pay_order: "card_pay_order",
        "<OrderId>1</OrderId><Status>ORDER_STATUS_FINANCE_SUCC</Status><CreateOrderTime>1472624619</CreateOrderTime>\
         <PayFinishTime>1472624620</PayFinishTime><Desc>d</Desc><FreeCoinCount>200</FreeCoinCount><PayCoinCount>0</PayCoinCount>\
         <RefundFreeCoinCount>1</RefundFreeCoinCount><RefundPayCoinCount>2</RefundPayCoinCount><OrderType>ORDER_TYPE_WXPAY</OrderType>\
         <Memo>开通账户奖励</Memo><ReceiptInfo></ReceiptInfo>"
        => Event::CardPayOrder {
            order_id: s("1"), status: s("ORDER_STATUS_FINANCE_SUCC"), create_order_time: Some(1_472_624_619),
            pay_finish_time: Some(1_472_624_620), desc: o("d"), free_coin_count: o("200"), pay_coin_count: o("0"),
            refund_free_coin_count: o("1"), refund_pay_coin_count: o("2"), order_type: o("ORDER_TYPE_WXPAY"),
            memo: o("开通账户奖励"), receipt_info: None,
        };
    card_sku_remind: "card_sku_remind", "<CardId>c</CardId><Detail>the card's quantity is equal to 0</Detail>"
        => Event::CardSkuRemind { card_id: s("c"), detail: s("the card's quantity is equal to 0") };
    user_get_card: "user_get_card",
        "<CardId>c</CardId><IsGiveByFriend>1</IsGiveByFriend><UserCardCode>12</UserCardCode><FriendUserName>o2</FriendUserName>\
         <OldUserCardCode>11</OldUserCardCode><OuterStr>x</OuterStr><IsRestoreMemberCard>0</IsRestoreMemberCard><UnionId>u</UnionId>"
        => Event::UserGetCard {
            card_id: s("c"), user_card_code: s("12"), is_give_by_friend: Some(1), friend_user_name: o("o2"),
            old_user_card_code: o("11"), outer_str: o("x"), is_restore_member_card: Some(0), union_id: o("u"),
        };
    user_gifting_card: "user_gifting_card",
        "<CardId>c</CardId><UserCardCode>12</UserCardCode><IsReturnBack>0</IsReturnBack><FriendUserName>o2</FriendUserName><IsChatRoom>1</IsChatRoom>"
        => Event::UserGiftingCard {
            card_id: s("c"), user_card_code: s("12"), friend_user_name: o("o2"), is_return_back: Some(0), is_chat_room: Some(1),
        };
    user_del_card: "user_del_card", "<CardId>c</CardId><UserCardCode>12</UserCardCode>"
        => Event::UserDelCard { card_id: s("c"), user_card_code: s("12") };
    user_consume_card: "user_consume_card",
        "<CardId>c</CardId><UserCardCode>12</UserCardCode><ConsumeSource>FROM_API</ConsumeSource><LocationName>l</LocationName>\
         <StaffOpenId>o3</StaffOpenId><VerifyCode>v</VerifyCode><RemarkAmount>8.5</RemarkAmount><OuterStr>x</OuterStr>"
        => Event::UserConsumeCard {
            card_id: s("c"), user_card_code: s("12"), consume_source: s("FROM_API"), location_name: o("l"),
            staff_open_id: o("o3"), verify_code: o("v"), remark_amount: o("8.5"), outer_str: o("x"),
        };
    user_pay_from_pay_cell: "user_pay_from_pay_cell",
        "<CardId>c</CardId><UserCardCode>12</UserCardCode><TransId>1</TransId><LocationId>2</LocationId><Fee>10000</Fee><OriginalFee>10001</OriginalFee>"
        => Event::UserPayFromPayCell {
            card_id: s("c"), user_card_code: s("12"), trans_id: o("1"), location_id: o("2"), fee: Some(10_000), original_fee: Some(10_001),
        };
    user_view_card: "user_view_card", "<CardId>c</CardId><UserCardCode>12</UserCardCode><OuterStr>x</OuterStr>"
        => Event::UserViewCard { card_id: s("c"), user_card_code: s("12"), outer_str: o("x") };
    user_enter_session_from_card: "user_enter_session_from_card", "<CardId>c</CardId><UserCardCode>12</UserCardCode>"
        => Event::UserEnterSessionFromCard { card_id: s("c"), user_card_code: s("12") };
    update_member_card: "update_member_card",
        "<CardId>c</CardId><UserCardCode>12</UserCardCode><ModifyBonus>3</ModifyBonus><ModifyBalance>-4</ModifyBalance>"
        => Event::UpdateMemberCard { card_id: s("c"), user_card_code: s("12"), modify_bonus: Some(3), modify_balance: Some(-4) };
    submit_membercard_user_info: "submit_membercard_user_info", "<CardId>c</CardId><UserCardCode>12</UserCardCode>"
        => Event::SubmitMemberCardUserInfo { card_id: s("c"), user_card_code: o("12") };
    giftcard_pay_done: "giftcard_pay_done", "<PageId>p</PageId><OrderId>1</OrderId>"
        => Event::GiftCardPayDone { page_id: s("p"), order_id: s("1") };
    giftcard_send_to_friend: "giftcard_send_to_friend",
        "<PageId>p</PageId><OrderId>1</OrderId><IsChatRoom>true</IsChatRoom><IsReturnBack>false</IsReturnBack>"
        => Event::GiftCardSendToFriend { page_id: s("p"), order_id: s("1"), is_chat_room: o("true"), is_return_back: o("false") };
    giftcard_user_accept: "giftcard_user_accept", "<PageId>p</PageId><OrderId>1</OrderId><IsChatRoom>true</IsChatRoom>"
        => Event::GiftCardUserAccept { page_id: s("p"), order_id: s("1"), is_chat_room: o("true") };
    cloud_invoice: "cloud_invoice_invoiceresult_event", "<fpqqlsh>1</fpqqlsh><nsrsbh>9</nsrsbh><status>100</status>"
        => Event::CloudInvoiceResult { request_number: s("1"), tax_number: s("9"), status: Some(100) };
    submit_invoice_title: "submit_invoice_title",
        "<title>t</title><phone>1</phone><tax_no>2</tax_no><addr>a</addr><bank_type>b</bank_type><bank_no>3</bank_no>\
         <attach>x</attach><title_type>InvoiceUserTitleBusinessType</title_type>"
        => Event::SubmitInvoiceTitle {
            title: o("t"), phone: o("1"), tax_no: o("2"), addr: o("a"), bank_type: o("b"), bank_no: o("3"), attach: o("x"),
            title_type: o("InvoiceUserTitleBusinessType"),
        };
    user_authorize_invoice: "user_authorize_invoice",
        "<SuccOrderId>1</SuccOrderId><FailOrderId></FailOrderId><AppId>wx1</AppId><AuthorizeAppId>wx2</AuthorizeAppId><Source>web</Source>"
        => Event::UserAuthorizeInvoice {
            succ_order_id: o("1"), fail_order_id: None, app_id: s("wx1"), authorize_app_id: s("wx2"), source: s("web"),
        };
    guide_qrcode_scan: "guide_qrcode_scan_event",
        "<qrcode_guide_account>g</qrcode_guide_account><openid>o1</openid><action>2</action><qrcode_info>q</qrcode_info>"
        => Event::GuideQrcodeScan { guide_account: s("g"), open_id: s("o1"), action: Some(2), qrcode_info: o("q") };
    merchant_order: "merchant_order",
        "<OrderId>1</OrderId><OrderStatus>2</OrderStatus><ProductId>p</ProductId><SkuInfo>10001:1000012</SkuInfo>"
        => Event::MerchantOrder { order_id: s("1"), order_status: Some(2), product_id: s("p"), sku_info: s("10001:1000012") };
    scan_product_callback: "scan_product_callback",
        "<KeyStandard>ean13</KeyStandard><KeyStr>690</KeyStr><ExtInfo>123</ExtInfo><NeedAntiFake>true</NeedAntiFake>"
        => Event::ScanProductCallback { key_standard: s("ean13"), key_str: s("690"), ext_info: o("123"), need_anti_fake: o("true") };
    user_scan_product: "user_scan_product",
        "<KeyStandard>ean13</KeyStandard><KeyStr>690</KeyStr><Country>中国</Country><Province>广东</Province><City>揭阳</City>\
         <Sex>1</Sex><Scene>2</Scene><ExtInfo>123</ExtInfo>"
        => Event::UserScanProduct {
            key_standard: s("ean13"), key_str: s("690"), country: o("中国"), province: o("广东"), city: o("揭阳"),
            sex: Some(1), scene: Some(2), ext_info: o("123"),
        };
    user_scan_product_where: "user_scan_product_async",
        "<KeyStandard>ean13</KeyStandard><KeyStr>690</KeyStr><ExtInfo>123</ExtInfo><RegionCode>440105</RegionCode>"
        => Event::UserScanProductAsync {
            key_standard: s("ean13"), key_str: s("690"), ext_info: o("123"), region_code: o("440105"), result: None, reason: None,
        };
    user_scan_product_review: "user_scan_product_async",
        "<KeyStandard>ean13</KeyStandard><KeyStr>690</KeyStr><Result>verify_not_pass</Result><ReasonMsg>r</ReasonMsg>"
        => Event::UserScanProductAsync {
            key_standard: s("ean13"), key_str: s("690"), ext_info: None, region_code: None, result: o("verify_not_pass"), reason: o("r"),
        };
    user_scan_product_enter_session: "user_scan_product_enter_session",
        "<KeyStandard>ean13</KeyStandard><KeyStr>690</KeyStr><ExtInfo>123</ExtInfo>"
        => Event::UserScanProductEnterSession { key_standard: s("ean13"), key_str: s("690"), ext_info: o("123") };
    shakearound_lottery_bind: "ShakearoundLotteryBind",
        "<LotteryId>l</LotteryId><Ticket>t</Ticket><Money>88</Money><BindTime>1442824314</BindTime>"
        => Event::ShakearoundLotteryBind { lottery_id: s("l"), ticket: s("t"), money: Some(88), bind_time: Some(1_442_824_314) };
    shakearound_user_shake: "ShakearoundUserShake",
        "<ChosenBeacon><Uuid>u</Uuid><Major>1</Major><Minor>2</Minor><Distance>0.057</Distance></ChosenBeacon><AroundBeacons>\
         <AroundBeacon><Uuid>u</Uuid><Major>1</Major><Minor>3</Minor><Distance>166.816</Distance></AroundBeacon>\
         <AroundBeacon><Uuid>u</Uuid><Major>1</Major><Minor>4</Minor><Distance>15.013</Distance></AroundBeacon></AroundBeacons>"
        => Event::ShakearoundUserShake {
            chosen_beacon: Some(beacon(2, 0.057)), around_beacons: vec![beacon(3, 166.816), beacon(4, 15.013)],
        };
    wifi_connected: "WifiConnected",
        "<ConnectTime>1</ConnectTime><ExpireTime>0</ExpireTime><VendorId>v</VendorId><ShopId>429620</ShopId><DeviceNo>d</DeviceNo>"
        => Event::WifiConnected {
            connect_time: Some(1), expire_time: Some(0), vendor_id: s("v"), shop_id: s("429620"), device_no: s("d"),
        };
    weapp_audit_fail: "weapp_audit_fail", "<Reason>r</Reason><FailTime>1488856591</FailTime>"
        => Event::WeappAuditFail { reason: o("r"), fail_time: Some(1_488_856_591) };
    weapp_audit_success: "weapp_audit_success", "<SuccTime>1488856741</SuccTime>"
        => Event::WeappAuditSuccess { succ_time: Some(1_488_856_741) };
    wxa_widget_data: "wxa_widget_data", "<Query>q</Query><Scene>1</Scene>"
        => Event::WxaWidgetData { query: s("q"), scene: o("1") };
}

#[test]
fn a_merchant_check_by_app_and_a_message_in_another_case_are_read_too() {
    let checked = crate::common::event(
        "card_merchant_check_result",
        "<AppId>wx1</AppId><SubMerchantAppId>wx2</SubMerchantAppId><IsPass>1</IsPass><Reason></Reason>",
    );
    let expected = Event::CardMerchantCheckResult {
        merchant_id: None,
        app_id: o("wx1"),
        sub_merchant_app_id: o("wx2"),
        is_pass: Some(1),
        reason: s(""),
    };
    assert_eq!(checked, expected);
    let place =
        crate::common::event("poi_check_notify", "<UniqId>1</UniqId><PoiId>2</PoiId><Result>succ</Result><Msg>m</Msg>");
    assert!(matches!(place, Event::PoiCheckNotify { message, .. } if message == "m"));
}
