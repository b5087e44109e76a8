// Pictures to send when no file is at hand: painted here, so that nobody else's pictures are needed.

type Paint = (to: CanvasRenderingContext2D, width: number, height: number) => void;

const WIDTH = 640;
const HEIGHT = 480;

function sky(to: CanvasRenderingContext2D, height: number, colors: string[]): void {
  const fade = to.createLinearGradient(0, 0, 0, height);
  colors.forEach((color, i) => fade.addColorStop(i / (colors.length - 1), color));
  to.fillStyle = fade;
  to.fillRect(0, 0, WIDTH, HEIGHT);
}

function disc(to: CanvasRenderingContext2D, x: number, y: number, radius: number, color: string): void {
  to.fillStyle = color;
  to.beginPath();
  to.arc(x, y, radius, 0, Math.PI * 2);
  to.fill();
}

function ridge(to: CanvasRenderingContext2D, base: number, height: number, phase: number, color: string): void {
  to.fillStyle = color;
  to.beginPath();
  to.moveTo(0, HEIGHT);
  for (let x = 0; x <= WIDTH; x += 8)
    to.lineTo(x, base - height * (0.6 * Math.sin(x / 90 + phase) + 0.4 * Math.sin(x / 37 + phase * 2.3)));
  to.lineTo(WIDTH, HEIGHT);
  to.fill();
}

const hills: Paint = (to) => {
  sky(to, HEIGHT, ["#f6d9a8", "#f3b98a", "#dfe8e2"]);
  disc(to, 470, 130, 46, "#fff3d6");
  ridge(to, 270, 46, 0.4, "#a9c3b4");
  ridge(to, 330, 40, 2.1, "#6d9c86");
  ridge(to, 400, 34, 4.2, "#2f6b57");
};

const tea: Paint = (to) => {
  sky(to, HEIGHT, ["#efe6d8", "#e2d3bd"]);
  to.fillStyle = "#b98d5e";
  to.fillRect(0, 350, WIDTH, 130);
  to.fillStyle = "#fbfaf6";
  to.beginPath();
  to.moveTo(190, 220);
  to.quadraticCurveTo(200, 380, 320, 385);
  to.quadraticCurveTo(440, 380, 450, 220);
  to.fill();
  to.fillStyle = "#7c9a4b";
  to.beginPath();
  to.ellipse(320, 222, 130, 30, 0, 0, Math.PI * 2);
  to.fill();
  to.strokeStyle = "#ffffffaa";
  to.lineWidth = 7;
  to.lineCap = "round";
  for (const x of [270, 320, 370]) {
    to.beginPath();
    to.moveTo(x, 170);
    to.bezierCurveTo(x - 26, 140, x + 26, 110, x, 76);
    to.stroke();
  }
};

const parcel: Paint = (to) => {
  sky(to, HEIGHT, ["#dfeaf3", "#c7d8e6"]);
  to.fillStyle = "#c69a63";
  to.fillRect(170, 180, 300, 210);
  to.fillStyle = "#dcb47f";
  to.beginPath();
  to.moveTo(170, 180);
  to.lineTo(220, 120);
  to.lineTo(420, 120);
  to.lineTo(470, 180);
  to.fill();
  to.fillStyle = "#f0dcb8";
  to.fillRect(300, 120, 40, 270);
  to.fillStyle = "#fffdf8";
  to.fillRect(370, 310, 76, 54);
  to.fillStyle = "#07c160";
  to.fillRect(380, 322, 40, 8);
  to.fillStyle = "#c9c4ba";
  to.fillRect(380, 338, 56, 6);
  to.fillRect(380, 350, 48, 6);
};

export const SAMPLES = { hills, tea, parcel } as const;
export type SampleName = keyof typeof SAMPLES;

export function samplePicture(name: SampleName): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const to = canvas.getContext("2d");
  if (to) SAMPLES[name](to, WIDTH, HEIGHT);
  return canvas;
}

export function pictureFile(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((done, fail) =>
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("the picture could not be made"))), "image/jpeg", 0.85),
  );
}
