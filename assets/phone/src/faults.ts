import { quietly } from "./actions";
import { api } from "./api";
import { t } from "./i18n";
import { store } from "./store";
import { span } from "./time";
import type { Faults } from "./types";

/** The faults that are on, each in a few words. */
export function faultsOn(): string[] {
  const { slow_ms, api_slow_ms, drop, duplicate, reorder, wrong_signature, system_busy } = store.faults;
  const told: [boolean, string][] = [
    [slow_ms > 0, t("faults.told_slow", { span: span(slow_ms) })],
    [drop > 0, t("faults.told_drop", { n: drop })],
    [duplicate > 0, t("faults.told_duplicate", { n: duplicate })],
    [reorder, t("faults.told_reorder")],
    [wrong_signature, t("faults.told_signature")],
    [system_busy > 0, t("faults.told_busy", { n: system_busy })],
    [api_slow_ms > 0, t("faults.told_api_slow", { span: span(api_slow_ms) })],
  ];
  return told.filter(([on]) => on).map(([, words]) => words);
}

/** Shows the change at once, and takes it back when the sandbox did not take it. */
export async function changeFaults(change: Partial<Faults>): Promise<void> {
  const before = store.faults;
  store.setFaults({ ...before, ...change });
  if (!(await quietly(() => api.setFaults(store.faults)))) store.setFaults(before);
}
