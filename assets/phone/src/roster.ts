import { explain } from "./actions";
import { api } from "./api";
import { accountAvatar, phoneAvatar } from "./avatar";
import { Scope, append, clear, h } from "./dom";
import { icon } from "./icons";
import { t } from "./i18n";
import { openSheet, sheetHead } from "./phone/sheet";
import { summary } from "./phone/bubbles";
import { go, hashOf, onRoute, route } from "./route";
import { keyOf, store } from "./store";
import { toast } from "./toast";
import type { App, Phone } from "./types";

/** The phones, grouped by the account they look at; on a narrow screen the page one comes from. */
export function roster(host: HTMLElement, scope: Scope): HTMLElement {
  const list = h("div", { class: "roster-list" });
  const draw = (): void => {
    const focused = (document.activeElement as HTMLElement | null)?.dataset?.phone;
    clear(list);
    for (const app of store.apps) list.appendChild(group(app, host));
    if (store.apps.length === 0) list.appendChild(h("p", { class: "roster-empty" }, t("roster.no_apps")));
    oneStop(list);
    if (focused) list.querySelector<HTMLElement>(`[data-phone="${focused}"]`)?.focus();
  };
  store.on("apps", scope, draw);
  store.on("phones", scope, draw);
  store.on("unread", scope, draw);
  store.on("chats", scope, draw);
  onRoute(scope, draw);
  draw();
  list.addEventListener("keydown", walk);
  return h("nav", { class: "roster", "aria-label": t("roster.title") }, list);
}

/** However many phones there are, Tab stops at one of them; the arrow keys lead to the others. */
function oneStop(list: HTMLElement): void {
  const phones = Array.from(list.querySelectorAll<HTMLElement>(".roster-phone"));
  const stop = phones.find((phone) => phone.hasAttribute("aria-current")) || phones[0];
  for (const phone of phones) phone.tabIndex = phone === stop ? 0 : -1;
}

/** Up and down through the phones, right to the button beside one, left back. */
function walk(event: KeyboardEvent): void {
  const list = event.currentTarget as HTMLElement;
  const at = event.target as HTMLElement;
  const row = at.closest(".roster-row");
  const phones = Array.from(list.querySelectorAll<HTMLElement>(".roster-phone"));
  const here = phones.findIndex((phone) => phone.parentElement === row);
  const next: Record<string, HTMLElement | null | undefined> = {
    ArrowDown: phones[here + 1],
    ArrowUp: phones[here - 1],
    ArrowRight: row?.querySelector<HTMLElement>(".roster-beside"),
    ArrowLeft: phones[here],
  };
  const target = here < 0 ? null : next[event.key];
  if (!target) return;
  event.preventDefault();
  target.focus();
}

function group(app: App, host: HTMLElement): HTMLElement {
  const phones = store.phones.filter((phone) => phone.appid === app.appid);
  const many = store.phones.length > 1;
  return h(
    "section",
    { class: "roster-group", "aria-label": app.name },
    h("h2", { class: "roster-app" }, accountAvatar(app), h("span", {}, app.name)),
    h("ul", {}, ...phones.map((phone) => h("li", { class: "roster-row" }, entry(phone), many ? beside(phone) : null))),
    h(
      "button",
      { class: "roster-add", type: "button", "data-testid": "add-phone", onclick: () => openAdd(host, app) },
      icon("add", 20),
      h("span", {}, t("roster.add")),
    ),
  );
}

function entry(phone: Phone): HTMLElement {
  const key = keyOf(phone);
  const unread = store.unread.get(key) || 0;
  const current = route().keys.includes(key);
  const items = store.chats.get(key) || [];
  const last = items[items.length - 1];
  const under = !phone.subscribed ? t("roster.not_following") : last ? summary(last) : t("roster.following");
  return h(
    "button",
    {
      class: current ? "roster-phone current" : "roster-phone",
      type: "button",
      title: phone.nickname,
      "aria-current": current ? "true" : null,
      "data-testid": "roster-phone",
      "data-phone": key,
      onclick: () => go(hashOf([key])),
    },
    h(
      "span",
      { class: "roster-avatar" },
      phoneAvatar(phone),
      unread ? h("span", { class: "unread", "data-testid": "unread", "aria-label": t("roster.unread", { n: unread }) }, unread > 99 ? "99+" : String(unread)) : null,
    ),
    h("span", { class: "roster-words" }, h("strong", {}, phone.nickname), h("small", {}, under)),
  );
}

/** Puts a second phone beside the one that is shown, or takes it away. */
function beside(phone: Phone): HTMLElement | null {
  const key = keyOf(phone);
  const keys = route().keys;
  const first = keys[0];
  if (!first || (keys.length === 1 && first === key)) return null;
  const shown = keys.includes(key);
  const next = shown ? keys.filter((other) => other !== key) : [first, key];
  const label = shown ? t("roster.alone", { name: phone.nickname }) : t("roster.beside", { name: phone.nickname });
  return h(
    "button",
    { class: "icon-button roster-beside wide-only", type: "button", tabindex: "-1", "aria-label": label, title: label, "aria-pressed": String(shown), "data-testid": "beside", onclick: () => go(hashOf(next)) },
    icon(shown ? "close" : "columns", 18),
  );
}

function openAdd(host: HTMLElement, app: App): void {
  openSheet(host, { label: t("roster.add"), place: "middle", testid: "add-sheet" }, (sheet) => {
    const name = h("input", { type: "text", maxlength: 32, autocomplete: "off", "data-testid": "field-nickname", "data-first": "1", placeholder: t("roster.nickname_sample") });
    const submit = h("button", { class: "button primary", type: "submit", "data-testid": "submit" }, t("roster.add_do"));
    const form = h("form", { class: "fields" });
    append(form, [
      h("label", { class: "field" }, h("span", {}, t("roster.nickname")), name),
      h("p", { class: "field-note" }, t("roster.add_note", { name: app.name })),
      submit,
    ]);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit.disabled = true;
      api.addPhone(app.appid, name.value.trim()).then(
        (phone) => {
          sheet.close();
          store.putPhone(phone);
          go(hashOf([keyOf(phone)]));
        },
        (error) => {
          submit.disabled = false;
          toast(explain(error), "bad");
        },
      );
    });
    return [sheetHead(t("roster.add"), sheet), form];
  });
}
