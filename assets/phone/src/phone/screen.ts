import { act, attempt, explain } from "../actions";
import { Scope, append, fill, h } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import { go, hashOf, route } from "../route";
import { keyOf, store, type PhoneKey } from "../store";
import { faultsOn } from "../faults";
import { statusBarTime } from "../time";
import type { App, Phone } from "../types";
import type { Taps } from "./bubbles";
import { chatView } from "./chat";
import { composer } from "./composer";
import { openScan } from "./forms";
import { profileView } from "./profile";
import { actionSheet } from "./sheet";
import { openPage, openPicture, openVideo } from "./viewer";

/** One phone with the chat of one account on it. */
export function phoneScreen(key: PhoneKey, scope: Scope): HTMLElement {
  const body = h("div", { class: "screen-body" });
  const nav = h("header", { class: "nav" });
  const main = h("div", { class: "screen-main" }, statusBar(scope), nav, connectionBar(scope), faultBar(scope), body);
  const screen = h("section", { class: "screen", "data-testid": "phone", "data-phone": key }, main);
  let inner = scope.child();
  let profile = false;
  let drawn = "";

  const draw = (): void => {
    const phone = store.phone(key);
    const app = phone && store.app(phone.appid);
    if (!phone || !app) return;
    screen.setAttribute("aria-label", t("phone.of", { name: phone.nickname, account: app.name }));
    // Only what changes the screen's build redraws it; messages find their own way into the chat.
    const now = JSON.stringify([profile, phone, app]);
    if (now === drawn) return;
    drawn = now;
    inner.end();
    inner = scope.child();
    const showProfile = (shown: boolean): void => {
      profile = shown;
      draw();
      nav.querySelector<HTMLElement>("[data-focus]")?.focus();
    };
    if (!phone.subscribed) profile = false;
    main.classList.toggle("on-profile", !phone.subscribed || profile);
    if (!phone.subscribed || profile) {
      const leave = profile ? () => showProfile(false) : null;
      fill(nav, ...navParts("", leave, null));
      fill(body, profileView(app, phone, { scan: () => openScan(screen, phone), chat: leave, unfollow: () => unfollow(screen, phone, app) }));
      return;
    }
    const taps = tapsOf(screen, phone, () => showProfile(true));
    fill(nav, ...navParts(app.name, null, () => accountMenu(screen, phone, app, () => showProfile(true))));
    fill(body, chatView(key, inner, taps), composer(screen, phone, phone.menu ?? app.menu, inner, taps.openUrl));
  };

  store.on("phones", scope, draw);
  store.on("apps", scope, draw);
  draw();
  if (!store.chats.has(key)) store.loadChat(key).catch((error) => loadFailed(body, key, error));
  return screen;
}

function navParts(title: string, back: (() => void) | null, menu: (() => void) | null): (Node | null)[] {
  const toList = (): void => go("#list");
  return [
    h(
      "button",
      { class: back ? "icon-button nav-back" : "icon-button nav-back narrow-only", type: "button", "aria-label": t("nav.back"), "data-testid": "back", "data-focus": "1", onclick: back || toList },
      icon("back", 24),
    ),
    title ? h("h1", { class: "nav-title" }, title) : null,
    h(
      "span",
      { class: "nav-right" },
      h(
        "button",
        { class: "icon-button narrow-only", type: "button", "aria-label": t("inspector.title"), "data-testid": "open-inspector", onclick: () => go(hashOf(route().keys, true)) },
        icon("wire", 24),
      ),
      menu
        ? h("button", { class: "icon-button", type: "button", "aria-label": t("nav.more"), "data-testid": "more", "data-focus": "1", onclick: menu }, icon("more", 24))
        : null,
    ),
  ];
}

function tapsOf(screen: HTMLElement, phone: Phone, profile: () => void): Taps {
  return {
    openUrl: (url, title) => openPage(screen, keyOf(phone), url, title),
    openPicture: (url) => openPicture(screen, url),
    openVideo: (url) => openVideo(screen, url),
    say: (content, choice) => void act(phone, choice ? { action: "text", content, bizmsgmenuid: choice } : { action: "text", content }),
    profile,
  };
}

function accountMenu(screen: HTMLElement, phone: Phone, app: App, profile: () => void): void {
  actionSheet(screen, t("nav.more"), "", [
    { text: t("account.profile"), testid: "show-profile", run: profile },
    { text: t("account.scan"), run: () => openScan(screen, phone) },
    { text: t("profile.unfollow"), danger: true, testid: "unfollow", run: () => unfollow(screen, phone, app) },
  ]);
}

function unfollow(screen: HTMLElement, phone: Phone, app: App): void {
  actionSheet(screen, t("profile.unfollow"), t("unfollow.explain", { name: app.name }), [
    { text: t("unfollow.do"), danger: true, testid: "unfollow-confirm", run: () => void attempt(phone, { action: "unfollow" }) },
  ]);
}

function loadFailed(body: HTMLElement, key: PhoneKey, error: unknown): void {
  const note = h("div", { class: "load-failed", role: "alert" }, explain(error));
  append(note, [
    h("button", { class: "button plain", type: "button", onclick: () => {
      note.remove();
      store.loadChat(key).catch((again) => loadFailed(body, key, again));
    } }, t("error.again")),
  ]);
  body.appendChild(note);
}

function statusBar(scope: Scope): HTMLElement {
  const time = h("span", {}, statusBarTime(store.now()));
  const show = (): void => {
    time.textContent = statusBarTime(store.now());
  };
  scope.every(10_000, show);
  store.on("clock", scope, show);
  return h("div", { class: "status-bar", "aria-hidden": "true" }, time, h("span", { class: "status-signs" }, h("i", { class: "sign-signal" }), h("i", { class: "sign-battery" })));
}

function connectionBar(scope: Scope): HTMLElement {
  const bar = h("p", { class: "strip strip-lost", role: "status", hidden: true, "data-testid": "offline" });
  const show = (): void => {
    bar.hidden = store.connection !== "lost";
    fill(bar, bar.hidden ? null : icon("warn", 18), bar.hidden ? null : t("connection.lost"));
  };
  store.on("connection", scope, show);
  show();
  return bar;
}

/** On a narrow screen, where the inspector is out of sight, a reminder that something is meant to go wrong. */
function faultBar(scope: Scope): HTMLElement {
  const bar = h("button", { class: "strip strip-faults narrow-only", type: "button", hidden: true, onclick: () => go(hashOf(route().keys, true)) });
  const show = (): void => {
    const on = faultsOn();
    bar.hidden = on.length === 0;
    fill(bar, icon("bolt", 18), h("span", {}, t("faults.on", { what: on.join(t("list.comma")) })));
  };
  store.on("faults", scope, show);
  show();
  return bar;
}
