import { fill, h, type Child } from "../dom";
import { icon } from "../icons";
import { t, tr } from "../i18n";
import { fullTime, span, wireTime } from "../time";
import { toast } from "../toast";
import type { Delivery } from "../types";
import { pretty } from "./markup";

/** One delivery in full: what was asked, with what, and what came back. */
export function deliveryView(delivery: Delivery, sealedShown: boolean, showSealed: (sealed: boolean) => void): HTMLElement {
  const { status, millis } = delivery;
  const facts = [
    h("span", { class: `outcome outcome-${delivery.outcome}` }, t(`outcome.${delivery.outcome}`)),
    status === null ? null : h("span", {}, `HTTP ${status}`),
    millis === null ? null : h("span", { class: "figure" }, span(millis)),
    h("span", { class: "figure", title: fullTime(delivery.at) }, wireTime(delivery.at)),
    delivery.encrypted ? h("span", { class: "sealed" }, t("inspector.encrypted")) : null,
  ];
  return h(
    "div",
    { class: "delivery" },
    h("p", { class: "facts" }, ...facts),
    delivery.error ? h("p", { class: "delivery-error", "data-testid": "delivery-error" }, delivery.error) : null,
    h("p", { class: "explain" }, tr(`explain.${delivery.outcome}`, "")),
    section(t("inspector.request"), requestLine(delivery), queryTable(delivery.query)),
    delivery.method === "GET" ? null : wire(t("inspector.body"), "body", delivery, delivery.body, delivery.plain, sealedShown, showSealed),
    wire(t("inspector.answer"), "answer", delivery, delivery.response, delivery.response_plain, sealedShown, showSealed),
  );
}

function section(title: string, ...children: Child[]): HTMLElement {
  return h("section", { class: "part" }, h("div", { class: "part-head" }, h("h3", {}, title)), ...children);
}

function requestLine(delivery: Delivery): HTMLElement {
  return h("p", { class: "request-line" }, h("b", {}, delivery.method), " ", delivery.url);
}

function queryTable(query: string): HTMLElement {
  const rows = Array.from(new URLSearchParams(query)).map(([name, value]) =>
    h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value, name === "timestamp" && Number(value) ? h("small", {}, fullTime(Number(value) * 1000)) : null)),
  );
  return h("table", { class: "query", "aria-label": t("inspector.query") }, h("tbody", {}, ...rows));
}

/** One side of the wire. Where the message was sealed, both faces can be seen. */
function wire(
  title: string,
  testid: string,
  delivery: Delivery,
  sent: string | null,
  opened: string | null,
  sealedShown: boolean,
  showSealed: (sealed: boolean) => void,
): HTMLElement {
  const twoFaces = delivery.encrypted && !!opened && opened !== sent;
  const text = (twoFaces && !sealedShown ? opened : sent) || "";
  const code = h("pre", { class: "code", tabindex: "0", "aria-label": title, "data-testid": `wire-${testid}` });
  if (text) code.appendChild(pretty(text));
  else fill(code, h("i", {}, delivery.status === null && testid === "answer" ? t("inspector.no_answer") : t("inspector.empty_body")));
  const face = (sealed: boolean): HTMLElement =>
    h(
      "button",
      { type: "button", "aria-pressed": String(sealed === sealedShown), "data-testid": sealed ? "sealed" : "opened", onclick: () => showSealed(sealed) },
      sealed ? t("inspector.sealed") : t("inspector.opened"),
    );
  return h(
    "section",
    { class: "part" },
    h(
      "div",
      { class: "part-head" },
      h("h3", {}, title),
      twoFaces ? h("div", { class: "faces", role: "group", "aria-label": title }, face(false), face(true)) : null,
      text ? copyButton(text) : null,
    ),
    code,
  );
}

function copyButton(text: string): HTMLElement {
  const copy = (): void => {
    const writing = navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject(new Error("no clipboard"));
    writing.then(
      () => toast(t("inspector.copied"), "good"),
      () => toast(t("inspector.copy_failed"), "bad"),
    );
  };
  return h("button", { class: "icon-button small", type: "button", "aria-label": t("inspector.copy"), title: t("inspector.copy"), onclick: copy }, icon("copy", 18));
}
