// A tapped voice plays where it stands.

import { h, toast } from "../lib";

export function startVoices(root: HTMLElement): void {
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-amr]") : null;
    if (!button || button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    play(button).catch(() => {
      button.removeAttribute("aria-busy");
      toast(button.dataset["failed"] ?? "", { kind: "error" });
    });
  });
}

async function play(button: HTMLElement): Promise<void> {
  const [response, { toWav }] = await Promise.all([fetch(button.dataset["amr"] ?? ""), import("./amr")]);
  const wav = response.ok ? toWav(new Uint8Array(await response.arrayBuffer())) : null;
  if (!wav) throw new Error("no voice");
  const audio = h("audio", { controls: true, src: URL.createObjectURL(wav), "aria-label": button.getAttribute("aria-label") });
  button.replaceWith(audio);
  await audio.play().catch(() => undefined);
}
