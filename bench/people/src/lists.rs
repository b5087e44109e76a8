//! Which pages of the lists are asked for.

use serde_json::{Value, json};

use crate::words::{ABSENT, pair};

/// Cases with their paths.
pub(crate) fn paths() -> Value {
    let followers = |query: &str| format!("/admin/followers?{query}");
    let chats = |query: &str| format!("/admin/chats?{query}");
    let searched =
        |ranks: std::ops::Range<u32>| ranks.map(|n| followers(&format!("q={}", pair(n)))).collect::<Vec<_>>();
    json!([
        ["followers: first page", [followers("")]],
        [
            "followers: one filter",
            [
                followers("f.source=ADD_SCENE_QR_CODE"),
                followers("f.source=ADD_SCENE_PAID"),
                followers("f.subscribed=false"),
                followers("f.blocked=true"),
                followers("f.tags=1"),
                followers("f.tags=2"),
                followers("f.tags=3"),
            ]
        ],
        [
            "followers: between two days",
            [
                followers("f.followed_at.from=2025-01-01&f.followed_at.to=2025-03-01"),
                followers("f.followed_at.to=2024-06-01"),
                followers("f.spoke_at.from=2026-11-01"),
            ]
        ],
        [
            "followers: unlucky pairs",
            [
                followers("f.tags=2&f.followed_at.from=2026-06-01"),
                followers("f.source=ADD_SCENE_PAID&f.followed_at.from=2025-01-01&f.followed_at.to=2025-03-01"),
                followers("f.blocked=true&f.spoke_at.from=2026-11-01"),
                followers("f.tags=3&f.subscribed=false"),
            ]
        ],
        ["followers: two characters", searched(1..30)],
        ["followers: nobody has it", [followers(&format!("q={ABSENT}"))]],
        ["chats: first page", [chats("")]],
        [
            "chats: filters",
            [
                chats("f.waiting_since.to=2026-06-01"),
                chats("f.last_kind=image"),
                chats("f.last_at.from=2026-01-01&f.last_at.to=2026-02-01"),
                chats("f.status=open"),
            ]
        ],
    ])
}
