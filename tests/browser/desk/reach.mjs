// A member limited to one account, made in the page: nothing of the other account is there for them.

import assert from "node:assert/strict";
import { tell } from "../office.mjs";

const SECRET = "海棠秘密订单";

export async function reach(office, way, size) {
  const fan = await office.follower("海棠", SECRET);
  const login = `north-${size}`;
  const password = "a long password 42";
  await tell(`reach-${size}`, [await office.owner(way), await office.somebody(way)], async (owner, member) => {
    const { page } = owner;
    await owner.go("/admin/accounts/new");
    await owner.fill({
      name: "North", appid: "wx0123456789abcdef", secret: "0123456789abcdef0123456789abcdef",
      contact_name: "Lin", contact_phone: "021-5550-0100", contact_email: "lin@example.com",
    });
    await owner.leads(() => owner.save());
    const north = await ofAccount(owner, "North");

    await owner.go("/admin/staff/new");
    await owner.fill({ name: "North only", login, password });
    await page.locator("[name=role]").selectOption("manager");
    await page.locator("[name=reach]").selectOption("some");
    await page.locator(`[name=accounts][value="${north}"]`).check();
    await owner.looksRight();
    await owner.leads(() => owner.save());
    await owner.isAt(/^\/admin\/staff\/\d+$/);
    await owner.looksRight();

    // What the owner finds: the addresses that the other must not reach.
    const addresses = [await first(owner, "/admin/followers", `?q=${fan.openid}`), await first(owner, "/admin/calls")];
    const chat = await first(owner, "/admin/chats");
    await owner.go(`/admin/chats/said?q=${encodeURIComponent(SECRET)}`);
    await page.locator(".said-hit").first().waitFor();

    await member.signIn(login, password);
    for (const list of ["/admin/followers", "/admin/chats", "/admin/calls", "/admin/agents", "/admin/tags", "/admin/webhooks", "/admin/runs", "/admin/audit", "/admin/inbox"]) {
      const answer = await member.page.goto(office.origin + list);
      if (answer.status() === 403) continue;
      assert.equal(answer.status(), 200, list);
      assert.equal(await member.page.getByText("海棠").count(), 0, `${list} tells of the other account`);
      assert.equal(await member.page.locator("main .row-check").count(), 0, `${list} has rows`);
    }
    await member.looksRight();
    await member.go(`/admin/chats/said?q=${encodeURIComponent(SECRET)}`);
    assert.equal(await member.page.locator(".said-hit").count(), 0, "the search in what was said");
    await member.looksRight();
    const found = await member.page.request.get(`${office.origin}/admin/search?q=${encodeURIComponent("海棠")}`);
    assert.doesNotMatch(await found.text(), new RegExp(fan.openid), "the search for everything");
    await member.go("/admin/accounts");
    assert.deepEqual(await member.page.locator("tbody tr a.main-link").evaluateAll((all) => all.map((one) => one.pathname)), [`/admin/accounts/${north}`]);
    for (const path of [...addresses, chat, "/admin/accounts/1", "/admin/accounts/1/quota", "/admin/accounts/1/settings"]) {
      const answer = await member.page.goto(office.origin + path);
      assert.equal(answer.status(), 404, path);
    }
    await member.looksRight();
  });
}

/** The number of the account of that name. */
async function ofAccount(owner, name) {
  await owner.go("/admin/accounts");
  const path = await owner.page.locator("a.main-link", { hasText: name }).evaluate((link) => link.pathname);
  return path.split("/").at(-1);
}

/** Where the list's first row leads. */
async function first(owner, list, query = "") {
  await owner.go(list + query);
  return owner.page.locator("tbody tr a.main-link").first().evaluate((link) => link.pathname);
}
