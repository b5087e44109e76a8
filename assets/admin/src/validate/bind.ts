// `data-validate='[{"rule":"min","args":[3],"message":"…"}]'` on a control: says what is wrong beside it, when it is left
// and before the form is sent. The server checks everything again.

import { on } from "../lib/dom";
import { firstFault, type Given, type Rule } from "./rules";

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

export function startValidation(): void {
  on("change", "[data-validate]", (_, control) => check(control as Control));
  // While it is wrong, each letter may mend it; before that nobody is told off for typing.
  on("input", "[data-validate][aria-invalid=true]", (_, control) => check(control as Control));
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement) || (event.submitter as HTMLButtonElement | null)?.formNoValidate) return;
      const wrong = controls(form).filter((control) => !check(control));
      if (!wrong.length) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      focusOn(wrong[0] as Control);
    },
    true,
  );
  // The rules' own words stand in for the browser's bubbles.
  on("invalid", "form:has([data-validate]) :is(input, select, textarea)", (event, control) => {
    if (!(control as Control).dataset["validate"]) return;
    event.preventDefault();
    check(control as Control);
    const form = (control as Control).form;
    if (form && controls(form).find((one) => one.getAttribute("aria-invalid") === "true") === control) focusOn(control as Control);
  }, true);
}

function controls(form: HTMLFormElement): Control[] {
  return [...form.elements].filter((element): element is Control => {
    return element instanceof HTMLElement && element.dataset["validate"] !== undefined && !(element as Control).disabled;
  });
}

/** Whether the control's rules are kept; the words beside it say so. */
function check(control: Control): boolean {
  const rules = JSON.parse(control.dataset["validate"] || "[]") as Rule[];
  const others = (name: string) => (control.form ? valuesOf(control.form, name) : []);
  const fault = firstFault(rules, givenBy(control), others, control.name);
  tell(control, fault);
  return fault === null;
}

function givenBy(control: Control): Given {
  if (control instanceof HTMLInputElement && control.type === "file")
    return { measure: "file", texts: [], files: [...(control.files ?? [])] };
  const several = control instanceof HTMLSelectElement && control.multiple;
  const grouped = control instanceof HTMLInputElement && (control.type === "checkbox" || control.type === "radio");
  const texts = several
    ? [...control.selectedOptions].map((option) => option.value)
    : grouped && control.form
      ? valuesOf(control.form, control.name)
      : [control.value.trim()];
  const number = control instanceof HTMLInputElement && (control.type === "number" || control.inputMode === "decimal" || control.inputMode === "numeric");
  const list = several || (control instanceof HTMLInputElement && control.type === "checkbox");
  return { measure: list ? "list" : number ? "number" : "text", texts, files: [] };
}

function valuesOf(form: HTMLFormElement, name: string): string[] {
  return new FormData(form).getAll(name).map((value) => (typeof value === "string" ? value : value.name));
}

function tell(control: Control, fault: string | null): void {
  const field = control.closest<HTMLElement>(".field, .mb-3") ?? control.parentElement;
  let words = document.getElementById(`${control.id}-error`) ?? field?.querySelector<HTMLElement>(".error, .invalid-feedback") ?? null;
  if (!words && fault && field) {
    words = document.createElement("div");
    words.className = "error";
    words.id = `${control.id || control.name}-error`;
    field.append(words);
    control.setAttribute("aria-describedby", [control.getAttribute("aria-describedby"), words.id].filter(Boolean).join(" "));
  }
  if (words) words.textContent = fault ?? "";
  field?.classList.toggle("is-invalid", fault !== null);
  control.classList.toggle("is-invalid", fault !== null);
  if (fault === null) control.removeAttribute("aria-invalid");
  else control.setAttribute("aria-invalid", "true");
}

/** A control behind a widget (editor, picker) cannot be focused itself: the widget can. */
function focusOn(control: Control): void {
  const widget = control.offsetParent ? control : control.closest(".field")?.querySelector<HTMLElement>(".ql-editor, .ts-control input, button, [tabindex]");
  (widget ?? control).focus();
  (widget ?? control).scrollIntoView({ block: "center" });
}
