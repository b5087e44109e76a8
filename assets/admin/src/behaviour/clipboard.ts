// `data-copy="text"` or `data-copy="#element"`: a button that copies.

import { icon, on } from "../lib/dom";
import { t } from "../lib/texts";
import { toast } from "../lib/toast";

export function startClipboard(): void {
  on("click", "[data-copy]", (_, button) => void copy(button));
}

async function copy(button: HTMLElement): Promise<void> {
  const wanted = button.dataset["copy"] ?? "";
  const source = wanted.startsWith("#") ? document.querySelector<HTMLElement>(wanted) : null;
  const text = source instanceof HTMLInputElement || source instanceof HTMLTextAreaElement ? source.value : (source?.textContent ?? wanted);
  try {
    await (navigator.clipboard ? navigator.clipboard.writeText(text.trim()) : copyTheOldWay(text.trim()));
  } catch {
    toast(t("copy.failed"), { kind: "warning" });
    return;
  }
  const before = button.querySelector("svg");
  if (before && !button.classList.contains("is-done")) {
    const check = icon("check");
    before.replaceWith(check);
    button.classList.add("is-done");
    setTimeout(() => {
      check.replaceWith(before);
      button.classList.remove("is-done");
    }, 1500);
  }
  toast(t("copied"));
}

/** Over plain HTTP, as on a shop's first day in the local network, there is no `navigator.clipboard`. */
function copyTheOldWay(text: string): void {
  const area = document.createElement("textarea");
  area.value = text;
  area.setAttribute("readonly", "");
  area.className = "visually-hidden";
  const before = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  if (!done) throw new Error("copying is not allowed");
}
