//! Ordinary messages.

use super::Event;
use super::define::{Record, records};
use crate::fields::Fields;

/// What a push is about, by its `MsgType`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Body {
    /// `text`.
    Text(Text),
    /// `image`.
    Image(Image),
    /// `voice`.
    Voice(Voice),
    /// `video`.
    Video(Video),
    /// `shortvideo`.
    ShortVideo(Video),
    /// `location`: a place the follower sent.
    Location(Location),
    /// `link`.
    Link(Link),
    /// `miniprogrampage`: a card of a mini program.
    MiniProgramPage(MiniProgramPage),
    /// `file`.
    File(File),
    /// `device_event` and `device_text`: hardware bound to the account.
    Device(Device),
    /// `event`, or a push of the open platform that has an `InfoType` instead.
    Event(Event),
    /// A kind this library does not know. Its fields are in the push.
    Unknown,
}

impl Body {
    pub(super) fn read(msg_type: &str, event: Option<&str>, fields: &Fields) -> Self {
        match msg_type {
            "text" => Self::Text(Text::record(fields)),
            "image" => Self::Image(Image::record(fields)),
            "voice" => Self::Voice(Voice::record(fields)),
            "video" => Self::Video(Video::record(fields)),
            "shortvideo" => Self::ShortVideo(Video::record(fields)),
            "location" => Self::Location(Location::record(fields)),
            "link" => Self::Link(Link::record(fields)),
            "miniprogrampage" => Self::MiniProgramPage(MiniProgramPage::record(fields)),
            "file" => Self::File(File::record(fields)),
            "device_event" | "device_text" => Self::Device(Device::record(fields)),
            "event" => Self::Event(Event::read(event.unwrap_or_default(), fields)),
            _ => Self::Unknown,
        }
    }
}

records! {
    /// A text.
    Text {
        content: String = "Content",
        /// The id of the choice, when the text answers a `msgmenu`.
        menu_choice: Option<String> = "bizmsgmenuid",
    }

    /// A picture.
    Image {
        /// Where WeChat keeps it.
        pic_url: String = "PicUrl",
        media_id: String = "MediaId",
    }

    /// A voice.
    Voice {
        media_id: String = "MediaId",
        /// `amr` or `speex`.
        format: String = "Format",
        /// What the platform understood, when recognition is on.
        recognition: Option<String> = "Recognition",
        /// The same voice at 16 kHz.
        media_id_16k: Option<String> = "MediaId16K",
    }

    /// A video, of either kind.
    Video {
        media_id: String = "MediaId",
        thumb_media_id: String = "ThumbMediaId",
    }

    /// A place.
    Location {
        /// Latitude, degrees.
        latitude: Option<f64> = "Location_X",
        /// Longitude, degrees.
        longitude: Option<f64> = "Location_Y",
        /// Zoom of the map.
        scale: Option<i64> = "Scale",
        label: String = "Label",
    }

    /// A link.
    Link {
        title: String = "Title",
        description: String = "Description",
        url: String = "Url",
    }

    /// A card of a mini program.
    MiniProgramPage {
        title: String = "Title",
        app_id: String = "AppId",
        page_path: String = "PagePath",
        thumb_url: String = "ThumbUrl",
        thumb_media_id: String = "ThumbMediaId",
    }

    /// A file.
    File {
        title: String = "Title",
        description: String = "Description",
        file_key: String = "FileKey",
        /// Hex.
        file_md5: String = "FileMd5",
        /// Bytes.
        file_total_len: Option<u64> = "FileTotalLen",
    }

    /// What hardware says: it was bound or unbound, its state is wanted or not, or it sends `Content` (base64).
    Device {
        event: Option<String> = "Event",
        device_type: String = "DeviceType",
        device_id: String = "DeviceID",
        content: Option<String> = "Content",
        session_id: Option<String> = "SessionID",
        open_id: String = "OpenID",
        /// 0 unsubscribe, 1 subscribe, 2 heartbeat (as sent).
        op_type: Option<i64> = "OpType",
        device_status: Option<i64> = "DeviceStatus",
    }
}
