import { h } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import type { Article, ChatItem } from "../types";
import type { Taps } from "./bubbles";
import { mapPicture } from "./map";

const COVERS = 5;

/** A picture in a box of fixed ratio, which keeps its place before it comes and says so when it does not. */
function picture(url: string | undefined, alt: string, className: string): HTMLElement {
  const box = h("span", { class: `picture ${className}` });
  const missing = (): void => {
    box.classList.add("picture-missing");
    box.setAttribute("title", t("picture.missing"));
    box.appendChild(icon("image", 28));
  };
  if (!url) {
    missing();
    return box;
  }
  const img = h("img", { src: url, alt, decoding: "async" });
  img.onload = () => box.classList.add("picture-there");
  img.onerror = () => {
    img.remove();
    missing();
  };
  box.appendChild(img);
  return box;
}

/** An article's picture; one without gets a plain cover with its first character, always the same one. */
function cover(article: Article, className: string): HTMLElement {
  if (article.pic_url) return picture(article.pic_url, "", className);
  let sum = 0;
  for (const char of article.title) sum = (sum + char.charCodeAt(0)) % COVERS;
  const first = Array.from(article.title.trim())[0] || "";
  return h("span", { class: `picture ${className} cover cover-${sum}`, "aria-hidden": "true" }, h("i", {}, first));
}

export function imageBubble(item: ChatItem, url: string | undefined, taps: Taps): HTMLElement {
  if (!url) return h("div", { class: "media" }, picture(undefined, "", "picture-chat"));
  return h(
    "button",
    { class: "media", type: "button", "aria-label": t("picture.open"), onclick: () => taps.openPicture(url) },
    picture(url, item.title || t("kind.image"), "picture-chat"),
  );
}

export function videoBubble(item: ChatItem, url: string | undefined, taps: Taps): HTMLElement {
  return h(
    "button",
    { class: "media media-video", type: "button", onclick: () => taps.openVideo(url) },
    h("span", { class: "sr" }, t("video.play")),
    h("span", { class: "picture picture-chat picture-film" }),
    h("span", { class: "play" }, icon("play", 28)),
    item.title ? h("span", { class: "media-title" }, item.title) : null,
    item.duration ? h("span", { class: "media-time" }, `0:${String(item.duration).padStart(2, "0")}`) : null,
  );
}

const SHORTEST = 72;
const LONGEST = 200;

/** A voice message: the longer, the wider. It plays when the browser knows the sound, and looks so in any case. */
export function voiceBubble(item: ChatItem, url: string | undefined): HTMLElement {
  const seconds = Math.max(1, Math.round(item.duration ?? 2));
  const width = Math.min(LONGEST, SHORTEST + seconds * 5);
  const button = h(
    "button",
    {
      class: "bubble bubble-voice",
      type: "button",
      "aria-label": t("voice.play", { seconds }),
      style: { width: `${width}px` },
      onclick: () => play(button, url, seconds),
    },
    icon("waves", 22),
    h("span", { class: "seconds" }, `${seconds}″`),
  );
  const words = item.text ? h("p", { class: "recognised" }, item.text) : null;
  return h("div", { class: "voice" }, button, words);
}

function play(button: HTMLElement, url: string | undefined, seconds: number): void {
  if (button.classList.contains("playing")) return;
  button.classList.add("playing");
  setTimeout(() => button.classList.remove("playing"), seconds * 1000);
  // A sound that the browser cannot play (AMR) only moves the waves.
  if (url) new Audio(url).play().catch(() => undefined);
}

export function locationCard(item: ChatItem): HTMLElement {
  const [latitude, longitude] = [item.latitude ?? 0, item.longitude ?? 0];
  const degrees = `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`;
  return h(
    "div",
    { class: "card card-location" },
    h("div", { class: "card-words" }, h("strong", {}, item.label || degrees), h("small", {}, degrees)),
    mapPicture(latitude, longitude),
  );
}

export function linkCard(item: ChatItem, taps: Taps): HTMLElement {
  return h(
    "button",
    { class: "card card-link", type: "button", onclick: () => taps.openUrl(item.url || "", item.title) },
    h("strong", {}, item.title || item.url || ""),
    h("span", { class: "card-row" }, h("small", {}, item.description || item.url || ""), h("span", { class: "thumb" }, icon("link", 24))),
  );
}

export function musicCard(item: ChatItem, taps: Taps): HTMLElement {
  return h(
    "button",
    { class: "card card-music", type: "button", onclick: () => taps.openUrl(item.url || "", item.title) },
    h("span", { class: "sr" }, t("kind.music")),
    h("span", { class: "thumb" }, icon("music", 26)),
    h("span", { class: "card-words" }, h("strong", {}, item.title || t("kind.music")), h("small", {}, item.description || "")),
    icon("play", 30),
  );
}

/** One article is a poster with its words below; several are a poster and rows under it. */
export function newsCard(articles: Article[], taps: Taps): HTMLElement {
  const [first, ...rest] = articles;
  if (!first) return h("div", { class: "card" }, t("kind.news"));
  const open = (article: Article) => () => taps.openUrl(article.url || "", article.title);
  const single = rest.length === 0;
  return h(
    "div",
    { class: single ? "card card-news single" : "card card-news" },
    h(
      "button",
      { class: "news-first", type: "button", onclick: open(first) },
      cover(first, "picture-cover"),
      h("strong", {}, first.title),
      single && first.description ? h("small", {}, first.description) : null,
    ),
    ...rest.map((article) =>
      h(
        "button",
        { class: "news-row", type: "button", onclick: open(article) },
        h("span", {}, article.title),
        cover(article, "picture-thumb"),
      ),
    ),
  );
}
