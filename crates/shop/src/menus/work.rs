//! The job of a publication: reads what is live, plans, makes the calls, and looks whether it came to what was wanted.
//!
//! Each call that was made is written down before the next, together with the job's lease: who lost the job to another
//! node finds that out there and stops. What happened to a call whose answer was lost nobody needs to know: what is live is
//! read again and planned anew.

use std::sync::Arc;

use puzi_wechat::client::{ApiError, Condition, ErrorKind, Menu};
use sea_orm::ConnectionTrait;

use super::{
    Done, Event, MenuSet, Menus, Publication, State, Step, live, plan,
    publish::{self, Payload},
    versions,
};
use crate::{
    Result,
    accounts::LiveAccount,
    audit::Actor,
    db::{self, WriteTx, now_ms},
    jobs::{self, Job, MAX_ATTEMPTS, Outcome},
    machine::{self, Who},
};

/// How often a plan is carried out whole before it ends with something else live.
const ROUNDS: i64 = 3;
/// WeChat has no menu of this number: it is gone already.
const GONE: i64 = 65301;

/// Why the work does not go on here.
enum Halt {
    /// The job is another node's.
    Lost,
    /// WeChat refused, or did not answer, while this was done.
    Refused(Box<ApiError>, Option<Step>),
    /// Something else is live again and again.
    Restless,
    /// Ours.
    Shop(crate::Error),
}

impl From<crate::Error> for Halt {
    fn from(error: crate::Error) -> Self {
        Self::Shop(error)
    }
}

impl Menus {
    /// Does the job of a publication.
    pub(super) async fn work(&self, job: &Job) -> Outcome {
        match self.try_work(job).await {
            Ok(outcome) => outcome,
            // Its state stays running, and the next attempt goes on.
            Err(error) => Outcome::Retry(error.to_string()),
        }
    }

    async fn try_work(&self, job: &Job) -> Result<Outcome> {
        let Ok(Payload { publication }) = job.read() else { return Ok(Outcome::Dead("unreadable payload".into())) };
        let publication = match publish::find(self.db.read(), publication).await {
            Ok(publication) => publication,
            Err(crate::Error::NotFound) => return Ok(Outcome::Done),
            Err(error) => return Err(error),
        };
        match publication.state {
            State::Queued => {
                let tx = self.db.begin_write().await?;
                if !jobs::hold(&*tx, job).await? {
                    return Ok(Outcome::Done);
                }
                step(&tx, &publication, Event::Start, Who::Clock, "").await?;
                tx.commit().await?;
            }
            // The node that worked on it died.
            State::Running => {}
            State::Live | State::Partly | State::Failed => return Ok(Outcome::Done),
        }
        let Some(account) = self.registry.by_id(publication.account_id) else {
            return Ok(Outcome::Retry("the account is not known here yet".into()));
        };
        let wanted = versions::by_id(self.db.read(), publication.version_id).await?.set;
        match self.bring_about(job, &publication, &account, &wanted).await {
            Ok(()) => self.end(job, &publication, Event::Done, Who::WeChat, None).await,
            Err(Halt::Lost) => Ok(Outcome::Done),
            Err(Halt::Shop(error)) => Err(error),
            Err(Halt::Restless) => self.end(job, &publication, Event::Part, Who::Clock, None).await,
            Err(Halt::Refused(error, at)) => self.refused(job, &publication, *error, at).await,
        }
    }

    /// Makes call after call until what is wanted is live.
    async fn bring_about(
        &self,
        job: &Job,
        publication: &Publication,
        account: &Arc<LiveAccount>,
        wanted: &MenuSet,
    ) -> Result<(), Halt> {
        let mut rounds = publication.rounds;
        loop {
            let (there, ids, _) =
                live::ask(&account.client).await.map_err(|error| Halt::Refused(Box::new(error), None))?;
            let steps = plan(&there, &ids, wanted);
            if steps.is_empty() {
                return Ok(());
            }
            if rounds >= ROUNDS {
                return Err(Halt::Restless);
            }
            for next in steps {
                let done = match make(account, &next, wanted).await {
                    Ok(done) => done,
                    Err(error) => return Err(Halt::Refused(Box::new(error), Some(next))),
                };
                self.note(job, publication, done).await?;
            }
            rounds += 1;
            let sql = "UPDATE menu_publications SET rounds = $1 WHERE id = $2";
            self.db.execute(sql, [rounds.into(), publication.id.into()]).await?;
        }
    }

    /// Writes a call down, and keeps the job.
    async fn note(&self, job: &Job, publication: &Publication, done: Done) -> Result<(), Halt> {
        let tx = self.db.begin_write().await?;
        if !jobs::hold(&*tx, job).await? {
            return Err(Halt::Lost);
        }
        append(&tx, publication.id, done).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn refused(
        &self,
        job: &Job,
        publication: &Publication,
        error: ApiError,
        at: Option<Step>,
    ) -> Result<Outcome> {
        let passing = matches!(error.kind, ErrorKind::RetryLater | ErrorKind::Transport);
        if passing && !error.is(Condition::QuotaUsedUp) && job.attempts < MAX_ATTEMPTS {
            let tx = self.db.begin_write().await?;
            if !jobs::hold(&*tx, job).await? {
                return Ok(Outcome::Done);
            }
            let why = error.to_string();
            step(&tx, publication, Event::Again, Who::Clock, &why).await?;
            tell(&tx, publication.id, &error).await?;
            tx.commit().await?;
            return Ok(Outcome::Retry(why));
        }
        let so_far = publish::find(self.db.read(), publication.id).await?.done;
        // What was refused before somebody let it go on is no call that had an effect.
        let event = if so_far.iter().any(|done| done.errcode.is_none()) { Event::Part } else { Event::Fail };
        self.end(job, publication, event, Who::WeChat, Some((error, at))).await
    }

    /// The last step, together with the end of the job.
    async fn end(
        &self,
        job: &Job,
        publication: &Publication,
        event: Event,
        who: Who,
        why: Option<(ApiError, Option<Step>)>,
    ) -> Result<Outcome> {
        let tx = self.db.begin_write().await?;
        if !jobs::take(&*tx, job).await? {
            return Ok(Outcome::Done);
        }
        let words = why.as_ref().map(|(error, _)| error.to_string()).unwrap_or_default();
        step(&tx, publication, event, who, &words).await?;
        match why {
            Some((error, at)) => {
                tell(&tx, publication.id, &error).await?;
                if let Some(at) = at {
                    let refused = Done { errcode: error.errcode, rid: error.rid.clone(), ..of_step(&at, None) };
                    append(&tx, publication.id, refused).await?;
                }
            }
            None => {
                let sql = "UPDATE menu_publications SET error = NULL, errcode = NULL, rid = NULL WHERE id = $1";
                db::execute(&*tx, sql, [publication.id.into()]).await?;
            }
        }
        tx.commit().await?;
        Ok(Outcome::Done)
    }
}

/// Makes one call.
async fn make(account: &LiveAccount, step: &Step, wanted: &MenuSet) -> Result<Done, ApiError> {
    let menu = account.client.menu();
    match step {
        Step::Create => menu.create(&Menu::new(wanted.buttons.iter().cloned())).await?,
        Step::DeleteAll => menu.delete().await?,
        Step::Add(place) => {
            let one = &wanted.conditional[*place];
            let id = menu.add_conditional(&Menu::new(one.buttons.iter().cloned()), &one.rule).await?;
            return Ok(of_step(step, Some(id)));
        }
        Step::Remove(id) => {
            if let Err(error) = menu.delete_conditional(*id).await
                && error.errcode != Some(GONE)
            {
                return Err(error);
            }
        }
    }
    Ok(of_step(step, None))
}

fn of_step(step: &Step, added: Option<i64>) -> Done {
    let (menu, place) = match step {
        Step::Add(place) => (added, Some(*place)),
        Step::Remove(id) => (Some(*id), None),
        Step::Create | Step::DeleteAll => (None, None),
    };
    Done { what: step.word().into(), menu, place, errcode: None, rid: None, at: now_ms() }
}

async fn step(tx: &WriteTx, publication: &Publication, event: Event, who: Who, why: &str) -> Result<()> {
    let why: String = why.chars().take(500).collect();
    machine::step::<Menus>(&**tx, publication.id, event, who, &Actor::system(), &why).await?;
    let sql = "UPDATE menu_publications SET changed_at = $1 WHERE id = $2";
    db::execute(&**tx, sql, [now_ms().into(), publication.id.into()]).await?;
    Ok(())
}

/// Keeps what WeChat said.
async fn tell(tx: &WriteTx, id: i64, error: &ApiError) -> Result<()> {
    let sql = "UPDATE menu_publications SET error = $1, errcode = $2, rid = $3 WHERE id = $4";
    let values = [error.errmsg.as_str().into(), error.errcode.into(), error.rid.clone().into(), id.into()];
    db::execute(&**tx, sql, values).await?;
    Ok(())
}

async fn append(tx: &WriteTx, id: i64, done: Done) -> Result<()> {
    let sql = "SELECT done FROM menu_publications WHERE id = $1";
    let row = tx.query_one_raw(db::statement(&**tx, sql, [id.into()])).await?.ok_or(crate::Error::NotFound)?;
    let mut all: Vec<Done> = serde_json::from_str(&row.try_get::<String>("", "done")?).unwrap_or_default();
    all.push(done);
    let all = serde_json::to_string(&all).unwrap_or_default();
    let sql = "UPDATE menu_publications SET done = $1, changed_at = $2 WHERE id = $3";
    db::execute(&**tx, sql, [all.into(), now_ms().into(), id.into()]).await?;
    Ok(())
}
