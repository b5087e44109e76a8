//! Rich text: what stays, and everything that must not.

use serde_json::json;

use super::world::{World, beside, body, form};
use crate::{
    Field, Kind,
    validate::html::{clean, text},
};

const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<img src=\"https://ok.example/a.png\" onerror=\"alert(1)\">",
    "<img src=javascript:alert(1)>",
    "<img src=\"jav&#x09;ascript:alert(1);\">",
    "<img src=\"data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+\">",
    "<img srcset=\"javascript:alert(1)\">",
    "<svg onload=alert(1)><circle/></svg>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<iframe src=\"javascript:alert(1)\"></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<object data=\"javascript:alert(1)\"></object>",
    "<embed src=\"data:text/html,<script>alert(1)</script>\">",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
    "<a href=\" javascript:alert(1)\">x</a>",
    "<a href=\"java\nscript:alert(1)\">x</a>",
    "<a href=\"&#106;avascript:alert(1)\">x</a>",
    "<a href=\"vbscript:msgbox(1)\">x</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD4=\">x</a>",
    "<a href=\"//evil.example\" onclick=\"alert(1)\">x</a>",
    "<a href=\"\\\\evil.example\">x</a>",
    "<form action=\"/admin/staff\"><input name=a><button formaction=\"javascript:alert(1)\">x</button></form>",
    "<p style=\"background:url(javascript:alert(1))\">x</p>",
    "<style>@import 'javascript:alert(1)';</style>",
    "<link rel=stylesheet href=\"javascript:alert(1)\">",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<base href=\"javascript:alert(1)//\">",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=\"alert(1)\"></video>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
    "<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\"></textarea>",
    "<p title=\"x\" onmouseover=\"alert(1)\">x</p>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<template><script>alert(1)</script></template>",
    "<p class=\"admin-delete\" id=\"csrf\" hx-post=\"/admin/staff/1/delete\" hx-trigger=\"load\">x</p>",
    "<p data-confirm=\"x\" data-module=\"inbox\">x</p>",
];

/// What no cleaned text may have, outside of its escaped texts.
fn is_harmless(html: &str) -> bool {
    let tags: Vec<String> =
        html.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag.to_lowercase()).collect();
    let words = [
        "script",
        " on",
        "style",
        "iframe",
        "object",
        "embed",
        "svg",
        "math",
        "form",
        "input",
        "button",
        "data:",
        "javascript:",
        "vbscript:",
        "srcset",
        "srcdoc",
        "evil.example",
        "meta",
        "base",
        "link ",
        "id=",
        "hx-",
        "data-",
        "video",
        "details",
        "admin-delete",
    ];
    // What a title says is a text, whatever it says.
    let without_titles = |tag: &str| {
        let mut parts = tag.split(" title=\"");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |kept, part| kept + part.split_once('"').map_or("", |(_, rest)| rest))
    };
    tags.iter().all(|tag| words.iter().all(|word| !without_titles(tag).contains(word)))
}

#[test]
fn nothing_hostile_gets_through() {
    for html in HOSTILE {
        let out = clean(html);
        assert!(is_harmless(&out), "{html} became {out}");
        assert_eq!(clean(&out), out, "what is clean stays as it is");
        assert!(
            !is_harmless(html) || html.contains("<!--") || html.contains("<template") || html.contains("\\\\"),
            "{html} is no danger to begin with"
        );
    }
}

#[test]
fn what_a_merchant_writes_stays() {
    for html in [
        "<h2>龙井</h2><p class=\"ql-align-center\">明前 <strong>特级</strong> &amp; <em>限量</em></p>",
        "<p><img src=\"/admin/uploads/aB3_-9\" alt=\"茶园\" width=\"640\" height=\"480\"></p>",
        "<p><img src=\"/uploads/aB3/thumb\"></p>",
        "<p><img src=\"https://mmbiz.qpic.cn/a.png?wx=1\"></p>",
        "<ul><li data-list=\"bullet\">一</li><li class=\"ql-indent-1\">二</li></ul>",
        "<table><tbody><tr><td colspan=\"2\">净含量</td></tr></tbody></table>",
        "<blockquote>好茶</blockquote><pre>1 &lt; 2</pre><hr>",
    ] {
        assert_eq!(clean(html), html);
    }
    assert_eq!(
        clean("<a href=\"https://example.com/a?b=1\" target=\"_blank\">x</a>"),
        "<a href=\"https://example.com/a?b=1\" target=\"_blank\" rel=\"noopener nofollow\">x</a>"
    );
    for link in ["mailto:li@example.com", "tel:+8613800138000", "/goods/7", "#top"] {
        assert!(clean(&format!("<a href=\"{link}\">x</a>")).contains(&format!("href=\"{link}\"")), "{link}");
    }
}

#[test]
fn pictures_come_from_here_or_by_https() {
    for src in [
        "http://example.com/a.png",
        "//example.com/a.png",
        "/admin/staff/1",
        "/uploads/../admin/logout",
        "a.png",
        "blob:x",
    ] {
        let out = clean(&format!("<p>a<img src=\"{src}\"></p>"));
        assert!(!out.contains("src="), "{src} became {out}");
    }
}

#[test]
fn marks_around_nothing_are_nothing() {
    for html in ["<p><br></p>", "<p> &nbsp; </p>", "<script>alert(1)</script>", "<img src=x>", "<!-- a -->"] {
        assert_eq!(clean(html), "", "{html}");
    }
    assert_ne!(clean("<p><img src=\"/uploads/k\"></p>"), "");
}

#[test]
fn the_text_of_rich_text() {
    assert_eq!(text("<h2>龙井</h2><p>明前<br>特级 &amp; &lt;好&gt;</p>"), "龙井 明前 特级 & <好>");
    assert_eq!(text("a < b"), "a");
}

#[tokio::test]
async fn rich_text_is_clean_when_it_is_stored() {
    let world = World::of(Field::new("title", Kind::RichText).required(), beside(Kind::String)).await;
    let dirty = "<p onclick=\"x()\">茶<script>alert(1)</script></p>";
    for input in [form(&[("title", dirty)]), body(json!({"title": dirty}))] {
        assert_eq!(world.check(input, None).await.unwrap()["title"], "<p>茶</p>");
    }
    assert_eq!(world.problems(form(&[("title", "<p><br></p>")]), None).await, ["title rules.required"]);
    let endless = format!("<p>{}</p>", "a".repeat(300_000));
    assert_eq!(world.problems(form(&[("title", &endless)]), None).await, ["title rules.max.text"]);
}
