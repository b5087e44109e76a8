//! `puzi call`: any call of the Official Account API from the command line.

mod json;
mod mask;
mod near;
mod request;
mod show;
mod told;
mod until;

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use puzi_shop::{
    accounts::{DatabaseTokens, settings as account_settings},
    calls::{Origin, Policy, Recorder},
    texts::Locale,
};
use puzi_wechat::{
    Secret,
    client::{ApiError, Binary, Client, ErrorKind, Method, Observer},
};

use self::{
    json::Json,
    mask::Mask,
    request::{Own, Pair, Request, refused},
    until::{Until, duration},
};
use super::accounts::pick;
use crate::{error::Failure, exit, output, settings::Settings, texts::say};

/// Where the AppSecret of `--appid` comes from.
const SECRET_VARIABLE: &str = "PUZI_CALL_SECRET";
/// The platform's API.
const PLATFORM: &str = "https://api.weixin.qq.com";

/// `puzi call`.
#[derive(Debug, Args)]
pub struct CallArgs {
    /// GET or POST
    #[arg(value_name = "METHOD", value_parser = method)]
    pub method: Method,
    /// Path of the call, such as cgi-bin/user/get
    pub path: String,
    /// JSON to send: itself, @FILE, or - for standard input
    #[arg(conflicts_with = "form")]
    pub body: Option<String>,
    /// Query parameter; may come several times
    #[arg(long, short, value_name = "NAME=VALUE")]
    pub query: Vec<Pair>,
    /// Field of a form, a file after an @; may come several times
    #[arg(long, short, value_name = "NAME=VALUE")]
    pub form: Vec<Pair>,
    /// Slug, AppID or name of the account; not needed when there is only one
    #[arg(long, conflicts_with = "appid")]
    pub account: Option<String>,
    /// AppID of an account that is not in Puzi; its secret comes by PUZI_CALL_SECRET, or is asked for
    #[arg(long)]
    pub appid: Option<String>,
    /// API address for --appid, such as the sandbox's; WeChat's own if left out
    #[arg(long, value_name = "URL", requires = "appid")]
    pub base_url: Option<String>,
    /// Send no access token
    #[arg(long)]
    pub no_token: bool,
    /// Call again and again until the answer is so, such as publish_status=0
    #[arg(long, value_name = "CONDITION", conflicts_with = "output")]
    pub repeat_until: Option<Until>,
    /// Pause between two calls of --repeat-until
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration, requires = "repeat_until")]
    pub every: Duration,
    /// How long --repeat-until goes on
    #[arg(long = "for", value_name = "TIME", default_value = "60s", value_parser = duration, requires = "repeat_until")]
    pub during: Duration,
    /// How long one call may take [default: 10s, with files 60s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Print the answer's bytes as they came
    #[arg(long, conflicts_with = "output")]
    pub raw: bool,
    /// Save the answer into a file
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Print tokens, tickets and secrets instead of ***
    #[arg(long)]
    pub show_secrets: bool,
    /// Print the request and send nothing
    #[arg(long)]
    pub dry_run: bool,
}

fn method(text: &str) -> Result<Method, &'static str> {
    match text.to_ascii_uppercase().as_str() {
        "GET" => Ok(Method::GET),
        "POST" => Ok(Method::POST),
        _ => Err("is GET or POST"),
    }
}

/// Makes the call and prints its answer.
///
/// # Errors
/// When the command line cannot be understood, or as the call failed: each kind has an exit code of its own.
pub async fn run(args: CallArgs, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let mut mask = Mask::new(args.show_secrets);
    let caller = Caller::find(&args, settings).await?;
    mask.know(&caller.secret);
    let request = Request::read(&args, &Own { appid: &caller.appid, secret: &caller.secret }, locale)?;
    doubt(&request, locale);
    if args.dry_run {
        output::line(request.shown(&caller.base_url, &mask).written(std::io::stdout().is_terminal()));
        return Ok(());
    }
    let recorder = caller.recorder.clone();
    let client = caller.client(args.repeat_until.is_some(), locale)?;
    let calling = Calling { client, request, mask, locale };
    let called = match (&args.repeat_until, &args.output) {
        (Some(until), _) => calling.repeat(until, args.every, args.during, args.raw).await,
        (None, Some(path)) => calling.save(path).await,
        (None, None) => calling.once(args.raw).await,
    };
    recorder.stop().await;
    called
}

/// Says so when the catalogue has no such call, and has one much like it. It is made all the same: the platform may know
/// more than the catalogue.
fn doubt(request: &Request, locale: Locale) {
    let mut known = near::at(&request.path).map(|known| known.method).peekable();
    let note = |key: &str, what: &str| {
        output::note(&say(locale, key, &[("path", request.path.clone()), ("what", what.to_owned())]));
    };
    match known.peek() {
        Some(first) if !near::at(&request.path).any(|known| known.method == request.method.as_str()) => {
            note("call.other_method", first);
        }
        Some(_) => {}
        None => {
            if let Some(near) = near::nearest(&request.path) {
                note("call.did_you_mean", near);
            }
        }
    }
}

/// Who calls.
struct Caller {
    appid: String,
    secret: Secret<String>,
    base_url: String,
    /// Tokens that all of Puzi shares; one's own when the account is not in Puzi.
    tokens: Option<DatabaseTokens>,
    /// Where the calls of an account of Puzi's are told.
    recorder: Recorder,
    observer: Option<Arc<dyn Observer>>,
}

impl Caller {
    async fn find(args: &CallArgs, settings: &Settings) -> Result<Self, Failure> {
        let locale = settings.locale();
        if let Some(appid) = &args.appid {
            // A request that is only shown needs no secret.
            let secret = if args.dry_run { given_secret() } else { Some(asked_secret(locale)?) };
            let base_url = args.base_url.clone().unwrap_or_else(|| PLATFORM.to_owned());
            let secret = secret.unwrap_or_else(|| Secret::new(String::new()));
            let (appid, recorder) = (appid.clone(), Recorder::off());
            return Ok(Self { appid, secret, base_url, tokens: None, recorder, observer: None });
        }
        let place = settings.open().await?;
        let account = pick(&place, args.account.as_deref(), locale).await?;
        let recorder = match args.dry_run {
            true => Recorder::off(),
            false => settings.recorder(&place.db, Origin::Cli)?,
        };
        recorder.policy(account.id, Policy::of(&account_settings::load(place.db.read(), account.id).await?));
        Ok(Self {
            observer: recorder.is_on().then(|| recorder.of(&account)),
            recorder,
            appid: account.appid,
            secret: account.secret,
            base_url: account.api_base.unwrap_or_else(|| PLATFORM.to_owned()),
            tokens: Some(DatabaseTokens::new(place.db, place.vault)),
        })
    }

    fn client(self, repeated: bool, locale: Locale) -> Result<Client, Failure> {
        let mut builder = Client::builder(self.appid, self.secret).base_url(self.base_url);
        if repeated {
            // What passes by itself is waited out between the calls, in the time that was given.
            builder = builder.repeats(0);
        }
        if let Some(tokens) = self.tokens {
            builder = builder.tokens(Arc::new(tokens));
        }
        if let Some(observer) = self.observer {
            builder = builder.observer(observer);
        }
        builder.build().map_err(|error| refused(locale, "call.bad_base_url", &[("why", error.errmsg)]))
    }
}

fn given_secret() -> Option<Secret<String>> {
    std::env::var(SECRET_VARIABLE).ok().filter(|secret| !secret.is_empty()).map(Secret::new)
}

/// The secret from the environment, or typed unseen. It is never an argument: those stand in the shell's history.
fn asked_secret(locale: Locale) -> Result<Secret<String>, Failure> {
    if let Some(secret) = given_secret() {
        return Ok(secret);
    }
    if !std::io::stdin().is_terminal() {
        return Err(refused(locale, "call.no_secret", &[("variable", SECRET_VARIABLE.to_owned())]));
    }
    Ok(Secret::new(rpassword::prompt_password(say(locale, "call.ask_secret", &[]))?))
}

/// A call that is being made, once or again and again.
struct Calling {
    client: Client,
    request: Request,
    mask: Mask,
    locale: Locale,
}

impl Calling {
    async fn once(mut self, raw: bool) -> Result<(), Failure> {
        let answer = self.ask().await.map_err(|error| self.refusal(&error))?;
        self.know_token().await;
        show::answer(&answer, Json::of_answer(&answer.bytes), raw, &self.mask, self.locale)
    }

    async fn save(self, path: &Path) -> Result<(), Failure> {
        let answer = self.request.call(&self.client).send_stream().await;
        let mut answer = answer.map_err(|error| self.refusal(&error))?;
        let mut file = show::Saving::begin(path, self.locale).await?;
        let saved = loop {
            match answer.chunk().await {
                Ok(Some(piece)) => match file.add(&piece).await {
                    Ok(()) => {}
                    Err(failure) => break Err(failure),
                },
                Ok(None) => break Ok(()),
                Err(error) => break Err(self.refusal(&error)),
            }
        };
        match saved {
            Ok(()) => file.done().await,
            Err(failure) => {
                file.drop_part().await;
                Err(failure)
            }
        }
    }

    /// Calls until the answer is as wanted. What passes by itself is waited out; any other refusal ends it.
    async fn repeat(mut self, until: &Until, every: Duration, during: Duration, raw: bool) -> Result<(), Failure> {
        let started = Instant::now();
        loop {
            let (last, said) = match self.ask().await {
                Ok(answer) => {
                    self.know_token().await;
                    let json =
                        Json::of_answer(&answer.bytes).ok_or_else(|| refused(self.locale, "call.repeat_json", &[]))?;
                    if until.holds(&json) {
                        return show::answer(&answer, Some(json), raw, &self.mask, self.locale);
                    }
                    let found = until.find(&json).cloned().unwrap_or(Json::Null);
                    let found = self.mask.json(Json::Object(vec![(until.field(), found)]));
                    let found = found.field(&until.field()).map(ToString::to_string).unwrap_or_default();
                    let said = say(self.locale, "call.not_yet", &[("field", until.field()), ("found", found)]);
                    (Ok((answer, json)), said)
                }
                Err(error) if matches!(error.kind, ErrorKind::RetryLater | ErrorKind::Transport) => {
                    let said = self.mask.text(&error.to_string());
                    (Err(error), said)
                }
                Err(error) => return Err(self.refusal(&error)),
            };
            if started.elapsed() + every > during {
                return self.give_up(last, until, during, raw);
            }
            output::note(&puzi_resource::on_one_line(&said));
            tokio::time::sleep(every).await;
        }
    }

    /// Prints the last answer, or says why there was none.
    fn give_up(
        &self,
        last: Result<(Binary, Json), ApiError>,
        until: &Until,
        during: Duration,
        raw: bool,
    ) -> Result<(), Failure> {
        let (answer, json) = last.map_err(|error| self.refusal(&error))?;
        show::answer(&answer, Some(json), raw, &self.mask, self.locale)?;
        let seconds = format!("{:.1}", during.as_secs_f64());
        let seconds = seconds.trim_end_matches(".0").to_owned();
        let args = [("seconds", seconds), ("until", until.to_string())];
        Err(Failure::Call(exit::UNKNOWN, vec![say(self.locale, "call.not_in_time", &args)]))
    }

    async fn ask(&self) -> Result<Binary, ApiError> {
        self.request.call(&self.client).send_bytes().await
    }

    /// The access token is hidden wherever the answer repeats it. After a call it lies in memory.
    async fn know_token(&mut self) {
        if self.request.takes_token()
            && let Ok(token) = self.client.token().await
        {
            self.mask.know(&token.value);
        }
    }

    fn refusal(&self, error: &ApiError) -> Failure {
        told::refusal(error, &self.mask, self.locale)
    }
}
