//! Long lists, read page by page: what was read is not kept.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec::IntoIter;

use futures_core::Stream;

use super::error::{ApiError, Result};
use super::follower::Follower;
use super::users::{BATCH_SIZE, Users};

/// Something under way.
type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// What the page has.
    pub items: Vec<T>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page, and where the next one begins. An empty text is nowhere.
    pub fn new(items: Vec<T>, next: impl Into<Option<String>>) -> Self {
        Self { items, next: next.into().filter(|next| !next.is_empty()) }
    }
}

/// Goes through a list page by page, with one page in memory at a time. It is read by [`Pages::next`], or as a
/// [`Stream`] of pages; [`Pages::items`] gives the entries one by one.
///
/// ```no_run
/// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
/// let mut pages = wechat.users().pages();
/// while let Some(openids) = pages.next().await? {
///     println!("{} more", openids.len());
/// }
/// # Ok(())
/// # }
/// ```
pub struct Pages<'a, T> {
    fetch: Box<dyn FnMut(Option<String>) -> Doing<'a, Page<T>> + Send + 'a>,
    place: Place,
    running: Option<Doing<'a, Page<T>>>,
    failed: bool,
}

#[derive(Clone)]
enum Place {
    Beginning,
    At(String),
    End,
}

impl<'a, T> Pages<'a, T> {
    /// Pages that `fetch` brings; it is told where the page begins, `None` for the first. It is how the lists of this
    /// client are made, and does for any list of the platform that goes on from a place.
    ///
    /// ```no_run
    /// use puzi_wechat::client::{Client, Method, Page, Pages};
    /// use serde_json::{Value, json};
    ///
    /// fn drafts(wechat: &Client) -> Pages<'_, Value> {
    ///     Pages::new(move |from| {
    ///         let offset: usize = from.and_then(|from| from.parse().ok()).unwrap_or(0);
    ///         let body = json!({"offset": offset, "count": 20, "no_content": 1});
    ///         async move {
    ///             let call = wechat.call(Method::POST, "/cgi-bin/draft/batchget").json(&body).idempotent(true);
    ///             let mut answer: Value = call.send().await?;
    ///             let items = answer["item"].as_array_mut().map(std::mem::take).unwrap_or_default();
    ///             let next = (!items.is_empty()).then(|| (offset + items.len()).to_string());
    ///             Ok(Page::new(items, next))
    ///         }
    ///     })
    /// }
    /// ```
    pub fn new<F, Fut>(mut fetch: F) -> Self
    where
        F: FnMut(Option<String>) -> Fut + Send + 'a,
        Fut: Future<Output = Result<Page<T>>> + Send + 'a,
    {
        let fetch = Box::new(move |from| Box::pin(fetch(from)) as Doing<'a, Page<T>>);
        Self { fetch, place: Place::Beginning, running: None, failed: false }
    }

    /// The same list from a place inside it, such as the `next_openid` or the [`Pages::place`] of an earlier run.
    #[must_use]
    pub fn starting_at(mut self, place: impl Into<String>) -> Self {
        self.place = Place::At(place.into());
        self.running = None;
        self
    }

    /// Where the next page begins; `None` at the beginning and at the end. [`Pages::starting_at`] goes on there.
    pub fn place(&self) -> Option<&str> {
        match &self.place {
            Place::At(place) => Some(place),
            Place::Beginning | Place::End => None,
        }
    }

    /// The next page that is not empty; `None` after the last. After an error the same page can be asked for again.
    ///
    /// # Errors
    /// As the calls that bring the pages.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>> {
        self.failed = false;
        poll_fn(|cx| self.poll_page(cx)).await.transpose()
    }

    /// The entries one by one.
    pub fn items(self) -> Items<'a, T> {
        Items { pages: self, page: Vec::new().into_iter() }
    }

    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Vec<T>>>> {
        loop {
            if self.failed {
                return Poll::Ready(None);
            }
            let from = match &self.place {
                Place::Beginning => None,
                Place::At(place) => Some(place.clone()),
                Place::End => return Poll::Ready(None),
            };
            let running = self.running.get_or_insert_with(|| (self.fetch)(from.clone()));
            let Poll::Ready(page) = running.as_mut().poll(cx) else { return Poll::Pending };
            self.running = None;
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    self.failed = true;
                    return Poll::Ready(Some(Err(error)));
                }
            };
            self.place = match page.next {
                // A list that names the place where it is already would be read for ever.
                Some(next) if from.as_ref() != Some(&next) => Place::At(next),
                _ => Place::End,
            };
            if !page.items.is_empty() {
                return Poll::Ready(Some(Ok(page.items)));
            }
        }
    }
}

/// A stream ends after an error; [`Pages::next`] goes on.
impl<T> Stream for Pages<'_, T> {
    type Item = Result<Vec<T>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_page(cx)
    }
}

impl<T> fmt::Debug for Pages<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("place", &self.place()).finish_non_exhaustive()
    }
}

/// The entries of a list one by one, with one page in memory at a time; see [`Pages::items`].
///
/// ```no_run
/// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
/// let mut openids = wechat.users().pages().items();
/// while let Some(openid) = openids.next().await? {
///     println!("{openid}");
/// }
/// # Ok(())
/// # }
/// ```
pub struct Items<'a, T> {
    pages: Pages<'a, T>,
    page: IntoIter<T>,
}

impl<T> Items<'_, T> {
    /// The next entry; `None` after the last. After an error it can be asked for again.
    ///
    /// # Errors
    /// As [`Pages::next`].
    pub async fn next(&mut self) -> Result<Option<T>> {
        self.pages.failed = false;
        poll_fn(|cx| self.poll_item(cx)).await.transpose()
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        loop {
            if let Some(item) = self.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            // The page read to its end is given back before the next one comes.
            self.page = Vec::new().into_iter();
            match self.pages.poll_page(cx) {
                Poll::Ready(Some(Ok(page))) => self.page = page.into_iter(),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<T: Unpin> Stream for Items<'_, T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_item(cx)
    }
}

impl<T> fmt::Debug for Items<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("pages", &self.pages).field("left", &self.page.len()).finish()
    }
}

/// What the platform tells about everyone on a list of openids, in the list's order: details are fetched 100 at a time,
/// several calls at once, with one page of openids in memory. See [`Pages::infos`]. The calls go on while a follower is
/// waited for: who works long on each should hand them to another task.
///
/// ```no_run
/// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
/// let mut followers = wechat.users().pages().infos(wechat.users(), 4);
/// while let Some(follower) = followers.next().await? {
///     println!("{},{}", follower.openid, follower.remark);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Infos<'a> {
    users: Users<'a>,
    openids: Items<'a, String>,
    /// The openids of the batch that is being gathered.
    gathered: Vec<String>,
    over: bool,
    /// The list could not be read further; told when what was listed before is told.
    list_error: Option<ApiError>,
    batches: VecDeque<Batch<'a>>,
    at_once: usize,
    ready: IntoIter<Follower>,
    failed: bool,
}

struct Batch<'a> {
    openids: Vec<String>,
    state: State<'a>,
}

enum State<'a> {
    /// It failed, or was not begun.
    Waiting,
    Running(Doing<'a, Vec<Follower>>),
    Done(Vec<Follower>),
}

impl<'a> Pages<'a, String> {
    /// Fetches what the platform tells about everyone on the list, with at most `at_once` calls under way, 1 at least.
    /// `users` says in which language.
    pub fn infos(self, users: Users<'a>, at_once: usize) -> Infos<'a> {
        Infos {
            users,
            openids: self.items(),
            gathered: Vec::new(),
            over: false,
            list_error: None,
            batches: VecDeque::new(),
            at_once: at_once.max(1),
            ready: Vec::new().into_iter(),
            failed: false,
        }
    }
}

impl Infos<'_> {
    /// The next follower; `None` after the last. After an error it can be asked for again: nobody is left out.
    ///
    /// # Errors
    /// As [`Users::list`] and [`Users::infos`].
    pub async fn next(&mut self) -> Result<Option<Follower>> {
        self.failed = false;
        if self.list_error.is_none() {
            self.openids.pages.failed = false;
        }
        poll_fn(|cx| self.poll_follower(cx)).await.transpose()
    }

    fn poll_follower(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Follower>>> {
        loop {
            if let Some(follower) = self.ready.next() {
                return Poll::Ready(Some(Ok(follower)));
            }
            if self.failed {
                return Poll::Ready(None);
            }
            self.gather(cx);
            if let Some(error) = self.drive(cx) {
                self.failed = true;
                return Poll::Ready(Some(Err(error)));
            }
            if let Some(first) = self.batches.front_mut() {
                let State::Done(followers) = &mut first.state else { return Poll::Pending };
                self.ready = std::mem::take(followers).into_iter();
                self.batches.pop_front();
            } else if let Some(error) = self.list_error.take() {
                self.failed = true;
                return Poll::Ready(Some(Err(error)));
            } else if self.over {
                return Poll::Ready(None);
            } else {
                return Poll::Pending;
            }
        }
    }

    /// Puts openids into batches as long as there is room for one more.
    fn gather(&mut self, cx: &mut Context<'_>) {
        while !self.over && self.list_error.is_none() && self.batches.len() < self.at_once {
            match self.openids.poll_item(cx) {
                Poll::Ready(Some(Ok(openid))) => self.gathered.push(openid),
                Poll::Ready(Some(Err(error))) => self.list_error = Some(error),
                Poll::Ready(None) => self.over = true,
                Poll::Pending => return,
            }
            if self.gathered.len() == BATCH_SIZE || (self.over && !self.gathered.is_empty()) {
                let openids = std::mem::take(&mut self.gathered);
                self.batches.push_back(Batch { openids, state: State::Waiting });
            }
        }
    }

    /// Lets all batches go on; the error of the first that failed, which begins anew next time.
    fn drive(&mut self, cx: &mut Context<'_>) -> Option<ApiError> {
        for batch in &mut self.batches {
            if matches!(batch.state, State::Waiting) {
                let (users, openids) = (self.users, batch.openids.clone());
                batch.state = State::Running(Box::pin(async move { users.infos(&openids).await }));
            }
            let State::Running(running) = &mut batch.state else { continue };
            match running.as_mut().poll(cx) {
                Poll::Ready(Ok(followers)) => batch.state = State::Done(followers),
                Poll::Ready(Err(error)) => {
                    batch.state = State::Waiting;
                    return Some(error);
                }
                Poll::Pending => {}
            }
        }
        None
    }
}

/// A stream ends after an error; [`Infos::next`] goes on.
impl Stream for Infos<'_> {
    type Item = Result<Follower>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_follower(cx)
    }
}

impl fmt::Debug for Infos<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Infos").field("openids", &self.openids).field("under_way", &self.batches.len()).finish()
    }
}
