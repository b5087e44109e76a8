//! Reading a span of WeChat's records whole, or not at all.
//!
//! A page that is full is not paged but its span halved in time, until each part fits one page: whether a next page repeats the
//! record that its `msgid` names stands nowhere. Only two seconds that have more than a page are paged, and a first
//! record that is the last one of the page before is dropped. Parts share the second between them: whether WeChat counts both
//! ends in stands nowhere either, and what is read twice has the same key twice.

use puzi_wechat::{
    api::service::{Record, Records},
    client::{ApiError, Client},
};

/// Records of one page: WeChat's limit.
pub(super) const PAGE: i64 = 10_000;
/// Pages of one second that are asked for at most: that would be a million records.
const PAGES: usize = 100;

/// Why a span was not read.
#[derive(Debug)]
pub(super) enum Unread {
    /// WeChat refused, or did not answer.
    Refused(ApiError),
    /// It gives the same page again and again.
    Endless,
}

/// The records of some seconds, in parts that are each whole. They come in the order of time; two neighbours share a second.
pub(super) struct Parts<'a> {
    client: &'a Client,
    ahead: Vec<(i64, i64)>,
}

impl<'a> Parts<'a> {
    /// Of the seconds from `from` to `until`, Unix seconds.
    pub(super) fn of(client: &'a Client, from: i64, until: i64) -> Self {
        Self { client, ahead: vec![(from, until)] }
    }

    /// The next part; `None` behind the last.
    pub(super) async fn next(&mut self) -> Option<Result<Vec<Record>, Unread>> {
        loop {
            let (from, until) = self.ahead.pop()?;
            let page = match self.client.service().records(&Records::new(from, until, 1, PAGE)).await {
                Ok(page) => page,
                Err(error) => return Some(Err(Unread::Refused(error))),
            };
            if (page.recordlist.len() as i64) < PAGE {
                return Some(Ok(page.recordlist));
            }
            if until - from <= 1 {
                return Some(rest(self.client, from, until, page.recordlist, page.msgid).await);
            }
            let middle = from + (until - from) / 2;
            self.ahead.extend([(middle, until), (from, middle)]);
        }
    }
}

/// The pages after the first.
async fn rest(
    client: &Client,
    from: i64,
    until: i64,
    mut records: Vec<Record>,
    mut next: i64,
) -> Result<Vec<Record>, Unread> {
    let mut asked = 1;
    for _ in 0..PAGES {
        if next <= asked {
            return Err(Unread::Endless);
        }
        asked = next;
        let page = client.service().records(&Records::new(from, until, asked, PAGE)).await.map_err(Unread::Refused)?;
        let full = page.recordlist.len() as i64 >= PAGE;
        let mut more = page.recordlist;
        if !more.is_empty() && more.first() == records.last() {
            more.remove(0);
        }
        records.extend(more);
        if !full {
            return Ok(records);
        }
        next = page.msgid;
    }
    Err(Unread::Endless)
}
