// Followers: a tag put on several, a remark, the page of one, and tags of their own.

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

  describe(`followers, ${way.language}, ${size}`, () => {
    let office;
    before(async () => (office = await (await Office.demo(way.language)).open()));
    after(() => office?.stop());

    test("a new tag is put on all that are chosen, and shows on the page of one", async () => {
      await office.follower("小满", "你好");
      await office.follower("阿青", "在吗");
      await tell(`people-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/followers");
        await page.locator(".people-head p").waitFor();
        await owner.looksRight();
        await page.locator(".row-check").nth(0).check();
        await page.locator(".row-check").nth(1).check();
        await page.locator("button[value=tag]").click();
        await page.locator("#new_tag").waitFor();
        await owner.looksRight();
        await page.locator("#new_tag").fill("老客户");
        await page.locator("button[name=what][value=tag]").press("Enter");
        await owner.isAt(/^\/admin\/followers/);
        assert.equal(await page.locator(".tag-row .badge", { hasText: "老客户" }).count(), 2);
        await page.locator("a.main-link").first().click();
        await owner.isAt(/^\/admin\/followers\/\d+/);
        await owner.looksRight();
        assert.ok((await page.locator(".chat-entry").count()) > 0, "what happened is told");
        await page.locator("#remark").fill("茶庄王老板");
        await page.locator(".person-remark button").click();
        await page.locator(".person-name", { hasText: "茶庄王老板" }).waitFor();
        await page.locator(".tag-off").first().click();
        await page.locator(".tag-off").waitFor({ state: "detached" });
      });
    });

    test("a tag is renamed and taken away", async () => {
      await tell(`people-tags-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/tags/new");
        await page.locator("#name").fill("春茶");
        await page.locator("form .btn-primary").first().click();
        await owner.isAt(/^\/admin\/tags$/);
        await owner.looksRight();
        await page.locator("a.main-link", { hasText: "春茶" }).click();
        await page.locator("#name").fill("秋茶");
        await owner.looksRight();
        await page.locator("form .btn-primary").first().click();
        await page.locator("a.main-link", { hasText: "秋茶" }).waitFor();
      });
    });
  });
}
