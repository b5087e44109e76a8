//! The table: a shop's products, a million of them, the same in every run.

use puzi_resource::{Options, Resource, Verb, boolean, datetime, integer, money, select, string, text};
use sea_orm::entity::prelude::*;

/// Its name, in the address and in the database.
pub(crate) const NAME: &str = "bench_products";

/// How a product stands; by [`status`] from rare to frequent.
pub(crate) const STATUSES: &[&str] = &["draft", "returned", "sold_out", "paused", "on_sale"];

const GRADES: [&str; 8] = ["明前", "雨前", "特级", "一级", "手工", "有机", "陈年", "礼盒"];
const PLACES: [&str; 25] = [
    "西湖", "狮峰", "安溪", "武夷", "祁门", "普洱", "临沧", "勐海", "福鼎", "政和", "信阳", "黄山", "太平", "六安",
    "蒙顶", "峨眉", "都匀", "湄潭", "恩施", "英德", "潮州", "台湾", "正山", "洞庭", "庐山",
];
const TEAS: [&str; 24] = [
    "龙井绿茶",
    "碧螺春",
    "毛峰",
    "毛尖",
    "猴魁",
    "瓜片",
    "云雾绿茶",
    "铁观音",
    "大红袍",
    "水仙",
    "肉桂",
    "凤凰单丛",
    "白毫银针",
    "白牡丹",
    "寿眉",
    "工夫红茶",
    "小种红茶",
    "滇红",
    "英红九号",
    "熟普洱",
    "生普洱",
    "六堡茶",
    "茉莉花茶",
    "金骏眉",
];
const PACKS: [&str; 6] = ["罐装", "袋装", "茶饼", "茶砖", "散装", "小泡袋"];

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bench_products")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub title: String,
    pub sku: String,
    pub note: Option<String>,
    pub status: String,
    pub price: i64,
    pub stock: i64,
    pub open: bool,
    pub sold_at: Option<i64>,
    pub version: i64,
    pub deleted_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The declaration that the list, the filters, the search and the export follow from.
pub(crate) fn resource() -> Resource {
    Resource::of::<Entity>(NAME)
        .title("title")
        .field(string("title").required().max(100).in_list().searchable().sortable())
        .field(string("sku").required().in_list().searchable())
        .field(text("note").nullable())
        .field(select("status", Options::Fixed(STATUSES)).required().in_list().filter())
        .field(money("price").required().in_list().sortable().filter())
        .field(integer("stock").in_list())
        .field(boolean("open"))
        .field(datetime("sold_at").nullable().in_list().sortable())
        .field(datetime("created_at").readonly().in_list().sortable())
        .without(&[Verb::Import])
        .indexed_search()
}

/// The statements that make the table but its indexes.
pub(crate) fn table(key: &str) -> String {
    format!(
        "CREATE TABLE {NAME} (id {key}, title TEXT NOT NULL, sku TEXT NOT NULL, note TEXT, status TEXT NOT NULL, \
         price BIGINT NOT NULL, stock BIGINT NOT NULL, open BOOLEAN NOT NULL, sold_at BIGINT, version BIGINT NOT NULL, \
         deleted_at BIGINT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)"
    )
}

/// The indexes that a list of this size asks for: (column, id) for what it is sorted or filtered by.
pub(crate) fn indexes() -> Vec<String> {
    let sorted = ["title", "status", "price", "sold_at", "created_at"];
    let mut indexes: Vec<String> =
        sorted.iter().map(|column| format!("CREATE INDEX {NAME}_{column} ON {NAME} ({column}, id)")).collect();
    indexes.push(format!("CREATE INDEX {NAME}_deleted_at ON {NAME} (deleted_at)"));
    indexes
}

/// The values of row `id`, as they stand between the parentheses of an `INSERT`. Nothing here was entered by anybody.
pub(crate) fn row(id: u64) -> String {
    let random = scramble(id);
    let pick = |words: &'static [&'static str], shift: u32| {
        words[usize::try_from((random >> shift) % words.len() as u64).unwrap_or(0)]
    };
    let (grade, place, tea, pack) = (pick(&GRADES, 0), pick(&PLACES, 8), pick(&TEAS, 16), pick(&PACKS, 24));
    let title = format!("{grade}{place}{tea} {pack}{}g", 25 + random % 40 * 5);
    let status = status(random >> 7);
    let price = 990 + (random >> 13) % 200_000;
    let sold_at = if random.is_multiple_of(3) {
        "NULL".to_owned()
    } else {
        (1_600_000_000_000 + (random >> 9) % 190_000_000_000).to_string()
    };
    // Every hundredth row is in the bin.
    let deleted_at = if random % 100 == 1 { "1790000000000" } else { "NULL" };
    let created_at = 1_500_000_000_000 + id * 290_000;
    format!(
        "({id}, '{title}', 'S-{:07}', '{grade}{tea}，产自{place}。', '{status}', {price}, {}, {}, {sold_at}, 1, {deleted_at}, \
         {created_at}, {created_at})",
        random % 10_000_000,
        random % 500,
        random.is_multiple_of(2)
    )
}

/// Five of a million, then one in a thousand, in fifty, in five; the rest is on sale.
fn status(random: u64) -> &'static str {
    match random % 200_000 {
        0 => STATUSES[0],
        1..=200 => STATUSES[1],
        201..=4_200 => STATUSES[2],
        4_201..=44_200 => STATUSES[3],
        _ => STATUSES[4],
    }
}

/// SplitMix64: even, and the same everywhere.
fn scramble(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_same_every_time() {
        assert_eq!(row(1), row(1));
        assert_ne!(row(1), row(2));
        let rare = (1..=200_000).filter(|id| row(*id).contains("'returned'")).count();
        assert!((100..400).contains(&rare), "{rare}");
    }
}
