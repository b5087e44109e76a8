// `<time datetime data-relative>`: "3 minutes ago" stays true while the page is open.

import { every } from "../lib/dom";
import { language, t } from "../lib/texts";

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** After this many seconds the server's own words (a date) say more. */
const TOO_OLD = 2 * 86_400;

export function startTimes(): void {
  setInterval(() => refreshTimes(document), 30_000);
}

export function refreshTimes(root: ParentNode): void {
  const format = new Intl.RelativeTimeFormat(language(), { numeric: "auto" });
  every(root, "time[data-relative]", (time) => {
    const seconds = (Date.parse(time.getAttribute("datetime") ?? "") - Date.now()) / 1000;
    if (Number.isNaN(seconds) || Math.abs(seconds) > TOO_OLD) return;
    const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
    time.textContent = unit === "second" ? t("time.now") : format.format(Math.trunc(seconds / size), unit);
  });
}
