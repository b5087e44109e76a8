// Parts of pages by htmx: its settings, the thin line while it works, and what to say when it fails.

import htmx from "htmx.org/dist/htmx.esm.js";
import { csrf } from "../lib/http";
import { t } from "../lib/texts";
import { toast } from "../lib/toast";

interface Told {
  xhr: XMLHttpRequest;
  headers: Record<string, string>;
  shouldSwap: boolean;
  isError: boolean;
}

/** Waits shorter than this show nothing, in milliseconds. */
const PATIENCE = 200;

export function startHtmx(arrive: (root: HTMLElement) => void): void {
  htmx.config.allowEval = false;
  htmx.config.includeIndicatorStyles = false;
  htmx.config.selfRequestsOnly = true;
  // Copying `style` from the old element to the new one is what the page's CSP refuses.
  htmx.config.attributesToSettle = ["class"];
  const hear = (name: string, listener: (detail: Told) => void) =>
    document.addEventListener(`htmx:${name}`, (event) => listener((event as CustomEvent<Told>).detail));

  hear("configRequest", ({ headers }) => (headers["X-CSRF-Token"] = csrf()));
  // A form that is refused (422, 409) comes back as a page to look at, with what was typed.
  hear("beforeSwap", (detail) => {
    const readable = detail.xhr.getResponseHeader("content-type")?.startsWith("text/html") ?? false;
    if ([403, 404, 409, 422].includes(detail.xhr.status) && readable) {
      detail.shouldSwap = true;
      detail.isError = false;
    }
  });
  hear("responseError", ({ xhr }) => toast(xhr.status === 401 ? t("failed.session") : t("failed.server"), { kind: "error" }));
  hear("sendError", () => toast(t("failed.offline"), { kind: "error" }));
  document.addEventListener("htmx:load", (event) => arrive(event.target as HTMLElement));
  showProgress(hear);
}

function showProgress(hear: (name: string, listener: () => void) => void): void {
  const line = document.getElementById("progress");
  if (!line) return;
  let running = 0;
  let timer = 0;
  hear("beforeRequest", () => {
    if (running++ === 0) timer = window.setTimeout(() => line.classList.add("is-on"), PATIENCE);
  });
  hear("afterRequest", () => {
    running = Math.max(0, running - 1);
    if (running > 0) return;
    clearTimeout(timer);
    if (!line.classList.contains("is-on")) return;
    line.classList.replace("is-on", "is-done");
    setTimeout(() => line.classList.remove("is-done"), 400);
  });
}
