//! What may be said after `puzi generate`. The names are those of Laravel's crud-generator, in either spelling.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `puzi generate …`.
#[derive(Debug, Subcommand)]
pub enum GenerateCommand {
    /// A whole resource: table, entity, page, JSON API, permissions, texts, menu entry and test
    #[command(after_help = "Examples:\n  \
        puzi generate crud Ecommerces --fields=\"title#string#required\" --route-group=admin\n  \
        puzi generate crud Posts --fields='title#string#required|max:100; body#text; state#select#options=draft,live'\n  \
        puzi generate crud Items --from-table=items --dry-run\n  \
        puzi generate crud --interactive")]
    Crud(Asked),
    /// A resource that is only in the JSON API, without pages
    #[command(after_help = "Example:\n  puzi generate crud-api Ratings --fields=\"stars#tinyint#between:1,5\"")]
    CrudApi(Asked),
    /// Only the declaration: pages, API, permissions and menu entry of an entity that is there
    #[command(after_help = "Example:\n  puzi generate controller Posts --fields=\"title#string#required\"")]
    Controller(Asked),
    /// Only the entity of a table
    #[command(after_help = "Example:\n  puzi generate model Posts --fields=\"title#string; body#text\"")]
    Model(Asked),
    /// Only the migration that makes the table
    #[command(after_help = "Example:\n  puzi generate migration Posts --schema=\"title#string; body#text\"")]
    Migration(Asked),
    /// Templates of its own for a resource's pages
    #[command(after_help = "Example:\n  puzi generate view Posts --view-path=admin")]
    View(Asked),
    /// Only the texts, in both languages
    #[command(after_help = "Example:\n  puzi generate lang Posts --fields=\"title#string; body#text\"")]
    Lang(Asked),
    /// Take back exactly what was generated; refuses when it was edited
    #[command(after_help = "Example:\n  puzi generate destroy Posts --dry-run")]
    Destroy(DestroyArgs),
    /// List what was generated here; or the types and rules there are
    #[command(after_help = "Examples:\n  puzi generate list\n  puzi generate list --types")]
    List(ListArgs),
    /// Copy the templates of generated files out, to change them
    #[command(after_help = "Example:\n  puzi generate templates")]
    Templates(PlaceArgs),
    /// Watch a running generator and take its work back when it dies
    #[command(hide = true)]
    Guard(PlaceArgs),
}

/// What is asked of a generator.
#[derive(Debug, Default, Args)]
pub struct Asked {
    /// Name of the resource, such as Ecommerces; asked for at a terminal when it is left out
    pub name: Option<String>,
    /// Fields: name#type#rules, separated by ; or ,
    #[arg(long, alias = "schema", value_name = "FIELDS")]
    pub fields: Option<String>,
    /// Fields and the rest from a JSON file
    #[arg(long, alias = "fields_from_file", value_name = "FILE")]
    pub fields_from_file: Option<PathBuf>,
    /// Rules besides those of the fields: title#required|max:100; body#required
    #[arg(long, value_name = "RULES")]
    pub validations: Option<String>,
    /// Serve it, and show it in the menu: yes or no [default: yes]
    #[arg(long, value_name = "YES|NO", num_args = 0..=1, default_missing_value = "yes")]
    pub route: Option<String>,
    /// admin, or admin/GROUP with a group of the menu: today, content, followers, shop, system [default: admin/shop]
    #[arg(long, alias = "route_group", value_name = "GROUP")]
    pub route_group: Option<String>,
    /// Name of the primary key [default: id]
    #[arg(long, value_name = "COLUMN")]
    pub pk: Option<String>,
    /// Folder of templates of its own, below crates/web/templates [default: admin]
    #[arg(long, alias = "view_path", value_name = "FOLDER")]
    pub view_path: Option<String>,
    /// Module of the declaration: Admin, or Admin\Area
    #[arg(long, alias = "controller-namespace", alias = "controller_namespace", value_name = "MODULE")]
    pub namespace: Option<String>,
    /// Module of the entity below crates/shop/src
    #[arg(long, alias = "model_namespace", value_name = "MODULE")]
    pub model_namespace: Option<String>,
    /// Records on one page of the list [default: 50]
    #[arg(long, value_name = "NUMBER")]
    pub pagination: Option<String>,
    /// Indexes: title,first|second#unique
    #[arg(long, value_name = "COLUMNS")]
    pub indexes: Option<String>,
    /// Foreign keys: user_id#id#users#cascade
    #[arg(long, alias = "foreign_keys", value_name = "KEYS")]
    pub foreign_keys: Option<String>,
    /// Relations: comments#hasMany#App\Comment
    #[arg(long, value_name = "RELATIONS")]
    pub relationships: Option<String>,
    /// Deletions can be taken back: yes or no [default: no]
    #[arg(long, alias = "soft_deletes", value_name = "YES|NO", num_args = 0..=1, default_missing_value = "yes")]
    pub soft_deletes: Option<String>,
    /// Taken for the sake of Laravel's command lines: forms are made from the declaration
    #[arg(long, alias = "form_helper", value_name = "HELPER")]
    pub form_helper: Option<String>,
    /// Taken for the sake of Laravel's command lines: texts are always in the catalogues
    #[arg(long, value_name = "YES|NO", num_args = 0..=1, default_missing_value = "yes")]
    pub localize: Option<String>,
    /// Languages: zh-CN and en, which are always written
    #[arg(long, value_name = "TAGS")]
    pub locales: Option<String>,
    /// Fields that a form may set; must be among the fields
    #[arg(long, value_name = "NAMES")]
    pub fillable: Option<String>,
    /// Name of the resource, where the first argument is the controller's
    #[arg(long, alias = "crud_name", value_name = "NAME")]
    pub crud_name: Option<String>,
    /// Name of the entity, as Laravel's command lines say it; it is the resource's
    #[arg(long, alias = "model_name", value_name = "NAME")]
    pub model_name: Option<String>,
    /// Name of the table, where it is not the resource's
    #[arg(long, value_name = "TABLE")]
    pub table: Option<String>,
    /// Taken for the sake of Laravel's command lines
    #[arg(long, alias = "custom_data", value_name = "DATA")]
    pub custom_data: Option<String>,
    /// Make a resource of this table of the database, as it is
    #[arg(long, alias = "from_table", value_name = "TABLE")]
    pub from_table: Option<String>,
    /// Overwrite what was generated under this name before
    #[arg(long)]
    pub force: bool,
    /// Only show what would be written, as a diff
    #[arg(long, alias = "dry_run")]
    pub dry_run: bool,
    /// Ask for everything
    #[arg(long, short)]
    pub interactive: bool,
    /// Where to write.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Which workspace.
#[derive(Debug, Default, Args)]
pub struct PlaceArgs {
    /// Folder of Puzi's source [default: the one that this folder lies in]
    #[arg(long, value_name = "FOLDER")]
    pub into: Option<PathBuf>,
}

/// `puzi generate destroy`.
#[derive(Debug, Args)]
pub struct DestroyArgs {
    /// Name of the resource
    pub name: String,
    /// Only show what would go, as a diff
    #[arg(long, alias = "dry_run")]
    pub dry_run: bool,
    /// Where to write.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// `puzi generate list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The types of fields instead
    #[arg(long, conflicts_with = "rules")]
    pub types: bool,
    /// The rules of validation instead
    #[arg(long)]
    pub rules: bool,
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
    /// Where to look.
    #[command(flatten)]
    pub place: PlaceArgs,
}
