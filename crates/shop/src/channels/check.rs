//! What a new channel may be: its scene above all, for a printed code is scanned for years.

use sea_orm::{ConnectionTrait, Value};

use super::{SceneKind, make, recount};
use crate::{
    Error, Problem, Result,
    db::{self, now_ms},
};

/// The longest name, in characters.
pub const NAME_CHARS: usize = 50;
/// The longest scene, in bytes.
pub const SCENE_BYTES: usize = 64;
/// The largest number that a lasting code's scene can be.
const LASTING_NUMBERS: u32 = 100_000;
/// The most days that a temporary code lives.
pub const MOST_DAYS: i64 = 30;
/// How the scenes of customer-service agents' own codes begin (`agents/qr.rs`).
const AGENTS: &str = "agent-";
/// What WeChat puts before the scene when somebody follows.
const PREFIX: &str = "qrscene_";
/// Letters of a made scene: none that is taken for another one.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// How many of them: 50 bits.
const MADE_CHARS: usize = 10;

/// A channel to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewChannel {
    /// The account that its code leads to.
    pub account_id: i64,
    /// Name that people see.
    pub name: String,
    /// For the team.
    pub note: String,
    /// The folder it lies in.
    pub folder_id: Option<i64>,
    /// It lasts.
    pub lasting: bool,
    /// How many days a temporary one lives, 1 to 30; 30 when nothing is said.
    pub ttl_days: Option<i64>,
    /// What its scans name; empty: one is made.
    pub scene: String,
}

/// A checked one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// What its scans name.
    pub scene: String,
    /// What that is.
    pub kind: SceneKind,
    /// How many days it lives; none: it lasts.
    pub ttl_days: Option<i64>,
}

/// Checks a new channel in the transaction that makes it; of two who want one scene at once, one gets it.
///
/// # Errors
/// [`Error::Invalid`] names each wrong field; [`Error::NotFound`] without such an account.
pub async fn ready<C: ConnectionTrait>(tx: &C, new: &NewChannel) -> Result<Ready> {
    let held = "UPDATE accounts SET version = version WHERE id = $1";
    if db::execute(tx, held, [new.account_id.into()]).await? != 1 {
        return Err(Error::NotFound);
    }
    let mut problems = Vec::new();
    let name = new.name.trim();
    if name.is_empty() {
        problems.push(Problem::new("name", "channels.no_name"));
    } else if name.chars().count() > NAME_CHARS {
        problems.push(Problem::new("name", "channels.long_name").with("max", NAME_CHARS));
    }
    let ttl_days = (!new.lasting).then(|| new.ttl_days.unwrap_or(MOST_DAYS));
    problems.extend(ttl_days.and_then(days_problem));
    problems.extend(folder_problem(tx, new.account_id, new.folder_id).await?);
    let given = new.scene.trim();
    let scene = if given.is_empty() { made() } else { given.to_owned() };
    match scene_problem(&scene) {
        Some(problem) => problems.push(problem),
        None if is_taken(tx, new.account_id, &scene).await? => {
            problems.push(Problem::new("scene", "channels.scene_taken").with("scene", &scene));
        }
        None => {}
    }
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    Ok(Ready { kind: kind_of(&scene, new.lasting), ttl_days, scene })
}

/// What follows from a new channel, in the transaction that stored it: WeChat is asked for its code at `at` (Unix ms), and
/// scans from before are counted when somebody chose the scene.
///
/// # Errors
/// When the database refuses.
pub async fn stored<C: ConnectionTrait>(tx: &C, account_id: i64, id: i64, scene: &str, at: i64) -> Result<()> {
    make::push(tx, account_id, id, at).await?;
    if !is_made(scene) {
        db::execute(tx, "UPDATE channels SET counted_to = 0 WHERE id = $1", [id.into()]).await?;
        recount::push(tx, account_id, now_ms()).await?;
    }
    Ok(())
}

/// WeChat is asked for the code of a channel whose deletion was taken back before there was one.
///
/// # Errors
/// When the database refuses.
pub async fn restored<C: ConnectionTrait>(tx: &C, account_id: i64, id: i64) -> Result<()> {
    make::push(tx, account_id, id, now_ms()).await
}

/// What is wrong with a change of a channel of `account_id`.
///
/// # Errors
/// [`Error::Invalid`]; when the database does not answer.
pub async fn changed<C: ConnectionTrait>(
    tx: &C,
    account_id: i64,
    folder_id: Option<i64>,
    ttl_days: Option<i64>,
) -> Result<()> {
    let mut problems = Vec::from_iter(ttl_days.and_then(days_problem));
    problems.extend(folder_problem(tx, account_id, folder_id).await?);
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

/// Empties a folder that is about to be deleted: its channels lie in none.
///
/// # Errors
/// When the database refuses.
pub async fn empty_folder<C: ConnectionTrait>(tx: &C, id: i64) -> Result<()> {
    db::execute(tx, "UPDATE channels SET folder_id = NULL WHERE folder_id = $1", [id.into()]).await?;
    Ok(())
}

fn days_problem(days: i64) -> Option<Problem> {
    let wrong = !(1..=MOST_DAYS).contains(&days);
    wrong.then(|| Problem::new("ttl_days", "channels.bad_days").with("max", MOST_DAYS))
}

/// A folder of another account is none.
async fn folder_problem<C: ConnectionTrait>(tx: &C, account: i64, folder: Option<i64>) -> Result<Option<Problem>> {
    let Some(folder) = folder else { return Ok(None) };
    let sql = "SELECT id FROM channel_folders WHERE id = $1 AND account_id = $2";
    let found = tx.query_one_raw(db::statement(tx, sql, [folder.into(), account.into()])).await?;
    Ok(found.is_none().then(|| Problem::new("folder_id", "channels.no_folder")))
}

fn scene_problem(scene: &str) -> Option<Problem> {
    let problem = |key| Some(Problem::new("scene", key));
    if scene.len() > SCENE_BYTES {
        return Some(Problem::new("scene", "channels.long_scene").with("max", SCENE_BYTES).with("is", scene.len()));
    }
    if scene.starts_with(AGENTS) {
        return problem("channels.agents_scene");
    }
    if scene.starts_with(PREFIX) {
        return problem("channels.prefixed_scene");
    }
    if scene.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return problem("channels.bad_scene");
    }
    None
}

/// A number and a text that read alike are pushed alike, so they are one scene; also that of a deleted channel.
async fn is_taken<C: ConnectionTrait>(tx: &C, account: i64, scene: &str) -> Result<bool> {
    let sql = "SELECT id FROM channels WHERE account_id = $1 AND scene = $2";
    let values: [Value; 2] = [account.into(), scene.into()];
    Ok(tx.query_one_raw(db::statement(tx, sql, values)).await?.is_some())
}

/// What reads as a number that WeChat takes is one; anything else is a text.
fn kind_of(scene: &str, lasting: bool) -> SceneKind {
    let most = if lasting { LASTING_NUMBERS } else { u32::MAX };
    match scene.parse::<u32>() {
        Ok(number) if (1..=most).contains(&number) && number.to_string() == scene => SceneKind::Number,
        _ => SceneKind::Text,
    }
}

fn made() -> String {
    let mut bits = rand::random::<u64>();
    let mut scene = String::from("c");
    for _ in 0..MADE_CHARS {
        scene.push(char::from(LETTERS[usize::try_from(bits % 32).unwrap_or_default()]));
        bits /= 32;
    }
    scene
}

/// Nobody can have scanned a scene that was made here a moment ago.
fn is_made(scene: &str) -> bool {
    let letters = scene.strip_prefix('c').unwrap_or_default();
    letters.len() == MADE_CHARS && letters.bytes().all(|letter| LETTERS.contains(&letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_what_wechat_takes_as_one() {
        for (scene, lasting, kind) in [
            ("7", true, SceneKind::Number),
            ("100000", true, SceneKind::Number),
            ("100001", true, SceneKind::Text),
            ("100001", false, SceneKind::Number),
            ("4294967296", false, SceneKind::Text),
            ("0", false, SceneKind::Text),
            ("007", true, SceneKind::Text),
            ("+7", true, SceneKind::Text),
            ("spring", true, SceneKind::Text),
        ] {
            assert_eq!(kind_of(scene, lasting), kind, "{scene} {lasting}");
        }
    }

    #[test]
    fn scenes_that_would_be_mistaken_are_refused() {
        for (scene, key) in [
            ("agent-hong", "channels.agents_scene"),
            ("qrscene_7", "channels.prefixed_scene"),
            ("a b", "channels.bad_scene"),
            ("a\u{0}", "channels.bad_scene"),
        ] {
            assert_eq!(scene_problem(scene).map(|problem| problem.key), Some(key), "{scene}");
        }
        assert!(scene_problem(&"茶".repeat(22)).is_some(), "66 bytes");
        assert_eq!(scene_problem(&"茶".repeat(21)), None);
    }

    #[test]
    fn made_scenes_are_right_and_differ() {
        let scenes: std::collections::BTreeSet<_> = (0..100).map(|_| made()).collect();
        assert_eq!(scenes.len(), 100);
        assert!(scenes.iter().all(|scene| is_made(scene) && scene_problem(scene).is_none()));
        assert!(scenes.iter().all(|scene| kind_of(scene, true) == SceneKind::Text));
        assert!(!is_made("counter") && !is_made("c0123456789") && !is_made("7"));
    }
}
