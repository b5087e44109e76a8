// The admin in a browser: a demo shop, its staff, and the words their stories are told in. Stories find things by what
// they are (fields, roles, addresses), not by what they are called, so that they read alike in both languages.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { runPuzi, startDemo, startShop } from "./start.mjs";
import { ARGS, BROWSERS, NARROW, WIDE } from "./support.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PATIENCE_MS = 10_000;

export class Office {
  /** A demo shop with an owner; `variables` are further settings. */
  static async demo(language, variables) {
    const demo = await startDemo(process.env, language, variables);
    const link = /https?:\S+\/admin\/login\/once\?token=\w+/.exec(demo.said);
    assert.ok(link, `the demo told no link to the admin\n${demo.said}`);
    return new Office(demo, new URL(link[0]), language);
  }

  /** A shop before its first run. */
  static async empty(language) {
    const shop = await startShop(language);
    return new Office(shop, new URL(shop.url), language);
  }

  constructor(shop, link, language) {
    Object.assign(this, { shop, language, link, origin: link.origin, phone: shop.said && new URL(shop.url).origin });
  }

  async open() {
    const executablePath = process.env.PUZI_CHROMIUM || BROWSERS.find(existsSync);
    assert.ok(executablePath, "no Chromium: install it, or set PUZI_CHROMIUM");
    this.browser = await chromium.launch({ executablePath, args: ARGS });
    return this;
  }

  async stop() {
    await this.browser?.close();
    await this.shop.stop();
  }

  /** A person with a browser of their own, not signed in. */
  async somebody({ viewport = WIDE, colorScheme = "light", javaScriptEnabled = true } = {}) {
    const context = await this.browser.newContext({
      viewport, colorScheme, javaScriptEnabled, hasTouch: viewport === NARROW, reducedMotion: "reduce", locale: this.language,
    });
    return new Person(this, context, await context.newPage());
  }

  /** The owner, signed in; the link of the start works once, afterwards it is the password. */
  async owner(options) {
    const person = await this.somebody(options);
    const told = /owner\s+with the password (\w+)|owner，密码 (\w+)/.exec(this.shop.said);
    await person.signIn("owner", told[1] ?? told[2]);
    return person;
  }

  /** A new member of the staff, signed in. */
  async member(role, options) {
    const [login, password] = [`${role}-${randomBytes(4).toString("hex")}`, randomBytes(12).toString("hex")];
    const args = ["staff", "add", login, "--name", options?.name ?? login, "--role", role, "--data", join(this.shop.data, "demo")];
    await runPuzi(args, `${password}\n`, this.language);
    const person = await this.somebody(options);
    await person.signIn(login, password);
    return person;
  }

  /** Asks the simulated WeChat. */
  async wechat(method, path, body) {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${this.phone}/sandbox/api${path}`, { method, headers, body: body && JSON.stringify(body) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return answer.json();
  }

  /** A new follower who has written this. */
  async follower(nickname, ...texts) {
    const { apps } = await this.wechat("GET", "/state");
    const held = await this.wechat("POST", "/phones", { appid: apps[0].appid, nickname });
    const act = (action) => this.wechat("POST", `/phones/${held.appid}/${held.openid}/act`, action);
    await act({ action: "follow" });
    for (const content of texts) await act({ action: "text", content });
    return { ...held, write: (content) => act({ action: "text", content }), chat: () => this.wechat("GET", `/phones/${held.appid}/${held.openid}/chat`) };
  }
}

export class Person {
  constructor(office, context, page) {
    Object.assign(this, { office, context, page, complaints: [] });
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      if (/Content Security Policy|TypeError|ReferenceError/.test(message.text())) this.complaints.push(message.text());
    });
  }

  async signIn(login, password) {
    await this.go("/admin/login");
    await this.fill({ login, password });
    await this.page.press("[name=password]", "Enter");
    await this.page.waitForURL((url) => !url.pathname.startsWith("/admin/login"));
  }

  async go(path) {
    const answer = await this.page.goto(this.office.origin + path);
    assert.ok(answer.status() < 400, `${path}: ${answer.status()}`);
  }

  field(name) {
    return this.page.locator(`[name="${name}"]:visible`).first();
  }

  async fill(values) {
    for (const [name, value] of Object.entries(values)) await this.field(name).fill(value);
  }

  /** Saves the form as its main button does. */
  async save() {
    await this.page.locator("main form .form-foot .btn-primary:visible").first().click();
  }

  /** Does what leads to another page, and is there. */
  async leads(act) {
    await Promise.all([this.page.waitForEvent("framenavigated"), act()]);
    await this.page.waitForLoadState();
  }

  /** Says yes to what the page asks. */
  async confirms() {
    await this.leads(() => this.page.locator("dialog[open] .btn-danger, dialog[open] .btn-primary").last().click());
  }

  async isAt(pattern) {
    await this.page.waitForURL((url) => pattern.test(url.pathname));
  }

  async sees(text) {
    await this.page.getByText(text).first().waitFor();
  }

  /** The message beside a field. */
  async problemOf(name) {
    const line = this.page.locator(`[data-field="${name}"] .error`).filter({ hasText: /\S/ }).first();
    await line.waitFor();
    return line.innerText();
  }

  /** Nothing scrolls sideways, nothing was complained of, and axe finds nothing serious. */
  async looksRight() {
    const sideways = await this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(sideways <= 1, `${this.page.url()} scrolls sideways by ${sideways} px`);
    // In the page's own world, where no policy forbids it: axe is the test's, not the page's.
    await this.page.evaluate(AXE);
    const { violations } = await this.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    const serious = violations.filter((found) => ["serious", "critical"].includes(found.impact));
    const told = serious.map((found) => `${found.id}: ${found.help}\n  ${found.nodes.slice(0, 3).map((node) => `${node.target} ${node.html.slice(0, 160)}\n    ${node.failureSummary}`).join("\n  ")}`);
    assert.deepEqual(told, [], this.page.url());
    assert.deepEqual(this.complaints, [], "the page complained");
  }

  async leave() {
    await this.context.close();
  }
}

/** Tells a story; leaves a picture of each person's page when it ends badly. */
export async function tell(name, people, story) {
  try {
    await story(...people);
    for (const person of people) assert.deepEqual(person.complaints, [], "the page complained");
  } catch (error) {
    const folder = new URL("failures/", import.meta.url).pathname;
    await mkdir(folder, { recursive: true });
    for (const [i, person] of people.entries()) await person.page.screenshot({ path: `${folder}${name}-${i + 1}.png` }).catch(() => {});
    throw error;
  } finally {
    for (const person of people) await person.leave();
  }
}
