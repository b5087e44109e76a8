// The library of materials and drafts: a picture uploaded and replaced; an article with a cover chosen in the dialog, saved at
// WeChat and published.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { deflateSync } from "node:zlib";
import { Office, tell } from "./office.mjs";
import { NARROW, WIDE } from "./support.mjs";

const WAYS = [
  { language: "zh-CN", viewport: WIDE, colorScheme: "light" },
  { language: "en", viewport: NARROW, colorScheme: "dark" },
];

/** A picture of one colour, as a PNG. */
function png(width, height, [r, g, b]) {
  const table = Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n >>> 0;
  });
  const crc = (bytes) => {
    let c = 0xffffffff;
    for (const byte of bytes) c = table[(c ^ byte) & 255] ^ (c >>> 8);
    return (c ^ 0xffffffff) >>> 0;
  };
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const line = Buffer.concat([Buffer.from([0]), Buffer.concat(Array(width).fill(Buffer.from([r, g, b])))]);
  const rows = Buffer.concat(Array(height).fill(line));
  const mark = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([mark, chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

const file = (name, colour) => ({ name, mimeType: "image/png", buffer: png(470, 200, colour) });

/** Fills the open article in: title, words, and the first picture of the library as its cover. */
async function write(page, n, title) {
  await page.locator(".ql-editor").waitFor();
  await page.locator(`[name='a.${n}.title']`).fill(title);
  await page.locator(".ql-editor").fill("今年的第一批，明天开卖。");
  await page.locator("[data-pick-material]").first().click();
  await page.locator("#material-dialog[open] .material-picker").waitFor();
  if ((await page.locator("#material-dialog [data-material]").count()) === 0) {
    await page.locator("#material-dialog input[type=file]").setInputFiles(file("封面.png", [30, 120, 60]));
    await page.locator("#material-dialog [data-picker-upload] button").click();
  }
  await page.locator("#material-dialog [data-material]").first().click();
  assert.match(await page.locator("#draft-cover").inputValue(), /^\d+$/);
  // The list shows what is typed.
  assert.equal(await page.locator(".draft-item.is-open .draft-item-open span").innerText(), title);
  await page.locator(".draft-item.is-open .draft-item-open img").waitFor();
}

/** Presses a button of an order and says yes. */
async function order(page, what) {
  await page.locator(`form[action$='/do/${what}'] button`).click();
  await page.locator("dialog[open] .btn-primary, dialog[open] .btn-danger").last().click();
}

for (const way of WAYS) {
  const size = way.viewport === NARROW ? "phone" : "desktop";

  describe(`materials and drafts, ${way.language}, ${size}`, () => {
    let office;
    before(async () => (office = await (await Office.demo(way.language)).open()));
    after(() => office?.stop());

    test("a picture is uploaded and another takes its place", async () => {
      await tell(`materials-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/materials");
        await page.locator("#material-sync [role=status]").waitFor();
        await owner.looksRight();
        await owner.go("/admin/materials/new");
        await owner.looksRight();
        // What WeChat does not take is said before anything is sent.
        await page.locator("#f-file").setInputFiles({ name: "茶.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
        await page.locator("#f-file-error", { hasText: "png" }).waitFor();
        await page.locator("[name=kind][value=voice]").check();
        const long = Buffer.concat([Buffer.from("ID3"), Buffer.alloc(3 << 20)]);
        await page.locator("#f-file").setInputFiles({ name: "茶.mp3", mimeType: "audio/mpeg", buffer: long });
        await page.locator("#f-file-error", { hasText: "2 MB" }).waitFor();
        assert.equal(await page.locator("#f-file").evaluate((field) => field.checkValidity()), false);
        await page.locator("[name=kind][value=image]").check();
        await page.locator("#f-file").setInputFiles(file("春茶.png", [30, 120, 60]));
        await owner.save();
        await owner.isAt(/^\/admin\/materials\/\d+$/);
        await page.locator(".material-view img").waitFor();
        await owner.looksRight();
        await page.locator("#replace-file").setInputFiles(file("夏茶.png", [120, 60, 30]));
        await page.locator("form[action$='/replace'] button").click();
        await page.locator("h1", { hasText: "夏茶" }).waitFor();
      });
    });

    test("two articles are written, saved at WeChat, looked at, published and taken away", async () => {
      await tell(`drafts-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/drafts/new");
        await page.locator(".ql-editor").waitFor();
        await owner.looksRight();
        await write(page, 0, "明前龙井到货");
        await page.locator(".draft-add").click();
        await page.locator("[name='a.1.title']").waitFor();
        await write(page, 1, "碧螺春怎么泡");
        await owner.looksRight();
        await page.locator("button[name=then][value=save]").click();
        await owner.isAt(/^\/admin\/drafts\/\d+$/);
        await page.locator("form[action$='/do/publish'] button").waitFor({ timeout: 20_000 });
        await page.locator(".draft-preview summary").first().click();
        await page.locator(".draft-paper", { hasText: "今年的第一批" }).first().waitFor();
        await owner.looksRight();
        await order(page, "publish");
        await page.locator(".draft-shown a[target=_blank]").nth(1).waitFor({ timeout: 30_000 });
        await owner.looksRight();
        await order(page, "unpublish");
        await page.locator("form[action$='/do/unpublish']").waitFor({ state: "detached", timeout: 20_000 });
        await owner.go("/admin/drafts");
        await owner.looksRight();
      });
    });

    test("the article that WeChat refuses is named", async () => {
      await tell(`drafts-refused-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/drafts/new");
        await write(page, 0, "春茶 [publish:4]");
        await page.locator("button[name=then][value=save]").click();
        await page.locator("form[action$='/do/publish'] button").waitFor({ timeout: 20_000 });
        await order(page, "publish");
        await page.locator(".draft-shown .is-wrong").waitFor({ timeout: 30_000 });
        await owner.looksRight();
        // It can be put right.
        await page.locator("a[href$='/edit']").first().click();
        await owner.isAt(/^\/admin\/drafts\/\d+\/edit$/);
      });
    });

    test("a set of pictures is put together and a picture taken out", async () => {
      await tell(`drafts-pictures-${size}`, [await office.owner(way)], async (owner) => {
        const { page } = owner;
        await owner.go("/admin/drafts/new");
        await page.locator("[name='a.0.title']").fill("茶园一日");
        await page.locator("[name='a.0.kind'][value=newspic]").check();
        await page.locator("#draft-pictures").waitFor({ state: "attached" });
        assert.equal(await page.locator("[name='a.0.title']").inputValue(), "茶园一日");
        await page.locator("#draft-content").fill("清晨采茶");
        for (let n = 1; n <= 2; n++) {
          await page.locator("[data-pick-material]").click();
          await page.locator("#material-dialog[open] [data-material]").first().click();
          await page.locator(".draft-pictures button").nth(n - 1).waitFor();
        }
        await owner.looksRight();
        await page.locator(".draft-pictures button").first().click();
        assert.equal(await page.locator(".draft-pictures button").count(), 1);
        await owner.save();
        await owner.isAt(/^\/admin\/drafts\/\d+$/);
        await owner.looksRight();
      });
    });
  });
}
