// A tapped picture, as large as the screen. Without the script the link opens the picture itself.

import { h, icon } from "../lib";

export function startViewer(root: HTMLElement): void {
  root.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("[data-viewer]") : null;
    if (!link || (event as MouseEvent).ctrlKey || (event as MouseEvent).metaKey) return;
    event.preventDefault();
    const close = h("button", { class: "btn btn-icon", type: "button", "aria-label": "×" }, icon("x"));
    const dialog = h("dialog", { class: "picture-viewer", "aria-label": link.title }, h("img", { src: link.href, alt: link.querySelector("img")?.alt ?? "" }), close);
    dialog.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      link.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
    close.focus();
  });
}
