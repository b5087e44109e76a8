import { attempt } from "../actions";
import { Scope, h } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import type { Menu, MenuButton, Phone } from "../types";

/** What a menu button opens besides telling the account; WeChat does that on the phone. */
export type OpenPage = (url: string, title?: string) => void;

/** The account's own menu: up to three buttons, those with ≡ unfold up to five more. */
export function menuBar(menu: Menu, phone: Phone, scope: Scope, open: OpenPage): HTMLElement {
  let unfolded: { popup: HTMLElement; button: HTMLElement } | null = null;

  const fold = (): void => {
    if (!unfolded) return;
    unfolded.popup.hidden = true;
    unfolded.button.setAttribute("aria-expanded", "false");
    unfolded = null;
  };
  const tap = (button: MenuButton, path: number[]): void => {
    fold();
    void attempt(phone, { action: "tap", button: path });
    if (button.type === "view" && button.url) open(button.url, button.name);
  };

  const tops = menu.button.slice(0, 3).map((button, i) => {
    const inner = button.sub_button || [];
    if (inner.length === 0) {
      return h("div", { class: "menu-slot" }, h("button", { class: "menu-top", type: "button", "data-testid": "menu-button", onclick: () => tap(button, [i]) }, h("span", {}, button.name)));
    }
    const popup = h("div", { class: "menu-popup", hidden: true });
    inner.forEach((sub, j) =>
      popup.appendChild(h("button", { type: "button", "data-testid": "menu-item", onclick: () => tap(sub, [i, j]) }, sub.name)),
    );
    const top = h(
      "button",
      {
        class: "menu-top",
        type: "button",
        "aria-expanded": "false",
        "data-testid": "menu-button",
        onclick: () => {
          const again = unfolded?.popup === popup;
          fold();
          if (again) return;
          popup.hidden = false;
          top.setAttribute("aria-expanded", "true");
          unfolded = { popup, button: top };
        },
      },
      icon("lines", 16),
      h("span", {}, button.name),
    );
    return h("div", { class: "menu-slot" }, top, popup);
  });

  const bar = h("div", { class: "menu-bar", role: "group", "aria-label": t("menu.name") }, ...tops);
  scope.listen(bar, "keydown", (event: KeyboardEvent) => {
    if (event.key === "Escape" && unfolded) {
      event.stopPropagation();
      unfolded.button.focus();
      fold();
    }
    if (unfolded && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      step(unfolded.popup, event.key === "ArrowDown" ? 1 : -1);
    }
  });
  scope.listen(document, "pointerdown", (event: PointerEvent) => {
    if (unfolded && !bar.contains(event.target as Node)) fold();
  });
  return bar;
}

function step(popup: HTMLElement, by: number): void {
  const items = Array.from(popup.querySelectorAll("button"));
  const at = items.indexOf(document.activeElement as HTMLButtonElement);
  const next = at < 0 ? (by > 0 ? 0 : items.length - 1) : (at + by + items.length) % items.length;
  items[next]?.focus();
}
