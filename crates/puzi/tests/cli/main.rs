//! The command line, by its real binary: what it prints, what it refuses, what it leaves untouched.

mod accounts;
mod doctor;
mod rules;
mod settings;
mod world;
