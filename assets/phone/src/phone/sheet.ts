import { Scope, focusable, h, type Child } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";

export interface Sheet {
  close: () => void;
}

interface Options {
  /** The name that screen readers say. */
  label: string;
  /** Where in the phone: from below, in the middle, or over everything. */
  place?: "bottom" | "middle" | "full";
  testid?: string;
  onclose?: () => void;
}

const LEAVING_MS = 200;

/**
 * Lays `content` over the phone: Escape and a tap beside it close it, Tab stays inside, and focus goes back to
 * where it was.
 */
export function openSheet(host: HTMLElement, options: Options, content: (sheet: Sheet) => Child[]): Sheet {
  const scope = new Scope();
  const before = document.activeElement as HTMLElement | null;
  const place = options.place || "bottom";
  const panel = h("div", { class: "sheet", role: "dialog", "aria-modal": "true", "aria-label": options.label, tabindex: "-1", "data-testid": options.testid });
  const layer = h("div", { class: `layer layer-${place}` }, h("div", { class: "veil", onclick: () => close() }), panel);
  const hidden = Array.from(host.children).filter((other) => !other.classList.contains("layer-leaving"));
  let open = true;

  const close = (): void => {
    if (!open) return;
    open = false;
    scope.end();
    options.onclose?.();
    layer.classList.add("layer-leaving");
    for (const other of hidden) hide(other, false);
    setTimeout(() => layer.remove(), LEAVING_MS);
    if (before && before.isConnected) before.focus({ preventScroll: true });
  };

  const sheet = { close };
  for (const child of content(sheet)) if (child) panel.append(child as Node | string);
  for (const other of hidden) hide(other, true);
  host.appendChild(layer);
  scope.listen(layer, "keydown", (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.isComposing) {
      event.stopPropagation();
      close();
    }
    if (event.key === "Tab") keepInside(panel, event);
  });
  const first = panel.querySelector<HTMLElement>("[data-first]") || focusable(panel)[0] || panel;
  // The sheet is still on its way in: scrolling to it would move the screen under it.
  first.focus({ preventScroll: true });
  return sheet;
}

function hide(element: Element, hidden: boolean): void {
  if (hidden) {
    element.setAttribute("inert", "");
    element.setAttribute("aria-hidden", "true");
  } else {
    element.removeAttribute("inert");
    element.removeAttribute("aria-hidden");
  }
}

function keepInside(panel: HTMLElement, event: KeyboardEvent): void {
  const stops = focusable(panel);
  const [first, last] = [stops[0], stops[stops.length - 1]];
  const at = document.activeElement;
  if (!first || !last) event.preventDefault();
  else if (event.shiftKey && (at === first || at === panel)) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && at === last) {
    event.preventDefault();
    first.focus();
  }
}

export interface SheetAction {
  text: string;
  danger?: boolean;
  testid?: string;
  run: () => void;
}

/** WeChat's action sheet: an explanation, what can be done, and Cancel apart. */
export function actionSheet(host: HTMLElement, label: string, explanation: string, actions: SheetAction[]): void {
  openSheet(host, { label, testid: "action-sheet" }, (sheet) => [
    explanation ? h("p", { class: "actions-note" }, explanation) : null,
    ...actions.map((action) =>
      h(
        "button",
        {
          class: action.danger ? "action danger" : "action",
          type: "button",
          "data-testid": action.testid,
          onclick: () => {
            sheet.close();
            action.run();
          },
        },
        action.text,
      ),
    ),
    h("button", { class: "action action-cancel", type: "button", onclick: () => sheet.close() }, t("sheet.cancel")),
  ]);
}

/** A sheet's first line: its name, and a cross that closes it. */
export function sheetHead(title: string, sheet: Sheet): HTMLElement {
  return h(
    "div",
    { class: "sheet-head" },
    h("h2", {}, title),
    h("button", { class: "icon-button", type: "button", "aria-label": t("sheet.close"), onclick: () => sheet.close() }, icon("close", 22)),
  );
}
