//! Sample results, the same for the same picture. Names, numbers and places are made up.

use serde_json::{Value, json};

use super::Picture;
use crate::mixed::{mixed, one_of};

const NAMES: [&str; 4] = ["张三丰", "李小满", "陈清和", "林青柠"];

fn img_size(picture: &Picture) -> Value {
    json!({ "w": picture.width, "h": picture.height })
}

/// A rectangle in hundredths of the picture.
fn pos(picture: &Picture, left: u32, top: u32, right: u32, bottom: u32) -> Value {
    // A header may claim any size.
    let part = |whole: u32, hundredths: u32| u64::from(whole) * u64::from(hundredths) / 100;
    let at = |x: u32, y: u32| json!({ "x": part(picture.width, x), "y": part(picture.height, y) });
    json!({
        "left_top": at(left, top), "right_top": at(right, top),
        "right_bottom": at(right, bottom), "left_bottom": at(left, bottom),
    })
}

fn digits(picture: &Picture, what: &str, count: usize) -> String {
    let number = format!("{:020}", mixed(&[&picture.mark, what]));
    number[20 - count..].to_owned()
}

/// Front or back, by the picture.
pub(super) fn id_card(picture: &Picture) -> Value {
    match mixed(&[&picture.mark, "side"]) % 2 {
        0 => json!({
            "type": "Front",
            "name": one_of(&NAMES, &[&picture.mark]),
            "id": format!("11010119900307{}X", digits(picture, "id", 3)),
            "addr": "北京市东城区样例街道1号",
            "gender": "男",
            "nationality": "汉",
        }),
        _ => json!({ "type": "Back", "valid_date": "20200101-20400101" }),
    }
}

pub(super) fn bank_card(picture: &Picture) -> Value {
    json!({ "number": format!("622202{}", digits(picture, "card", 13)) })
}

/// A vehicle's licence.
pub(super) fn driving(picture: &Picture) -> Value {
    json!({
        "plate_num": plate_number(picture),
        "vehicle_type": "小型普通客车",
        "owner": one_of(&NAMES, &[&picture.mark]),
        "addr": "浙江省杭州市西湖区样例路2号",
        "use_character": "非营运",
        "model": "样例牌SL6450",
        "vin": format!("LSAMPLE0{}", digits(picture, "vin", 9)),
        "engine_num": digits(picture, "engine", 7),
        "register_date": "2020-05-08",
        "issue_date": "2020-05-08",
        "plate_num_b": plate_number(picture),
        "record": digits(picture, "record", 12),
        "passengers_num": "5人",
        "total_quality": "2070kg",
        "prepare_quality": "1590kg",
        "overall_size": "4500x1820x1690mm",
        "card_position_front": { "pos": pos(picture, 5, 5, 95, 48) },
        "card_position_back": { "pos": pos(picture, 5, 52, 95, 95) },
        "img_size": img_size(picture),
    })
}

pub(super) fn driving_licence(picture: &Picture) -> Value {
    json!({
        "id_num": format!("33010619920518{}", digits(picture, "id", 4)),
        "name": one_of(&NAMES, &[&picture.mark]),
        "sex": "男",
        "nationality": "中国",
        "address": "浙江省杭州市西湖区样例路2号",
        "birth_date": "1992-05-18",
        "issue_date": "2015-06-01",
        "car_class": "C1",
        "valid_from": "2021-06-01",
        "valid_to": "2031-06-01",
        "official_seal": "浙江省杭州市公安局交通警察支队",
    })
}

pub(super) fn business_licence(picture: &Picture) -> Value {
    json!({
        "reg_num": format!("91330106MA{}X", digits(picture, "reg", 7)),
        "serial": digits(picture, "serial", 9),
        "legal_representative": one_of(&NAMES, &[&picture.mark]),
        "enterprise_name": "样例贸易有限公司",
        "type_of_organization": "有限责任公司",
        "address": "浙江省杭州市西湖区样例路3号",
        "type_of_enterprise": "有限责任公司(自然人独资)",
        "business_scope": "食品销售;日用百货销售",
        "registered_capital": "壹佰万元整",
        "paid_in_capital": "壹佰万元整",
        "valid_period": "2018年03月01日至长期",
        "registered_date": "2018年03月01日",
        "cert_position": { "pos": pos(picture, 4, 4, 96, 96) },
        "img_size": img_size(picture),
    })
}

/// Printed words.
pub(super) fn print(picture: &Picture) -> Value {
    let line = |text: &str, top: u32| json!({ "text": text, "pos": pos(picture, 10, top, 90, top + 8) });
    json!({
        "items": [line("识别结果是样例", 10), line("Sample text of the sandbox", 30), line(&digits(picture, "line", 8), 50)],
        "img_size": img_size(picture),
    })
}

pub(super) fn plate(picture: &Picture) -> Value {
    json!({ "number": plate_number(picture) })
}

fn plate_number(picture: &Picture) -> String {
    format!("浙A{}", digits(picture, "plate", 5))
}

/// A restaurant's menu: JSON in a text, as the platform gives it.
pub(super) fn menu(_: &Picture) -> Value {
    let items = json!({ "menu_items": [{ "name": "龙井虾仁", "price": 88 }, { "name": "片儿川", "price": 22 }] });
    json!({ "content": items.to_string() })
}

/// A QR code and a bar code.
pub(super) fn codes(picture: &Picture) -> Value {
    json!({
        "code_results": [
            { "type_name": "QR_CODE", "data": "https://example.com/scanned", "pos": pos(picture, 10, 10, 50, 50) },
            { "type_name": "EAN_13", "data": format!("69{}", digits(picture, "ean", 11)) },
        ],
        "img_size": img_size(picture),
    })
}

/// The largest cut of a ratio (width to height) around the middle.
pub(super) fn cut(picture: &Picture, ratio: f64) -> Value {
    let (width, height) = (f64::from(picture.width), f64::from(picture.height));
    let (cut_width, cut_height) =
        if width / height > ratio { (height * ratio, height) } else { (width, width / ratio) };
    let half = |whole: f64, part: f64| ((whole - part) / 2.0).round();
    let (left, top) = (half(width, cut_width), half(height, cut_height));
    let pixels = |number: f64| json!(number as i64);
    json!({
        "crop_left": pixels(left),
        "crop_top": pixels(top),
        "crop_right": pixels(width - left),
        "crop_bottom": pixels(height - top),
    })
}
