// Chats: the list and its quick choices, handing a session of customer service over, figures, and a conversation as a file.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Office, tell } from "./office.mjs";
import { NARROW, WIDE } from "./support.mjs";

const WAYS = [
  { language: "zh-CN", viewport: WIDE, colorScheme: "light" },
  { language: "en", viewport: NARROW, colorScheme: "dark" },
];

for (const way of WAYS) {
  const size = way.viewport === NARROW ? "phone" : "desktop";

  describe(`chats, ${way.language}, ${size}`, () => {
    let office;
    before(async () => (office = await (await Office.demo(way.language)).open()));
    after(() => office?.stop());

    test("who wrote is found, by their state, and leads to the conversation", async () => {
      await office.follower("小满", "有人在吗");
      await tell(`chats-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/chats");
        await page.locator("tbody tr", { hasText: "有人在吗" }).first().waitFor();
        await owner.looksRight();
        await page.locator(".chat-chips a").nth(2).click();
        await page.locator(".chat-chips a[aria-current]").waitFor();
        assert.equal(await page.locator("tbody tr", { hasText: "有人在吗" }).count(), 0);
        await owner.looksRight();
        await owner.go("/admin/chats/figures?days=7");
        await page.locator("#hours canvas, #hours svg").first().waitFor();
        await owner.looksRight();
        await owner.go("/admin/chats/sessions");
        await owner.looksRight();
      });
    });

    test("a conversation is taken out whole", async () => {
      await tell(`chats-file-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/chats");
        const href = await page.locator("tbody tr a[href^='/admin/chats/']").first().getAttribute("href");
        const path = href.match(/^\/admin\/chats\/\d+/)[0];
        const file = await page.request.get(new URL(`${path}/export?as=jsonl`, page.url()).href);
        assert.match((await file.text()).trimEnd().split("\n").at(-1), /^\{"end":\d+\}$/);
      });
    });
  });
}
