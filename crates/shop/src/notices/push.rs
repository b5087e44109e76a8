//! A notice is queued: its row and its job, in the transaction of what causes it.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Notices, Purpose, Sent,
    entity::{notice, template},
    send::{self, random_id},
    state::Event,
    words,
};
use crate::{
    Error, Problem, Result,
    accounts::Reach,
    audit::{self, Actor, Entry},
    db::{self, now_ms},
    machine::{self, Who, Word},
};

/// The longest address that a tap opens, in bytes.
pub const URL_BYTES: usize = 1_024;
/// The longest openid that is taken, in bytes; WeChat's have 28.
const OPENID_BYTES: usize = 128;
/// The longest word of the sender's own for a notice, in characters.
const REFERENCE_CHARS: usize = 64;

/// The mini program that a tap opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MiniProgram {
    /// Its AppID; it must be linked with the account.
    pub appid: String,
    /// Its page, with its query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pagepath: Option<String>,
}

/// A notice to be sent.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The account that it comes from.
    pub account_id: i64,
    /// Row number of one of its templates.
    pub template_row: i64,
    /// Who is to have it.
    pub openid: String,
    /// What stands for each word of the template.
    pub data: BTreeMap<String, String>,
    /// What a tap opens: http or https.
    pub url: Option<String>,
    /// The mini program that a tap opens, before `url`.
    pub miniprogram: Option<MiniProgram>,
    /// What it is for.
    pub purpose: Purpose,
    /// The sender's own word for it, such as an order's number; at most 64 characters.
    pub reference: String,
    /// Names the request that it comes from: the same one makes one notice, however often it comes.
    pub form: Option<String>,
    /// Who sends it.
    pub sent_by: String,
}

/// A notice to one phone, to see it there; see [`Notice`].
#[derive(Debug, Clone)]
pub struct Test {
    /// Row number of the template.
    pub template_row: i64,
    /// Whose phone.
    pub openid: String,
    /// What stands for each word.
    pub data: BTreeMap<String, String>,
    /// What a tap opens.
    pub url: Option<String>,
    /// Names the form it came with.
    pub form: Option<String>,
}

/// Queues `notice` in the transaction `tx`, and gives its row number: it goes out when the transaction is committed, and
/// never when it is not. With a form that made one before, it gives that one's number.
///
/// # Errors
/// [`Error::NotFound`] when the account has no such template; [`Error::NotNow`] when WeChat has it no more;
/// [`Error::Invalid`] names each wrong field: `openid`, `url`, `reference`, `miniprogram`, `data.{word}`, and `form` when
/// another notice came with it.
pub async fn push<C: ConnectionTrait>(tx: &C, notice: Notice) -> Result<i64> {
    let template = template::Entity::find_by_id(notice.template_row).one(tx).await?.ok_or(Error::NotFound)?;
    if template.account_id != notice.account_id {
        return Err(Error::NotFound);
    }
    if template.gone_at.is_some() {
        return Err(Error::NotNow(Problem::new("template", "notices.template_gone")));
    }
    let problems = check(&template, &notice);
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    const SQL: &str = "INSERT INTO notices (account_id, template_row, way, openid, data, url, miniprogram, purpose, \
                       reference, form, client_msg_id, state, queued_at, sent_by, created_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'queued', $12, $13, $12) \
                       ON CONFLICT (account_id, form) DO NOTHING RETURNING id";
    let now = now_ms();
    let miniprogram = notice.miniprogram.as_ref().map(|program| json!(program).to_string());
    let values = [
        notice.account_id.into(),
        notice.template_row.into(),
        template.way.as_str().into(),
        notice.openid.trim().into(),
        json!(trimmed(&notice.data)).to_string().into(),
        notice.url.clone().filter(|url| !url.trim().is_empty()).into(),
        miniprogram.into(),
        notice.purpose.word().into(),
        notice.reference.trim().into(),
        notice.form.clone().into(),
        random_id().into(),
        now.into(),
        notice.sent_by.as_str().into(),
    ];
    let row = tx.query_one_raw(db::statement(tx, SQL, values)).await?;
    let Some(row) = row else { return made_by_form(tx, &notice).await };
    let id: i64 = row.try_get("", "id")?;
    send::enqueue(tx, notice.account_id, id, now).await?;
    Ok(id)
}

/// Values without the spaces around them; empty ones are left out.
fn trimmed(data: &BTreeMap<String, String>) -> BTreeMap<&str, &str> {
    let values = data.iter().map(|(key, value)| (key.as_str(), value.trim()));
    values.filter(|(_, value)| !value.is_empty()).collect()
}

fn check(template: &template::Model, notice: &Notice) -> Vec<Problem> {
    let mut problems = Vec::new();
    let openid = notice.openid.trim();
    if openid.is_empty() || openid.len() > OPENID_BYTES || openid.contains(char::is_whitespace) {
        problems.push(Problem::new("openid", "notices.bad_openid"));
    }
    problems.extend(words::check(&template.all_words(), &notice.data));
    if let Some(url) = notice.url.as_deref().map(str::trim).filter(|url| !url.is_empty()) {
        let is_web = url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !is_web {
            problems.push(Problem::new("url", "notices.bad_url"));
        } else if url.len() > URL_BYTES {
            problems.push(Problem::new("url", "notices.long_url").with("max", URL_BYTES));
        }
    }
    if notice.miniprogram.as_ref().is_some_and(|program| program.appid.trim().is_empty()) {
        problems.push(Problem::new("miniprogram", "notices.bad_miniprogram"));
    }
    if notice.reference.trim().chars().count() > REFERENCE_CHARS {
        problems.push(Problem::new("reference", "notices.long_reference").with("max", REFERENCE_CHARS));
    }
    problems
}

#[derive(FromQueryResult)]
struct Made {
    id: i64,
    template_row: i64,
    openid: String,
    data: String,
}

/// The notice that this form made before. Another notice in the same form is not taken for that one: it would never be
/// sent, and nobody told.
async fn made_by_form<C: ConnectionTrait>(tx: &C, notice: &Notice) -> Result<i64> {
    const SQL: &str = "SELECT id, template_row, openid, data FROM notices WHERE account_id = $1 AND form = $2";
    let values = [notice.account_id.into(), notice.form.clone().into()];
    let made = Made::find_by_statement(db::statement(tx, SQL, values)).one(tx).await?.ok_or(Error::Busy)?;
    let said = json!(trimmed(&notice.data)).to_string();
    let same = made.template_row == notice.template_row && made.openid == notice.openid.trim() && made.data == said;
    if same { Ok(made.id) } else { Err(Error::field("form", "notices.another_form")) }
}

/// Queues a notice again that failed, or of which nobody knows: for that one a person has decided that twice is better
/// than not at all. `by` is asked for the permission before.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotNow`] when it is not one to be sent again; [`Error::Stale`].
pub async fn again_in<C: ConnectionTrait>(tx: &C, by: &Actor, id: i64) -> Result<()> {
    // WeChat would answer the old number from memory, as if it had sent it.
    const SQL: &str = "UPDATE notices SET client_msg_id = $1, tries = 0, queued_at = $2, doubt_at = NULL, \
                       msg_id = NULL, outcome = NULL, errcode = NULL, error = NULL, rid = NULL, accepted_at = NULL, \
                       ended_at = NULL WHERE id = $3";
    let notice = notice::Entity::find_by_id(id).one(tx).await?.ok_or(Error::NotFound)?;
    machine::step::<Sent>(tx, id, Event::Again, Who::Staff, by, "").await?;
    let now = now_ms();
    db::execute(tx, SQL, [random_id().into(), now.into(), id.into()]).await?;
    send::enqueue(tx, notice.account_id, id, now).await
}

impl Notices {
    /// Queues one for a person or a program, and gives its row number; see [`push`].
    ///
    /// # Errors
    /// Those of [`push`]; [`Error::NotFound`] for an account that is not seen.
    pub async fn queue(&self, by: &Actor, reach: &Reach, notice: Notice) -> Result<i64> {
        reach.must_see(notice.account_id)?;
        let (account, is_test) = (notice.account_id, notice.purpose == Purpose::Test);
        let told = json!({ "template": notice.template_row, "openid": notice.openid });
        let tx = self.db.begin_write().await?;
        let id = push(&*tx, notice).await?;
        if is_test {
            let entry = Entry::new(by, "notices.send", "notices", id).of_account(account).after(told);
            audit::record(&*tx, &entry).await?;
        }
        tx.commit().await?;
        Ok(id)
    }

    /// Sends a notice to one phone, to see it there.
    ///
    /// # Errors
    /// As [`Notices::queue`].
    pub async fn send_test(&self, by: &Actor, reach: &Reach, test: Test) -> Result<i64> {
        let template = self.template(reach, test.template_row).await?;
        let notice = Notice {
            account_id: template.account_id,
            template_row: template.id,
            openid: test.openid,
            data: test.data,
            url: test.url,
            miniprogram: None,
            purpose: Purpose::Test,
            reference: String::new(),
            form: test.form,
            sent_by: by.name.clone(),
        };
        self.queue(by, reach, notice).await
    }

    /// Sends one again, see [`again_in`].
    ///
    /// # Errors
    /// Those of [`again_in`]; [`Error::NotFound`] for one of an account that is not seen.
    pub async fn again(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        self.get(reach, id).await?;
        let tx = self.db.begin_write().await?;
        again_in(&*tx, by, id).await?;
        tx.commit().await
    }
}
