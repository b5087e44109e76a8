//! The industries that an account may be of.

use serde_json::{Value, json};

use super::State;
use crate::api::ask::number;
use crate::api::shelf::object;
use crate::api::{Answered, ApiError, Call, Reply};
use crate::tokens::month_of;
use crate::world::{Inner, World};

/// By their number, from 1.
const INDUSTRIES: [(&str, &str); 41] = [
    ("IT科技", "互联网|电子商务"),
    ("IT科技", "IT软件与服务"),
    ("IT科技", "IT硬件与设备"),
    ("IT科技", "电子技术"),
    ("IT科技", "通信与运营商"),
    ("IT科技", "网络游戏"),
    ("金融业", "银行"),
    ("金融业", "基金|理财|信托"),
    ("金融业", "保险"),
    ("餐饮", "餐饮"),
    ("酒店旅游", "酒店"),
    ("酒店旅游", "旅游"),
    ("运输与仓储", "快递"),
    ("运输与仓储", "物流"),
    ("运输与仓储", "仓储"),
    ("教育", "培训"),
    ("教育", "院校"),
    ("政府与公共事业", "学术科研"),
    ("政府与公共事业", "交警"),
    ("政府与公共事业", "博物馆"),
    ("政府与公共事业", "公共事业|非盈利机构"),
    ("医药护理", "医药医疗"),
    ("医药护理", "护理美容"),
    ("医药护理", "保健与卫生"),
    ("交通工具", "汽车相关"),
    ("交通工具", "摩托车相关"),
    ("交通工具", "火车相关"),
    ("交通工具", "飞机相关"),
    ("房地产", "建筑"),
    ("房地产", "物业"),
    ("消费品", "消费品"),
    ("商业服务", "法律"),
    ("商业服务", "会展"),
    ("商业服务", "中介服务"),
    ("商业服务", "认证"),
    ("商业服务", "审计"),
    ("文体娱乐", "传媒"),
    ("文体娱乐", "体育"),
    ("文体娱乐", "娱乐休闲"),
    ("印刷", "印刷"),
    ("其它", "其它"),
];

pub(super) const UNSET: ApiError = ApiError::new(40102, "unset industry");

/// Both classes of an industry.
pub(super) fn classes(industry: usize) -> (&'static str, &'static str) {
    INDUSTRIES.get(industry.wrapping_sub(1)).copied().unwrap_or(("", ""))
}

/// `POST /cgi-bin/template/api_set_industry`, setIndustry: once a month; templates of an industry that is left go.
pub(super) fn set(_: &Inner, world: &mut World, call: &Call) -> Answered {
    const INVALID: ApiError = ApiError::new(40103, "invalid industry index");
    let request = object(call)?;
    let industry = |name: &str| {
        let id = usize::try_from(number(&request, name, INVALID)?).map_err(|_| INVALID)?;
        if (1..=INDUSTRIES.len()).contains(&id) { Ok(id) } else { Err(INVALID) }
    };
    let both = [industry("industry_id1")?, industry("industry_id2")?];
    let month = month_of(call.now);
    let State { industries, changed, templates, .. } = &mut world.account_mut(&call.appid).families.template;
    if *changed == Some(month) {
        return Err(ApiError::new(43100, "change template too frequently"));
    }
    *industries = Some(both);
    *changed = Some(month);
    templates.retain(|template| template.industry.is_none_or(|industry| both.contains(&industry)));
    Ok(Reply::ok())
}

/// `GET /cgi-bin/template/get_industry`, getIndustry.
pub(super) fn get(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let [primary, secondary] = world.account(&call.appid).families.template.industries.ok_or(UNSET)?;
    Ok(Reply::Json(json!({ "primary_industry": shown(primary), "secondary_industry": shown(secondary) })))
}

fn shown(industry: usize) -> Value {
    let (first, second) = classes(industry);
    json!({ "first_class": first, "second_class": second })
}
