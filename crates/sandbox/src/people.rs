//! The people of one account: followers made up on demand, and those that something happened to.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::nicknames;
use crate::openids::Openids;
use crate::window::Window;

/// Someone's number within an account: the made-up followers have the first ones.
pub(crate) type Number = u32;

/// `subscribe_scene` of somebody who searched for the account.
const SEARCH: &str = "ADD_SCENE_SEARCH";
/// How the crowd of a varied account came.
const CAME_BY: [&str; 6] = [
    SEARCH,
    "ADD_SCENE_PROFILE_CARD",
    "ADD_SCENE_QR_CODE",
    "ADD_SCENE_PROFILE_LINK",
    "ADD_SCENE_PAID",
    "ADD_SCENE_OTHERS",
];
/// Over how many seconds the crowd of a varied account came: three years.
const SPREAD: i64 = 3 * 365 * 86_400;

/// One phone, as seen by one account.
#[derive(Clone)]
pub(crate) struct PhoneState {
    pub(crate) openid: String,
    pub(crate) nickname: String,
    pub(crate) color: &'static str,
    /// Its place among the followers while it follows.
    following: Option<u64>,
    /// Its last place; 0 when it never followed.
    pub(crate) last_place: u64,
    /// Unix seconds.
    pub(crate) subscribe_time: i64,
    /// The scene it followed by.
    pub(crate) scene: Option<String>,
    /// Whether that scene is a text, be it all digits.
    pub(crate) text_scene: bool,
    /// `subscribe_scene` of whoever followed without a QR code.
    pub(crate) came_by: &'static str,
    pub(crate) remark: String,
    pub(crate) window: Window,
    /// Unix milliseconds of the last thing it said or did.
    pub(crate) last_active_ms: i64,
    /// Unix milliseconds until which it sees the account typing.
    pub(crate) typing_until_ms: i64,
}

impl PhoneState {
    fn new(openid: String, nickname: String, color: &'static str) -> Self {
        Self {
            openid,
            nickname,
            color,
            following: None,
            last_place: 0,
            subscribe_time: 0,
            scene: None,
            text_scene: false,
            came_by: SEARCH,
            remark: String::new(),
            window: Window::default(),
            last_active_ms: i64::MIN / 2,
            typing_until_ms: 0,
        }
    }

    pub(crate) fn is_following(&self) -> bool {
        self.following.is_some()
    }
}

/// Everyone whom an account has met.
pub(crate) struct People {
    openids: Openids,
    crowd: Crowd,
    /// Openids after the crowd's, in the order they were met.
    named: Vec<Box<str>>,
    numbers: HashMap<Box<str>, Number>,
    /// Those who were met before the crowd.
    early: usize,
    touched: HashMap<Number, PhoneState>,
    /// Followers outside the crowd's places, by when they came.
    others: BTreeMap<u64, Number>,
    /// The last place given.
    came: u64,
}

/// Followers that nothing has happened to yet; only those who left are written down.
#[derive(Default)]
struct Crowd {
    size: u32,
    /// The place of its first.
    first: u64,
    /// Unix seconds since when they follow.
    since: i64,
    /// They came over [`SPREAD`] until then, in several ways; else all at once, by the search.
    varied: bool,
    /// The names' first number.
    name: usize,
    first_name: usize,
    /// A bit for each who gave the place up.
    gone: Vec<u64>,
    gone_count: usize,
}

impl Crowd {
    fn end(&self) -> u64 {
        self.first + u64::from(self.size)
    }

    fn is_gone(&self, number: Number) -> bool {
        self.gone.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Gives a place up, if it is one of the crowd's.
    fn leave(&mut self, place: u64) -> bool {
        let Some(number) = place.checked_sub(self.first).and_then(|n| u32::try_from(n).ok()) else { return false };
        if number >= self.size {
            return false;
        }
        if self.gone.is_empty() {
            self.gone = vec![0; self.size as usize / 64 + 1];
        }
        self.gone[number as usize / 64] |= 1 << (number % 64);
        self.gone_count += 1;
        true
    }

    fn person(&self, openid: String, number: Number) -> PhoneState {
        let n = self.name + number as usize;
        let place = self.first + u64::from(number);
        let before = if self.varied { SPREAD - SPREAD * i64::from(number + 1) / i64::from(self.size) } else { 0 };
        PhoneState {
            following: Some(place),
            last_place: place,
            subscribe_time: self.since - before,
            came_by: if self.varied { CAME_BY[number as usize % CAME_BY.len()] } else { SEARCH },
            ..PhoneState::new(openid, nicknames::name(self.first_name, n), nicknames::color(n))
        }
    }
}

impl People {
    /// No one yet.
    pub(crate) fn new(seed: u64, appid: &str) -> Self {
        Self {
            openids: Openids::new(seed, appid),
            crowd: Crowd::default(),
            named: Vec::new(),
            numbers: HashMap::new(),
            early: 0,
            touched: HashMap::new(),
            others: BTreeMap::new(),
            came: 0,
        }
    }

    /// Puts the made-up followers at the end of the list. Once only, and before anyone else follows but `named` ones:
    /// their numbers move up behind the crowd's.
    pub(crate) fn make_up(&mut self, size: u32, now: i64, first_name: usize, name: usize) {
        let first = self.came + 1;
        self.crowd = Crowd { size, first, since: now, name, first_name, ..Crowd::default() };
        self.came += u64::from(size);
        self.early = self.named.len();
        let moved = self.touched.drain().map(|(number, person)| (number + size, person)).collect();
        self.touched = moved;
        self.numbers.values_mut().chain(self.others.values_mut()).for_each(|number| *number += size);
        // One that was named and made here before, by the same seed, is there once.
        for number in self.named.iter().filter_map(|openid| self.openids.number(openid)).filter(|n| *n < size) {
            self.crowd.leave(first + u64::from(number));
        }
    }

    /// Adds someone who follows nothing yet; with an openid made here when none is given.
    pub(crate) fn add(&mut self, openid: Option<String>, nickname: String, color: &'static str) -> String {
        let number = self.next_number();
        let openid = openid.unwrap_or_else(|| self.openids.of(number));
        self.named.push(openid.as_str().into());
        self.numbers.insert(openid.as_str().into(), number);
        self.touched.insert(number, PhoneState::new(openid.clone(), nickname, color));
        openid
    }

    fn next_number(&self) -> Number {
        let met = self.crowd.size as usize + self.named.len();
        Number::try_from(met).expect("four billion people do not fit into memory")
    }

    /// The number of an openid, when the account has met it.
    pub(crate) fn number(&self, openid: &str) -> Option<Number> {
        let made_up = || self.openids.number(openid).filter(|number| *number < self.crowd.size);
        self.numbers.get(openid).copied().or_else(made_up)
    }

    /// The openid of a number that [`People::number`] gave.
    pub(crate) fn openid(&self, number: Number) -> String {
        match number.checked_sub(self.crowd.size) {
            None => self.openids.of(number),
            Some(at) => self.named.get(at as usize).map_or_else(String::new, |openid| openid.to_string()),
        }
    }

    pub(crate) fn get(&self, openid: &str) -> Option<Cow<'_, PhoneState>> {
        let number = self.number(openid)?;
        match self.touched.get(&number) {
            Some(person) => Some(Cow::Borrowed(person)),
            None => Some(Cow::Owned(self.crowd.person(openid.to_owned(), number))),
        }
    }

    /// The same, to change: from then on this one is kept.
    pub(crate) fn get_mut(&mut self, openid: &str) -> Option<&mut PhoneState> {
        let number = self.number(openid)?;
        let crowd = &self.crowd;
        Some(self.touched.entry(number).or_insert_with(|| crowd.person(openid.to_owned(), number)))
    }

    pub(crate) fn is_following(&self, number: Number) -> bool {
        self.touched.get(&number).map_or(number < self.crowd.size, PhoneState::is_following)
    }

    /// Puts someone at the end of the followers' list; false when they follow already or are not there.
    pub(crate) fn follow(&mut self, openid: &str, now: i64, scene: Option<String>, text_scene: bool) -> bool {
        let Some(number) = self.number(openid).filter(|number| !self.is_following(*number)) else { return false };
        self.came += 1;
        let place = self.came;
        let Some(person) = self.touched.get_mut(&number) else { return false };
        person.following = Some(place);
        person.last_place = place;
        person.subscribe_time = now;
        person.scene = scene;
        person.text_scene = text_scene;
        self.others.insert(place, number);
        true
    }

    /// The made-up followers came over three years and in six ways, in place of all at once.
    pub(crate) fn vary(&mut self) {
        self.crowd.varied = true;
    }

    /// Takes someone off the followers' list; what the account may send ends with it.
    pub(crate) fn unfollow(&mut self, openid: &str) {
        let Some(person) = self.get_mut(openid) else { return };
        person.window.close();
        if let Some(place) = person.following.take()
            && !self.crowd.leave(place)
        {
            self.others.remove(&place);
        }
    }

    pub(crate) fn followers(&self) -> usize {
        self.crowd.size as usize - self.crowd.gone_count + self.others.len()
    }

    /// Those who follow and came after a place, in that order.
    pub(crate) fn followers_after(&self, place: u64) -> impl Iterator<Item = Number> + '_ {
        let crowd = &self.crowd;
        let from = place.saturating_add(1);
        let start = from.clamp(crowd.first, crowd.end());
        let inside = (start..crowd.end()).filter_map(|place| u32::try_from(place - crowd.first).ok());
        let named = |range: std::ops::Range<u64>| {
            let range = if range.start < range.end { range } else { 0..0 };
            self.others.range(range).map(|(_, number)| *number)
        };
        named(from..crowd.first)
            .chain(inside.filter(|number| !crowd.is_gone(*number)))
            .chain(named(from.max(crowd.end())..u64::MAX))
    }

    /// Those with a state of their own, in no order.
    pub(crate) fn known(&self) -> impl Iterator<Item = &PhoneState> {
        self.touched.values()
    }

    /// The openids met last, `limit` at most, in the order they were met.
    pub(crate) fn latest(&self, limit: usize) -> Vec<String> {
        let (early, late) = self.named.split_at(self.early);
        let crowd = (0..self.crowd.size).rev().map(|number| self.openids.of(number));
        let (early, late) = (early.iter().map(ToString::to_string), late.iter().map(ToString::to_string));
        let newest = late.rev().chain(crowd).chain(early.rev());
        let mut latest: Vec<_> = newest.take(limit).collect();
        latest.reverse();
        latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(named: &[&str], crowd: u32) -> People {
        let mut people = People::new(1, "wxA");
        for openid in named {
            people.add(Some((*openid).to_owned()), "n".into(), "c");
            people.follow(openid, 5, None, false);
        }
        people.make_up(crowd, 5, 0, named.len());
        people
    }

    fn openids(people: &People, place: u64) -> Vec<String> {
        people.followers_after(place).map(|number| people.openid(number)).collect()
    }

    #[test]
    fn followers_stay_in_the_order_they_came() {
        let mut people = people(&["oA", "oB"], 3);
        let crowd: Vec<_> = (0..3).map(|n| people.openids.of(n)).collect();
        let late = people.add(None, "late".into(), "c");
        assert!(people.follow(&late, 9, Some("7".into()), true));
        assert!(!people.follow(&late, 10, None, false));
        assert!(!people.follow(&crowd[1], 10, None, false));
        let all = ["oA", "oB", &crowd[0], &crowd[1], &crowd[2], &late];
        assert_eq!((openids(&people, 0), people.followers()), (all.map(str::to_owned).to_vec(), 6));
        for (place, _) in all.iter().enumerate() {
            let last = people.get(all[place]).unwrap().last_place;
            assert_eq!(
                (last, openids(&people, last)),
                (place as u64 + 1, all[place + 1..].iter().map(|o| (*o).to_owned()).collect())
            );
        }

        people.unfollow("oB");
        people.unfollow(&crowd[0]);
        people.unfollow(&crowd[0]);
        assert_eq!(people.followers(), 4);
        assert!(people.follow(&crowd[0], 11, None, false));
        assert_eq!(openids(&people, 0), ["oA", &crowd[1], &crowd[2], &late, &crowd[0]].map(str::to_owned));
        assert_eq!(openids(&people, u64::MAX), Vec::<String>::new());
        people.unfollow(&crowd[0]);
        assert_eq!(openids(&people, 1), [&crowd[1], &crowd[2], &late].map(String::clone));
    }

    #[test]
    fn only_the_touched_are_kept() {
        let mut people = people(&["oA"], 1000);
        assert_eq!((people.touched.len(), people.named.len()), (1, 1));
        let openid = people.openids.of(999);
        let seen = people.get(&openid).unwrap().into_owned();
        assert!(seen.is_following() && seen.last_place == 1001 && people.touched.len() == 1);
        people.get_mut(&openid).unwrap().remark = "kept".into();
        assert_eq!((people.touched.len(), people.get(&openid).unwrap().remark.as_str()), (2, "kept"));
        assert!(people.get(&people.openids.of(1000)).is_none());
        let late = people.add(None, "late".into(), "c");
        assert_eq!((people.latest(2), people.latest(5000).len()), (vec![openid, late.clone()], 1002));
        assert_eq!(people.openid(people.number(&late).unwrap()), late);
        assert!(!people.get(&late).unwrap().is_following());
    }
}
