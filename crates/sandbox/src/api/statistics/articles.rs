//! Readers of articles. Nobody reads here: the figures are made of the articles' numbers, so they are the same each
//! time, fall from day to day as real ones do, and their parts add up to their sums.

use serde_json::{Value, json};

use super::super::{Answered, ApiError, Call, Reply};
use super::dates::{Day, written};
use super::{days, list};
use crate::mixed::mixed;
use crate::tokens::day_of;
use crate::world::{Account, Inner, World};

/// Days on which an article is read.
const READ_FOR: i64 = 30;
/// Days of `getarticletotal`.
const OLD_TOTAL: i64 = 7;
/// All sources together, in the old figures.
const ALL: i64 = 99_999_999;

/// An article that was sent or published.
struct Story {
    /// The message's number and the article's place in it, from 1.
    msgid: String,
    /// Where it can be read.
    page: String,
    title: String,
    day: Day,
    /// Whether the followers got a message about it.
    notified: bool,
}

/// What one day did for an article, or the sum of some days.
#[derive(Clone, Copy, Default)]
struct Figures {
    read: i64,
    share: i64,
    like: i64,
    heart: i64,
    collect: i64,
    original: i64,
}

impl std::ops::AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.share += other.share;
        self.like += other.like;
        self.heart += other.heart;
        self.collect += other.collect;
        self.original += other.original;
    }
}

impl Story {
    /// What happened on a day.
    fn on(&self, day: Day) -> Figures {
        let age = day - self.day;
        if !(0..READ_FOR).contains(&age) {
            return Figures::default();
        }
        let part = |what: &str, below: u64| i64::try_from(mixed(&[&self.msgid, what]) % below).unwrap_or_default();
        let wobble = part(&format!("day {age}"), 7);
        let read = (60 + part("reach", 400)) / (1 + age * age) + wobble;
        let of_them = |what: &str, most: u64| read * (1 + part(what, most)) / 100;
        Figures {
            read,
            share: of_them("share", 12),
            like: of_them("like", 9),
            heart: of_them("heart", 6),
            collect: of_them("collect", 4),
            original: of_them("original", 8),
        }
    }

    fn until(&self, day: Day) -> Figures {
        let mut sum = Figures::default();
        (self.day..=day).for_each(|day| sum += self.on(day));
        sum
    }
}

/// What the account has sent and published.
fn stories(account: &Account) -> Vec<Story> {
    let mut stories = Vec::new();
    let mut add = |message: i64, id: &str, at: i64, titles: Vec<String>, notified| {
        for (title, place) in titles.into_iter().zip(1..) {
            let (msgid, page) = (format!("{message}_{place}"), format!("/sandbox/articles/{id}/{place}"));
            stories.push(Story { msgid, page, title, day: day_of(at), notified });
        }
    };
    for (_, msg_data_id, at, titles) in account.families.mass.sent() {
        add(msg_data_id, &msg_data_id.to_string(), at, titles, true);
    }
    for (article_id, msg_data_id, at, titles) in account.families.publish.stories() {
        add(msg_data_id, article_id, at, titles, false);
    }
    stories
}

/// Parts of a sum in per cent; what rounding leaves goes to the first.
fn shares<const N: usize>(sum: i64, percents: [i64; N]) -> [i64; N] {
    let mut parts = percents.map(|percent| sum * percent / 100);
    parts[0] += sum - parts.iter().sum::<i64>();
    parts
}

fn sources(read: i64) -> Value {
    let names = ["公众号消息", "聊天会话", "朋友圈", "公众号主页", "推荐", "搜一搜", "其他"];
    let parts = shares(read, [44, 20, 14, 8, 7, 5, 2]);
    let all = std::iter::once(json!({ "user_count": read, "scene_desc": "全部" }));
    let each = names.iter().zip(parts).map(|(name, count)| json!({ "user_count": count, "scene_desc": name }));
    all.chain(each).collect()
}

fn readers(figures: Figures) -> Value {
    json!({ "read_user": figures.read, "read_user_source": sources(figures.read) })
}

fn told(figures: Figures) -> Value {
    let others = json!({
        "share_user": figures.share,
        "zaikan_user": figures.heart,
        "like_user": figures.like,
        "comment_count": 0,
        "collection_user": figures.collect,
    });
    merged(readers(figures), others)
}

fn fresh(rows: Vec<Value>) -> Answered {
    Ok(Reply::Json(json!({ "list": rows, "is_delay": false })))
}

/// Each article that was read on each of some days.
fn by_day(
    world: &World,
    call: &Call,
    most: i64,
    row: impl Fn(Day, &Story, Figures) -> Value,
) -> Result<Vec<Value>, ApiError> {
    let days = days(call, most)?;
    let stories = stories(world.account(&call.appid));
    let all = days.flat_map(|day| stories.iter().map(move |story| (day, story, story.on(day))));
    Ok(all.filter(|(_, _, figures)| figures.read > 0).map(|(day, story, figures)| row(day, story, figures)).collect())
}

/// `POST /datacube/getarticleread`: readers of each article; one day.
pub(super) fn read_by_day(_: &Inner, world: &mut World, call: &Call) -> Answered {
    fresh(by_day(
        world,
        call,
        1,
        |day, story, figures| json!({ "ref_date": written(day), "msgid": story.msgid, "detail": readers(figures) }),
    )?)
}

/// `POST /datacube/getarticleshare`: who passed each article on; one day.
pub(super) fn shared_by_day(_: &Inner, world: &mut World, call: &Call) -> Answered {
    fresh(by_day(
        world,
        call,
        1,
        |day, story, figures| json!({ "ref_date": written(day), "msgid": story.msgid, "detail": { "share_user": figures.share } }),
    )?)
}

/// `POST /datacube/getbizsummary`: all articles of the account together; thirty days.
pub(super) fn account(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let days = days(call, 30)?;
    let stories = stories(world.account(&call.appid));
    fresh(
        days.map(|day| {
            let mut sum = Figures::default();
            stories.iter().for_each(|story| sum += story.on(day));
            let published = stories.iter().filter(|story| story.day == day).count();
            let others = json!({ "redirect_ori_page_user": sum.original, "send_page_count": published });
            json!({ "ref_date": written(day), "detail": merged(told(sum), others) })
        })
        .collect(),
    )
}

/// `POST /datacube/getarticletotaldetail`: the articles of some days, from then on; thirty days.
pub(super) fn detail(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let days = days(call, 30)?;
    let yesterday = day_of(call.now) - 1;
    let row = |story: &Story| {
        let last = yesterday.min(story.day + READ_FOR - 1);
        let details = (story.day..=last).map(|day| {
            let mut detail = told(story.until(day));
            detail["stat_date"] = written(day).into();
            detail["praise_money"] = 0.into();
            detail["read_subscribe_user"] = (story.until(day).read / 50).into();
            detail["read_delivery_rate"] = json!(if story.notified { 0.21 } else { 0.0 });
            detail["read_finish_rate"] = json!(0.62);
            detail["read_avg_activetime"] = json!(1.4);
            let left = shares(100, [12, 8, 18, 24, 38]).into_iter().zip(1..);
            detail["read_jump_position"] = left
                .map(|(rate, position)| json!({ "position": position, "rate": f64::from(i32::try_from(rate).unwrap_or_default()) / 100.0 }))
                .collect();
            detail
        });
        json!({
            "ref_date": written(story.day),
            "msgid": story.msgid,
            "publish_type": i32::from(!story.notified),
            "title": story.title,
            "content_url": format!("{}{}", inner.base_url, story.page),
            "detail_list": details.collect::<Vec<_>>(),
        })
    };
    let stories = stories(world.account(&call.appid));
    fresh(stories.iter().filter(|story| days.contains(&story.day)).map(row).collect())
}

fn old_figures(figures: Figures) -> Value {
    json!({
        "int_page_read_user": figures.read,
        "int_page_read_count": figures.read + figures.read / 5,
        "ori_page_read_user": figures.original,
        "ori_page_read_count": figures.original,
        "share_user": figures.share,
        "share_count": figures.share + figures.share / 3,
        "add_to_fav_user": figures.collect,
        "add_to_fav_count": figures.collect,
    })
}

fn merged(mut row: Value, with: Value) -> Value {
    if let (Some(row), Value::Object(with)) = (row.as_object_mut(), with) {
        row.extend(with);
    }
    row
}

/// `POST /datacube/getarticlesummary`, no longer maintained: articles that were sent, as read on a day; one day.
pub(super) fn old_summary(_: &Inner, world: &mut World, call: &Call) -> Answered {
    list(by_day(world, call, 1, |day, story, figures| {
        let row = json!({ "ref_date": written(day), "user_source": ALL, "msgid": story.msgid, "title": story.title });
        merged(row, old_figures(figures))
    })?)
}

/// `POST /datacube/getarticletotal`, no longer maintained: the articles sent on a day, with seven days; one day.
pub(super) fn old_total(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let days = days(call, 1)?;
    let account = world.account(&call.appid);
    let followers = account.follower_count();
    let yesterday = day_of(call.now) - 1;
    let row = |story: &Story| {
        let last = yesterday.min(story.day + OLD_TOTAL - 1);
        let details = (story.day..=last).map(|day| {
            let figures = story.until(day);
            let [session, history, feed, friends, seen, found, other] = shares(figures.read, [44, 8, 14, 20, 7, 5, 2]);
            let by_source = json!({
                "stat_date": written(day),
                "target_user": if story.notified { followers } else { 0 },
                "int_page_from_session_read_user": session, "int_page_from_session_read_count": session,
                "int_page_from_hist_msg_read_user": history, "int_page_from_hist_msg_read_count": history,
                "int_page_from_feed_read_user": feed, "int_page_from_feed_read_count": feed,
                "int_page_from_friends_read_user": friends, "int_page_from_friends_read_count": friends,
                "int_page_from_kanyikan_read_user": seen, "int_page_from_kanyikan_read_count": seen,
                "int_page_from_souyisou_read_user": found, "int_page_from_souyisou_read_count": found,
                "int_page_from_other_read_user": other, "int_page_from_other_read_count": other,
                "feed_share_from_session_user": figures.share, "feed_share_from_session_cnt": figures.share,
                "feed_share_from_feed_user": 0, "feed_share_from_feed_cnt": 0,
                "feed_share_from_other_user": 0, "feed_share_from_other_cnt": 0,
            });
            merged(old_figures(figures), by_source)
        });
        json!({
            "ref_date": written(story.day), "msgid": story.msgid, "title": story.title, "user_source": ALL,
            "details": details.collect::<Vec<_>>(),
        })
    };
    list(stories(account).iter().filter(|story| days.contains(&story.day)).map(row).collect())
}

/// The sums of all articles on a day, for all sources and for each.
fn by_source(stories: &[Story], day: Day) -> Vec<(i64, Figures)> {
    let mut sum = Figures::default();
    stories.iter().for_each(|story| sum += story.on(day));
    if sum.read == 0 {
        return Vec::new();
    }
    let parts = shares(sum.read, [44, 20, 14, 8, 2, 7, 5]);
    let passed = shares(sum.share, [44, 20, 14, 8, 2, 7, 5]);
    let each = [0, 1, 2, 4, 5, 6, 7].into_iter().zip(parts.into_iter().zip(passed));
    // Original pages and favourites are only told for all sources together.
    let each = each.map(|(source, (read, share))| (source, Figures { read, share, ..Figures::default() }));
    std::iter::once((ALL, sum)).chain(each).collect()
}

fn by_days_and_sources(world: &World, call: &Call, most: i64) -> Result<Vec<(Day, i64, Figures)>, ApiError> {
    let days = days(call, most)?;
    let stories = stories(world.account(&call.appid));
    let of_day = |day| by_source(&stories, day).into_iter().map(move |(source, figures)| (day, source, figures));
    Ok(days.flat_map(of_day).collect())
}

/// `POST /datacube/getuserread`, no longer maintained: readers by source; three days.
pub(super) fn old_read(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let rows = by_days_and_sources(world, call, 3)?.into_iter();
    let row = |(day, source, figures)| {
        merged(json!({ "ref_date": written(day), "user_source": source }), old_figures(figures))
    };
    list(rows.map(row).collect())
}

/// `POST /datacube/getuserreadhour`, no longer maintained: everyone reads at eight in the evening; one day.
pub(super) fn old_read_hour(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let rows = by_days_and_sources(world, call, 1)?.into_iter();
    let row = |(day, source, figures): (Day, i64, Figures)| {
        let row = json!({
            "ref_date": written(day), "ref_hour": 2000, "user_source": source, "total_online_time": figures.read * 40,
        });
        merged(row, old_figures(figures))
    };
    list(rows.map(row).collect())
}

fn share_rows(day: Day, source: i64, figures: Figures) -> impl Iterator<Item = Value> {
    let scenes = [1, 2, 255].into_iter().zip(shares(figures.share, [60, 30, 10]));
    scenes.filter(|(_, share)| *share > 0).map(move |(scene, share)| {
        json!({
            "ref_date": written(day), "user_source": source, "share_scene": scene,
            "share_user": share, "share_count": share,
        })
    })
}

/// `POST /datacube/getusershare`, no longer maintained: who passed articles on, and where to; seven days.
pub(super) fn old_share(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let rows = by_days_and_sources(world, call, 7)?.into_iter();
    list(rows.flat_map(|(day, source, figures)| share_rows(day, source, figures)).collect())
}

/// `POST /datacube/getusersharehour`, no longer maintained; one day.
pub(super) fn old_share_hour(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let rows = by_days_and_sources(world, call, 1)?.into_iter();
    let rows = rows.flat_map(|(day, source, figures)| share_rows(day, source, figures));
    list(rows.map(|row| merged(row, json!({ "ref_hour": 2000 }))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_and_figures_stay_the_same() {
        assert_eq!(shares(101, [44, 20, 14, 8, 7, 5, 2]).iter().sum::<i64>(), 101);
        let story =
            Story {
                msgid: "2247483647_1".into(), page: String::new(), title: "春茶".into(), day: 100, notified: true
            };
        assert_eq!(story.on(103).read, story.on(103).read);
        assert!(story.on(100).read > story.on(110).read);
        assert_eq!((story.on(99).read, story.on(130).read), (0, 0));
        assert_eq!(story.until(101).read, story.on(100).read + story.on(101).read);
    }
}
