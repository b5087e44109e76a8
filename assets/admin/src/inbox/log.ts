// The chat's scroll: at the end it stays at the end, elsewhere it does not move; older pages come in above.

import { fetchPart } from "./soon";

/** This near to the end counts as the end, in pixels. */
const NEAR = 80;

export interface Log {
  /** To the end, and stay there. */
  stay: () => void;
}

export function startLog(chat: HTMLElement): Log {
  const scroll = chat.querySelector<HTMLElement>("[data-scroll]")!;
  const log = chat.querySelector<HTMLElement>("[data-log]")!;
  const button = chat.querySelector<HTMLElement>("[data-new]");
  let atEnd = !("past" in chat.dataset);
  const toEnd = () => {
    scroll.scrollTop = scroll.scrollHeight;
  };
  if (atEnd) toEnd();
  scroll.addEventListener("scroll", () => {
    atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR;
    if (atEnd && button) button.hidden = true;
  }, { passive: true });
  // Pictures grow when they arrive, the window's bar when it closes.
  new ResizeObserver(() => atEnd && toEnd()).observe(log);
  new ResizeObserver(() => atEnd && toEnd()).observe(scroll);
  button?.addEventListener("click", () => {
    atEnd = true;
    toEnd();
  });
  new MutationObserver((changes) => {
    const last = log.lastElementChild;
    const fresh = changes.some((change) => [...change.addedNodes].includes(last as Node));
    if (fresh && !atEnd && button) button.hidden = false;
  }).observe(log, { childList: true });
  scroll.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-older]") : null;
    if (!link) return;
    event.preventDefault();
    void older(chat, scroll, log, link);
  });
  return {
    stay: () => {
      atEnd = true;
      toEnd();
    },
  };
}

async function older(chat: HTMLElement, scroll: HTMLElement, log: HTMLElement, link: HTMLElement): Promise<void> {
  const place = link.dataset["older"] ?? "";
  const part = await fetchPart(`/admin/inbox/${chat.dataset["chat"]}/parts?older=${encodeURIComponent(place)}`);
  const page = part?.querySelector<HTMLElement>("[data-part=log]");
  if (!page) return;
  const before = scroll.scrollHeight - scroll.scrollTop;
  log.prepend(...page.children);
  const next = page.dataset["older"];
  if (next) {
    link.dataset["older"] = next;
    link.setAttribute("href", `/admin/inbox/${chat.dataset["chat"]}?older=${encodeURIComponent(next)}`);
  } else link.remove();
  scroll.scrollTop = scroll.scrollHeight - before;
}
