// Written by `cargo xtask catalogue` from `catalogue/ocr.toml`: change that.

//! Reading what is on pictures: cards, licences, print, codes; and cropping.
//!
//! Made by [`Client::ocr`](crate::client::Client::ocr).

use serde::Deserialize;

use crate::client::shape::{inside, open_texts};
use crate::client::{Client, Field, Method, Picture, Result};

impl Client {
    /// Reading what is on pictures: cards, licences, print, codes; and cropping.
    pub fn ocr(&self) -> Ocr<'_> {
        Ocr { client: self }
    }
}

/// Reading what is on pictures: cards, licences, print, codes; and cropping. See [`Client::ocr`].
#[derive(Debug, Clone, Copy)]
pub struct Ocr<'a> {
    pub(crate) client: &'a Client,
}

impl Ocr<'_> {
    /// Reads a Chinese identity card, front or back.
    ///
    /// `POST /cv/ocr/idcard`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/openpoc/ocr/api_idcardocr.html).
    ///
    /// Limits: less than 2 MB; 100 calls a day are free.
    ///
    /// - `picture`: The picture, less than 2 MB.
    ///
    /// # Errors
    /// 101000, 101001, 101002 and 101003, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::client::Picture;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let id_card = wechat.ocr().id_card(Picture::url("https://example.com/picture.jpg")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn id_card(self, picture: Picture) -> Result<IdCard> {
        let call = self.client.call(Method::POST, "/cv/ocr/idcard").idempotent(true);
        picture.put(call, 2_097_151, None).await?.send().await
    }

    /// Reads the number of a bank card.
    ///
    /// `POST /cv/ocr/bankcard`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/openpoc/ocr/api_bankcardocr.html).
    ///
    /// Limits: less than 2 MB; 100 calls a day are free.
    ///
    /// - `picture`: The picture, less than 2 MB.
    ///
    /// # Errors
    /// 101000, 101001, 101002 and 101003, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::client::Picture;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let number = wechat.ocr().bank_card(Picture::url("https://example.com/picture.jpg")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn bank_card(self, picture: Picture) -> Result<String> {
        let call = self.client.call(Method::POST, "/cv/ocr/bankcard").idempotent(true);
        picture.put(call, 2_097_151, None).await?.send_field("number").await
    }

    /// Reads the licence of a vehicle.
    ///
    /// `POST /cv/ocr/driving`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/openpoc/ocr/api_drivingocr.html).
    ///
    /// Limits: less than 2 MB; 100 calls a day are free.
    ///
    /// - `picture`: The picture, less than 2 MB.
    ///
    /// # Errors
    /// 101000, 101001, 101002 and 101003, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::client::Picture;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let vehicle_license = wechat.ocr().vehicle_license(Picture::url("https://example.com/picture.jpg")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn vehicle_license(self, picture: Picture) -> Result<VehicleLicense> {
        let call = self.client.call(Method::POST, "/cv/ocr/driving").idempotent(true);
        picture.put(call, 2_097_151, None).await?.send().await
    }

    /// Reads the licence of a driver.
    ///
    /// `POST /cv/ocr/drivinglicense`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/openpoc/ocr/api_drivinglicenseocr.html).
    ///
    /// Limits: less than 2 MB; 100 calls a day are free.
    ///
    /// - `picture`: The picture, less than 2 MB.
    ///
    /// # Errors
    /// 101000, 101001, 101002 and 101003, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::client::Picture;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let driving_license = wechat.ocr().driving_license(Picture::url("https://example.com/picture.jpg")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn driving_license(self, picture: Picture) -> Result<DrivingLicense> {
        let call = self.client.call(Method::POST, "/cv/ocr/drivinglicense").idempotent(true);
        picture.put(call, 2_097_151, None).await?.send().await
    }

    /// Reads the licence of a business.
    ///
    /// `POST /cv/ocr/bizlicense`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/openpoc/ocr/api_bizlicenseocr.html).
    ///
    /// Limits: less than 2 MB; 100 calls a day are free.
    ///
    /// - `picture`: The picture, less than 2 MB.
    ///
    /// # Errors
    /// 101000, 101001, 101002 and 101003, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::client::Picture;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let business_license = wechat.ocr().business_license(Picture::url("https://example.com/picture.jpg")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn business_license(self, picture: Picture) -> Result<BusinessLicense> {
        let call = self.client.call(Method::POST, "/cv/ocr/bizlicense").idempotent(true);
        picture.put(call, 2_097_151, None).await?.send().await
    }

    /// Reads printed text.
    ///
    /// `POST /cv/ocr/comm`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/openpoc/ocr/api_commocr.html).
    ///
    /// Limits: less than 2 MB; 100 calls a day are free.
    ///
    /// - `picture`: The picture, less than 2 MB.
    ///
    /// # Errors
    /// 101000, 101001, 101002 and 101003, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::client::Picture;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let print = wechat.ocr().print(Picture::url("https://example.com/picture.jpg")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn print(self, picture: Picture) -> Result<Print> {
        let call = self.client.call(Method::POST, "/cv/ocr/comm").idempotent(true);
        picture.put(call, 2_097_151, None).await?.send().await
    }

    /// Reads the plate of a vehicle. The platform lists it no longer.
    ///
    /// `POST /cv/ocr/platenum`, for verified accounts.
    ///
    /// Limits: less than 2 MB; 100 calls a day are free.
    ///
    /// - `picture`: The picture, less than 2 MB.
    ///
    /// # Errors
    /// 101000, 101001, 101002 and 101003, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::client::Picture;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let number = wechat.ocr().plate(Picture::url("https://example.com/picture.jpg")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn plate(self, picture: Picture) -> Result<String> {
        let call = self.client.call(Method::POST, "/cv/ocr/platenum").idempotent(true);
        picture.put(call, 2_097_151, None).await?.send_field("number").await
    }

    /// Reads a restaurant's menu.
    ///
    /// `POST /cv/ocr/menu`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/openpoc/ocr/api_menuocr.html).
    ///
    /// Limits: less than 2 MB; no calls beyond the free ones can be bought.
    ///
    /// - `picture`: The picture, less than 2 MB.
    ///
    /// # Errors
    /// 101000, 101001, 101002 and 101003, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::client::Picture;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let content = wechat.ocr().menu(Picture::url("https://example.com/picture.jpg")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn menu(self, picture: Picture) -> Result<String> {
        let call = self.client.call(Method::POST, "/cv/ocr/menu").idempotent(true);
        picture.put(call, 2_097_151, None).await?.send_field("content").await
    }

    /// Reads the QR codes, bar codes, DataMatrix and PDF417 on a picture.
    ///
    /// `POST /cv/img/qrcode`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/Intelligent_Interface/Img_Proc.html).
    ///
    /// Limits: less than 2 MB; 100 calls a day are free.
    ///
    /// - `picture`: The picture, less than 2 MB.
    ///
    /// # Errors
    /// 101000, 101001, 101002 and 101003, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::client::Picture;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let codes = wechat.ocr().codes(Picture::url("https://example.com/picture.jpg")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn codes(self, picture: Picture) -> Result<Codes> {
        let call = self.client.call(Method::POST, "/cv/img/qrcode").idempotent(true);
        picture.put(call, 2_097_151, None).await?.send().await
    }

    /// Finds the parts of a picture to crop it to.
    ///
    /// `POST /cv/img/aicrop`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/openpoc/image/api_imgaicrop.html).
    ///
    /// Limits: less than 2 MB; 100 calls a day are free.
    ///
    /// - `picture`: The picture, less than 2 MB.
    /// - `ratios`: Ratios of width to height wanted, up to 5, with commas between, such as `1,2.35`; a field of the
    ///   form. The best one when left out.
    ///
    /// # Errors
    /// 101000, 101001, 101002 and 101003, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::client::Picture;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let crops = wechat.ocr().crop(Picture::url("https://example.com/picture.jpg"), None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn crop(self, picture: Picture, ratios: Option<&str>) -> Result<Crops> {
        let call = self.client.call(Method::POST, "/cv/img/aicrop").idempotent(true);
        picture.put(call, 2_097_151, ratios.map(|ratios| Field::text("ratios", ratios))).await?.send().await
    }

    /// Makes a picture twice as wide and high. The platform has taken it down.
    ///
    /// `POST /cv/img/superresolution`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/miniprogram/dev/server/API/img-ocr/img/api_imgsuperresolution.html).
    ///
    /// Limits: less than 2 MB.
    ///
    /// - `picture`: The picture, less than 2 MB.
    ///
    /// # Errors
    /// 101000, 101001 and 101002, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::client::Picture;
    ///
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let media_id = wechat.ocr().enlarge(Picture::url("https://example.com/picture.jpg")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "the platform has taken it down")]
    pub async fn enlarge(self, picture: Picture) -> Result<String> {
        let call = self.client.call(Method::POST, "/cv/img/superresolution").idempotent(true);
        picture.put(call, 2_097_151, None).await?.send_field("media_id").await
    }
}

/// An identity card.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct IdCard {
    /// Which side it is.
    #[serde(rename = "type")]
    pub kind: IdCardSide,
    /// Name; of the front.
    pub name: String,
    /// Number; of the front.
    pub id: String,
    /// Address; of the front.
    pub addr: String,
    /// Sex, in Chinese; of the front.
    pub gender: String,
    /// Ethnic group, in Chinese; of the front.
    pub nationality: String,
    /// Validity, such as `20070105-20270105`; of the back.
    pub valid_date: String,
}

/// A point of the picture, in pixels.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Point {
    /// x of the upper left corner, in pixels.
    pub x: f64,
    /// y of the upper left corner, in pixels.
    pub y: f64,
}

/// The four corners of a part of the picture.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Corners {
    /// A point of the picture, in pixels.
    pub left_top: Point,
    /// A point of the picture, in pixels.
    pub right_top: Point,
    /// A point of the picture, in pixels.
    pub right_bottom: Point,
    /// A point of the picture, in pixels.
    pub left_bottom: Point,
}

/// The size of a picture, in pixels.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Size {
    /// Width of the picture.
    pub w: i64,
    /// Height of the picture.
    pub h: i64,
}

/// The licence of a vehicle.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct VehicleLicense {
    /// Plate.
    pub plate_num: String,
    /// Kind of vehicle.
    pub vehicle_type: String,
    /// Owner.
    pub owner: String,
    /// Address.
    pub addr: String,
    /// Use.
    pub use_character: String,
    /// Model.
    pub model: String,
    /// Vehicle identification number.
    pub vin: String,
    /// Number of the engine.
    pub engine_num: String,
    /// When it was registered, YYYY-MM-DD.
    pub register_date: String,
    /// When the licence was issued, YYYY-MM-DD.
    pub issue_date: String,
    /// Plate, on the second page.
    pub plate_num_b: String,
    /// Number of the file.
    pub record: String,
    /// How many it seats, such as `7人`.
    pub passengers_num: String,
    /// Total mass, such as `2700kg`.
    pub total_quality: String,
    /// Mass when empty.
    pub prepare_quality: String,
    /// Outer size.
    pub overall_size: String,
    /// The four corners of a part of the picture.
    #[serde(deserialize_with = "in_pos")]
    pub card_position_front: Option<Corners>,
    /// The four corners of a part of the picture.
    #[serde(deserialize_with = "in_pos")]
    pub card_position_back: Option<Corners>,
    /// The size of a picture, in pixels.
    pub img_size: Option<Size>,
}

/// The licence of a driver.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DrivingLicense {
    /// Number.
    pub id_num: String,
    /// Name.
    pub name: String,
    /// Sex, in Chinese.
    pub sex: String,
    /// Nationality.
    pub nationality: String,
    /// Address.
    pub address: String,
    /// Date of birth, YYYY-MM-DD.
    pub birth_date: String,
    /// When it was first issued, YYYY-MM-DD.
    pub issue_date: String,
    /// Class.
    pub car_class: String,
    /// From when it is valid, YYYY-MM-DD.
    pub valid_from: String,
    /// Until when.
    pub valid_to: String,
    /// The seal.
    pub official_seal: String,
}

/// The licence of a business.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BusinessLicense {
    /// Registration number.
    pub reg_num: String,
    /// Serial number.
    pub serial: String,
    /// Legal representative.
    pub legal_representative: String,
    /// Name.
    pub enterprise_name: String,
    /// Form of organization.
    pub type_of_organization: String,
    /// Address.
    pub address: String,
    /// Kind of company.
    pub type_of_enterprise: String,
    /// Scope.
    pub business_scope: String,
    /// Registered capital.
    pub registered_capital: String,
    /// Capital paid in.
    pub paid_in_capital: String,
    /// Validity.
    pub valid_period: String,
    /// When it was registered, as written.
    pub registered_date: String,
    /// The four corners of a part of the picture.
    #[serde(deserialize_with = "in_pos")]
    pub cert_position: Option<Corners>,
    /// The size of a picture, in pixels.
    pub img_size: Option<Size>,
}

/// A line of printed text.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PrintLine {
    /// A line of text.
    pub text: String,
    /// The four corners of a part of the picture.
    pub pos: Option<Corners>,
}

/// Printed text.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Print {
    /// A line of printed text.
    pub items: Vec<PrintLine>,
    /// The size of a picture, in pixels.
    pub img_size: Option<Size>,
}

/// A code on a picture.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Code {
    /// Kind of a code, such as `QR_CODE`.
    pub type_name: String,
    /// What it says.
    pub data: String,
    /// The four corners of a part of the picture.
    pub pos: Option<Corners>,
}

/// The codes on a picture.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Codes {
    /// A code on a picture.
    pub code_results: Vec<Code>,
    /// The size of a picture, in pixels.
    pub img_size: Option<Size>,
}

/// A part to crop a picture to, in pixels.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Crop {
    /// Left edge of a part, in pixels; one part for each ratio.
    pub crop_left: i64,
    /// Upper edge.
    pub crop_top: i64,
    /// Right edge.
    pub crop_right: i64,
    /// Lower edge.
    pub crop_bottom: i64,
}

/// The parts to crop a picture to.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Crops {
    /// A part to crop a picture to, in pixels.
    pub results: Vec<Crop>,
    /// The size of a picture, in pixels.
    pub img_size: Option<Size>,
}

open_texts! {
/// Which side it is.
IdCardSide {
/// `Front`.
Front = "Front",
/// `Back`.
Back = "Back",
}
}

inside! {
    read in_pos = "pos";
}
