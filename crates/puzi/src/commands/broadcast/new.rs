//! `puzi broadcast new`.

use puzi_shop::{
    accounts::{Account, Reach},
    broadcasts::{Audience, Content, NewBroadcast, Quota, Whom, minutes, openids_of},
    followers::Followers,
};

use super::{Desk, NewArgs};
use crate::{
    commands::{common::When, staff::operator},
    error::Failure,
    output,
};

impl Desk<'_> {
    pub(super) async fn write(&self, args: NewArgs) -> Result<(), Failure> {
        let account = args.of.one(self.place, self.locale).await?;
        let whom = self.whom(&account, &args.to).await?;
        let at = args.at.as_deref().map(|at| self.moment(at)).transpose()?;
        let content = content(&args)?;
        let audience = self.broadcasts.audience(&Reach::All, account.id, &whom).await?;
        let new = NewBroadcast {
            name: args.name,
            content,
            whom: Some(whom),
            ignore_reprint: args.ignore_reprint,
            speed: args.speed,
            at,
        };
        let id = self.broadcasts.create(&operator(), &Reach::All, account.id, new).await?;
        let broadcast = self.one(id).await?;
        if args.show.json {
            output::json(&self.json_of(&broadcast));
            return Ok(());
        }
        let (people, more) = self.broadcasts.people(&Reach::All, account.id, &audience).await?;
        let quota = self.broadcasts.quota(&Reach::All, account.id).await?;
        output::line(self.t("broadcast.made", &[("id", id.to_string()), ("name", broadcast.name.clone())]));
        let people_args = [
            ("n", if more { format!("{people}+") } else { people.to_string() }),
            ("minutes", minutes(people, broadcast.speed).to_string()),
        ];
        output::line(self.t("broadcast.people_and_time", &people_args));
        output::line(self.of_quota(&quota));
        output::line(self.t("broadcast.next", &[("id", id.to_string())]));
        Ok(())
    }

    /// `all`, `tag:NAME`, or a file of openids.
    async fn whom(&self, account: &Account, to: &str) -> Result<Whom, Failure> {
        if to == "all" {
            return Ok(Whom::All);
        }
        if let Some(name) = to.strip_prefix("tag:") {
            let tags = Followers::new(&self.place.db, &self.registry).tags(&Reach::All, account.id).await?;
            let found = tags.into_iter().find(|tag| tag.name == name);
            let unknown = || Failure::Refused(vec![self.t("broadcast.no_such_tag", &[("name", name.to_owned())])]);
            return Ok(Whom::Tag(found.ok_or_else(unknown)?.id));
        }
        let text = read_file(to)?;
        let name =
            std::path::Path::new(to).file_name().map_or_else(|| to.to_owned(), |name| name.to_string_lossy().into());
        Ok(Whom::Given { name, openids: openids_of(&text) })
    }

    fn moment(&self, text: &str) -> Result<i64, Failure> {
        let wrong = || Failure::Refused(vec![self.t("broadcast.bad_time", &[("is", text.to_owned())])]);
        let when: When = text.parse().map_err(|_| wrong())?;
        match when {
            // What was is no time to send.
            When::Ago(_) => Err(wrong()),
            when => Ok(when.begin(&self.clock, puzi_shop::db::now_ms())),
        }
    }

    pub(super) fn of_quota(&self, quota: &Quota) -> String {
        let args = [
            ("kind", self.t(&format!("broadcast.kinds.{}", quota.kind.word()), &[])),
            ("month", quota.month.used.to_string()),
            ("month_limit", quota.month.limit.to_string()),
            ("day", quota.day.used.to_string()),
            ("day_limit", quota.day.limit.to_string()),
            ("previews", quota.previews.left().to_string()),
            ("until", self.clock.show(quota.month.until)),
        ];
        self.t("broadcast.quota", &args)
    }

    pub(super) fn to_words(&self, audience: &Audience) -> String {
        let key = match audience {
            Audience::All => "broadcast.to.all",
            Audience::Tag { .. } => "broadcast.to.tag",
            Audience::Filter { .. } => "broadcast.to.filter",
            Audience::File { .. } => "broadcast.to.file",
        };
        self.t(key, &[("name", audience.name().to_owned())])
    }
}

fn content(args: &NewArgs) -> Result<Content, Failure> {
    if let Some(text) = &args.text {
        let text = match text.strip_prefix('@') {
            Some(path) => read_file(path)?.trim_end().to_owned(),
            None => text.clone(),
        };
        return Ok(Content::Text { text });
    }
    Ok(match (args.draft, args.voice, args.video) {
        (Some(draft_id), _, _) => Content::Mpnews { draft_id },
        (None, Some(material_id), _) => Content::Voice { material_id },
        (None, None, Some(material_id)) => Content::Mpvideo {
            material_id,
            title: args.title.clone().unwrap_or_default(),
            description: args.description.clone().unwrap_or_default(),
        },
        (None, None, None) => {
            Content::Image { materials: args.image.clone(), recommend: String::new(), comments: false }
        }
    })
}

fn read_file(path: &str) -> Result<String, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::Refused(vec![format!("{path}: {error}")]))?;
    String::from_utf8(bytes).map_err(|error| Failure::Refused(vec![format!("{path}: {error}")]))
}
