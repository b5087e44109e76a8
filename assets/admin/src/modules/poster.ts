// `data-module="poster" data-source="…svg" data-name="channel-3-a4"`: saves the poster as a picture, drawn by this browser with
// its own fonts at 300 dots an inch, and prints it. Without a script the SVG is saved instead.

/** Dots of the picture for each of the drawing's, which has 96 an inch. */
const SCALE = 300 / 96;

export default function mount(root: HTMLElement): void {
  const failed = root.querySelector<HTMLElement>("[data-failed]");
  const png = root.querySelector<HTMLButtonElement>("[data-png]");
  const print = root.querySelector<HTMLButtonElement>("[data-print]");
  if (png) {
    png.addEventListener("click", () => void press(root, png, failed));
    // Until here a press would have come to nothing.
    png.disabled = false;
  }
  if (print) {
    print.addEventListener("click", () => window.print());
    print.disabled = false;
  }
}

async function press(root: HTMLElement, button: HTMLButtonElement, failed: HTMLElement | null): Promise<void> {
  button.disabled = true;
  try {
    await save(root.dataset["source"] ?? "", `${root.dataset["name"] ?? "poster"}.png`);
    show(failed, false);
  } catch (error) {
    console.error("the poster could not be drawn", error);
    show(failed, true);
  } finally {
    button.disabled = false;
  }
}

function show(element: HTMLElement | null, shown: boolean): void {
  if (element) element.hidden = !shown;
}

async function save(source: string, name: string): Promise<void> {
  const drawing = new Image();
  drawing.src = source;
  await drawing.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(drawing.naturalWidth * SCALE);
  canvas.height = Math.round(drawing.naturalHeight * SCALE);
  const paper = canvas.getContext("2d");
  if (!paper || canvas.width === 0) throw new Error("nothing to draw on");
  paper.drawImage(drawing, 0, 0, canvas.width, canvas.height);
  const picture = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (!picture) throw new Error("no picture came of it");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(picture);
  link.download = name;
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
