// `data-module="inline-rows"`: rows inside a form. A `<template>` holds an empty row whose names carry `__INDEX__`;
// `[data-add-row]` adds one, `[data-remove-row]` takes its row away. Without a script the server shows spare empty rows.

import { mountModules } from "../modules";

export default function mount(root: HTMLElement): void {
  const template = root.querySelector("template");
  const list = root.querySelector<HTMLElement>("[data-rows]");
  if (!template || !list) return;
  let next = list.children.length;

  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-add-row], [data-remove-row]") : null;
    if (!button || !root.contains(button)) return;
    if (button.matches("[data-add-row]")) add();
    else remove(button.closest<HTMLElement>(".inline-row"));
    list.dispatchEvent(new Event("change", { bubbles: true }));
  });
  limit();

  function add(): void {
    const row = template?.content.cloneNode(true) as DocumentFragment;
    const index = String(next++);
    for (const element of row.querySelectorAll("*"))
      for (const attribute of element.attributes) if (attribute.value.includes("__INDEX__")) attribute.value = attribute.value.replaceAll("__INDEX__", index);
    const added = row.firstElementChild;
    list?.append(row);
    if (added instanceof HTMLElement) {
      mountModules(added);
      added.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea")?.focus();
    }
    limit();
  }

  function remove(row: HTMLElement | null): void {
    if (!row) return;
    const neighbour = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea");
    // A row that is stored is told to go; one that never was simply goes.
    const gone = row.querySelector<HTMLInputElement>("input[data-removed]");
    if (gone) {
      gone.value = "1";
      row.hidden = true;
    } else row.remove();
    (neighbour ?? root.querySelector<HTMLElement>("[data-add-row]"))?.focus();
    limit();
  }

  function limit(): void {
    const most = Number(root.dataset["max"] ?? Infinity);
    const shown = list?.querySelectorAll(":scope > .inline-row:not([hidden])").length ?? 0;
    root.querySelectorAll<HTMLButtonElement>("[data-add-row]").forEach((button) => (button.disabled = shown >= most));
  }
}
