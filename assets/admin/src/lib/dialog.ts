import { h } from "./dom";
import { t } from "./texts";

export interface Question {
  title: string;
  text?: string;
  /** The word on the button that does it. */
  action?: string;
  cancel?: string;
  danger?: boolean;
}

let dialogs = 0;

/** Asks before something is done. Escape, the backdrop and the other button say no. */
export function confirmDialog({ title, text = "", action = t("ok"), cancel = t("cancel"), danger = false }: Question): Promise<boolean> {
  return new Promise((answer) => {
    const id = `dialog-${++dialogs}`;
    const yes = h("button", { class: `btn ${danger ? "btn-danger" : "btn-primary"}`, type: "button" }, action);
    const no = h("button", { class: "btn", type: "button" }, cancel);
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-text` },
      h("div", { class: "dialog-body" }, h("h2", { id: `${id}-title` }, title), h("p", { id: `${id}-text` }, text)),
      h("div", { class: "dialog-foot" }, no, yes),
    );
    const before = document.activeElement;
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement) before.focus();
      answer(dialog.returnValue === "yes");
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => dialog.close("yes"));
    document.body.append(dialog);
    dialog.showModal();
    // What cannot be taken back is not one Enter away.
    (danger ? no : yes).focus();
  });
}
