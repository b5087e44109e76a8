//! An account in a new database, for tests.

use super::*;
use crate::{
    db::statement,
    replies::file::{self, ImportError, Report},
    test_database::TestDatabase,
};

pub(crate) struct World {
    pub(crate) db: Db,
    pub(in crate::replies) vault: Vault,
    pub(in crate::replies) guard: Guard,
    pub(in crate::replies) account: i64,
    pub(in crate::replies) other_account: i64,
    _database: TestDatabase,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::new().await;
        let db = database.db.clone();
        for id in [1_i64, 2] {
            let sql = "INSERT INTO accounts (id, slug, name, appid, secret, contact_name, contact_phone, contact_email, mode, \
                       token, aes_key, status, version, rules_version, created_at, updated_at) \
                       VALUES ($1, $2, 'a', $3, '', '', '', '', 'plain', '', '', 'active', 1, 1, 0, 0)";
            db.execute(sql, [id.into(), format!("a{id}").into(), format!("wx{id}").into()]).await.unwrap();
        }
        let vault = Vault::new(&[7; 32]).unwrap();
        Self { db, vault, guard: Guard::default(), account: 1, other_account: 2, _database: database }
    }

    pub(in crate::replies) async fn create(&self, draft: Draft) -> Result<Rule> {
        create(&self.db, &self.vault, &self.guard, self.account, draft).await
    }

    pub(in crate::replies) async fn rules(&self) -> Vec<Rule> {
        list(&self.db, &self.vault, self.account).await.unwrap()
    }

    pub(in crate::replies) async fn import(&self, text: &str, dry_run: bool) -> Result<Report, ImportError> {
        file::import(&self.db, &self.vault, &self.guard, self.account, text, dry_run).await
    }

    pub(in crate::replies) async fn version(&self) -> i64 {
        let sql = "SELECT rules_version FROM accounts WHERE id = $1";
        let row = self.db.read().query_one_raw(statement(self.db.read(), sql, [self.account.into()])).await.unwrap();
        row.unwrap().try_get_by_index(0).unwrap()
    }

    pub(in crate::replies) async fn key_of(&self, name: &str) -> String {
        let rule = self.rules().await.into_iter().find(|rule| rule.name == name).unwrap();
        let Answer::Webhook { secret, .. } = rule.answer else { panic!("{name} is no webhook") };
        secret.given().unwrap().expose().clone()
    }
}
