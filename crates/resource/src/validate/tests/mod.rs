mod each_rule;
mod markup;
mod records;
mod said;
mod written;

pub(super) mod world;
