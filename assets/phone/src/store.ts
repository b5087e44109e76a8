import { api } from "./api";
import type { Scope } from "./dom";
import { lead } from "./time";
import type { App, ChatItem, Clock, Exchange, Faults, Phone, State } from "./types";

export type PhoneKey = string;
export type Topic = "apps" | "phones" | "exchanges" | "faults" | "clock" | "connection" | "unread" | "chats" | `chat:${PhoneKey}`;
export type Connection = "connecting" | "live" | "lost";

/** A message of mine that the sandbox has not confirmed; `again` is there when sending failed. */
export interface Pending {
  item: ChatItem;
  again?: () => void;
}

export const keyOf = (of: { appid: string; openid: string }): PhoneKey => `${of.appid}/${of.openid}`;

export const NO_FAULTS: Faults = {
  slow_ms: 0,
  api_slow_ms: 0,
  drop: 0,
  duplicate: 0,
  reorder: false,
  wrong_signature: false,
  system_busy: 0,
  timeout_seconds: 5,
};

const KEPT_EXCHANGES = 200;

/** All that the page knows. Parts of the page listen to topics and read what they need. */
class Store {
  apps: App[] = [];
  phones: Phone[] = [];
  faults: Faults = NO_FAULTS;
  clock: Clock = { now: 0, offset: 0 };
  connection: Connection = "connecting";
  chats = new Map<PhoneKey, ChatItem[]>();
  pending = new Map<PhoneKey, Pending[]>();
  unread = new Map<PhoneKey, number>();
  drafts = new Map<PhoneKey, string>();
  exchanges: Exchange[] = [];
  /** Phones on the screen now: what arrives there is read. */
  visible: PhoneKey[] = [];

  private clearedUpTo = 0;
  private listeners = new Map<Topic, Set<() => void>>();
  private arrivals = new Set<(item: ChatItem) => void>();

  on(topic: Topic, scope: Scope, run: () => void): void {
    const set = this.listeners.get(topic) || new Set();
    this.listeners.set(topic, set.add(run));
    scope.add(() => set.delete(run));
  }

  /** Runs for each message of the account that arrives while the page is open. */
  onArrival(scope: Scope, run: (item: ChatItem) => void): void {
    this.arrivals.add(run);
    scope.add(() => this.arrivals.delete(run));
  }

  tell(topic: Topic): void {
    for (const run of Array.from(this.listeners.get(topic) || [])) run();
  }

  /** Unix milliseconds by the simulated WeChat's clock. */
  now(): number {
    return Date.now() + this.clock.offset * 1000;
  }

  app(appid: string): App | undefined {
    return this.apps.find((app) => app.appid === appid);
  }

  phone(key: PhoneKey): Phone | undefined {
    return this.phones.find((phone) => keyOf(phone) === key);
  }

  take(state: State): void {
    this.apps = state.apps;
    this.phones = state.phones;
    this.faults = { ...NO_FAULTS, ...state.faults };
    this.clock = state.clock;
    for (const topic of ["apps", "phones", "faults", "clock"] as const) this.tell(topic);
  }

  setConnection(connection: Connection): void {
    if (connection === this.connection) return;
    this.connection = connection;
    this.tell("connection");
  }

  setFaults(faults: Faults): void {
    this.faults = { ...NO_FAULTS, ...faults };
    this.tell("faults");
  }

  setClock(clock: Clock): void {
    this.clock = clock;
    this.tell("clock");
  }

  putApp(app: App): void {
    this.apps = put(this.apps, app, (other) => other.appid === app.appid);
    this.tell("apps");
  }

  putPhone(phone: Phone): void {
    this.phones = put(this.phones, phone, (other) => keyOf(other) === keyOf(phone));
    this.tell("phones");
  }

  async loadChat(key: PhoneKey): Promise<void> {
    const [appid = "", openid = ""] = key.split("/");
    const { items } = await api.chat({ appid, openid });
    this.chats.set(key, items.sort(oldestFirst));
    this.tell(`chat:${key}`);
    this.tell("chats");
  }

  /** A message from the stream: new, or with a changed status. */
  putChat(item: ChatItem): void {
    const key = keyOf(item);
    const known = this.chats.get(key) || [];
    const isNew = !known.some((other) => other.id === item.id);
    this.chats.set(key, put(known, item, (other) => other.id === item.id).sort(oldestFirst));
    if (item.side === "me") this.confirm(key, item);
    this.tell(`chat:${key}`);
    this.tell("chats");
    if (!isNew || item.side !== "account") return;
    if (!this.visible.includes(key)) {
      this.unread.set(key, (this.unread.get(key) || 0) + 1);
      this.tell("unread");
    }
    for (const run of Array.from(this.arrivals)) run(item);
  }

  show(keys: PhoneKey[]): void {
    this.visible = keys;
    for (const key of keys) this.unread.delete(key);
    this.tell("unread");
  }

  addPending(key: PhoneKey, pending: Pending): void {
    this.pending.set(key, [...(this.pending.get(key) || []), pending]);
    this.tell(`chat:${key}`);
  }

  changePending(key: PhoneKey, id: ChatItem["id"], next: Pending | null): void {
    const rest = (this.pending.get(key) || []).map((one) => (one.item.id === id ? next : one));
    this.pending.set(key, rest.filter((one): one is Pending => one !== null));
    this.tell(`chat:${key}`);
  }

  /** The sandbox has it: what stood there for it goes. The stream may be quicker than the answer to the POST. */
  private confirm(key: PhoneKey, item: ChatItem): void {
    const waiting = this.pending.get(key) || [];
    const same = (one: Pending): boolean =>
      one.item.status === "sending" && one.item.kind === item.kind && one.item.text === item.text;
    const found = waiting.find((one) => one.item.exchange_id === item.exchange_id && item.exchange_id !== undefined) || waiting.find(same);
    if (found) this.pending.set(key, waiting.filter((one) => one !== found));
  }

  async loadExchanges(): Promise<void> {
    const { items } = await api.exchanges();
    // Smaller numbers than before: the sandbox was started anew.
    if (items.every((one) => one.id < this.clearedUpTo)) this.clearedUpTo = 0;
    this.exchanges = items.filter((one) => one.id > this.clearedUpTo).sort(newestFirst);
    this.tell("exchanges");
  }

  putExchange(exchange: Exchange): void {
    if (exchange.id <= this.clearedUpTo) return;
    this.exchanges = put(this.exchanges, exchange, (other) => other.id === exchange.id)
      .sort(newestFirst)
      .slice(0, KEPT_EXCHANGES);
    this.tell("exchanges");
  }

  /** Clears the list on this page; the sandbox keeps its own. */
  clearExchanges(): void {
    const newest = this.exchanges[0];
    if (newest) this.clearedUpTo = newest.id;
    this.exchanges = [];
    this.tell("exchanges");
  }

  /** How far the clock was moved, in words; empty when it was not. */
  clockLead(): string {
    return this.clock.offset ? lead(this.clock.offset) : "";
  }
}

const oldestFirst = (a: ChatItem, b: ChatItem): number => Number(a.id) - Number(b.id);
const newestFirst = (a: Exchange, b: Exchange): number => b.id - a.id;

function put<T>(list: T[], item: T, same: (other: T) => boolean): T[] {
  const found = list.findIndex(same);
  return found < 0 ? [...list, item] : [...list.slice(0, found), item, ...list.slice(found + 1)];
}

export const store = new Store();
