// The rule editor: bytes counted while typing, and files chosen in a dialog. Without this the form works by itself.

import { csrf, on } from "../lib";

export default function mount(root: HTMLElement): void {
  root.addEventListener("input", (event) => {
    if (event.target instanceof HTMLTextAreaElement) count(event.target);
  });
  root.querySelectorAll<HTMLTextAreaElement>("textarea[data-bytes]").forEach(count);
  const dialog = root.querySelector<HTMLDialogElement>("#media-dialog");
  if (dialog) new Picker(root, dialog);
}

function count(area: HTMLTextAreaElement): void {
  const shown = document.querySelector<HTMLElement>(`[data-bytes-of="${area.id}"]`);
  const most = Number(area.dataset["bytes"]);
  if (!shown || !most) return;
  const bytes = new TextEncoder().encode(area.value).length;
  shown.textContent = String(bytes);
  shown.parentElement?.classList.toggle("is-over", bytes > most);
}

/** The dialog with the files that WeChat has. */
class Picker {
  /** Id of the field that waits for a file: the form may be another one when it comes. */
  private field = "";
  private readonly box: HTMLElement;

  constructor(
    root: HTMLElement,
    private readonly dialog: HTMLDialogElement,
  ) {
    this.box = dialog.querySelector<HTMLElement>("#media-box") ?? dialog;
    root.addEventListener("click", (event) => this.clicked(event));
    this.box.addEventListener("submit", (event) => void this.upload(event));
    on("click", "#media-dialog [data-close]", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  private clicked(event: MouseEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    const opener = target?.closest<HTMLElement>("[data-pick]");
    const kind = target?.closest<HTMLElement>("[data-picker-kind]");
    const file = target?.closest<HTMLElement>("[data-media-id]");
    if (opener) {
      event.preventDefault();
      this.field = opener.dataset["for"] ?? "";
      void this.open(opener.dataset["pick"] ?? "image");
    } else if (kind) {
      event.preventDefault();
      void this.show(kind.dataset["pickerKind"] ?? "image");
    } else if (file) {
      this.choose(file.dataset["mediaId"] ?? "");
    }
  }

  private async open(kind: string): Promise<void> {
    this.box.replaceChildren();
    this.dialog.showModal();
    await this.show(kind);
  }

  private choose(mediaId: string): void {
    const field = document.getElementById(this.field);
    if (field instanceof HTMLInputElement) {
      field.value = mediaId;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.dialog.close();
    field?.focus();
  }

  private show(kind: string): Promise<void> {
    return this.fill(fetch(`/admin/rules/media?kind=${encodeURIComponent(kind)}`, { headers: { "HX-Request": "true" } }));
  }

  private async upload(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const form = event.target;
    const button = form.querySelector<HTMLButtonElement>("button");
    button?.setAttribute("aria-busy", "true");
    const headers = { "HX-Request": "true", "X-CSRF-Token": csrf() };
    await this.fill(fetch(form.action, { method: "POST", body: new FormData(form), headers }));
    button?.removeAttribute("aria-busy");
  }

  /** Puts the server's list into the dialog; what failed is told there. */
  private async fill(answer: Promise<Response>): Promise<void> {
    try {
      const response = await answer;
      if (!response.ok) throw new Error(String(response.status));
      const list = new DOMParser().parseFromString(await response.text(), "text/html");
      this.box.replaceChildren(...list.body.childNodes);
    } catch {
      this.box.prepend(this.failed());
    }
  }

  private failed(): HTMLElement {
    const note = document.createElement("p");
    note.className = "note note-bad";
    note.setAttribute("role", "alert");
    note.textContent = this.box.dataset["failed"] ?? "";
    return note;
  }
}
