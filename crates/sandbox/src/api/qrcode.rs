//! Codes with a scene: their tickets, their pictures, and what a scan of one comes to.

mod lines;

use std::collections::{HashMap, VecDeque};

use fast_qr::{ECL, QRBuilder};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use serde_json::{Value, json};

use super::{Answered, ApiError, Call, Endpoint, Reply, ask, read, write};
use crate::world::{Inner, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    write("/cgi-bin/qrcode/create", 100_000, create),
    Endpoint { token: false, ..read("/cgi-bin/showqrcode", u32::MAX, show) },
];

/// Seconds that a temporary code lives at most, and when nothing is said.
const LONGEST: i64 = 30 * 86_400;
const DEFAULT: i64 = 60;
/// Codes for ever that an account may make.
const PERMANENT: usize = 100_000;
/// Numbers that a code for ever may have.
const PERMANENT_IDS: i64 = 100_000;
/// Bytes of a scene that is a text.
const SCENE: usize = 64;
/// Temporary codes of an account that are remembered; the oldest go first.
const REMEMBERED: usize = 200_000;
/// Pixels of the picture's side, as on the platform, and modules of the white around it.
const SIDE: usize = 430;
const QUIET: usize = 4;

const BAD_NAME: ApiError = ApiError::new(40052, "invalid action name");
const BAD_INFO: ApiError = ApiError::new(40053, "invalid action info, please check document");

/// One code.
struct Code {
    scene: String,
    /// Whether the scene is a text, be it all digits.
    is_text: bool,
    url: String,
    /// Unix seconds; none for a code that is for ever.
    expires_at: Option<i64>,
}

impl Code {
    fn lives(&self, now: i64) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// What the account keeps of it.
#[derive(Default)]
pub(crate) struct State {
    by_ticket: HashMap<String, Code>,
    /// The ticket of the code that was made last for a scene.
    by_scene: HashMap<String, String>,
    /// Codes for ever, by kind and scene.
    permanent: HashMap<(bool, String), String>,
    temporary: VecDeque<String>,
    lasting: Vec<String>,
}

/// What comes of holding a phone over a code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Scanned {
    /// Nobody made such a code; a test may scan it all the same.
    Unknown,
    /// It is over, and nothing happens.
    Expired,
    /// One that was made.
    Code { scene: String, ticket: String },
}

impl State {
    /// Whether a scene is a text: by the code made for it, or else by its looks.
    pub(crate) fn is_text(&self, scene: &str) -> bool {
        let code = self.by_scene.get(scene).and_then(|ticket| self.by_ticket.get(ticket));
        code.map_or_else(|| scene.parse::<u32>().is_err(), |code| code.is_text)
    }

    /// What a scan shows: by the code's scene, its ticket, or the URL in its picture.
    pub(crate) fn scan(&self, what: &str, now: i64) -> Scanned {
        let by_url = || self.by_ticket.iter().find(|(_, code)| code.url == what).map(|(ticket, _)| ticket.as_str());
        let ticket = match what {
            what if self.by_ticket.contains_key(what) => Some(what),
            what if what.starts_with("http://weixin.qq.com/q/") => by_url(),
            what => self.by_scene.get(what).map(String::as_str),
        };
        match ticket.and_then(|ticket| Some((ticket, self.by_ticket.get(ticket)?))) {
            None => Scanned::Unknown,
            Some((_, code)) if !code.lives(now) => Scanned::Expired,
            Some((ticket, code)) => Scanned::Code { scene: code.scene.clone(), ticket: ticket.to_owned() },
        }
    }

    fn keep(&mut self, ticket: &str, code: Code) -> Result<(), ApiError> {
        if code.expires_at.is_none() {
            if self.permanent.len() >= PERMANENT {
                return Err(ApiError::new(45029, "qrcode count out of limit"));
            }
            self.permanent.insert((code.is_text, code.scene.clone()), ticket.to_owned());
            self.lasting.push(ticket.to_owned());
        } else {
            if self.temporary.len() >= REMEMBERED
                && let Some(oldest) = self.temporary.pop_front()
            {
                self.forget(&oldest);
            }
            self.temporary.push_back(ticket.to_owned());
        }
        self.by_scene.insert(code.scene.clone(), ticket.to_owned());
        self.by_ticket.insert(ticket.to_owned(), code);
        Ok(())
    }
}

impl State {
    /// Forgets a temporary code; its scene stands for the code for ever again, if there is one.
    fn forget(&mut self, ticket: &str) {
        let Some(Code { scene, is_text, .. }) = self.by_ticket.remove(ticket) else { return };
        if self.by_scene.get(&scene).is_none_or(|latest| latest != ticket) {
            return;
        }
        let (wanted, other) = ((is_text, scene), !is_text);
        let lasting = self.permanent.get(&wanted);
        let (_, scene) = &wanted;
        let lasting = lasting.or_else(|| self.permanent.get(&(other, scene.clone()))).cloned();
        match lasting {
            Some(lasting) => self.by_scene.insert(wanted.1, lasting),
            None => self.by_scene.remove(scene),
        };
    }
}

/// What a request asks for: the scene, whether it is a text, and the seconds it lives if not for ever.
fn asked(request: &Value) -> Result<(String, bool, Option<i64>), ApiError> {
    let (is_text, is_permanent) = match ask::text(request, "action_name", BAD_NAME)? {
        "QR_SCENE" => (false, false),
        "QR_STR_SCENE" => (true, false),
        "QR_LIMIT_SCENE" => (false, true),
        "QR_LIMIT_STR_SCENE" => (true, true),
        _ => return Err(BAD_NAME),
    };
    let scene = Some(&request["action_info"]["scene"]).filter(|scene| scene.is_object()).ok_or(BAD_INFO)?;
    let text = if is_text {
        let text = ask::text(scene, "scene_str", BAD_INFO)?;
        Some(text).filter(|text| text.len() <= SCENE).ok_or(BAD_INFO)?.to_owned()
    } else {
        let most = if is_permanent { PERMANENT_IDS } else { i64::from(u32::MAX) };
        let id = ask::number(scene, "scene_id", BAD_INFO)?;
        Some(id).filter(|id| (1..=most).contains(id)).ok_or(BAD_INFO)?.to_string()
    };
    if is_permanent {
        return Ok((text, is_text, None));
    }
    let seconds = ask::number_or(request, "expire_seconds", DEFAULT)?;
    let seconds = Some(seconds).filter(|seconds| (1..=LONGEST).contains(seconds)).ok_or(BAD_INFO)?;
    Ok((text, is_text, Some(seconds)))
}

/// `POST /cgi-bin/qrcode/create`, createQRCode. A code for ever is made once: the same scene gives the same ticket.
fn create(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let (scene, is_text, seconds) = asked(&request)?;
    let World { chance, apps, .. } = world;
    let account = apps.get_mut(&call.appid).ok_or(ApiError::new(40013, "invalid appid"))?;
    let state = &mut account.families.qrcode;
    let made = state.permanent.get(&(is_text, scene.clone())).filter(|_| seconds.is_none());
    if let Some((ticket, code)) = made.and_then(|ticket| Some((ticket, state.by_ticket.get(ticket)?))) {
        return Ok(Reply::Json(json!({ "ticket": ticket, "url": code.url })));
    }
    let (ticket, url) = (chance.code_ticket(), chance.code_url());
    let expires_at = seconds.map(|seconds| call.now + seconds);
    state.keep(&ticket, Code { scene, is_text, url: url.clone(), expires_at })?;
    let mut answer = json!({ "ticket": ticket, "url": url });
    if let Some(seconds) = seconds {
        answer["expire_seconds"] = seconds.into();
    }
    Ok(Reply::Json(answer))
}

/// `GET /cgi-bin/showqrcode`: the picture, without a token; HTTP 404 for a ticket that there is not.
fn show(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let ticket = call.query("ticket");
    let code = world.apps.values().find_map(|account| account.families.qrcode.by_ticket.get(ticket));
    let picture = code.and_then(|code| picture(&code.url));
    Ok(picture.map_or(Reply::NotFound, |bytes| Reply::Picture { content_type: "image/jpg", bytes: bytes.into() }))
}

/// A JPEG that any phone can read; none for a text that does not fit into a code.
fn picture(text: &str) -> Option<Vec<u8>> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
    let scale = SIDE / (code.size + 2 * QUIET);
    let margin = (SIDE - scale * code.size) / 2;
    let module = |pixel: usize| pixel.checked_sub(margin).map(|inside| inside / scale).filter(|at| *at < code.size);
    let is_dark = |x: usize, y: usize| module(x).zip(module(y)).is_some_and(|(x, y)| code[y][x].value());
    let pixels = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y)));
    let gray: Vec<u8> = pixels.map(|(x, y)| if is_dark(x, y) { 0 } else { 255 }).collect();
    let mut jpeg = Vec::new();
    let side = u32::try_from(SIDE).ok()?;
    JpegEncoder::new_with_quality(&mut jpeg, 90).write_image(&gray, side, side, ExtendedColorType::L8).ok()?;
    Some(jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scene_stands_for_its_lasting_code_again() {
        let mut state = State::default();
        state.keep("lasting", code("s", None)).unwrap();
        state.keep("t", code("s", Some(9))).unwrap();
        state.forget("t");
        assert_eq!(state.scan("s", 99), Scanned::Code { scene: "s".into(), ticket: "lasting".into() });
    }

    fn code(scene: &str, expires_at: Option<i64>) -> Code {
        Code { scene: scene.to_owned(), is_text: true, url: format!("http://weixin.qq.com/q/{scene}"), expires_at }
    }

    #[test]
    fn a_hundred_thousand_are_for_ever_and_as_many_as_one_likes_for_a_time() {
        let mut state = State::default();
        for n in 0..PERMANENT {
            state.keep(&format!("t{n}"), code(&n.to_string(), None)).unwrap();
        }
        assert_eq!(state.keep("more", code("more", None)).unwrap_err().errcode, 45029);
        (0..=REMEMBERED).for_each(|n| state.keep(&format!("s{n}"), code(&format!("x{n}"), Some(9))).unwrap());
        assert_eq!((state.temporary.len(), state.lasting.len()), (REMEMBERED, PERMANENT));
        assert_eq!(state.scan("x0", 0), Scanned::Unknown);
        assert_eq!(state.by_scene.len(), REMEMBERED + PERMANENT, "a forgotten code leaves no scene");
        assert_eq!(state.scan("x1", 9), Scanned::Expired);
        let found = Scanned::Code { scene: "7".into(), ticket: "t7".into() };
        for what in ["7", "t7", "http://weixin.qq.com/q/7"] {
            assert_eq!(state.scan(what, i64::MAX), found, "{what}");
        }
    }
}
