import { Scope, h, sync } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import { store, type Pending, type PhoneKey } from "../store";
import { chatTime } from "../time";
import type { ChatItem } from "../types";
import { chatLine, emptyNote, type Taps } from "./bubbles";

const QUIET_MS = 5 * 60_000;
const NEAR_BOTTOM = 80;

interface Shown {
  item: ChatItem;
  again: Pending["again"];
  line: HTMLElement;
}

/** The messages of one phone with one account; stays at the newest unless the person scrolled up. */
export function chatView(key: PhoneKey, scope: Scope, taps: Taps): HTMLElement {
  const list = h("ol", { class: "chat-lines", "aria-label": t("chat.messages") });
  const scroller = h("div", { class: "chat", tabindex: "0", role: "region", "aria-label": t("chat.messages"), "data-testid": "chat" }, list);
  const newer = h(
    "button",
    { class: "newer", type: "button", hidden: true, onclick: () => toBottom(true) },
    icon("down", 18),
    t("chat.newer"),
  );
  const shown = new Map<ChatItem["id"], Shown>();
  const times = new Map<ChatItem["id"], HTMLElement>();
  let drawn = false;

  const away = (): number => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
  const toBottom = (smooth = false): void => {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (smooth && !calm && scroller.scrollTo) scroller.scrollTo({ top: scroller.scrollHeight, behavior: "smooth" });
    else scroller.scrollTop = scroller.scrollHeight;
    newer.hidden = true;
  };

  const lineOf = (item: ChatItem, again: Pending["again"]): HTMLElement => {
    const known = shown.get(item.id);
    if (known && known.item === item && known.again === again) return known.line;
    const line = chatLine(item, again, taps);
    if (drawn && !known && item.side === "account") line.classList.add("arriving");
    shown.set(item.id, { item, again, line });
    return line;
  };

  const timeOf = (item: ChatItem): HTMLElement => {
    const made = times.get(item.id) || h("li", { class: "line line-time" });
    made.textContent = chatTime(item.at, store.now());
    times.set(item.id, made);
    return made;
  };

  const draw = (): void => {
    const items = store.chats.get(key);
    if (!items) return;
    const pending = store.pending.get(key) || [];
    const all: Pending[] = [...items.map((item) => ({ item })), ...pending];
    const atBottom = !drawn || away() < NEAR_BOTTOM;
    const count = list.children.length;
    const mine = pending.some((one) => !shown.has(one.item.id));
    const wanted: Node[] = [];
    let before = -Infinity;
    for (const { item, again } of all) {
      if (item.at - before > QUIET_MS) wanted.push(timeOf(item));
      before = item.at;
      wanted.push(lineOf(item, again));
    }
    if (all.length === 0) emptyNote(list, t("chat.empty"));
    else sync(list, wanted);
    if (atBottom || mine) toBottom(mine);
    else if (list.children.length > count) newer.hidden = false;
    drawn = true;
  };

  scope.listen(scroller, "scroll", () => {
    if (away() < NEAR_BOTTOM) newer.hidden = true;
  });
  // A picture that comes late must not push the newest message out of sight.
  list.addEventListener("load", () => away() < 320 && toBottom(), true);
  store.on(`chat:${key}`, scope, draw);
  store.on("clock", scope, draw);
  if (typeof ResizeObserver !== "undefined") {
    const observer = new ResizeObserver(() => newer.hidden && toBottom());
    observer.observe(scroller);
    scope.add(() => observer.disconnect());
  }
  draw();
  return h("div", { class: "chat-place" }, scroller, newer);
}
