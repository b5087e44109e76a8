// `data-module="rich-text"` around a `<textarea>`: an editor instead of tags. The textarea stays the form's field; the server
// cleans what comes. Pictures go through `data-upload` (a URL like /admin/uploads), when there is one.

import Quill from "quill";
import { h } from "../lib/dom";
import { type TextKey, t } from "../lib/texts";
import styles from "../../styles/rich-text.css";
import { sendFile } from "./upload-send";
import { wear } from "./wear";

export default function mount(root: HTMLElement): void {
  const area = root.querySelector("textarea");
  if (!area) return;
  wear(styles);
  const upload = root.dataset["upload"];
  const pen = h("div", {});
  area.after(pen);
  const marks: unknown[][] = [
    [{ header: 2 }, { header: 3 }],
    ["bold", "italic", "underline", "strike"],
    [{ list: "ordered" }, { list: "bullet" }, "blockquote"],
    upload ? ["link", "image", "clean"] : ["link", "clean"],
  ];
  const quill = new Quill(pen, {
    theme: "snow",
    bounds: pen,
    placeholder: area.placeholder,
    formats: ["header", "bold", "italic", "underline", "strike", "list", "blockquote", "link", "image"],
    modules: {
      toolbar: {
        container: marks,
        ...(upload ? { handlers: { image: () => choosePicture(quill, upload) } } : {}),
      },
    },
  });
  quill.setContents(quill.clipboard.convert({ html: area.value }), "silent");
  nameTools(root);
  const label = document.querySelector(`label[for="${CSS.escape(area.id)}"]`);
  quill.root.setAttribute("role", "textbox");
  quill.root.setAttribute("aria-multiline", "true");
  if (label) {
    quill.root.setAttribute("aria-label", label.textContent?.trim() ?? "");
    label.addEventListener("click", () => quill.focus());
  }
  area.hidden = true;
  quill.on("text-change", () => {
    area.value = quill.getText().trim() || quill.root.querySelector("img") ? quill.getSemanticHTML().replace(/&nbsp;/g, " ") : "";
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  // Tab leaves the editor, as it leaves every other field.
  quill.keyboard.bindings["Tab"] = [];
}

/** Quill names its buttons in English, by class. */
function nameTools(root: HTMLElement): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>(".ql-toolbar button")) {
    const tool = [...button.classList].find((name) => name.startsWith("ql-"))?.slice(3) + (button.value && `-${button.value}`);
    const name = TOOLS[tool];
    if (!name) continue;
    button.title = t(name);
    button.setAttribute("aria-label", t(name));
  }
  const tip = root.querySelector<HTMLElement>(".ql-tooltip");
  for (const word of ["visit", "enter", "edit", "save", "remove"] as const) tip?.style.setProperty(`--${word}`, JSON.stringify(t(`editor.${word}`)));
}

const TOOLS: Record<string, TextKey> = {
  "header-2": "editor.heading",
  "header-3": "editor.subheading",
  bold: "editor.bold",
  italic: "editor.italic",
  underline: "editor.underline",
  strike: "editor.strike",
  "list-ordered": "editor.ordered",
  "list-bullet": "editor.bullets",
  blockquote: "editor.quote",
  link: "editor.link",
  image: "editor.image",
  clean: "editor.clean",
};

function choosePicture(quill: Quill, upload: string): void {
  const input = h("input", { type: "file", accept: "image/*" });
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (!file) return;
    void sendFile(upload, file).then((sent) => {
      if (!sent) return;
      const at = quill.getSelection(true).index;
      quill.insertEmbed(at, "image", sent.url, "user");
      quill.setSelection(at + 1, 0);
    });
  });
  input.click();
}
