// The few lines of DOM that stand in for a framework. Styles go through the CSSOM: the page's CSP refuses style attributes.

export type Child = Node | string | null | undefined | false;
type Listener = (event: never) => void;
type Value = string | number | boolean | null | undefined | Listener;

/** Makes an element: `on…` props are listeners, the rest are attributes. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/** An icon of the sprite. */
export function icon(name: string): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${meta("icons")}#${name}`);
  svg.append(use);
  return svg;
}

/** What the page says in its `<meta name>`. */
export function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
}

/** Listens for `type` on whatever matches `selector`, now or later. */
export function on<E extends Event = Event>(
  type: string,
  selector: string,
  listener: (event: E, element: HTMLElement) => void,
  capture = false,
): void {
  document.addEventListener(
    type,
    (event) => {
      const target = event.target instanceof Element ? event.target.closest<HTMLElement>(selector) : null;
      if (target) listener(event as E, target);
    },
    capture,
  );
}

/** Runs `each` for what matches below `root`, `root` included. */
export function every<T extends HTMLElement = HTMLElement>(root: ParentNode, selector: string, each: (element: T) => void): void {
  if (root instanceof HTMLElement && root.matches(selector)) each(root as T);
  root.querySelectorAll<T>(selector).forEach(each);
}

/** Whether somebody is typing into `target`. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio], [type=button]), textarea, select"))
  );
}
