//! The pages' texts, in both languages; a text that is missing in one of them does not compile.

use super::request::Refusal;

pub(super) struct Words {
    pub(super) lang: &'static str,
    pub(super) simulated: &'static str,
    pub(super) choose_title: &'static str,
    pub(super) choose_note: &'static str,
    pub(super) newcomer: &'static str,
    pub(super) newcomer_note: &'static str,
    pub(super) follows: &'static str,
    pub(super) does_not_follow: &'static str,
    pub(super) asks: &'static str,
    pub(super) log_in_as: &'static str,
    pub(super) allow: &'static str,
    pub(super) deny: &'static str,
    pub(super) change: &'static str,
    pub(super) snapshot: &'static str,
    pub(super) refused: &'static str,
    pub(super) refused_help: &'static str,
    pub(super) number: &'static str,
    pub(super) missing: &'static str,
    pub(super) order: &'static str,
    pub(super) appid: &'static str,
    pub(super) response_type: &'static str,
    pub(super) scope: &'static str,
    pub(super) domain: &'static str,
    pub(super) state: &'static str,
    pub(super) no_phone: &'static str,
}

const CHINESE: Words = Words {
    lang: "zh-CN",
    simulated: "模拟微信",
    choose_title: "用哪部手机打开？",
    choose_note: "这个浏览器会记住你的选择。",
    newcomer: "新访客",
    newcomer_note: "还没有关注公众号的人",
    follows: "已关注",
    does_not_follow: "未关注",
    asks: "申请获取你的昵称、头像",
    log_in_as: "以这个身份登录",
    allow: "允许",
    deny: "拒绝",
    change: "换一部手机",
    snapshot: "以网页快照页打开",
    refused: "无法打开授权页",
    refused_help: "请检查公众号发来的授权链接，改好后重新打开。",
    number: "错误码",
    missing: "缺少参数：",
    order: "参数顺序不对，应为 appid、redirect_uri、response_type、scope、state。",
    appid: "没有这个 appid 的公众号。",
    response_type: "response_type 应为 code。",
    scope: "这里不支持这个 scope。",
    domain: "redirect_uri 的域名与后台配置的网页授权域名不一致。",
    state: "state 最长 128 字节。",
    no_phone: "没有这个 openid 的手机。",
};

const ENGLISH: Words = Words {
    lang: "en",
    simulated: "Simulated WeChat",
    choose_title: "Whose phone opens this?",
    choose_note: "This browser remembers your choice.",
    newcomer: "A new visitor",
    newcomer_note: "Someone who does not follow the account yet",
    follows: "Following",
    does_not_follow: "Not following",
    asks: "Wants your nickname and picture",
    log_in_as: "You log in as this user",
    allow: "Allow",
    deny: "Refuse",
    change: "Use another phone",
    snapshot: "Open as a snapshot page",
    refused: "This login page cannot be opened",
    refused_help: "Check the link that the account sent you here with, then open it again.",
    number: "Error code",
    missing: "A parameter is missing: ",
    order: "The parameters must come in this order: appid, redirect_uri, response_type, scope, state.",
    appid: "There is no account with this appid.",
    response_type: "response_type must be code.",
    scope: "This scope is not known here.",
    domain: "The host of redirect_uri is not the account’s web authorisation domain.",
    state: "state has 128 bytes at most.",
    no_phone: "There is no phone with this openid.",
};

/// The texts for `en…`, else the Chinese ones.
pub(super) fn words(language: &str) -> &'static Words {
    let english = language.get(..2).is_some_and(|tag| tag.eq_ignore_ascii_case("en"));
    if english { &ENGLISH } else { &CHINESE }
}

impl Words {
    /// Why the page is not shown.
    pub(super) fn reason(&self, refusal: &Refusal) -> String {
        let text = match refusal {
            Refusal::Missing(name, _) => return format!("{}{name}", self.missing),
            Refusal::Order => self.order,
            Refusal::Appid => self.appid,
            Refusal::ResponseType => self.response_type,
            Refusal::Scope => self.scope,
            Refusal::Domain => self.domain,
            Refusal::State => self.state,
            Refusal::NoPhone => self.no_phone,
        };
        text.to_owned()
    }
}
