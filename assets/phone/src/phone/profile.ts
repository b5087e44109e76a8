import { attempt } from "../actions";
import { accountAvatar } from "../avatar";
import { h } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import type { App, Phone } from "../types";

interface Doings {
  scan: () => void;
  chat: (() => void) | null;
  unfollow: () => void;
}

/** The account's page: before following the way in, afterwards what the account is. */
export function profileView(app: App, phone: Phone, doings: Doings): HTMLElement {
  const follow = h(
    "button",
    { class: "button primary", type: "button", "data-testid": "follow", onclick: () => void run() },
    t("profile.follow"),
  );
  const run = async (): Promise<void> => {
    follow.disabled = true;
    if (!(await attempt(phone, { action: "follow" }))) follow.disabled = false;
  };
  const doing = phone.subscribed
    ? [
        h("button", { class: "button primary", type: "button", "data-testid": "to-chat", onclick: () => doings.chat?.() }, t("profile.message")),
        h("button", { class: "button danger-text", type: "button", "data-testid": "unfollow", onclick: doings.unfollow }, t("profile.unfollow")),
      ]
    : [
        follow,
        h("button", { class: "button plain", type: "button", "data-testid": "scan-follow", onclick: doings.scan }, icon("scan", 20), t("profile.scan_follow")),
      ];
  return h(
    "div",
    { class: "profile", "data-testid": "profile" },
    h(
      "div",
      { class: "profile-head" },
      accountAvatar(app),
      h("div", {}, h("h1", {}, app.name), h("p", {}, t("profile.id", { id: app.original_id }))),
    ),
    h("p", { class: "profile-about" }, phone.subscribed ? t("profile.following") : t("profile.about")),
    h("div", { class: "profile-doing" }, ...doing),
    h(
      "dl",
      { class: "cells" },
      cell(t("profile.kind"), t("profile.kind_service")),
      cell("AppID", app.appid),
      cell(t("profile.openid"), phone.openid),
      cell(t("profile.mode"), t(`mode.${app.mode}` as "mode.plain")),
      cell(t("profile.callback"), app.callback_url),
    ),
  );
}

function cell(name: string, value: string): HTMLElement {
  return h("div", { class: "cell" }, h("dt", {}, name), h("dd", { title: value }, value));
}
