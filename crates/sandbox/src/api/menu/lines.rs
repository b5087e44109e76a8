//! Menus, for the state page.

use serde_json::{Value, json};

use super::Conditional;
use crate::overview::Lines;
use crate::world::Account;

impl Account {
    /// The default menu, and then the conditional ones, the newest first: a phone shows the first that fits.
    pub(crate) fn menu_lines(&self) -> Lines<'_> {
        let default = self.default_menu();
        let default = default.map(|menu| json!({ "menuid": menu.id, "button": menu.buttons, "default": true }));
        let conditional: Vec<Value> = self.families.menu.conditional.iter().rev().map(Conditional::told).collect();
        Lines::new(usize::from(default.is_some()) + conditional.len(), default.into_iter().chain(conditional))
    }
}
