import { h, type Child } from "../dom";
import { icon } from "../icons";
import { t, tr } from "../i18n";
import { store } from "../store";
import { chatTime, fullTime, span, wireTime } from "../time";
import { toast } from "../toast";
import { lines, number, text, type Line } from "./data";

/** A moment in the words of a chat, in full on hover. */
export function moment(millis: number): Child {
  if (!millis) return "–";
  return h("time", { datetime: new Date(millis).toISOString(), title: fullTime(millis) }, chatTime(millis, store.now()));
}

export const seconds = (of: unknown): Child => moment(number(of) * 1000);

/** An id that can be copied; a long one is cut in the middle on the screen, never in the copy. */
export function id(of: unknown): Child {
  const whole = text(of);
  if (!whole) return "–";
  const short = whole.length > 24 ? `${whole.slice(0, 12)}…${whole.slice(-8)}` : whole;
  const copy = (): void => {
    navigator.clipboard.writeText(whole).then(
      () => toast(t("inspector.copied"), "good"),
      () => toast(t("inspector.copy_failed"), "bad"),
    );
  };
  return h("button", { class: "state-id", type: "button", title: whole, "aria-label": `${t("inspector.copy")} ${whole}`, onclick: copy }, h("code", {}, short), icon("copy", 14));
}

export const words = (of: unknown): Child => text(of) || "–";

export const code = (of: unknown): Child => (text(of) ? h("code", {}, text(of)) : "–");

export const figure = (of: unknown): Child => h("span", { class: "figure" }, number(of).toLocaleString());

export function person(line: Line): Child {
  const name = text(line.nickname) || text(line.openid);
  const letter = Array.from(name)[0] || "?";
  const square = h("span", { class: "avatar state-avatar", "aria-hidden": "true", style: { "background-color": text(line.color) || "#55606e" } }, letter);
  return h("span", { class: "state-person" }, square, h("span", {}, name));
}

const GOOD = ["sent", "delivered", "success", "published", "bound", "online"];
const BAD = ["failed", "banned", "refused", "blocked"];

/** A state as a quiet coloured word; the platform's own word when the page has none. */
export function state(of: unknown): Child {
  const name = text(of);
  if (!name) return "–";
  const tone = GOOD.includes(name) ? "good" : BAD.some((bad) => name.startsWith(bad)) ? "bad" : "info";
  return h("span", { class: `state-word state-${tone}` }, tr(`state.is.${name.replace(/[^a-z_]/g, "_")}`, name));
}

export function errcode(line: Line): Child {
  const of = number(line.errcode);
  return of === 0 ? h("span", { class: "state-word state-good" }, "0") : h("span", { class: "state-word state-bad figure" }, String(of));
}

export const millis = (of: unknown): Child => h("span", { class: "figure" }, span(number(of)));

/** How much of a day's calls is used, as a bar with the figures beside it. */
export function use(line: Line): Child {
  const [used, limit] = [number(line.used), number(line.limit)];
  const part = limit ? Math.min(100, (used / limit) * 100) : 0;
  const tone = part >= 100 ? "full" : part >= 80 ? "near" : "low";
  return h(
    "span",
    { class: "state-use" },
    h("span", { class: `state-bar state-bar-${tone}`, "aria-hidden": "true" }, h("i", { style: { width: `${used ? Math.max(part, 2) : 0}%` } })),
    h("span", { class: "figure" }, `${used.toLocaleString()} / ${limit.toLocaleString()}`),
  );
}

export function chips(names: string[]): Child {
  return names.length ? h("span", { class: "state-chips" }, ...names.map((name) => h("span", {}, name))) : "–";
}

/** The buttons of a menu: those on top, each with those under it. */
export function buttons(of: unknown): Child {
  const one = (button: Line): HTMLElement => {
    const under = lines(button.sub_button);
    const what = text(button.key) || text(button.url) || text(button.media_id) || text(button.article_id) || text(button.value);
    const kind = under.length ? null : h("code", {}, text(button.type));
    return h("li", {}, h("span", {}, h("b", {}, text(button.name)), kind, what && !under.length ? h("small", {}, what) : null), under.length ? h("ul", {}, ...under.map(one)) : null);
  };
  return h("ul", { class: "state-menu" }, ...lines(of).map(one));
}

/** Who sees a menu. */
export function rule(line: Line, tags: Map<number, string>): Child {
  if (line.default) return t("state.menu_default");
  const of = (line.matchrule || {}) as Line;
  const parts = Object.keys(of).map((name) => {
    const value = text(of[name]);
    if (name === "tag_id" || name === "group_id") return t("state.rule_tag", { name: tags.get(number(value)) || value });
    if (name === "client_platform_type") return tr(`state.platform.${value}`, value);
    return `${name} ${value}`;
  });
  return parts.join(" · ") || "–";
}

/** An openid, or how many of all followers a mass message went to. */
export function addressee(of: unknown): Child {
  const some = /^(\d+) of (\d+)$/.exec(text(of));
  if (some) return t("state.to_some", { n: number(some[1]).toLocaleString(), all: number(some[2]).toLocaleString() });
  return id(of);
}

/** A moment to the millisecond. */
export const clock = (of: unknown): Child => h("time", { class: "figure", title: fullTime(number(of)) }, wireTime(number(of)));
