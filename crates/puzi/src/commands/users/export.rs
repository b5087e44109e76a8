//! `puzi users export`: a file that a spreadsheet opens, without anything that it would calculate.

use std::{
    io::{BufWriter, Write},
    path::PathBuf,
};

use clap::Args;
use puzi_shop::{
    audit::{self, Entry},
    texts::Locale,
};

use super::{Desk, Row, Which};
use crate::{
    commands::{common::OfAccount, staff::operator},
    error::Failure,
    output::{self, Clock},
    settings::{Settings, Workplace},
    texts::say,
};

/// Followers read at a time.
const PAGE: usize = 500;

/// `puzi users export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The file; - writes to the standard output
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// Which followers.
    #[command(flatten)]
    pub which: Which,
}

pub(super) async fn run(args: &ExportArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let desk = Desk::open(place, settings, &args.account).await?;
    let (filter, locale) = (args.which.filter(&desk).await?, desk.locale);
    let to_stdout = args.file.as_os_str() == "-";
    let mut out: Box<dyn Write + Send> = if to_stdout {
        Box::new(std::io::stdout())
    } else {
        Box::new(BufWriter::new(std::fs::File::create(&args.file)?))
    };
    // Who takes people's data out is written down before the first of it leaves.
    let entry = Entry::new(&operator(), "followers.export", "followers", 0).of_account(desk.account);
    let tx = place.db.begin_write().await?;
    audit::record(&*tx, &entry.after(serde_json::to_value(&filter).unwrap_or_default())).await?;
    tx.commit().await?;
    let heads = ["id", "name", "named_by", "remark", "openid", "tags", "source", "followed", "left", "spoke", "state"];
    let heads: Vec<_> = heads.iter().map(|head| say(locale, &format!("users.{head}"), &[])).collect();
    out.write_all("\u{feff}".as_bytes())?;
    out.write_all(line(&heads).as_bytes())?;
    let (mut after, mut count) = (0, 0_u64);
    loop {
        let page = filter.choose(place.db.read(), desk.account, after, PAGE).await?;
        let (full, last) = (page.len() == PAGE, page.last().map(|one| one.id));
        for one in page {
            let follower = desk.followers.get(&desk.reach(), one.id).await?;
            let row = Row::of(follower, &desk).await?;
            out.write_all(line(&cells(&row, &desk.clock, locale)).as_bytes())?;
            count += 1;
        }
        match last {
            Some(last) if full => after = last,
            _ => break,
        }
    }
    out.flush()?;
    if !to_stdout {
        output::line(say(locale, "users.exported", &[("n", count.to_string())]));
    }
    Ok(())
}

fn cells(row: &Row, clock: &Clock, locale: Locale) -> Vec<String> {
    let follower = &row.follower;
    let when = |at: Option<i64>| at.map(|at| clock.show(at)).unwrap_or_default();
    vec![
        follower.id.to_string(),
        row.name.clone(),
        say(locale, &format!("users.by.{}", row.named_by), &[]),
        follower.remark.clone(),
        follower.openid.clone(),
        row.tags.join(", "),
        follower.source.clone().unwrap_or_default(),
        when(follower.followed_at),
        when(follower.left_at),
        when(follower.spoke_at),
        say(locale, &format!("users.states.{}", row.state()), &[]),
    ]
}

/// A line of CSV; what a spreadsheet would take for a formula begins with an apostrophe.
fn line(cells: &[String]) -> String {
    let cells: Vec<_> = cells
        .iter()
        .map(|cell| {
            let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
            let guard = if formula { "'" } else { "" };
            format!("\"{guard}{}\"", cell.replace('"', "\"\""))
        })
        .collect();
    format!("{}\r\n", cells.join(","))
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn nothing_is_calculated_and_nothing_breaks_out() {
        let cells = ["=cmd|' /C calc'!A0", "a\"b,c", "＝1+1", "plain"].map(str::to_owned);
        assert_eq!(line(&cells), "\"'=cmd|' /C calc'!A0\",\"a\"\"b,c\",\"'＝1+1\",\"plain\"\r\n");
    }
}
