// `data-module="upload"` around `<input type="file">`: preview, several, drag to order, progress. Files go to `data-url`
// (/admin/uploads) as they are chosen; hidden inputs named `data-name` keep the uploads' ids in their order. Without a script
// the file input itself is sent with the form.
//
//   <div class="upload" data-module="upload" data-url="/admin/uploads" data-name="pictures" data-max="5" data-max-bytes="5242880">
//     <ul class="upload-list"> <li class="upload-item" data-id="…"><img …><input type="hidden" name="pictures" value="…"></li> … </ul>
//     <input type="file" name="pictures.file" multiple accept="image/*">
//   </div>

import Sortable from "sortablejs";
import { h, icon } from "../lib/dom";
import { language, t } from "../lib/texts";
import { toast } from "../lib/toast";
import { sendFile, type Sent } from "./upload-send";

export default function mount(root: HTMLElement): void {
  const input = root.querySelector<HTMLInputElement>("input[type=file]");
  if (input) new Uploads(root, input);
}

class Uploads {
  private readonly list: HTMLElement;
  private readonly name: string;
  private readonly most: number;

  constructor(
    private readonly root: HTMLElement,
    private readonly input: HTMLInputElement,
  ) {
    this.name = root.dataset["name"] ?? input.name;
    this.most = Number(root.dataset["max"] ?? (input.multiple ? 20 : 1));
    this.list = root.querySelector<HTMLElement>(".upload-list") ?? h("ul", { class: "upload-list" });
    if (!this.list.isConnected) root.prepend(this.list);
    this.list.querySelectorAll<HTMLElement>(".upload-item").forEach((item) => this.removable(item, item.title));
    this.dropZone();
    input.hidden = true;
    // The script sends the files itself; the form must not send them once more.
    input.removeAttribute("name");
    input.addEventListener("change", () => {
      this.take([...(input.files ?? [])]);
      input.value = "";
    });
    if (this.most > 1) Sortable.create(this.list, { draggable: ".upload-item", animation: 150, ghostClass: "is-dragged", filter: ".remove", preventOnFilter: false, onEnd: () => this.changed() });
  }

  private dropZone(): void {
    const zone = h("button", { class: "upload-drop", type: "button", onclick: () => this.input.click() }, h("span", {}, icon("upload"), h("br"), t("upload.drop")));
    if (this.input.id) {
      zone.id = `${this.input.id}-button`;
      document.querySelector(`label[for="${CSS.escape(this.input.id)}"]`)?.setAttribute("for", zone.id);
    }
    this.input.after(zone);
    for (const type of ["dragover", "dragenter"] as const)
      zone.addEventListener(type, (event) => {
        event.preventDefault();
        zone.classList.add("is-over");
      });
    for (const type of ["dragleave", "drop"] as const) zone.addEventListener(type, () => zone.classList.remove("is-over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      this.take([...(event.dataTransfer?.files ?? [])]);
    });
    zone.addEventListener("paste", (event) => this.take([...(event.clipboardData?.files ?? [])]));
  }

  private take(files: File[]): void {
    for (const file of files) {
      const fault = this.fault(file);
      if (fault) {
        toast(fault, { kind: "warning" });
        continue;
      }
      if (this.most === 1) this.list.replaceChildren();
      else if (this.list.children.length >= this.most) {
        toast(t("upload.too_many", { max: this.most }), { kind: "warning" });
        return;
      }
      void this.send(file);
    }
  }

  /** What the server would refuse anyway; it looks into the file itself. */
  private fault(file: File): string | null {
    const most = Number(this.root.dataset["maxBytes"] ?? Infinity);
    if (file.size > most) return t("upload.too_large", { name: file.name, max: bytes(most) });
    const kinds = this.input.accept.split(",").map((kind) => kind.trim().toLowerCase()).filter(Boolean);
    const fits = kinds.some((kind) =>
      kind.startsWith(".") ? file.name.toLowerCase().endsWith(kind) : kind.endsWith("/*") ? file.type.startsWith(kind.slice(0, -1)) : file.type === kind,
    );
    return kinds.length && !fits ? t("upload.wrong_kind", { name: file.name }) : null;
  }

  private async send(file: File): Promise<void> {
    const bar = h("progress", { max: 1, value: 0, "aria-label": t("upload.uploading", { name: file.name }) });
    const item = h("li", { class: "upload-item", title: file.name }, bar);
    const local = file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
    this.picture(item, file.name, local);
    this.list.append(item);
    const sent = await sendFile(this.root.dataset["url"] ?? "/admin/uploads", file, (part) => (bar.value = part));
    if (local) URL.revokeObjectURL(local);
    if (!sent || !item.isConnected) {
      item.remove();
      return;
    }
    this.finish(item, bar, sent, file.name);
  }

  private picture(item: HTMLElement, name: string, source: string | null): void {
    if (source) item.prepend(h("img", { src: source, alt: name }));
    else {
      item.classList.add("is-file");
      item.prepend(icon("file"), h("span", { class: "text-truncate" }, name));
    }
  }

  private finish(item: HTMLElement, bar: HTMLElement, sent: Sent, name: string): void {
    bar.remove();
    item.dataset["id"] = sent.id;
    const image = item.querySelector("img");
    if (image) image.src = sent.preview ?? sent.url;
    item.append(h("input", { type: "hidden", name: this.name, value: sent.id }));
    this.removable(item, name);
    this.changed();
  }

  private removable(item: HTMLElement, name: string): void {
    const remove = h("button", { class: "remove", type: "button", "aria-label": t("upload.remove", { name }) }, icon("x"));
    remove.addEventListener("click", () => {
      item.remove();
      this.changed();
      this.root.querySelector<HTMLElement>(".upload-drop")?.focus();
    });
    item.querySelector(".remove")?.remove();
    item.append(remove);
  }

  private changed(): void {
    this.list.dispatchEvent(new Event("change", { bubbles: true }));
    this.root.dispatchEvent(new CustomEvent("puzi:uploads", { bubbles: true, detail: [...this.list.querySelectorAll<HTMLElement>("[data-id]")].map((item) => item.dataset["id"]) }));
  }
}

function bytes(count: number): string {
  const megabytes = count / 1024 / 1024;
  const [value, unit] = megabytes >= 1 ? [megabytes, "megabyte"] : [count / 1024, "kilobyte"];
  return new Intl.NumberFormat(language(), { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}
