//! `puzi calls replay`: a push taken up once more.

use std::time::Duration;

use puzi_shop::{
    Error,
    accounts::Reach,
    calls::replay::{Ask, Replay, Replayer, Source, State},
};
use puzi_wechat::client::ErrorKind;

use super::{Desk, ReplayArgs, SourceWord, interrupted};
use crate::{error::Failure, exit, output, texts::say};

/// How long a replay waits for a server to send its answer.
const PATIENCE: Duration = Duration::from_secs(20);

impl Desk<'_> {
    pub(super) async fn replay(&self, args: &ReplayArgs) -> Result<(), Failure> {
        let source = match args.source {
            SourceWord::Message => Source::Message(args.id),
            SourceWord::Refused => Source::Refused(args.id),
        };
        let replayer = Replayer::new(&self.place.db, &self.registry().await?);
        let look = match replayer.look(&Reach::All, source).await {
            Ok(look) => look,
            Err(Error::NotFound) => {
                let line = say(self.locale, "calls.no_push", &[("id", args.id.to_string())]);
                return Err(Failure::Refused(vec![line]));
            }
            Err(error) => return Err(error.into()),
        };
        if !args.yes {
            if args.show.json {
                output::json(&self.look_json(&look));
            } else {
                output::lines(self.look_lines(&look));
                output::note(&self.t("calls.only_looked"));
            }
            return Ok(());
        }
        let ask = Ask { answer: args.answer, webhooks: args.webhooks };
        let form = format!("cli-{:032x}", rand::random::<u128>());
        let by = crate::commands::staff::operator();
        let replay = match replayer.run(&by, &Reach::All, source, ask, &form).await {
            Ok(replay) => replay,
            Err(Error::Invalid(problems)) => {
                let lines = problems.iter().map(|problem| problem.message(self.locale)).collect();
                return Err(Failure::Call(exit::of_call(ErrorKind::BusinessState), lines));
            }
            Err(error) => return Err(error.into()),
        };
        let replay = self.wait_for(&replayer, replay).await?;
        let word =
            if replay.answer_wanted && replay.state() == State::Stored { "waiting" } else { replay.state().as_str() };
        if args.show.json {
            output::json(&self.replay_json(&replay));
        } else {
            let why = replay.error.clone().unwrap_or_default();
            output::line(say(
                self.locale,
                &format!("calls.state_{word}"),
                &[("id", replay.id.to_string()), ("why", why)],
            ));
        }
        match replay.state() {
            State::Stored if !replay.answer_wanted => Ok(()),
            State::Sent => Ok(()),
            State::NotSent => Err(Failure::Ended(exit::of_call(ErrorKind::BusinessState), Vec::new())),
            State::Stored | State::Sending | State::Unknown => Err(Failure::Ended(exit::UNKNOWN, Vec::new())),
        }
    }

    /// A running server sends the answer; this waits a while for it.
    async fn wait_for(&self, replayer: &Replayer, mut replay: Replay) -> Result<Replay, Failure> {
        let end = tokio::time::Instant::now() + PATIENCE;
        while !replay.is_over() && tokio::time::Instant::now() < end {
            if interrupted().await {
                break;
            }
            replay = replayer.get(&Reach::All, replay.id).await?;
        }
        Ok(replay)
    }
}
