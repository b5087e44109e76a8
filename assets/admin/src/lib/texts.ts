import en from "../../../../locales/en/admin_script.json";
import zh from "../../../../locales/zh-CN/admin_script.json";

export type TextKey = keyof typeof zh;

/** The page's language. */
export const language = (): "zh-CN" | "en" => (document.documentElement.lang === "en" ? "en" : "zh-CN");

/** A text in the page's language, its `%{name}` places filled. */
export function t(key: TextKey, args: Record<string, string | number> = {}): string {
  const text = (language() === "en" ? en : zh)[key];
  return text.replace(/%\{(\w+)\}/g, (place, name: string) => String(args[name] ?? place));
}
