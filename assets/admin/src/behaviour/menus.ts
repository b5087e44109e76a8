// `<details data-menu>`: opens without a script; with one it closes again by Escape, by a click elsewhere, and by the arrows
// one walks through it. Also the drawer, and the theme's switch, which then needs no new page.

import { meta, on } from "../lib/dom";
import { post } from "../lib/http";

export function startMenus(): void {
  document.addEventListener("click", (event) => closeAllBut(event.target as Node));
  document.addEventListener("focusin", (event) => closeAllBut(event.target as Node));
  on<KeyboardEvent>("keydown", "details[data-menu][open]", walk);
  on<SubmitEvent>("submit", "[data-theme-form]", (event, form) => {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    void switchTheme(form as HTMLFormElement, button);
  });
  const drawer = document.getElementById("drawer");
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drawer instanceof HTMLInputElement) drawer.checked = false;
  });
}

function closeAllBut(target: Node): void {
  document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]").forEach((menu) => {
    if (!menu.contains(target)) menu.open = false;
  });
}

function walk(event: KeyboardEvent, element: HTMLElement): void {
  const menu = element as HTMLDetailsElement;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary")?.focus();
    event.stopPropagation();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || (event.target instanceof HTMLElement && event.target.matches("input, select, textarea"))) return;
  const items = [...menu.querySelectorAll<HTMLElement>("a[href], button:not([disabled])")].filter((item) => item.offsetParent);
  const at = items.indexOf(document.activeElement as HTMLElement);
  items[(at + step + items.length) % items.length]?.focus();
  event.preventDefault();
}

async function switchTheme(form: HTMLFormElement, button: HTMLButtonElement): Promise<void> {
  document.documentElement.setAttribute("data-bs-theme", button.value);
  document.dispatchEvent(new CustomEvent("puzi:theme"));
  for (const other of form.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
  form.closest("details")?.removeAttribute("open");
  await post(form.action, { _csrf: meta("csrf"), theme: button.value, back: location.pathname });
}
