//! Understanding, hearing and translating: a simulation with a small fixed vocabulary.

mod understand;
mod vocabulary;
mod voice;

use super::{Endpoint, write};

pub(crate) use voice::State;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    write("/semantic/semproxy/search", 1000, understand::search),
    Endpoint { as_text: true, ..write("/cgi-bin/media/voice/addvoicetorecofortext", 1000, voice::add) },
    write("/cgi-bin/media/voice/queryrecoresultfortext", 1000, voice::query),
    write("/cgi-bin/media/voice/translatecontent", 1000, voice::translate),
];
