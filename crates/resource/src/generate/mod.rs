//! The generator: from one command line to a resource's migration, entity, declaration, texts and test.
//!
//! A [`Request`] is what was asked, in the words of the command line. [`read`] checks it against what there is already
//! ([`Known`]) and makes a [`Spec`] of it; [`plan`] renders the spec into files and lines ([`Plan`]); a [`Tree`] writes
//! a plan into a workspace, whole or not at all, and takes it back.

mod fault;
mod labels;
mod names;
mod parse;
mod plan;
mod render;
mod request;
mod spec;
mod table;
mod tree;
mod types;

pub use self::{
    fault::{Fault, Place},
    names::Names,
    parse::read,
    plan::{Anchor, Line, NewFile, Plan, Replacement},
    render::{Templates, plan},
    request::{Known, KnownColumn, KnownTable, Part, Request},
    spec::{FieldSpec, ForeignKey, IndexSpec, Note, OnDelete, OptionSpec, RelationKind, RelationSpec, Spec},
    table::{
        ColumnField, LeftOut, Need, TableColumn, TableShape, Why, command_line, command_words, describe, describe_all,
        next_migration, request_for, request_with, tables,
    },
    tree::{Entry, Outcome, Recovered, State, Tree, TreeError, Written},
    types::{ColumnKind, FormKind, TYPES, TypeWord},
};
