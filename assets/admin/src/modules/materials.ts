// `data-module="materials"` on a form: its buttons `[data-pick-material="image"]` open the library in the dialog
// `#material-dialog`, and what is chosen goes into the field `data-for`: the material's number, or with
// `data-value="media_id"` WeChat's. `data-many` adds to what is there, `data-lasting` offers what stays alone, `data-preview`
// names the `<img>` that shows the choice. Without scripts the field takes the number from the library's page.

import { csrf } from "../lib";

interface Waiting {
  field: HTMLInputElement;
  value: "material" | "mediaId";
  many: boolean;
  preview: HTMLImageElement | null;
}

export default function mount(root: HTMLElement): void {
  const dialog = document.querySelector<HTMLDialogElement>("#material-dialog");
  if (dialog) new Library(root, dialog);
}

class Library {
  private waiting: Waiting | null = null;
  private readonly box: HTMLElement;

  constructor(
    root: HTMLElement,
    private readonly dialog: HTMLDialogElement,
  ) {
    this.box = dialog.querySelector<HTMLElement>("#material-box") ?? dialog;
    root.addEventListener("click", (event) => this.opened(event));
    dialog.addEventListener("click", (event) => this.clicked(event));
    dialog.addEventListener("submit", (event) => void this.submitted(event));
  }

  private opened(event: MouseEvent): void {
    const opener = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-pick-material]") : null;
    const field = document.getElementById(opener?.dataset["for"] ?? "");
    if (!opener || !(field instanceof HTMLInputElement)) return;
    event.preventDefault();
    const preview = document.getElementById(opener.dataset["preview"] ?? "");
    this.waiting = {
      field,
      value: opener.dataset["value"] === "media_id" ? "mediaId" : "material",
      many: opener.dataset["many"] !== undefined,
      preview: preview instanceof HTMLImageElement ? preview : null,
    };
    const query = new URLSearchParams({ kind: opener.dataset["pickMaterial"] || "image" });
    if (opener.dataset["lasting"] !== undefined) query.set("lasting", "1");
    this.box.replaceChildren();
    this.dialog.showModal();
    void this.show(`/admin/materials/pick?${query}`);
  }

  private clicked(event: MouseEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    if (target === this.dialog || target?.closest("[data-close]")) return this.dialog.close();
    const link = target?.closest<HTMLAnchorElement>("a[data-picker-link]");
    const chosen = target?.closest<HTMLElement>("[data-material]");
    if (link) {
      event.preventDefault();
      void this.show(link.href);
    } else if (chosen) {
      this.choose(chosen);
    }
  }

  private choose(chosen: HTMLElement): void {
    const waiting = this.waiting;
    if (!waiting) return;
    const { field, preview } = waiting;
    const value = chosen.dataset[waiting.value] ?? "";
    field.value = waiting.many && field.value.trim() ? `${field.value.trim().replace(/,$/, "")}, ${value}` : value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    if (preview) {
      const picture = chosen.dataset["picture"] ?? "";
      preview.hidden = !picture;
      if (picture) preview.src = picture;
    }
    this.dialog.close();
    field.focus();
  }

  private async submitted(event: SubmitEvent): Promise<void> {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    event.preventDefault();
    if (form.matches("[data-picker-search]")) {
      const query = new URLSearchParams();
      new FormData(form).forEach((value, name) => typeof value === "string" && query.set(name, value));
      return this.show(`/admin/materials/pick?${query}`);
    }
    const button = form.querySelector<HTMLButtonElement>("button");
    button?.setAttribute("aria-busy", "true");
    const headers = { "HX-Request": "true", "X-CSRF-Token": csrf() };
    await this.fill(fetch(form.action, { method: "POST", body: new FormData(form), headers }));
    button?.removeAttribute("aria-busy");
  }

  private show(url: string): Promise<void> {
    return this.fill(fetch(url, { headers: { "HX-Request": "true" } }));
  }

  /** Puts the server's list into the dialog; what failed is told there. */
  private async fill(answer: Promise<Response>): Promise<void> {
    try {
      const response = await answer;
      if (!response.ok) throw new Error(String(response.status));
      const list = new DOMParser().parseFromString(await response.text(), "text/html");
      this.box.replaceChildren(...list.body.childNodes);
    } catch {
      const note = document.createElement("p");
      note.className = "note note-bad";
      note.setAttribute("role", "alert");
      note.textContent = this.box.dataset["failed"] ?? "";
      this.box.prepend(note);
    }
  }
}
