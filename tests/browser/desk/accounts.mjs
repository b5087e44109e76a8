// An account looked after: its checks, its quotas set back once however often one presses, its settings, an agent's code.

import assert from "node:assert/strict";
import { tell } from "../office.mjs";

export async function accounts(office, way, size) {
  await office.follower("小满", "你好");
  await tell(`accounts-${size}`, [await office.owner(way)], async (owner) => {
    const { page } = owner;
    await owner.go("/admin/accounts");
    await owner.leads(() => page.locator("a.main-link").first().click());
    await owner.isAt(/^\/admin\/accounts\/\d+$/);
    const path = new URL(page.url()).pathname;

    // Each check by itself, then all of them.
    await owner.leads(() => page.locator(".health-item button").first().click());
    await page.locator(".health-item").nth(0).locator(".state-good").waitFor();
    await owner.leads(() => page.locator("form[action$='/check']:not(.health-item *) button").click());
    await page.waitForFunction(() => document.querySelectorAll(".health-item .state-good").length === 6);
    for (const more of await page.locator(".health-item summary").all()) await more.click();
    await owner.looksRight();

    await owner.go(`${path}/quota`);
    await owner.leads(() => page.locator("form[action$='/quota/refresh'] button").click());
    await page.locator(".quotas .num").first().waitFor();
    await owner.looksRight();
    await owner.leads(() => page.locator(".quota-clear a").first().click());
    const asked = page.url();
    await owner.looksRight();
    const wanted = await page.locator("form[action$='/quota/clear']").evaluate((form) => Object.fromEntries(new FormData(form)));
    await owner.leads(() => page.locator("form[action$='/quota/clear'] .btn-danger").click());
    await owner.isAt(/\/quota$/);
    const cleared = page.locator("section:not(.danger-zone) .table:not(.quotas) tbody tr");
    assert.equal(await cleared.count(), 1);
    await owner.looksRight();
    // The same form once more, as an impatient finger or a reloaded page sends it.
    await page.request.post(asked.split("?")[0], { form: wanted, headers: { origin: office.origin } });
    await page.reload();
    assert.equal(await cleared.count(), 1, "it was set back twice");

    await owner.go(`${path}/settings`);
    const number = page.locator("input[inputmode=numeric]").first();
    const name = await number.getAttribute("name");
    await number.fill("99999");
    await owner.leads(() => owner.save());
    await page.locator(".error", { hasText: /\S/ }).first().waitFor();
    assert.equal(await owner.field(name).inputValue(), "99999", "what was typed stays");
    await owner.looksRight();
    await owner.fill({ [name]: "45" });
    await owner.leads(() => owner.save());
    await owner.go(`${path}/settings`);
    assert.equal(await owner.field(name).inputValue(), "45");

    const { apps } = await office.wechat("GET", "/state");
    await owner.go("/admin/agents");
    await owner.looksRight();
    await owner.go("/admin/agents/new");
    await owner.fill({ nickname: "小茶", kf_account: `tea@${apps[0].original_id}` });
    await owner.looksRight();
    await owner.leads(() => owner.save());
    await owner.isAt(/^\/admin\/agents\/\d+$/);
    await owner.leads(() => page.locator("a[href$='/qr']").first().click());
    await owner.looksRight();
    await owner.leads(() => page.locator("form[action$='/qr'] button").click());
    await page.locator(".agent-qr svg").waitFor();
    await owner.looksRight();
    const [saved] = await Promise.all([page.waitForEvent("download"), page.locator("a[download]").click()]);
    assert.match(saved.suggestedFilename(), /\.svg$/);
    await owner.go("/admin/agents");
    await page.locator("a.main-link", { hasText: "小茶" }).waitFor();
    await owner.looksRight();
  });
}
