// Broadcasts: written, looked at on a phone, approved by somebody else, and on the followers' phones; one that is sent
// back; a list of people; once without scripts.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Office, tell } from "./office.mjs";
import { NARROW, WIDE } from "./support.mjs";

const WAYS = [
  { language: "zh-CN", viewport: WIDE, colorScheme: "light" },
  { language: "en", viewport: NARROW, colorScheme: "dark" },
  { language: "en", viewport: WIDE, colorScheme: "dark", javaScriptEnabled: false },
];
const WORDS = {
  "zh-CN": { name: "春茶上市", text: "新茶到了，今天下单明天发。", wrong: "价格写错了", better: "新茶到了，三天内下单有赠品。" },
  en: { name: "Spring tea", text: "New tea is here: order today.", wrong: "The price is wrong", better: "New tea is here, with a gift for three days." },
};

/** How often these words stand on a phone, once they do. */
async function arrives(fan, words) {
  const times = async () => JSON.stringify(await fan.chat()).split(JSON.stringify(words).slice(1, -1)).length - 1;
  for (let i = 0; i < 80; i++) {
    if (await times()) return times();
    await new Promise((done) => setTimeout(done, 250));
  }
  assert.fail(`nothing arrived that says ${words}`);
}

for (const way of WAYS) {
  const scripts = way.javaScriptEnabled !== false;
  const size = `${way.viewport === NARROW ? "phone" : "desktop"}${scripts ? "" : "-plain"}`;
  const words = WORDS[way.language];

  describe(`broadcasts, ${way.language}, ${size}`, () => {
    let office;
    before(async () => (office = await (await Office.demo(way.language)).open()));
    after(() => office?.stop());

    /** Axe needs scripts in the page. */
    const looksRight = async (person) => {
      if (scripts) await person.looksRight();
    };
    /** Presses the button of a step, and says yes where the page asks. */
    const press = async (person, step) => {
      const button = person.page.locator(`form[action$="/${step}"] button`).first();
      await person.leads(async () => {
        await button.click();
        const yes = person.page.locator("dialog[open] .btn-danger, dialog[open] .btn-primary").last();
        if (scripts && (await button.locator("xpath=ancestor::form[@data-confirm]").count())) await yes.click();
      });
    };
    /** Waits until the page says this state. */
    const stands = async (person, state) => {
      for (let i = 0; i < 120; i++) {
        if (await person.page.locator(`[data-state="${state}"]`).count()) return;
        await new Promise((done) => setTimeout(done, 250));
        if (!scripts) await person.page.reload();
      }
      assert.fail(`it never was ${state}: ${await person.page.locator("main").innerText()}`);
    };
    const write = async (person, name, text) => {
      const { page } = person;
      await person.go("/admin/broadcasts/new");
      assert.equal(await page.locator("#f-draft_id").isVisible(), false, "what is not chosen is not asked");
      await person.fill({ name, text });
      if (scripts) await page.locator("#broadcast-box .broadcast-bubble", { hasText: text }).waitFor();
      await looksRight(person);
    };

    test("one writes, a colleague sends back, then approves, and it is on the phone once", async () => {
      const fan = await office.follower("小满", "你好");
      await office.follower("阿青", "你好");
      const people = [await office.owner(way), await office.member("manager", way)];
      await tell(`broadcasts-${size}`, people, async (owner, manager) => {
        const { page } = owner;
        await owner.go("/admin/broadcasts");
        await looksRight(owner);

        // Nothing to say: told beside the field, and what was typed stays.
        await owner.go("/admin/broadcasts/new");
        await owner.fill({ name: words.name });
        await owner.save();
        await page.locator("#f-text-error", { hasText: /\S/ }).waitFor();
        assert.equal(await owner.field("name").inputValue(), words.name);
        await looksRight(owner);

        // Each kind and each audience asks for its own.
        await owner.go("/admin/broadcasts/new");
        for (const [kind, field] of [["mpnews", "#f-draft_id"], ["voice", "#f-voice_id"], ["mpvideo", "#f-video_id"], ["text", "#f-text"]]) {
          await page.locator(`[name=kind][value=${kind}]`).check();
          assert.ok(await page.locator(field).isVisible(), kind);
          await looksRight(owner);
        }
        for (const [to, field] of [["tag", "#f-tag"], ["filter", "#f-filter-tag"], ["file", "#f-list"]]) {
          await page.locator(`[name=to][value=${to}]`).check();
          assert.ok(await page.locator(field).isVisible(), to);
          await looksRight(owner);
        }

        await write(owner, words.name, words.text);
        await owner.leads(() => owner.save());
        await owner.isAt(/^\/admin\/broadcasts\/\d+$/);
        const path = new URL(page.url()).pathname;
        await looksRight(owner);
        await owner.fill({ phone: fan.openid });
        await press(owner, "preview");
        assert.equal(await arrives(fan, words.text), 1, "the preview");
        await press(owner, "submit");
        await stands(owner, "waiting");
        assert.equal(await page.locator("form[action$='/approve']").count(), 0, "nobody approves their own");
        await looksRight(owner);

        // The colleague sends it back; it is mended and submitted anew.
        await manager.go(path);
        await looksRight(manager);
        await manager.fill({ why: words.wrong });
        await press(manager, "reject");
        await stands(manager, "draft");
        await owner.go(`${path}/edit`);
        await owner.sees(words.name);
        await owner.fill({ text: words.better });
        await owner.leads(() => owner.save());
        await owner.sees(words.wrong);
        await press(owner, "submit");
        await stands(owner, "waiting");
        await manager.go(path);
        await press(manager, "approve");
        await stands(manager, "done");
        await looksRight(manager);
        assert.equal(await arrives(fan, words.better), 1);
        await owner.go("/admin/broadcasts");
        await owner.sees(words.name);
        await looksRight(owner);
      });
    });

    test("a list is named by its people, and what is given up is not sent", async () => {
      const fans = [await office.follower("一一", "在吗"), await office.follower("二二", "在吗")];
      await tell(`broadcasts-list-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await write(owner, words.name, words.text);
        await page.locator("[name=to][value=file]").check();
        await owner.fill({ list: fans[0].openid });
        await owner.save();
        await page.locator("#f-list-error", { hasText: /\S/ }).waitFor();
        await looksRight(owner);
        await owner.fill({ list: `openid\n${fans.map((fan) => fan.openid).join("\n")}` });
        await owner.leads(() => owner.save());
        await owner.isAt(/^\/admin\/broadcasts\/\d+$/);
        await press(owner, "submit");
        await stands(owner, "waiting");
        await looksRight(owner);
        await press(owner, "cancel");
        await stands(owner, "cancelled");
        await looksRight(owner);
        assert.ok(!JSON.stringify(await fans[0].chat()).includes(words.text));
      });
    });
  });
}
