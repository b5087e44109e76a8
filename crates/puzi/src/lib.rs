//! Puzi (铺子): a WeChat shop in one binary. The library behind the command line.

pub mod cli;
pub mod commands;
pub mod error;
pub mod exit;
pub mod logging;
pub mod output;
pub mod settings;
pub mod texts;
