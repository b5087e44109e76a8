// Stories of the admin, in both languages and at both sizes.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { Office, tell } from "./office.mjs";
import { NARROW, WIDE } from "./support.mjs";

const WAYS = [
  { language: "zh-CN", viewport: WIDE, colorScheme: "light" },
  { language: "en", viewport: NARROW, colorScheme: "dark" },
];

const unique = () => Math.random().toString(36).slice(2, 8);

for (const way of WAYS) {
  const size = way.viewport === NARROW ? "phone" : "desktop";

  describe(`the first run, ${way.language}, ${size}`, () => {
    let office;
    before(async () => (office = await (await Office.empty(way.language)).open()));
    after(() => office?.stop());

    test("leads from nothing to a verified account", async () => {
      await tell(`first-run-${size}`, [await office.somebody(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin");
        await owner.isAt(/^\/admin\/setup$/);
        await owner.looksRight();
        await owner.fill({ login: "boss", name: "Lin", password: "short", password_again: "short" });
        await page.press("[name=password_again]", "Enter");
        await page.locator(".error:visible").filter({ hasText: /\S/ }).first().waitFor();
        assert.equal(await owner.field("login").inputValue(), "boss", "what was typed stays");
        await owner.fill({ password: "a long password 42", password_again: "a long password 42" });
        await page.press("[name=password_again]", "Enter");
        await owner.isAt(/^\/admin\/setup\/account$/);
        await owner.looksRight();
        const account = { name: "Tea", appid: "wx0123456789abcdef", secret: "0123456789abcdef0123456789abcdef", contact_name: "Lin", contact_phone: "021-5550-0100", contact_email: "lin@example.com" };
        await owner.fill({ ...account, appid: "nonsense" });
        await page.press("[name=contact_email]", "Enter");
        await page.locator(".error:visible").filter({ hasText: /\S/ }).first().waitFor();
        await owner.fill(account);
        await page.press("[name=contact_email]", "Enter");
        await owner.isAt(/^\/admin\/setup\/connect\/\d+$/);
        await owner.looksRight();
        const [url, token] = await page.locator(".paste input, .paste code").evaluateAll((all) => all.map((one) => one.value ?? one.textContent));
        await arriveAsWeChat(url.trim(), token.trim());
        await page.locator(".note-good").waitFor();
        await page.locator("#arrival .btn-primary").click();
        await owner.isAt(/^\/admin\/setup\/done$/);
        await owner.looksRight();
      });
    });
  });

  describe(`the admin, ${way.language}, ${size}`, () => {
    let office;
    before(async () => (office = await (await Office.demo(way.language)).open()));
    after(() => office?.stop());

    test("every page can be read by everybody", async () => {
      await office.follower("小满", "你好");
      await tell(`pages-${size}`, [await office.owner(way)], async (owner) => {
        const pages = ["/admin", "/admin/inbox", "/admin/rules", "/admin/rules/new", "/admin/rules/test", "/admin/rules/import", "/admin/phrases", "/admin/phrases/new",
          "/admin/followers", "/admin/followers/1", "/admin/jobs", "/admin/accounts", "/admin/accounts/new", "/admin/accounts/1", "/admin/accounts/1/edit", "/admin/staff", "/admin/staff/new", "/admin/staff/1", "/admin/roles",
          "/admin/roles/new", "/admin/tokens", "/admin/audit", "/admin/settings", "/admin/me", "/api/v1"];
        for (const path of pages) {
          await owner.go(path);
          await owner.looksRight();
        }
      });
    });

    test("a phrase is made with the keyboard alone", async () => {
      const title = `Hello ${unique()}`;
      await tell(`create-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/phrases");
        await page.keyboard.press("n");
        await owner.isAt(/^\/admin\/phrases\/new$/);
        await page.locator("[name=title]:focus").waitFor();
        await page.keyboard.press("Control+Enter");
        assert.match(await owner.problemOf("title"), /\S/);
        await page.locator("[name=title]:focus").waitFor();
        await page.keyboard.type(title);
        await page.keyboard.press("Tab");
        await page.keyboard.type("{nickname}, hello!");
        await page.keyboard.press("Control+Enter");
        await owner.isAt(/^\/admin\/phrases\/\d+$/);
        await owner.sees(title);
      });
    });

    test("two who edit the same phrase see both versions", async () => {
      const title = `Both ${unique()}`;
      await tell(`conflict-${size}`, [await office.owner(way), await office.owner(way)], async (first, second) => {
        await newPhrase(first, title, "As it was");
        const edit = `${new URL(first.page.url()).pathname}/edit`;
        await first.go(edit);
        await second.go(edit);
        await first.fill({ text: "As the first wants it" });
        await first.save();
        await first.isAt(/^\/admin\/phrases\/\d+$/);
        await second.fill({ text: "As the second wants it" });
        await second.save();
        await second.sees("As the first wants it");
        await second.sees("As the second wants it");
        await second.looksRight();
        await second.page.locator("[data-field=text] input[value=mine]").check();
        await second.save();
        await second.isAt(/^\/admin\/phrases\/\d+$/);
        await second.sees("As the second wants it");
      });
    });

    test("several phrases are deleted at once", async () => {
      const mark = unique();
      await tell(`bulk-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        for (const n of [1, 2, 3]) await newPhrase(owner, `${mark} ${n}`, "To be deleted");
        await owner.go(`/admin/phrases?q=${mark}`);
        for (const n of [1, 2]) await page.locator(".row-check").nth(n).check();
        await page.locator(".bulk button[value=delete]").click();
        await owner.confirms();
        await owner.go(`/admin/phrases?q=${mark}`);
        assert.equal(await page.locator(".row-check").count(), 1);
      });
    });

    test("a file with faulty lines changes nothing; mended, it does, and is taken back", async () => {
      const mark = unique();
      await tell(`import-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        const lines = (second) => `title,text,position\n${mark} a,Good,1\n${second}\n`;
        await upload(owner, lines(`,No title,2`));
        await page.locator(".text-bad").first().waitFor();
        await owner.looksRight();
        await owner.go(`/admin/phrases?q=${mark}`);
        assert.equal(await page.locator(".row-check").count(), 0);
        await upload(owner, lines(`${mark} b,Good too,2`));
        await owner.leads(() => page.locator("main form .btn-primary").first().click());
        await owner.go(`/admin/phrases?q=${mark}`);
        assert.equal(await page.locator(".row-check").count(), 2);
        await owner.go("/admin/phrases/import");
        await page.locator("form[action$=undo] button").first().click();
        await owner.confirms();
        await owner.go(`/admin/phrases?q=${mark}`);
        assert.equal(await page.locator(".row-check").count(), 0);
      });
    });

    test("a rule is written, seen as the phone shows it, tried, and answers", async () => {
      const word = `茶${unique()}`;
      await tell(`rule-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/rules/new");
        await owner.fill({ name: `Rule ${word}`, "trigger.words": word });
        await owner.field("answer.content").fill("一壶好茶");
        await page.locator("[data-preview], .rule-preview, .phone").getByText("一壶好茶").first().waitFor();
        await owner.looksRight();
        await owner.save();
        await owner.isAt(/^\/admin\/rules$/);
        await owner.sees(word);
        const fan = await office.follower("阿茶");
        await until("the rule to answer", async () => {
          await fan.write(word);
          return JSON.stringify(await fan.chat()).includes("一壶好茶");
        });
      });
    });

    test("two of the staff answer one follower and see each other", async () => {
      const follower = await office.follower(`小雨${unique()}`, "在吗");
      await tell(`inbox-${size}`, [await office.owner(way), await office.member("customer_service", { ...way, name: "Mei" })], async (one, other) => {
        for (const person of [one, other]) {
          await person.go("/admin/inbox");
          await person.page.getByText(follower.nickname).first().click();
          await person.page.locator("[data-composer]").waitFor();
        }
        await other.page.locator("#reply-text").pressSequentially("您好，");
        await one.page.locator("[data-typing-line]").filter({ hasText: "Mei" }).waitFor();
        await other.page.locator("#reply-text").fill("您好，在的。");
        await other.page.locator("[data-send]").click();
        await one.page.locator("[data-log]").getByText("您好，在的。").waitFor();
        const answered = async () => JSON.stringify(await follower.chat()).includes("您好，在的。");
        await until("the phone to show the reply", answered);
        await follower.write("<b>谢谢</b>");
        for (const person of [one, other]) await person.page.locator("[data-log]").getByText("<b>谢谢</b>").waitFor();
        await one.looksRight();
      });
    });
  });
}

describe("without scripts", () => {
  let office;
  before(async () => (office = await (await Office.demo("en")).open()));
  after(() => office?.stop());

  test("lists and forms work", async () => {
    const title = `Plain ${unique()}`;
    await tell("without-scripts", [await office.owner({ javaScriptEnabled: false })], async (owner) => {
      await newPhrase(owner, title, "Made without a script");
      await owner.go(`/admin/phrases?q=${encodeURIComponent(title)}`);
      await owner.sees(title);
      await owner.page.locator(".row-check").first().check();
      await owner.leads(() => owner.page.locator(".bulk button[value=delete]").click());
      await owner.leads(() => owner.page.locator("main form .btn-danger, main form .btn-primary").last().click());
      await owner.go(`/admin/phrases?q=${encodeURIComponent(title)}`);
      assert.equal(await owner.page.locator(".row-check").count(), 0);
    });
  });
});

/** WeChat's check of the URL, as its documentation of "接入概述" describes it. */
async function arriveAsWeChat(url, token) {
  const [timestamp, nonce, echostr] = [String(Math.floor(Date.now() / 1000)), "4711", "come-in"];
  const signature = createHash("sha1").update([token, timestamp, nonce].sort().join("")).digest("hex");
  await until("the new account to answer", async () => {
    const answer = await fetch(`${url}?${new URLSearchParams({ signature, timestamp, nonce, echostr })}`);
    return (await answer.text()) === echostr;
  });
}

async function newPhrase(person, title, text) {
  await person.go("/admin/phrases/new");
  await person.fill({ title, text });
  await person.save();
  await person.isAt(/^\/admin\/phrases\/\d+$/);
}

async function upload(person, text) {
  await person.go("/admin/phrases/import");
  await person.page.locator("input[type=file]").setInputFiles({ name: "phrases.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await person.leads(() => person.save());
}

async function until(what, isSo) {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    if (await isSo()) return;
    await new Promise((go) => setTimeout(go, 100));
  }
  assert.fail(`waited in vain for ${what}`);
}
