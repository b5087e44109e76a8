//! The table that a run ends with, and the same as JSON.

use std::fmt;

use serde_json::{Value, json};

use super::measure::{Case, Sample, median};
use super::record;
use super::server::Server;
use super::targets::{Target, judge};

/// Medians over the rounds, memory, and the targets.
pub(crate) struct Report {
    medians: Vec<Sample>,
    /// Name, idle and peak bytes.
    memory: Vec<(&'static str, u64, u64)>,
    targets: Vec<Target>,
}

impl Report {
    pub(crate) fn new(servers: &[Server], samples: &[Sample]) -> Self {
        let mut medians = Vec::new();
        for case in Case::ALL {
            for server in servers {
                let rounds: Vec<&Sample> =
                    samples.iter().filter(|s| s.server == server.name && s.case == case).collect();
                medians.extend(median(&rounds));
            }
        }
        let peak = |name| medians.iter().filter(|s| s.server == name).map(|s| s.peak).max().unwrap_or_default();
        let memory: Vec<_> = servers.iter().map(|server| (server.name, server.idle, peak(server.name))).collect();
        let idle = memory.iter().find(|(name, ..)| *name == "puzi").map(|(_, idle, _)| *idle);
        let mut targets = judge(&medians, idle);
        targets.extend(record::costs(samples));
        Self { medians, memory, targets }
    }

    /// Adds what was found besides.
    pub(crate) fn add(&mut self, targets: impl IntoIterator<Item = Target>) {
        self.targets.extend(targets);
    }

    pub(crate) fn wrong(&self) -> u64 {
        self.medians.iter().map(|sample| sample.wrong).sum()
    }

    pub(crate) fn first_wrong(&self) -> &str {
        self.medians.iter().find_map(|sample| sample.first_wrong.as_deref()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        let cases = self.medians.iter().map(|s| {
            json!({
                "server": s.server,
                "encrypted": s.case.encrypted,
                "connections": s.case.connections,
                "per_second": s.per_second,
                "p50_us": s.p50_us,
                "p99_us": s.p99_us,
                "cpu_us": s.cpu_us,
                "generator_cpu_us": s.generator_cpu_us,
                "answered": s.answered,
                "wrong": s.wrong,
            })
        });
        let memory = self.memory.iter().map(|(name, idle, peak)| json!({ "server": name, "idle": idle, "peak": peak }));
        json!({
            "medians": cases.collect::<Vec<_>>(),
            "memory_bytes": memory.collect::<Vec<_>>(),
            "targets": self.targets.iter().map(Target::json).collect::<Vec<_>>(),
        })
    }

    fn case(&self, f: &mut fmt::Formatter<'_>, case: Case) -> fmt::Result {
        let rows: Vec<&Sample> = self.medians.iter().filter(|sample| sample.case == case).collect();
        let ours = rows.iter().find(|sample| sample.server == "puzi");
        let case = case.to_string();
        writeln!(f, "{case:28} requests/s   puzi is   p50 ms   p99 ms   CPU µs   puzi needs   checked")?;
        for row in &rows {
            let (faster, needs) = match ours {
                Some(ours) => {
                    (format!("{:.2}×", ours.per_second / row.per_second), format!("{:.2}×", ours.cpu_us / row.cpu_us))
                }
                None => Default::default(),
            };
            writeln!(
                f,
                "  {:26} {:>10} {faster:>9} {:>8.2} {:>8.2} {:>8.1} {needs:>12} {:>9}",
                row.server,
                thousands(row.per_second),
                row.p50_us / 1e3,
                row.p99_us / 1e3,
                row.cpu_us,
                thousands(row.answered as f64)
            )?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in Case::ALL {
            self.case(f, case)?;
        }
        writeln!(f, "{:28} {:>10} {:>9} {:>8} {:>9}", "memory, MB", "idle", "puzi is", "peak", "puzi is")?;
        let ours = self.memory.iter().find(|(name, ..)| *name == "puzi");
        for (name, idle, peak) in &self.memory {
            let ratio = |ours: Option<u64>, theirs: u64| match ours {
                Some(ours) => format!("{:.2}×", ours as f64 / theirs as f64),
                None => String::new(),
            };
            let (idle_ratio, peak_ratio) = (ratio(ours.map(|o| o.1), *idle), ratio(ours.map(|o| o.2), *peak));
            let (idle, peak) = (*idle as f64 / 1e6, *peak as f64 / 1e6);
            writeln!(f, "  {name:26} {idle:>10.1} {idle_ratio:>9} {peak:>8.1} {peak_ratio:>9}")?;
        }
        writeln!(f)?;
        self.targets.iter().try_for_each(|target| writeln!(f, "{target}"))
    }
}

/// `53,700`
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap_or("")).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0.4, 999.0, 1_000.0, 53_700.2].map(thousands), ["0", "999", "1,000", "53,700"]);
    }
}
