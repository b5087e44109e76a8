// What forms can do: ask before something drastic, keep what was typed, save from the keyboard, send only once.

import { confirmDialog } from "../lib/dialog";
import { every, h, icon, on } from "../lib/dom";
import { t } from "../lib/texts";

/** Forms with changes that were not sent. */
const dirty = new Set<HTMLFormElement>();

export function startForms(): void {
  on("submit", "[data-confirm]", askFirst, true);
  on("click", "button[data-confirm], a[data-confirm]", askFirst, true);
  on<SubmitEvent>("submit", "form", sendOnce);
  on("change", "[data-submit-on-change]", (_, element) => (element as HTMLInputElement).form?.requestSubmit());
  on<KeyboardEvent>("keydown", "form", (event, form) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    (form as HTMLFormElement).requestSubmit(form.querySelector<HTMLElement>("[data-save]"));
  });
  on("click", "[data-reveal]", (_, button) => reveal(button));
  guardChanges();
  // Back from the browser's cache: the button that was pressed works again.
  window.addEventListener("pageshow", () => document.querySelectorAll("[aria-busy=true]").forEach((busy) => busy.removeAttribute("aria-busy")));
}

/** For what has just come: the first wrong field has the focus. */
export function freshen(root: HTMLElement): void {
  const wrong = root.querySelector<HTMLElement>("[aria-invalid=true], .is-invalid:is(input, select, textarea)");
  wrong?.focus();
  every<HTMLFormElement>(root, "form[data-dirty-guard]", (form) => {
    // A form that came back with errors holds what was never saved.
    if (wrong && form.contains(wrong)) mark(form);
  });
}

/** `data-confirm="text"`, with `data-confirm-title` and `data-confirm-action`, on a form, a button or a link. */
function askFirst(event: Event, element: HTMLElement): void {
  if (element.dataset["confirmed"] !== undefined) {
    delete element.dataset["confirmed"];
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  const submitter = event instanceof SubmitEvent ? event.submitter : null;
  const { confirm: text = "", confirmTitle, confirmAction, confirmDanger } = element.dataset;
  const danger = confirmDanger !== undefined || element.matches(".btn-danger, .btn-outline-danger, .is-danger") || !!submitter?.matches(".btn-danger, .btn-outline-danger, .is-danger");
  const action = confirmAction ?? (submitter ?? element).textContent?.trim();
  const question = { title: confirmTitle ?? (text || t("confirm.title")), text: confirmTitle ? text : "", danger };
  void confirmDialog(action ? { ...question, action } : question).then((yes) => {
    if (!yes) return;
    element.dataset["confirmed"] = "";
    // The server, which asks those without a script on a page of its own, need not ask again.
    const form = element instanceof HTMLFormElement ? element : element instanceof HTMLButtonElement ? element.form : null;
    if (form && !form.elements.namedItem("confirmed")) form.append(h("input", { type: "hidden", name: "confirmed", value: "1" }));
    if (element instanceof HTMLFormElement) element.requestSubmit(submitter);
    else element.click();
  });
}

/** `data-reveal="#password"`: shows what is typed into a password, and hides it again. */
function reveal(button: HTMLElement): void {
  const input = document.querySelector<HTMLInputElement>(button.dataset["reveal"] ?? "");
  if (!input) return;
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  button.querySelector("svg")?.replaceWith(icon(shown ? "eye-off" : "eye"));
}

function sendOnce(event: SubmitEvent, element: HTMLElement): void {
  const form = element as HTMLFormElement;
  // Others may still stop it, and htmx says itself when it is at work.
  queueMicrotask(() => {
    if (event.defaultPrevented || form.target === "_blank" || form.hasAttribute("data-download")) return;
    dirty.delete(form);
    const button = event.submitter ?? form.querySelector("button:not([type=button])");
    setTimeout(() => button?.setAttribute("aria-busy", "true"));
  });
}

function mark(form: HTMLFormElement): void {
  dirty.add(form);
  form.classList.add("is-dirty");
}

/** `data-dirty-guard` on a form: nobody leaves with unsaved changes by mistake. */
function guardChanges(): void {
  for (const type of ["input", "change"])
    on(type, "form[data-dirty-guard]", (_, form) => mark(form as HTMLFormElement));
  on("reset", "form[data-dirty-guard]", (_, form) => {
    dirty.delete(form as HTMLFormElement);
    form.classList.remove("is-dirty");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target;
    if (form instanceof HTMLFormElement && (event as CustomEvent<{ successful: boolean }>).detail.successful) dirty.delete(form);
  });
  window.addEventListener("beforeunload", (event) => {
    if (anyDirty()) event.preventDefault();
  });
  on<MouseEvent>("click", "a[href]:not([target=_blank], [download], [data-confirm])", (event, link) => {
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.defaultPrevented;
    if (!plain || link.getAttribute("href")?.startsWith("#") || !anyDirty()) return;
    event.preventDefault();
    void leave((link as HTMLAnchorElement).href);
  });
}

function anyDirty(): boolean {
  for (const form of dirty) if (!form.isConnected) dirty.delete(form);
  return dirty.size > 0;
}

async function leave(href: string): Promise<void> {
  const question = { title: t("unsaved.title"), text: t("unsaved.text"), action: t("unsaved.leave"), cancel: t("unsaved.stay"), danger: true };
  if (!(await confirmDialog(question))) return;
  dirty.clear();
  location.assign(href);
}
