//! The ready-made roles, and what there is to permit.

use super::Permissions;

/// The role that may do everything, and of which at least one active member always has it.
pub const OWNER: &str = "owner";

/// A role that is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// Key; its name is the text `staff.roles.{key}`.
    pub key: &'static str,
    /// Patterns, see [`Permissions::of`].
    pub permissions: &'static [&'static str],
}

/// The ready-made roles.
pub const ROLES: &[BuiltIn] = &[
    BuiltIn { key: OWNER, permissions: &["*"] },
    BuiltIn {
        key: "manager",
        permissions: &[
            "*",
            "!roles.create",
            "!roles.edit",
            "!roles.delete",
            "!roles.restore",
            "!roles.import",
            "!generator.*",
        ],
    },
    BuiltIn {
        key: "clerk",
        permissions: &[
            "dashboard.view",
            "inbox.view",
            "followers.view",
            "tags.view",
            "chats.view",
            "rules.view",
            "phrases.view",
            "broadcasts.view",
            "broadcasts.create",
            "broadcasts.edit",
            "broadcasts.preview",
            "broadcasts.submit",
            "materials.view",
            "materials.create",
            "drafts.view",
            "drafts.create",
            "drafts.edit",
            "drafts.save",
            "uploads.*",
            "catalog.*",
            "inventory.*",
            "orders.view",
            "orders.edit",
            "orders.export",
            "shipping.*",
        ],
    },
    BuiltIn {
        key: "customer_service",
        permissions: &[
            "dashboard.view",
            "inbox.*",
            "phrases.*",
            "followers.view",
            "followers.edit",
            "followers.tag",
            "tags.view",
            "chats.*",
            "runs.view",
            "agents.view",
            "rules.view",
            "uploads.*",
            "catalog.view",
            "orders.view",
            "shipping.view",
        ],
    },
    BuiltIn {
        key: "finance",
        permissions: &[
            "dashboard.view",
            "followers.view",
            "orders.view",
            "orders.export",
            "payments.*",
            "refunds.*",
            "referral.view",
            "wallet.*",
            "audit.view",
        ],
    },
    BuiltIn {
        key: "read_only",
        permissions: &["*.view", "!staff.*", "!roles.*", "!tokens.*", "!audit.*", "!generator.*"],
    },
];

/// The verbs of a declared resource.
pub const VERBS: &[&str] = &["view", "create", "edit", "delete", "restore", "export", "import"];

/// Every area with what can be permitted in it, as the page of roles shows them. A new area adds its line here.
pub const AREAS: &[(&str, &[&str])] = &[
    ("dashboard", &["view"]),
    ("inbox", &["view", "reply", "assign", "note"]),
    ("phrases", VERBS),
    ("followers", &["view", "edit", "export", "tag", "block", "sync"]),
    ("tags", &["view", "create", "edit", "delete", "export"]),
    (
        "broadcasts",
        &[
            "view", "create", "edit", "export", "preview", "submit", "approve", "reject", "cancel", "stop", "retry",
            "revoke",
        ],
    ),
    ("channels", &["view", "create", "edit", "delete", "restore", "export", "import", "remake"]),
    ("channel_folders", &["view", "create", "edit", "delete"]),
    ("materials", &["view", "create", "edit", "delete", "export", "replace", "sync"]),
    ("drafts", &["view", "create", "edit", "delete", "restore", "export", "save", "publish", "unpublish"]),
    ("chats", &["view", "export", "serve"]),
    ("runs", &["view", "steer"]),
    ("rules", VERBS),
    ("menus", &["view", "edit", "publish"]),
    ("accounts", &["view", "create", "edit", "export", "pause", "rotate", "clear_quota"]),
    ("agents", &["view", "create", "edit", "delete", "export"]),
    ("calls", &["view", "export", "replay"]),
    ("webhooks", &["view", "create", "edit", "delete", "restore", "export", "rotate", "test"]),
    ("deliveries", &["view", "export", "replay"]),
    ("notice_templates", &["view", "create", "delete", "sync"]),
    ("notices", &["view", "export", "send", "again"]),
    ("uploads", &["create"]),
    (
        "staff",
        &[
            "view",
            "create",
            "edit",
            "delete",
            "restore",
            "export",
            "enable",
            "disable",
            "unlock",
            "end_sessions",
            "totp_off",
        ],
    ),
    ("roles", VERBS),
    ("tokens", &["view", "create", "delete", "revoke"]),
    ("audit", &["view", "export"]),
    ("jobs", &["view", "retry"]),
    ("settings", &["view", "edit"]),
    ("generator", &["view"]),
    ("ecommerces", &["view", "create", "edit", "delete", "export", "import", "open", "close"]),
];

/// All permissions of [`AREAS`], as `area.verb`.
pub fn all_permissions() -> impl Iterator<Item = String> {
    AREAS.iter().flat_map(|(area, verbs)| verbs.iter().map(move |verb| format!("{area}.{verb}")))
}

/// The ready-made role of this key.
pub fn built_in(key: &str) -> Option<&'static BuiltIn> {
    ROLES.iter().find(|role| role.key == key)
}

/// What a role permits: `stored` is the JSON of its row, when it is one of the shop's own. An unknown role permits nothing.
pub(super) fn permissions_of(key: &str, stored: Option<&str>) -> Permissions {
    if let Some(role) = built_in(key) {
        return Permissions::of(role.permissions.iter().copied());
    }
    stored.map_or_else(Permissions::none, from_json)
}

/// Patterns as they lie in a table; what is no such list permits nothing.
pub(super) fn from_json(stored: &str) -> Permissions {
    let patterns: Vec<String> = serde_json::from_str(stored).unwrap_or_default();
    Permissions::of(patterns.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(key: &str) -> Permissions {
        permissions_of(key, None)
    }

    #[test]
    fn every_pattern_of_the_ready_made_roles_reads() {
        for role in ROLES {
            for pattern in role.permissions {
                assert!(Permissions::is_pattern(pattern), "{}: {pattern}", role.key);
            }
        }
    }

    #[test]
    fn the_ready_made_roles_allow_what_their_names_say() {
        for (key, yes, no) in [
            ("owner", &["roles.edit", "staff.delete", "anything.else"][..], &[][..]),
            (
                "manager",
                &["staff.edit", "accounts.rotate", "roles.view"],
                &["roles.edit", "roles.create", "generator.view"],
            ),
            (
                "clerk",
                &["orders.edit", "shipping.create"],
                &["staff.view", "settings.edit", "refunds.create", "inbox.reply"],
            ),
            ("customer_service", &["inbox.reply", "phrases.edit"], &["staff.view", "rules.edit", "accounts.view"]),
            ("finance", &["refunds.create", "orders.export"], &["inbox.reply", "staff.view", "accounts.view"]),
            (
                "read_only",
                &["orders.view", "inbox.view", "settings.view"],
                &["orders.edit", "staff.view", "tokens.view", "generator.view"],
            ),
            ("nobody_knows_it", &[], &["dashboard.view"]),
        ] {
            for permission in yes {
                assert!(role(key).allows(permission), "{key} {permission}");
            }
            for permission in no {
                assert!(!role(key).allows(permission), "{key} {permission}");
            }
        }
    }

    #[test]
    fn only_the_owner_can_make_an_owner() {
        for role_ in ROLES.iter().filter(|role| role.key != OWNER) {
            assert!(!role(role_.key).covers(&role(OWNER)), "{}", role_.key);
        }
        assert!(ROLES.iter().all(|role_| role(OWNER).covers(&role(role_.key))));
        assert!(role("manager").covers(&role("clerk")) && !role("clerk").covers(&role("manager")));
    }

    #[test]
    fn a_role_in_the_table_cannot_take_the_place_of_a_ready_made_one() {
        assert!(!permissions_of("clerk", Some(r#"["*"]"#)).allows("staff.edit"));
        assert!(permissions_of("baker", Some(r#"["inbox.*"]"#)).allows("inbox.view"));
        assert!(!permissions_of("baker", Some("no list")).allows("inbox.view"));
    }

    #[test]
    fn what_there_is_to_permit_has_no_doubles() {
        let mut all: Vec<_> = all_permissions().collect();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
