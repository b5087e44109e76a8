// Parts of pages that need more than a few lines: `<div data-module="chart">` loads its chunk when it appears.

import { every } from "./lib/dom";

export type Mount = (root: HTMLElement) => void;

const MODULES: Record<string, () => Promise<{ default: Mount }>> = {
  board: () => import("./modules/board"),
  chart: () => import("./modules/chart"),
  follow: () => import("./modules/follow"),
  inbox: () => import("./inbox"),
  "inline-rows": () => import("./modules/inline-rows"),
  materials: () => import("./modules/materials"),
  poster: () => import("./modules/poster"),
  menus: () => import("./menus"),
  picker: () => import("./modules/picker"),
  "rich-text": () => import("./modules/rich-text"),
  "rule-steps": () => import("./rules/steps"),
  rules: () => import("./rules"),
  sortable: () => import("./modules/sortable"),
  upload: () => import("./modules/upload"),
};

const mounted = new WeakSet<HTMLElement>();

/** Brings what lies below `root` to life, each once. An element may name several modules. */
export function mountModules(root: ParentNode): void {
  every(root, "[data-module]", (element) => {
    if (mounted.has(element)) return;
    mounted.add(element);
    for (const name of (element.dataset["module"] ?? "").split(" ")) {
      const load = MODULES[name];
      if (!load) continue;
      load().then(
        (module) => element.isConnected && module.default(element),
        (error: unknown) => console.error(`${name} could not be loaded`, error),
      );
    }
  });
}
