//! One measurement: one server, one mode, so many connections.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::exec::{self, Context as _, Error, Result};

use super::server::{Account, Server, release};

/// What is sent: in which mode, over how many connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Case {
    pub(crate) encrypted: bool,
    pub(crate) connections: u32,
}

impl Case {
    pub(crate) const ALL: [Self; 4] = [
        Self { encrypted: false, connections: 64 },
        Self { encrypted: true, connections: 64 },
        Self { encrypted: false, connections: 1 },
        Self { encrypted: true, connections: 1 },
    ];
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = if self.encrypted { "encrypted" } else { "plain" };
        let plural = if self.connections == 1 { "" } else { "s" };
        write!(f, "{mode}, {} connection{plural}", self.connections)
    }
}

/// The numbers of one measurement, or their medians.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) server: &'static str,
    pub(crate) case: Case,
    pub(crate) round: u32,
    pub(crate) per_second: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// CPU time of the server's processes, microseconds a request.
    pub(crate) cpu_us: f64,
    /// CPU time of the load generator, microseconds a request.
    pub(crate) generator_cpu_us: f64,
    pub(crate) peak: u64,
    pub(crate) answered: u64,
    /// All that were sent, the warm-up's too.
    pub(crate) sent: u64,
    pub(crate) wrong: u64,
    pub(crate) first_wrong: Option<String>,
}

impl Sample {
    #[cfg(test)]
    pub(crate) fn blank(server: &'static str, case: Case, per_second: f64) -> Self {
        Self {
            server,
            case,
            round: 1,
            per_second,
            p50_us: 0.0,
            p99_us: 0.0,
            cpu_us: 0.0,
            generator_cpu_us: 0.0,
            peak: 0,
            answered: 1,
            sent: 1,
            wrong: 0,
            first_wrong: None,
        }
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:10} {:26} {:>8.0}/s   p99 {:>8.2} ms   CPU {:>6.1} µs   generator {:>4.1} µs",
            self.server,
            self.case.to_string(),
            self.per_second,
            self.p99_us / 1e3,
            self.cpu_us,
            self.generator_cpu_us
        )?;
        if self.wrong > 0 { write!(f, "   {} WRONG", self.wrong) } else { Ok(()) }
    }
}

/// Measures once; nothing when the server has no such mode. With a pace so many messages a second are sent, otherwise as many
/// as go.
pub(crate) fn measure(
    server: &Server,
    case: Case,
    round: u32,
    seconds: f64,
    pace: Option<u32>,
) -> Result<Option<Sample>> {
    let account = if case.encrypted { server.encrypted.as_ref() } else { Some(&server.plain) };
    let Some(Account { path, appid, token, encoding_aes_key }) = account else { return Ok(None) };
    let mut load = exec::program(release("puzi-load"));
    load.args(["run", "--target", &server.address.to_string(), "--path", path, "--appid", appid, "--token", token]);
    load.args(["--encoding-aes-key", encoding_aes_key, "--expect", server.expect]);
    load.args(["--connections", &case.connections.to_string(), "--seconds", &seconds.to_string()]);
    load.args(["--pid", &server.pid().to_string()]);
    if case.encrypted {
        load.arg("--encrypted");
    }
    if let Some(pace) = pace {
        load.args(["--pace", &pace.to_string()]);
    }
    let line = json(&exec::output(&mut load)?)?;
    if exec::interrupted() {
        return Err(Error::new("Interrupted."));
    }
    let number = |key: &str| line[key].as_f64().unwrap_or_default();
    Ok(Some(Sample {
        server: server.name,
        case,
        round,
        per_second: number("per_second"),
        p50_us: number("p50_us"),
        p99_us: number("p99_us"),
        cpu_us: number("cpu_us"),
        generator_cpu_us: number("generator_cpu_us"),
        peak: line["peak"].as_u64().unwrap_or_default(),
        answered: line["answered"].as_u64().unwrap_or_default(),
        sent: line["sent"].as_u64().unwrap_or_default(),
        wrong: line["wrong"].as_u64().unwrap_or_default(),
        first_wrong: line["first_wrong"].as_str().map(str::to_owned),
    }))
}

/// How many lines of the record of calls the server has left out since its start, by its own metrics.
pub(crate) fn left_out(address: SocketAddr) -> Result<u64> {
    let mut stream = TcpStream::connect(address).context(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).context(address)?;
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).context(address)?;
    let mut page = String::new();
    stream.read_to_string(&mut page).context(address)?;
    if !page.starts_with("HTTP/1.1 200") {
        return Err(Error::new("puzi does not tell its metrics."));
    }
    let counted = page.lines().filter(|line| line.starts_with("puzi_calls_left_out_total"));
    let numbers = counted.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    Ok(numbers.sum::<f64>() as u64)
}

/// Resident bytes of a process and its descendants.
pub(crate) fn resident(pid: u32) -> Result<u64> {
    let mut usage = exec::program(release("puzi-load"));
    Ok(json(&exec::output(usage.args(["usage", "--pid", &pid.to_string()]))?)?["resident"].as_u64().unwrap_or_default())
}

fn json(line: &str) -> Result<Value> {
    serde_json::from_str(line).context("what puzi-load printed")
}

/// The medians of each number, over the rounds of one server and case.
pub(crate) fn median(samples: &[&Sample]) -> Option<Sample> {
    let of = |number: fn(&Sample) -> f64| {
        let mut numbers: Vec<f64> = samples.iter().map(|sample| number(sample)).collect();
        numbers.sort_by(f64::total_cmp);
        let middle = numbers.len() / 2;
        if numbers.len().is_multiple_of(2) { (numbers[middle - 1] + numbers[middle]) / 2.0 } else { numbers[middle] }
    };
    let first = samples.first()?;
    Some(Sample {
        server: first.server,
        case: first.case,
        round: first.round,
        per_second: of(|s| s.per_second),
        p50_us: of(|s| s.p50_us),
        p99_us: of(|s| s.p99_us),
        cpu_us: of(|s| s.cpu_us),
        generator_cpu_us: of(|s| s.generator_cpu_us),
        peak: samples.iter().map(|s| s.peak).max().unwrap_or_default(),
        answered: samples.iter().map(|s| s.answered).sum(),
        sent: samples.iter().map(|s| s.sent).sum(),
        wrong: samples.iter().map(|s| s.wrong).sum(),
        first_wrong: samples.iter().find_map(|s| s.first_wrong.clone()),
    })
}
