// Notices: a template out of the library, a test on a phone, the log; once without scripts.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Office, tell } from "./office.mjs";
import { NARROW, WIDE } from "./support.mjs";

const WAYS = [
  { language: "zh-CN", viewport: WIDE, colorScheme: "light" },
  { language: "en", viewport: NARROW, colorScheme: "dark" },
  { language: "zh-CN", viewport: WIDE, colorScheme: "dark", javaScriptEnabled: false },
];

/** What a phone has of the account that says this, waited for. */
async function arrives(fan, words) {
  for (let i = 0; i < 60; i++) {
    if (JSON.stringify(await fan.chat()).includes(words)) return;
    await new Promise((done) => setTimeout(done, 250));
  }
  assert.fail(`nothing arrived that says ${words}`);
}

for (const way of WAYS) {
  const size = `${way.viewport === NARROW ? "phone" : "desktop"}${way.javaScriptEnabled === false ? "-plain" : ""}`;
  const scripts = way.javaScriptEnabled !== false;

  describe(`notices, ${way.language}, ${size}`, () => {
    let office;
    before(async () => (office = await (await Office.demo(way.language)).open()));
    after(() => office?.stop());

    test("a template is taken, tested on a phone, and its outcome stands in the log", async () => {
      const fan = await office.follower("小满");
      await tell(`notices-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        const looksRight = async () => {
          // Axe needs scripts in the page.
          if (scripts) await owner.looksRight();
        };
        await owner.go("/admin/notices");
        await looksRight();
        await page.locator("a[href='/admin/notice_templates']").first().click();
        await owner.isAt(/^\/admin\/notice_templates$/);
        await looksRight();

        // The library of subscription notifications, and the words of one title.
        await owner.go("/admin/notice_templates/new");
        await page.locator(".notices-titles a").first().waitFor();
        await looksRight();
        await page.locator(".notices-titles a[href$='tid=2763']").click();
        await page.locator("[name=kids]").first().waitFor();
        await looksRight();

        // A template message needs no agreement.
        await page.locator("nav.tabs a[href*='way=template']").click();
        await owner.fill({ short: "1856", words: "快递公司，发货时间" });
        await looksRight();
        await owner.save();
        await owner.isAt(/^\/admin\/notice_templates\/\d+$/);
        await looksRight();

        // Too long: told beside the word, and what was typed stays.
        await owner.fill({ openid: fan.openid, "data.thing4": "顺丰速运", "data.time3": "下午" });
        await owner.save();
        await page.locator(".is-invalid [name='data.time3']").waitFor();
        assert.equal(await owner.field("data.thing4").inputValue(), "顺丰速运");
        await looksRight();
        await owner.fill({ "data.time3": "15:01" });
        await owner.save();
        await owner.isAt(/^\/admin\/notices\/\d+$/);
        await looksRight();
        await arrives(fan, "顺丰速运");
        for (let i = 0; i < 40 && (await page.locator("#state").getAttribute("data-state")) !== "delivered"; i++) {
          await new Promise((done) => setTimeout(done, 250));
          await page.reload();
        }
        assert.equal(await page.locator("#state").getAttribute("data-state"), "delivered");
        await looksRight();
        await owner.go("/admin/notices");
        await page.locator("a.main-link").first().waitFor();
        await looksRight();
      });
    });

    test("one that WeChat refuses says why, and is sent again once they agree", async () => {
      const fan = await office.follower("阿青");
      await tell(`notices-refused-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/notice_templates/new?way=subscribe&tid=1856");
        await page.locator("[name=kids][value='3']").check();
        await page.locator("[name=kids][value='4']").check();
        await owner.fill({ scene: "发货" });
        await owner.save();
        await owner.isAt(/^\/admin\/notice_templates\/\d+$/);
        await owner.fill({ openid: fan.openid, "data.thing4": "中通快递", "data.time3": "16:02" });
        await owner.save();
        await owner.isAt(/^\/admin\/notices\/\d+$/);
        for (let i = 0; i < 40 && (await page.locator("#state").getAttribute("data-state")) !== "failed"; i++) {
          await new Promise((done) => setTimeout(done, 250));
          await page.reload();
        }
        await page.locator(".note-warn small", { hasText: "43101" }).waitFor();
        if (scripts) await owner.looksRight();
        assert.equal(await page.locator("form[action$='/do/again'] button").count(), 1);
      });
    });
  });
}
