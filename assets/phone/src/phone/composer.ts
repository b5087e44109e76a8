import { act } from "../actions";
import { Scope, fill, h } from "../dom";
import { icon, type IconName } from "../icons";
import { t, type Key } from "../i18n";
import { keyOf, store } from "../store";
import type { Menu, Phone } from "../types";
import { openLink, openLocation, openMedia, openScan, openVoice } from "./forms";
import { holdToTalk } from "./hold";
import { menuBar, type OpenPage } from "./menubar";

type Mode = "menu" | "text" | "voice";

const TALLEST = 120;

const TILES: [string, IconName, Key, (host: HTMLElement, phone: Phone) => void][] = [
  ["image", "image", "tile.image", (host, phone) => openMedia(host, phone, "image")],
  ["voice", "mic", "tile.voice", openVoice],
  ["video", "video", "tile.video", (host, phone) => openMedia(host, phone, "video")],
  ["short_video", "short_video", "tile.short_video", (host, phone) => openMedia(host, phone, "short_video")],
  ["location", "pin", "tile.location", openLocation],
  ["link", "link", "tile.link", openLink],
  ["scan", "scan", "tile.scan", openScan],
];

/** The bottom of the chat: the account's menu, or a keyboard, or hold-to-talk, and the panel behind "+". */
export function composer(host: HTMLElement, phone: Phone, menu: Menu | null, scope: Scope, open: OpenPage): HTMLElement {
  const key = keyOf(phone);
  const hasMenu = !!menu && menu.button.length > 0;
  let mode: Mode = hasMenu ? "menu" : "text";
  let composing = false;
  let inner = scope.child();

  const input = h("textarea", { class: "write", rows: 1, "aria-label": t("write.label"), enterkeyhint: "send", "data-testid": "write" });
  input.value = store.drafts.get(key) || "";
  const send = h("button", { class: "send", type: "button", "data-testid": "send", onclick: () => sendText() }, t("write.send"));
  const plus = iconButton("plus", "plus.open", "plus", () => toggleTiles());
  const bar = h("div", { class: "bar" });
  const tiles = h("div", { class: "tiles", hidden: true, role: "group", "aria-label": t("plus.open") }, ...TILES.map(tile));
  const place = h("div", { class: "composer" }, bar, tiles);

  function tile([name, picture, text, run]: (typeof TILES)[number]): HTMLElement {
    const tap = (): void => {
      toggleTiles(false);
      run(host, phone);
    };
    return h("button", { class: "tile", type: "button", "data-testid": `tile-${name}`, onclick: tap }, h("span", {}, icon(picture, 28)), t(text));
  }

  function toggleTiles(show = tiles.hidden): void {
    const focusWithin = tiles.contains(document.activeElement);
    tiles.hidden = !show;
    plus.setAttribute("aria-expanded", String(show));
    if (show) tiles.querySelector("button")?.focus({ preventScroll: true });
    else if (focusWithin) plus.focus();
  }

  function grow(): void {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, TALLEST)}px`;
    const empty = input.value.trim() === "";
    send.hidden = empty;
    plus.hidden = !empty;
    store.drafts.set(key, input.value);
  }

  function sendText(): void {
    const content = input.value.replace(/\s+$/, "");
    if (!content.trim()) return;
    input.value = "";
    grow();
    input.focus();
    void act(phone, { action: "text", content });
  }

  function switchTo(next: Mode): void {
    mode = next;
    toggleTiles(false);
    draw();
    if (mode === "text") input.focus();
    else bar.querySelector<HTMLElement>("button")?.focus();
  }

  function draw(): void {
    inner.end();
    inner = scope.child();
    bar.className = `bar bar-${mode}`;
    const toggle = !hasMenu
      ? null
      : mode === "menu"
        ? iconButton("keyboard", "write.keyboard", "menu-toggle", () => switchTo("text"))
        : iconButton("lines", "menu.show", "menu-toggle", () => switchTo("menu"));
    const voice = mode === "voice" ? iconButton("keyboard", "write.keyboard", "voice-toggle", () => switchTo("text")) : iconButton("voice", "voice.talk", "voice-toggle", () => switchTo("voice"));
    if (mode === "menu" && menu) fill(bar, toggle, menuBar(menu, phone, inner, open));
    else if (mode === "voice") fill(bar, toggle, voice, holdToTalk(host, phone, inner, () => "", () => undefined), plus);
    else fill(bar, toggle, voice, input, plus, send);
    grow();
  }

  input.addEventListener("input", grow);
  input.addEventListener("compositionstart", () => (composing = true));
  input.addEventListener("compositionend", () => (composing = false));
  input.addEventListener("focus", () => toggleTiles(false));
  input.addEventListener("keydown", (event) => {
    // Enter that picks an input method's candidate must not send; 229 is how Safari tells it.
    if (event.key !== "Enter" || event.shiftKey || composing || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    sendText();
  });
  scope.listen(place, "keydown", (event: KeyboardEvent) => {
    if (event.key !== "Escape" || tiles.hidden) return;
    event.stopPropagation();
    toggleTiles(false);
    plus.focus();
  });
  plus.setAttribute("aria-expanded", "false");
  draw();
  // The text box has its width only once it stands in the page.
  requestAnimationFrame(grow);
  return place;
}

function iconButton(name: IconName, label: Key, testid: string, tap: () => void): HTMLButtonElement {
  return h("button", { class: "icon-button", type: "button", "aria-label": t(label), title: t(label), "data-testid": testid, onclick: tap }, icon(name, 28));
}
