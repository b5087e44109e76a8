import { ApiError, api } from "./api";
import { t } from "./i18n";
import { keyOf, store } from "./store";
import { toast } from "./toast";
import type { Action, ChatItem, Kind, Phone } from "./types";

const BUBBLES: Record<string, Kind> = {
  text: "text",
  image: "image",
  voice: "voice",
  video: "video",
  short_video: "short_video",
  location: "location",
  link: "link",
};

let counter = 0;

/**
 * Does what the person asked for. A message stands in the chat at once, and keeps standing there with a way to
 * send it again when the sandbox does not take it.
 */
export async function act(phone: Phone, action: Action): Promise<boolean> {
  const kind = BUBBLES[action.action];
  if (!kind) return attempt(phone, action);
  const item = preview(phone, kind, action);
  store.addPending(keyOf(phone), { item });
  return sendAs(phone, action, item);
}

async function sendAs(phone: Phone, action: Action, item: ChatItem): Promise<boolean> {
  const key = keyOf(phone);
  try {
    const { exchange_id } = await api.act(phone, action);
    const arrived = (store.chats.get(key) || []).some((one) => one.side === "me" && one.exchange_id === exchange_id);
    const next = exchange_id === null ? item : { ...item, exchange_id };
    store.changePending(key, item.id, arrived ? null : { item: next });
    return true;
  } catch (error) {
    const again = (): void => {
      store.changePending(key, item.id, { item });
      void sendAs(phone, action, item);
    };
    store.changePending(key, item.id, { item: { ...item, status: "failed" }, again });
    toast(explain(error), "bad");
    return false;
  }
}

/** Runs something that shows nothing in the chat by itself; tells when it did not work. */
export async function attempt(phone: Phone, action: Action): Promise<boolean> {
  return quietly(() => api.act(phone, action));
}

/** Runs `call` and turns a failure into a toast. */
export async function quietly(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    toast(explain(error), "bad");
    return false;
  }
}

export function explain(error: unknown): string {
  if (!(error instanceof ApiError) || error.status === 0) return t("error.unreachable");
  if (error.status === 413) return t("error.too_large");
  return error.message
    ? t("error.refused_because", { why: error.message, status: error.status })
    : t("error.refused", { status: error.status });
}

function preview(phone: Phone, kind: Kind, action: Action): ChatItem {
  const fields: Partial<ChatItem> = {};
  if (action.action === "text") fields.text = action.content;
  if (action.action === "location") {
    fields.latitude = action.latitude;
    fields.longitude = action.longitude;
    fields.label = action.label;
  }
  if (action.action === "link") {
    fields.title = action.title;
    fields.description = action.description;
    fields.url = action.url;
  }
  if ("media_id" in action && action.media_id) fields.media_id = action.media_id;
  counter += 1;
  return {
    id: `pending-${counter}`,
    appid: phone.appid,
    openid: phone.openid,
    side: "me",
    kind,
    at: store.now(),
    status: "sending",
    ...fields,
  };
}
