// A browser, a new phone for each story, and the words the stories are told in.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { startDemo } from "./start.mjs";

export const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];
export const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 390, height: 844 };
const PATIENCE_MS = 8_000;

/** The demo with a browser beside it. */
export class World {
  static async start() {
    const executablePath = process.env.PUZI_CHROMIUM || BROWSERS.find(existsSync);
    assert.ok(executablePath, "no Chromium: install it, or set PUZI_CHROMIUM");
    const demo = await startDemo();
    try {
      return new World(demo, await chromium.launch({ executablePath, args: ARGS }));
    } catch (error) {
      await demo.stop();
      throw error;
    }
  }

  constructor(demo, browser) {
    this.demo = demo;
    this.browser = browser;
    this.origin = new URL(demo.url).origin;
  }

  async stop() {
    await this.browser.close();
    await this.demo.stop();
  }

  async api(method, path, body) {
    const request = { method, headers: { "content-type": "application/json" } };
    if (body !== undefined) request.body = JSON.stringify(body);
    const answer = await fetch(`${this.origin}/sandbox/api${path}`, request);
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return answer.json();
  }

  async noFaults() {
    await this.api("PUT", "/faults", {});
  }

  /** Tells one story on a phone that nobody used before; leaves a picture when it ends badly. */
  async story(name, options, tell) {
    const { apps } = await this.api("GET", "/state");
    const held = await this.api("POST", "/phones", { appid: apps[0].appid, nickname: name });
    const context = await this.browser.newContext({
      viewport: options.viewport || WIDE,
      hasTouch: options.viewport === NARROW,
      colorScheme: options.colorScheme || "light",
      reducedMotion: "reduce",
      locale: "zh-CN",
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (/Content Security Policy|TypeError|ReferenceError/.test(message.text())) complaints.push(message.text());
    });
    try {
      const query = options.language ? `?lang=${options.language}` : "";
      await page.goto(`${this.demo.url}${query}#${held.appid}/${held.openid}`);
      await page.locator("[data-testid=connection][data-state=live]").waitFor({ state: "attached" });
      await tell(new Phone(page, held));
      assert.deepEqual(complaints, [], "the page complained");
    } catch (error) {
      await mkdir("failures", { recursive: true });
      await page.screenshot({ path: join("failures", `${name}.png`) });
      throw error;
    } finally {
      await context.close();
    }
  }
}

/** What somebody with the phone in hand does and sees. */
export class Phone {
  constructor(page, held) {
    this.page = page;
    this.held = held;
    this.screen = page.locator(`[data-phone="${held.appid}/${held.openid}"][data-testid=phone]`);
  }

  /** An element by its hook, inside the phone. */
  on(hook) {
    return this.screen.locator(`[data-testid="${hook}"]`);
  }

  /** An element by its hook, anywhere on the page. */
  at(hook) {
    return this.page.locator(`[data-testid="${hook}"]`);
  }

  items(side, kind) {
    return this.screen.locator(`[data-testid=item][data-side=${side}]${kind ? `[data-kind=${kind}]` : ""}`);
  }

  /** Runs `doing`, then waits for the account's next message and gives its text. */
  async answerTo(doing) {
    const answers = this.items("account");
    const before = await answers.count();
    await doing();
    const next = answers.nth(before);
    await next.waitFor();
    return (await next.innerText()).trim();
  }

  async follow() {
    return this.answerTo(() => this.on("follow").click());
  }

  async openKeyboard() {
    const keyboard = this.on("menu-toggle");
    if (!(await this.on("write").isVisible())) await keyboard.click();
  }

  async write(text) {
    await this.openKeyboard();
    await this.on("write").fill(text);
    await this.on("write").press("Enter");
  }

  async tile(name) {
    await this.openKeyboard();
    await this.on("plus").click();
    await this.on(`tile-${name}`).click();
  }

  /** The newest exchange in the inspector that belongs to this phone, unfolded when asked. */
  async newestExchange(unfold = false) {
    await this.at("tab-exchanges").click();
    await this.at("filter").selectOption(`${this.held.appid}/${this.held.openid}`);
    const row = this.at("exchange").first();
    if (unfold && (await row.locator("[aria-expanded=false]").count())) await row.locator("[data-testid=exchange-head]").click();
    return row;
  }

  async setFault(name, value) {
    await this.at("tab-faults").click();
    const taken = this.page.waitForResponse((answer) => answer.url().endsWith("/sandbox/api/faults"));
    await this.at(`fault-${name}`).fill(String(value));
    assert.equal((await taken).status(), 200);
  }
}
