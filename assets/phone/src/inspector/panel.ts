import { explain } from "../actions";
import { api } from "../api";
import { Scope, focusable, h } from "../dom";
import { faultsOn } from "../faults";
import { icon } from "../icons";
import { t } from "../i18n";
import { go, hashOf, onRoute, route } from "../route";
import { store } from "../store";
import { toast } from "../toast";
import { exchangeList } from "./exchanges";
import { faultPanel } from "./faultpanel";

type Tab = "exchanges" | "faults";

/** What WeChat and the account say to each other, and the switches that make it go wrong. */
export function inspector(page: HTMLElement, scope: Scope): HTMLElement {
  const leave = (): void => go(hashOf(route().keys));
  const back = h("button", { class: "icon-button narrow-only", type: "button", "aria-label": t("inspector.back"), "data-testid": "close-inspector", onclick: leave }, icon("back", 24));
  const panels: Record<Tab, HTMLElement> = { exchanges: exchangeList(scope), faults: faultPanel(scope) };
  const count = h("span", { class: "tab-count", hidden: true });
  const tabs: Record<Tab, HTMLElement> = {
    exchanges: tab("exchanges", t("inspector.exchanges")),
    faults: tab("faults", t("inspector.faults"), count),
  };
  const bar = h("div", { class: "tabs", role: "tablist", "aria-label": t("inspector.title") }, tabs.exchanges, tabs.faults);

  function tab(name: Tab, text: string, more?: HTMLElement): HTMLElement {
    return h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, "data-testid": `tab-${name}`, onclick: () => show(name) }, text, more);
  }

  function show(name: Tab): void {
    for (const each of ["exchanges", "faults"] as const) {
      const on = each === name;
      tabs[each].setAttribute("aria-selected", String(on));
      tabs[each].tabIndex = on ? 0 : -1;
      panels[each].hidden = !on;
    }
  }

  for (const name of ["exchanges", "faults"] as const) {
    panels[name].id = `panel-${name}`;
    panels[name].setAttribute("role", "tabpanel");
    panels[name].setAttribute("aria-labelledby", `tab-${name}`);
  }
  bar.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const next: Tab = panels.faults.hidden ? "faults" : "exchanges";
    show(next);
    tabs[next].focus();
  });
  const countFaults = (): void => {
    const on = faultsOn().length;
    count.hidden = on === 0;
    count.textContent = String(on);
  };
  store.on("faults", scope, countFaults);
  countFaults();
  show("exchanges");

  const place = h("aside", { class: "inspector", "aria-label": t("inspector.title"), "data-testid": "inspector" }, h("h2", { class: "sr" }, t("inspector.title")), h("div", { class: "inspector-head" }, back, bar, verifyButton()), panels.exchanges, panels.faults);
  scope.listen(place, "keydown", (event: KeyboardEvent) => {
    if (event.key === "Escape" && route().inspector) leave();
  });
  let wasOpen = route().inspector;
  onRoute(scope, () => {
    const { inspector: open } = route();
    if (open && !wasOpen) focusable(place)[0]?.focus();
    if (!open && wasOpen) page.querySelector<HTMLElement>("[data-testid='open-inspector']")?.focus();
    wasOpen = open;
  });
  return place;
}

/** Sends WeChat's GET to the callback URL of the account on the screen, as "submit" on the admin platform does. */
function verifyButton(): HTMLElement {
  const verify = async (): Promise<void> => {
    const appid = route().keys[0]?.split("/")[0];
    const app = appid ? store.app(appid) : store.apps[0];
    if (!app) return;
    button.disabled = true;
    try {
      const { ok, error } = await api.verify(app.appid);
      if (ok === false) toast(t("verify.failed", { name: app.name, why: error || t("verify.look") }), "bad");
      else toast(t("verify.done", { name: app.name }), "good");
    } catch (error) {
      toast(t("verify.failed", { name: app.name, why: explain(error) }), "bad");
    } finally {
      button.disabled = false;
    }
  };
  const button = h("button", { class: "button small-button", type: "button", title: t("verify.note"), "data-testid": "verify", onclick: () => void verify() }, t("verify.do"));
  return button;
}
