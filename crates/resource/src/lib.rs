//! Resources declared once. A [`Resource`] says what a table's fields are, how they are checked, what a list shows and
//! what may be done; lists, forms, JSON, import and export follow from it. This crate knows no web framework and no
//! area of the shop: it reaches the database through [`Store`], and texts through [`Say`].

mod declare;
mod listing;
mod table;

pub use self::{
    declare::*,
    listing::{Column, Listing},
    table::{on_one_line, width},
};
