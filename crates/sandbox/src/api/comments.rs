//! Comments under articles that were published or sent.

mod lines;

use std::collections::HashMap;

use serde_json::{Value, json};

use super::ask::{INVALID, number, number_or, text};
use super::shelf::object;
use super::{Answered, ApiError, Call, Endpoint, Reply, write};
use crate::world::{Inner, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    write("/cgi-bin/comment/open", 10_000, open),
    write("/cgi-bin/comment/close", 10_000, close),
    write("/cgi-bin/comment/list", 10_000, list),
    write("/cgi-bin/comment/markelect", 10_000, elect),
    write("/cgi-bin/comment/unmarkelect", 10_000, unelect),
    write("/cgi-bin/comment/delete", 10_000, delete),
    write("/cgi-bin/comment/reply/add", 10_000, reply),
    write("/cgi-bin/comment/reply/delete", 10_000, delete_reply),
];

/// Comments that `list` gives at most: one less than the documents' "50 and more are refused".
const PAGE: i64 = 49;
/// Elected comments of one article.
const ELECTED: usize = 100;
/// Characters of a comment, and of a reply.
const WORDS: usize = 600;

pub(super) const NO_PRIVILEGE: ApiError = ApiError::new(88000, "without comment privilege");
const NO_ARTICLE: ApiError = ApiError::new(88001, "msg_data is not exists");
const NO_COMMENT: ApiError = ApiError::new(88008, "comment is not exists");

/// What the account keeps of it.
#[derive(Default)]
pub(crate) struct State {
    threads: HashMap<(i64, i64), Thread>,
    last_msg_data: i64,
    last_comment: i64,
    /// Of an account that has no comments at all.
    pub(crate) forbidden: bool,
}

/// The comments of one article.
#[derive(Default)]
struct Thread {
    open: bool,
    fans_only: bool,
    /// Whether the platform took the article away.
    banned: bool,
    comments: Vec<Comment>,
}

/// One comment.
#[derive(Clone)]
pub(crate) struct Comment {
    id: i64,
    openid: String,
    pub(crate) content: String,
    create_time: i64,
    elected: bool,
    /// The account's answer and when it came.
    pub(crate) reply: Option<(String, i64)>,
    /// Whether its writer took it back.
    withdrawn: bool,
}

impl Comment {
    fn told(&self) -> Value {
        let mut told = json!({
            "user_comment_id": self.id,
            "openid": self.openid,
            "create_time": self.create_time,
            "content": self.content,
            "comment_type": i64::from(self.elected),
        });
        if let Some((content, create_time)) = &self.reply {
            told["reply"] = json!({ "content": content, "create_time": create_time });
        }
        told
    }
}

impl State {
    /// The number that a publication or broadcast is known by here.
    pub(crate) fn next_msg_data_id(&mut self) -> i64 {
        // Far from the numbers of broadcasts, and within 32 bits without a sign.
        self.last_msg_data = self.last_msg_data.max(2_650_000_000) + 1;
        self.last_msg_data
    }

    /// Lets articles that users can read now take comments, as far as they say so.
    pub(crate) fn open_articles(&mut self, msg_data_id: i64, articles: &[Value]) {
        let is_on = |article: &Value, name: &str| article[name] == 1;
        for (index, article) in (0..).zip(articles) {
            let open = is_on(article, "need_open_comment");
            let fans_only = is_on(article, "only_fans_can_comment");
            self.threads.insert((msg_data_id, index), Thread { open, fans_only, ..Thread::default() });
        }
    }

    /// Closes the comments of an article that the platform took away.
    pub(crate) fn ban(&mut self, msg_data_id: i64) {
        let threads = self.threads.iter_mut().filter(|((id, _), _)| *id == msg_data_id);
        threads.for_each(|(_, thread)| thread.banned = true);
    }

    /// Writes a comment as a user; none when the article takes none from this one.
    pub(crate) fn write(
        &mut self,
        at: (i64, i64),
        openid: &str,
        follows: bool,
        content: &str,
        now: i64,
    ) -> Option<i64> {
        let thread = self.threads.get_mut(&at).filter(|thread| thread.open && !thread.banned)?;
        let fits = !content.is_empty() && content.chars().count() <= WORDS;
        if self.forbidden || !fits || (thread.fans_only && !follows) {
            return None;
        }
        self.last_comment += 1;
        thread.comments.push(Comment {
            id: self.last_comment,
            openid: openid.to_owned(),
            content: content.to_owned(),
            create_time: now,
            elected: false,
            reply: None,
            withdrawn: false,
        });
        Some(self.last_comment)
    }

    /// Takes a comment back as its writer; false when it is not there or another's.
    pub(crate) fn withdraw(&mut self, openid: &str, id: i64) -> bool {
        let mut comments = self.threads.values_mut().flat_map(|thread| &mut thread.comments);
        let own = comments.find(|comment| comment.id == id && comment.openid == openid);
        own.is_some_and(|comment| !std::mem::replace(&mut comment.withdrawn, true))
    }

    /// What readers of an article see under it.
    pub(crate) fn elected(&self, at: (i64, i64)) -> Vec<Comment> {
        let comments = self.threads.get(&at).map_or(&[][..], |thread| &thread.comments);
        comments.iter().filter(|comment| comment.elected && !comment.withdrawn).cloned().collect()
    }

    /// The thread that a request names.
    fn thread(&mut self, request: &Value) -> Result<&mut Thread, ApiError> {
        if self.forbidden {
            return Err(NO_PRIVILEGE);
        }
        let at = (number(request, "msg_data_id", NO_ARTICLE)?, number_or(request, "index", 0)?);
        let thread = self.threads.get_mut(&at).ok_or(NO_ARTICLE)?;
        if thread.banned { Err(ApiError::new(88002, "the article is limit for safety")) } else { Ok(thread) }
    }
}

impl Thread {
    fn comment(&mut self, request: &Value) -> Result<&mut Comment, ApiError> {
        let id = number(request, "user_comment_id", NO_COMMENT)?;
        let comment = self.comments.iter_mut().find(|comment| comment.id == id).ok_or(NO_COMMENT)?;
        if comment.withdrawn { Err(ApiError::new(88004, "comment was deleted by user")) } else { Ok(comment) }
    }
}

fn with_thread(
    world: &mut World,
    call: &Call,
    act: impl FnOnce(&mut Thread, &Value) -> Result<(), ApiError>,
) -> Answered {
    let request = object(call)?;
    let thread = world.account_mut(&call.appid).families.comments.thread(&request)?;
    act(thread, &request)?;
    Ok(Reply::ok())
}

/// `POST /cgi-bin/comment/open`, openArticleComment.
fn open(_: &Inner, world: &mut World, call: &Call) -> Answered {
    with_thread(world, call, |thread, _| {
        thread.open = true;
        Ok(())
    })
}

/// `POST /cgi-bin/comment/close`, closecomment: what was written stays.
fn close(_: &Inner, world: &mut World, call: &Call) -> Answered {
    with_thread(world, call, |thread, _| {
        thread.open = false;
        Ok(())
    })
}

/// `POST /cgi-bin/comment/list`, listComment: all, plain (1) or elected (2) ones, the newest first.
fn list(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let thread = world.account_mut(&call.appid).families.comments.thread(&request)?;
    let begin = usize::try_from(number(&request, "begin", INVALID)?).map_err(|_| INVALID)?;
    let count = number(&request, "count", INVALID)?;
    if !(1..=PAGE).contains(&count) {
        return Err(ApiError::new(88010, "count range error. count <= 0 or count > 50"));
    }
    let wanted = match number(&request, "type", INVALID)? {
        0 => None,
        1 => Some(false),
        2 => Some(true),
        _ => return Err(INVALID),
    };
    let fits = |comment: &&Comment| !comment.withdrawn && wanted.is_none_or(|elected| comment.elected == elected);
    let all: Vec<_> = thread.comments.iter().rev().filter(fits).collect();
    let page: Vec<_> =
        all.iter().skip(begin).take(usize::try_from(count).unwrap_or_default()).map(|it| it.told()).collect();
    Ok(Reply::Json(json!({ "errcode": 0, "errmsg": "ok", "total": all.len(), "comment": page })))
}

/// `POST /cgi-bin/comment/markelect`, electcomment.
fn elect(_: &Inner, world: &mut World, call: &Call) -> Answered {
    with_thread(world, call, |thread, request| {
        let elected = thread.comments.iter().filter(|comment| comment.elected).count();
        let comment = thread.comment(request)?;
        if !comment.elected && elected >= ELECTED {
            return Err(ApiError::new(88003, "elected comment upper limit"));
        }
        comment.elected = true;
        Ok(())
    })
}

/// `POST /cgi-bin/comment/unmarkelect`, unelectcomment.
fn unelect(_: &Inner, world: &mut World, call: &Call) -> Answered {
    with_thread(world, call, |thread, request| {
        thread.comment(request)?.elected = false;
        Ok(())
    })
}

/// `POST /cgi-bin/comment/delete`, delcomment.
fn delete(_: &Inner, world: &mut World, call: &Call) -> Answered {
    with_thread(world, call, |thread, request| {
        let id = thread.comment(request)?.id;
        thread.comments.retain(|comment| comment.id != id);
        Ok(())
    })
}

/// `POST /cgi-bin/comment/reply/add`, replycomment: one reply a comment.
fn reply(_: &Inner, world: &mut World, call: &Call) -> Answered {
    const BAD_LENGTH: ApiError = ApiError::new(88007, "reply content beyond max len or content len is zero");
    with_thread(world, call, |thread, request| {
        let comment = thread.comment(request)?;
        let content = text(request, "content", BAD_LENGTH)?;
        if content.chars().count() > WORDS {
            return Err(BAD_LENGTH);
        }
        if comment.reply.is_some() {
            return Err(ApiError::new(88005, "already reply"));
        }
        comment.reply = Some((content.to_owned(), call.now));
        Ok(())
    })
}

/// `POST /cgi-bin/comment/reply/delete`, delreplycomment.
fn delete_reply(_: &Inner, world: &mut World, call: &Call) -> Answered {
    with_thread(world, call, |thread, request| {
        let reply = thread.comment(request)?.reply.take();
        reply.map(|_| ()).ok_or(ApiError::new(87009, "reply is not exists"))
    })
}
