//! The record of calls: its pages, and replaying pushes.

mod command;
mod pages;
mod recording;
mod replay;
