//! The staff: who may sign in, written by the use cases of `puzi_shop::staff`.

use futures_util::future::BoxFuture;
use puzi_resource::{
    Action, Actor, Choice, Done, Options, Record, Resource, Result, Run, Verb, Writer, datetime, multi_select,
    password, select, string,
};
use puzi_shop::{
    accounts::{Reach, listed::names_of},
    audit,
    staff::{Member, MemberEdit, NewMember, PASSWORD_MIN_CHARS, Staff, entity},
    texts::Locale,
};
use puzi_wechat::Secret;
use serde_json::Value;

use super::resource::{Face, from_shop, shop_actor, state};

const STATUS: Options = Options::Fixed(&["active", "disabled"]);
const REACH: Options = Options::Fixed(&["all", "some"]);
const LOCALES: Options = Options::Fixed(&["zh-CN", "en"]);

/// The resource `staff`.
pub(super) fn face(staff: &Staff) -> Face {
    let resource = Resource::of::<entity::staff::Entity>("staff")
        .in_group("system", "users")
        .title("name")
        .ordered_by("name", false)
        .field(string("name").required().max(50).searchable().sortable().in_list())
        .field(string("login").required().max(100).unique().searchable().sortable().in_list())
        .field(select("role", roles(staff)).required().filter().in_list())
        .field(select("reach", REACH).required().default("all").filter().in_list())
        .field(multi_select("accounts", accounts()).in_list())
        .field(password("password").required().min(PASSWORD_MIN_CHARS as i64).only_on_create())
        .field(select("locale", LOCALES).required().default("zh-CN"))
        .field(select("status", STATUS).readonly().filter().in_list())
        .field(datetime("totp_confirmed_at").readonly())
        .field(datetime("last_login_at").readonly().sortable().in_list())
        .field(datetime("created_at").readonly())
        .without(&[Verb::Import])
        // An account that the reader does not see is not there, not even as a number.
        .veiled(|by, member| {
            let accounts = member.get("accounts").as_array().cloned().unwrap_or_default();
            let seen = |id: &Value| id.as_str().and_then(|id| id.parse().ok()).is_some_and(|id| by.sees(id));
            if !accounts.iter().all(seen) {
                member.set("accounts", accounts.into_iter().filter(seen).collect::<Vec<_>>());
            }
        })
        .action(each("enable", staff, |staff, by, id| Box::pin(async move { gone(staff.enable(by, id).await) })).bulk())
        .action(
            each("disable", staff, |staff, by, id| Box::pin(async move { gone(staff.disable(by, id).await) }))
                .bulk()
                .confirm(),
        )
        .action(each("unlock", staff, |staff, by, id| Box::pin(async move { gone(staff.unlock(by, id).await) })))
        .action(
            each("end_sessions", staff, |staff, by, id| {
                Box::pin(async move { staff.end_sessions(by, id).await.map_err(from_shop) })
            })
            .bulk()
            .confirm(),
        )
        .action(
            each("totp_off", staff, |staff, by, id| Box::pin(async move { gone(staff.totp_off(by, id).await) }))
                .danger(),
        )
        .written_by(Writing(staff.clone()));
    Face::of(resource).cell("totp_confirmed_at", |record, reader| {
        let on = !record.get("totp_confirmed_at").is_null();
        state(if on { "yes" } else { "off" }, &reader.t(if on { "rules.yes" } else { "rules.no" }))
    })
}

/// The roles there are: the ready-made ones have their names in the catalogue, the shop's own bring theirs.
fn roles(staff: &Staff) -> Options {
    let staff = staff.clone();
    Options::Asked(std::sync::Arc::new(move |_, _| {
        let staff = staff.clone();
        Box::pin(async move {
            let roles = staff.roles().await.map_err(from_shop)?;
            let choice = |role: puzi_shop::staff::Role| Choice {
                label: role.id.is_some().then_some(role.name),
                value: role.key,
            };
            Ok(roles.into_iter().map(choice).collect())
        })
    }))
}

/// The accounts that whoever asks sees: nobody shows others more.
fn accounts() -> Options {
    Options::Asked(std::sync::Arc::new(|store, by| {
        Box::pin(async move {
            let names = names_of(store.reader()).await.map_err(from_shop)?;
            let seen = names.into_iter().filter(|(id, _)| by.sees(*id));
            Ok(seen.map(|(id, name)| Choice { value: id.to_string(), label: Some(name) }).collect())
        })
    }))
}

type UseCase = for<'a> fn(&'a Staff, &'a audit::Actor, i64) -> BoxFuture<'a, Result<()>>;

/// An action that is a use case on one member after the other.
fn each(name: &'static str, staff: &Staff, run: UseCase) -> Action {
    let staff = staff.clone();
    Action::new(name, move |given: Run<'_>| {
        let staff = staff.clone();
        Box::pin(async move {
            let by = shop_actor(given.actor);
            let mut done = Done::default();
            for id in given.ids {
                run(&staff, &by, id).await?;
                done.changed += 1;
            }
            Ok(done)
        })
    })
}

/// The use cases as the resource calls them.
struct Writing(Staff);

impl Writer for Writing {
    fn create<'a>(&'a self, actor: &'a Actor, values: &'a Record) -> BoxFuture<'a, Result<i64>> {
        Box::pin(async move {
            let new = NewMember {
                login: values.text("login").to_owned(),
                name: values.text("name").to_owned(),
                role: values.text("role").to_owned(),
                locale: locale(values),
                password: Secret::new(values.text("password").to_owned()),
            };
            let reach = reach(values, Reach::All);
            let member = self.0.create_within(&shop_actor(actor), new, reach).await.map_err(from_shop)?;
            Ok(member.id)
        })
    }

    fn update<'a>(
        &'a self,
        actor: &'a Actor,
        id: i64,
        version: Option<i64>,
        values: &'a Record,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let given = |field: &str| values.values.contains_key(field).then(|| values.text(field).to_owned());
            let before = self.0.get(id).await.map_err(from_shop)?.reach;
            let edit = MemberEdit {
                reach: Some(reach(values, before)),
                login: given("login"),
                name: given("name"),
                role: given("role"),
                locale: locale(values),
                ..MemberEdit::default()
            };
            self.0.edit(&shop_actor(actor), id, version, edit).await.map(drop).map_err(from_shop)
        })
    }

    fn delete<'a>(&'a self, actor: &'a Actor, id: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { gone(self.0.delete(&shop_actor(actor), id).await) })
    }

    fn restore<'a>(&'a self, actor: &'a Actor, id: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { gone(self.0.restore(&shop_actor(actor), id).await) })
    }
}

/// What the form says of the accounts a member sees; what it leaves out is as it was.
fn reach(values: &Record, before: Reach) -> Reach {
    let is_limited = match values.text("reach") {
        "" => before != Reach::All,
        word => word != "all",
    };
    match (is_limited, values.get("accounts").as_array()) {
        (false, _) => Reach::All,
        (true, Some(ids)) => Reach::of(ids.iter().filter_map(|id| id.as_str()?.parse().ok())),
        // Accounts that are not named: none of them, unless some were named before.
        (true, None) if before == Reach::All => Reach::none(),
        (true, None) => before,
    }
}

fn gone(done: puzi_shop::Result<Member>) -> Result<()> {
    done.map(drop).map_err(from_shop)
}

fn locale(values: &Record) -> Option<Locale> {
    values.values.contains_key("locale").then(|| Locale::from_tag(values.text("locale")))
}
