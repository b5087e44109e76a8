//! What a server's processes have used, read from `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use crate::error::{Doing as _, Result};

/// `/proc` counts CPU time in hundredths of a second on every Linux architecture.
const TICK: Duration = Duration::from_millis(10);

/// CPU time and memory of a process and all its descendants.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) cpu: Duration,
    /// Resident bytes now; pages that workers share are counted in each of them.
    pub(crate) resident: u64,
    /// Resident bytes at the highest, each process at its own time.
    pub(crate) peak: u64,
}

/// Prints memory and CPU time of the tree below `pid`.
pub(crate) fn print(pid: u32) -> Result<()> {
    let usage = usage(pid)?;
    println!(
        "{}",
        serde_json::json!({ "resident": usage.resident, "peak": usage.peak, "cpu_seconds": usage.cpu.as_secs_f64() })
    );
    Ok(())
}

/// Sums up over the tree below `pid`.
pub(crate) fn usage(pid: u32) -> Result<Usage> {
    let mut parents = BTreeMap::new();
    let mut times = BTreeMap::new();
    for entry in fs::read_dir("/proc").doing("reading /proc")?.flatten() {
        // A process may end between the listing and the reading.
        let Some(stat) = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(stat) else { continue };
        parents.insert(stat.pid, stat.parent);
        times.insert(stat.pid, stat.ticks);
    }
    let mut sum = Usage::default();
    for (&process, &ticks) in &times {
        if is_below(process, pid, &parents) {
            sum.cpu += TICK * ticks;
            let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
            sum.resident += kilobytes(&status, "VmRSS:") * 1024;
            sum.peak += kilobytes(&status, "VmHWM:") * 1024;
        }
    }
    Ok(sum)
}

struct Stat {
    pid: u32,
    parent: u32,
    ticks: u32,
}

fn stat(pid: u32) -> Option<Stat> {
    parse(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn parse(pid: u32, line: &str) -> Option<Stat> {
    // The name in parentheses may hold blanks and parentheses itself: what counts is behind the last one.
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u32>().ok()? + fields.get(12)?.parse::<u32>().ok()?;
    Some(Stat { pid, parent: fields.get(1)?.parse().ok()?, ticks })
}

fn is_below(process: u32, top: u32, parents: &BTreeMap<u32, u32>) -> bool {
    std::iter::successors(Some(process), |process| parents.get(process).copied()).any(|process| process == top)
}

fn kilobytes(status: &str, field: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = parse(7, "7 (a) b (c) S 3 7 7 0 -1 4194304 102 0 0 0 25 17 0 0 20 0 1 0 97620").unwrap();
        assert_eq!((stat.pid, stat.parent, stat.ticks), (7, 3, 42));
    }

    #[test]
    fn the_tree_is_followed_upwards() {
        let parents = BTreeMap::from([(2, 1), (3, 2), (4, 3), (9, 1), (1, 0)]);
        assert!(is_below(4, 2, &parents) && is_below(2, 2, &parents));
        assert!(!is_below(9, 2, &parents));
    }

    #[test]
    fn this_process_uses_memory() {
        let usage = usage(std::process::id()).unwrap();
        assert!(usage.resident > 100_000 && usage.peak >= usage.resident);
    }
}
