//! An agent's own code: who scans it is handed over to that agent. WeChat has no such call: it is a lasting code with a scene
//! of its own and a rule that answers to the scene.

use serde_json::json;

use super::Agents;
use crate::{
    Error, Result,
    accounts::{self, Reach},
    audit::{self, Actor, Entry},
    db::{self, now_ms},
    replies::{self, Answer, Draft, Trigger},
};

/// How the scenes of agents begin: no other code has such a one.
pub const SCENE: &str = "agent-";

impl Agents {
    /// What the code of the agent `id` says, made when there is none yet; and the rule that hands over, when no rule answers
    /// to the scene. Two who ask at once get the same code and one rule.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::NotNow`] for one that is gone; [`Error::WeChat`].
    pub async fn qr(&self, by: &Actor, reach: &Reach, id: i64) -> Result<String> {
        let agent = self.get(reach, id).await?;
        if let Some(url) = agent.qr_url {
            return Ok(url);
        }
        if agent.deleted_at.is_some() {
            return Err(Error::NotNow(crate::Problem::new("kf_account", "agents.unknown")));
        }
        let live = self.live(reach, agent.account_id)?;
        let prefix = agent.kf_account.split('@').next().unwrap_or_default();
        let scene = format!("{SCENE}{prefix}");
        // The same scene is the same code, however often it is asked for.
        let code = live.client.qrcode().permanent(scene.as_str()).await?;
        let tx = self.db.begin_write().await?;
        // First of all: whoever asks at the same time waits here.
        accounts::rules_changed(&*tx, agent.account_id).await?;
        let sql = "UPDATE agents SET qr_url = $2, updated_at = $3 WHERE id = $1 AND qr_url IS NULL";
        if db::execute(&*tx, sql, [id.into(), code.url.as_str().into(), now_ms().into()]).await? == 0 {
            drop(tx);
            return self.get(reach, id).await?.qr_url.ok_or(Error::NotFound);
        }
        let entry = Entry::new(by, "agents.qr", super::KIND, id).of_account(agent.account_id);
        audit::record(&*tx, &entry.after(json!({ "scene": scene }))).await?;
        let rules = replies::store::list(&self.db, self.registry.vault(), agent.account_id).await?;
        let answers = |rule: &replies::Rule| matches!(&rule.trigger, Trigger::Scan { scene: known } if *known == scene);
        if !rules.iter().any(answers) {
            let answer = Answer::HandOver { kf_account: Some(agent.kf_account.clone()) };
            let taken = |name: &str| rules.iter().any(|rule| rule.name == name);
            let mut name = format!("{} ({scene})", agent.nickname);
            if taken(&name) {
                name = format!("{scene} {:08x}", rand::random::<u32>());
            }
            let draft = Draft::new(name, Trigger::Scan { scene }, answer);
            let rule = replies::store::create_in(&*tx, self.registry.vault(), agent.account_id, draft).await?;
            let entry = Entry::new(by, "rules.create", "rules", rule.id).of_account(agent.account_id);
            audit::record(&*tx, &entry.after(json!({ "name": rule.name }))).await?;
        }
        tx.commit().await?;
        Ok(code.url)
    }
}
