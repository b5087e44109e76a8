//! Menus: drafts, publishing whatever happens, versions. The real server and a simulated WeChat.

mod command;
mod killed;
mod pages;
mod publishing;
mod shop;
