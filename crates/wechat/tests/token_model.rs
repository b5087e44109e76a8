//! One token for an account: many tasks, two processes, a platform that ends tokens at any moment.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod platform;

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use platform::Platform;
use puzi_wechat::Secret;
use puzi_wechat::client::{AccessToken, Client, StoreError, StoreFuture, TokenStore};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use serde_json::Value;

const APPID: &str = "wx5823bf96d3bd56c7";
const PROCESSES: usize = 2;
/// Tasks of one process.
const TASKS: usize = 20;
/// What befalls the token in one run.
const EVENTS: usize = 30;
/// A run takes seconds; one that hangs ends here.
const PATIENCE: Duration = Duration::from_secs(100);

/// Tokens in a file that processes share, as a database would keep them.
struct FileTokens(PathBuf);

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    token: Option<(String, i64)>,
    /// Who may fetch, and until when, unix ms.
    lease: Option<(String, u128)>,
}

impl FileTokens {
    fn with<'a, T: Send + 'a>(&self, act: impl FnOnce(&mut Kept) -> T) -> StoreFuture<'a, T> {
        let result = self.locked(act).map_err(StoreError::new);
        Box::pin(std::future::ready(result))
    }

    fn locked<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> std::io::Result<T> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&self.0)?;
        file.lock()?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let mut kept = serde_json::from_str(&text).unwrap_or_default();
        let result = act(&mut kept);
        let changed = serde_json::to_string(&kept)?;
        if changed != text {
            file.rewind()?;
            file.set_len(0)?;
            file.write_all(changed.as_bytes())?;
        }
        Ok(result)
    }
}

fn unix_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()
}

impl TokenStore for FileTokens {
    fn load<'a>(&'a self, _: &'a str) -> StoreFuture<'a, Option<AccessToken>> {
        let token = |(value, expires_at): (String, i64)| AccessToken { value: Secret::new(value), expires_at };
        self.with(|kept| kept.token.clone().map(token))
    }

    fn try_lease<'a>(&'a self, _: &'a str, holder: &'a str, seconds: u32) -> StoreFuture<'a, bool> {
        self.with(|kept| {
            let now = unix_ms();
            let free = kept.lease.as_ref().is_none_or(|(who, until)| who == holder || *until <= now);
            if free {
                kept.lease = Some((holder.to_owned(), now + u128::from(seconds) * 1000));
            }
            free
        })
    }

    fn save<'a>(&'a self, _: &'a str, holder: &'a str, token: &'a AccessToken) -> StoreFuture<'a, ()> {
        self.with(|kept| {
            if kept.lease.as_ref().is_some_and(|(who, _)| who == holder) {
                *kept = Kept { token: Some((token.value.expose().clone(), token.expires_at)), lease: None };
            }
        })
    }

    fn drop_if<'a>(&'a self, _: &'a str, failed: &'a AccessToken) -> StoreFuture<'a, ()> {
        self.with(|kept| {
            kept.token.take_if(|(value, _)| value == failed.value.expose());
        })
    }
}

fn client(url: &str, store: Arc<dyn TokenStore>) -> Client {
    let builder = Client::builder(APPID, Secret::new("secret".to_owned())).base_url(url).tokens(store);
    builder.back_off(Duration::from_millis(10)).concurrency(200).build().unwrap()
}

/// One process of the model: many tasks that call until it is over. Does nothing unless the model started it.
#[test]
fn child() {
    let Ok(setting) = std::env::var("PUZI_TOKEN_MODEL") else { return };
    let [url, who, store] = setting.split('|').collect::<Vec<_>>().try_into().unwrap();
    let client = client(url, Arc::new(FileTokens(store.into())));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async move {
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let (client, who) = (client.clone(), who.to_owned());
                tokio::spawn(async move {
                    loop {
                        // POST is not repeated for any other reason than its token.
                        let call = client.post("/call", &Value::Null).query("who", &who);
                        match call.send::<Value>().await {
                            Ok(answer) if answer["over"] == true => return Ok(()),
                            Ok(_) => {}
                            Err(error) => return Err(error),
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
    });
}

/// A process of the model; it ends with this value.
struct Process(Child);

impl Process {
    fn start(url: &str, who: usize, store: &Path) -> Self {
        let setting = format!("{url}|{who}|{}", store.display());
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--nocapture"]).env("PUZI_TOKEN_MODEL", setting);
        Self(command.stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn seed() -> u64 {
    std::env::var("PUZI_SEED").map_or_else(|_| rand::rng().random(), |seed| seed.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_fails_and_no_token_too_many_is_asked_for() {
    let seed = seed();
    println!("PUZI_SEED={seed}");
    let mut chance = StdRng::seed_from_u64(seed);
    let store = std::env::temp_dir().join(format!("puzi-token-model-{}-{seed}", std::process::id()));
    File::create(&store).unwrap();
    let platform = Platform::start().await;
    let mut processes: Vec<_> = (0..PROCESSES).map(|who| Process::start(&platform.url, who, &store)).collect();

    // Forcing is possible once in 30 s: the token is spoilt once.
    let spoilt_at = chance.random_range(0..EVENTS);
    let (mut deaths, mut forced) = (0, 0);
    for event in 0..EVENTS {
        settled(&platform, &mut processes).await;
        tokio::time::sleep(Duration::from_micros(chance.random_range(0..20_000))).await;
        let mut rules = platform.rules();
        let left = rules.left();
        match chance.random_range(0..4) {
            _ if event == spoilt_at => {
                rules.jump(31);
                rules.spoil();
                (deaths, forced) = (deaths + 1, forced + 1);
            }
            0 => {
                rules.steal();
                deaths += 1;
            }
            // Beyond the token's end.
            1 => {
                rules.jump(left + chance.random_range(0..100_000));
                deaths += 1;
            }
            // Nearly to its end: nothing is to be done about it, and asking now would be too soon.
            2 if left > 600 => rules.jump(left - chance.random_range(1..300)),
            _ => rules.jump(chance.random_range(0..left)),
        }
    }
    settled(&platform, &mut processes).await;
    platform.rules().over = true;
    for process in &mut processes {
        let began = Instant::now();
        let status = loop {
            match process.0.try_wait().unwrap() {
                Some(status) => break status,
                None => assert!(began.elapsed() < PATIENCE, "a process does not end, PUZI_SEED={seed}"),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        assert!(status.success(), "a call failed, PUZI_SEED={seed}");
    }
    std::fs::remove_file(&store).unwrap();
    let rules = platform.rules();
    println!("{} calls, {} refused, {deaths} tokens died, asked {:?}", rules.calls, rules.refused, rules.asked);
    assert!(deaths >= 1 && rules.refused >= deaths, "PUZI_SEED={seed}");
    // The first one, and one for each that died; a spoilt one is handed out once more before a refresh is forced.
    assert_eq!(rules.asked, (1 + deaths, forced), "PUZI_SEED={seed}");
}

/// Waits until every process got through with the token that is good now: more often than it has tasks, so that one of
/// them has seen it.
async fn settled(platform: &Platform, processes: &mut [Process]) {
    let began = Instant::now();
    while !platform.rules().settled(PROCESSES, TASKS) {
        assert!(began.elapsed() < PATIENCE, "calls do not get through");
        for process in &mut *processes {
            assert!(process.0.try_wait().unwrap().is_none(), "a process ended early: a call failed");
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_dies_among_a_thousand_calls_is_renewed_once() {
    for dies_after in [1, 300, 999] {
        let platform = Platform::start().await;
        let client = client(&platform.url, Arc::new(puzi_wechat::client::MemoryTokens::new()));
        platform.rules().dies_after = Some(dies_after);
        let calls: Vec<_> = (0..1000)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.post("/call", &Value::Null).query("who", "0").done().await })
            })
            .collect();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        let rules = platform.rules();
        assert_eq!(rules.asked, (2, 0), "dies after {dies_after} of 1000 calls");
        assert_eq!(rules.calls, 1000 + rules.refused);
        assert!(rules.refused >= 1, "it died while it was used");
    }
}
