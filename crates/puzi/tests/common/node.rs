//! A running `puzi serve`.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread::JoinHandle,
    time::Duration,
};

use reqwest::{Client, Response};

/// A node that is silent for longer hangs: the test says where, and does not wait to be ended.
pub const SILENCE: Duration = Duration::from_secs(40);

/// A running `puzi serve`; dropped, it is killed.
pub struct Node {
    pub url: String,
    child: Child,
    log: Option<JoinHandle<String>>,
}

impl Node {
    /// Starts `serve`, which logs in JSON, and waits until it listens.
    pub fn start(mut serve: Command) -> Self {
        serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        // Made first: a panic below kills the child.
        let mut node = Self { url: String::new(), child: serve.spawn().unwrap(), log: None };
        let mut lines = BufReader::new(node.child.stderr.take().unwrap()).lines();
        let mut log = String::new();
        node.url = loop {
            let line = lines.next().unwrap_or_else(|| panic!("the node ended before it listened: {log}")).unwrap();
            let json: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
            log.extend([&line, "\n"]);
            if json["message"] == "listening" {
                break format!("http://{}", json["address"].as_str().unwrap());
            }
        };
        // Read on, or a full pipe stops the node.
        node.log = Some(std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                eprintln!("{line}");
                log.extend([&line, "\n"]);
            }
            log
        }));
        node
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn callback(&self, slug: &str) -> String {
        format!("{}/wechat/{slug}", self.url)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Kills it; gives all that it logged.
    pub fn into_log(mut self) -> String {
        self.kill();
        self.log.take().unwrap().join().unwrap()
    }

    /// SIGTERM, as a service manager does.
    pub fn terminate(&self) {
        assert!(Command::new("kill").args(["-TERM", &self.id().to_string()]).status().unwrap().success());
    }

    /// Waits for the end, at most 20 s, and tells whether it was a good one.
    pub async fn wait(&mut self) -> bool {
        let child = &mut self.child;
        super::until("the node's end", Duration::from_secs(20), async || child.try_wait().unwrap().is_some()).await;
        self.child.wait().unwrap().success()
    }

    /// One number of `/metrics`, without labels; `None` while it is not there.
    pub async fn metric(&self, name: &str) -> Option<f64> {
        let page = self.get("/metrics").await.text().await.unwrap();
        page.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    }

    pub async fn is_ready(&self) -> bool {
        self.get("/readyz").await.status().is_success()
    }

    async fn get(&self, path: &str) -> Response {
        let client = Client::builder().read_timeout(SILENCE).build().unwrap();
        client.get(format!("{}{path}", self.url)).send().await.unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
