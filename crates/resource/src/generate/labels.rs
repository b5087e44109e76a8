//! What people read, made of names.
