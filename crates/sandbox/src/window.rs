//! How many customer-service messages a user's doing allows, and for how long.

/// What a user did that lets the account write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// 用户发送消息: 5 messages in 48 hours.
    Message,
    /// 点击自定义菜单 (click, scancode_push, scancode_waitmsg): 3 in one minute.
    Menu,
    /// 关注: 3 in one minute.
    Follow,
    /// 扫描二维码: 3 in one minute.
    Scan,
}

/// Why a customer-service message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Nothing the user did is recent enough.
    Closed,
    /// All that was allowed is used.
    Spent,
}

#[derive(Clone, Copy, Debug)]
struct Allowance {
    left: u8,
    until_ms: i64,
}

/// The allowances of one user, the latest of each cause.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    allowances: [Option<Allowance>; 4],
}

impl Window {
    pub(crate) fn open(&mut self, cause: Cause, now_ms: i64) {
        let (left, seconds) = match cause {
            Cause::Message => (5, 48 * 3600),
            Cause::Menu | Cause::Follow | Cause::Scan => (3, 60),
        };
        self.allowances[cause as usize] = Some(Allowance { left, until_ms: now_ms + seconds * 1000 });
    }

    /// Takes one message out of the allowance that ends first.
    pub(crate) fn take(&mut self, now_ms: i64) -> Result<(), Refused> {
        let mut open: Vec<_> = self.allowances.iter_mut().flatten().filter(|a| now_ms < a.until_ms).collect();
        if open.is_empty() {
            return Err(Refused::Closed);
        }
        open.sort_by_key(|allowance| allowance.until_ms);
        let next = open.into_iter().find(|allowance| allowance.left > 0).ok_or(Refused::Spent)?;
        next.left -= 1;
        Ok(())
    }

    /// Forgets everything, as unfollowing does.
    pub(crate) fn close(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allowance_that_ends_first_is_used_first() {
        let mut window = Window::default();
        assert_eq!(window.take(0), Err(Refused::Closed));
        window.open(Cause::Message, 0);
        window.open(Cause::Menu, 0);
        for _ in 0..3 {
            window.take(1).unwrap();
        }
        // The minute is over and the five of the message are still whole.
        for _ in 0..5 {
            window.take(60_000).unwrap();
        }
        assert_eq!(window.take(60_000), Err(Refused::Spent));
        assert_eq!(window.take(48 * 3_600_000), Err(Refused::Closed));
    }
}
