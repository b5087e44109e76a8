//! The record of what was exchanged with WeChat: each call that went out and each push that came in, without anything
//! secret or personal in it, beside exact figures.

mod collect;
pub mod entity;
mod figures;
mod line;
mod mask;
mod paths;
#[cfg(test)]
mod plans_tests;
pub mod read;
pub mod read_figures;
mod recorder;
pub mod replay;
pub mod rid;
pub mod search;
mod sqlite;
pub mod store;
pub mod sweep;
mod waiting;
mod writer;

pub use self::{
    figures::{BUCKETS, BUCKETS_US},
    line::{Line, Origin, PushEndpoint, PushSeen, SLOW_US, Trouble},
    mask::push as masked_push,
    recorder::{Bodies, Policy, Recorder, Timing},
};
