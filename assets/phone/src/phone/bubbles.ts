import { mediaUrl } from "../api";
import { accountAvatar, phoneAvatar } from "../avatar";
import { append, fill, h, type Child } from "../dom";
import { t, tr } from "../i18n";
import { store, keyOf, type Pending } from "../store";
import type { ChatItem } from "../types";
import { imageBubble, linkCard, locationCard, musicCard, newsCard, videoBubble, voiceBubble } from "./cards";
import { richText } from "./text";

/** What a tap in the chat may ask of the phone. */
export interface Taps {
  openUrl: (url: string, title?: string) => void;
  openPicture: (url: string) => void;
  openVideo: (url: string | undefined) => void;
  say: (content: string, choice?: string) => void;
  profile: () => void;
}

/** One line of the chat: a bubble with its avatar, a card, or a note in the middle. */
export function chatLine(item: ChatItem, again: Pending["again"], taps: Taps): HTMLElement {
  const line = h("li", {
    class: `line line-${item.side} kind-${item.kind}${item.side === "system" || item.kind === "event" ? " line-note" : ""}`,
    "data-testid": "item",
    "data-side": item.side,
    "data-kind": item.kind,
    "data-note": item.note,
    "data-status": item.status,
  });
  if (item.side === "system" || item.kind === "event") {
    append(line, [h("p", { class: "note" }, noteText(item))]);
    return line;
  }
  const wide = item.kind === "news";
  append(line, [
    wide ? null : avatarOf(item, taps),
    h("div", { class: "said" }, h("span", { class: "sr" }, speaker(item)), content(item, taps), status(item, again)),
  ]);
  return line;
}

function avatarOf(item: ChatItem, taps: Taps): Child {
  const phone = store.phone(keyOf(item));
  const app = store.app(item.appid);
  if (item.side === "me") return phone ? phoneAvatar(phone) : null;
  if (!app) return null;
  return h("button", { class: "avatar-button", type: "button", "aria-label": t("profile.open", { name: app.name }), onclick: taps.profile }, accountAvatar(app));
}

function speaker(item: ChatItem): string {
  return item.side === "me" ? t("chat.i_said") : t("chat.account_said", { name: store.app(item.appid)?.name ?? "" });
}

function content(item: ChatItem, taps: Taps): HTMLElement {
  switch (item.kind) {
    case "image":
      return imageBubble(item, pictureOf(item), taps);
    case "voice":
      return voiceBubble(item, pictureOf(item));
    case "video":
    case "short_video":
      return videoBubble(item, pictureOf(item), taps);
    case "location":
      return locationCard(item);
    case "link":
      return linkCard(item, taps);
    case "music":
      return musicCard(item, taps);
    case "news":
      return newsCard(item.articles || [], taps);
    case "menu":
      return menuBubble(item, taps);
    default:
      return h("div", { class: "bubble bubble-text" }, ...richText(item.text ?? "", { open: taps.openUrl, say: taps.say }));
  }
}

function pictureOf(item: ChatItem): string | undefined {
  return item.url || (item.media_id ? mediaUrl(item.media_id) : undefined);
}

function menuBubble(item: ChatItem, taps: Taps): HTMLElement {
  const choices = (item.choices || []).map((choice) =>
    h("li", {}, h("button", { class: "text-link", type: "button", onclick: () => taps.say(choice.content, choice.id) }, choice.content)),
  );
  return h(
    "div",
    { class: "bubble bubble-text" },
    ...richText(item.text ?? item.title ?? "", { open: taps.openUrl, say: taps.say }),
    h("ul", { class: "choices" }, ...choices),
    item.description ? h("p", {}, ...richText(item.description, { open: taps.openUrl, say: taps.say })) : null,
  );
}

function status(item: ChatItem, again: Pending["again"]): Child {
  if (item.side !== "me") return null;
  if (item.status === "sending") return h("span", { class: "sending", role: "img", "aria-label": t("chat.sending") });
  if (item.status !== "failed") return null;
  const label = again ? t("chat.send_again") : t("chat.failed");
  if (!again) return h("span", { class: "failed", role: "img", "aria-label": label }, "!");
  return h("button", { class: "failed", type: "button", "aria-label": label, title: label, "data-testid": "send-again", onclick: again }, "!");
}

function noteText(item: ChatItem): string {
  const name = store.app(item.appid)?.name ?? "";
  return item.note ? tr(`note.${item.note}`, item.text || item.note, { name }) : item.text || "";
}

/** The words that stand for a message where there is no room for it, and that screen readers hear. */
export function summary(item: ChatItem): string {
  if (item.side === "system" || item.kind === "event") return noteText(item);
  switch (item.kind) {
    case "text":
    case "menu":
      return (item.text || item.title || "").replace(/<[^>]*>/g, "");
    case "news":
      return `${t("kind.news")} ${item.articles?.[0]?.title ?? ""}`;
    default:
      return `${t(`kind.${item.kind}` as "kind.image")} ${item.title || item.label || item.text || ""}`.trim();
  }
}

/** Empties a place and says why there is nothing in it. */
export function emptyNote(place: HTMLElement, text: string): void {
  fill(place, h("li", { class: "line line-note" }, h("p", { class: "note" }, text)));
}
