//! The account's menu, and menus for those who match a rule.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::check::Check;
use super::error::{ApiError, Condition, Result};
use super::loose::number;
use super::{Client, Method};

mod button;
mod current;
mod faults;
mod rule;

pub use button::{Action, Button, Menu};
pub use current::{CurrentAction, CurrentButton, CurrentMenu, MenuArticle};
pub use faults::{MenuFault, MenuFaultKind};
pub use rule::{MenuRule, Platform};

const CREATE: &str = "/cgi-bin/menu/create";
const ADD: &str = "/cgi-bin/menu/addconditional";
const TRY: &str = "/cgi-bin/menu/trymatch";

/// All menus of an account (`/cgi-bin/menu/get`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct MenuSet {
    /// The menu of everyone.
    pub menu: Menu,
    /// The menus of those who match a rule.
    #[serde(default, rename = "conditionalmenu")]
    pub conditional: Vec<ConditionalMenu>,
}

/// A menu for those who match a rule.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ConditionalMenu {
    /// The buttons at the top.
    #[serde(rename = "button")]
    pub buttons: Vec<Button>,
    /// Who sees it.
    #[serde(default, rename = "matchrule")]
    pub rule: MenuRule,
    /// Its number, for [`MenuTools::delete_conditional`].
    #[serde(default, deserialize_with = "number")]
    pub menuid: i64,
}

/// Calls about the menu; see [`Client::menu`].
#[derive(Debug, Clone, Copy)]
pub struct MenuTools<'a> {
    pub(crate) client: &'a Client,
}

impl MenuTools<'_> {
    /// Puts `menu` in the place of the present one. A client looks for a new one when the account is opened and its last
    /// look is 5 minutes old.
    ///
    /// `POST /cgi-bin/menu/create`, [document](https://developers.weixin.qq.com/doc/service/api/custommenu/api_createcustommenu.html);
    /// for verified accounts.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::{Button, Menu};
    ///
    /// let more = Button::open("更多", [Button::view("商城", "https://shop.example/"), Button::click("客服", "HELP")]);
    /// wechat.menu().create(&Menu::new([Button::click("今日", "TODAY"), more])).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A caller's mistake that names the button when [`Menu::check`] refuses it, without a call.
    pub async fn create(self, menu: &Menu) -> Result<()> {
        menu.check().map_err(|text| ApiError::mistake(CREATE, text))?;
        self.client.call(Method::POST, CREATE).json(menu).idempotent(true).done().await
    }

    /// The menus made by the API; `None` when there is none. See [`MenuTools::current`] for one of the admin platform.
    ///
    /// `GET /cgi-bin/menu/get`, [document](https://developers.weixin.qq.com/doc/service/api/custommenu/api_getmenu.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// if let Some(menus) = wechat.menu().get().await? {
    ///     println!("{} buttons, {} conditional menus", menus.menu.buttons.len(), menus.conditional.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any call.
    pub async fn get(self) -> Result<Option<MenuSet>> {
        unless_none(self.client.call(Method::GET, "/cgi-bin/menu/get").send().await)
    }

    /// Removes all menus, the conditional ones too. That there is none is no error.
    ///
    /// `GET /cgi-bin/menu/delete`, [document](https://developers.weixin.qq.com/doc/service/api/custommenu/api_deletemenu.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// wechat.menu().delete().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any call.
    pub async fn delete(self) -> Result<()> {
        unless_none(self.client.call(Method::GET, "/cgi-bin/menu/delete").done().await).map(|_| ())
    }

    /// The menu in force, made by the API or on the admin platform.
    ///
    /// `GET /cgi-bin/get_current_selfmenu_info`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/custommenu/api_getcurrentselfmenuinfo.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// for button in wechat.menu().current().await?.buttons {
    ///     println!("{}: {:?}", button.name, button.action);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any call.
    pub async fn current(self) -> Result<CurrentMenu> {
        self.client.call(Method::GET, "/cgi-bin/get_current_selfmenu_info").send().await
    }

    /// Adds a menu for those who match `rule`, and tells its number. Of several that match, the one added last is
    /// shown; none can be changed: remove it and add another. There must be a menu for everyone first.
    ///
    /// `POST /cgi-bin/menu/addconditional`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/custommenu/api_addconditionalmenu.html); 2,000 calls a
    /// day, URLs of 3 hosts in all conditional menus together.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::{Button, Menu, MenuRule};
    ///
    /// let menu = Menu::new([Button::click("会员价", "VIP")]);
    /// let id = wechat.menu().add_conditional(&menu, &MenuRule::tag(101)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A caller's mistake when [`Menu::check`] refuses the menu or the rule is empty, without a call; 65303 when there is
    /// no menu for everyone.
    pub async fn add_conditional(self, menu: &Menu, rule: &MenuRule) -> Result<i64> {
        #[derive(Serialize)]
        struct Ask<'a> {
            #[serde(flatten)]
            menu: &'a Menu,
            matchrule: &'a MenuRule,
        }
        #[derive(Deserialize)]
        struct Answer {
            #[serde(deserialize_with = "number")]
            menuid: i64,
        }
        menu.check().map_err(|text| ApiError::mistake(ADD, text))?;
        if rule.is_empty() {
            let text =
                "`matchrule` is empty; it needs a tag or a platform: rules about sex, place or language are refused";
            return Err(ApiError::mistake(ADD, text));
        }
        let answer: Answer = self.client.call(Method::POST, ADD).json(&Ask { menu, matchrule: rule }).send().await?;
        Ok(answer.menuid)
    }

    /// Removes the conditional menu of this number.
    ///
    /// `POST /cgi-bin/menu/delconditional`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/custommenu/api_deleteconditionalmenu.html); 2,000 calls a
    /// day.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// wechat.menu().delete_conditional(208379533).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// 65301 when there is none of this number.
    pub async fn delete_conditional(self, menuid: i64) -> Result<()> {
        let body = json!({ "menuid": menuid.to_string() });
        self.client.call(Method::POST, "/cgi-bin/menu/delconditional").json(&body).idempotent(true).done().await
    }

    /// The menu that a user sees; `None` when there is none. `user` is an openid or a WeChat id.
    ///
    /// `POST /cgi-bin/menu/trymatch`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/custommenu/api_trymatchmenu.html); 20,000 calls a day.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let menu = wechat.menu().try_match("oABC").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// 65302 for somebody who is not known.
    pub async fn try_match(self, user: &str) -> Result<Option<Menu>> {
        Check::of(TRY).text("user_id", user)?;
        let call = self.client.call(Method::POST, TRY).json(&json!({ "user_id": user })).idempotent(true);
        unless_none(call.send().await)
    }
}

/// `None` when the account has no menu.
fn unless_none<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is(Condition::NoMenu) => Ok(None),
        Err(error) => Err(error),
    }
}
