//! The account's templates: read from WeChat, taken out of its library, removed.

use puzi_wechat::client::ApiError;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{Notices, Way, words};
use crate::{
    Error, Problem, Result,
    accounts::{LiveAccount, Reach},
    audit::{self, Actor, Entry},
    db::{self, now_ms},
    machine::Word,
};

/// The most characters that say what subscription notifications are for.
pub const SCENE_CHARS: usize = 15;
/// Titles of a page of the library.
const PAGE: i64 = 30;
/// WeChat's codes for a template that it does not have.
const NOT_THERE: [i64; 4] = [40037, 20001, 20002, 200_014];

/// What a reading of the account's templates brought.
#[derive(Debug)]
pub struct Synced {
    /// How many WeChat has.
    pub found: usize,
    /// How many it has no more.
    pub gone: u64,
    /// Which way WeChat would not tell of: most subscription accounts have no template messages.
    pub refused: Vec<(Way, ApiError)>,
}

/// A title of the library of subscription notifications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// Its number.
    pub tid: i64,
    /// The title.
    pub title: String,
    /// One agreement of the follower is good for ever.
    pub lasting: bool,
}

/// A word of such a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyword {
    /// Its number.
    pub kid: i64,
    /// The word.
    pub name: String,
    /// What may stand for it.
    pub example: String,
    /// Its kind, such as `thing`.
    pub rule: String,
}

/// A template to be taken from the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewTemplate {
    /// Of template messages.
    Template {
        /// `TM…`, `OPENTM…`, or digits for one of a category.
        short: String,
        /// The words wanted, for one of a category.
        words: Vec<String>,
    },
    /// Of subscription notifications.
    Subscribe {
        /// The title's number.
        tid: String,
        /// Numbers of 2 to 5 words, in the order wanted.
        kids: Vec<i64>,
        /// What they are for, 15 characters at most.
        scene: String,
    },
}

/// A template as WeChat tells of it.
struct Told {
    template_id: String,
    title: String,
    content: String,
    example: String,
    category: String,
    lasting: bool,
    values: Vec<(String, Vec<String>)>,
}

impl Notices {
    /// Reads the account's templates of both ways. What WeChat no longer tells of is kept with the time, for its notices.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account that is not seen; [`Error::WeChat`] when it tells of neither way.
    pub async fn sync(&self, reach: &Reach, account: i64) -> Result<Synced> {
        let live = self.live(reach, account)?;
        let began = now_ms();
        let mut synced = Synced { found: 0, gone: 0, refused: Vec::new() };
        for way in [Way::Template, Way::Subscribe] {
            match told(&live, way).await {
                Ok(told) => {
                    synced.found += told.len();
                    synced.gone += self.keep_templates(account, way, told, began).await?;
                }
                Err(error) => synced.refused.push((way, error)),
            }
        }
        if synced.refused.len() == 2 {
            return Err(synced.refused.swap_remove(0).1.into());
        }
        Ok(synced)
    }

    /// Stores what WeChat told at `began` or later, and gives how many it tells of no more.
    async fn keep_templates(&self, account: i64, way: Way, mut told: Vec<Told>, began: i64) -> Result<u64> {
        const KEEP: &str = "INSERT INTO notice_templates (account_id, way, template_id, title, content, example, words, \
                            category, lasting, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                            ON CONFLICT (account_id, way, template_id) DO UPDATE SET title = excluded.title, \
                            content = excluded.content, example = excluded.example, words = excluded.words, \
                            category = CASE WHEN excluded.category = '' THEN notice_templates.category \
                            ELSE excluded.category END, \
                            lasting = excluded.lasting, seen_at = excluded.seen_at, gone_at = NULL";
        const GONE: &str = "UPDATE notice_templates SET gone_at = $1 WHERE account_id = $2 AND way = $3 \
                            AND seen_at < $4 AND gone_at IS NULL";
        // In one order, so that two who read at once do not wait for each other.
        told.sort_by(|a, b| a.template_id.cmp(&b.template_id));
        let now = now_ms().max(began);
        let tx = self.db.begin_write().await?;
        for one in &told {
            let values = [
                account.into(),
                way.word().into(),
                one.template_id.as_str().into(),
                one.title.as_str().into(),
                one.content.as_str().into(),
                one.example.as_str().into(),
                json!(words::read(&one.content, &one.values)).to_string().into(),
                one.category.as_str().into(),
                one.lasting.into(),
                now.into(),
            ];
            db::execute(&*tx, KEEP, values).await?;
        }
        let gone = db::execute(&*tx, GONE, [now.into(), account.into(), way.word().into(), began.into()]).await?;
        tx.commit().await?;
        Ok(gone)
    }

    /// Takes a template out of WeChat's library, and gives its row number.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field (`short`, `words`, `tid`, `kids`, `scene`); [`Error::WeChat`];
    /// [`Error::NotFound`] for an account that is not seen.
    pub async fn add(&self, by: &Actor, reach: &Reach, account: i64, new: NewTemplate) -> Result<i64> {
        let live = self.live(reach, account)?;
        let problems = problems(&new);
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let (way, made, category) = match &new {
            NewTemplate::Template { short, words } => {
                (Way::Template, live.client.template().add(short.trim(), words).await, "")
            }
            NewTemplate::Subscribe { tid, kids, scene } => {
                (Way::Subscribe, live.client.subscribe().add(tid.trim(), kids, scene.trim()).await, scene.trim())
            }
        };
        let template_id = made.map_err(|error| refused(way, error))?;
        // WeChat knows its words now; without its list the row waits for the next reading.
        let began = now_ms();
        if let Ok(told) = told(&live, way).await {
            self.keep_templates(account, way, told, began).await?;
        }
        let id = self.remember(account, way, &template_id, category).await?;
        let entry = Entry::new(by, "notice_templates.create", "notice_templates", id).of_account(account);
        let tx = self.db.begin_write().await?;
        audit::record(&*tx, &entry.after(json!({ "way": way.word(), "template_id": template_id }))).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The row of a template that WeChat has for certain.
    async fn remember(&self, account: i64, way: Way, template_id: &str, category: &str) -> Result<i64> {
        const SQL: &str = "INSERT INTO notice_templates (account_id, way, template_id, title, content, example, words, \
                           category, seen_at) VALUES ($1, $2, $3, $3, '', '', '[]', $4, $5) \
                           ON CONFLICT (account_id, way, template_id) DO UPDATE SET gone_at = NULL, \
                           category = CASE WHEN excluded.category = '' THEN notice_templates.category \
                           ELSE excluded.category END RETURNING id";
        let values = [account.into(), way.word().into(), template_id.into(), category.into(), now_ms().into()];
        let tx = self.db.begin_write().await?;
        let row = tx.query_one_raw(db::statement(&*tx, SQL, values)).await?.ok_or(Error::NotFound)?;
        let id = row.try_get("", "id")?;
        tx.commit().await?;
        Ok(id)
    }

    /// Removes a template at WeChat; its notices stay in the log.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::WeChat`].
    pub async fn remove(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        let template = self.template(reach, id).await?;
        let live = self.live(reach, template.account_id)?;
        let removed = match template.way() {
            Way::Template => live.client.template().delete(&template.template_id).await,
            Way::Subscribe => live.client.subscribe().delete(&template.template_id).await,
        };
        match removed {
            Ok(()) => {}
            Err(error) if error.errcode.is_some_and(|code| NOT_THERE.contains(&code)) => {}
            Err(error) => return Err(error.into()),
        }
        const SQL: &str = "UPDATE notice_templates SET gone_at = $1 WHERE id = $2 AND gone_at IS NULL";
        let tx = self.db.begin_write().await?;
        db::execute(&*tx, SQL, [now_ms().into(), id.into()]).await?;
        let entry = Entry::new(by, "notice_templates.delete", "notice_templates", id).of_account(template.account_id);
        let entry = entry.before(json!({ "title": template.title, "template_id": template.template_id }));
        audit::record(&*tx, &entry).await?;
        tx.commit().await
    }

    /// The public titles of subscription notifications that the account's categories allow, 30 a page, from `start`; and
    /// how many there are.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::WeChat`].
    pub async fn titles(&self, reach: &Reach, account: i64, start: i64) -> Result<(Vec<Title>, i64)> {
        let live = self.live(reach, account)?;
        let subscribe = live.client.subscribe();
        let categories = subscribe.categories().await?;
        if categories.is_empty() {
            return Ok((Vec::new(), 0));
        }
        let ids: Vec<_> = categories.iter().map(|category| category.id.to_string()).collect();
        let page = subscribe.titles(&ids.join(","), start.max(0), PAGE).await?;
        let title = |one: &puzi_wechat::api::subscribe::Title| Title {
            tid: one.tid,
            title: one.title.clone(),
            lasting: one.kind == 3,
        };
        Ok((page.data.iter().map(title).collect(), page.count))
    }

    /// The words of a public title.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::WeChat`].
    pub async fn keywords(&self, reach: &Reach, account: i64, tid: &str) -> Result<Vec<Keyword>> {
        let live = self.live(reach, account)?;
        let words = live.client.subscribe().keywords(tid).await?.data;
        let keyword = |one: puzi_wechat::api::subscribe::Keyword| Keyword {
            kid: one.kid,
            name: one.name,
            example: one.example,
            rule: one.rule,
        };
        Ok(words.into_iter().map(keyword).collect())
    }
}

/// What WeChat has of one way.
async fn told(live: &LiveAccount, way: Way) -> Result<Vec<Told>, ApiError> {
    Ok(match way {
        Way::Template => {
            let all = live.client.template().list().await?;
            let told = all.into_iter().map(|one| Told {
                template_id: one.template_id,
                title: one.title,
                content: one.content,
                example: one.example,
                category: [one.primary_industry, one.deputy_industry].join(" ").trim().to_owned(),
                lasting: false,
                values: Vec::new(),
            });
            told.collect()
        }
        Way::Subscribe => {
            let all = live.client.subscribe().list().await?;
            let told = all.into_iter().map(|one| Told {
                template_id: one.pri_tmpl_id,
                title: one.title,
                content: one.content,
                example: one.example,
                category: String::new(),
                lasting: one.kind == 3,
                values: (one.keyword_enum_value_list.into_iter())
                    .map(|word| (word.keyword_code, word.enum_value_list))
                    .collect(),
            });
            told.collect()
        }
    })
}

/// What is wrong with a template to be taken, as far as can be seen without WeChat.
fn problems(new: &NewTemplate) -> Vec<Problem> {
    let mut problems = Vec::new();
    match new {
        NewTemplate::Template { short, words } => {
            let short = short.trim();
            let is_number = !short.is_empty() && short.bytes().all(|b| b.is_ascii_digit());
            if short.is_empty() || !short.bytes().all(|b| b.is_ascii_alphanumeric()) {
                problems.push(Problem::new("short", "notices.bad_short"));
            }
            if is_number && words.is_empty() {
                problems.push(Problem::new("words", "notices.no_words"));
            }
        }
        NewTemplate::Subscribe { tid, kids, scene } => {
            let tid = tid.trim();
            if tid.is_empty() || !tid.bytes().all(|b| b.is_ascii_digit()) {
                problems.push(Problem::new("tid", "notices.bad_tid"));
            }
            let mut once = kids.clone();
            once.sort_unstable();
            once.dedup();
            if !(2..=5).contains(&kids.len()) || once.len() != kids.len() {
                problems.push(Problem::new("kids", "notices.bad_kids"));
            }
            let chars = scene.trim().chars().count();
            if chars == 0 || chars > SCENE_CHARS {
                problems.push(Problem::new("scene", "notices.bad_scene").with("max", SCENE_CHARS));
            }
        }
    }
    problems
}

/// WeChat's refusal of a template, beside the field that it is about where that is known.
fn refused(way: Way, error: ApiError) -> Error {
    let field = |field: &str, key: &'static str| Error::Invalid(vec![Problem::new(field, key)]);
    let (number, words) = if way == Way::Template { ("short", "words") } else { ("tid", "kids") };
    match error.errcode {
        Some(40037 | 200_014) => field(number, "notices.unknown_template"),
        Some(40246 | 40247 | 200_020) => field(words, "notices.wrong_words"),
        Some(45026 | 45027 | 200_012) => field(number, "notices.too_many_templates"),
        Some(200_022) => field(number, "notices.template_there"),
        Some(200_021) => field("scene", "notices.bad_scene_refused"),
        _ => error.into(),
    }
}
