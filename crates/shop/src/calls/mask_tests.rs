use proptest::prelude::*;
use serde_json::json;

use super::*;

const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const AES_KEY: &str = "abc+def/ghi0123456789ABCDEFGHIJKLMNOPQRSTUV";
const TOKEN: &str = "87_kQy-tea_pot.and~more&odd\"ones/";
const PHONE: &str = "13812345678";
const CARD: &str = "11010519491231002X";
const EMAIL: &str = "lin.cha@tea-shop.example.cn";
const OPENID: &str = "oA1b2C3d4E5f6G7h8I9j0KlMnOpQ";
const NICKNAME: &str = "林小茶🍵";
const WORDS: &str = "我的快递到哪了";

fn mask(path: &str) -> Mask<'_> {
    Mask::new(path, [SECRET, AES_KEY, TOKEN, "tea"])
}

fn masked(path: &str, body: &Value) -> Value {
    mask(path).body(body.to_string().as_bytes()).unwrap()
}

#[test]
fn keys_say_what_a_value_is() {
    let body = json!({
        "grant_type": "client_credential", "appid": "wx1", "secret": "x", "access_token": "y", "expires_in": 7200,
        "ticket": "t", "code": "c", "openid": OPENID, "touser": ["o1", "o2"], "nickname": NICKNAME,
        "text": {"content": WORDS}, "data": {"first": {"value": "Ms Lin", "color": "#333"}},
        "phone_number": 13_812_345_678_i64, "Latitude": 31.2, "location_x": {"a": "b", "n": 7}, "subscribe": 1,
        "errcode": 0, "errmsg": "ok", "media_id": "abcdefghijklmnopqrstuvwxyz0123456789", "list": [],
        "tag": {"id": 100, "name": "VIP"}, "deleted_no": "778", "none": null, "yes": true,
    });
    let wanted = json!({
        "grant_type": "client_credential", "appid": "wx1", "secret": "***", "access_token": "***", "expires_in": 7200,
        "ticket": "***", "code": "***", "openid": "oA1b…nOpQ", "touser": ["‹2 字›", "… 1 more"], "nickname": "‹4 字›",
        "text": {"content": "‹7 字›"}, "data": {"first": {"value": "‹6 字›", "color": "#333"}},
        "phone_number": "‹11 字›", "Latitude": "‹4 字›", "location_x": {"a": "‹1 字›", "n": "‹1 字›"}, "subscribe": 1,
        "errcode": 0, "errmsg": "ok", "media_id": "abcd…6789", "list": [],
        "tag": {"id": 100, "name": "‹3 字›"}, "deleted_no": "‹3 字›", "none": null, "yes": true,
    });
    assert_eq!(masked("/cgi-bin/user/info", &body), wanted);
}

#[test]
fn what_no_key_says_is_told_by_its_shape() {
    for (text, wanted) in [
        ("menu_1", "menu_1"),
        ("2026-11-23", "2026-11-23"),
        ("call 138-1234-5678 now", "call *** now"),
        ("2026-11-23 13812345678", "***"),
        ("+86 138 1234 5678", "***"),
        ("id 11010519491231002X.", "id ***."),
        ("order 20261123000001", "order 20261123000001"),
        ("write lin@tea.example.cn", "write ***"),
        ("to oA1b2C3d4E5f6G7h8I9j0KlMnOpQ!", "to oA1b…nOpQ!"),
        ("k 0123456789abcdef0123456789ABCDEF", "k ‹32 字›"),
        ("http://tea.example/cup?token=1", "http://tea.example/cup?‹8 字›"),
        ("a=1&nickname=bob", "‹16 字›"),
        ("铺子", "‹2 字›"),
        ("&#38138;", "‹8 字›"),
        ("%E9%93%BA", "‹9 字›"),
        (r#"{"nickname":"bob","n":1}"#, r#"{"n":1,"nickname":"‹3 字›"}"#),
        (r#"{"nickname":"bo"#, "‹15 字›"),
        ("<xml><Content>hi</Content><MsgType>text</MsgType></xml>", r#"{"Content":"‹2 字›","MsgType":"text"}"#),
        ("<xml><Content>hi", "‹16 字›"),
    ] {
        assert_eq!(masked("/cgi-bin/menu/get", &json!({"some": text}))["some"], wanted, "{text}");
    }
}

/// Keys of texts that stay as they are, where calls are known: codes, numbers and names of the account's own things. Each of
/// them was looked at; one that the catalogue brings along is to be, too.
const STAYS: &[&str] = &[
    // Numbers and codes, as text.
    "ad_slot",
    "appid",
    "business_id",
    "businessid",
    "card_id",
    "cardid",
    "client_msg_id",
    "clientmsgid",
    "err_msg",
    "id",
    "ids",
    "industry_id1",
    "industry_id2",
    "key",
    "menuid",
    "msg_id",
    "msgid",
    "product_key",
    "scene",
    "slot_id",
    "tag_id",
    "template_id_short",
    "tid",
    "type",
    "voice_id",
    // What an account is set up with: templates, industries, its rules' and agents' names, the scenes of its codes.
    "card_ext",
    "deputy_industry",
    "enumvaluelist",
    "example",
    "first_class",
    "keyword_name_list",
    "keywordcode",
    "kf_account",
    "primary_industry",
    "rule",
    "rule_name",
    "scene_str",
    "scenedesc",
    "second_class",
    "sub_button",
    "worker",
    // Ways and kinds.
    "language",
    "month",
    "pagepath",
    "scene_desc",
    "scope",
    "subscribe_scene",
    "time",
    "zone",
    // Of WeChat's own network, and of paths of its API.
    "cgi_path",
    "from_operator",
    "ip",
    "ip_list",
    "package_loss",
    "real_operator",
    // Places in a picture.
    "pic_crop_1_1",
    "pic_crop_235_1",
    "x1",
    "x2",
    "y1",
    "y2",
    // Ends of them alone, when they are as long as those are.
    "article_id",
    "pritmplid",
    "publish_id",
    "rid",
    "template_id",
];

/// A text at `at`, as the catalogue writes places: `tags[].name`, `data.{}.value`.
fn at(place: &str, text: &str) -> Value {
    place.rsplit('.').fold(Value::from(text), |inner, part| {
        let name = part.trim_end_matches("[]");
        let inner = if part.ends_with("[]") { json!([inner]) } else { inner };
        json!({ if name == "{}" { "thing1" } else { name }: inner })
    })
}

#[test]
fn each_text_of_a_known_call_that_stays_is_a_decision() {
    const NAME: &str = "Lin Cha";
    let mut stays = std::collections::BTreeSet::new();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../wechat/catalogue")).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let family: toml::Value = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        for call in family.get("call").and_then(toml::Value::as_array).into_iter().flatten() {
            let path = call["path"].as_str().unwrap();
            let fields = ["ask", "answer"].into_iter().filter_map(|side| call.get(side)?.as_array()).flatten();
            for field in fields.filter(|_| paths::is_known(path)) {
                let place = field["at"].as_str().unwrap();
                if !matches!(field["type"].as_str().unwrap(), "text" | "json") || place.is_empty() {
                    continue;
                }
                let mask = mask(path);
                let shown = match place.strip_prefix('?') {
                    Some(name) => mask.query(&[(name.to_owned(), NAME.to_owned())]),
                    None => masked(path, &at(place.trim_start_matches('@'), NAME)),
                };
                if shows(&shown.to_string(), NAME) {
                    let key = place.trim_start_matches(['?', '@']).rsplit('.').next().unwrap();
                    stays.insert(key.trim_end_matches("[]").to_lowercase());
                }
            }
        }
    }
    let decided: std::collections::BTreeSet<_> = STAYS.iter().map(|key| (*key).to_owned()).collect();
    let new: Vec<_> = stays.difference(&decided).collect();
    assert!(new.is_empty(), "texts at these keys stay whole; may they? {new:?}");
    let gone: Vec<_> = decided.difference(&stays).collect();
    assert!(gone.is_empty(), "nothing stays at these keys: {gone:?}");
}

#[test]
fn what_people_write_in_calls_leaves_its_length() {
    for (path, body, key) in [
        ("/cgi-bin/message/mass/preview", json!({ "towxname": "lin_cha_88" }), "towxname"),
        ("/cgi-bin/menu/trymatch", json!({ "user_id": "lin_cha_88" }), "user_id"),
        ("/cgi-bin/media/voice/translatecontent", json!({ "from_content": "my parcel" }), "from_content"),
        ("/cgi-bin/media/voice/translatecontent", json!({ "to_content": "my parcel" }), "to_content"),
        ("/cgi-bin/media/voice/queryrecoresultfortext", json!({ "result": "my parcel" }), "result"),
        ("/cgi-bin/message/mass/send", json!({ "recommend": "my parcel" }), "recommend"),
        ("/publisher/stat", json!({ "body": "Lin Cha" }), "body"),
        ("/cgi-bin/user/info", json!({ "qr_scene_str": "Lin Cha" }), "qr_scene_str"),
    ] {
        let shown = masked(path, &body);
        assert!(shown[key].as_str().unwrap().starts_with('‹'), "{path} {shown}");
    }
    // What WeChat tells of another call is in that call's own line, as far as it may be.
    let told = json!({ "request": {
        "invoke_time": 1, "request_url": "https://api.weixin.qq.com/x?access_token=y",
        "request_body": "{\"receiver\":\"Lin Cha\"}", "response_body": "{\"street\":\"Tea Lane 3\"}",
    } });
    let shown = masked("/cgi-bin/openapi/rid/get", &told).to_string();
    assert!(!shown.contains("Lin") && !shown.contains("Lane") && !shown.contains("access_token"), "{shown}");
    // A card is used by its code.
    let card =
        "<xml><MsgType>event</MsgType><Event>user_get_card</Event><UserCardCode>123456789012</UserCardCode></xml>";
    assert!(!push(card).unwrap().contains("123456789012"));
}

#[test]
fn of_an_unknown_call_the_structure_stays() {
    let body = json!({"shop": {"owner": "lin", "n": 7, "mobiles": [13_812_345_678_i64]}, "errcode": 1, "errmsg": "no"});
    let wanted = json!({"shop": {"owner": "‹3 字›", "n": 7, "mobiles": ["‹11 字›"]}, "errcode": 1, "errmsg": "no"});
    assert_eq!(masked("/merchant/order/getbyid", &body), wanted);
}

#[test]
fn lists_keep_their_beginning_and_say_how_long_they_were() {
    let openids: Vec<_> = (0..500).map(|n| format!("oA1b2C3d4E5f6G7h8I9j0KlMn{n:03}")).collect();
    let answer = masked("/cgi-bin/user/get", &json!({"total": 500, "data": {"openid": openids}, "ids": openids}));
    assert_eq!(answer["data"]["openid"], json!(["oA1b…n000", "… 499 more"]));
    assert_eq!(answer["ids"], json!(["oA1b…n000", "… 499 more"]));
    let numbers = masked("/cgi-bin/user/get", &json!({"ids": (0..30).collect::<Vec<_>>()}));
    assert_eq!((numbers["ids"].as_array().unwrap().len(), &numbers["ids"][20]), (21, &json!("… 10 more")));
}

#[test]
fn what_cannot_be_read_is_not_kept() {
    let mask = mask("/cgi-bin/user/info");
    for body in [&b"{\"nickname\": \"a"[..], b"<html>", b"\xff\xd8", b"", b"\"text\"", b"13812345678"] {
        assert_eq!(mask.body(body), None);
    }
    assert_eq!(mask.body(format!("[\"{}\"]", "a".repeat(READABLE)).as_bytes()), None);
}

#[test]
fn a_long_text_loses_its_middle() {
    let text = cut("茶".repeat(5_000));
    assert!(text.len() < LONGEST && text.ends_with("茶") && text.contains("… 7,833 bytes left out …"));
    assert_eq!(cut("茶".repeat(2_000)), "茶".repeat(2_000));
}

#[test]
fn a_push_is_shown_without_its_words() {
    let xml = format!(
        "<xml><ToUserName>gh_1</ToUserName><FromUserName>{OPENID}</FromUserName><CreateTime>1795000000</CreateTime>\
         <MsgType>text</MsgType><Content>{WORDS}</Content><MsgId>23456789012345678</MsgId></xml>"
    );
    let shown: Value = serde_json::from_str(&push(&xml).unwrap()).unwrap();
    assert_eq!((&shown["FromUserName"], &shown["Content"]), (&json!("oA1b…nOpQ"), &json!("‹7 字›")));
    assert_eq!((&shown["MsgId"], &shown["CreateTime"]), (&json!("23456789012345678"), &json!("1795000000")));
    assert_eq!(push("no xml"), None);
}

/// Ways in which a text may stand inside another one.
fn written(text: &str, how: u8) -> String {
    match how % 7 {
        0 => text.to_owned(),
        1 => format!("said {text}, so"),
        2 => url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        3 => json!({ "content": text, "x": [{ "nickname": text }] }).to_string(),
        4 => format!(
            "<xml><Content>{}</Content></xml>",
            text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
        ),
        5 => format!("https://tea.example/cup?a=1&b={}", text.replace(' ', "+")),
        _ => json!(json!({ "remark": text }).to_string()).to_string(),
    }
}

/// Whether `whole` shows `text`, in whatever notation.
fn shows(whole: &str, text: &str) -> bool {
    written_otherwise(text).iter().map(String::as_str).chain([text]).any(|one| whole.contains(one))
}

fn nest(depth: u8, key: &str, text: String) -> Value {
    (0..depth).fold(json!({ key: text }), |inner, at| match at % 3 {
        0 => json!({ "list": [inner, 7] }),
        1 => json!({ "more": inner, "errcode": 0 }),
        _ => json!([inner]),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_planted_is_found(
        depth in 0..9_u8, how in 0..7_u8, key in "[a-z_]{1,12}", known in any::<bool>(),
        name in "[\u{4e00}-\u{9fa5}🍵]{2,9}", ascii in "[A-Z][a-z]{5,9}", cut_at in 0..4_000_usize,
    ) {
        let path = if known { "/cgi-bin/message/custom/send" } else { "/card/user/getcardlist" };
        let mask = mask(path);
        // Told by their shape, wherever they stand.
        let shaped = [SECRET, AES_KEY, TOKEN, PHONE, CARD, EMAIL, OPENID, NICKNAME, WORDS, &name];
        // Told by their keys alone.
        let keyed = ["nickname", "remark", "content", "kf_wx", "phone_number", "title", "code", "unionid"];
        let bodies = (shaped.iter().map(|text| (*text, nest(depth, &key, written(text, how)))))
            .chain(keyed.iter().map(|key| (&*ascii, nest(depth, key, written(&ascii, how)))));
        for (text, body) in bodies {
            let body = body.to_string();
            if let Some(value) = mask.body(body.as_bytes()) {
                let shown = value.to_string();
                prop_assert!(!shows(&shown, text), "{text} in {shown}");
                prop_assert!(serde_json::from_str::<Value>(&shown).is_ok());
                let cut = cut(shown);
                prop_assert!(cut.len() <= LONGEST && !shows(&cut, text));
            } else {
                prop_assert!(false, "{body} is not read");
            }
            let at = body.floor_char_boundary(cut_at.min(body.len() - 1));
            prop_assert_eq!(mask.body(&body.as_bytes()[..at]), None);
        }
    }

    #[test]
    fn an_error_names_nobody(before in "[a-z :]{0,20}", after in "[a-z .]{0,20}") {
        for text in [SECRET, AES_KEY, TOKEN, PHONE, CARD, EMAIL, OPENID] {
            let said = mask("/x").said(&format!("{before}[{text}]{after}"));
            prop_assert!(!shows(&said, text), "{said}");
        }
    }

    #[test]
    fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..300), text in ".{0,80}") {
        let mask = mask("/cgi-bin/user/info");
        mask.body(&body);
        mask.said(&text);
        mask.body(json!({ "a": text, "nickname": [text] }).to_string().as_bytes()).unwrap();
        mask.query(&[(text.clone(), text)]);
    }
}
