import type { Scope } from "./dom";
import { keyOf, store, type PhoneKey } from "./store";

/**
 * What the page shows, as the hash says it: `#app/openid` a phone, `#app/openid+app/openid` two side by side,
 * with `/inspector` at the end the inspector above it on a narrow screen, `#list` the list of phones there.
 */
export interface Route {
  keys: PhoneKey[];
  inspector: boolean;
  list: boolean;
}

let current: Route = { keys: [], inspector: false, list: false };
const listeners = new Set<() => void>();

export function route(): Route {
  return current;
}

export function onRoute(scope: Scope, run: () => void): void {
  listeners.add(run);
  scope.add(() => listeners.delete(run));
}

export function hashOf(keys: PhoneKey[], inspector = false): string {
  const phones = keys.map((key) => key.split("/").map(encodeURIComponent).join("/")).join("+");
  return `#${phones}${inspector ? "/inspector" : ""}`;
}

/** Goes there; as a new step in the browser's history unless `replace`. */
export function go(hash: string, replace = false): void {
  if (hash === location.hash) return;
  if (!replace) {
    location.hash = hash;
    return;
  }
  history.replaceState(null, "", hash);
  read();
}

export function startRouting(): void {
  addEventListener("hashchange", read);
  read();
}

function read(): void {
  const hash = location.hash.slice(1);
  const inspector = hash.endsWith("/inspector");
  const wanted = hash
    .replace(/\/inspector$/, "")
    .split("+")
    .map((part) => part.split("/").map(decoded).join("/"))
    .filter((key) => store.phone(key));
  const kept = current.keys.filter((key) => store.phone(key));
  const keys = wanted.length ? wanted.slice(0, 2) : kept.length ? kept : firstPhone();
  current = { keys, inspector, list: hash === "list" };
  // A reload then shows the same phone.
  if (!hash && keys.length) history.replaceState(null, "", hashOf(keys));
  for (const run of Array.from(listeners)) run();
}

/** One that does not follow yet, so that a newcomer begins where a follower begins. */
function firstPhone(): PhoneKey[] {
  const phone = store.phones.find((one) => !one.subscribed) || store.phones[0];
  return phone ? [keyOf(phone)] : [];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a hash that somebody typed
  }
}
