import { h } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import type { PhoneKey } from "../store";
import { openSheet, sheetHead } from "./sheet";
import { openAs } from "./visitor";

export function openPicture(host: HTMLElement, url: string): void {
  openSheet(host, { label: t("kind.image"), place: "full", testid: "viewer" }, (sheet) => [
    h("button", { class: "viewer", type: "button", "aria-label": t("sheet.close"), onclick: sheet.close }, h("img", { src: url, alt: t("kind.image") })),
  ]);
}

export function openVideo(host: HTMLElement, url: string | undefined): void {
  openSheet(host, { label: t("kind.video"), place: "full", testid: "viewer" }, (sheet) => {
    const note = h("p", { class: "viewer-note", hidden: !!url }, t("video.cannot_play"));
    const video = url ? h("video", { src: url, controls: true, autoplay: true, playsinline: true }) : null;
    if (video) {
      video.onerror = () => {
        video.remove();
        note.hidden = false;
      };
    }
    return [
      h("button", { class: "icon-button viewer-close", type: "button", "aria-label": t("sheet.close"), onclick: sheet.close }, icon("close", 26)),
      h("div", { class: "viewer" }, video, note),
    ];
  });
}

/** Where WeChat would show the page inside itself; here it opens in a tab, since the shop is another origin. */
export function openPage(host: HTMLElement, key: PhoneKey, url: string, title?: string): void {
  const web = /^https?:\/\//i.test(url);
  openSheet(host, { label: t("page.open_title"), testid: "page-sheet" }, (sheet) => [
    sheetHead(title || t("page.open_title"), sheet),
    h(
      "div",
      { class: "fields" },
      h("p", { class: "page-address" }, url || t("page.no_address")),
      h("p", { class: "field-note" }, web ? t("page.note") : t("page.not_web")),
      web ? h("a", { class: "button primary", href: url, target: "_blank", rel: "noopener noreferrer", "data-first": "1", onclick: () => {
        openAs(key);
        setTimeout(sheet.close);
      } }, t("page.open")) : null,
    ),
  ]);
}
