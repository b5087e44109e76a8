//! A few templates of the industries' library; the platform's own has thousands.

/// A template that an account of its industry may take.
pub(super) struct Sample {
    /// `TM…` or `OPENTM…`.
    pub(super) short: &'static str,
    pub(super) title: &'static str,
    pub(super) industry: usize,
    /// Names of the lines between `first` and `remark`, and an example of each.
    pub(super) lines: &'static [(&'static str, &'static str)],
}

const SAMPLES: &[Sample] = &[
    Sample {
        short: "TM00015",
        title: "订单支付成功",
        industry: 1,
        lines: &[("支付金额", "30.00元"), ("商品信息", "明前龙井")],
    },
    Sample {
        short: "OPENTM200565259",
        title: "订单发货提醒",
        industry: 1,
        lines: &[("订单编号", "20261101-0001"), ("物流公司", "顺丰速运"), ("物流单号", "SF1234567890")],
    },
    Sample {
        short: "OPENTM201205160",
        title: "退款成功通知",
        industry: 1,
        lines: &[("退款金额", "30.00元"), ("退款时间", "2026年11月2日")],
    },
    Sample {
        short: "OPENTM207102467",
        title: "会员等级变更通知",
        industry: 31,
        lines: &[("会员等级", "金卡"), ("变更时间", "2026年11月1日")],
    },
    Sample {
        short: "OPENTM203116463",
        title: "提现到账通知",
        industry: 8,
        lines: &[("到账金额", "100.00元"), ("到账时间", "2026年11月3日")],
    },
];

pub(super) fn sample(short: &str) -> Option<&'static Sample> {
    SAMPLES.iter().find(|sample| sample.short == short)
}

impl Sample {
    /// The names of its fields in `data`.
    pub(super) fn keys(&self) -> Vec<String> {
        let between = (1..=self.lines.len()).map(|place| format!("keyword{place}"));
        std::iter::once("first".into()).chain(between).chain(std::iter::once("remark".into())).collect()
    }

    /// As the account's list shows it.
    pub(super) fn content(&self) -> String {
        let lines = self.lines.iter().enumerate();
        let lines: String =
            lines.map(|(place, (name, _))| format!("{name}：{{{{keyword{}.DATA}}}}\n", place + 1)).collect();
        format!("{{{{first.DATA}}}}\n{lines}{{{{remark.DATA}}}}")
    }

    pub(super) fn example(&self) -> String {
        let lines: String = self.lines.iter().map(|(name, example)| format!("{name}：{example}\n")).collect();
        format!("您好\n{lines}感谢您的支持")
    }
}
