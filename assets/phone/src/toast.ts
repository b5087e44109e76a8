import { fill, h } from "./dom";
import { icon } from "./icons";

const SHOWN_FOR = 4_000;
const place = h("div", { class: "toasts", role: "status", "aria-live": "polite" });
let timer: ReturnType<typeof setTimeout> | undefined;

/** A short word at the top of the page, one at a time, read out by screen readers. */
export function toast(text: string, tone: "good" | "bad"): void {
  if (!place.isConnected) document.body.appendChild(place);
  fill(place, h("div", { class: `toast toast-${tone}`, "data-testid": "toast" }, icon(tone === "good" ? "check" : "warn", 20), text));
  clearTimeout(timer);
  timer = setTimeout(() => fill(place), SHOWN_FOR);
}
