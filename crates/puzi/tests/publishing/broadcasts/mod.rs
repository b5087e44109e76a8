//! Broadcasts: the real server and a simulated WeChat. Nothing goes out without a second person, and nothing twice.

mod approval;
mod drafts;
mod killed;
mod limited;
mod materials;
mod pages;
mod results;
mod sending;
mod shop;
