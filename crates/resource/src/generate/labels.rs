//! What people read, made of names: English by its words, Chinese by a dictionary of what a shop's tables have.

/// Words that are written otherwise than they are spelled in names.
const WRITTEN: &[(&str, &str)] = &[
    ("api", "API"),
    ("appid", "AppID"),
    ("html", "HTML"),
    ("id", "ID"),
    ("ip", "IP"),
    ("json", "JSON"),
    ("openid", "openid"),
    ("pdf", "PDF"),
    ("qq", "QQ"),
    ("qr", "QR"),
    ("seo", "SEO"),
    ("sku", "SKU"),
    ("sms", "SMS"),
    ("unionid", "unionid"),
    ("url", "URL"),
    ("vat", "VAT"),
    ("vip", "VIP"),
    ("wechat", "WeChat"),
];

/// `cover_image` in words: `Cover image`.
pub(super) fn english(name: &str) -> String {
    let words = name.split(['_', '-', ' ']).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.map(|word| found(WRITTEN, &word.to_lowercase()).unwrap_or(word)).collect();
    capitalised(&words.join(" "))
}

/// The first letter in upper case, unless the word is written otherwise.
pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = text.split(' ').next().unwrap_or_default();
    match chars.next() {
        Some(letter) if !WRITTEN.iter().any(|(_, written)| *written == first) => {
            letter.to_uppercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

/// What `name` is called in Chinese, where every part of it is known.
pub(super) fn chinese(name: &str) -> Option<String> {
    let name = name.to_lowercase();
    if let Some(rest) = name.strip_prefix("is_").or_else(|| name.strip_prefix("has_")) {
        return chinese(rest).map(|rest| format!("是否{rest}"));
    }
    let words: Vec<&str> = name.split('_').collect();
    let mut out = String::new();
    let mut at = 0;
    while at < words.len() {
        // The longest run of words that is known: a cover image is no image of a cover.
        let (end, text) = (at + 1..=words.len()).rev().find_map(|end| {
            let run = words[at..end].join("_");
            Some((end, known(&run, at > 0)?))
        })?;
        out.push_str(text);
        at = end;
    }
    Some(out).filter(|out| !out.is_empty())
}

/// A run of words; at the end of a name some mean something else than by themselves.
fn known(run: &str, after: bool) -> Option<&'static str> {
    let last = || found(LAST, run).filter(|_| after);
    let one = || found(WORDS, run).or_else(|| found(WORDS, run.strip_suffix('s')?));
    let more =
        || found(WORDS, run.strip_suffix("es")?).or_else(|| found(WORDS, &format!("{}y", run.strip_suffix("ies")?)));
    last().or_else(one).or_else(more)
}

fn found(all: &[(&'static str, &'static str)], word: &str) -> Option<&'static str> {
    all.iter().find(|(known, _)| *known == word).map(|(_, text)| *text)
}

/// `In stock` as a name: `in_stock`.
pub(super) fn snake(text: &str) -> String {
    text.trim().to_lowercase().replace(['-', ' '], "_")
}

/// Whether it is a Chinese character.
pub(super) fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Words at the end of a name.
const LAST: &[(&str, &str)] = &[
    ("at", "时间"),
    ("on", "日期"),
    ("by", "人"),
    ("id", "编号"),
    ("no", "号"),
    ("number", "号"),
    ("count", "数"),
    ("date", "日期"),
    ("time", "时间"),
];

/// Words and their combinations: what is sold and who buys it, what is written and shown, states, times and measures.
const WORDS: &[(&str, &str)] = &[
    // Names and texts.
    ("title", "标题"),
    ("subtitle", "副标题"),
    ("name", "名称"),
    ("full_name", "姓名"),
    ("first_name", "名"),
    ("last_name", "姓"),
    ("real_name", "真实姓名"),
    ("user_name", "用户名"),
    ("username", "用户名"),
    ("nickname", "昵称"),
    ("nick_name", "昵称"),
    ("display_name", "显示名称"),
    ("file_name", "文件名"),
    ("company_name", "公司名称"),
    ("label", "标签"),
    ("heading", "标题"),
    ("text", "文字"),
    ("body", "正文"),
    ("content", "内容"),
    ("description", "描述"),
    ("summary", "摘要"),
    ("excerpt", "摘要"),
    ("intro", "简介"),
    ("introduction", "简介"),
    ("about", "简介"),
    ("bio", "个人简介"),
    ("detail", "详情"),
    ("note", "备注"),
    ("remark", "备注"),
    ("memo", "备注"),
    ("hint", "提示"),
    ("help", "帮助"),
    ("keyword", "关键词"),
    ("slug", "网址别名"),
    ("code", "编码"),
    ("key", "键"),
    ("value", "值"),
    ("number", "编号"),
    ("serial_number", "序列号"),
    ("id", "编号"),
    ("language", "语言"),
    ("locale", "语言"),
    ("motto", "格言"),
    ("slogan", "口号"),
    ("reason", "原因"),
    ("result", "结果"),
    ("extra", "附加信息"),
    ("data", "数据"),
    ("option", "选项"),
    ("setting", "设置"),
    ("config", "配置"),
    ("password", "密码"),
    ("secret", "密钥"),
    ("token", "令牌"),
    // People.
    ("user", "用户"),
    ("member", "会员"),
    ("customer", "客户"),
    ("buyer", "买家"),
    ("seller", "卖家"),
    ("guest", "访客"),
    ("follower", "粉丝"),
    ("staff", "成员"),
    ("employee", "员工"),
    ("author", "作者"),
    ("editor", "编辑"),
    ("owner", "负责人"),
    ("manager", "经理"),
    ("operator", "操作人"),
    ("referrer", "推荐人"),
    ("recipient", "收件人"),
    ("receiver", "收件人"),
    ("sender", "发件人"),
    ("contact", "联系人"),
    ("contact_name", "联系人"),
    ("contact_phone", "联系电话"),
    ("contact_email", "联系邮箱"),
    ("contact_person", "联系人"),
    ("person", "人员"),
    ("team", "团队"),
    ("department", "部门"),
    ("company", "公司"),
    ("organization", "机构"),
    ("supplier", "供应商"),
    ("vendor", "供应商"),
    ("merchant", "商户"),
    ("agent", "代理"),
    ("parent", "上级"),
    ("child", "下级"),
    ("gender", "性别"),
    ("sex", "性别"),
    ("age", "年龄"),
    ("birthday", "生日"),
    ("role", "角色"),
    ("permission", "权限"),
    ("level", "等级"),
    ("grade", "等级"),
    ("rank", "排名"),
    // Ways to reach somebody.
    ("email", "邮箱"),
    ("phone", "电话"),
    ("mobile", "手机号"),
    ("mobile_phone", "手机号"),
    ("phone_number", "电话号码"),
    ("telephone", "电话"),
    ("tel", "电话"),
    ("fax", "传真"),
    ("wechat", "微信"),
    ("wechat_id", "微信号"),
    ("qq", "QQ"),
    ("url", "网址"),
    ("link", "链接"),
    ("website", "网站"),
    ("site", "网站"),
    ("homepage", "主页"),
    ("address", "地址"),
    ("country", "国家"),
    ("province", "省份"),
    ("city", "城市"),
    ("district", "区县"),
    ("street", "街道"),
    ("postcode", "邮编"),
    ("zip", "邮编"),
    ("zip_code", "邮编"),
    ("postal_code", "邮编"),
    ("region", "地区"),
    ("area", "区域"),
    ("location", "位置"),
    ("latitude", "纬度"),
    ("longitude", "经度"),
    // Pictures and files.
    ("image", "图片"),
    ("picture", "图片"),
    ("photo", "照片"),
    ("cover", "封面"),
    ("cover_image", "封面图片"),
    ("thumbnail", "缩略图"),
    ("avatar", "头像"),
    ("logo", "标志"),
    ("icon", "图标"),
    ("banner", "横幅"),
    ("poster", "海报"),
    ("gallery", "相册"),
    ("album", "相册"),
    ("video", "视频"),
    ("audio", "音频"),
    ("file", "文件"),
    ("attachment", "附件"),
    ("document", "文档"),
    ("media", "素材"),
    ("qr_code", "二维码"),
    ("qrcode", "二维码"),
    ("barcode", "条形码"),
    ("colour", "颜色"),
    ("color", "颜色"),
    ("font", "字体"),
    ("background", "背景"),
    // What is sold.
    ("ecommerce", "网店"),
    ("shop", "店铺"),
    ("store", "门店"),
    ("branch", "分店"),
    ("product", "商品"),
    ("goods", "商品"),
    ("item", "条目"),
    ("sku", "规格"),
    ("brand", "品牌"),
    ("category", "分类"),
    ("catalog", "目录"),
    ("collection", "合集"),
    ("series", "系列"),
    ("tag", "标签"),
    ("attribute", "属性"),
    ("property", "属性"),
    ("variant", "款式"),
    ("spec", "规格"),
    ("specification", "规格"),
    ("model", "型号"),
    ("material", "材质"),
    ("origin", "产地"),
    ("tea", "茶"),
    ("book", "图书"),
    ("gift", "礼品"),
    ("service", "服务"),
    ("package", "套餐"),
    ("unit", "单位"),
    ("price", "价格"),
    ("original_price", "原价"),
    ("sale_price", "售价"),
    ("unit_price", "单价"),
    ("market_price", "市场价"),
    ("cost", "成本"),
    ("cost_price", "成本价"),
    ("amount", "金额"),
    ("total", "合计"),
    ("total_amount", "总金额"),
    ("total_price", "总价"),
    ("subtotal", "小计"),
    ("fee", "费用"),
    ("shipping_fee", "运费"),
    ("freight", "运费"),
    ("tax", "税额"),
    ("tax_rate", "税率"),
    ("rate", "比例"),
    ("discount", "折扣"),
    ("commission", "佣金"),
    ("commission_rate", "佣金比例"),
    ("balance", "余额"),
    ("point", "积分"),
    ("score", "分数"),
    ("rating", "评分"),
    ("star", "星级"),
    ("currency", "币种"),
    ("stock", "库存"),
    ("inventory", "库存"),
    ("quantity", "数量"),
    ("count", "数量"),
    ("sales", "销量"),
    ("sale", "销售"),
    ("weight", "重量"),
    ("height", "高度"),
    ("width", "宽度"),
    ("length", "长度"),
    ("depth", "深度"),
    ("size", "尺寸"),
    ("volume", "体积"),
    ("capacity", "容量"),
    ("warehouse", "仓库"),
    ("shelf", "货架"),
    ("room", "房间"),
    ("table", "桌台"),
    ("seat", "座位"),
    // What happens to it.
    ("order", "订单"),
    ("order_number", "订单号"),
    ("order_line", "订单明细"),
    ("order_item", "订单明细"),
    ("cart", "购物车"),
    ("coupon", "优惠券"),
    ("promotion", "促销"),
    ("campaign", "活动"),
    ("activity", "活动"),
    ("payment", "支付"),
    ("payment_method", "支付方式"),
    ("refund", "退款"),
    ("return", "退货"),
    ("shipment", "发货"),
    ("shipping", "配送"),
    ("delivery", "配送"),
    ("express", "快递"),
    ("carrier", "承运商"),
    ("parcel", "包裹"),
    ("tracking_number", "快递单号"),
    ("invoice", "发票"),
    ("contract", "合同"),
    ("booking", "预约"),
    ("reservation", "预约"),
    ("appointment", "预约"),
    ("ticket", "工单"),
    ("task", "任务"),
    ("project", "项目"),
    ("plan", "计划"),
    ("subscription", "订阅"),
    ("membership", "会员资格"),
    ("withdrawal", "提现"),
    ("transaction", "交易"),
    ("account", "公众号"),
    ("wallet", "钱包"),
    ("bank", "银行"),
    ("card", "卡"),
    ("review", "评价"),
    ("feedback", "反馈"),
    ("favorite", "收藏"),
    ("favourite", "收藏"),
    // What is written and shown.
    ("article", "文章"),
    ("post", "文章"),
    ("blog", "博客"),
    ("blog_post", "博客文章"),
    ("news", "新闻"),
    ("page", "页面"),
    ("pages", "页数"),
    ("page_count", "页数"),
    ("word_count", "字数"),
    ("topic", "话题"),
    ("comment", "评论"),
    ("reply", "回复"),
    ("question", "问题"),
    ("answer", "回答"),
    ("faq", "常见问题"),
    ("message", "消息"),
    ("notice", "公告"),
    ("announcement", "公告"),
    ("notification", "通知"),
    ("advertisement", "广告"),
    ("ad", "广告"),
    ("event", "活动"),
    ("course", "课程"),
    ("lesson", "课时"),
    ("chapter", "章节"),
    ("menu", "菜单"),
    ("template", "模板"),
    ("phrase", "短语"),
    ("rule", "规则"),
    ("record", "记录"),
    ("log", "日志"),
    ("report", "报表"),
    ("survey", "问卷"),
    ("form", "表单"),
    ("channel", "渠道"),
    ("source", "来源"),
    ("group", "分组"),
    ("type", "类型"),
    ("kind", "类型"),
    ("mode", "方式"),
    ("method", "方式"),
    // States.
    ("status", "状态"),
    ("state", "状态"),
    ("enabled", "启用"),
    ("disabled", "停用"),
    ("active", "启用"),
    ("inactive", "停用"),
    ("visible", "可见"),
    ("hidden", "隐藏"),
    ("public", "公开"),
    ("private", "私密"),
    ("open", "营业"),
    ("opened", "开启"),
    ("closed", "关闭"),
    ("draft", "草稿"),
    ("published", "发布"),
    ("live", "上线"),
    ("online", "上线"),
    ("offline", "下线"),
    ("archived", "归档"),
    ("pending", "待处理"),
    ("approved", "通过"),
    ("accepted", "接受"),
    ("rejected", "驳回"),
    ("done", "完成"),
    ("finished", "完成"),
    ("completed", "完成"),
    ("cancelled", "取消"),
    ("canceled", "取消"),
    ("failed", "失败"),
    ("paid", "付款"),
    ("unpaid", "未付款"),
    ("shipped", "发货"),
    ("delivered", "送达"),
    ("received", "收货"),
    ("refunded", "退款"),
    ("sold", "售出"),
    ("sold_out", "售罄"),
    ("in_stock", "有货"),
    ("out_of_stock", "缺货"),
    ("on_sale", "在售"),
    ("off_sale", "下架"),
    ("in_print", "在印"),
    ("featured", "推荐"),
    ("recommended", "推荐"),
    ("hot", "热门"),
    ("new", "新品"),
    ("top", "置顶"),
    ("pinned", "置顶"),
    ("default", "默认"),
    ("required", "必填"),
    ("free", "免费"),
    ("verified", "已验证"),
    ("locked", "锁定"),
    ("deleted", "删除"),
    ("read", "阅读"),
    ("unread", "未读"),
    ("sent", "发送"),
    ("other", "其他"),
    ("none", "无"),
    ("yes", "是"),
    ("no", "否"),
    ("male", "男"),
    ("female", "女"),
    ("high", "高"),
    ("medium", "中"),
    ("low", "低"),
    ("small", "小"),
    ("large", "大"),
    ("red", "红色"),
    ("green", "绿色"),
    ("blue", "蓝色"),
    ("black", "黑色"),
    ("white", "白色"),
    ("technology", "科技"),
    ("tips", "技巧"),
    ("health", "健康"),
    // Times and order.
    ("date", "日期"),
    ("time", "时间"),
    ("day", "天"),
    ("week", "周"),
    ("month", "月份"),
    ("year", "年份"),
    ("hour", "小时"),
    ("minute", "分钟"),
    ("start", "开始"),
    ("starts", "开始"),
    ("started", "开始"),
    ("begin", "开始"),
    ("begins", "开始"),
    ("end", "结束"),
    ("ends", "结束"),
    ("ended", "结束"),
    ("expires", "到期"),
    ("expired", "到期"),
    ("expiry", "到期"),
    ("due", "到期"),
    ("created", "创建"),
    ("updated", "修改"),
    ("registered", "注册"),
    ("born", "出生"),
    ("birth", "出生"),
    ("joined", "加入"),
    ("scheduled", "计划"),
    ("opens", "开门"),
    ("closes", "关门"),
    ("last_login", "上次登录"),
    ("last", "上次"),
    ("opening_hours", "营业时间"),
    ("business_hours", "营业时间"),
    ("duration", "时长"),
    ("deadline", "截止时间"),
    ("period", "周期"),
    ("position", "排序"),
    ("sort", "排序"),
    ("sort_order", "排序"),
    ("sequence", "顺序"),
    ("priority", "优先级"),
    ("view_count", "浏览量"),
    ("views", "浏览量"),
    ("likes", "点赞数"),
    ("max", "最大"),
    ("min", "最小"),
    ("ip", "IP 地址"),
    ("version", "版本"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_become_english() {
        for (name, label) in [
            ("cover_image", "Cover image"),
            ("sku", "SKU"),
            ("logo_url", "Logo URL"),
            ("openid", "openid"),
            ("wechat_id", "WeChat ID"),
            ("blog_posts", "Blog posts"),
            ("in-stock", "In stock"),
        ] {
            assert_eq!(english(name), label);
        }
    }

    #[test]
    fn names_become_chinese_where_every_part_is_known() {
        for (name, label) in [
            ("title", "标题"),
            ("cover_image", "封面图片"),
            ("contact_phone", "联系电话"),
            ("published_at", "发布时间"),
            ("starts_on", "开始日期"),
            ("is_active", "是否启用"),
            ("tags", "标签"),
            ("categories", "分类"),
            ("blog_post", "博客文章"),
            ("ecommerce", "网店"),
            ("product_category", "商品分类"),
            ("comment_count", "评论数"),
            ("count", "数量"),
            ("addresses", "地址"),
            ("order_no", "订单号"),
        ] {
            assert_eq!(chinese(name).as_deref(), Some(label), "{name}");
        }
        for name in ["zyzzyva", "title_zyzzyva", "", "is_", "_"] {
            assert_eq!(chinese(name), None, "{name}");
        }
    }

    #[test]
    fn the_dictionary_says_each_word_once() {
        for all in [WORDS, LAST, WRITTEN] {
            let words: BTreeSet<&str> = all.iter().map(|(word, _)| *word).collect();
            assert_eq!(words.len(), all.len());
            assert!(all.iter().all(|(word, text)| !text.is_empty() && *word == word.to_lowercase()));
        }
        assert!(WORDS.len() > 300, "{}", WORDS.len());
    }
}
