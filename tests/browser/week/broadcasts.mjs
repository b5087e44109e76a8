// A broadcast: written, looked at on a phone, approved by somebody else, and it arrives.

import assert from "node:assert/strict";
import { tell } from "../office.mjs";

export async function broadcasts(office, way, size) {
  const fan = await office.follower("小满", "你好");
  const words = size === "phone" ? "New tea is here" : "新茶到了";
  await tell(`broadcasts-${size}`, [await office.owner(way), await office.member("manager", way)], async (owner, manager) => {
    const { page } = owner;
    await owner.go("/admin/broadcasts");
    await owner.looksRight();
    await owner.go("/admin/broadcasts/new");
    await page.locator("#f-name").fill("Spring");
    await page.locator("#f-text").fill(words);
    await page.locator("input[name=to][value=all]").check();
    await page.locator("#broadcast-box .broadcast-bubble", { hasText: words }).waitFor();
    assert.equal(await page.locator("#f-draft_id").isVisible(), false, "what is not chosen is not asked");
    await owner.looksRight();
    await page.locator("[data-save]").click();
    await owner.isAt(/^\/admin\/broadcasts\/\d+$/);
    const path = new URL(page.url()).pathname;
    await page.locator("#phone").fill(fan.openid);
    await page.locator("form[action$='/preview'] button").click();
    await owner.isAt(/^\/admin\/broadcasts\/\d+$/);
    await page.locator("form[action$='/submit'] button").click();
    await page.locator(".state", { hasText: /For approval|待批准/ }).first().waitFor();
    assert.equal(await page.locator("form[action$='/approve']").count(), 0, "nobody approves their own");
    await owner.looksRight();

    await manager.go(path);
    await manager.looksRight();
    await manager.page.locator("form[action$='/approve'] button").click();
    const confirm = manager.page.locator("dialog[open] .btn-primary, dialog[open] .btn-danger").first();
    if (await confirm.count()) await confirm.click();
    await manager.page.locator(".state", { hasText: /^(Sent|已发送)$/ }).first().waitFor({ timeout: 30_000 });
    await manager.looksRight();
    assert.ok(JSON.stringify(await fan.chat()).split(words).length > 2, "the preview and the message are on the phone");
  });
}
