// `data-module="materials"` on a form: its buttons `[data-pick-material="image"]` open the library in the dialog
// `#material-dialog`, and what is chosen goes into the field `data-for`: the material's number, or with
// `data-value="media_id"` WeChat's. `data-many` adds to what is there, `data-lasting` offers what stays alone, `data-preview`
// names the `<img>` that shows the choice. Without scripts the field takes the number from the library's page.
//
// A file field says what is wrong with a file before it is sent: what WeChat takes stands in `data-takes`, `data-max`,
// `data-wrong-type` and `data-too-large`, at the field or at the chosen kind. In the editor of drafts the list at the left
// follows what is typed, and `data-strip` shows the pictures whose numbers a field holds.

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
  root.addEventListener("change", (event) => void changed(root, event));
  if (root.matches(".draft-editor")) follow(root);
  for (const strip of root.querySelectorAll<HTMLElement>("[data-strip]")) pictures(strip);
}

/** Another file, or another kind for it: is it one that WeChat takes? */
async function changed(root: HTMLElement, event: Event): Promise<void> {
  const target = event.target;
  if (!(target instanceof HTMLInputElement)) return;
  const asked = target.type === "file" ? target : root.querySelector<HTMLInputElement>("input[type=file]");
  if (asked && (target === asked || target.dataset["takes"])) await check(asked);
}

async function check(field: HTMLInputElement): Promise<void> {
  const chosen = field.form?.querySelector<HTMLElement>("input[type=radio][data-takes]:checked");
  const limits = field.dataset["takes"] ? field.dataset : chosen?.dataset;
  const file = field.files?.[0];
  let problem = "";
  if (limits && file) {
    if (file.size > Number(limits["max"])) problem = limits["tooLarge"] ?? "";
    else if (!(limits["takes"] ?? "").split(" ").includes(await whatIs(file))) problem = limits["wrongType"] ?? "";
  }
  // What was looked at may not be what is chosen any more.
  if (field.files?.[0] !== file) return;
  field.setCustomValidity(problem);
  field.classList.toggle("is-invalid", problem !== "");
  field.setAttribute("aria-invalid", String(problem !== ""));
  const words = document.getElementById(`${field.id}-error`);
  if (words) words.textContent = problem;
}

/** The ending of what the bytes are, as the server sees it; empty for what WeChat takes nowhere. */
async function whatIs(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.slice(0, 12).arrayBuffer());
  const text = String.fromCharCode(...bytes);
  const [first = 0, second = 0] = bytes;
  if (text.startsWith("\x89PNG")) return "png";
  if (first === 0xff && second === 0xd8) return "jpg";
  if (text.startsWith("GIF8")) return "gif";
  if (text.startsWith("#!AMR")) return "amr";
  if (text.startsWith("ID3") || (first === 0xff && (second & 0xe0) === 0xe0)) return "mp3";
  return text.slice(4, 8) === "ftyp" ? "mp4" : "";
}

/** The open article of the list looks as its fields say. */
function follow(root: HTMLElement): void {
  const open = root.querySelector<HTMLElement>(".draft-item.is-open .draft-item-open");
  root.addEventListener("input", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement)) return;
    const words = open?.querySelector("span");
    if (words && field.name.endsWith(".title")) words.textContent = field.value.trim() || (root.dataset["untitled"] ?? "");
    const number = /^\d+/.exec(field.value.trim())?.[0];
    if (open && (field.id === "draft-cover" || field.id === "draft-pictures")) show(open, number);
  });
  root.addEventListener("change", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || field.type !== "radio" || !field.name.endsWith(".kind")) return;
    // The server gives the other kind's fields; what is typed stays.
    root.querySelector<HTMLButtonElement>("[data-change-kind]")?.click();
  });
}

function show(open: HTMLElement, number: string | undefined): void {
  let picture = open.querySelector("img");
  if (!number) return picture?.remove();
  if (!picture) {
    picture = document.createElement("img");
    picture.alt = "";
    open.prepend(picture);
  }
  picture.src = `/admin/materials/${number}/thumbnail`;
}

/** The pictures of a set: each a button that takes it out. */
function pictures(strip: HTMLElement): void {
  const field = document.getElementById(strip.dataset["strip"] ?? "");
  if (!(field instanceof HTMLInputElement)) return;
  const draw = (): void => {
    const numbers = field.value.match(/\d+/g) ?? [];
    strip.replaceChildren(
      ...numbers.map((number, at) => {
        const button = document.createElement("button");
        button.type = "button";
        button.title = strip.dataset["remove"] ?? "";
        button.setAttribute("aria-label", `${strip.dataset["remove"] ?? ""} (${at + 1})`);
        const picture = document.createElement("img");
        picture.alt = "";
        picture.src = `/admin/materials/${number}/thumbnail`;
        button.append(picture);
        button.addEventListener("click", () => {
          field.value = numbers.filter((_, n) => n !== at).join(", ");
          field.dispatchEvent(new Event("input", { bubbles: true }));
        });
        return button;
      }),
    );
  };
  field.addEventListener("input", draw);
  draw();
}

class Library {
  private waiting: Waiting | null = null;
  private opener: HTMLElement | null = null;
  private readonly box: HTMLElement;

  constructor(
    root: HTMLElement,
    private readonly dialog: HTMLDialogElement,
  ) {
    this.box = dialog.querySelector<HTMLElement>("#material-box") ?? dialog;
    root.addEventListener("click", (event) => this.opened(event));
    dialog.addEventListener("click", (event) => this.clicked(event));
    dialog.addEventListener("change", (event) => void changed(dialog, event));
    dialog.addEventListener("submit", (event) => void this.submitted(event));
  }

  private opened(event: MouseEvent): void {
    const opener = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-pick-material]") : null;
    const field = document.getElementById(opener?.dataset["for"] ?? "");
    if (!opener || !(field instanceof HTMLInputElement)) return;
    event.preventDefault();
    this.opener = opener;
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
    // The field itself is seen without scripts alone.
    (field.offsetParent ? field : this.opener)?.focus();
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
