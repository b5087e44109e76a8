//! What WeChat tells of followers, 100 at a time. One bad openid does not take the other 99 along.

use std::{collections::HashMap, sync::Arc};

use puzi_wechat::client::{ApiError, Condition, ErrorKind, Follower};

use crate::{
    accounts::LiveAccount,
    db::now_ms,
    runs::{Halt, Patience},
};

/// Openids of one call.
pub(super) const BATCH: usize = 100;
/// When so many are asked for one by one and each is refused, it is not they who are at fault.
const ALL_AT_FAULT: usize = 20;

/// What was told of one.
#[derive(Debug, Clone)]
pub(in crate::followers) struct Told {
    pub(in crate::followers) openid: String,
    /// When it was asked, Unix ms: what happened later is newer.
    pub(in crate::followers) asked_at: i64,
    pub(in crate::followers) card: Result<Box<Follower>, Refusal>,
}

/// Why nothing was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::followers) struct Refusal {
    pub(super) errcode: Option<i64>,
    /// WeChat's words, or a key.
    pub(super) detail: String,
}

/// Asks for `openids`, and gives them back in the same order, each once.
pub(super) async fn ask(
    live: Arc<LiveAccount>,
    mut patience: Patience,
    openids: Vec<String>,
) -> Result<Vec<Told>, Halt> {
    let mut told: HashMap<String, Told> = HashMap::with_capacity(openids.len());
    let mut left = vec![openids.clone()];
    let mut refused_alone = 0;
    while let Some(batch) = left.pop() {
        let asked_at = now_ms();
        match live.client.users().infos(&batch).await {
            Ok(cards) => {
                let missing = take(&mut told, &batch, cards, asked_at);
                if batch.len() == 1 {
                    for openid in missing {
                        let refusal = Refusal { errcode: None, detail: "runs.not_told".into() };
                        told.insert(openid.clone(), Told { openid, asked_at, card: Err(refusal) });
                    }
                } else {
                    left.extend(missing.into_iter().map(|openid| vec![openid]));
                }
            }
            Err(error) if is_about_one(&error) && batch.len() > 1 => {
                let (first, second) = batch.split_at(batch.len() / 2);
                left.extend([second.to_vec(), first.to_vec()]);
            }
            Err(error) if is_about_one(&error) => {
                refused_alone += 1;
                if refused_alone >= ALL_AT_FAULT && refused_alone == openids.len() {
                    return Err(error.into());
                }
                let refusal = Refusal { errcode: error.errcode, detail: error.errmsg.replace('\0', "") };
                let openid = batch.into_iter().next().unwrap_or_default();
                told.insert(openid.clone(), Told { openid, asked_at, card: Err(refusal) });
            }
            Err(error) => {
                patience.after(error).await?;
                left.push(batch);
            }
        }
    }
    Ok(openids.iter().filter_map(|openid| told.remove(openid)).collect())
}

/// A card without U+0000, which names may hold and PostgreSQL does not keep.
pub(in crate::followers) fn kept(mut card: Follower) -> Follower {
    let texts =
        [&mut card.nickname, &mut card.remark, &mut card.language, &mut card.subscribe_scene, &mut card.qr_scene_str];
    for text in texts.into_iter().chain(&mut card.unionid) {
        if text.contains('\0') {
            text.retain(|sign| sign != '\0');
        }
    }
    card
}

/// Whether a call may have been refused for one of those it names.
fn is_about_one(error: &ApiError) -> bool {
    let kind = matches!(error.kind, ErrorKind::CallerMistake | ErrorKind::BusinessState);
    let whole = error.is(Condition::NotPermitted) || error.is(Condition::QuotaUsedUp);
    kind && error.errcode.is_some() && !whole
}

/// Takes the cards of those who were asked for, each once; whoever else is in the answer is nobody's business. Gives
/// those of whom nothing was told.
fn take(told: &mut HashMap<String, Told>, batch: &[String], cards: Vec<Follower>, asked_at: i64) -> Vec<String> {
    let mut cards: HashMap<String, Follower> = cards.into_iter().map(|card| (card.openid.clone(), card)).collect();
    let mut missing = Vec::new();
    for openid in batch {
        if told.contains_key(openid) {
            continue;
        }
        match cards.remove(openid) {
            Some(card) => {
                let card = Ok(Box::new(kept(card)));
                told.insert(openid.clone(), Told { openid: openid.clone(), asked_at, card });
            }
            None => missing.push(openid.clone()),
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_postgresql_does_not_keep_is_taken_out() {
        let card: Follower = serde_json::from_str(
            r#"{"openid": "oA", "subscribe": 1, "nickname": "a\u0000b", "remark": "\u0000", "unionid": "u\u0000"}"#,
        )
        .unwrap();
        let card = kept(card);
        assert_eq!((card.nickname.as_str(), card.remark.as_str(), card.unionid.as_deref()), ("ab", "", Some("u")));
    }

    fn card(openid: &str) -> Follower {
        serde_json::from_value(serde_json::json!({ "openid": openid, "subscribe": 1 })).unwrap()
    }

    #[test]
    fn an_answer_with_others_doubles_and_gaps_is_taken_as_far_as_it_was_asked_for() {
        let batch = ["oA", "oB", "oC"].map(str::to_owned);
        let mut told = HashMap::new();
        let missing = take(&mut told, &batch, vec![card("oB"), card("oX"), card("oB"), card("oA")], 7);
        assert_eq!(missing, ["oC"]);
        let mut openids: Vec<_> = told.keys().map(String::as_str).collect();
        openids.sort_unstable();
        assert_eq!(openids, ["oA", "oB"]);
        assert!(told.values().all(|one| one.asked_at == 7 && one.card.is_ok()));
    }
}
