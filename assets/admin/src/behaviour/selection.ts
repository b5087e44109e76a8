// Lists with boxes to tick: `data-check-all` in the head, `.row-check` in the rows, a `.bulk` bar that shows how many.

import { every, on } from "../lib/dom";
import { t } from "../lib/texts";

/** The last box that was ticked by hand, for ticking a range with Shift. */
let last: HTMLInputElement | null = null;

export function startSelection(): void {
  on("change", "[data-check-all]", (_, all) => {
    const scope = scopeOf(all);
    rows(scope).forEach((row) => (row.checked = (all as HTMLInputElement).checked));
    show(scope);
  });
  on<MouseEvent>("click", ".row-check", (event, element) => {
    const box = element as HTMLInputElement;
    const scope = scopeOf(box);
    const all = rows(scope);
    if (event.shiftKey && last && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b) as [number, number];
      all.slice(from, to + 1).forEach((row) => (row.checked = box.checked));
    }
    last = box;
    show(scope);
  });
  // After the browser's back button the boxes keep their ticks.
  window.addEventListener("pageshow", () => every(document, "[data-check-all]", (all) => show(scopeOf(all))));
}

/** A list may name its extent; else the form or the card around it is meant. */
function scopeOf(element: HTMLElement): HTMLElement {
  return element.closest<HTMLElement>("[data-selection], form, .card") ?? document.body;
}

function rows(scope: HTMLElement): HTMLInputElement[] {
  return [...scope.querySelectorAll<HTMLInputElement>(".row-check:not(:disabled)")];
}

function show(scope: HTMLElement): void {
  const all = rows(scope);
  const chosen = all.filter((row) => row.checked).length;
  every<HTMLInputElement>(scope, "[data-check-all]", (box) => {
    box.checked = chosen > 0 && chosen === all.length;
    box.indeterminate = chosen > 0 && chosen < all.length;
  });
  every(scope, ".bulk", (bar) => bar.classList.toggle("is-on", chosen > 0));
  every(scope, ".bulk-count", (words) => (words.textContent = t("selected", { n: chosen })));
}
