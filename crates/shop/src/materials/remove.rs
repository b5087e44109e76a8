//! Removing a material: only when nothing here names it.

use serde_json::json;

use super::{KIND, Materials, NO_SUCH_MEDIA, living};
use crate::{
    Error, Problem, Result,
    accounts::Reach,
    audit::{self, Actor, Entry},
    db::{self, now_ms},
};

/// WeChat's codes for a material that a menu or an automatic reply uses.
const IN_USE: [i64; 2] = [48005, 45060];
/// Uses that a refusal names.
const NAMED: usize = 5;

impl Materials {
    /// Removes a material, at WeChat too.
    ///
    /// # Errors
    /// [`Error::NotNow`] with what uses it, here or at WeChat; [`Error::NotFound`]; [`Error::WeChat`].
    pub async fn remove(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        let material = living(self.db.read(), reach, id).await?;
        if material.state == "uploading" {
            return Err(Error::NotNow(Problem::new("state", "material.under_way")));
        }
        let uses = self.uses(reach, id).await?;
        if !uses.is_empty() {
            let names: Vec<_> = uses.iter().take(NAMED).map(|one| one.name.as_str()).collect();
            let problem =
                Problem::new("state", "material.in_use").with("n", uses.len()).with("names", names.join("、"));
            return Err(Error::NotNow(problem));
        }
        if let Some(lasting) = &material.lasting_id {
            match self.live(material.account_id)?.client.material().delete(lasting).await {
                Ok(()) => {}
                Err(error) if error.errcode == Some(NO_SUCH_MEDIA) => {}
                Err(error) if error.errcode.is_some_and(|code| IN_USE.contains(&code)) => {
                    return Err(Error::NotNow(Problem::new("state", "material.wechat_uses")));
                }
                Err(error) => return Err(error.into()),
            }
        }
        let tx = self.db.begin_write().await?;
        const SQL: &str = "UPDATE materials SET deleted_at = $1, updated_at = $1, version = version + 1, \
                           lasting_id = NULL, passing_id = NULL, expires_at = NULL WHERE id = $2 AND deleted_at IS NULL";
        if db::execute(&*tx, SQL, [now_ms().into(), id.into()]).await? != 1 {
            return Err(Error::NotFound);
        }
        let entry = Entry::new(by, "materials.delete", KIND, id).of_account(material.account_id);
        let before = json!({ "kind": material.kind, "name": material.name, "media_id": material.media_id() });
        audit::record(&*tx, &entry.before(before)).await?;
        tx.commit().await?;
        self.drop_file(material.file.as_deref()).await;
        Ok(())
    }
}
