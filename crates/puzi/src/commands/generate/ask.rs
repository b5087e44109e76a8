//! The interactive mode: what was not said is asked, and every answer is checked at once.

use std::io::{self, BufRead, IsTerminal, Write};

use puzi_resource::generate::{Fault, Known, Names, Request, Written, read};
use puzi_shop::texts::Locale;

use crate::{error::Failure, output, texts::say};

/// Whether somebody sits there who can answer.
pub(super) fn at_terminal() -> bool {
    io::stdin().is_terminal()
}

/// Asks on standard error and reads lines from standard input.
pub(super) struct Answers {
    locale: Locale,
}

impl Answers {
    pub(super) fn new(locale: Locale) -> Self {
        Self { locale }
    }

    /// Asks for what `request` leaves open.
    pub(super) fn complete(&mut self, mut request: Request, known: &Known) -> Result<Request, Failure> {
        if !request.name.is_empty()
            && let Some(fault) = self.fault_of(&request.name, &request, known)
        {
            return Err(Failure::Refused(fault.lines(&|key, args| say(self.locale, key, args))));
        }
        while request.name.is_empty() {
            let name = self.ask("generate.ask.name", &[])?;
            match Names::of(&name).err().or_else(|| self.fault_of(&name, &request, known)) {
                None => request.name = name,
                Some(fault) => self.complain(&fault),
            }
        }
        if request.fields.is_none() && request.file.is_none() {
            self.say("generate.ask.fields_help", &[]);
            let mut fields: Vec<String> = Vec::new();
            loop {
                let number = (fields.len() + 1).to_string();
                let field = self.ask("generate.ask.field", &[("number", number)])?;
                if field.is_empty() && !fields.is_empty() {
                    break;
                }
                let tried = Request { fields: Some(join(&fields, &field)), ..request.clone() };
                match read(&tried, known) {
                    Ok(_) => fields.push(field),
                    Err(fault) => self.complain(&fault),
                }
            }
            request.fields = Some(fields.join("; "));
        }
        if request.soft_deletes.is_none() && request.from_table.is_none() {
            let soft = self.yes("generate.ask.soft_deletes", false)?;
            request.soft_deletes = soft.then(|| "yes".to_owned());
        }
        Ok(request)
    }

    /// What is wrong with the name alone, whatever the fields will be.
    fn fault_of(&self, name: &str, request: &Request, known: &Known) -> Option<Fault> {
        let fields = request.fields.clone().unwrap_or_else(|| "title#string".to_owned());
        let tried = Request { name: name.to_owned(), fields: Some(fields), ..request.clone() };
        let is_name = |fault: &Fault| fault.place.as_ref().is_none_or(|place| !place.option.starts_with("--"));
        read(&tried, known).err().filter(is_name)
    }

    /// Shows the command line and what it would write, and asks whether to go on.
    pub(super) fn confirm(&mut self, command: &str, would: &Written) -> Result<bool, Failure> {
        output::note("");
        output::note(&format!("  {command}"));
        output::note("");
        for (path, _) in &would.files {
            output::note(&format!("  {path}"));
        }
        self.yes("generate.ask.confirm", true)
    }

    fn yes(&mut self, key: &str, usual: bool) -> Result<bool, Failure> {
        loop {
            match self.ask(key, &[])?.to_lowercase().as_str() {
                "" => return Ok(usual),
                "y" | "yes" | "是" => return Ok(true),
                "n" | "no" | "否" => return Ok(false),
                _ => {}
            }
        }
    }

    fn ask(&mut self, key: &str, args: &[(&'static str, String)]) -> Result<String, Failure> {
        let mut err = io::stderr().lock();
        write!(err, "{} ", say(self.locale, key, args))?;
        err.flush()?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Err(Failure::Refused(vec![say(self.locale, "generate.ask.ended", &[])]));
        }
        Ok(line.trim().to_owned())
    }

    fn say(&self, key: &str, args: &[(&'static str, String)]) {
        output::note(&say(self.locale, key, args));
    }

    fn complain(&self, fault: &Fault) {
        for line in fault.lines(&|key, args| say(self.locale, key, args)) {
            output::note(&line);
        }
    }
}

fn join(fields: &[String], last: &str) -> String {
    fields.iter().map(String::as_str).chain([last]).collect::<Vec<_>>().join("; ")
}
