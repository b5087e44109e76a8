// ⌘K: one box that finds pages and things. Pages are known here, the rest is asked from the server.

import { h, icon, on } from "../lib/dom";
import { getJson } from "../lib/http";
import { t } from "../lib/texts";

interface Item {
  label: string;
  detail?: string;
  href: string;
  icon?: string;
}
interface Group {
  label: string;
  items: Item[];
}

/** How long to wait for the next letter before asking, in milliseconds. */
const PAUSE = 140;

export function startPalette(): void {
  const mac = /Mac|iPhone|iPad/.test(navigator.userAgent);
  if (mac) document.querySelectorAll("[data-palette-key]").forEach((key) => (key.textContent = "⌘K"));
  on<MouseEvent>("click", "[data-palette]", (event) => {
    if (event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    if (!document.querySelector("[data-palette]")) return;
    event.preventDefault();
    open();
  });
}

function open(): void {
  if (document.querySelector("dialog.palette")) return;
  new Palette();
}

class Palette {
  private readonly list = h("div", { class: "palette-list", role: "listbox", id: "palette-list", "aria-label": t("palette.title") });
  private readonly input = h("input", {
    type: "search",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: t("palette.hint"),
    "aria-label": t("palette.hint"),
    "aria-expanded": "true",
    "aria-controls": "palette-list",
    "aria-autocomplete": "list",
  });
  private readonly said = h("div", { class: "visually-hidden", role: "status" });
  private readonly dialog = h(
    "dialog",
    { class: "palette", "aria-label": t("palette.title") },
    h("div", { class: "palette-input" }, icon("search"), this.input),
    this.list,
    h(
      "div",
      { class: "palette-foot wide-only" },
      h("span", {}, h("kbd", {}, "↑"), " ", h("kbd", {}, "↓"), ` ${t("palette.choose")}`),
      h("span", {}, h("kbd", {}, "↵"), ` ${t("palette.open")}`),
      h("span", {}, h("kbd", {}, "Esc"), ` ${t("palette.leave")}`),
    ),
    this.said,
  );
  private readonly pages = pagesOfNavigation();
  private asking: AbortController | null = null;
  private timer = 0;
  private at = 0;

  constructor() {
    this.input.addEventListener("input", () => this.search());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => this.go(this.itemAt(event), event.ctrlKey || event.metaKey));
    this.list.addEventListener("pointermove", (event) => this.choose(this.items().indexOf(this.itemAt(event) as HTMLElement)));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    this.dialog.addEventListener("close", () => {
      this.asking?.abort();
      clearTimeout(this.timer);
      this.dialog.remove();
    });
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.input.focus();
    this.search();
  }

  private search(): void {
    const query = this.input.value.trim();
    const known = this.pagesLike(query);
    this.asking?.abort();
    clearTimeout(this.timer);
    this.show(known, query, query !== "");
    if (!query) return;
    this.timer = window.setTimeout(() => void this.ask(query, known), PAUSE);
  }

  private async ask(query: string, known: Group[]): Promise<void> {
    this.asking = new AbortController();
    const { signal } = this.asking;
    const answer = await getJson<{ groups: Group[] }>(`/admin/search?q=${encodeURIComponent(query)}`, signal);
    if (signal.aborted) return;
    const here = new Set(known.flatMap((group) => group.items.map((item) => item.href)));
    const found = (answer?.groups ?? [])
      .map((group) => ({ ...group, items: group.items.filter((item) => !here.has(item.href)) }))
      .filter((group) => group.items.length);
    this.show([...known, ...found], query, false);
  }

  private pagesLike(query: string): Group[] {
    const wanted = query.toLowerCase();
    const items = this.pages.filter((page) => page.label.toLowerCase().includes(wanted) || page.href.includes(wanted));
    return items.length ? [{ label: t("palette.pages"), items }] : [];
  }

  private show(groups: Group[], query: string, waiting: boolean): void {
    let count = 0;
    this.list.replaceChildren(
      ...groups.map((group) =>
        h(
          "div",
          { role: "group", "aria-label": group.label },
          h("div", { class: "palette-group", "aria-hidden": "true" }, group.label),
          ...group.items.map((item) =>
            h(
              "div",
              { class: "palette-item", role: "option", id: `palette-${count++}`, "data-href": item.href, "aria-selected": "false" },
              icon(item.icon ?? "arrow-right"),
              h("span", {}, item.label),
              item.detail ? h("small", {}, item.detail) : null,
            ),
          ),
        ),
      ),
    );
    if (!count) {
      const words = waiting ? t("palette.waiting") : t("palette.none", { query });
      this.list.append(h("div", { class: "palette-empty" }, words));
      if (!waiting) this.said.textContent = words;
    }
    this.choose(0);
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const count = this.items().length;
    if (event.key === "ArrowDown") this.choose((this.at + 1) % Math.max(count, 1));
    else if (event.key === "ArrowUp") this.choose((this.at - 1 + count) % Math.max(count, 1));
    // A search box would first use Escape to empty itself.
    else if (event.key === "Escape") this.dialog.close();
    else if (event.key === "Enter") this.go(this.items()[this.at] ?? null, event.ctrlKey || event.metaKey);
    else return;
    event.preventDefault();
  }

  private items(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>(".palette-item")];
  }

  private itemAt(event: Event): HTMLElement | null {
    return (event.target as Element).closest<HTMLElement>(".palette-item");
  }

  private choose(index: number): void {
    if (index < 0) return;
    this.at = index;
    this.input.removeAttribute("aria-activedescendant");
    this.items().forEach((item, at) => {
      item.setAttribute("aria-selected", String(at === index));
      if (at !== index) return;
      this.input.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    });
  }

  private go(item: HTMLElement | null, elsewhere: boolean): void {
    const href = item?.dataset["href"];
    if (!href) return;
    // A result that leads out of the admin is none: the server is asked for paths only.
    const url = new URL(href, location.href);
    if (url.origin !== location.origin) return;
    this.dialog.close();
    if (elsewhere) window.open(url, "_blank", "noopener");
    else location.assign(url);
  }
}

function pagesOfNavigation(): Item[] {
  return [...document.querySelectorAll<HTMLAnchorElement>(".side-link")].map((link) => ({
    label: link.querySelector(".side-label")?.textContent ?? "",
    href: new URL(link.href).pathname,
    icon: link.querySelector("use")?.getAttribute("href")?.split("#")[1] ?? "arrow-right",
  }));
}
