// Plays WeChat's voices: AMR, which no browser knows, decoded here. The decoder is large and comes only when somebody taps
// a voice.

import decoder from "benz-amr-recorder/src/amrnb.js";

/** Samples a second of narrow-band AMR. */
const RATE = 8000;
const HEADER = 44;

interface Decoded {
  amr: Float32Array | null;
}

let decode: ((file: Uint8Array) => Float32Array | null) | null = null;

/**
 * The decoder is written for a worker: it takes the file by `self.onmessage` and gives the samples by `self.postMessage`.
 * Here both are lent to it for the moment of one call, so that it needs no file and no process of its own.
 */
function borrow(): (file: Uint8Array) => Float32Array | null {
  const scope = self as unknown as { onmessage: ((event: unknown) => void) | null; postMessage: (message: Decoded) => void };
  const ours = scope.onmessage;
  decoder();
  const take = scope.onmessage;
  scope.onmessage = ours;
  return (file) => {
    const post = scope.postMessage;
    let samples: Float32Array | null = null;
    scope.postMessage = (message) => {
      samples = message.amr;
    };
    try {
      take?.({ data: { command: "decode", buffer: file } });
    } finally {
      scope.postMessage = post;
    }
    return samples;
  };
}

/** An AMR file as a WAV that browsers play; null when it is none. */
export function toWav(file: Uint8Array): Blob | null {
  decode ??= borrow();
  const samples = decode(file);
  if (!samples?.length) return null;
  const wav = new DataView(new ArrayBuffer(HEADER + samples.length * 2));
  const word = (at: number, text: string) => [...text].forEach((sign, n) => wav.setUint8(at + n, sign.charCodeAt(0)));
  word(0, "RIFF");
  wav.setUint32(4, HEADER - 8 + samples.length * 2, true);
  word(8, "WAVEfmt ");
  wav.setUint32(16, 16, true);
  wav.setUint16(20, 1, true);
  wav.setUint16(22, 1, true);
  wav.setUint32(24, RATE, true);
  wav.setUint32(28, RATE * 2, true);
  wav.setUint16(32, 2, true);
  wav.setUint16(34, 16, true);
  word(36, "data");
  wav.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, n) => wav.setInt16(HEADER + n * 2, Math.max(-1, Math.min(1, sample)) * 0x7fff, true));
  return new Blob([wav.buffer], { type: "audio/wav" });
}
