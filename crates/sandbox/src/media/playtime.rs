//! How long a sound plays, by its frames.

/// Milliseconds of an AMR frame.
const AMR_MS: u64 = 20;

/// Seconds that an AMR or MP3 file plays, rounded up; none for a file whose frames cannot be read.
pub(crate) fn seconds(bytes: &[u8], content_type: &str) -> Option<u64> {
    let ms = match content_type {
        "audio/amr" => amr(bytes)?,
        "audio/mpeg" => mp3(bytes)?,
        _ => return None,
    };
    Some(ms.div_ceil(1000))
}

fn amr(bytes: &[u8]) -> Option<u64> {
    /// Bytes of each frame type with its header; 0 where there is none.
    const NARROW: [usize; 16] = [13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1];
    const WIDE: [usize; 16] = [18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1];
    let (sizes, mut rest) = match bytes.strip_prefix(b"#!AMR-WB\n") {
        Some(rest) => (WIDE, rest),
        None => (NARROW, bytes.strip_prefix(b"#!AMR\n")?),
    };
    let mut ms = 0;
    while let Some(header) = rest.first() {
        let size = sizes[usize::from(header >> 3 & 0x0F)];
        if size == 0 || size > rest.len() {
            break;
        }
        rest = &rest[size..];
        ms += AMR_MS;
    }
    Some(ms)
}

fn mp3(bytes: &[u8]) -> Option<u64> {
    let mut rest = match bytes {
        // A tag's size is 28 bits, seven of each byte, and ten more for its header.
        [b'I', b'D', b'3', _, _, _, a, b, c, d, ..] => {
            let size = [a, b, c, d].iter().fold(0, |size, byte| size << 7 | usize::from(**byte & 0x7F));
            bytes.get(size + 10..)?
        }
        _ => bytes,
    };
    let (mut samples, mut rate) = (0_u64, 0_u64);
    while let Some(frame) = rest.first_chunk::<4>().and_then(|header| Frame::read(*header)) {
        samples += frame.samples;
        rate = frame.rate;
        match rest.get(frame.bytes..) {
            Some(next) => rest = next,
            None => break,
        }
    }
    (rate > 0).then(|| samples * 1000 / rate)
}

/// One frame of MPEG audio, layer III.
struct Frame {
    samples: u64,
    /// Samples a second.
    rate: u64,
    bytes: usize,
}

impl Frame {
    fn read(header: [u8; 4]) -> Option<Self> {
        /// Kilobits a second of MPEG-1, and of MPEG-2 and 2.5.
        const FIRST: [usize; 16] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];
        const SECOND: [usize; 16] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0];
        let is_sync = header[0] == 0xFF && header[1] & 0xE0 == 0xE0;
        let is_layer_three = header[1] >> 1 & 3 == 1;
        let (rates, kilobits, samples) = match header[1] >> 3 & 3 {
            3 => ([44_100, 48_000, 32_000], FIRST, 1152),
            2 => ([22_050, 24_000, 16_000], SECOND, 576),
            0 => ([11_025, 12_000, 8_000], SECOND, 576),
            _ => return None,
        };
        let rate = *rates.get(usize::from(header[2] >> 2 & 3))?;
        let bits = kilobits[usize::from(header[2] >> 4)] * 1000;
        if !is_sync || !is_layer_three || bits == 0 {
            return None;
        }
        let padding = usize::from(header[2] >> 1 & 1);
        Some(Self {
            samples,
            rate,
            bytes: usize::try_from(samples).ok()? / 8 * bits / usize::try_from(rate).ok()? + padding,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_amr_are_twenty_milliseconds() {
        let silence = |frames: usize| [b"#!AMR\n".to_vec(), vec![0x7C; frames]].concat();
        assert_eq!(seconds(&silence(100), "audio/amr"), Some(2));
        assert_eq!(seconds(&silence(3001), "audio/amr"), Some(61));
        // The largest frame: type 7, 32 bytes; the last one is cut.
        let spoken = [b"#!AMR\n".to_vec(), [0x3C; 32].repeat(50), vec![0x3C; 31]].concat();
        assert_eq!(seconds(&spoken, "audio/amr"), Some(1));
        assert_eq!(seconds(b"#!AMR-WB\n\x7c", "audio/amr"), Some(1));
        assert_eq!(seconds(b"not a sound", "audio/amr"), None);
    }

    #[test]
    fn frames_of_mp3_say_their_length() {
        // MPEG-1, layer III, 128 kbit/s, 44.1 kHz: 417 bytes for 26.12 ms.
        let frame = [vec![0xFF, 0xFB, 0x90, 0x00], vec![0; 413]].concat();
        assert_eq!(seconds(&frame.repeat(38), "audio/mpeg"), Some(1));
        assert_eq!(seconds(&frame.repeat(2300), "audio/mpeg"), Some(61));
        let tagged = [b"ID3\x04\0\0\0\0\0\x03abc".to_vec(), frame.repeat(77)].concat();
        assert_eq!(seconds(&tagged, "audio/mpeg"), Some(3));
        assert_eq!(seconds(b"ID3\x04\0\0\x7f\x7f\x7f\x7f", "audio/mpeg"), None);
        assert_eq!(seconds(&[0xFF, 0xFB, 0x00, 0x00], "audio/mpeg"), None, "free bit rate");
    }
}
