import { accountAvatar } from "../avatar";
import { Scope, clear, fill, h } from "../dom";
import { icon } from "../icons";
import { language, t, type Language } from "../i18n";
import { connection, themeButton } from "../shell";
import { store } from "../store";
import type { App } from "../types";
import { loadAccount, loadLines, number, text, type Account, type Called } from "./data";
import { list, type List } from "./list";
import { GROUPS, SECTIONS, type Around, type Section } from "./sections";

/** Milliseconds that changes are gathered for before the page reads them. */
const GATHER = 400;

export interface Page {
  element: HTMLElement;
  /** Something happened to an account. */
  changed: (appid: string) => void;
  called: (call: Called) => void;
}

/** Which account and section are shown: `#appid/section`; without a section a narrow screen shows the list of them. */
function wanted(): { app: App | undefined; section: Section | undefined } {
  const [appid, name] = decodeURIComponent(location.hash.slice(1)).split("/");
  return { app: store.app(appid || "") || store.apps[0], section: SECTIONS.find((one) => one.name === name) };
}

const hash = (appid: string, section = ""): string => `#${encodeURIComponent(appid)}${section ? `/${section}` : ""}`;

export function statePage(scope: Scope, switchLanguage: (language: Language) => void): Page {
  const side = h("nav", { class: "state-side", "aria-label": t("state.title") });
  const main = h("main", { class: "state-main", tabindex: "-1" });
  const element = h("div", { class: "state-page" }, head(scope, switchLanguage), h("div", { class: "state-columns" }, side, main));
  const around: Around = { tags: new Map() };
  let account: Account | undefined;
  let current: { appid: string; section: Section; list: List; scope: Scope } | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  scope.add(() => clearTimeout(timer));

  const drawSide = (): void => {
    const { app, section } = wanted();
    const focused = side.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.section : undefined;
    clear(side);
    if (!app) {
      fill(side, h("p", { class: "state-empty" }, t("roster.no_apps")));
      return;
    }
    const shown = current?.section || section;
    fill(side, accounts(app), facts(account), ...GROUPS.map((group) => h("section", {}, h("h2", {}, t(`state.group.${group.name}` as never)), h("ul", {}, ...group.sections.filter(isThere).map((one) => entry(app, one, one === shown))))));
    if (focused) side.querySelector<HTMLElement>(`[data-section="${focused}"]`)?.focus();
    else side.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  };

  const isThere = (section: Section): boolean => !account || section.name in account.counts;

  const entry = (app: App, section: Section, on: boolean): HTMLElement => {
    const count = account?.counts[section.name];
    return h(
      "li",
      {},
      h("a", { href: hash(app.appid, section.name), "data-section": section.name, "data-testid": `section-${section.name}`, "aria-current": on ? "page" : null }, icon(section.icon, 20), h("span", {}, t(`state.section.${section.name}` as never)), count ? h("small", { class: "figure" }, count.toLocaleString()) : null, icon("chevron", 16)),
    );
  };

  const refresh = async (): Promise<void> => {
    const { app } = wanted();
    if (!app) {
      drawSide();
      return;
    }
    try {
      const [got, tags] = await Promise.all([loadAccount(app.appid), loadLines(app.appid, "tags", 0, 200)]);
      account = got;
      around.tags = new Map(tags.items.map((tag) => [number(tag.id), text(tag.name)] as [number, string]));
    } catch {
      // The connection's sign says so; what stood here keeps standing.
    }
    drawSide();
    await current?.list.refresh();
  };

  const draw = (): void => {
    const { app, section } = wanted();
    element.classList.toggle("state-chosen", Boolean(section));
    if (!app) {
      drawSide();
      return;
    }
    const next = section || SECTIONS[0];
    if (next && (current?.appid !== app.appid || current.section !== next)) {
      current?.scope.end();
      const own = scope.child();
      current = { appid: app.appid, section: next, list: list(app.appid, next, around, own), scope: own };
      const back = h("a", { class: "icon-button narrow-only", href: hash(app.appid), "aria-label": t("nav.back") }, icon("back", 24));
      fill(main, h("header", {}, back, h("h1", {}, t(`state.section.${next.name}` as never))), h("p", { class: "state-about" }, t(`state.about.${next.name}` as never)), current.list.element);
      main.scrollTop = 0;
    }
    void refresh();
  };

  const changed = (appid: string): void => {
    if (appid && appid !== wanted().app?.appid) return;
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), GATHER);
  };

  const called = (call: Called): void => {
    if (call.appid && call.appid !== wanted().app?.appid) return;
    if (current?.section.name === "calls") current.list.arrived(call);
    changed(call.appid);
  };

  scope.listen(window, "hashchange", draw);
  draw();
  return { element, changed, called };
}

/** The account, or a choice when there is more than one. */
function accounts(app: App): HTMLElement {
  if (store.apps.length < 2) return h("p", { class: "state-account" }, accountAvatar(app), h("strong", {}, app.name));
  const choice = h("select", { "aria-label": t("state.account"), "data-testid": "account", onchange: () => {
    location.hash = hash(choice.value, wanted().section?.name);
  } });
  for (const one of store.apps) choice.append(h("option", { value: one.appid }, one.name));
  choice.value = app.appid;
  return h("p", { class: "state-account" }, accountAvatar(app), choice);
}

function facts(account: Account | undefined): HTMLElement | null {
  if (!account) return null;
  const fact = (name: string, value: string): HTMLElement[] => (value ? [h("dt", {}, name), h("dd", { title: value }, value)] : []);
  return h("dl", { class: "state-facts" }, ...fact("AppID", account.appid), ...fact(t("profile.callback"), account.callback_url), ...fact(t("state.login_domain"), account.login_domain));
}

function head(scope: Scope, switchLanguage: (language: Language) => void): HTMLElement {
  const other: Language = language() === "en" ? "zh-CN" : "en";
  return h(
    "header",
    { class: "head" },
    h("p", { class: "brand" }, h("span", { class: "seal", "aria-hidden": "true" }, "铺"), h("strong", {}, t("page.brand")), h("span", {}, t("state.title"))),
    connection(scope),
    h("a", { class: "head-button", href: "/phone", "aria-label": t("state.to_phone"), "data-testid": "to-phone" }, icon("text", 18), h("span", {}, t("state.to_phone"))),
    h("button", { class: "head-button", type: "button", lang: other, "data-testid": "language", onclick: () => switchLanguage(other) }, icon("globe", 18), other === "en" ? "English" : "中文"),
    themeButton(),
  );
}
