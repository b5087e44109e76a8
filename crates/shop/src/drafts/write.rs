//! Writing drafts, and the orders that a person gives.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, Value};
use serde_json::json;

use super::{
    Drafts, Event, KIND, NO_SUCH_MEDIA, State,
    article::{self, Article},
    entity::Model,
    find_in, html, is, living, publish, push, refuse_if_held, save,
};
use crate::{
    Error, Problem, Result,
    accounts::Reach,
    audit::{self, Actor, Entry},
    db::{self, now_ms},
    machine::{self, Who},
    materials, uploads,
};

impl Drafts {
    /// Writes a new draft; an unfinished one, too.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field; [`Error::NotFound`] for an account that is not seen.
    pub async fn create(&self, by: &Actor, reach: &Reach, account_id: i64, articles: Vec<Article>) -> Result<Model> {
        reach.must_see(account_id)?;
        self.live(account_id)?;
        let articles = self.checked(account_id, articles).await?;
        let tx = self.db.begin_write().await?;
        const SQL: &str = "INSERT INTO drafts (account_id, title, articles, state, version, created_at, updated_at) \
                           VALUES ($1, $2, $3, 'editing', 1, $4, $4) RETURNING id";
        let values = [account_id.into(), title(&articles).into(), written(&articles).into(), now_ms().into()];
        let row = tx.query_one_raw(db::statement(&*tx, SQL, values)).await?.ok_or(Error::NotFound)?;
        let id: i64 = row.try_get("", "id")?;
        attach(&*tx, &articles).await?;
        let entry = Entry::new(by, "drafts.create", KIND, id).of_account(account_id).after(told(&articles));
        audit::record(&*tx, &entry).await?;
        tx.commit().await?;
        find_in(self.db.read(), &Reach::All, id).await
    }

    /// Writes other articles into a draft. What lies at WeChat stays as it is until the draft is saved again.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field; [`Error::Stale`] when it is no longer of `version`; [`Error::NotNow`]
    /// while it is on its way, once it is public or sent, and while a broadcast counts on it; [`Error::NotFound`].
    pub async fn edit(
        &self,
        by: &Actor,
        reach: &Reach,
        id: i64,
        version: i64,
        articles: Vec<Article>,
    ) -> Result<Model> {
        let before = living(self.db.read(), reach, id).await?;
        let articles = self.checked(before.account_id, articles).await?;
        let tx = self.db.begin_write().await?;
        let before = living(&*tx, reach, id).await?;
        if before.version != version {
            return Err(Error::Stale);
        }
        refuse_if_held(&*tx, id).await?;
        if !is(&before, State::Editing) {
            machine::step::<super::Machinery>(&*tx, id, Event::Edit, Who::Staff, by, "").await?;
        }
        const SQL: &str = "UPDATE drafts SET title = $1, articles = $2, error = NULL, errcode = NULL, rid = NULL, \
                           refused = '[]', version = version + 1, updated_at = $3 WHERE id = $4 AND version = $5";
        let values =
            [title(&articles).into(), written(&articles).into(), now_ms().into(), id.into(), before.version.into()];
        if db::execute(&*tx, SQL, values).await? != 1 {
            return Err(Error::Stale);
        }
        attach(&*tx, &articles).await?;
        let entry = Entry::new(by, "drafts.edit", KIND, id).of_account(before.account_id);
        audit::record(&*tx, &entry.before(told(&before.list())).after(told(&articles))).await?;
        tx.commit().await?;
        find_in(self.db.read(), &Reach::All, id).await
    }

    /// Lets it be saved among WeChat's drafts; a job does so.
    ///
    /// # Errors
    /// [`Error::Invalid`] names what is missing; else as [`Drafts::edit`].
    pub async fn save(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        let tx = self.db.begin_write().await?;
        let draft = living(&*tx, reach, id).await?;
        refuse_if_held(&*tx, id).await?;
        let articles = draft.list();
        let mut problems = article::lengths(&articles);
        problems.extend(article::missing(&articles));
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        machine::step::<super::Machinery>(&*tx, id, Event::Save, Who::Staff, by, "").await?;
        begin(&*tx, id).await?;
        push(&*tx, &draft, save::JOB, 0).await?;
        tx.commit().await
    }

    /// Lets it be published, for everybody to read and without a message to anybody; a job does so.
    ///
    /// # Errors
    /// [`Error::NotNow`] when WeChat has not what stands here; else as [`Drafts::edit`].
    pub async fn publish(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        let tx = self.db.begin_write().await?;
        let draft = living(&*tx, reach, id).await?;
        refuse_if_held(&*tx, id).await?;
        if is(&draft, State::Saved) && draft.saved_version != Some(draft.version) {
            return Err(Error::NotNow(Problem::new("state", "draft.not_saved")));
        }
        machine::step::<super::Machinery>(&*tx, id, Event::Submit, Who::Staff, by, "").await?;
        begin(&*tx, id).await?;
        push(&*tx, &draft, publish::JOB, 0).await?;
        tx.commit().await
    }

    /// Lets what was published be taken away; a job does so.
    ///
    /// # Errors
    /// [`Error::NotNow`] when it is not public; [`Error::NotFound`].
    pub async fn unpublish(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        let tx = self.db.begin_write().await?;
        let draft = living(&*tx, reach, id).await?;
        machine::step::<super::Machinery>(&*tx, id, Event::Remove, Who::Staff, by, "").await?;
        begin(&*tx, id).await?;
        push(&*tx, &draft, publish::REMOVE_JOB, 0).await?;
        tx.commit().await
    }

    /// What a person saw of a draft of which nobody knows whether it was published.
    ///
    /// # Errors
    /// [`Error::NotNow`] when that is known; [`Error::NotFound`].
    pub async fn decide(&self, by: &Actor, reach: &Reach, id: i64, published: bool) -> Result<()> {
        let tx = self.db.begin_write().await?;
        living(&*tx, reach, id).await?;
        let event = if published { Event::Found } else { Event::GiveUp };
        machine::step::<super::Machinery>(&*tx, id, event, Who::Staff, by, "").await?;
        const SQL: &str = "UPDATE drafts SET media_id = NULL, saved_version = NULL, updated_at = $1 WHERE id = $2";
        db::execute(&*tx, SQL, [now_ms().into(), id.into()]).await?;
        tx.commit().await
    }

    /// Deletes a draft, at WeChat too; what was published stays public.
    ///
    /// # Errors
    /// [`Error::NotNow`] while it is on its way, and while a broadcast counts on it; [`Error::NotFound`];
    /// [`Error::WeChat`].
    pub async fn delete(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        let draft = living(self.db.read(), reach, id).await?;
        refuse_if_held(self.db.read(), id).await?;
        if draft.is_under_way() {
            return Err(Error::NotNow(Problem::new("state", "draft.under_way")));
        }
        if let Some(media_id) = &draft.media_id {
            match self.live(draft.account_id)?.client.draft().delete(media_id).await {
                Ok(()) => {}
                Err(error) if error.errcode == Some(NO_SUCH_MEDIA) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let tx = self.db.begin_write().await?;
        if [State::Saved, State::Failed, State::Refused].iter().any(|state| is(&draft, *state)) {
            machine::step::<super::Machinery>(&*tx, id, Event::Edit, Who::Staff, by, "deleted").await?;
        }
        const SQL: &str = "UPDATE drafts SET deleted_at = $1, media_id = NULL, saved_version = NULL, \
                           version = version + 1, updated_at = $1 WHERE id = $2 AND version = $3 AND deleted_at IS NULL";
        if db::execute(&*tx, SQL, [now_ms().into(), id.into(), draft.version.into()]).await? != 1 {
            return Err(Error::Stale);
        }
        let entry = Entry::new(by, "drafts.delete", KIND, id).of_account(draft.account_id);
        audit::record(&*tx, &entry.before(told(&draft.list()))).await?;
        tx.commit().await
    }

    /// Takes the deletion back; it is to be saved at WeChat anew.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn restore(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        let tx = self.db.begin_write().await?;
        let draft = find_in(&*tx, reach, id).await?;
        const SQL: &str = "UPDATE drafts SET deleted_at = NULL, version = version + 1, updated_at = $1 \
                           WHERE id = $2 AND deleted_at IS NOT NULL";
        if db::execute(&*tx, SQL, [now_ms().into(), id.into()]).await? != 1 {
            return Err(Error::NotFound);
        }
        let entry = Entry::new(by, "drafts.restore", KIND, id).of_account(draft.account_id);
        audit::record(&*tx, &entry.after(told(&draft.list()))).await?;
        tx.commit().await
    }

    /// The articles made harmless, when they can be kept.
    async fn checked(&self, account_id: i64, articles: Vec<Article>) -> Result<Vec<Article>> {
        let articles: Vec<_> = articles.into_iter().map(Article::cleaned).collect();
        let mut problems = article::lengths(&articles);
        let wanted: BTreeSet<i64> = articles.iter().flat_map(Article::materials).collect();
        let wanted: Vec<_> = wanted.into_iter().collect();
        let there = materials::lasting_pictures(self.db.read(), account_id, &wanted).await?;
        for (n, one) in articles.iter().enumerate() {
            if one.cover.is_some_and(|cover| !there.contains_key(&cover)) {
                problems.push(Problem::new(article::path(n, "cover"), "draft.no_material"));
            }
            if one.pictures.iter().any(|picture| !there.contains_key(picture)) {
                problems.push(Problem::new(article::path(n, "pictures"), "draft.no_material"));
            }
        }
        if problems.is_empty() { Ok(articles) } else { Err(Error::Invalid(problems)) }
    }
}

/// Something begins.
async fn begin<C: ConnectionTrait>(tx: &C, id: i64) -> Result<()> {
    const SQL: &str = "UPDATE drafts SET began_at = $1, tried_at = NULL, error = NULL, errcode = NULL, rid = NULL, \
                       refused = '[]', updated_at = $1 WHERE id = $2";
    let values: [Value; 2] = [now_ms().into(), id.into()];
    db::execute(tx, SQL, values).await?;
    Ok(())
}

/// The uploads inside the articles stay from now on.
async fn attach<C: ConnectionTrait>(tx: &C, articles: &[Article]) -> Result<()> {
    let addresses: Vec<String> = articles.iter().flat_map(|one| html::pictures(&one.content)).collect();
    let keys: Vec<&str> = addresses.iter().filter_map(|address| html::upload_key(address)).collect();
    uploads::attach(tx, &keys).await
}

fn title(articles: &[Article]) -> String {
    articles.first().map(|first| first.title.clone()).unwrap_or_default()
}

fn written(articles: &[Article]) -> String {
    json!(articles).to_string()
}

/// What the audit log keeps of the articles.
fn told(articles: &[Article]) -> serde_json::Value {
    json!({ "titles": articles.iter().map(|one| one.title.as_str()).collect::<Vec<_>>() })
}
