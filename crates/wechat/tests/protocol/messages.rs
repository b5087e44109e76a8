//! Ordinary messages, one test a kind, and what a push says about itself.

use puzi_wechat::message::{
    Body, Device, Event, File, Image, Link, Location, MiniProgramPage, Push, ReadError, Text, Video, Voice,
};

use crate::common::{NOW, event, o, read, s, xml};

const VIDEO: &str = "<MediaId>m1</MediaId><ThumbMediaId>t1</ThumbMediaId><MsgId>7</MsgId>";

fn body(kind: &str, rest: &str) -> Body {
    read(&xml(kind, rest)).body
}

#[test]
fn a_text_has_its_envelope_and_content() {
    let push = read(&xml(
        "text",
        "<Content><![CDATA[你好 & <b>]]></Content><MsgId>6054768590064713728</MsgId>\
         <MsgDataId>d1</MsgDataId><Idx>2</Idx>",
    ));
    assert_eq!((push.to.as_str(), push.from.as_str(), push.create_time), ("gh_1", "o1", NOW));
    assert_eq!(push.msg_id, Some(6_054_768_590_064_713_728));
    assert_eq!((push.msg_data_id.as_deref(), push.idx), (Some("d1"), Some(2)));
    assert_eq!(push.body, Body::Text(Text { content: s("你好 & <b>"), menu_choice: None }));
    assert_eq!((push.msg_type(), push.event(), push.text()), ("text", None, Some("你好 & <b>")));
}

#[test]
fn zero_and_spaces_are_texts() {
    for text in ["0", " ", "  a  ", "null"] {
        assert_eq!(read(&xml("text", &format!("<Content><![CDATA[{text}]]></Content>"))).text(), Some(text));
    }
    assert_eq!(read(&xml("text", "<Content></Content>")).text(), Some(""));
}

#[test]
fn the_answer_to_a_choice_menu_carries_the_choice() {
    let expected = Text { content: s("满意"), menu_choice: o("101") };
    assert_eq!(body("text", "<Content>满意</Content><bizmsgmenuid>101</bizmsgmenuid>"), Body::Text(expected));
}

#[test]
fn image() {
    let expected = Image { pic_url: s("http://x/y?a=1&b=2"), media_id: s("m1") };
    assert_eq!(
        body("image", "<PicUrl>http://x/y?a=1&amp;b=2</PicUrl><MediaId>m1</MediaId><MsgId>7</MsgId>"),
        Body::Image(expected)
    );
}

#[test]
fn voice() {
    let plain = Voice { media_id: s("m1"), format: s("amr"), recognition: None, media_id_16k: None };
    assert_eq!(body("voice", "<MediaId>m1</MediaId><Format>amr</Format>"), Body::Voice(plain.clone()));
    let heard = Voice { recognition: o("营业时间"), media_id_16k: o("m16"), ..plain };
    let rest =
        "<MediaId>m1</MediaId><Format>amr</Format><Recognition>营业时间</Recognition><MediaId16K>m16</MediaId16K>";
    assert_eq!(body("voice", rest), Body::Voice(heard));
}

#[test]
fn video() {
    assert_eq!(body("video", VIDEO), Body::Video(Video { media_id: s("m1"), thumb_media_id: s("t1") }));
}

#[test]
fn short_video() {
    assert_eq!(body("shortvideo", VIDEO), Body::ShortVideo(Video { media_id: s("m1"), thumb_media_id: s("t1") }));
}

#[test]
fn location() {
    let rest =
        "<Location_X>23.134521</Location_X><Location_Y>113.358803</Location_Y><Scale>20</Scale><Label>广州塔</Label>";
    let place =
        Location { latitude: Some(23.134_521), longitude: Some(113.358_803), scale: Some(20), label: s("广州塔") };
    assert_eq!(body("location", rest), Body::Location(place));
}

#[test]
fn link() {
    let expected = Link { title: s("t"), description: s("d"), url: s("http://x") };
    assert_eq!(body("link", "<Title>t</Title><Description>d</Description><Url>http://x</Url>"), Body::Link(expected));
}

#[test]
fn mini_program_page() {
    let rest = "<Title>t</Title><AppId>wx1</AppId><PagePath>a/b</PagePath><ThumbUrl>u</ThumbUrl><ThumbMediaId>m</ThumbMediaId>";
    let card = MiniProgramPage {
        title: s("t"),
        app_id: s("wx1"),
        page_path: s("a/b"),
        thumb_url: s("u"),
        thumb_media_id: s("m"),
    };
    assert_eq!(body("miniprogrampage", rest), Body::MiniProgramPage(card));
}

#[test]
fn file() {
    let rest = "<Title>a.pdf</Title><Description>d</Description><FileKey>k</FileKey><FileMd5>0f</FileMd5><FileTotalLen>1024</FileTotalLen>";
    let file = File {
        title: s("a.pdf"),
        description: s("d"),
        file_key: s("k"),
        file_md5: s("0f"),
        file_total_len: Some(1024),
    };
    assert_eq!(body("file", rest), Body::File(file));
}

#[test]
fn device_event() {
    let rest = "<Event>subscribe_status</Event><DeviceType>gh_1</DeviceType><DeviceID>d1</DeviceID><OpType>1</OpType><OpenID>o1</OpenID>";
    let device = Device {
        event: o("subscribe_status"),
        device_type: s("gh_1"),
        device_id: s("d1"),
        content: None,
        session_id: None,
        open_id: s("o1"),
        op_type: Some(1),
        device_status: None,
    };
    assert_eq!(body("device_event", rest), Body::Device(device));
}

#[test]
fn device_text() {
    let rest = "<DeviceType>gh_1</DeviceType><DeviceID>d1</DeviceID><Content>aGk=</Content><SessionID>9</SessionID>\
                <OpenID>o1</OpenID><DeviceStatus>0</DeviceStatus>";
    let device = Device {
        event: None,
        device_type: s("gh_1"),
        device_id: s("d1"),
        content: o("aGk="),
        session_id: o("9"),
        open_id: s("o1"),
        op_type: None,
        device_status: Some(0),
    };
    assert_eq!(body("device_text", rest), Body::Device(device));
}

#[test]
fn an_unknown_kind_survives_with_all_its_fields() {
    let push = read(&xml("hologram", "<Depth><Layer>1</Layer><Layer>2</Layer></Depth><MsgId>9</MsgId>"));
    assert_eq!((push.msg_type(), &push.body), ("hologram", &Body::Unknown));
    let layers: Vec<_> = push.fields.tree("Depth").unwrap().all("Layer").filter_map(|layer| layer.text()).collect();
    assert_eq!(layers, ["1", "2"]);
    assert_eq!(event("moon_landing", "<Crew>3</Crew>"), Event::Unknown);
}

#[test]
fn a_number_without_sense_is_none_and_stays_readable() {
    let push = read(&xml("location", "<Location_X>north</Location_X><Label>x</Label><MsgId>many</MsgId>"));
    assert!(matches!(&push.body, Body::Location(place) if place.latitude.is_none() && place.label == "x"));
    assert_eq!((push.msg_id, push.fields.text("Location_X")), (None, Some("north")));
}

#[test]
fn a_push_needs_kind_sender_and_time() {
    let whole = xml("text", "<Content>x</Content>");
    let cases = [
        ("<MsgType><![CDATA[text]]></MsgType>", "", "MsgType"),
        ("<![CDATA[text]]>", "", "MsgType"),
        ("<FromUserName><![CDATA[o1]]></FromUserName>", "", "FromUserName"),
        ("<CreateTime>1700000000</CreateTime>", "", "CreateTime"),
        ("1700000000", "yesterday", "CreateTime"),
    ];
    for (old, new, name) in cases {
        assert!(whole.contains(old), "{old}");
        assert_eq!(Push::from_xml(whole.replace(old, new).as_bytes()).unwrap_err(), ReadError::Field(name));
    }
}

#[test]
fn a_scene_comes_from_a_scan_or_from_following() {
    let scene = |event: &str, key: &str| {
        let push = read(&xml("event", &format!("<Event>{event}</Event><EventKey>{key}</EventKey>")));
        push.scene().map(str::to_owned)
    };
    assert_eq!(scene("SCAN", "fair"), o("fair"));
    assert_eq!(scene("scan", "123"), o("123"));
    assert_eq!(scene("SCAN", "qrscene_x"), o("qrscene_x"));
    assert_eq!(scene("subscribe", "qrscene_fair"), o("fair"));
    assert_eq!(scene("subscribe", ""), None);
    assert_eq!(scene("subscribe", "last_trade_no_1"), None);
    assert_eq!(scene("CLICK", "fair"), None);
}

#[test]
fn an_empty_event_key_is_none() {
    assert_eq!(read(&xml("event", "<Event>unsubscribe</Event><EventKey></EventKey>")).event_key(), None);
    assert_eq!(read(&xml("event", "<Event>CLICK</Event><EventKey>HELP</EventKey>")).event_key(), Some("HELP"));
}

#[test]
fn two_deliveries_share_a_key_and_two_pushes_do_not() {
    let key = |kind: &str, rest: &str| read(&xml(kind, rest)).dedup_key();
    let pushes = [
        ("text", "<Content>a</Content><MsgId>1</MsgId>"),
        ("text", "<Content>a</Content><MsgId>2</MsgId>"),
        ("event", "<Event>LOCATION</Event><Latitude>1</Latitude>"),
        ("event", "<Event>unsubscribe</Event><EventKey></EventKey>"),
        ("event", "<Event>CLICK</Event><EventKey>A</EventKey>"),
        ("event", "<Event>CLICK</Event><EventKey>B</EventKey>"),
        ("event", "<Event>TEMPLATESENDJOBFINISH</Event><MsgID>1</MsgID>"),
        ("event", "<Event>TEMPLATESENDJOBFINISH</Event><MsgID>2</MsgID>"),
        ("event", "<Event>user_get_card</Event><CardId>c</CardId><UserCardCode>1</UserCardCode>"),
        ("event", "<Event>user_get_card</Event><CardId>c</CardId><UserCardCode>2</UserCardCode>"),
        ("device_text", "<DeviceID>d</DeviceID><Content>1</Content>"),
        ("device_text", "<DeviceID>d</DeviceID><Content>2</Content>"),
    ];
    let mut keys: Vec<_> = pushes.iter().map(|(kind, rest)| key(kind, rest)).collect();
    for (index, (kind, rest)) in pushes.iter().enumerate() {
        assert_eq!(key(kind, rest), keys[index], "{rest}");
        assert_eq!(keys[index][..5], NOW.to_be_bytes()[3..], "keys sort by time");
    }
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), pushes.len());
}

#[test]
fn the_key_depends_on_sender_and_time() {
    let whole = xml("text", "<Content>a</Content><MsgId>1</MsgId>");
    let key = |text: &str| Push::from_xml(text.as_bytes()).unwrap().dedup_key();
    assert_ne!(key(&whole), key(&whole.replace("o1", "o2")));
    assert_ne!(key(&whole), key(&whole.replace("1700000000", "1700000001")));
    let by_id = |id: &str| key(&whole.replace("<MsgId>1<", &format!("<MsgId>{id}<")));
    assert!(by_id("9") < by_id("10"), "within a second keys sort by the message's id, whoever wrote it");
    // What a follower says does not tell deliveries apart; the message's id does.
    assert_eq!(key(&whole), key(&whole.replace("<Content>a", "<Content>b")));
}

#[test]
fn json_pushes_mean_what_xml_pushes_mean() {
    let json = r#"{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1700000000,"MsgType":"text","Content":"\u4f60好","MsgId":6054768590064713728,"Extra":{"a":[1,2.50,null,true]}}"#;
    let push = Push::from_json(json.as_bytes()).unwrap();
    assert_eq!((push.text(), push.create_time, push.msg_id), (Some("你好"), NOW, Some(6_054_768_590_064_713_728)));
    assert_eq!(push.fields.to_json(), json.replace("\\u4f60", "你"));
}

#[test]
fn a_json_list_of_one_may_be_the_thing_alone() {
    let push = |list: &str| {
        let json = format!(
            r#"{{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1700000000,"MsgType":"event","Event":"subscribe_msg_popup_event",{list}}}"#
        );
        match Push::from_json(json.as_bytes()).unwrap().body {
            Body::Event(Event::SubscribeMsgPopup { list }) => {
                list.into_iter().map(|one| (one.template_id, one.status, one.popup_scene)).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        }
    };
    let one = r#"{"TemplateId":"t1","SubscribeStatusString":"accept","PopupScene":"0"}"#;
    let two = r#"{"TemplateId":"t2","SubscribeStatusString":"reject","PopupScene":2}"#;
    let (first, second) = ((s("t1"), s("accept"), Some(0)), (s("t2"), s("reject"), Some(2)));
    assert_eq!(push(&format!(r#""List":{one}"#)), std::slice::from_ref(&first));
    assert_eq!(push(&format!(r#""List":[{one}]"#)), std::slice::from_ref(&first));
    assert_eq!(push(&format!(r#""List":[{one},{two}]"#)), [first.clone(), second.clone()]);
    assert_eq!(push(&format!(r#""SubscribeMsgPopupEvent":{{"List":[{one},{two}]}}"#)), [first, second]);
    assert_eq!(push(r#""List":[]"#), []);
}
