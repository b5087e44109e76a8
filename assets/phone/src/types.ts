// What the sandbox's control API sends and takes. Times are unix milliseconds unless a name says otherwise.

export interface MenuButton {
  type?: string;
  name: string;
  key?: string;
  url?: string;
  sub_button?: MenuButton[];
}

export interface Menu {
  button: MenuButton[];
}

export interface App {
  appid: string;
  name: string;
  original_id: string;
  callback_url: string;
  mode: "plain" | "compatible" | "encrypted";
  menu: Menu | null;
}

export interface Phone {
  appid: string;
  openid: string;
  nickname: string;
  subscribed: boolean;
  color: string;
  /** What this phone shows in place of the account's menu. */
  menu?: Menu;
}

export interface Faults {
  /** Milliseconds that every answer to a push is held back. */
  slow_ms: number;
  /** Milliseconds that every API answer is held back. */
  api_slow_ms: number;
  /** Per cent. */
  drop: number;
  /** Per cent. */
  duplicate: number;
  reorder: boolean;
  wrong_signature: boolean;
  /** Per cent of API calls that get errcode -1. */
  system_busy: number;
  timeout_seconds: number;
}

export interface Clock {
  /** Unix seconds, as the simulated WeChat sees it. */
  now: number;
  /** Seconds ahead of the real clock. */
  offset: number;
}

export interface State {
  apps: App[];
  phones: Phone[];
  faults: Faults;
  clock: Clock;
}

export interface Article {
  title: string;
  description?: string;
  pic_url?: string;
  url?: string;
}

export type Kind =
  | "text"
  | "image"
  | "voice"
  | "video"
  | "short_video"
  | "location"
  | "link"
  | "music"
  | "news"
  | "menu"
  | "event";

export interface Choice {
  id: string;
  content: string;
}

export interface ChatItem {
  /** The sandbox's number, growing over time; `pending-…` for what it has not confirmed. */
  id: number | string;
  appid: string;
  openid: string;
  side: "me" | "account" | "system";
  kind: Kind;
  at: number;
  exchange_id?: number;
  status?: "sending" | "sent" | "failed";
  text?: string;
  url?: string;
  media_id?: string;
  title?: string;
  description?: string;
  /** Seconds. */
  duration?: number;
  latitude?: number;
  longitude?: number;
  label?: string;
  articles?: Article[];
  /** What can be tapped under a menu message. */
  choices?: Choice[];
  note?: string;
}

export type Outcome =
  | "answered"
  | "empty"
  | "success"
  | "timeout"
  | "refused"
  | "bad_answer"
  | "dropped"
  | "running";

export interface Delivery {
  attempt: number;
  at: number;
  method: string;
  url: string;
  query: string;
  encrypted: boolean;
  body: string | null;
  plain: string | null;
  status: number | null;
  millis: number | null;
  outcome: Outcome;
  response: string | null;
  response_plain: string | null;
  error?: string | null;
}

export interface Exchange {
  id: number;
  appid: string;
  openid: string;
  at: number;
  label: { kind: string; text?: string };
  done: boolean;
  deliveries: Delivery[];
}

/** What a phone can do; the fields beside `action` are those of the control API. */
export type Action =
  | { action: "follow" | "unfollow" }
  | { action: "follow_by_scene" | "scan"; scene: string }
  | { action: "text"; content: string; bizmsgmenuid?: string }
  | { action: "image" | "video" | "short_video"; media_id?: string }
  | { action: "voice"; media_id?: string; recognition?: string }
  | { action: "location"; latitude: number; longitude: number; label: string }
  | { action: "link"; title: string; description: string; url: string }
  | { action: "tap"; button: number[] };
