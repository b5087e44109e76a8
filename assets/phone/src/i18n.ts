import en from "../../../locales/en/phone.json";
import zh from "../../../locales/zh-CN/phone.json";

export type Language = "zh-CN" | "en";
export type Key = keyof typeof zh;

const TEXTS: Record<Language, Record<Key, string>> = { "zh-CN": zh, en };
const STORED = "puzi.phone.language";
let current: Language = "zh-CN";

/** The language asked for by `?lang=`, else the one chosen last time, else Chinese. */
export function initialLanguage(): Language {
  const asked = new URLSearchParams(location.search).get("lang") || stored();
  return asked && asked.toLowerCase().startsWith("en") ? "en" : "zh-CN";
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null; // storage is refused in private windows
  }
}

export function setLanguage(language: Language, keep: boolean): void {
  current = language;
  document.documentElement.lang = language;
  document.title = t("page.title");
  if (!keep) return;
  try {
    localStorage.setItem(STORED, language);
  } catch {
    // The choice then lasts until the page is closed.
  }
}

export function language(): Language {
  return current;
}

/** The text of `key`, with `%{name}` replaced from `holes`. */
export function t(key: Key, holes: Record<string, string | number> = {}): string {
  return TEXTS[current][key].replace(/%\{(\w+)\}/g, (_, name: string) => String(holes[name] ?? ""));
}

/** The text of a key put together at run time, or `otherwise` when there is none. */
export function tr(key: string, otherwise: string, holes: Record<string, string | number> = {}): string {
  return key in TEXTS[current] ? t(key as Key, holes) : otherwise;
}
