//! What users agreed to, and the pushes of their agreeing.

use crate::push;
use crate::xml::{Fields, nested, number, text};
use crate::{Exchange, Phone, announce};

/// What a user agreed to for one template.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Agreement {
    /// Messages that may still come.
    left: u32,
    /// Whether any number may come.
    lasting: bool,
}

impl Agreement {
    fn give(&mut self, lasting: bool) {
        if lasting {
            self.lasting = true;
        } else {
            self.left += 1;
        }
    }

    /// Uses it for one message.
    pub(super) fn take(&mut self) -> bool {
        let taken = self.lasting || self.left > 0;
        if !self.lasting {
            self.left = self.left.saturating_sub(1);
        }
        taken
    }
}

/// Subscription notifications, as a user answers them.
impl Phone {
    /// Agrees to notifications by a template: to one, or to all for a lasting one.
    pub async fn agree_to_notice(&self, template_id: &str) -> Exchange {
        self.answer_notice_popup(&[(template_id, true)]).await
    }

    /// Taps "cancel" where a notification is offered.
    pub async fn refuse_notice(&self, template_id: &str) -> Exchange {
        self.answer_notice_popup(&[(template_id, false)]).await
    }

    /// Answers the popup of a page, which may offer several templates; each with whether the user agrees.
    pub async fn answer_notice_popup(&self, answers: &[(&str, bool)]) -> Exchange {
        let mut list = Fields::new();
        {
            let mut world = self.inner.world();
            let state = &mut world.account_mut(self.appid()).families.subscribe;
            for (id, agrees) in answers {
                let lasting = state.template(id).map(|template| template.title.lasting);
                if let Some(lasting) = lasting.filter(|_| *agrees) {
                    let key = (self.openid().to_owned(), (*id).to_owned());
                    state.agreements.entry(key).or_default().give(lasting);
                }
                let status = text("SubscribeStatusString", if *agrees { "accept" } else { "reject" });
                list.push(nested("List", vec![text("TemplateId", *id), status, number("PopupScene", 1)]));
            }
        }
        self.push("subscribe_msg_popup_event", nested("SubscribeMsgPopupEvent", list)).await
    }

    /// Switches notifications by a template off, in the settings: nothing more may come.
    pub async fn cancel_notice(&self, template_id: &str) -> Exchange {
        {
            let mut world = self.inner.world();
            let key = (self.openid().to_owned(), template_id.to_owned());
            world.account_mut(self.appid()).families.subscribe.agreements.remove(&key);
        }
        let fields = vec![text("TemplateId", template_id), text("SubscribeStatusString", "reject")];
        let list = nested("SubscribeMsgChangeEvent", vec![nested("List", fields)]);
        self.push("subscribe_msg_change_event", list).await
    }

    async fn push(&self, event: &str, field: (std::borrow::Cow<'static, str>, crate::xml::Value)) -> Exchange {
        let push = announce::unasked(&self.inner, self.appid(), self.openid(), event, vec![field]);
        push::run(&self.inner, &push).await
    }
}
