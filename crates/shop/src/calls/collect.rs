//! What was told becomes lines and sums, on a thread of its own: nobody waits for it.

use std::{
    collections::{HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError},
    thread,
    time::{Duration, Instant},
};

use metrics::counter;
use serde_json::{Value, json};

use super::{
    figures::{Name, Sums},
    line::{Line, PushSeen},
    mask::{Mask, cut},
    recorder::{Bodies, CallSeen, Policy, Raw, RawSent, Shared},
    waiting::{Added, Item},
};

/// A thread that looks wakes up this often at most.
const NAP: Duration = Duration::from_millis(20);
/// Names of endpoints that are remembered as written.
const NAMES: usize = 10_000;

/// Takes what was told.
pub(super) struct Collector {
    shared: Arc<Shared>,
    /// Exchanged with the list that pushes are told into.
    pushes: Vec<PushSeen>,
    sums: Sums,
    sums_since: Instant,
    names: HashSet<(i64, Name)>,
}

impl Collector {
    pub(super) fn new(shared: Arc<Shared>, pushes: Vec<PushSeen>) -> Self {
        Self { shared, pushes, sums: Sums::default(), sums_since: Instant::now(), names: HashSet::new() }
    }

    /// Looks until the end.
    pub(super) fn run(mut self) {
        let mut settled = 0;
        loop {
            let (asked, last) = (self.shared.asked(), self.shared.is_stopping());
            // Whatever is wrong with one call, the next ones are recorded.
            if catch_unwind(AssertUnwindSafe(|| self.look())).is_err() {
                counter!("puzi_calls_left_out_total", "why" => "panic").increment(1);
                tracing::error!("recording a call panicked");
            }
            if asked > settled || last || self.sums_since.elapsed() >= self.shared.timing.sums {
                self.shared.waiting().add_sums(std::mem::take(&mut self.sums));
                self.sums_since = Instant::now();
                settled = asked;
            }
            self.shared.handed_over(settled, last);
            if last {
                return;
            }
            self.nap(settled);
        }
    }

    fn nap(&self, settled: u64) {
        let until = Instant::now() + self.shared.timing.look;
        while Instant::now() < until && !self.shared.is_stopping() && self.shared.asked() == settled {
            thread::sleep((until - Instant::now()).min(NAP));
        }
    }

    fn look(&mut self) {
        let mut pushes = std::mem::take(&mut self.pushes);
        self.shared.take_pushes(&mut pushes);
        let policies = self.shared.policies.read().unwrap_or_else(PoisonError::into_inner).clone();
        let lost = self.shared.take_lost();
        if lost > 0 {
            counter!("puzi_calls_left_out_total", "why" => "unheard").increment(lost);
        }
        // Not all under one lock: the writer wants it too.
        for part in pushes.chunks(1_024) {
            let items = part.iter().filter_map(|seen| self.push(seen, &policies)).collect();
            self.wait_with(items);
        }
        pushes.clear();
        self.pushes = pushes;
        let calls = self.shared.take_calls();
        let items = calls.into_iter().map(|seen| self.call(seen, &policies)).collect();
        self.wait_with(items);
    }

    fn wait_with(&mut self, items: Vec<Item>) {
        if items.is_empty() {
            return;
        }
        let (mut behind, mut without_bodies) = (0, 0);
        let shared = self.shared.clone();
        let mut waiting = shared.waiting();
        for item in items {
            let Added { left_out, without_bodies: lost } = waiting.add(item);
            without_bodies += u64::from(lost);
            if let Some((account, at)) = left_out {
                self.sums.left_out(account, at);
                behind += 1;
            }
        }
        drop(waiting);
        if behind > 0 {
            counter!("puzi_calls_left_out_total", "why" => "behind").increment(behind);
        }
        if without_bodies > 0 {
            counter!("puzi_calls_without_bodies_total").increment(without_bodies);
        }
    }

    fn push(&mut self, seen: &PushSeen, policies: &HashMap<i64, Policy>) -> Option<Item> {
        if self.sums.push(seen) {
            self.name(seen.account, Name::Push(seen.endpoint));
        }
        let wanted = seen.is_notable() || policies.get(&seen.account).is_none_or(|policy| policy.pushes);
        wanted.then_some(Item::Push(*seen))
    }

    fn call(&mut self, seen: CallSeen, policies: &HashMap<i64, Policy>) -> Item {
        let path: Arc<str> = seen.path.as_str().into();
        if self.sums.call((seen.account, seen.at), path.clone(), seen.us, seen.trouble, seen.errcode) {
            self.name(seen.account, Name::Path(path));
        }
        let bodies = policies.get(&seen.account).copied().unwrap_or_default().bodies;
        let with_bodies = match bodies {
            Bodies::All => true,
            Bodies::Errors => seen.trouble.is_some(),
            Bodies::None => false,
        };
        let mut line = Line {
            account_id: seen.account,
            at: seen.at,
            outgoing: true,
            us: seen.us,
            sent: seen.sent,
            received: seen.received,
            trouble: seen.trouble,
            errcode: seen.errcode,
            status: seen.status,
            rid: seen.rid,
            attempt: seen.attempt,
            origin: self.shared.origin,
            ..Line::default()
        };
        let secrets = seen.raw.iter().flat_map(|raw| &raw.secrets).map(|secret| secret.expose().as_str());
        let mask = Mask::new(&seen.path, secrets);
        line.errmsg = seen.errmsg.map(|text| mask.said(&text));
        if let Some(raw) = &seen.raw {
            line.openid = openid(raw);
            if with_bodies {
                line.request = Some(cut(request(raw, &mask).to_string()));
                line.response = response(raw, &mask).map(|value| cut(value.to_string()));
            }
        }
        line.endpoint = seen.path.into();
        Item::Call(Box::new(line))
    }

    fn name(&mut self, account: i64, name: Name) {
        if self.names.len() >= NAMES {
            self.names.clear();
        }
        if self.names.insert((account, name.clone())) {
            self.sums.endpoint(account, name);
        }
    }
}

fn request(raw: &Raw, mask: &Mask<'_>) -> Value {
    let mut request = json!({ "method": raw.method, "host": raw.host });
    if !raw.query.is_empty() {
        request["query"] = mask.query(&raw.query);
    }
    match &raw.request {
        RawSent::Empty => {}
        RawSent::Json(body) => {
            request["body"] =
                mask.body(body).unwrap_or_else(|| json!({ "content_type": "application/json", "bytes": body.len() }));
        }
        RawSent::Form(fields) => {
            let field = |(name, bytes): &(String, Option<u64>)| json!({ "name": mask.name(name), "bytes": bytes });
            request["form"] = fields.iter().map(field).collect();
        }
        RawSent::Plain(content_type, bytes) => {
            request["file"] = json!({ "content_type": content_type, "bytes": bytes });
        }
    }
    request
}

fn response(raw: &Raw, mask: &Mask<'_>) -> Option<Value> {
    let (content_type, length, body) = raw.answer.as_ref()?;
    let read = body.as_ref().and_then(|body| mask.body(body));
    let content_type = content_type.as_deref().map(|text| mask.name(text));
    Some(read.unwrap_or_else(|| json!({ "content_type": content_type, "bytes": length })))
}

/// The one follower that a call is about: the key by which it leads to them.
fn openid(raw: &Raw) -> Option<String> {
    let asked = raw.query.iter().find(|(name, _)| name == "openid").map(|(_, value)| value.clone());
    let named = || {
        let RawSent::Json(body) = &raw.request else { return None };
        if body.len() > super::mask::READABLE {
            return None;
        }
        let body: Value = serde_json::from_slice(body).ok()?;
        ["openid", "touser", "from_openid"].iter().find_map(|key| body.get(*key)?.as_str()).map(str::to_owned)
    };
    asked.or_else(named).filter(|openid| is_an_openid(openid))
}

/// Whether a word may be an openid: what else stands in its place is a mistake, and may be anything.
fn is_an_openid(word: &str) -> bool {
    (20..=40).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}
