// The open conversation's parts, brought up to date one by one: a bubble that did not change is not touched, so that a
// video plays on and a selection stays.

import { post } from "../lib";
import { csrf } from "../lib/http";
import { fetchPart, soon } from "./soon";

export function startParts(root: HTMLElement, chat: HTMLElement, renewed: () => void): { refresh: () => void } {
  const id = chat.dataset["chat"] ?? "";
  const log = chat.querySelector<HTMLElement>("[data-log]")!;
  const composer = chat.querySelector<HTMLFormElement>("[data-composer]");
  const markRead = () => {
    const seen = chat.dataset["last"] ?? "0";
    // Seen by whoever looks: a page in the background has not been.
    if (document.visibilityState !== "visible" || "past" in chat.dataset || seen === read) return;
    read = seen;
    void fetch(`/admin/inbox/${id}/read`, {
      method: "POST",
      body: new URLSearchParams({ seen }),
      headers: { "X-CSRF-Token": csrf(), Accept: "application/json" },
    }).catch(() => (read = ""));
  };
  let read = "";
  const refresh = soon(async () => {
    const part = await fetchPart(`/admin/inbox/${id}/parts`);
    const page = part?.querySelector<HTMLElement>("[data-part=log]");
    if (!part || !page) return;
    if (!("past" in chat.dataset)) {
      merge(log, page);
      chat.dataset["last"] = page.dataset["last"] ?? "0";
    }
    for (const name of ["about", "window", "side"]) replace(root, part, name);
    const open = chat.querySelector("[data-window=open]") !== null;
    if (composer) composer.hidden = !open;
    renewed();
    markRead();
  });
  document.addEventListener("visibilitychange", markRead);
  markRead();
  startQuietForms(root, refresh);
  return { refresh };
}

/** Entries of `page` into `log`: changed ones are replaced, new ones put in their place. */
function merge(log: HTMLElement, page: HTMLElement): void {
  let before: Element | null = null;
  for (const entry of [...page.children]) {
    const known = document.getElementById(entry.id);
    if (known && log.contains(known)) {
      // A voice that was unpacked to be heard differs, and stays.
      if (strip(known) !== strip(entry) && !known.querySelector('audio[src^="blob:"]')) {
        known.replaceWith(entry);
        before = entry;
      } else before = known;
    } else if (before) {
      before.after(entry);
      before = entry;
    } else {
      const first: Element | null = log.querySelector(":scope > li");
      if (first && at(first) > at(entry)) log.prepend(entry);
      else log.append(entry);
      before = entry;
    }
  }
  if (page.querySelector("#e-none") === null) log.querySelector("#e-none")?.remove();
}

const at = (entry: Element): number => Number((entry as HTMLElement).dataset["at"] ?? 0);

/** Without what the page's top alone says: the first entry always shows its time. */
const strip = (entry: Element): string => entry.innerHTML.replace(/<time class="chat-stamp"[^]*?<\/time>/, "").replace(/\s+/g, " ");

/** What somebody types into stays as it is until they are done. */
function replace(root: HTMLElement, part: DocumentFragment, name: string): void {
  const old = root.querySelector<HTMLElement>(`[data-part=${name}]`);
  const fresh = part.querySelector<HTMLElement>(`[data-part=${name}]`);
  if (!old || !fresh || strip(old) === strip(fresh)) return;
  const active = document.activeElement;
  const busy = active instanceof HTMLElement && old.contains(active) && active.matches("textarea, select, input");
  const typed = [...old.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue);
  if (!busy && !typed) old.replaceChildren(...fresh.childNodes);
}

/** Forms beside the reply go without leaving the page. */
function startQuietForms(root: HTMLElement, refresh: () => void): void {
  root.addEventListener("submit", (event) => {
    const form = event.target instanceof HTMLFormElement && event.target.matches("[data-quiet]") ? event.target : null;
    if (!form) return;
    event.preventDefault();
    // Which button it was is part of what is sent.
    const data = new FormData(form, (event as SubmitEvent).submitter);
    const button = (event as SubmitEvent).submitter;
    button?.setAttribute("aria-busy", "true");
    void post(form.action, new URLSearchParams([...data].map(([name, value]): [string, string] => [name, String(value)]))).then((answer) => {
      button?.removeAttribute("aria-busy");
      if (!answer) return;
      form.reset();
      if (document.activeElement instanceof HTMLElement && form.contains(document.activeElement)) document.activeElement.blur();
      refresh();
    });
  });
}
