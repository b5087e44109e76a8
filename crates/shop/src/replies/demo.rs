//! Rules to try: those of a small tea shop, as `demo` fills them in.

use super::{
    active::{Active, Span},
    rule::{Answer, Article, Draft, Matching, MessageKind, Trigger},
};

/// The rules of 铺子茶铺. Between them they use every trigger, and every answer that needs neither an uploaded file nor
/// another server. `site` is the public address of this server (`https://shop.example`), under which articles lead on.
pub fn demo_rules(site: &str) -> Vec<Draft> {
    let site = site.trim_end_matches('/');
    [follows(), greetings(), questions(), menu(site), scans(site), kinds(), vec![default()]].concat()
}

fn follows() -> Vec<Draft> {
    vec![
        Draft::new(
            "关注欢迎",
            Trigger::Follow { scene: None },
            Answer::text(
                "{nickname|茶友}，{greeting}！欢迎来到{account} 🍵\n\n\
                 我们只做应季的好茶：武夷岩茶、安溪铁观音、西湖龙井，现焙现发。\n\n\
                 您可以这样和我聊：\n\
                 · 回复「新品」看看这周上了什么\n\
                 · 回复「优惠」领新客立减\n\
                 · 回复「营业时间」查门店地址\n\
                 · 回复「人工」找掌柜聊聊\n\n\
                 也可以点下面的菜单逛逛～",
            ),
        ),
        Draft::new(
            "门店扫码关注",
            Trigger::Follow { scene: Some("store-*".into()) },
            Answer::text(
                "{nickname|茶友}，欢迎光临门店！☕\n\n\
                 出示这条消息，今天可以免费试饮一泡「桂花乌龙」。\n现在是 {time}，我们 21:00 打烊，慢慢喝，不着急。",
            ),
        ),
        Draft::new(
            "茶友推荐关注",
            Trigger::Follow { scene: Some("friend-*".into()) },
            Answer::text(
                "{nickname|茶友}，是朋友推荐您来的吧？🤝\n\n新客首单满 99 减 20，推荐您的朋友也会收到一份小样。回复「优惠」就能领。",
            ),
        ),
    ]
}

fn greetings() -> Vec<Draft> {
    let texts = |texts: &[&str]| texts.iter().map(|text| Answer::text(*text)).collect();
    vec![
        Draft::new(
            "打招呼",
            keyword(Matching::Exact, &["你好", "您好", "hi", "hello", "在吗", "在么", "哈喽", "嗨"]),
            Answer::text(
                "{greeting}，{nickname|茶友}！我是{account}的小铺 🍃\n想喝点什么？回复「新品」「优惠」「营业时间」，或者直接告诉我您的口味～",
            ),
        ),
        Draft::new(
            "道谢",
            keyword(Matching::Contains, &["谢谢", "多谢", "感谢", "thank"]),
            Answer::OneOf {
                answers: texts(&["不客气～喝得开心就好 🍵", "应该的！有问题随时找我。", "您客气啦，欢迎常来坐坐。"]),
            },
        ),
        Draft::new(
            "今日一签",
            keyword(Matching::Exact, &["抽签", "今日一签", "喝什么"]),
            Answer::OneOf {
                answers: texts(&[
                    "🍃 上签 · 明前龙井\n清而不寡，宜晨间静坐。今天适合做一件拖了很久的小事。",
                    "🌰 中上签 · 炭焙铁观音\n焙火的香，越泡越稳。今天适合和老朋友说说话。",
                    "🍊 上上签 · 陈皮白茶\n温润回甘，宜午后。今天适合早点下班。",
                    "🌸 中签 · 桂花乌龙\n花香打底，心情先好一半。今天适合出门走走。",
                ]),
            },
        ),
        Draft::new(
            "晒图活动",
            keyword(Matching::Contains, &["晒图"]),
            Answer::text(
                "拍下您的一杯茶，配一句话，直接发到这里就算参加 📷\n每月挑三张挂在店里的照片墙上，各送一罐当季新茶。",
            ),
        ),
        Draft::new(
            "深夜陪伴",
            keyword(Matching::Contains, &["睡不着", "失眠"]),
            Answer::text("这个点就别喝茶啦 🌙\n来一杯温热的洋甘菊，把手机放远一点。晚安，{nickname|茶友}。"),
        )
        .priority(10)
        .active(Active::daily(Span::new((22, 0), (6, 0)))),
    ]
}

fn questions() -> Vec<Draft> {
    let hours = Span::new((9, 0), (21, 0));
    vec![
        Draft::new(
            "营业时间",
            keyword(Matching::Contains, &["营业时间", "几点开门", "几点关门", "地址", "门店", "在哪里"]),
            Answer::text(STORE),
        ),
        Draft::new(
            "优惠",
            keyword(Matching::Contains, &["优惠", "折扣", "满减", "便宜", "券"]),
            Answer::text(
                "{date} 在享的优惠：\n\n① 新客首单满 99 减 20\n② 任选两盒九折，三盒八五折\n③ 满 199 全国包邮\n\n下单时自动计算，不用领券码 ✨",
            ),
        ),
        Draft::new(
            "查快递",
            keyword(Matching::Regex, &["(快递|物流|发货|到哪).{0,6}(了|吗|呢|\\?|？)?$", "^(SF|YT|ZTO)\\d{10,15}$"]),
            Answer::text(
                "每天 16:00 前下单当天发出，江浙沪次日达，其他地区 2–4 天 📦\n把订单号发给我，或回复「人工」，掌柜帮您查。",
            ),
        ),
        Draft::new(
            "发票",
            keyword(Matching::Contains, &["发票", "开票", "抬头"]),
            Answer::text("可以开电子发票 🧾\n请把「抬头 + 税号 + 订单号」一起发来，1 个工作日内发到您的邮箱。"),
        ),
        Draft::new(
            "转人工",
            keyword(Matching::Contains, &["人工", "客服", "掌柜", "投诉"]),
            Answer::HandOver { kf_account: None },
        )
        .priority(20)
        .active(Active::daily(hours)),
        Draft::new(
            "转人工（打烊后）",
            keyword(Matching::Contains, &["人工", "客服", "掌柜", "投诉"]),
            Answer::text("掌柜已经打烊休息啦 🌙 客服时间是每天 9:00–21:00。\n您先留言，明早第一时间回复您。"),
        )
        .priority(10),
    ]
}

const STORE: &str = "🏠 {account} · 湖滨店\n\
    杭州市上城区湖滨路 18 号（步行街南口进来第三家）\n\n\
    🕘 每天 09:00–21:00，节假日不休\n📞 0571-0000-0018\n\n现在是 {time}，要过来的话发个「位置」给我，帮您看看怎么走。";

fn menu(site: &str) -> Vec<Draft> {
    let article = |title: &str, description: &str, path: &str| Article {
        title: title.into(),
        description: description.into(),
        pic_url: String::new(),
        url: format!("{site}{path}"),
    };
    let arrivals = Answer::News {
        articles: vec![
            article(
                "本周新品｜桂花乌龙，一年只有这三周",
                "满陇桂雨的鲜桂，与安溪乌龙窨制六遍。首发价 68 元 / 50g。",
                "/?from=osmanthus",
            ),
            article("老白茶第五年，枣香出来了", "2021 年福鼎白牡丹，每饼 200g。", "/?from=white-tea"),
            article("送礼不出错：四季礼盒", "春龙井、夏茉莉、秋桂花、冬岩茶。", "/?from=gift-box"),
        ],
    };
    vec![
        Draft::new("菜单 · 本周新品", Trigger::Menu { key: "NEW_ARRIVALS".into() }, arrivals.clone()),
        Draft::new("新品", keyword(Matching::Contains, &["新品", "上新", "推荐", "有什么茶"]), arrivals),
        Draft::new("菜单 · 门店与时间", Trigger::Menu { key: "STORE_HOURS".into() }, Answer::text(STORE)),
        Draft::new(
            "菜单 · 联系我们",
            Trigger::Menu { key: "CONTACT_US".into() },
            Answer::text("回复「人工」由掌柜接待（每天 9:00–21:00）。\n团购、定制礼盒请致电 0571-0000-0018 📞"),
        ),
    ]
}

fn scans(site: &str) -> Vec<Draft> {
    vec![
        Draft::new(
            "茶罐溯源码",
            Trigger::Scan { scene: "trace-*".into() },
            Answer::News {
                articles: vec![Article {
                    title: "这罐茶从哪里来".into(),
                    description: "产地、采摘日、焙火师傅，都记在这里。{date} 查验，正品无误 ✅".into(),
                    pic_url: String::new(),
                    url: format!("{site}/?from=trace"),
                }],
            },
        ),
        Draft::new(
            "门店桌码",
            Trigger::Scan { scene: "store-*".into() },
            Answer::text("{nickname|茶友}，又见面啦！🍵\n今天的店内茶点：龙井酥、桂花糕，买一泡茶送一块。"),
        ),
    ]
}

fn kinds() -> Vec<Draft> {
    let kind = |name: &str, kind, text: &str| Draft::new(name, Trigger::Kind { kind }, Answer::text(text));
    vec![
        kind(
            "收到图片",
            MessageKind::Image,
            "拍得真好看 📷 掌柜收下了！\n如果是茶叶或包装有问题，回复「人工」，我们马上处理。",
        ),
        kind("收到语音", MessageKind::Voice, "听到啦 👂 不过小铺打字更利索一些，\n您也可以回复「人工」，让掌柜来听。"),
        kind(
            "收到视频",
            MessageKind::Video,
            "视频收到 🎬 泡茶的手法很讲究！\n想参加「茶友晒图」活动，回复「晒图」了解。",
        ),
        kind("收到小视频", MessageKind::ShortVideo, "小视频收到 🎬 这一泡的汤色真漂亮。"),
        kind(
            "收到位置",
            MessageKind::Location,
            "收到您的位置 📍\n湖滨店在湖滨路 18 号，地铁 1 号线龙翔桥站 C 口出来走 5 分钟就到。",
        ),
        kind("收到链接", MessageKind::Link, "链接收下了，有空泡杯茶慢慢看 🔖"),
        Draft::new("小程序卡片不回复", Trigger::Kind { kind: MessageKind::MiniProgramPage }, Answer::Nothing),
    ]
}

fn default() -> Draft {
    Draft::new(
        "默认回复",
        Trigger::Default,
        Answer::text(
            "小铺没太明白您的意思 😅\n\n试试回复：\n· 新品　· 优惠\n· 营业时间　· 喝什么\n· 人工（9:00–21:00 掌柜在线）",
        ),
    )
}

fn keyword(matching: Matching, words: &[&str]) -> Trigger {
    Trigger::Keyword { matching, words: words.iter().map(|word| (*word).to_owned()).collect() }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::replies::{Guard, Plan, Rule, RuleBook, Setting, Stimulus, check};

    fn book() -> RuleBook {
        let rules: Vec<Rule> =
            (1..).zip(demo_rules("http://127.0.0.1:8080/")).map(|(id, d)| d.into_rule(id, 1)).collect();
        RuleBook::compile(rules, Setting::new("Asia/Shanghai", "铺子茶铺").unwrap())
    }

    /// 2026-11-22 at this hour in Shanghai.
    fn at(hour: i64) -> i64 {
        (1_795_305_600 + (hour - 8) * 3_600) * 1_000
    }

    #[test]
    fn every_rule_may_be_saved_and_every_trigger_is_there() {
        let rules = demo_rules("http://127.0.0.1:8080");
        let problems: Vec<_> = rules.iter().map(|draft| check(draft, &Guard::default())).collect();
        assert!(problems.iter().all(Vec::is_empty), "{problems:?}");
        let words: HashSet<_> = rules.iter().map(|draft| draft.trigger.word()).collect();
        assert_eq!(words.len(), 6);
        let answers: HashSet<_> = rules.iter().map(|draft| draft.answer.word()).collect();
        assert_eq!(answers, ["text", "news", "one_of", "hand_over", "nothing"].into());
        let names: HashSet<_> = rules.iter().map(|draft| &draft.name).collect();
        assert_eq!(names.len(), rules.len());
    }

    #[test]
    fn a_visitor_is_understood() {
        let book = book();
        for (stimulus, hour, rule) in [
            (Stimulus::follow(None), 10, "关注欢迎"),
            (Stimulus::follow(Some("store-3")), 10, "门店扫码关注"),
            (Stimulus::text("您好"), 10, "打招呼"),
            (Stimulus::text("请问今天营业时间是？"), 10, "营业时间"),
            (Stimulus::text("有优惠吗"), 10, "优惠"),
            (Stimulus::text("我的快递到哪了？"), 10, "查快递"),
            (Stimulus::text("转人工"), 10, "转人工"),
            (Stimulus::text("转人工"), 23, "转人工（打烊后）"),
            (Stimulus::text("睡不着"), 23, "深夜陪伴"),
            (Stimulus::text("睡不着"), 10, "默认回复"),
            (Stimulus::text("谢谢你"), 10, "道谢"),
            (Stimulus::tap("NEW_ARRIVALS"), 10, "菜单 · 本周新品"),
            (Stimulus::tap("STORE_HOURS"), 10, "菜单 · 门店与时间"),
            (Stimulus::tap("CONTACT_US"), 10, "菜单 · 联系我们"),
            (Stimulus::scan("trace-0001"), 10, "茶罐溯源码"),
            (Stimulus::kind("image"), 10, "收到图片"),
            (Stimulus::kind("location"), 10, "收到位置"),
            (Stimulus::kind("hologram"), 10, "默认回复"),
        ] {
            let chosen = book.choose(&stimulus, at(hour)).rule().map(|rule| rule.name.as_str());
            assert_eq!(chosen, Some(rule), "{stimulus:?}");
        }
    }

    #[test]
    fn the_welcome_names_the_visitor() {
        let book = book();
        let Plan::NeedsFollower(filling) = book.choose(&Stimulus::follow(None), at(10)).plan(b"seed") else {
            panic!("the welcome has {{nickname}}")
        };
        let puzi_wechat::reply::Reply::Text { content, .. } = filling.fill(Some("阿青")) else {
            panic!("it is a text")
        };
        assert!(content.starts_with("阿青，上午好！欢迎来到铺子茶铺"), "{content}");
    }
}
