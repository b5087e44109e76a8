//! Reading a million followers by the real server, killed now and then while callbacks come in: nobody may be lost, nobody
//! stored twice, and the process's memory stays what it was.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use clap::Args;
use puzi_sandbox::{Action, App, Config, Sandbox};
use puzi_shop::{
    accounts::{NewAccount, Reach, Registry},
    audit::Actor,
    db::Db,
    followers::sync,
    runs::{Run, Runs, State},
};
use puzi_wechat::Secret;
use sea_orm::{ConnectionTrait, Statement};

use super::{Failure, Place, plain};

const APPID: &str = "wx00000000000000b1";
const DETAILS: &str = "/cgi-bin/user/info/batchget";
/// Megabytes that the server's memory may reach.
const MOST_MB: u64 = 120;
/// Callbacks a second beside it.
const CALLBACKS: u64 = 200;
const FANS: usize = 50;

#[derive(Args)]
pub(super) struct Asked {
    #[command(flatten)]
    place: Place,
    /// The program to measure
    #[arg(long, default_value = "target/release/puzi")]
    puzi: PathBuf,
    #[arg(long, default_value_t = 1_000_000)]
    followers: usize,
    /// How often it is killed on the way
    #[arg(long, default_value_t = 3)]
    kills: u32,
}

/// A running `puzi serve`; dropped, it is killed.
struct Node {
    child: Child,
    url: String,
}

impl Node {
    fn start(asked: &Asked) -> Result<Self, Failure> {
        let mut command = Command::new(&asked.puzi);
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("PUZI_DATA", &asked.place.data)
            .env("PUZI_LOG_FORMAT", "json")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        if !asked.place.database.is_empty() {
            command.env("DATABASE_URL", &asked.place.database);
        }
        let mut child = command.spawn()?;
        let mut lines = BufReader::new(child.stderr.take().ok_or("no log")?).lines();
        let url = loop {
            let line = lines.next().ok_or("the server ended before it listened")??;
            let json: serde_json::Value = serde_json::from_str(&line)?;
            if json["message"] == "listening" {
                break format!("http://{}", json["address"].as_str().unwrap_or_default());
            }
        };
        // Read on, or a full pipe stops it.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok(Self { child, url })
    }

    fn callback(&self) -> String {
        format!("{}/wechat/bench", self.url)
    }

    /// The most memory it ever had, in megabytes; 0 where the system does not tell.
    fn peak_mb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Measures, prints a line of JSON, and fails where somebody was lost or something was done twice.
pub(super) async fn run(asked: &Asked) -> Result<(), Failure> {
    let place = asked.place.settings().open().await.map_err(plain)?;
    let wechat = Sandbox::start(Config { calls_a_minute: u32::MAX, ..Config::default() }).await?;
    let new = NewAccount {
        slug: Some("bench".into()),
        api_base: Some(wechat.url()),
        ..NewAccount::plain("Bench", APPID, Secret::new("0123456789abcdef0123456789abcdef".into()))
    };
    let account = place.accounts.add(new).await?;
    let mut node = Node::start(asked)?;
    let app = App {
        appid: APPID.into(),
        secret: account.secret.expose().clone(),
        token: account.token.expose().clone(),
        callback_url: node.callback(),
        followers: asked.followers,
        varied: true,
        ..App::default()
    };
    wechat.add_app(app)?;
    let registry =
        Registry::load(place.db.clone(), place.vault.clone(), "Asia/Shanghai", Duration::from_secs(600)).await?;
    let runs = Runs::new(place.db.clone(), registry, HashMap::new());
    let (mut peak, mut began) = (0, Instant::now());
    let id = sync::begin(&runs, &Actor::system(), &Reach::All, account.id, true, None).await?;
    for kill in 1..=asked.kills {
        let part = asked.followers as f64 / f64::from(asked.kills + 1);
        let at = (part * (f64::from(kill) - rand::random::<f64>() * 0.9)) as i64;
        wait(&runs, id, |run| run.seen >= at).await?;
        peak = peak.max(node.peak_mb());
        node.kill();
        node = Node::start(asked)?;
        let url = node.callback();
        wechat.update_app(APPID, |app| app.callback_url = url)?;
        eprintln!("killed at {at}");
    }
    let callbacks = tokio::spawn(callbacks(fans(&wechat), CALLBACKS));
    let run = wait(&runs, id, |run| !run.state.is_open()).await?;
    let seconds = began.elapsed().as_secs_f64();
    let p99 = callbacks.await.unwrap_or_default();
    peak = peak.max(node.peak_mb());
    let rows = count(&place.db, "SELECT COUNT(*) AS n FROM followers WHERE source IS NOT NULL").await?;
    let distinct =
        count(&place.db, "SELECT COUNT(DISTINCT openid) AS n FROM followers WHERE source IS NOT NULL").await?;
    let calls = wechat.quotas(APPID).iter().find(|one| one.path == DETAILS).map_or(0, |one| one.used);

    began = Instant::now();
    let again = sync::begin(&runs, &Actor::system(), &Reach::All, account.id, true, None).await?;
    let second = wait(&runs, again, |run| !run.state.is_open()).await?;
    let second_seconds = began.elapsed().as_secs_f64();
    peak = peak.max(node.peak_mb());
    println!(
        "{}",
        serde_json::json!({
            "memory_kept": peak <= MOST_MB,
            "followers": asked.followers, "kills": asked.kills, "seconds": seconds,
            "per_second": asked.followers as f64 / seconds, "rows": rows, "distinct": distinct, "seen": run.seen,
            "calls": calls, "peak_mb": peak, "callback_p99_ms": p99, "second_seconds": second_seconds,
            "second_per_second": asked.followers as f64 / second_seconds, "second_changed": second.changed,
        })
    );
    let n = asked.followers as i64;
    let ideal = u32::try_from(asked.followers.div_ceil(100))?;
    let promises = [
        ("every follower is there once", run.state == State::Done && rows >= n && rows == distinct),
        ("every follower was counted once", run.seen >= n && run.seen <= n + FANS as i64),
        ("no more calls than nine a kill were repeated", calls <= ideal + 2 + 9 * (asked.kills + 1)),
    ];
    match promises.iter().find(|(_, kept)| !kept) {
        Some((promise, _)) => Err(format!("not kept: {promise}").into()),
        None => Ok(()),
    }
}

async fn wait(runs: &Runs, id: i64, holds: impl Fn(&Run) -> bool) -> Result<Run, Failure> {
    loop {
        let run = runs.get(&Reach::All, id).await?;
        if holds(&run) {
            return Ok(run);
        }
        if !run.state.is_open() {
            return Err(format!("it came to a stop: {run:?}").into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn count(db: &Db, sql: &str) -> Result<i64, Failure> {
    let statement = Statement::from_string(db.read().get_database_backend(), sql);
    Ok(db.read().query_one_raw(statement).await?.ok_or("no row")?.try_get("", "n")?)
}

fn fans(wechat: &Sandbox) -> Vec<puzi_sandbox::Phone> {
    (0..FANS).map(|_| wechat.new_phone(APPID)).collect()
}

/// Writes to the callback at an even rate for at most twenty seconds; gives the 99th percentile of its answers, in
/// milliseconds.
async fn callbacks(fans: Vec<puzi_sandbox::Phone>, a_second: u64) -> f64 {
    let mut times = Vec::new();
    let mut tick = tokio::time::interval(Duration::from_micros(1_000_000 / a_second));
    let mut asked = tokio::task::JoinSet::new();
    let until = Instant::now() + Duration::from_secs(20);
    for n in 0.. {
        tick.tick().await;
        let fan = &fans[n % fans.len()];
        let push = fan.compose(Action::Text { content: format!("{n}"), bizmsgmenuid: None });
        asked.spawn(async move {
            let began = Instant::now();
            push.deliver().await;
            began.elapsed()
        });
        while let Some(Ok(time)) = asked.try_join_next() {
            times.push(time);
        }
        if Instant::now() > until {
            break;
        }
    }
    while let Some(Ok(time)) = asked.join_next().await {
        times.push(time);
    }
    times.sort_unstable();
    times.get(times.len() * 99 / 100).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
}
