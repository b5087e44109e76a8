//! The declaration: what a resource is made of.

mod action;
mod actor;
mod error;
mod field;
mod kind;
mod record;
mod resource;
mod rule;
mod store;

pub use self::{
    action::{Action, ActionRun, Done, Run},
    actor::Actor,
    error::{Error, Problem, Result},
    field::{
        Appears, Field, belongs_to, boolean, colour, computed, date, datetime, decimal, email, file, files, image,
        images, inline, integer, json, many, money, multi_select, password, percent, phone, radio, rich_text, select,
        string, text, time, url,
    },
    kind::{Choice, Choices, Compute, Inline, Kind, Many, Options, Relation},
    record::Record,
    resource::{Order, Partitions, Resource, Scope, SearchedBy, Verb},
    rule::{Bound, Custom, Rule},
    store::{AuditEntry, Change, Hook, Say, Store, Transaction, Upload, Writer},
};

pub(crate) use self::resource::Limit;
