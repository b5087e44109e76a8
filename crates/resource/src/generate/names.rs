//! Names of a resource, in the forms in which code and people need them.

use heck::{ToSnakeCase, ToUpperCamelCase};

use super::{Fault, parse::reserved};

/// PostgreSQL cuts a longer name off, in bytes (its NAMEDATALEN without the end).
pub(super) const LONGEST: usize = 63;

/// What a name stands for in messages: the first word after the command.
const OPTION: &str = "NAME";

/// The names of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// `blog_posts`: resource, table, module, permissions, addresses.
    pub plural: String,
    /// `blog_post`.
    pub singular: String,
}

impl Names {
    /// The names that `text` means, in whichever form and number: `BlogPosts`, `blog-posts`, `blog post`.
    ///
    /// # Errors
    /// When there is no name in it, or it is one that Rust or a database keeps for itself.
    pub fn of(text: &str) -> Result<Self, Fault> {
        Self::given(text, OPTION)
    }

    /// The names of a table or a class that may be there already, and be called as it likes.
    pub(super) fn meant(text: &str) -> Self {
        let snake = text.to_snake_case();
        let start = snake.rfind('_').map_or(0, |at| at + 1);
        let (before, last) = snake.split_at(start);
        let (many, one) = numbers(last);
        Self { plural: format!("{before}{many}"), singular: format!("{before}{one}") }
    }

    /// As [`Self::of`], where the option `option` gives it.
    pub(super) fn given(text: &str, option: &str) -> Result<Self, Fault> {
        let start = text.len() - text.trim_start().len();
        let name = text.trim();
        let whole = start..start + name.len();
        let fault = |key, span| Fault::new(key, vec![("name", name.to_owned())]).at(option, text, span);
        if name.is_empty() {
            return Err(fault("name_missing", start..start));
        }
        let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' ');
        if let Some((at, c)) = name.char_indices().find(|(_, c)| !is_fit(*c)) {
            return Err(fault("name_letter", start + at..start + at + c.len_utf8()));
        }
        let snake = name.to_snake_case();
        if !snake.starts_with(|c: char| c.is_ascii_lowercase()) {
            let first = name.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
            return Err(fault("name_start", start + first..start + first + 1));
        }
        let names = Self::meant(&snake);
        if names.plural.len() > LONGEST {
            return Err(fault("name_long", whole));
        }
        let is_taken = |word: &str| reserved::is_rust(word) || reserved::database_of(word).is_some();
        if let Some(word) = [&snake, &names.plural].into_iter().find(|word| is_taken(word)) {
            let args =
                vec![("name", word.clone()), ("whose", reserved::database_of(word).unwrap_or("Rust").to_owned())];
            let other = (!is_taken(&names.plural)).then(|| names.plural.to_upper_camel_case());
            return Err(Fault::new("name_reserved", args).at(option, text, whole).suggest(other));
        }
        Ok(names)
    }
}

/// Words that are the same for one and for many.
const SAME: [&str; 40] = [
    "advice",
    "aircraft",
    "analytics",
    "chess",
    "cms",
    "content",
    "data",
    "debris",
    "deer",
    "equipment",
    "feedback",
    "fish",
    "furniture",
    "goods",
    "gps",
    "hardware",
    "information",
    "inventory",
    "jewelry",
    "knowledge",
    "logistics",
    "luggage",
    "mail",
    "mathematics",
    "media",
    "merchandise",
    "metadata",
    "money",
    "music",
    "news",
    "rice",
    "series",
    "sheep",
    "sms",
    "software",
    "species",
    "staff",
    "statistics",
    "tennis",
    "traffic",
];

/// Words that follow no rule, for one and for many.
const IRREGULAR: [(&str, &str); 57] = [
    ("person", "people"),
    ("child", "children"),
    ("man", "men"),
    ("woman", "women"),
    ("foot", "feet"),
    ("tooth", "teeth"),
    ("goose", "geese"),
    ("mouse", "mice"),
    ("ox", "oxen"),
    ("criterion", "criteria"),
    ("phenomenon", "phenomena"),
    ("quiz", "quizzes"),
    ("leaf", "leaves"),
    ("life", "lives"),
    ("wife", "wives"),
    ("knife", "knives"),
    ("shelf", "shelves"),
    ("half", "halves"),
    ("self", "selves"),
    ("wolf", "wolves"),
    ("loaf", "loaves"),
    ("thief", "thieves"),
    ("calf", "calves"),
    ("scarf", "scarves"),
    ("hero", "heroes"),
    ("potato", "potatoes"),
    ("tomato", "tomatoes"),
    ("echo", "echoes"),
    ("veto", "vetoes"),
    ("cargo", "cargoes"),
    ("analysis", "analyses"),
    ("axis", "axes"),
    ("crisis", "crises"),
    ("thesis", "theses"),
    ("diagnosis", "diagnoses"),
    ("hypothesis", "hypotheses"),
    ("synthesis", "syntheses"),
    ("emphasis", "emphases"),
    ("oasis", "oases"),
    ("basis", "bases"),
    ("alias", "aliases"),
    ("canvas", "canvases"),
    ("gas", "gases"),
    ("atlas", "atlases"),
    ("bias", "biases"),
    ("lens", "lenses"),
    ("iris", "irises"),
    ("cache", "caches"),
    ("niche", "niches"),
    ("movie", "movies"),
    ("cookie", "cookies"),
    ("tie", "ties"),
    ("pie", "pies"),
    ("selfie", "selfies"),
    ("zombie", "zombies"),
    ("hoodie", "hoodies"),
    ("calorie", "calories"),
];

/// Singulars that end as plurals do.
const IN_US: [&str; 22] = [
    "abacus",
    "apparatus",
    "bonus",
    "bus",
    "cactus",
    "campus",
    "census",
    "circus",
    "consensus",
    "corpus",
    "focus",
    "locus",
    "lotus",
    "minus",
    "nexus",
    "plus",
    "prospectus",
    "radius",
    "status",
    "stimulus",
    "surplus",
    "virus",
];

/// What many and one of `word` are called, which may be in either number.
fn numbers(word: &str) -> (String, String) {
    let one = singular(word);
    let many = plural(&one);
    // Whoever says the plural means the same: a word that does not come back is left as it is.
    if singular(&many) == one { (many, one) } else { (word.to_owned(), word.to_owned()) }
}

/// What one of `word` is called, which may be in either number.
fn singular(word: &str) -> String {
    let is_one = |word: &str| IN_US.contains(&word) || IRREGULAR.iter().any(|(one, _)| *one == word);
    if SAME.contains(&word) || is_one(word) {
        return word.to_owned();
    }
    if let Some((one, _)) = IRREGULAR.iter().find(|(_, many)| *many == word) {
        return (*one).to_owned();
    }
    let without = |end: &str| word.strip_suffix(end).filter(|rest| rest.len() > 1);
    if let Some(rest) = without("ies") {
        return format!("{rest}y");
    }
    // Boxes, addresses, branches, dishes, buzzes.
    let hissing = ["sses", "xes", "ches", "shes", "zzes"].iter().any(|end| word.ends_with(end));
    if let Some(rest) = without("es").filter(|rest| hissing || IN_US.contains(rest)) {
        return rest.to_owned();
    }
    if word.ends_with("ss") {
        return word.to_owned();
    }
    without("s").unwrap_or(word).to_owned()
}

/// What many of `one` are called.
fn plural(one: &str) -> String {
    if SAME.contains(&one) {
        return one.to_owned();
    }
    if let Some((_, many)) = IRREGULAR.iter().find(|(known, _)| *known == one) {
        return (*many).to_owned();
    }
    if let Some(rest) =
        one.strip_suffix('y').filter(|rest| !rest.is_empty() && !rest.ends_with(['a', 'e', 'i', 'o', 'u']))
    {
        return format!("{rest}ies");
    }
    let hissing = ["s", "x", "z", "ch", "sh"].iter().any(|end| one.ends_with(end));
    if hissing { format!("{one}es") } else { format!("{one}s") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_understood_in_every_form_and_number() {
        for (given, plural, singular) in [
            ("Ecommerces", "ecommerces", "ecommerce"),
            ("BlogPosts", "blog_posts", "blog_post"),
            ("blog-posts", "blog_posts", "blog_post"),
            ("blog post", "blog_posts", "blog_post"),
            (" post ", "posts", "post"),
            ("POSTS", "posts", "post"),
            ("HTTPRoute", "http_routes", "http_route"),
            ("Category", "categories", "category"),
            ("tea_categories", "tea_categories", "tea_category"),
            ("Address", "addresses", "address"),
            ("addresses", "addresses", "address"),
            ("boxes", "boxes", "box"),
            ("Status", "statuses", "status"),
            ("statuses", "statuses", "status"),
            ("Person", "people", "person"),
            ("people", "people", "person"),
            ("children", "children", "child"),
            ("SalesPeople", "sales_people", "sales_person"),
            ("news", "news", "news"),
            ("series", "series", "series"),
            ("Days", "days", "day"),
            ("Day", "days", "day"),
            ("photos", "photos", "photo"),
            ("heroes", "heroes", "hero"),
            ("menus", "menus", "menu"),
            ("Warehouses", "warehouses", "warehouse"),
            ("courses", "courses", "course"),
            ("purchases", "purchases", "purchase"),
            ("analyses", "analyses", "analysis"),
            ("lenses", "lenses", "lens"),
            ("quizzes", "quizzes", "quiz"),
            ("movies", "movies", "movie"),
            ("archives", "archives", "archive"),
            ("shelves", "shelves", "shelf"),
            ("branch", "branches", "branch"),
            ("apis", "apis", "api"),
            ("Bus", "buses", "bus"),
            ("class", "classes", "class"),
            ("area", "areas", "area"),
            ("Post2", "post2s", "post2"),
            ("SKU", "skus", "sku"),
            ("skus", "skus", "sku"),
            ("bonuses", "bonuses", "bonus"),
            ("uses", "uses", "use"),
            ("causes", "causes", "cause"),
            ("Bureau", "bureaus", "bureau"),
            ("Genie", "genie", "genie"),
        ] {
            let names = Names::of(given).unwrap();
            assert_eq!((names.plural.as_str(), names.singular.as_str()), (plural, singular), "{given}");
            assert_eq!(Names::of(&names.plural).unwrap(), names, "{given}");
        }
    }

    #[test]
    fn what_is_no_name_is_marked() {
        let long = "a".repeat(64);
        for (given, key, span, suggestion) in [
            ("", "name_missing", 0..0, None),
            ("  ", "name_missing", 2..2, None),
            ("店铺", "name_letter", 0..3, None),
            ("Post$", "name_letter", 4..5, None),
            ("Admin\\Posts", "name_letter", 5..6, None),
            ("1posts", "name_start", 0..1, None),
            ("--", "name_start", 0..1, None),
            (long.as_str(), "name_long", 0..64, None),
            (" Type ", "name_reserved", 1..5, Some("Types")),
            ("order", "name_reserved", 0..5, Some("Orders")),
            ("Select", "name_reserved", 0..6, Some("Selects")),
            ("Value", "name_reserved", 0..5, None),
        ] {
            let fault = Names::of(given).unwrap_err();
            let place = fault.place.unwrap();
            assert_eq!((fault.key, place.span), (key, span), "{given}");
            assert_eq!((place.option.as_str(), place.text.as_str()), ("NAME", given));
            assert_eq!(fault.suggestion.as_deref(), suggestion, "{given}");
        }
    }

    proptest! {
        #[test]
        fn a_word_has_one_plural_and_one_singular(text in "[a-z]{3,12}") {
            if let Ok(names) = Names::of(&text) {
                prop_assert_eq!(&Names::of(&names.plural).unwrap(), &names);
            }
        }

        #[test]
        fn no_name_is_too_odd(text in "\\PC{0,20}") {
            if let Err(fault) = Names::of(&text) {
                prop_assert!(text.get(fault.place.unwrap().span).is_some());
            }
        }
    }
}
