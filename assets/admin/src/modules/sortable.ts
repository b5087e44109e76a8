// `data-module="sortable"` on a list or tbody: rows are dragged by `.drag-handle`, or moved by Alt and the arrows, and the
// new order is POSTed to `data-url` as `ids` (the rows' `data-id`). Without `data-url` it only tells: `puzi:sorted`.

import Sortable from "sortablejs";
import { post } from "../lib/http";
import { t } from "../lib/texts";
import { toast } from "../lib/toast";

export default function mount(root: HTMLElement): void {
  let before = order(root);
  const sortable = Sortable.create(root, {
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
    handle: ".drag-handle",
    draggable: "[data-id]",
    ghostClass: "is-dragged",
    onEnd: () => void keep(),
  });
  root.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-id]") : null;
    if (!step || !event.altKey || !row) return;
    event.preventDefault();
    const focused = document.activeElement;
    const neighbour = step < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!neighbour) return;
    if (step < 0) neighbour.before(row);
    else neighbour.after(row);
    if (focused instanceof HTMLElement) focused.focus();
    void keep();
  });

  async function keep(): Promise<void> {
    const now = order(root);
    if (now.join() === before.join()) return;
    root.dispatchEvent(new CustomEvent("puzi:sorted", { bubbles: true, detail: now }));
    const url = root.dataset["url"];
    if (url) {
      const saved = await post(url, { ids: now });
      if (!saved) {
        sortable.sort(before, true);
        toast(t("sort.failed"), { kind: "warning" });
        return;
      }
      toast(t("sort.saved"));
    }
    before = now;
  }
}

function order(root: HTMLElement): string[] {
  return [...root.querySelectorAll<HTMLElement>(":scope > [data-id]")].map((row) => row.dataset["id"] ?? "");
}
