//! This process's memory and CPU time, from `/proc`.

use std::{fs, time::Duration};

/// `/proc` counts CPU time in hundredths of a second on every Linux architecture.
const TICK: Duration = Duration::from_millis(10);

/// Resident bytes at the highest so far.
pub(crate) fn peak() -> u64 {
    field("VmHWM:")
}

/// Resident bytes now.
pub(crate) fn resident() -> u64 {
    field("VmRSS:")
}

fn field(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// CPU time so far, user and system.
pub(crate) fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold blanks itself: what counts is behind it.
    let fields: Vec<&str> =
        stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u32>().ok()).unwrap_or(0);
    TICK * (ticks(11) + ticks(12))
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_process_uses_memory() {
        assert!(super::resident() > 100_000 && super::peak() >= super::resident());
    }
}
