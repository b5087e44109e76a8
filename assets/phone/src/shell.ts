import { faultsOn } from "./faults";
import { Scope, fill, h } from "./dom";
import { icon, type IconName } from "./icons";
import { language, t, type Language } from "./i18n";
import { inspector } from "./inspector/panel";
import { phoneScreen } from "./phone/screen";
import { summary } from "./phone/bubbles";
import { onRoute, route } from "./route";
import { roster } from "./roster";
import { store } from "./store";
import { setTheme, theme, type Theme } from "./theme";

/** The whole page: a head, the phones' list, the phone or two, the inspector. */
export function shell(scope: Scope, switchLanguage: (language: Language) => void): HTMLElement {
  const page = h("div", { class: "page" });
  const inner = h("div", { class: "page-inner" });
  const desk = h("main", { class: "desk", "aria-label": t("phone.title") });
  const shown = new Map<string, { screen: HTMLElement; scope: Scope }>();
  fill(inner, head(scope, switchLanguage), roster(page, scope), desk, inspector(page, scope));
  fill(page, inner, announcer(scope));

  const draw = (): void => {
    const { keys, inspector: open, list } = route();
    page.className = `page${open ? " show-inspector" : ""}${list ? " show-list" : ""}${keys.length > 1 ? " two-phones" : ""}`;
    for (const [key, one] of Array.from(shown)) {
      if (keys.includes(key)) continue;
      one.scope.end();
      shown.delete(key);
    }
    for (const key of keys) {
      if (shown.has(key)) continue;
      const own = scope.child();
      shown.set(key, { screen: h("div", { class: "phone" }, phoneScreen(key, own)), scope: own });
    }
    const screens = keys.map((key) => shown.get(key)?.screen);
    const same = desk.children.length === screens.length && screens.every((screen, i) => desk.children[i] === screen);
    if (!same) fill(desk, ...screens);
    if (keys.length === 0) fill(desk, h("p", { class: "desk-empty" }, t("phone.none")));
    store.show(list ? [] : keys);
  };
  onRoute(scope, draw);
  draw();
  return page;
}

function head(scope: Scope, switchLanguage: (language: Language) => void): HTMLElement {
  const other: Language = language() === "en" ? "zh-CN" : "en";
  return h(
    "header",
    { class: "head" },
    h("p", { class: "brand" }, h("span", { class: "seal", "aria-hidden": "true" }, "铺"), h("strong", {}, t("page.brand")), h("span", {}, t("page.what"))),
    faultBadge(scope),
    connection(scope),
    h("a", { class: "head-button", href: "/phone/state", "aria-label": t("state.open"), "data-testid": "to-state" }, icon("lines", 18), h("span", {}, t("state.open"))),
    h("button", { class: "head-button", type: "button", lang: other, "data-testid": "language", onclick: () => switchLanguage(other) }, icon("globe", 18), other === "en" ? "English" : "中文"),
    themeButton(),
  );
}

const NEXT: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
const THEME_ICON: Record<Theme, IconName> = { auto: "auto", light: "sun", dark: "moon" };

export function themeButton(): HTMLElement {
  const button = h("button", { class: "head-button", type: "button", "data-testid": "theme", onclick: () => {
    setTheme(NEXT[theme()]);
    show();
  } });
  const show = (): void => {
    const name = t(`theme.${theme()}`);
    button.setAttribute("aria-label", t("theme.label", { name }));
    button.setAttribute("title", t("theme.label", { name }));
    fill(button, icon(THEME_ICON[theme()], 18), h("span", {}, name));
  };
  show();
  return button;
}

function faultBadge(scope: Scope): HTMLElement {
  const badge = h("p", { class: "badge-faults", role: "status", hidden: true, "data-testid": "fault-badge" });
  const show = (): void => {
    const on = faultsOn();
    badge.hidden = on.length === 0;
    const words = t("faults.on", { what: on.join(t("list.comma")) });
    badge.title = words;
    fill(badge, icon("bolt", 16), h("span", {}, words));
  };
  store.on("faults", scope, show);
  show();
  return badge;
}

export function connection(scope: Scope): HTMLElement {
  const sign = h("p", { class: "connection", role: "status", "data-testid": "connection" });
  const show = (): void => {
    sign.className = `connection connection-${store.connection}`;
    sign.dataset.state = store.connection;
    fill(sign, h("i", {}), h("span", {}, t(`connection.${store.connection}`)));
  };
  store.on("connection", scope, show);
  show();
  return sign;
}

/** Tells screen readers what the accounts say, without moving focus. */
function announcer(scope: Scope): HTMLElement {
  const place = h("div", { class: "sr", "aria-live": "polite", "data-testid": "announcer" });
  store.onArrival(scope, (item) => {
    if (!store.visible.includes(`${item.appid}/${item.openid}`)) return;
    fill(place, t("chat.arrived", { name: store.app(item.appid)?.name ?? "", text: summary(item) }));
  });
  return place;
}
