import { explain } from "../actions";
import { Scope, append, clear, fill, h } from "../dom";
import { icon } from "../icons";
import { t, tr } from "../i18n";
import { loadLines, type Called, type Line, type Lines } from "./data";
import type { Around, Section } from "./sections";

const PAGE = 50;
/** Calls that stay on the page while they stream in. */
const KEPT_CALLS = 200;

/** One section's lines: a table, which on a narrow screen becomes cards. */
export interface List {
  element: HTMLElement;
  /** Reads the lines that are shown anew. */
  refresh: () => Promise<void>;
  /** Puts a call on top that has just come. */
  arrived: (call: Called) => void;
}

export function list(appid: string, section: Section, around: Around, scope: Scope): List {
  let total = 0;
  let shown: Line[] = [];
  let ended = false;
  scope.add(() => {
    ended = true;
  });

  const body = h("tbody");
  const head = h("tr", {}, ...section.columns.map((column) => h("th", { scope: "col", class: column.right ? "right" : null }, tr(`state.col.${column.name}`, column.name))));
  const table = h("table", { class: `state-table state-of-${section.name}` }, h("caption", { class: "sr" }, t(`state.section.${section.name}` as never)), h("thead", {}, head), body);
  const more = h("button", { class: "button small-button", type: "button", hidden: true, "data-testid": "more", onclick: () => void load(shown.length) }, t("state.more"));
  const note = h("div", { class: "state-note", role: "status" });
  const element = h("div", { class: "state-list", "data-testid": "lines" }, note, table, h("p", { class: "state-more" }, more));

  const row = (line: Line): HTMLElement =>
    h(
      "tr",
      {},
      ...section.columns.map((column) => {
        const cell = column.cell(line, around);
        // A card leaves out what a table shows as a dash.
        const kind = [column.right ? "right" : "", cell === "–" ? "blank" : ""].filter(Boolean).join(" ");
        return h("td", { class: kind || null, "data-title": tr(`state.col.${column.name}`, column.name) }, cell);
      }),
    );

  const draw = (): void => {
    clear(body);
    append(body, shown.map(row));
    table.hidden = shown.length === 0;
    more.hidden = shown.length >= total;
    if (shown.length) clear(note);
    else fill(note, icon(section.icon, 40), h("strong", {}, t(`state.none.${section.name}` as never)), h("p", {}, t("state.none_help")));
  };

  const load = async (from: number): Promise<void> => {
    more.disabled = true;
    try {
      const got: Lines = await loadLines(appid, section.name, from, from ? PAGE : Math.min(Math.max(shown.length, PAGE), 4 * PAGE));
      if (ended) return;
      total = got.total;
      shown = from ? shown.concat(got.items) : got.items;
      draw();
    } catch (error) {
      if (!ended) fill(note, icon("warn", 40), h("p", {}, explain(error)));
    } finally {
      more.disabled = false;
    }
  };

  const arrived = (call: Called): void => {
    total += 1;
    shown = [{ ...call } as Line].concat(shown).slice(0, KEPT_CALLS);
    draw();
  };

  return { element, refresh: () => load(0), arrived };
}
