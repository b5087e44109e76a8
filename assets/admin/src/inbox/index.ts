// The inbox, live: what others do appears by itself, replies go without leaving the page. Without this script every form
// still works, and a reload shows what is new.

import { startComposer } from "./composer";
import { startCountdown } from "./countdown";
import { startKeys } from "./keys";
import { startList } from "./list";
import { startLog } from "./log";
import { startParts } from "./parts";
import { listen } from "./stream";
import { startTypingLine } from "./typing";
import { startViewer } from "./viewer";
import { startVoices } from "./voices";

export default function mount(root: HTMLElement): void {
  const list = startList(root);
  startKeys(root);
  startViewer(root);
  startVoices(root);
  const chat = root.querySelector<HTMLElement>("[data-chat]");
  if (!chat) {
    listen(root, { change: ({ kind }) => kind !== "typing" && list.refresh(), refresh: list.refresh });
    return;
  }
  const id = Number(chat.dataset["chat"]);
  const countdown = startCountdown(chat, () => parts.refresh());
  const log = startLog(chat);
  const parts = startParts(root, chat, () => countdown.reset());
  const typing = startTypingLine(root, chat);
  startComposer(root, chat, () => {
    log.stay();
    parts.refresh();
    list.refresh();
  });
  listen(root, {
    change: (change) => {
      if (change.kind === "typing") {
        if (change.chat === id) typing.show(change.payload);
        return;
      }
      list.refresh();
      if (change.chat === id || change.chat === 0) {
        if (change.kind === "outgoing") typing.clear();
        parts.refresh();
      }
    },
    refresh: () => {
      list.refresh();
      parts.refresh();
    },
  });
}
