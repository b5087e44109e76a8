import { phoneAvatar } from "../avatar";
import { Scope, clear, fill, h, sync, type Child } from "../dom";
import { icon, isIcon, type IconName } from "../icons";
import { t, tr } from "../i18n";
import { keyOf, store } from "../store";
import { span, wireTime } from "../time";
import type { Delivery, Exchange } from "../types";
import { deliveryView } from "./delivery";

const EVENT_ICONS: Record<string, IconName> = { click: "menu", view: "menu", scan: "scan", subscribe: "person", unsubscribe: "person", verify: "check", shortvideo: "short_video", location: "pin" };

interface Row {
  exchange: Exchange;
  element: HTMLElement;
}

/** All pushes, the newest first; one unfolds into its deliveries. */
export function exchangeList(scope: Scope): HTMLElement {
  const rows = new Map<number, Row>();
  const open = new Map<number, number>();
  let onlyPhone = "";
  let sealedShown = false;

  const list = h("ol", { class: "exchanges", "data-testid": "exchanges" });
  const filter = h("select", { "aria-label": t("inspector.filter"), "data-testid": "filter", onchange: () => {
    onlyPhone = filter.value;
    draw();
  } });
  const clearButton = h("button", { class: "button small-button", type: "button", "data-testid": "clear", onclick: () => store.clearExchanges() }, t("inspector.clear"));

  const drawFilter = (): void => {
    clear(filter);
    filter.append(h("option", { value: "" }, t("inspector.all_phones")));
    const accounts = store.apps.length > 1;
    for (const phone of store.phones) {
      const account = accounts ? ` · ${store.app(phone.appid)?.name ?? ""}` : "";
      filter.append(h("option", { value: keyOf(phone) }, phone.nickname + account));
    }
    filter.value = onlyPhone;
    filter.hidden = store.phones.length < 2;
  };

  const rowOf = (exchange: Exchange): HTMLElement => {
    const known = rows.get(exchange.id);
    if (known && known.exchange === exchange) return known.element;
    const element = known?.element || h("li", { class: "exchange", "data-testid": "exchange" });
    rows.set(exchange.id, { exchange, element });
    fillRow(element, exchange);
    return element;
  };

  const fillRow = (element: HTMLElement, exchange: Exchange): void => {
    const focused = element.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.testid : undefined;
    const at = open.get(exchange.id);
    const unfold = (): void => {
      if (open.has(exchange.id)) open.delete(exchange.id);
      else open.set(exchange.id, exchange.deliveries.length - 1);
      fillRow(element, exchange);
    };
    element.dataset.kind = exchange.label.kind;
    fill(element, headOf(exchange, at !== undefined, unfold), at === undefined ? null : body(exchange, Math.min(at, exchange.deliveries.length - 1), element));
    if (focused) element.querySelector<HTMLElement>(`[data-testid="${focused}"]${focused === "delivery-tab" ? "[tabindex='0']" : ""}`)?.focus();
  };

  const body = (exchange: Exchange, at: number, element: HTMLElement): HTMLElement => {
    const delivery = exchange.deliveries[at];
    const show = (next: number): void => {
      open.set(exchange.id, next);
      fillRow(element, exchange);
    };
    const showSealed = (sealed: boolean): void => {
      sealedShown = sealed;
      fillRow(element, exchange);
    };
    return h(
      "div",
      { class: "exchange-body", id: `exchange-${exchange.id}` },
      tabs(exchange, at, show),
      delivery ? deliveryView(delivery, sealedShown, showSealed) : h("p", { class: "explain" }, t("inspector.waiting")),
    );
  };

  const draw = (): void => {
    const shown = store.exchanges.filter((one) => !onlyPhone || keyOf(one) === onlyPhone);
    sync(list, shown.length ? shown.map(rowOf) : [empty(onlyPhone !== "" && store.exchanges.length > 0)]);
    clearButton.disabled = store.exchanges.length === 0;
  };

  store.on("exchanges", scope, draw);
  store.on("phones", scope, drawFilter);
  drawFilter();
  draw();
  return h("div", { class: "exchange-place" }, h("div", { class: "tools" }, filter, clearButton), list);
}

function empty(filtered: boolean): HTMLElement {
  return h(
    "li",
    { class: "exchanges-empty" },
    icon("wire", 40),
    h("strong", {}, filtered ? t("inspector.none_here") : t("inspector.none")),
    h("p", {}, filtered ? t("inspector.none_here_help") : t("inspector.none_help")),
  );
}

function headOf(exchange: Exchange, open: boolean, unfold: () => void): HTMLElement {
  const phone = store.phone(keyOf(exchange));
  const last = exchange.deliveries[exchange.deliveries.length - 1];
  const account = store.apps.length > 1 ? store.app(exchange.appid)?.name : undefined;
  return h(
    "button",
    { class: "exchange-head", type: "button", "aria-expanded": String(open), "aria-controls": `exchange-${exchange.id}`, "data-testid": "exchange-head", onclick: unfold },
    h("span", { class: "exchange-who" }, phone ? phoneAvatar(phone) : icon("globe", 24)),
    h(
      "span",
      { class: "exchange-what" },
      h("span", { class: "exchange-label" }, kindIcon(exchange.label.kind), h("b", {}, kindName(exchange.label.kind)), exchange.label.text ? h("span", {}, exchange.label.text) : null),
      h("small", {}, [phone?.nickname, account].filter(Boolean).join(" · ") || t("inspector.platform"), h("span", { class: "figure" }, wireTime(exchange.at))),
    ),
    h("span", { class: "exchange-end" }, ...ending(exchange, last)),
    icon("chevron", 18),
  );
}

function ending(exchange: Exchange, last: Delivery | undefined): Child[] {
  const outcome = last?.outcome ?? "running";
  const tries = exchange.deliveries.length;
  return [
    h("span", { class: `outcome outcome-${outcome}`, "data-testid": "outcome", "data-outcome": outcome }, t(`outcome.${outcome}`)),
    h("small", { class: "figure" }, [tries > 1 ? t("inspector.tries", { n: tries }) : "", last && last.millis !== null ? span(last.millis) : ""].filter(Boolean).join(" · ")),
  ];
}

function kindIcon(kind: string): SVGSVGElement {
  const name = kind.toLowerCase();
  return icon(EVENT_ICONS[name] || (isIcon(name) ? name : "event"), 18);
}

/** MsgType and event names in words, with the name as it is on the wire where there are none. */
function kindName(kind: string): string {
  return tr(`pushed.${kind.toLowerCase()}`, kind);
}

function tabs(exchange: Exchange, at: number, show: (next: number) => void): HTMLElement {
  const bar = h("div", { class: "delivery-tabs", role: "tablist", "aria-label": t("inspector.deliveries") });
  const seen = new Set<number>();
  exchange.deliveries.forEach((delivery, i) => {
    const again = seen.has(delivery.attempt);
    seen.add(delivery.attempt);
    const selected = i === at;
    bar.appendChild(
      h(
        "button",
        { type: "button", role: "tab", "aria-selected": String(selected), tabindex: selected ? "0" : "-1", "data-testid": "delivery-tab", onclick: () => show(i) },
        h("i", { class: `dot dot-${delivery.outcome}` }),
        t(again ? "inspector.duplicate" : "inspector.attempt", { n: delivery.attempt }),
      ),
    );
  });
  bar.addEventListener("keydown", (event) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const count = exchange.deliveries.length;
    if (by && count > 1) show((at + by + count) % count);
  });
  return bar;
}
