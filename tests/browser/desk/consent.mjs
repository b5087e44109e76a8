// A follower agrees, on their phone, to show name and picture; and one who does not is asked no further.

import assert from "node:assert/strict";
import { tell } from "../office.mjs";
import { NARROW } from "../support.mjs";

export async function consent(office, way, size) {
  const fan = await office.follower("桂花", "你好");
  // The phone is a phone in both ways; the owner looks at it as the way says.
  await tell(`consent-${size}`, [await office.somebody({ ...way, viewport: NARROW }), await office.owner(way)], async (phone, owner) => {
    const { page } = phone;
    const hello = `${office.origin}/wechat/tea/hello`;
    const person = page.locator(`a.person[href*="${fan.openid}"]`);

    // They refuse: nothing is kept, and the page says how to come again.
    await page.goto(hello);
    await person.click();
    await page.locator(".button.plain").click();
    await page.waitForURL(/\/hello\/back/);
    await phone.looksRight();
    await owner.go(`/admin/followers?q=${fan.openid}`);
    const row = await owner.page.locator("a.main-link").first().evaluate((link) => link.pathname);

    await page.goto(hello);
    if (await person.count()) await person.click();
    await page.locator(".button:not(.plain)").click();
    await page.waitForURL(/\/hello\/back/);
    await page.getByText("桂花").first().waitFor();
    await phone.looksRight();
    // Looked at again, the code is used up, and that is fine.
    await page.reload();
    await page.getByText("桂花").first().waitFor();

    await owner.go(row);
    assert.match(await owner.page.locator(".person-named").innerText(), /consent|agreed|授权|同意/i);
    await owner.looksRight();
    // Somebody else's answer, made up, is none.
    const made = await page.request.get(`${hello}/back?code=made-up&state=made-up`, { headers: { cookie: "" } });
    assert.ok(!(await made.text()).includes(fan.openid));
  });
}
