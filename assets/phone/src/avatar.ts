import { h } from "./dom";
import type { App, Phone } from "./types";

const COLORS = ["#0b7a4b", "#2f6ea5", "#a2582a", "#7a4fa0", "#b0413e", "#2b7f86", "#7a6a1d", "#55606e"];

/** A square with the first character of the name, as the page has no pictures of people. */
function square(name: string, color: string, kind: string): HTMLElement {
  const letter = Array.from(name.trim())[0] || "?";
  return h("span", { class: `avatar avatar-${kind}`, "aria-hidden": "true", style: { "background-color": color } }, letter.toUpperCase());
}

export function accountAvatar(app: App): HTMLElement {
  let sum = 0;
  for (const char of app.appid) sum = (sum * 31 + char.charCodeAt(0)) % 997;
  return square(app.name, COLORS[sum % COLORS.length] || "#0b7a4b", "account");
}

export function phoneAvatar(phone: Phone): HTMLElement {
  return square(phone.nickname, phone.color, "phone");
}
