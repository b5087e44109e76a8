// Keys: `/` to the list's search, `n` for new, `g` and a letter to a page, `?` for what there is.

import { h, isTyping, on } from "../lib/dom";
import { t } from "../lib/texts";

/** How long after `g` a letter still counts, in milliseconds. */
const PAUSE = 1200;

export function startShortcuts(): void {
  let wentAt = 0;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const going = Date.now() - wentAt < PAUSE;
    wentAt = 0;
    if (going) pages().get(event.key)?.click();
    else if (event.key === "g") wentAt = Date.now();
    else if (event.key === "?") showKeys();
    else if (event.key === "/") document.querySelector<HTMLInputElement>("main input[type=search]")?.select();
    else if (/^[a-z]$/.test(event.key)) document.querySelector<HTMLElement>(`[data-shortcut="${event.key}"]`)?.click();
    else return;
    if (event.key !== "g") event.preventDefault();
  });
  on("click", "[data-shortcuts]", showKeys);
}

/** A letter for each page of the navigation: of its address, the first letter that is still free. */
function pages(): Map<string, HTMLAnchorElement> {
  const letters = new Map<string, HTMLAnchorElement>();
  document.querySelectorAll<HTMLAnchorElement>(".side-link").forEach((link) => {
    const name = new URL(link.href).pathname.replace(/^\/admin\/?/, "") || "home";
    const letter = [...name].find((letter) => /[a-z]/.test(letter) && !letters.has(letter));
    if (letter) letters.set(letter, link);
  });
  return letters;
}

function showKeys(): void {
  const rows: [string, ...string[]][] = [
    [t("keys.palette"), /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘ K" : "Ctrl K"],
    [t("keys.search"), "/"],
    [t("keys.new"), "n"],
    [t("keys.save"), /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘ ↵" : "Ctrl ↵"],
    [t("keys.help"), "?"],
  ];
  for (const [letter, link] of pages()) rows.push([t("keys.go", { page: link.querySelector(".side-label")?.textContent ?? "" }), "g", letter]);
  const list = h("dl", { class: "keys" });
  for (const [what, ...keys] of rows) list.append(h("dt", { class: "fw-normal" }, what), h("dd", {}, ...keys.flatMap((key) => [h("kbd", {}, key), " "])));
  const close = h("button", { class: "btn", type: "button", onclick: () => dialog.close() }, t("close"));
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "keys-title" },
    h("div", { class: "dialog-body" }, h("h2", { id: "keys-title" }, t("keys.title")), list),
    h("div", { class: "dialog-foot" }, close),
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}
