//! Followers: reading them from WeChat, days of coming and going, tags and pages. The real server and a simulated WeChat.

mod beside;
mod growth;
mod mark;
mod page;
mod pages;
mod shop;
mod sync;
mod sync_answers;
mod sync_places;
mod sync_two;
mod words;
