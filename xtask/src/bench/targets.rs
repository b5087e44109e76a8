//! What the callback promises, and whether the numbers keep it.

use std::fmt;

use serde_json::{Value, json};

use super::measure::{Case, Sample};

const PLAIN: Case = Case { encrypted: false, connections: 64 };
const ENCRYPTED: Case = Case { encrypted: true, connections: 64 };

/// One promise with what was found.
pub(crate) struct Target {
    pub(crate) what: &'static str,
    pub(crate) wanted: String,
    pub(crate) found: String,
    pub(crate) met: bool,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.met { '✓' } else { '✗' };
        write!(f, "{mark} {:44} {:>12}   found {}", self.what, self.wanted, self.found)
    }
}

impl Target {
    pub(crate) fn json(&self) -> Value {
        json!({ "what": self.what, "wanted": self.wanted, "found": self.found, "met": self.met })
    }
}

/// The targets that can be judged by these medians; one whose peer was left out cannot.
pub(crate) fn judge(medians: &[Sample], idle: Option<u64>) -> Vec<Target> {
    let find = |server: &str, case: Case| medians.iter().find(|sample| sample.server == server && sample.case == case);
    let mut targets = Vec::new();
    let mut ratio = |what, case, peer, number: fn(&Sample) -> f64, at_least: bool, bound: f64| {
        let (Some(ours), Some(theirs)) = (find("puzi", case), find(peer, case)) else { return };
        let found = number(ours) / number(theirs);
        let (word, met) = if at_least { ("≥", found >= bound) } else { ("≤", found <= bound) };
        targets.push(Target { what, wanted: format!("{word} {bound:.2}×"), found: format!("{found:.2}×"), met });
    };
    ratio("requests/s against wechatpy, plain", PLAIN, "wechatpy", |s| s.per_second, true, 10.0);
    ratio("requests/s against co-wechat, plain", PLAIN, "co-wechat", |s| s.per_second, true, 2.5);
    ratio("requests/s against co-wechat, encrypted", ENCRYPTED, "co-wechat", |s| s.per_second, true, 4.0);
    ratio("CPU per request against co-wechat, plain", PLAIN, "co-wechat", |s| s.cpu_us, false, 1.0 / 3.0);
    ratio("CPU per request against co-wechat, encrypted", ENCRYPTED, "co-wechat", |s| s.cpu_us, false, 0.2);
    ratio("requests/s against a bare handler, plain", PLAIN, "bare", |s| s.per_second, true, 0.5);
    for (what, case) in [("p99, plain", PLAIN), ("p99, encrypted", ENCRYPTED)] {
        if let Some(ours) = find("puzi", case) {
            let millis = ours.p99_us / 1e3;
            targets.push(Target {
                what,
                wanted: "< 10 ms".into(),
                found: format!("{millis:.2} ms"),
                met: millis < 10.0,
            });
        }
    }
    if let Some(bytes) = idle {
        let megabytes = bytes as f64 / 1e6;
        let found = format!("{megabytes:.1} MB");
        targets.push(Target { what: "idle memory", wanted: "< 40 MB".into(), found, met: megabytes < 40.0 });
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(server: &'static str, case: Case, per_second: f64, cpu_us: f64, p99_us: f64) -> Sample {
        Sample { cpu_us, p99_us, ..Sample::blank(server, case, per_second) }
    }

    #[test]
    fn each_target_is_judged_on_its_own() {
        let medians = [
            sample("puzi", PLAIN, 30_000.0, 40.0, 9_900.0),
            sample("puzi", ENCRYPTED, 20_000.0, 60.0, 10_000.0),
            sample("wechatpy", PLAIN, 3_000.0, 600.0, 1.0),
            sample("co-wechat", PLAIN, 13_000.0, 121.0, 1.0),
            sample("co-wechat", ENCRYPTED, 5_000.0, 290.0, 1.0),
            sample("bare", PLAIN, 59_000.0, 20.0, 1.0),
        ];
        let met: Vec<bool> = judge(&medians, Some(40_000_000)).iter().map(|target| target.met).collect();
        assert_eq!(met, [true, false, true, true, false, true, true, false, false]);
    }

    #[test]
    fn a_peer_left_out_is_not_judged() {
        assert_eq!(judge(&[sample("puzi", PLAIN, 1.0, 1.0, 1.0)], None).len(), 1);
    }
}
