// A table that fits its box lets its head stick below the top bar; one that does not scrolls in the box.

import { every } from "../lib/dom";

export function startTables(): void {
  let waiting = 0;
  window.addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => fitTables(document));
  });
}

export function fitTables(root: ParentNode): void {
  every(root, ".table-wrap", (wrap) => {
    wrap.classList.remove("is-fitting");
    const fits = wrap.scrollWidth <= wrap.clientWidth;
    wrap.classList.toggle("is-fitting", fits);
    // What scrolls must be reachable by keyboard.
    if (fits) wrap.removeAttribute("tabindex");
    else wrap.tabIndex = 0;
  });
}
