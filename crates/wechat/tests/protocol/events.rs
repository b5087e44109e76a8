//! Events of the chat, the menu, messages and the account: one test each.

use puzi_wechat::message::{
    ArticleUrl, ArticleUrlResult, Body, CopyrightCheck, CopyrightCheckResult, Event, PublishEventInfo,
    PublishedArticle, PublishedArticles, ScanCodeInfo, SendLocationInfo, SendPicsInfo, SentPicture, SubscribeMsgChange,
    SubscribeMsgPopup, SubscribeMsgSent,
};

use crate::common::{events_are_read, o, read, s};

fn scanned() -> Option<ScanCodeInfo> {
    Some(ScanCodeInfo { scan_type: s("qrcode"), scan_result: s("1") })
}

fn pictures(sums: &[&str]) -> Option<SendPicsInfo> {
    let pictures: Vec<_> = sums.iter().map(|sum| SentPicture { md5_sum: s(sum) }).collect();
    Some(SendPicsInfo { count: i64::try_from(pictures.len()).ok(), pictures })
}

events_are_read! {
    subscribe: "subscribe", "<EventKey>qrscene_fair</EventKey><Ticket>t</Ticket>"
        => Event::Subscribe { event_key: o("qrscene_fair"), ticket: o("t") };
    unsubscribe: "unsubscribe", "<EventKey></EventKey>" => Event::Unsubscribe { event_key: None };
    scan: "SCAN", "<EventKey>fair</EventKey><Ticket>t</Ticket>" => Event::Scan { event_key: s("fair"), ticket: o("t") };
    scan_in_lower_case: "scan", "<EventKey>1</EventKey>" => Event::Scan { event_key: s("1"), ticket: None };
    location: "LOCATION", "<Latitude>23.137466</Latitude><Longitude>113.352425</Longitude><Precision>119.385040</Precision>"
        => Event::Location { latitude: Some(23.137_466), longitude: Some(113.352_425), precision: Some(119.385_04) };
    click: "CLICK", "<EventKey>HELP</EventKey>" => Event::Click { event_key: s("HELP") };
    view: "VIEW", "<EventKey>http://x/?a=1&amp;b=2</EventKey><MenuId>5</MenuId>"
        => Event::View { event_key: s("http://x/?a=1&b=2"), menu_id: o("5") };
    view_miniprogram: "view_miniprogram", "<EventKey>pages/index</EventKey><MenuId>5</MenuId>"
        => Event::ViewMiniProgram { event_key: s("pages/index"), menu_id: o("5") };
    scancode_push: "scancode_push",
        "<EventKey>k</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>1</ScanResult></ScanCodeInfo>"
        => Event::ScanCodePush { event_key: s("k"), info: scanned() };
    scancode_waitmsg: "scancode_waitmsg",
        "<EventKey>k</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>1</ScanResult></ScanCodeInfo>"
        => Event::ScanCodeWaitMsg { event_key: s("k"), info: scanned() };
    pic_sysphoto: "pic_sysphoto",
        "<EventKey>k</EventKey><SendPicsInfo><Count>1</Count>\n<PicList><item><PicMd5Sum>a</PicMd5Sum>\n</item>\n</PicList></SendPicsInfo>"
        => Event::PicSysPhoto { event_key: s("k"), info: pictures(&["a"]) };
    pic_photo_or_album: "pic_photo_or_album",
        "<EventKey>k</EventKey><SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum>a</PicMd5Sum></item><item><PicMd5Sum>b</PicMd5Sum></item></PicList></SendPicsInfo>"
        => Event::PicPhotoOrAlbum { event_key: s("k"), info: pictures(&["a", "b"]) };
    pic_weixin: "pic_weixin", "<EventKey>k</EventKey><SendPicsInfo><Count>0</Count><PicList></PicList></SendPicsInfo>"
        => Event::PicWeixin { event_key: s("k"), info: pictures(&[]) };
    location_select: "location_select",
        "<EventKey>k</EventKey><SendLocationInfo><Location_X>23</Location_X><Location_Y>113</Location_Y><Scale>15</Scale><Label>广州</Label><Poiname></Poiname></SendLocationInfo>"
        => Event::LocationSelect { event_key: s("k"), info: Some(SendLocationInfo {
            latitude: Some(23.0), longitude: Some(113.0), scale: Some(15), label: s("广州"), poi_name: None,
        }) };
    template_send_job_finish: "TEMPLATESENDJOBFINISH", "<MsgID>200163836</MsgID><Status>failed:user block</Status>"
        => Event::TemplateSendJobFinish { msg_id: s("200163836"), status: s("failed:user block") };
    mass_send_job_finish: "MASSSENDJOBFINISH",
        "<MsgID>1000001625</MsgID><Status>err(30003)</Status><TotalCount>4</TotalCount><FilterCount>3</FilterCount>\
         <SentCount>2</SentCount><ErrorCount>1</ErrorCount><CopyrightCheckResult><Count>1</Count><ResultList><item>\
         <ArticleIdx>1</ArticleIdx><UserDeclareState>0</UserDeclareState><AuditState>2</AuditState>\
         <OriginalArticleUrl>u1</OriginalArticleUrl><OriginalArticleType>1</OriginalArticleType><CanReprint>1</CanReprint>\
         <NeedReplaceContent>1</NeedReplaceContent><NeedShowReprintSource>1</NeedShowReprintSource></item></ResultList>\
         <CheckState>2</CheckState></CopyrightCheckResult><ArticleUrlResult><Count>1</Count><ResultList><item>\
         <ArticleIdx>1</ArticleIdx><ArticleUrl>u2</ArticleUrl></item></ResultList></ArticleUrlResult>"
        => Event::MassSendJobFinish {
            msg_id: s("1000001625"), status: s("err(30003)"),
            total_count: Some(4), filter_count: Some(3), sent_count: Some(2), error_count: Some(1),
            copyright_check: Some(CopyrightCheckResult {
                count: Some(1),
                results: vec![CopyrightCheck {
                    article_idx: Some(1), user_declare_state: Some(0), audit_state: Some(2),
                    original_article_url: o("u1"), original_article_type: Some(1), can_reprint: Some(1),
                    need_replace_content: Some(1), need_show_reprint_source: Some(1),
                }],
                check_state: Some(2),
            }),
            article_urls: Some(ArticleUrlResult {
                count: Some(1), results: vec![ArticleUrl { article_idx: Some(1), article_url: s("u2") }],
            }),
        };
    publish_job_finish: "PUBLISHJOBFINISH",
        "<PublishEventInfo><publish_id>2247503051</publish_id><publish_status>0</publish_status><article_id>b5O2</article_id>\
         <article_detail><count>2</count><item><idx>1</idx><article_url>u1</article_url></item><item><idx>2</idx>\
         <article_url>u2</article_url></item></article_detail><fail_idx>3</fail_idx><fail_idx>4</fail_idx></PublishEventInfo>"
        => Event::PublishJobFinish { info: Some(PublishEventInfo {
            publish_id: s("2247503051"), publish_status: Some(0), article_id: o("b5O2"),
            article_detail: Some(PublishedArticles { count: Some(2), items: vec![
                PublishedArticle { idx: Some(1), article_url: s("u1") },
                PublishedArticle { idx: Some(2), article_url: s("u2") },
            ] }),
            fail_idx: vec![3, 4],
        }) };
    subscribe_msg_popup: "subscribe_msg_popup_event",
        "<SubscribeMsgPopupEvent><List><TemplateId>t1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString><PopupScene>2</PopupScene></List>\
         <List><TemplateId>t2</TemplateId><SubscribeStatusString>reject</SubscribeStatusString><PopupScene>2</PopupScene></List></SubscribeMsgPopupEvent>"
        => Event::SubscribeMsgPopup { list: vec![
            SubscribeMsgPopup { template_id: s("t1"), status: s("accept"), popup_scene: Some(2) },
            SubscribeMsgPopup { template_id: s("t2"), status: s("reject"), popup_scene: Some(2) },
        ] };
    subscribe_msg_change: "subscribe_msg_change_event",
        "<SubscribeMsgChangeEvent><List><TemplateId>t1</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List></SubscribeMsgChangeEvent>"
        => Event::SubscribeMsgChange { list: vec![SubscribeMsgChange { template_id: s("t1"), status: s("reject") }] };
    subscribe_msg_sent: "subscribe_msg_sent_event",
        "<SubscribeMsgSentEvent><List><TemplateId>t1</TemplateId><MsgID>17</MsgID><ErrorCode>0</ErrorCode><ErrorStatus>success</ErrorStatus></List></SubscribeMsgSentEvent>"
        => Event::SubscribeMsgSent { list: vec![SubscribeMsgSent {
            template_id: s("t1"), msg_id: s("17"), error_code: Some(0), error_status: o("success"),
        }] };
    kf_create_session: "kf_create_session", "<KfAccount>a@b</KfAccount>" => Event::KfCreateSession { kf_account: s("a@b") };
    kf_close_session: "kf_close_session", "<KfAccount>a@b</KfAccount>" => Event::KfCloseSession { kf_account: s("a@b") };
    kf_switch_session: "kf_switch_session", "<FromKfAccount>a@b</FromKfAccount><ToKfAccount>c@b</ToKfAccount>"
        => Event::KfSwitchSession { from: s("a@b"), to: s("c@b") };
    user_info_modified: "user_info_modified", "<OpenID>o1</OpenID><AppID>wx1</AppID><RevokeInfo>201</RevokeInfo>"
        => Event::UserInfoModified { open_id: s("o1"), union_id: None, app_id: s("wx1"), revoke_info: o("201") };
    user_authorization_revoke: "user_authorization_revoke",
        "<OpenID>o1</OpenID><UnionID>u1</UnionID><AppID>wx1</AppID><RevokeInfo>301</RevokeInfo>"
        => Event::UserAuthorizationRevoke { open_id: s("o1"), union_id: o("u1"), app_id: s("wx1"), revoke_info: o("301") };
    user_authorization_cancellation: "user_authorization_cancellation", "<OpenID>o1</OpenID><AppID>wx1</AppID>"
        => Event::UserAuthorizationCancellation { open_id: s("o1"), union_id: None, app_id: s("wx1"), revoke_info: None };
    qualification_verify_success: "qualification_verify_success", "<ExpiredTime>1442401156</ExpiredTime>"
        => Event::QualificationVerifySuccess { expired_time: Some(1_442_401_156) };
    qualification_verify_fail: "qualification_verify_fail", "<FailTime>1442401122</FailTime><FailReason>by time</FailReason>"
        => Event::QualificationVerifyFail { fail_time: Some(1_442_401_122), fail_reason: s("by time") };
    naming_verify_success: "naming_verify_success", "<ExpiredTime>1442401093</ExpiredTime>"
        => Event::NamingVerifySuccess { expired_time: Some(1_442_401_093) };
    naming_verify_fail: "naming_verify_fail", "<FailTime>1442401061</FailTime><FailReason>by time</FailReason>"
        => Event::NamingVerifyFail { fail_time: Some(1_442_401_061), fail_reason: s("by time") };
    annual_renew: "annual_renew", "<ExpiredTime>1442401004</ExpiredTime>"
        => Event::AnnualRenew { expired_time: Some(1_442_401_004) };
    verify_expired: "verify_expired", "<ExpiredTime>1442400900</ExpiredTime>"
        => Event::VerifyExpired { expired_time: Some(1_442_400_900) };
}

#[test]
fn event_names_are_taken_as_they_are_written() {
    assert_eq!(crate::common::event("click", "<EventKey>HELP</EventKey>"), Event::Unknown);
}

#[test]
fn every_event_with_a_type_has_a_test() {
    for name in Event::NAMES {
        let tested = NAMES.contains(name) || crate::commerce::NAMES.contains(name);
        let by_info_type = ["authorized", "notify_third_fasteregister"].contains(name);
        assert!(tested || by_info_type, "{name}");
    }
}

#[test]
fn a_push_of_the_open_platform_is_an_event() {
    let push = read(
        "<xml><AppId>wx1</AppId><CreateTime>1700000000</CreateTime><InfoType>authorized</InfoType>\
         <AuthorizerAppid>wx2</AuthorizerAppid><AuthorizationCode>c</AuthorizationCode>\
         <AuthorizationCodeExpiredTime>1700003600</AuthorizationCodeExpiredTime><PreAuthCode>p</PreAuthCode></xml>",
    );
    assert_eq!((push.msg_type(), push.event(), push.from.as_str()), ("event", Some("authorized"), ""));
    let expected = Event::Authorized {
        app_id: s("wx1"),
        authorizer_app_id: s("wx2"),
        authorization_code: s("c"),
        authorization_code_expired_time: Some(1_700_003_600),
        pre_auth_code: s("p"),
    };
    assert_eq!(push.body, Body::Event(expected));
}

#[test]
fn a_quick_registration_has_its_company() {
    let push = read(
        "<xml><AppId>wx1</AppId><CreateTime>1700000000</CreateTime><InfoType>notify_third_fasteregister</InfoType>\
         <appid>wx2</appid><status>0</status><auth_code>c</auth_code><msg>OK</msg><info><name>n</name><code>9</code>\
         <code_type>1</code_type><legal_persona_wechat>w</legal_persona_wechat>\
         <legal_persona_name>p</legal_persona_name></info></xml>",
    );
    let Body::Event(Event::NotifyThirdFastRegister { open_app_id, app_id, status, auth_code, message, info }) =
        push.body
    else {
        panic!("{push:?}")
    };
    assert_eq!((open_app_id, app_id, status, auth_code, message), (s("wx1"), o("wx2"), Some(0), o("c"), o("OK")));
    let info = info.unwrap();
    assert_eq!((info.name, info.code, info.code_type), (s("n"), s("9"), Some(1)));
    assert_eq!((info.legal_persona_wechat, info.legal_persona_name), (s("w"), s("p")));
}
