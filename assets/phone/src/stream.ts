import { api } from "./api";
import { store } from "./store";
import type { App, ChatItem, Clock, Exchange, Faults, Phone } from "./types";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8_000;

/**
 * Keeps the page live. A lost connection is made again with growing waits, and what was missed is fetched
 * before the page calls itself live.
 */
export function follow(): void {
  let wait = FIRST_WAIT;

  const open = (): void => {
    const source = new EventSource("/sandbox/api/stream");
    const on = <T>(event: string, take: (value: T) => void): void =>
      source.addEventListener(event, (message) => take(JSON.parse((message as MessageEvent<string>).data) as T));
    on<ChatItem>("chat", (item) => store.putChat(item));
    on<Exchange>("exchange", (exchange) => store.putExchange(exchange));
    on<Phone>("phone", (phone) => store.putPhone(phone));
    on<App>("app", (app) => store.putApp(app));
    on<Faults>("faults", (faults) => store.setFaults(faults));
    on<Clock>("clock", (clock) => store.setClock(clock));
    source.onopen = () => {
      wait = FIRST_WAIT;
      catchUp().then(
        () => store.setConnection("live"),
        () => lost(source),
      );
    };
    source.onerror = () => lost(source);
  };

  const lost = (source: EventSource): void => {
    source.close();
    store.setConnection("lost");
    setTimeout(open, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  };

  open();
}

async function catchUp(): Promise<void> {
  const [state] = await Promise.all([api.state(), store.loadExchanges()]);
  store.take(state);
  const known = new Set([...Array.from(store.chats.keys()), ...store.visible].filter((key) => store.phone(key)));
  await Promise.all(Array.from(known).map((key) => store.loadChat(key)));
}
