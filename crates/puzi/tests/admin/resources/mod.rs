//! The pages of declared resources through the real server: a resource that has every kind of field, declared here, and
//! the admin's own.

mod forms;
mod lists;
mod many;
mod own;
mod teas;
mod world;
