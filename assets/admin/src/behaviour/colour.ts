// A colour is a text that may stay empty, which the browser's own picker cannot: the picker beside it only writes into it.

import { on } from "../lib/dom";

export function startColours(): void {
  on("input", "[data-colour]", (_, picker) => {
    const text = document.querySelector<HTMLInputElement>((picker as HTMLElement).dataset["colour"] ?? "");
    if (!text) return;
    text.value = (picker as HTMLInputElement).value;
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
