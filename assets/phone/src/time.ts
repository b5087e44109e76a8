import { language, t } from "./i18n";

const two = (n: number): string => (n < 10 ? `0${n}` : String(n));
const clock = (d: Date): string => `${two(d.getHours())}:${two(d.getMinutes())}`;
const dayStart = (d: Date): number => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();

/** The time above a group of messages, as WeChat writes it: 14:05, 昨天 14:05, 星期三 14:05, 11月22日 14:05. */
export function chatTime(at: number, now: number): string {
  const [then, today] = [new Date(at), new Date(now)];
  const days = Math.round((dayStart(today) - dayStart(then)) / 86_400_000);
  if (days === 0) return clock(then);
  if (days === 1) return `${t("time.yesterday")} ${clock(then)}`;
  if (days > 1 && days < 7) return `${then.toLocaleDateString(language(), { weekday: "long" })} ${clock(then)}`;
  const parts: Intl.DateTimeFormatOptions =
    language() === "en" ? { day: "numeric", month: "short" } : { day: "numeric", month: "long" };
  if (then.getFullYear() !== today.getFullYear()) parts.year = "numeric";
  return `${then.toLocaleDateString(language() === "en" ? "en-GB" : "zh-CN", parts)} ${clock(then)}`;
}

/** To the millisecond, for the inspector. */
export function wireTime(at: number): string {
  const d = new Date(at);
  return `${clock(d)}:${two(d.getSeconds())}.${String(d.getMilliseconds()).padStart(3, "0")}`;
}

export function fullTime(at: number): string {
  const d = new Date(at);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${clock(d)}:${two(d.getSeconds())}`;
}

export function statusBarTime(now: number): string {
  return clock(new Date(now));
}

/** 950 ms, 5.00 s. */
export function span(millis: number): string {
  return millis < 1000 ? `${Math.round(millis)} ms` : `${(millis / 1000).toFixed(2)} s`;
}

/** A clock's lead in words: +2 d 3 h, +1 min. */
export function lead(seconds: number): string {
  const sign = seconds < 0 ? "−" : "+";
  const all = Math.abs(Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(all / 86_400), t("unit.days")],
    [Math.floor((all % 86_400) / 3600), t("unit.hours")],
    [Math.floor((all % 3600) / 60), t("unit.minutes")],
    [all % 60, t("unit.seconds")],
  ];
  const told = parts.filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`);
  return sign + (told.slice(0, 2).join(" ") || `0 ${t("unit.seconds")}`);
}
