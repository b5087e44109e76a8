// The desk of whoever looks after the accounts: their checks and quotas, webhooks out, members limited to one account, and
// the page on which followers agree to be known.

import { after, before, describe, test } from "node:test";
import { accounts } from "./desk/accounts.mjs";
import { consent } from "./desk/consent.mjs";
import { reach } from "./desk/reach.mjs";
import { Receiver } from "./desk/receiver.mjs";
import { webhooks } from "./desk/webhooks.mjs";
import { Office } from "./office.mjs";
import { NARROW, WIDE } from "./support.mjs";

const WAYS = [
  { language: "zh-CN", viewport: WIDE, colorScheme: "light" },
  { language: "en", viewport: NARROW, colorScheme: "dark" },
];

for (const way of WAYS) {
  const size = way.viewport === NARROW ? "phone" : "desktop";

  describe(`the desk, ${way.language}, ${size}`, () => {
    let office, receiver;
    before(async () => {
      receiver = await Receiver.start();
      const allowed = { PUZI_ALLOW_PRIVATE_WEBHOOKS: JSON.stringify([receiver.address]) };
      office = await (await Office.demo(way.language, allowed)).open();
    });
    after(async () => {
      await office?.stop();
      receiver?.stop();
    });

    test("an account is checked, its quota set back once, its settings kept, an agent's code made", () => accounts(office, way, size));
    test("an endpoint is told, told again, paused and resumed", () => webhooks(office, receiver, way, size));
    test("a follower agrees on the phone to be known", () => consent(office, way, size));
    // Last: it adds a second account.
    test("a member limited to one account finds nothing of the other", () => reach(office, way, size));
  });
}
