//! Passive replies, kind by kind.

use puzi_wechat::message::Fields;
use puzi_wechat::reply::{Article, Reply, ReplyError};

use crate::common::{o, s};

fn written(reply: &Reply) -> String {
    let xml = reply.to_xml("o1", "gh_1", 12_345_678);
    let head = "<xml><ToUserName><![CDATA[o1]]></ToUserName><FromUserName><![CDATA[gh_1]]></FromUserName><CreateTime>12345678</CreateTime>";
    let body = xml.strip_prefix(head).and_then(|rest| rest.strip_suffix("</xml>"));
    body.unwrap_or_else(|| panic!("{xml}")).replace("<![CDATA[", "").replace("]]>", "")
}

fn article(title: &str) -> Article {
    Article { title: s(title), description: s("d"), pic_url: s("p"), url: s("u") }
}

#[test]
fn every_kind_is_written_as_the_platform_reads_it() {
    let music = Reply::Music {
        title: s("t"),
        description: s("d"),
        music_url: s("m"),
        hq_music_url: s("h"),
        thumb_media_id: s("i"),
        star: false,
    };
    let cases = [
        (Reply::text("hi"), "<MsgType>text</MsgType><Content>hi</Content>"),
        (Reply::Image { media_id: s("m") }, "<MsgType>image</MsgType><Image><MediaId>m</MediaId></Image>"),
        (Reply::Voice { media_id: s("m") }, "<MsgType>voice</MsgType><Voice><MediaId>m</MediaId></Voice>"),
        (
            Reply::Video { media_id: s("m"), title: s("t"), description: s("d") },
            "<MsgType>video</MsgType><Video><MediaId>m</MediaId><Title>t</Title><Description>d</Description></Video>",
        ),
        (
            music,
            "<MsgType>music</MsgType><Music><Title>t</Title><Description>d</Description><MusicUrl>m</MusicUrl>\
             <HQMusicUrl>h</HQMusicUrl><ThumbMediaId>i</ThumbMediaId></Music>",
        ),
        (
            Reply::News { articles: vec![article("1"), article("2")], star: false },
            "<MsgType>news</MsgType><ArticleCount>2</ArticleCount><Articles>\
             <item><Title>1</Title><Description>d</Description><PicUrl>p</PicUrl><Url>u</Url></item>\
             <item><Title>2</Title><Description>d</Description><PicUrl>p</PicUrl><Url>u</Url></item></Articles>",
        ),
        (Reply::TransferCustomerService { kf_account: None }, "<MsgType>transfer_customer_service</MsgType>"),
        (
            Reply::TransferCustomerService { kf_account: o("a@b") },
            "<MsgType>transfer_customer_service</MsgType><TransInfo><KfAccount>a@b</KfAccount></TransInfo>",
        ),
    ];
    for (reply, expected) in cases {
        assert_eq!(written(&reply), expected);
        assert_eq!(reply.check(), Ok(()));
    }
    assert_eq!(Reply::Nothing.to_xml("o1", "gh_1", 1), "success");
    assert_eq!(Reply::Nothing.check(), Ok(()));
}

#[test]
fn a_star_is_the_old_protocols_flag() {
    let starred = [
        Reply::Text { content: s("hi"), star: true },
        Reply::News { articles: vec![article("1")], star: true },
        Reply::Music {
            title: s(""),
            description: s(""),
            music_url: s(""),
            hq_music_url: s(""),
            thumb_media_id: s("i"),
            star: true,
        },
    ];
    for reply in starred {
        assert!(written(&reply).ends_with("<FuncFlag>1</FuncFlag>"), "{reply:?}");
    }
    assert!(!written(&Reply::text("hi")).contains("FuncFlag"));
}

#[test]
fn what_wechat_would_not_take_is_named() {
    let news = |count: usize| Reply::News { articles: (0..count).map(|_| article("t")).collect(), star: false };
    for count in 1..=10 {
        assert_eq!(news(count).check(), Ok(()), "{count}");
    }
    for count in [0, 11] {
        assert_eq!(news(count).check(), Err(ReplyError::Articles(count)));
    }
    let empty = [
        (Reply::text(""), "Content"),
        (Reply::Image { media_id: s("") }, "MediaId"),
        (Reply::Voice { media_id: s("") }, "MediaId"),
        (Reply::Video { media_id: s(""), title: s("t"), description: s("d") }, "MediaId"),
        (Reply::News { articles: vec![article("1"), article("")], star: false }, "Title"),
        (Reply::TransferCustomerService { kf_account: o("") }, "KfAccount"),
    ];
    for (reply, name) in empty {
        assert_eq!(reply.check(), Err(ReplyError::Empty(name)));
    }
}

#[test]
fn texts_stay_inside_their_elements() {
    for (text, expected) in [
        ("</Content><MsgType>news</MsgType>", "</Content><MsgType>news</MsgType>"),
        ("a]]>b", "a]]>b"),
        ("]]]]>>]]>", "]]]]>>]]>"),
        ("]]\u{0}>x", "]]>x"),
        ("]\u{8}]\u{fffe}>", "]]>"),
        ("\u{0}\u{1}\u{b}\u{c}\u{1f}\u{fffe}\u{ffff}", ""),
        ("a\tb\nc\rd\u{7f}\u{85}😀", "a\tb\nc\rd\u{7f}\u{85}😀"),
        ("&amp;<!DOCTYPE x>", "&amp;<!DOCTYPE x>"),
    ] {
        let xml = Reply::text(text).to_xml("o]]>1", "gh_1", 1);
        let fields = Fields::from_xml(xml.as_bytes()).unwrap();
        assert_eq!(fields.text("Content"), Some(expected), "{text:?}");
        assert_eq!(fields.text("ToUserName"), Some("o]]>1"));
        assert_eq!(fields.len(), 5, "{xml}");
    }
}

#[test]
fn a_reply_is_kept_as_readable_json() {
    let json = |reply: &Reply| serde_json::to_string(reply).unwrap();
    assert_eq!(json(&Reply::text("hi")), r#"{"kind":"text","content":"hi"}"#);
    assert_eq!(json(&Reply::Nothing), r#"{"kind":"nothing"}"#);
    let replies = [
        r#"{"kind":"text","content":"hi","star":true}"#,
        r#"{"kind":"video","media_id":"m","title":"","description":""}"#,
        r#"{"kind":"news","articles":[{"title":"t","description":"","pic_url":"","url":"u"}]}"#,
        r#"{"kind":"transfer_customer_service","kf_account":"a@b"}"#,
    ];
    for text in replies {
        assert_eq!(json(&serde_json::from_str::<Reply>(text).unwrap()), text);
    }
    let short: Reply = serde_json::from_str(r#"{"kind":"news","articles":[{"title":"t"}]}"#).unwrap();
    assert_eq!(short, Reply::News { articles: vec![Article { title: s("t"), ..Article::default() }], star: false });
}
