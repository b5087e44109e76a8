import { h, icon, on } from "./dom";
import { t } from "./texts";

export interface ToastOptions {
  kind?: "done" | "warning" | "error";
  undo?: () => void;
}

/** How long a toast stays, in milliseconds: long enough to read, longer when it offers something. */
const SHORT = 4500;
const LONG = 9000;

const LOOK = { done: ["", "check-circle"], warning: ["is-warn", "warning"], error: ["is-bad", "x-circle"] } as const;

/** Tells something in passing. */
export function toast(text: string, { kind = "done", undo }: ToastOptions = {}): void {
  const [look, sign] = LOOK[kind];
  const note = h(
    "div",
    { class: `toast-note ${look}`, "data-toast": kind },
    icon(sign),
    h("span", {}, text),
    undo && h("button", { class: "btn btn-sm", type: "button", onclick: () => (undo(), leave(note)) }, t("undo")),
    h("button", { class: "btn btn-sm btn-icon", type: "button", "data-dismiss": true, "aria-label": t("dismiss") }, icon("x")),
  );
  document.getElementById("toasts")?.append(note);
  watchOver(note);
}

function leave(note: HTMLElement): void {
  note.classList.add("is-leaving");
  setTimeout(() => note.remove(), 200);
}

/** An error stays until it is dismissed; nothing leaves while somebody points at it or is in it. */
function watchOver(note: HTMLElement): void {
  note.dataset["watched"] = "";
  if (note.dataset["toast"] === "error") return;
  let timer = 0;
  const start = () => {
    timer = window.setTimeout(() => leave(note), note.querySelector("form, .btn:not([data-dismiss])") ? LONG : SHORT);
  };
  const stop = () => clearTimeout(timer);
  for (const type of ["pointerenter", "focusin"]) note.addEventListener(type, stop);
  for (const type of ["pointerleave", "focusout"]) note.addEventListener(type, start);
  start();
}

/** Takes over the toasts that came with the page. */
export function adoptToasts(): void {
  document.querySelectorAll<HTMLElement>(".toast-note:not([data-watched])").forEach(watchOver);
}

export function startToasts(): void {
  on("click", ".toast-note [data-dismiss]", (_, button) => {
    const note = button.closest<HTMLElement>(".toast-note");
    if (note) leave(note);
  });
  adoptToasts();
}
