//! Asks an admin for pages over one keep-alive connection, and looks at what comes.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Args;
use reqwest::{Client, header};
use serde_json::{Value, json};

use crate::Failure;

/// Pages of one kind.
#[derive(Args)]
pub(crate) struct Ask {
    /// Origin of the server; loopback only
    #[arg(long)]
    origin: String,
    #[arg(long)]
    cookie: String,
    /// File with a path a line; they are asked for in turn
    #[arg(long)]
    paths: PathBuf,
    /// How many requests are measured; a tenth as many come before
    #[arg(long, default_value_t = 200)]
    requests: usize,
    /// Measuring ends after so many seconds, with at least ten requests
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// What every page has in it
    #[arg(long)]
    expect: String,
    /// Follow the link of this class to the page before, so many times, instead of asking for the paths again
    #[arg(long)]
    previous: Option<String>,
}

/// The whole list as a file.
#[derive(Args)]
pub(crate) struct Export {
    #[arg(long)]
    origin: String,
    #[arg(long)]
    cookie: String,
    #[arg(long)]
    path: String,
    /// The server's process
    #[arg(long)]
    pid: u32,
}

fn client(cookie: &str) -> Result<Client, Failure> {
    let mut headers = header::HeaderMap::new();
    headers.insert(header::COOKIE, header::HeaderValue::from_str(cookie)?);
    Ok(Client::builder().default_headers(headers).redirect(reqwest::redirect::Policy::none()).no_proxy().build()?)
}

impl Ask {
    pub(crate) async fn run(&self) -> Result<Value, Failure> {
        let client = client(&self.cookie)?;
        let file = fs::read_to_string(&self.paths)?;
        let mut paths: Vec<String> = file.lines().map(str::to_owned).collect();
        if let Some(name) = &self.previous {
            paths = self.walk(&client, paths, name).await?;
        }
        let mut times: Vec<Duration> = Vec::new();
        let (warm_up, mut bytes, mut started) = (self.requests.div_ceil(10), 0, Instant::now());
        for at in 0..warm_up + self.requests {
            if at == warm_up {
                started = Instant::now();
            }
            let (time, page) = self.page(&client, &paths[at % paths.len()]).await?;
            if at >= warm_up {
                times.push(time);
                bytes += page.len();
            }
            let enough = if at < warm_up { at >= 2 } else { times.len() >= 10 };
            if enough && started.elapsed().as_secs_f64() > self.seconds {
                if at >= warm_up {
                    break;
                }
                // Too slow to be warmed up for long.
                started = Instant::now();
            }
        }
        times.sort_unstable();
        let ms = |share: f64| {
            let last = times.len() - 1;
            times[((times.len() as f64 * share) as usize).min(last)].as_secs_f64() * 1e3
        };
        Ok(json!({
            "requests": times.len(), "p50_ms": ms(0.5), "p99_ms": ms(0.99), "most_ms": ms(1.0),
            "bytes": bytes / times.len(),
        }))
    }

    async fn page(&self, client: &Client, path: &str) -> Result<(Duration, String), Failure> {
        let began = Instant::now();
        let answer = client.get(format!("{}{path}", self.origin)).send().await?;
        let status = answer.status();
        let page = answer.text().await?;
        let time = began.elapsed();
        if !status.is_success() || !page.contains(&self.expect) {
            let beginning: String = page.chars().take(300).collect();
            return Err(format!("{path} gave {status} without {:?}: {beginning}", self.expect).into());
        }
        Ok((time, page))
    }

    /// The pages before those of `paths`, found by following their links: cursors cannot be made up.
    async fn walk(&self, client: &Client, paths: Vec<String>, name: &str) -> Result<Vec<String>, Failure> {
        let mut found = Vec::new();
        for path in paths {
            let mut path = path;
            for _ in 0..20 {
                let (_, page) = self.page(client, &path).await?;
                let link = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default());
                let link = link.map(|link| link.replace("&amp;", "&").replace("&#38;", "&"));
                let mut links =
                    link.filter(|link| link.contains(&format!("{name}=")) && !link.ends_with(&format!("{name}=")));
                found.push(path);
                match links.next() {
                    Some(link) => path = link,
                    None => return Err(format!("no link with {name} on a page").into()),
                }
            }
        }
        Ok(found)
    }
}

impl Export {
    pub(crate) async fn run(&self) -> Result<Value, Failure> {
        let client = client(&self.cookie)?;
        let memory = |name: &str| -> Result<u64, Failure> {
            let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
            let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("a process has memory")?;
            Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
        };
        // From here on the peak is this export's.
        fs::write(format!("/proc/{}/clear_refs", self.pid), "5")?;
        let (before, began) = (memory("VmRSS:")?, Instant::now());
        let mut answer = client.get(format!("{}{}", self.origin, self.path)).send().await?;
        if !answer.status().is_success() {
            return Err(format!("{} gave {}", self.path, answer.status()).into());
        }
        let (mut bytes, mut lines, mut first) = (0_u64, 0_u64, None);
        while let Some(chunk) = answer.chunk().await? {
            first.get_or_insert_with(|| began.elapsed());
            bytes += chunk.len() as u64;
            lines += chunk.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        Ok(json!({
            "bytes": bytes, "lines": lines, "seconds": began.elapsed().as_secs_f64(),
            "first_ms": first.map(|time| time.as_secs_f64() * 1e3),
            "before": before, "peak": memory("VmHWM:")?,
        }))
    }
}
