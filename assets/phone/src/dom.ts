// The few lines of DOM that stand in for a framework. Styles go through the CSSOM, because the page's CSP
// refuses style attributes.

export type Child = Node | string | null | undefined | false;
type Value = string | number | boolean | null | undefined | ((event: never) => void) | Record<string, string>;
export interface Props {
  [name: string]: Value;
}

/** Makes an element: `on…` props are listeners, `style` is an object of CSS properties, the rest are attributes. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const name of Object.keys(props)) setProp(element, name, props[name]);
  append(element, children);
  return element;
}

function setProp(element: HTMLElement, name: string, value: Value): void {
  if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
  else if (name === "style" && value && typeof value === "object")
    for (const property of Object.keys(value)) element.style.setProperty(property, value[property] ?? "");
  else if (value === true) element.setAttribute(name, "");
  else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
}

export function append(parent: Node, children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
  }
}

export function clear(parent: Node): void {
  while (parent.firstChild) parent.removeChild(parent.firstChild);
}

export function fill(parent: Node, ...children: Child[]): void {
  clear(parent);
  append(parent, children);
}

/** Makes `wanted` the children of `parent`, touching only what differs, so that focus and scroll survive. */
export function sync(parent: Node, wanted: Node[]): void {
  let next = parent.firstChild;
  for (const node of wanted) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    parent.removeChild(gone);
  }
}

/** Things to undo when a part of the page goes away: listeners, timers, children's scopes. */
export class Scope {
  private offs: (() => void)[] = [];

  add(off: () => void): void {
    this.offs.push(off);
  }

  child(): Scope {
    const inner = new Scope();
    this.add(() => inner.end());
    return inner;
  }

  listen(target: EventTarget, type: string, listener: (event: never) => void): void {
    target.addEventListener(type, listener as EventListener);
    this.add(() => target.removeEventListener(type, listener as EventListener));
  }

  every(millis: number, run: () => void): void {
    const timer = setInterval(run, millis);
    this.add(() => clearInterval(timer));
  }

  end(): void {
    for (const off of this.offs.splice(0)) off();
  }
}

/** Elements inside `root` that Tab would stop at, in order. */
export function focusable(root: HTMLElement): HTMLElement[] {
  const all = root.querySelectorAll<HTMLElement>(
    "a[href], button:not([disabled]), input:not([disabled]), select, textarea, video[controls], [tabindex='0']",
  );
  return Array.from(all).filter((element) => element.tabIndex >= 0 && element.getClientRects().length > 0);
}
