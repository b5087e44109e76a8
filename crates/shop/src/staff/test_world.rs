//! A staff in a new database, with quick hashing.

use std::net::IpAddr;

use super::*;
use crate::{
    audit::{self, Recorded, Which},
    test_database::TestDatabase,
};

pub(super) const PASSWORD: &str = "tea for two at four";
pub(super) const OTHER_PASSWORD: &str = "coffee for one at five";

pub(super) struct World {
    pub(super) staff: Staff,
    pub(super) database: TestDatabase,
}

pub(super) fn secret(text: &str) -> puzi_wechat::Secret<String> {
    puzi_wechat::Secret::new(text.to_owned())
}

/// The operator, who may do everything.
pub(super) fn operator() -> Actor {
    Actor::cli("root")
}

pub(super) fn by(member: &Member) -> Actor {
    Actor::staff(member.id, &member.name)
}

pub(super) fn new_member(login: &str, role: &str) -> NewMember {
    NewMember {
        login: login.into(),
        name: format!("{login} 的名字"),
        role: role.into(),
        locale: Some(Locale::ZhCn),
        password: secret(PASSWORD),
    }
}

/// The field and the key of the first problem.
pub(super) fn problem<T: std::fmt::Debug>(result: Result<T>) -> (String, &'static str) {
    match result.unwrap_err() {
        Error::Invalid(problems) => (problems[0].field.clone(), problems[0].key),
        other => panic!("{other:?} instead of a problem"),
    }
}

impl World {
    pub(super) async fn new() -> Self {
        let database = TestDatabase::new().await;
        Self { staff: Self::node(database.db.clone()), database }
    }

    fn node(db: Db) -> Staff {
        let vault = Arc::new(Vault::new(&[7; 32]).unwrap());
        Staff { hasher: passwords::Hasher::quick(), ..Staff::new(db, vault) }
    }

    /// The staff as another process has it.
    pub(super) async fn second_node(&self) -> Staff {
        Self::node(self.database.second_node().await)
    }

    pub(super) async fn owner(&self) -> Member {
        self.member("boss", roles::OWNER).await
    }

    pub(super) async fn member(&self, login: &str, role: &str) -> Member {
        self.staff.create(&operator(), new_member(login, role)).await.unwrap()
    }

    pub(super) async fn execute(&self, sql: &str) {
        self.database.db.execute(sql, []).await.unwrap();
    }

    pub(super) async fn number(&self, sql: &str) -> i64 {
        let db = self.database.db.read();
        let row = db.query_one_raw(db::statement(db, sql, [])).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    /// All waiting times and lock-outs are over, all counts stay.
    pub(super) async fn waits_are_over(&self) {
        self.execute("UPDATE staff_failures SET blocked_until = 0").await;
    }

    pub(super) async fn log_in(&self, login: &str, password: &str) -> Result<LoggedIn, LoginRefused> {
        self.log_in_from("192.0.2.1", login, password, None).await
    }

    pub(super) async fn log_in_with(&self, login: &str, code: &str) -> Result<LoggedIn, LoginRefused> {
        self.log_in_from("192.0.2.1", login, PASSWORD, Some(code)).await
    }

    pub(super) async fn log_in_from(
        &self,
        address: &str,
        login: &str,
        password: &str,
        code: Option<&str>,
    ) -> Result<LoggedIn, LoginRefused> {
        self.staff.log_in(attempt(address, login, password, code)).await
    }

    pub(super) async fn session(&self, token: &puzi_wechat::Secret<String>) -> Option<Session> {
        self.staff.session(token.expose()).await.unwrap()
    }

    /// The latest audit row of a member.
    pub(super) async fn last_audit(&self, id: i64) -> Recorded {
        let subject = id.to_string();
        let which = Which { subject: Some(("staff", &subject)), ..Which::default() };
        audit::list(&self.database.db, which, 1).await.unwrap().remove(0)
    }

    /// One-time codes on: their secret and the recovery codes.
    pub(super) async fn totp_on(&self, member: &Member) -> (Vec<u8>, Vec<String>) {
        let set_up = self.staff.begin_totp(member.id).await.unwrap();
        let key = totp::from_base32(set_up.secret.expose()).unwrap();
        let code = totp::code(&key, totp::step_at(now_ms()));
        let codes = self.staff.confirm_totp(&by(member), member.id, &code).await.unwrap();
        // As if that had been long ago.
        self.execute("UPDATE staff SET totp_step = 0").await;
        (key, codes.iter().map(|code| code.expose().clone()).collect())
    }
}

pub(super) fn attempt(address: &str, login: &str, password: &str, code: Option<&str>) -> Attempt {
    Attempt {
        login: login.into(),
        password: secret(password),
        code: code.map(secret),
        address: address.parse::<IpAddr>().unwrap(),
        agent: "Mozilla/5.0\u{0} (test)".into(),
    }
}
