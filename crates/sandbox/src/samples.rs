//! A picture, a sound and a film that are made in code, so that a phone can send them without an upload.

/// A valid PNG, 160 × 120, indexed colours: hills under a sky.
pub(crate) fn png() -> Vec<u8> {
    const WIDTH: u32 = 160;
    const HEIGHT: u32 = 120;
    const PALETTE: [[u8; 3]; 5] = [[214, 234, 240], [245, 222, 179], [126, 176, 140], [74, 132, 106], [46, 94, 78]];
    let mut rows = Vec::with_capacity(((WIDTH + 1) * HEIGHT) as usize);
    for y in 0..HEIGHT {
        rows.push(0);
        for x in 0..WIDTH {
            rows.push(hill_colour(f64::from(x), f64::from(y)));
        }
    }
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend(WIDTH.to_be_bytes());
    header.extend(HEIGHT.to_be_bytes());
    header.extend([8, 3, 0, 0, 0]);
    chunk(&mut png, b"IHDR", &header);
    chunk(&mut png, b"PLTE", &PALETTE.concat());
    chunk(&mut png, b"IDAT", &stored(&rows));
    chunk(&mut png, b"IEND", &[]);
    png
}

fn hill_colour(x: f64, y: f64) -> u8 {
    if (x - 118.0).hypot(y - 32.0) < 14.0 {
        return 1;
    }
    let ridge = |height: f64, width: f64, shift: f64| height + 12.0 * ((x + shift) / width).sin();
    match y {
        y if y > ridge(100.0, 19.0, 4.0) => 4,
        y if y > ridge(82.0, 27.0, 60.0) => 3,
        y if y > ridge(64.0, 33.0, 20.0) => 2,
        _ => 0,
    }
}

pub(crate) fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    png.extend(u32::try_from(data.len()).expect("a sample is small").to_be_bytes());
    let from = png.len();
    png.extend(kind);
    png.extend(data);
    let crc = crc32(&png[from..]);
    png.extend(crc.to_be_bytes());
}

/// A zlib stream of stored blocks: no compression, no library.
pub(crate) fn stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks = data.chunks(0xFFFF).count();
    for (n, block) in data.chunks(0xFFFF).enumerate() {
        let len = u16::try_from(block.len()).expect("a block is at most 65,535 bytes");
        out.push(u8::from(n + 1 == blocks));
        out.extend(len.to_le_bytes());
        out.extend((!len).to_le_bytes());
        out.extend(block);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend(((b << 16) | a).to_be_bytes());
    out
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

/// Seconds that [`amr`] lasts.
pub(crate) const AMR_SECONDS: u32 = 2;

/// A valid AMR-NB file of silence: frames of 20 ms that say "no data".
pub(crate) fn amr() -> Vec<u8> {
    let mut amr = b"#!AMR\n".to_vec();
    amr.extend(std::iter::repeat_n(0x7C, AMR_SECONDS as usize * 50));
    amr
}

/// An MP4 with a header and no track: enough to be told from other files.
pub(crate) fn mp4() -> Vec<u8> {
    let mut mvhd = vec![0; 4];
    mvhd.extend([0; 8]);
    mvhd.extend(1000_u32.to_be_bytes());
    mvhd.extend(2000_u32.to_be_bytes());
    mvhd.extend(0x0001_0000_u32.to_be_bytes());
    mvhd.extend([0x01, 0x00]);
    mvhd.extend([0; 10]);
    for cell in [0x0001_0000_u32, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000] {
        mvhd.extend(cell.to_be_bytes());
    }
    mvhd.extend([0; 24]);
    mvhd.extend(1_u32.to_be_bytes());
    let mut mp4 = atom(b"ftyp", b"isom\0\0\x02\0isomiso2mp41");
    mp4.extend(atom(b"moov", &atom(b"mvhd", &mvhd)));
    mp4.extend(atom(b"mdat", &[]));
    mp4
}

fn atom(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(data.len() + 8).expect("a sample is small").to_be_bytes().to_vec();
    out.extend(kind);
    out.extend(data);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_the_known_ones() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(stored(b"Wikipedia")[2 + 5 + 9..], 0x11E6_0398_u32.to_be_bytes());
    }

    #[test]
    fn the_film_is_made_of_whole_atoms() {
        let film = mp4();
        let mut at = 0;
        let mut kinds = Vec::new();
        while at < film.len() {
            let len = u32::from_be_bytes(film[at..at + 4].try_into().unwrap()) as usize;
            kinds.push(film[at + 4..at + 8].to_vec());
            at += len;
        }
        assert_eq!((at, kinds), (film.len(), vec![b"ftyp".to_vec(), b"moov".to_vec(), b"mdat".to_vec()]));
        // Version and flags, times, rate, volume, matrix: 100 bytes, as the format says.
        assert_eq!(u32::from_be_bytes(film[36..40].try_into().unwrap()), 108);
    }
}
