// `data-module="follow" data-list="#list" data-head="#head"` on a switch: while it is on and the page is seen, the first page
// of the list is asked for every two seconds and takes the old one's place. New rows are marked for a moment.

import htmx from "htmx.org/dist/htmx.esm.js";
import { every, h } from "../lib/dom";
import { t } from "../lib/texts";

/** How often, in milliseconds. */
const LOOK = 2_000;
/** After a failure it waits longer each time, up to this. */
const LONGEST = 30_000;

export default function mount(root: HTMLElement): void {
  const box = root.querySelector<HTMLInputElement>("input");
  const selector = root.dataset["list"] ?? "#list";
  if (!box) return;
  let timer = 0;
  let pause = LOOK;
  const next = () => {
    clearTimeout(timer);
    if (box.checked && root.isConnected) timer = window.setTimeout(look, pause);
  };
  const look = async () => {
    const list = document.querySelector<HTMLElement>(selector);
    // What somebody has open or chosen there is not pulled away.
    const busy = document.hidden || !list || list.querySelector("details[open], .row-check:checked") || list.contains(document.activeElement);
    if (list && !busy) {
      try {
        const asked = new URL(location.href);
        const page = await fetch(asked, { headers: { "HX-Request": "true", Accept: "text/html" } });
        if (!page.ok) throw new Error(String(page.status));
        const parsed = new DOMParser().parseFromString(await page.text(), "text/html");
        const fresh = parsed.querySelector<HTMLElement>(selector);
        if (box.checked && fresh) put(list, fresh);
        pause = LOOK;
      } catch {
        pause = Math.min(pause * 2, LONGEST);
      }
    }
    next();
  };
  const put = (list: HTMLElement, fresh: HTMLElement) => {
    const known = new Set<string>();
    every(list, "tbody a.main-link", (link) => known.add(key(link)));
    let more = 0;
    every(fresh, "tbody a.main-link", (link) => {
      if (known.size === 0 || known.has(key(link))) return;
      link.closest("tr")?.classList.add("is-new");
      more++;
    });
    const rows = fresh.querySelectorAll("tbody tr").length;
    if (known.size > 0 && more === rows && rows > 0) {
      fresh.querySelector("table")?.before(h("p", { class: "quiet follow-more" }, t("follow.more")));
    }
    const changed = more > 0 || known.size === 0;
    const placed = document.importNode(fresh, true);
    list.replaceWith(placed);
    htmx.process(placed);
    if (changed) document.querySelector(root.dataset["head"] ?? "")?.dispatchEvent(new CustomEvent("calls:new"));
  };
  box.addEventListener("change", () => {
    pause = LOOK;
    if (box.checked) void look();
    else clearTimeout(timer);
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && box.checked) void look();
  });
}

/** Names a row: its address without where to go back to. */
function key(link: HTMLElement): string {
  return (link.getAttribute("href") ?? "").split("?")[0] ?? "";
}
