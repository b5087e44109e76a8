// QR channels: one is made, its poster saved as picture and drawing, somebody scans it on the phone, and the page tells of it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { Office, tell } from "./office.mjs";
import { NARROW, WIDE } from "./support.mjs";

const WAYS = [
  { language: "zh-CN", viewport: WIDE, colorScheme: "light" },
  { language: "en", viewport: NARROW, colorScheme: "dark" },
];

for (const way of WAYS) {
  const size = way.viewport === NARROW ? "phone" : "desktop";

  describe(`channels, ${way.language}, ${size}`, () => {
    let office;
    before(async () => (office = await (await Office.demo(way.language)).open()));
    after(() => office?.stop());

    test("a channel is made, its poster saved, and a scan counted", async () => {
      await tell(`channels-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/channels");
        await owner.looksRight();
        await owner.go("/admin/channels/new");
        await owner.looksRight();
        await owner.fill({ name: "春茶节 <柜台>", scene: "story-fair" });
        await owner.save();
        await owner.isAt(/^\/admin\/channels\/\d+$/);
        await page.locator(".channel-qr svg").waitFor();
        await owner.looksRight();

        const path = new URL(page.url()).pathname;
        const jpeg = await page.request.get(new URL(`${path}/picture`, page.url()).href);
        assert.equal(jpeg.headers()["content-type"], "image/jpeg");
        await owner.go(`${path}/poster?size=a6`);
        await page.locator(".channel-paper svg").first().waitFor();
        await owner.looksRight();
        const [saved] = await Promise.all([page.waitForEvent("download"), page.locator("[data-png]").click()]);
        const picture = await readFile(await saved.path());
        assert.deepEqual([...picture.subarray(1, 4)], [...Buffer.from("PNG")]);
        // 105 mm at 300 dots an inch.
        assert.ok(Math.abs(picture.readUInt32BE(16) - 1240) <= 6, `${picture.readUInt32BE(16)} wide`);
        const drawing = await page.request.get(new URL(`${path}/poster?size=a6&as=svg`, page.url()).href);
        assert.match(await drawing.text(), /春茶节 &lt;柜台&gt;/);

        const { apps } = await office.wechat("GET", "/state");
        const held = await office.wechat("POST", "/phones", { appid: apps[0].appid, nickname: "小满" });
        await office.wechat("POST", `/phones/${held.appid}/${held.openid}/act`, { action: "scan", scene: "story-fair" });
        const told = async () => {
          await owner.go(path);
          return (await page.locator(".channel-page tbody tr").count()) === 1;
        };
        for (let tries = 0; !(await told()); tries++) {
          assert.ok(tries < 40, "the scan was not counted");
          await page.waitForTimeout(500);
        }
        await page.locator(".chart canvas").first().waitFor();
        await owner.looksRight();
        await page.locator(".channel-page a[href*='days=7']").click();
        await page.locator(".channel-page a[href*='days=7'][aria-current]").waitFor();
        await owner.go("/admin/channels");
        await page.locator("a.main-link", { hasText: "春茶节" }).first().waitFor();
        await owner.looksRight();
      });
    });

    test("it goes without scripts", async () => {
      await tell(`channels-plain-${size}`, [await office.owner({ ...way, javaScriptEnabled: false })], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/channels/new");
        await owner.fill({ name: "Parcel", scene: "story-parcel" });
        await owner.save();
        await owner.isAt(/^\/admin\/channels\/\d+$/);
        for (let tries = 0; (await page.locator(".channel-qr svg").count()) === 0; tries++) {
          assert.ok(tries < 40, "the code was not made");
          await page.waitForTimeout(500);
          await page.reload();
        }
      });
    });
  });
}
