// The list of conversations: kept up to date where it stands, with what was scrolled to.

import { fetchPart, soon } from "./soon";

const PLACE = "inbox-list-place";

export function startList(root: HTMLElement): { refresh: () => void } {
  const rows = root.querySelector<HTMLElement>("[data-rows]");
  if (!rows) return { refresh: () => undefined };
  const here = root.dataset["here"] ?? "";
  const chat = root.querySelector<HTMLElement>("[data-chat]")?.dataset["chat"];
  // A conversation is a page of its own: the list stays where it was.
  rows.scrollTop = Number(sessionStorage.getItem(PLACE) ?? 0);
  rows.addEventListener("scroll", () => sessionStorage.setItem(PLACE, String(rows.scrollTop)), { passive: true });
  let beyond = false;
  rows.addEventListener("click", (event) => {
    const more = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-more]") : null;
    if (!more) return;
    event.preventDefault();
    beyond = true;
    void append(rows, more);
  });
  const refresh = soon(async () => {
    const part = await fetchPart(`/admin/inbox/list${here}`);
    if (!part) return;
    const top = rows.scrollTop;
    const focused = document.activeElement instanceof HTMLElement && rows.contains(document.activeElement) ? document.activeElement.id : "";
    if (chat) part.querySelector(`#row-${chat}`)?.setAttribute("aria-current", "true");
    if (beyond) keepBeyond(rows, part);
    rows.replaceChildren(part);
    rows.scrollTop = top;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  });
  return { refresh };
}

async function append(rows: HTMLElement, more: HTMLElement): Promise<void> {
  const part = await fetchPart(more.dataset["more"] ?? "");
  const list = rows.querySelector(".rows-list");
  if (!part || !list) return;
  for (const item of part.querySelectorAll(".rows-list > li")) if (!known(list, item)) list.append(item);
  const next = part.querySelector("[data-more]");
  if (next) more.replaceWith(next);
  else more.remove();
}

/** Pages that were asked for stay, but for what moved to the first one. */
function keepBeyond(rows: HTMLElement, part: DocumentFragment): void {
  const fresh = part.querySelector(".rows-list");
  const old = rows.querySelector(".rows-list");
  if (!fresh || !old) return;
  for (const item of [...old.children]) if (!known(fresh, item)) fresh.append(item);
  const more = rows.querySelector("[data-more]");
  part.querySelector("[data-more]")?.remove();
  if (more) part.append(more);
}

function known(list: Element, item: Element): boolean {
  const id = item.querySelector("[data-row]")?.id;
  return id !== undefined && list.querySelector(`#${CSS.escape(id)}`) !== null;
}
