// `data-module="board" hx-trigger="board:look"`: the part asks for itself every ten seconds while the page is seen. What somebody
// has open, chosen or under the keyboard is not pulled away.

import htmx from "htmx.org/dist/htmx.esm.js";

/** How often, in milliseconds. */
const LOOK = 10_000;

export default function mount(root: HTMLElement): void {
  const timer = window.setInterval(() => {
    // Another part took its place, and looks by itself.
    if (!root.isConnected) return clearInterval(timer);
    const busy = document.hidden || root.querySelector("details[open]") || root.contains(document.activeElement);
    if (!busy) htmx.trigger(root, "board:look");
  }, LOOK);
}
