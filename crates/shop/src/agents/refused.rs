//! WeChat's refusals about customer-service accounts, as problems of the field that they are about.

use puzi_wechat::client::ApiError;

use crate::{Error, Problem};

/// WeChat knows no such customer-service account.
pub(super) const UNKNOWN: i64 = 65_401;

/// What `error` says of `field`, or of the field that WeChat means; what is about no field stays WeChat's error.
pub(super) fn problem(field: &'static str, error: &ApiError) -> Error {
    let (field, key) = match error.errcode.unwrap_or_default() {
        65_400 => (field, "agents.closed"),
        UNKNOWN => (field, "agents.unknown"),
        65_403 => ("nickname", "agents.bad_nickname"),
        65_404 => ("kf_account", "agents.bad_account"),
        65_405 => return Error::Invalid(vec![Problem::new("kf_account", "agents.full").with("max", super::MOST)]),
        65_406 => ("kf_account", "agents.taken"),
        65_407 => ("invite_wx", "agents.wx_is_agent"),
        65_408 => ("invite_wx", "agents.wx_invited"),
        65_409 => ("invite_wx", "agents.wx_unknown"),
        65_410 => ("invite_wx", "agents.wx_full"),
        65_411 => ("invite_wx", "agents.invited_already"),
        65_412 => ("invite_wx", "agents.bound_already"),
        40_005 => ("avatar", "agents.avatar_kind"),
        40_009 => ("avatar", "agents.avatar_size"),
        _ => return Error::WeChat(error.clone()),
    };
    Error::field(field, key)
}
