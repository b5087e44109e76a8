// An endpoint: made, told what happens with a signature that fits, its log read, something sent again, paused and resumed.

import assert from "node:assert/strict";
import { tell } from "../office.mjs";
import { isSigned } from "./receiver.mjs";

export async function webhooks(office, receiver, way, size) {
  const fan = await office.follower("阿青");
  await tell(`webhooks-${size}`, [await office.owner(way)], async (owner) => {
    const { page } = owner;
    await owner.go("/admin/webhooks");
    await owner.looksRight();
    await owner.go("/admin/webhooks/new");
    await owner.looksRight();
    await owner.fill({ name: "ERP", url: "http://192.168.7.7/hook" });
    await owner.leads(() => owner.save());
    await page.locator("#f-url-error", { hasText: "192.168.7.7" }).waitFor();
    await owner.looksRight();
    await owner.fill({ url: `http://${receiver.address}/hook` });
    await owner.leads(() => owner.save());
    const key = (await page.locator(".copyfield code").innerText()).trim();
    await owner.looksRight();
    await owner.leads(() => page.locator(".card-body > .btn-primary").click());
    await owner.isAt(/^\/admin\/webhooks\/\d+$/);
    const path = new URL(page.url()).pathname;

    await owner.leads(() => page.locator("form[action$='/test'] button").click());
    assert.ok(isSigned(await receiver.delivery(1), key), "the test is signed");
    await page.locator(".note-good").first().waitFor();
    await fan.write("发货了吗");
    const told = await receiver.delivery(2);
    assert.ok(isSigned(told, key), "what happened is signed");
    assert.match(told.body, /message\.received/);

    const state = (kind) => page.locator(`tbody tr .state-${kind}`).first();
    await until(owner, "/admin/deliveries", () => state("good").isVisible());
    await owner.looksRight();
    await owner.leads(() => page.locator("a.main-link").first().click());
    await owner.isAt(/^\/admin\/deliveries\/\d+$/);
    await owner.looksRight();
    await page.locator("form[data-confirm] .btn-primary").first().click();
    await owner.confirms();
    const again = await receiver.delivery(3);
    assert.ok(isSigned(again, key));
    assert.equal(JSON.parse(again.body).id, JSON.parse(told.body).id, "sent again, it is the same event");

    // Paused: what happens waits, and comes when it goes on.
    await owner.go(path);
    await owner.leads(() => page.locator(".danger-row[action$='/pause'] button").click());
    await page.locator(".danger-row[action$='/resume']").waitFor();
    await owner.looksRight();
    await fan.write("还在吗");
    await until(owner, "/admin/deliveries", () => state("off").isVisible());
    assert.equal(receiver.came.length, 3, "nothing is sent while it is paused");
    await owner.go(path);
    await owner.leads(() => page.locator(".danger-row[action$='/resume'] button").click());
    assert.match((await receiver.delivery(4)).body, /message\.received/);

    // It does not answer as it should: the log says with what.
    receiver.status = 500;
    await fan.write("第三句");
    await receiver.delivery(5);
    await until(owner, path, () => page.locator("tbody .sub", { hasText: "500" }).first().isVisible());
    await owner.looksRight();
  });
}

/** Looks at a page again until it shows what is waited for. */
async function until(person, path, shown) {
  for (let tries = 0; ; tries++) {
    await person.go(path);
    if (await shown()) return;
    assert.ok(tries < 40, `${path} does not show it`);
    await person.page.waitForTimeout(250);
  }
}
