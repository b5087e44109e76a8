// The menu: made by pressing and by dragging, compared, published, seen on a phone, brought back; and without scripts.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Office, tell } from "./office.mjs";
import { NARROW, WIDE } from "./support.mjs";

const WAYS = [
  { language: "zh-CN", viewport: WIDE, colorScheme: "light" },
  { language: "en", viewport: NARROW, colorScheme: "dark" },
];

/** Presses a step of the editor, and waits for the form that it brings. */
async function step(page, value) {
  const old = await page.locator("#menu-form").elementHandle();
  await page.locator(`#menu-form button[name=do][value="${value}"]:visible`).first().click();
  await page.waitForFunction((was) => !was.isConnected, old);
}

/** Waits for a form whose bar reads like this. */
async function barIs(page, names) {
  await page.waitForFunction(
    (wanted) => [...document.querySelectorAll(".menu-bar .menu-slot")].map((slot) => slot.textContent.replace("≡", "").trim()).join() === wanted,
    names.join(),
  );
}

/** Publishes what the comparison shows, and waits until it is live. */
async function publish(owner) {
  const { page } = owner;
  await page.locator("form[action='/admin/menus/publish'] .btn-primary").click();
  await owner.isAt(/^\/admin\/menus\/publications\/\d+$/);
  await page.locator("#publication .state-good").waitFor({ timeout: 20_000 });
}

for (const way of WAYS) {
  const size = way.viewport === NARROW ? "phone" : "desktop";

  describe(`menus, ${way.language}, ${size}`, () => {
    let office;
    before(async () => (office = await (await Office.demo(way.language)).open()));
    after(() => office?.stop());

    test("a menu is made, published, seen, and an earlier one comes back", async () => {
      const { apps } = await office.wechat("GET", "/state");
      await tell(`menus-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/menus");
        await owner.looksRight();
        // Whatever the demo has: begin with nothing.
        while ((await page.locator(".menu-bar .menu-slot").count()) > 0) {
          await step(page, "select:b.0");
          await step(page, "remove:b.0");
        }
        for (const [at, name] of [["b.0", "今日"], ["b.1", "商城"]]) {
          await step(page, "add:b");
          await owner.fill({ [`${at}.name`]: name, [`${at}.value`]: at === "b.0" ? "TODAY" : "SHOP" });
        }
        await page.locator("#chosen-kind").selectOption("view");
        await page.locator("#chosen-value[inputmode=url]").waitFor();
        await page.locator("#chosen-value").fill("https://shop.example/");
        await step(page, "add:b");
        await owner.fill({ "b.2.name": "更多" });
        await step(page, "add:b.2");
        await owner.fill({ "b.2.sub.0.name": "客服", "b.2.sub.0.value": "HELP" });
        await owner.looksRight();
        // By the keyboard, and by dragging where there is a mouse.
        await page.locator("[data-place='b.1'] .menu-slot").focus();
        await page.keyboard.press("Alt+ArrowLeft");
        await barIs(page, ["商城", "今日", "更多"]);
        // The focus goes with the button.
        await page.waitForFunction(() => document.activeElement?.id === "slot-b.0");
        await page.keyboard.press("Alt+ArrowRight");
        await barIs(page, ["今日", "商城", "更多"]);
        await page.waitForFunction(() => document.activeElement?.id === "slot-b.1");
        await page.keyboard.press("Alt+ArrowLeft");
        await barIs(page, ["商城", "今日", "更多"]);
        if (size === "desktop") {
          await page.locator("[data-place='b.2'] .drag-handle").dragTo(page.locator("[data-place='b.0'] .menu-slot"));
          await page.waitForFunction(() => document.querySelector(".menu-bar .menu-slot")?.textContent.includes("更多"));
        }
        await page.locator("button[name=then]").click();
        await owner.isAt(/^\/admin\/menus\/compare$/);
        assert.ok((await page.locator("#differences").count()) === 1);
        await owner.looksRight();
        await publish(owner);
        await owner.looksRight();
        const { apps: now } = await office.wechat("GET", "/state");
        const live = now.find((app) => app.appid === apps[0].appid).menu.button;
        assert.deepEqual(live.map((button) => button.name).sort(), ["今日", "商城", "更多"].sort());

        await owner.go("/admin/menus");
        await page.locator("#chosen-name").fill("一个太长的名字");
        assert.ok(await page.locator(".menu-bytes.is-over").isVisible(), "bytes are counted");
        await page.locator("#chosen-name").fill("新品");
        await page.locator("button[name=then]").click();
        await owner.isAt(/^\/admin\/menus\/compare$/);
        await publish(owner);

        await owner.go("/admin/menus/versions");
        await owner.looksRight();
        await page.locator("tbody a.main-link").nth(1).click();
        await owner.isAt(/^\/admin\/menus\/versions\/\d+$/);
        await owner.looksRight();
        await page.locator(".page-actions .btn-primary").click();
        await owner.isAt(/^\/admin\/menus\/compare$/);
        await publish(owner);
      });
    });

    test("a menu for some people is told apart", async () => {
      await tell(`menus-some-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/menus");
        await step(page, "menu-add:");
        await page.locator("#whom-name").fill("苹果手机");
        await page.locator("#whom-platform").selectOption("1");
        await step(page, "select:c.0.b.0");
        await page.locator("#chosen-name").fill("苹果");
        await owner.looksRight();
        await page.locator("button[name=then]").click();
        await owner.isAt(/^\/admin\/menus\/compare$/);
        await owner.sees("苹果手机");
        // WeChat refuses: it is said, and goes on when a person says so.
        await office.wechat("PUT", "/faults", { refuse: { "/cgi-bin/menu/addconditional": 65303 } });
        await page.locator("form[action='/admin/menus/publish'] .btn-primary").click();
        await page.locator("#publication .state-bad").waitFor({ timeout: 20_000 });
        await owner.sees("65303");
        await owner.looksRight();
        await office.wechat("PUT", "/faults", {});
        await page.locator("#publication form .btn-primary").click();
        await page.locator("#publication .state-good").waitFor({ timeout: 20_000 });
      });
    });
  });
}

describe("menus without scripts", () => {
  let office;
  before(async () => (office = await (await Office.demo("zh-CN")).open()));
  after(() => office?.stop());

  test("every step works by its button", async () => {
    await tell("menus-no-script", [await office.owner({ javaScriptEnabled: false })], async (owner) => {
      const { page } = owner;
      const press = async (value) => page.locator(`#menu-form button[name=do][value="${value}"]:visible`).first().click();
      await owner.go("/admin/menus");
      while ((await page.locator(".menu-bar .menu-slot").count()) > 0) {
        await page.locator(".menu-bar .menu-slot").first().click();
        await press("remove:b.0");
      }
      await press("add:b");
      await owner.fill({ "b.0.name": "今日", "b.0.value": "TODAY" });
      await press("add:b");
      await owner.fill({ "b.1.name": "商城" });
      await page.locator("#chosen-kind").selectOption("view");
      await page.locator(".menu-line .without-script").click();
      await owner.fill({ "b.1.value": "https://shop.example/" });
      await press("back:b.1");
      assert.deepEqual(await page.locator(".menu-bar .menu-slot").allInnerTexts(), ["商城", "今日"]);
      await page.locator("button[name=then]").click();
      await page.locator("form[action='/admin/menus/publish'] .btn-primary").click();
      await page.waitForURL(/\/admin\/menus\/publications\/\d+$/);
      await page.locator("#publication .state-good").waitFor({ timeout: 20_000 });
    });
  });
});
