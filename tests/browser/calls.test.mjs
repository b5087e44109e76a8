// The record of calls: following it live, one line, figures, a rid, and replaying a push.

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

  describe(`calls, ${way.language}, ${size}`, () => {
    let office;
    before(async () => (office = await (await Office.demo(way.language)).open()));
    after(() => office?.stop());

    test("what comes shows up by itself, and leads to its push", async () => {
      const fan = await office.follower("小满", "你好");
      await tell(`calls-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/calls");
        await page.locator("tbody tr").first().waitFor();
        await owner.looksRight();
        const rows = () => page.locator("tbody tr").count();
        const many = await rows();
        await page.locator("[data-module=follow] input").check();
        await fan.write("跟踪一下");
        await page.waitForFunction((n) => document.querySelectorAll("#list tbody tr").length > n, many);
        await page.locator("[data-module=follow] input").uncheck();
        await page.locator("a.main-link", { hasText: "push:text" }).first().click();
        await owner.isAt(/^\/admin\/calls\/\d+/);
        await owner.looksRight();
        await page.locator("a[href*='/admin/calls/replay?']").click();
        await owner.isAt(/^\/admin\/calls\/replay/);
        await owner.looksRight();
        await page.locator("#run [name=answer]").check();
        await page.locator("#run form button").click();
        await page.locator("#replays [data-state=sent]").waitFor();
        await owner.looksRight();
      });
    });

    test("figures and a rid that nobody knows", async () => {
      await tell(`calls-figures-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/calls/figures?span=hour");
        await owner.looksRight();
        await owner.go("/admin/calls/rid");
        await owner.fill({ rid: "65f1a2b3-0a1b2c3d-12345678" });
        await page.press("[name=rid]", "Enter");
        await page.locator("#ask").waitFor();
        await owner.looksRight();
        await page.locator("#ask form button").click();
        await page.locator(".note-bad").waitFor();
        await owner.looksRight();
      });
    });
  });
}
