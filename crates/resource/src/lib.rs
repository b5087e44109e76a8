//! Resources declared once. A [`Resource`] says what a table's fields are, how they are checked, what a list shows and
//! what may be done; lists, forms, JSON, import and export follow from it. This crate knows no web framework and no
//! area of the shop: it reaches the database through [`Store`], and texts through [`Say`].

mod declare;
pub mod engine;
pub mod exchange;
pub mod generate;
mod listing;
mod nearest;
pub mod openapi;
pub mod query;
mod table;
pub mod validate;
pub mod values;

pub use self::{
    declare::*,
    engine::{Engine, Resources, SavedView, create_search, drop_search},
    exchange::{Applied, Format, ImportReport, ImportRow, Undone, is_formula},
    listing::{Column, Listing},
    query::{Count, Filter, FilterSpec, ListPage, ListQuery, Op, filters},
    table::{on_one_line, width},
    validate::{Checker, Input},
    values::{Fault, Labels, reading},
};
