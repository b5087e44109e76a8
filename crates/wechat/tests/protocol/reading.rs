//! How XML and JSON become fields, and back.

use puzi_wechat::message::{Fields, ReadError, Value};

fn xml(text: &str) -> Fields {
    Fields::from_xml(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn xml_error(text: &str) -> ReadError {
    Fields::from_xml(text.as_bytes()).unwrap_err()
}

fn json_error(text: &str) -> ReadError {
    Fields::from_json(text.as_bytes()).unwrap_err()
}

#[test]
fn layout_around_cdata_is_not_text_and_space_alone_is() {
    for (inner, expected) in [
        ("a", "a"),
        (" a ", " a "),
        ("<![CDATA[a]]>", "a"),
        ("\n  <![CDATA[ a ]]>\n", " a "),
        ("<![CDATA[a]]><![CDATA[b]]>", "ab"),
        ("x<![CDATA[a]]>y", "xay"),
        (" ", " "),
        ("<![CDATA[ ]]>", " "),
        ("", ""),
        ("a<!-- no -->b", "ab"),
        ("&lt;&amp;&gt;&quot;&apos;&#20320;&#x597d;&#10;", "<&>\"'你好\n"),
        ("<![CDATA[&lt;]]>", "&lt;"),
    ] {
        assert_eq!(xml(&format!("<xml><A>{inner}</A></xml>")).text("A"), Some(expected), "{inner:?}");
    }
    assert_eq!(xml("<xml><A/></xml>").text("A"), Some(""));
}

#[test]
fn declarations_comments_and_a_byte_order_mark_are_skipped() {
    let fields = xml("\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a -->\n<xml><A>1</A></xml>\n<!-- b -->");
    assert_eq!(fields.text("A"), Some("1"));
    assert_eq!(xml("<xml></xml>"), Fields::default());
    assert!(xml("<xml/>").is_empty());
}

#[test]
fn text_beside_elements_and_attributes_are_kept() {
    let fields = xml(r#"<xml><A kind="x &amp; y">before<B>1</B> after</A></xml>"#);
    let inside = fields.tree("A").unwrap();
    let found: Vec<_> = inside.iter().map(|field| (field.name.as_str(), field.value.text().unwrap())).collect();
    assert_eq!(found, [("@kind", "x & y"), ("", "before"), ("B", "1"), ("", " after")]);
    assert_eq!(fields.text("A"), Some("before"));
    assert_eq!(
        fields.to_xml(),
        "<xml><A kind=\"x &amp; y\"><![CDATA[before]]><B><![CDATA[1]]></B><![CDATA[ after]]></A></xml>"
    );
    assert_eq!(xml(&fields.to_xml()), fields);
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for text in [
        "",
        " ",
        "text",
        "<xml>",
        "<xml><A></xml>",
        "<xml><A></B></xml>",
        "<xml></xml></xml>",
        "<xml></xml><xml></xml>",
        "<xml></xml>text",
        "<xml>text</xml>",
        "<xml><A>1",
        "<xml><A><![CDATA[1</A></xml>",
        "<xml><A><![CDATA[1]]></A>",
        "<xml><A b></A></xml>",
        "<xml><A b=1></A></xml>",
        "<xml><A b='1' b='2'/></xml>",
        "<xml><A b='&'/></xml>",
        "<xml><1A/></xml>",
        "<xml><A\"/></xml>",
        "<xml><>1</></xml>",
        "<xml><A>a & b</A></xml>",
        "<xml><A>\0</A></xml>",
        "<![CDATA[x]]><xml><A/></xml>",
        "&amp;<xml><A/></xml>",
        "<!-- <xml><A/></xml>",
    ] {
        assert!(matches!(xml_error(text), ReadError::Syntax(_)), "{text:?} gives {:?}", xml_error(text));
    }
    assert_eq!(Fields::from_xml(b"<xml><A>\xff</A></xml>").unwrap_err(), ReadError::NotUtf8);
    assert_eq!(Fields::from_json(b"{\"A\":\"\xff\"}").unwrap_err(), ReadError::NotUtf8);
}

#[test]
fn json_that_is_not_an_object_or_not_whole_is_refused() {
    for text in [
        "",
        "[]",
        "1",
        "\"x\"",
        "{",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1} x",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":\"\\u0000\"}",
        "{\"\\u0000\":1}",
        "{\"a\":\"\\ud800\"}",
    ] {
        assert!(matches!(json_error(text), ReadError::Syntax(_)), "{text:?}");
    }
}

#[test]
fn json_keeps_order_numbers_lists_and_repeated_names() {
    let text = r#"{"z":1.10,"a":18446744073709551616,"list":[1,[],{}],"n":null,"t":true,"x":"\"\\"}"#;
    let fields = Fields::from_json(text.as_bytes()).unwrap();
    assert_eq!(fields.to_json(), text);
    assert_eq!(fields.len(), 6);
    assert_eq!((fields.text("z"), fields.text("n"), fields.text("t")), (Some("1.10"), None, Some("true")));
    assert_eq!(fields.all("list").count(), 3);
    assert_eq!(fields.get("list"), Some(&Value::Literal("1".into())));
    let repeated = Fields::from_json(br#"{"a":1,"b":2,"a":[3,4]}"#).unwrap();
    assert_eq!(repeated.to_json(), r#"{"a":[1,3,4],"b":2}"#);
}

#[test]
fn a_repeated_element_becomes_a_json_list() {
    let fields = xml("<xml><L><i>1</i><i>2</i></L><E></E></xml>");
    assert_eq!(fields.to_json(), r#"{"L":{"i":["1","2"]},"E":""}"#);
    let back = Fields::from_json(fields.to_json().as_bytes()).unwrap();
    assert_eq!(back.to_xml(), fields.to_xml());
}
