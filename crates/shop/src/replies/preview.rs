//! What the phone would show of an answer that may not be finished yet.

use puzi_wechat::reply::{self, Reply};

use super::{
    plan::{Filling, Prepared},
    rule::Answer,
    template::Setting,
};

/// One thing that may be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// This, with its placeholders filled for a follower whose name is unknown.
    Reply(Reply),
    /// The answer as it is written, because a placeholder in it is wrong.
    Unfilled(Reply),
    /// What the server at this address says.
    Webhook(String),
}

/// Everything that an answer may become at `now_ms`: one thing, or each of those it is chosen from.
pub fn preview(answer: &Answer, setting: &Setting, now_ms: i64) -> Vec<Shown> {
    match answer {
        Answer::OneOf { answers } => answers.iter().map(|answer| one(answer, setting, now_ms)).collect(),
        answer => vec![one(answer, setting, now_ms)],
    }
}

fn one(answer: &Answer, setting: &Setting, now_ms: i64) -> Shown {
    match Prepared::new(answer, 0) {
        Ok(Prepared::Ready(reply)) => Shown::Reply(reply),
        Ok(Prepared::Templated(template)) => Shown::Reply(Filling { template: &template, setting, now_ms }.fill(None)),
        Ok(Prepared::Webhook(call)) => Shown::Webhook(call.url),
        // Answers at random are not nested; a page that shows what was typed has to show something.
        Ok(Prepared::OneOf(_)) => Shown::Unfilled(Reply::Nothing),
        Err(_) => Shown::Unfilled(as_written(answer)),
    }
}

fn as_written(answer: &Answer) -> Reply {
    match answer {
        Answer::Text { content } => Reply::text(content),
        Answer::News { articles } => {
            let article = |article: &super::Article| reply::Article {
                title: article.title.clone(),
                description: article.description.clone(),
                pic_url: article.pic_url.clone(),
                url: article.url.clone(),
            };
            Reply::News { articles: articles.iter().map(article).collect(), star: false }
        }
        _ => Reply::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(answer: &Answer) -> Vec<Shown> {
        // 2026-11-22 14:05 in Shanghai.
        preview(answer, &Setting::new("Asia/Shanghai", "铺子茶铺").unwrap(), 1_795_327_500_000)
    }

    #[test]
    fn placeholders_are_filled_for_somebody_unknown() {
        let answer = Answer::text("{greeting}，{nickname|客官}：{account} {time}");
        assert_eq!(shown(&answer), [Shown::Reply(Reply::text("下午好，客官：铺子茶铺 14:05"))]);
    }

    #[test]
    fn what_is_half_typed_is_shown_as_it_is() {
        assert_eq!(shown(&Answer::text("{nick")), [Shown::Unfilled(Reply::text("{nick"))]);
    }

    #[test]
    fn of_an_answer_at_random_each_is_shown() {
        let inner = Answer::OneOf { answers: vec![] };
        let answers = vec![Answer::text("一"), Answer::text("{"), inner];
        let replies =
            [Shown::Reply(Reply::text("一")), Shown::Unfilled(Reply::text("{")), Shown::Unfilled(Reply::Nothing)];
        assert_eq!(shown(&Answer::OneOf { answers }), replies);
    }
}
