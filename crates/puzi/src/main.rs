//! The command line of Puzi.

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use puzi::{
    cli::{Cli, Command},
    commands,
    error::Failure,
    logging, output,
    settings::Settings,
    texts,
};
use puzi_shop::texts::Locale;

/// A message is a few dozen small allocations, freed on other threads: the system's allocator takes a tenth of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let locale = texts::locale_of_help(std::env::args());
    let command = texts::localise(Cli::command(), locale);
    let cli = match Cli::from_arg_matches(&command.get_matches()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    match run(cli, locale) {
        Ok(()) => ExitCode::SUCCESS,
        Err((failure, locale)) => {
            output::failure(&failure, locale);
            failure.exit_code()
        }
    }
}

/// Runs the command. Until the settings are read, `asked` is the language; a failure comes with the one it is told in.
fn run(cli: Cli, asked: Locale) -> Result<(), (Failure, Locale)> {
    let mut settings = Settings::read(&cli.settings).map_err(|failure| (failure, asked))?;
    if let Command::Serve(flags) = &cli.command {
        settings.merge_serve_flags(flags);
    }
    let locale = settings.locale();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| (Failure::from(error), locale))?;
    runtime.block_on(dispatch(cli.command, settings)).map_err(|failure| (failure, locale))
}

async fn dispatch(command: Command, settings: Settings) -> Result<(), Failure> {
    logging::start(&settings)?;
    let recording = settings.clone();
    let done = Box::pin(work(command, settings)).await;
    recording.finish().await;
    done
}

async fn work(command: Command, settings: Settings) -> Result<(), Failure> {
    match command {
        Command::Serve(_) => commands::serve::run(&settings).await,
        Command::Demo(flags) => commands::demo::run(flags, settings).await,
        Command::Sandbox(flags) => commands::sandbox::run(flags, &settings).await,
        Command::Migrate(flags) => commands::migrate::run(flags, &settings).await,
        Command::Accounts(command) => commands::accounts::run(command, &settings).await,
        Command::Rules(command) => commands::rules::run(command, &settings).await,
        Command::Chats(command) => Box::pin(commands::chats::run(command, &settings)).await,
        Command::Channels(command) => commands::channels::run(command, &settings).await,
        Command::Broadcast(command) => commands::broadcast::run(*command, &settings).await,
        Command::Staff(command) => commands::staff::run(command, &settings).await,
        Command::Jobs(command) => commands::jobs::run(command, &settings).await,
        Command::Call(args) => commands::call::run(*args, &settings).await,
        Command::Users(command) => commands::users::run(*command, &settings).await,
        Command::Calls(command) => commands::calls::run(command, &settings).await,
        Command::Menu(command) => commands::menu::run(command, &settings).await,
        Command::Materials(command) => commands::materials::run(*command, &settings).await,
        Command::Drafts(command) => commands::drafts::run(command, &settings).await,
        Command::Webhooks(command) => commands::webhooks::run(command, &settings).await,
        Command::Notices(command) => commands::notices::run(command, &settings).await,
        Command::Generate(command) => commands::generate::run(*command, &settings).await,
        Command::Doctor(flags) => commands::doctor::run(flags, &settings).await,
        Command::Completions { shell } => {
            output::completions(shell);
            Ok(())
        }
    }
}
