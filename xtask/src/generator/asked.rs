//! The resources that are asked for. Together they use everything that the generator offers; [`super::whole`] sees to it.

use crate::exec::{Context as _, Error, Result};

use super::{copy::Copy, program::Program};

/// A command line that makes something, and the lines that answer its questions.
struct Asked {
    args: &'static [&'static str],
    answers: &'static str,
}

const fn asked(args: &'static [&'static str]) -> Asked {
    Asked { args, answers: "" }
}

/// Files that command lines name: their names, and what is in them.
const FILES: &[(&str, &str)] = &[("blends.json", include_str!("blends.json"))];

/// In this order: who relates to a resource comes after it.
const ALL: &[Asked] = &[
    asked(&[
        "crud",
        "Gardens",
        "--fields=name#varchar(80)#required|unique|min:2; code#char(4)#required|regex:/^[A-Z]{2}[0-9]{2}$/; \
         story#rich_text; note#text#max:500; history#mediumtext; diary#longtext#between:0,4000; \
         phone#phone#nullable; site#url#required; mail#email#required|unique; leaf#colour; \
         state#enum(open,closed)#required; rows#integer#unsigned#required|between:1,500",
        "--route=yes",
        "--pk=id",
        "--view-path=admin",
        "--namespace=Admin",
        "--route-group=admin",
        "--pagination=25",
        "--indexes=name|state,rows",
    ]),
    asked(&[
        "crud",
        "Teas",
        "--fields=title#string(60)#required; price#money#required|min:1; discount#percent#nullable|max:10000; \
         organic#boolean; season#select#options={\"spring\": \"Spring\", \"autumn\": \"Autumn, late\"}#required; \
         roast#radio#options=light,dark; flavours#multi_select#options=[\"nutty\",\"floral\",\"smoky\"]#required|min:2; \
         garden_id#integer#unsigned; account_id#bigint#required|exists:accounts,id; about#textarea",
        "--foreign-keys=garden_id#id#gardens#set null",
        "--relationships=garden#belongsTo#App\\Garden",
        "--soft-deletes=yes",
        "--route-group=admin/followers",
        "--localize=yes",
        "--locales=en,zh-CN",
    ]),
    asked(&[
        "crud",
        "tea-harvests",
        "--fields=tea_id#integer#required, garden_id#integer#required, picked#date#required|before:tomorrow, \
         sold#date#nullable|after:picked, began#time#required, ended#time#nullable|after:began, \
         weighed_at#datetime#nullable|before:now, sealed_at#timestamp#nullable, weight#decimal(10,3)#required|min:1, \
         moisture#float#nullable, purity#double#nullable, pickers#tinyint#unsigned#required, \
         bags#smallint#required|min:0, leaves#mediumint#nullable, grains#number#nullable|digits_between:2,5, \
         batch#integer#required|digits:6",
        "--foreign-keys=tea_id#id#teas#cascade, garden_id#id#gardens#restrict",
        "--validations=bags#max:900; pickers#required|min:1|max:200",
        "--indexes=batch#unique,tea_id|picked",
        "--soft-deletes",
        "--form-helper=html",
    ]),
    // Once more, now that others lead here.
    asked(&[
        "crud",
        "Gardens",
        "--fields=name#varchar(80)#required|unique|min:2; code#char(4)#required|regex:/^[A-Z]{2}[0-9]{2}$/; \
         story#rich_text; note#text#max:500; phone#phone#nullable; site#url#required; mail#email#required|unique; \
         leaf#colour; state#enum(open,closed)#required; rows#integer#unsigned#required|between:1,500",
        "--relationships=harvests#hasMany#App\\TeaHarvest; tea#hasOne#App\\Tea|garden_id|id",
        "--force",
    ]),
    asked(&[
        "crud",
        "Tastings",
        "--pk=tasting_no",
        "--fields=taster#string#required|alpha; nickname#string#alpha_dash|different:taster; again#string#same:nickname; \
         code#string#required|alpha_num|size:8; lot#string#numeric|not_in:0,1; glass#string#integer|digits_between:1,4; \
         address#string#ip; link#string#url; contact#string#email; tasted#string#date|after:2020-01-01; \
         sober#string#boolean; scores#json#nullable; raw#jsonb; notes#text#json; \
         colour_word#string#in:green,black,\"light blue\"; rated#string#required_with:link|max:40; \
         sworn#boolean#accepted; secret#password#required|min:12|confirmed; \
         mark#string#required|regex:~^(A|B)\\|[0-9]+$~i",
    ]),
    asked(&[
        "crud",
        "Papers",
        "--fields=title#string#required; photo#image#required|max:900; scan#file#required|mimes:pdf,txt|max:200; \
         stamp#file#image|mimes:png,jpg; raw#binary#nullable",
        "--namespace=Admin\\Office",
        "--model-namespace=App\\Office",
        "--soft-deletes=no",
        "--custom-data=colour:green",
        "--localize=no",
    ]),
    asked(&["crud", "Blends", "--fields-from-file={data}/blends.json", "--namespace=Admin/Office"]),
    asked(&[
        "crud-api",
        "Ratings",
        "--fields=stars#tinyint#between:1,5|required; words#text; tea_id#integer#required",
        "--foreign-keys=tea_id#id#teas",
    ]),
    // The parts one by one.
    asked(&[
        "migration",
        "Shelves",
        "--schema=label#string#required|max:20; boards#integer#required|min:1",
        "--indexes=label",
    ]),
    asked(&["model", "Shelf", "--table=shelves", "--fields=label#string; boards#integer", "--fillable=label,boards"]),
    asked(&["lang", "Shelves", "--fields=label#string; boards#integer", "--locales=en"]),
    asked(&[
        "controller",
        "ShelvesController",
        "--crud-name=shelves",
        "--model-name=Shelf",
        "--fields=label#string#required|max:20; boards#integer#required|min:1",
    ]),
    asked(&["view", "Shelves", "--view-path=admin/shop"]),
    asked(&["crud", "SavedLists", "--from-table=resource_views"]),
    Asked {
        args: &["crud", "--interactive"],
        answers: "Kettles\nlitres#decimal#required\nname#strin\nname#string#required\n\ny\ny\n",
    },
    asked(&["crud", "Sketches", "--fields=title#string#required", "--route=no"]),
];

/// The last one, with templates of the workspace's own.
const WITH_TEMPLATES: &[&str] = &["crud", "Placards", "--fields=title#string#required; until#date#nullable"];

/// What the workspace's own template of a test says.
const MARK: &str = "// Written with a template of the workspace's own.\n";

/// What was made, in its order.
pub(super) struct Made(Vec<String>);

/// All words of all command lines, and what is in the files they name.
pub(super) fn all_texts() -> Vec<String> {
    let args = ALL.iter().flat_map(|asked| asked.args).chain(WITH_TEMPLATES);
    let spelled =
        args.map(|arg| arg.replace("--schema=", "--fields=")).chain(ALL.iter().map(|it| it.answers.to_owned()));
    // Shown first, each.
    let shown = ["--dry-run".to_owned(), "--into".to_owned()];
    spelled.chain(shown).chain(FILES.iter().map(|(_, text)| (*text).to_owned())).collect()
}

/// Makes them all; before each, shows what it would write, which writes nothing.
pub(super) fn make_all(program: &Program, copy: &Copy) -> Result<Made> {
    for (name, text) in FILES {
        let file = program.data().join(name);
        std::fs::write(&file, text).context(file.display())?;
    }
    // What the workspace itself has generated stays.
    let known = listed(program)?;
    for asked in ALL {
        let words = [&["generate"][..], asked.args].concat();
        if asked.answers.is_empty() {
            shown_first(program, copy, &words)?;
            program.run(&words)?;
        } else {
            program.answer(&words, asked.answers)?;
        }
    }
    with_templates(program, copy)?;
    stories_of_parts(copy)?;
    let mut names = listed(program)?;
    names.retain(|name| !known.contains(name));
    println!("  {} resources: {}", names.len(), names.join(", "));
    Ok(Made(names))
}

/// Names of what was generated, in its order.
fn listed(program: &Program) -> Result<Vec<String>> {
    let listed = program.run(&["generate", "list", "--json"])?;
    let listed: serde_json::Value = serde_json::from_str(&listed).context("puzi generate list")?;
    let mut names: Vec<String> = Vec::new();
    for name in listed["generated"].as_array().into_iter().flatten().filter_map(|entry| entry["name"].as_str()) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// With `--dry-run` the files are named, and nothing is written.
fn shown_first(program: &Program, copy: &Copy, words: &[&str]) -> Result {
    let before = copy.snapshot()?;
    let root = copy.root().display().to_string();
    let diff = program.run(&[words, &["--dry-run", "--into", &root]].concat())?;
    copy.must_be(&before, "after a dry run")?;
    if diff.lines().any(|line| line.starts_with('+')) {
        return Ok(());
    }
    Err(Error::new(format!("`puzi {} --dry-run` shows no line that it would write:\n{diff}", words.join(" "))))
}

/// The templates copied out, one of them changed; what is generated follows it. Then they go again.
fn with_templates(program: &Program, copy: &Copy) -> Result {
    program.run(&["generate", "templates"])?;
    let files = copy.snapshot()?;
    let test = files.keys().find(|path| path.starts_with("generator/") && path.contains("test"));
    let test = test.ok_or_else(|| Error::new("No template of a test was copied out."))?;
    copy.write(test, &format!("{}{MARK}", copy.text(test)?))?;
    program.run(&[&["generate"][..], WITH_TEMPLATES].concat())?;
    copy.remove("generator")?;
    if !copy.text("crates/puzi/tests/resources/placards.rs")?.contains(MARK.trim()) {
        return Err(Error::new("A template of the workspace's own is not followed."));
    }
    Ok(())
}

/// Resources of which only parts were generated have no story of their own: here they get one.
const STORY: (&str, &str) = (
    "crates/puzi/tests/resources/shelves.rs",
    "//! The life of a shelf.\n\nuse crate::story::Story;\n\n#[tokio::test]\nasync fn the_whole_life_of_a_shelf() {\n    \
     Story::of(\"shelves\").refuses(\"label\", \"\").tell().await;\n}\n",
);
const STORIES: &str = "crates/puzi/tests/resources/main.rs";

fn stories_of_parts(copy: &Copy) -> Result {
    copy.write(STORY.0, STORY.1)?;
    copy.write(STORIES, &copy.text(STORIES)?.replace("mod tastings;\n", "mod shelves;\nmod tastings;\n"))
}

/// Takes everything back: first every other one, then the rest, each beginning with the last.
pub(super) fn take_back(program: &Program, copy: &Copy, made: Made) -> Result {
    copy.remove(STORY.0)?;
    copy.write(STORIES, &copy.text(STORIES)?.replace("mod shelves;\n", ""))?;
    let names = made.0;
    let every_other = names.iter().rev().step_by(2).chain(names.iter().rev().skip(1).step_by(2));
    for name in every_other {
        program.run(&["generate", "destroy", name])?;
    }
    Ok(())
}
