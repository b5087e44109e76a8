declare module "benz-amr-recorder/src/amrnb.js" {
  /** Makes the decoder, which then listens on `self.onmessage`. */
  export default function start(): void;
}
