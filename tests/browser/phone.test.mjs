// The phone page, driven as a person would: touch, keyboard, both languages, faults.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { NARROW, World } from "./support.mjs";

let world;
before(async () => {
  world = await World.start();
});
after(() => world?.stop());
afterEach(() => world.noFaults());

const story = (name, options, tell) => test(name, () => world.story(name, options, tell));

describe("following", () => {
  story("follow-and-be-welcomed", {}, async (phone) => {
    assert.equal(await phone.on("write").count(), 0, "nobody can write before following");
    const welcome = await phone.follow();
    assert.match(welcome, /欢迎来到铺子茶铺/);
    assert.match(welcome, /follow-and-be-welcomed/, "the welcome names the follower");
    await phone.items("system", "event").filter({ hasText: "你已关注「铺子茶铺」" }).waitFor();
  });

  story("follow-by-scene", {}, async (phone) => {
    await phone.on("scan-follow").click();
    await phone.on("field-scene").fill("friend-42");
    assert.match(await phone.answerTo(() => phone.on("submit").click()), /朋友推荐/);
    const exchange = await phone.newestExchange(true);
    assert.match(await exchange.locator("[data-testid=wire-body]").innerText(), /qrscene_friend-42/);
  });

  story("unfollow-and-come-back", {}, async (phone) => {
    await phone.follow();
    await phone.on("more").click();
    await phone.on("unfollow").click();
    await phone.on("unfollow-confirm").click();
    await phone.on("follow").waitFor();
    const exchange = await phone.newestExchange();
    assert.equal(await exchange.getAttribute("data-kind"), "unsubscribe");
    await phone.on("follow").click();
    await phone.items("system", "event").filter({ hasText: "你已取消关注" }).waitFor();
  });
});

describe("each kind of message", () => {
  story("text", {}, async (phone) => {
    await phone.follow();
    assert.match(await phone.answerTo(() => phone.write("你好")), /想喝点什么/);
    const mine = phone.items("me", "text");
    assert.equal(await mine.count(), 1, "what was sent stands in the chat once");
    assert.match(await mine.innerText(), /你好/);
    assert.equal(await mine.getAttribute("data-status"), "sent");
  });

  story("a-new-line-does-not-send", {}, async (phone) => {
    await phone.follow();
    await phone.openKeyboard();
    const write = phone.on("write");
    await write.pressSequentially("第一行");
    await write.press("Shift+Enter");
    await write.pressSequentially("第二行");
    assert.equal(await write.inputValue(), "第一行\n第二行");
    assert.equal(await phone.items("me").count(), 0);
  });

  story("an-input-method-does-not-send", {}, async (phone) => {
    await phone.follow();
    await phone.openKeyboard();
    const write = phone.on("write");
    await write.fill("ni hao");
    await write.dispatchEvent("compositionstart");
    await write.press("Enter");
    assert.equal(await phone.items("me").count(), 0, "Enter that picks a candidate is not Send");
    await write.dispatchEvent("compositionend");
    await write.fill("你好");
    await phone.answerTo(() => write.press("Enter"));
    assert.equal(await phone.items("me").count(), 1);
  });

  story("picture", {}, async (phone) => {
    await phone.follow();
    await phone.tile("image");
    assert.match(await phone.answerTo(() => phone.on("sample").first().click()), /拍得真好看/);
    const picture = phone.items("me", "image").locator("img");
    await picture.waitFor();
    assert.ok(await picture.evaluate((img) => img.decode().then(() => img.naturalWidth >= 100)), "the picture can be seen");
    await picture.click();
    await phone.on("viewer").waitFor();
    await phone.page.keyboard.press("Escape");
    await phone.on("viewer").waitFor({ state: "detached" });
  });

  story("voice", {}, async (phone) => {
    await phone.follow();
    await phone.tile("voice");
    await phone.on("field-recognition").fill("今天几点关门");
    const box = await phone.on("hold").boundingBox();
    const answer = await phone.answerTo(async () => {
      await phone.page.mouse.move(box.x + 40, box.y + 20);
      await phone.page.mouse.down();
      await phone.page.waitForTimeout(600);
      await phone.page.mouse.up();
    });
    // What WeChat heard counts as a text: the rule for opening hours answers, not the one for voices.
    assert.match(answer, /湖滨店/);
    assert.match(await phone.items("me", "voice").innerText(), /\d+″/);
    const exchange = await phone.newestExchange(true);
    assert.match(await exchange.locator("[data-testid=wire-body]").innerText(), /<Recognition>.*今天几点关门/);
  });

  story("sliding-up-cancels-a-voice", {}, async (phone) => {
    await phone.follow();
    await phone.openKeyboard();
    await phone.on("voice-toggle").click();
    const box = await phone.on("hold").boundingBox();
    await phone.page.mouse.move(box.x + 40, box.y + 20);
    await phone.page.mouse.down();
    await phone.page.waitForTimeout(500);
    await phone.page.mouse.move(box.x + 40, box.y - 150, { steps: 4 });
    await phone.page.mouse.up();
    await phone.page.waitForTimeout(300);
    assert.equal(await phone.items("me").count(), 0);
  });

  for (const [tile, kind, answer] of [["video", "video", /视频收到/], ["short_video", "short_video", /小视频收到/]]) {
    story(tile, {}, async (phone) => {
      await phone.follow();
      await phone.tile(tile);
      assert.match(await phone.answerTo(() => phone.on("sample").click()), answer);
      assert.equal(await phone.items("me", kind).count(), 1);
    });
  }

  story("location", {}, async (phone) => {
    await phone.follow();
    await phone.tile("location");
    assert.match(await phone.answerTo(() => phone.on("place").first().click()), /收到您的位置/);
    assert.match(await phone.items("me", "location").innerText(), /杭州西湖/);
  });

  story("link", {}, async (phone) => {
    await phone.follow();
    await phone.tile("link");
    await phone.on("field-url").fill("javascript:alert(1)");
    await phone.on("submit").click();
    assert.match(await phone.on("link-sheet").innerText(), /http:\/\/ 或 https:\/\/ 开头/, "a wrong address is named");
    assert.notEqual(await phone.on("field-title").inputValue(), "", "what was typed is kept");
    await phone.on("field-url").fill("https://example.com/tea");
    assert.match(await phone.answerTo(() => phone.on("submit").click()), /链接收下了/);
    assert.equal(await phone.items("me", "link").count(), 1);
  });
});

describe("menu and codes", () => {
  story("menu-tap-brings-articles", {}, async (phone) => {
    await phone.follow();
    const answer = await phone.answerTo(() => phone.on("menu-button").first().click());
    assert.match(answer, /本周新品｜桂花乌龙/);
    assert.match(answer, /四季礼盒/, "an answer to a menu may have several articles");
    await phone.items("account", "news").locator("button").first().click();
    await phone.on("page-sheet").getByRole("link").waitFor();
  });

  story("sub-menu-unfolds-and-folds", {}, async (phone) => {
    await phone.follow();
    const top = phone.on("menu-button").nth(1);
    await top.click();
    assert.equal(await top.getAttribute("aria-expanded"), "true");
    await phone.page.keyboard.press("Escape");
    assert.equal(await top.getAttribute("aria-expanded"), "false");
    await top.click();
    const item = phone.on("menu-item").filter({ hasText: "门店与时间" });
    assert.match(await phone.answerTo(() => item.click()), /湖滨路 18 号/);
  });

  story("scan", {}, async (phone) => {
    await phone.follow();
    await phone.tile("scan");
    await phone.on("field-scene").fill("store-7");
    assert.match(await phone.answerTo(() => phone.on("submit").click()), /又见面啦/);
  });
});

describe("faults", () => {
  story("too-slow-three-times", {}, async (phone) => {
    await phone.follow();
    await phone.setFault("timeout_seconds", 1);
    await phone.setFault("slow_ms", 3000);
    await phone.write("你好");
    await phone.items("system").filter({ hasText: "该公众号提供的服务出现故障" }).waitFor({ timeout: 20_000 });
    const exchange = await phone.newestExchange(true);
    assert.equal(await exchange.locator("[data-testid=outcome]").getAttribute("data-outcome"), "timeout");
    assert.equal(await exchange.locator("[data-testid=delivery-tab]").count(), 3);
    assert.equal(await phone.items("account").count(), 1, "only the welcome has come");
  });

  story("lost-every-time", {}, async (phone) => {
    await phone.follow();
    await phone.setFault("timeout_seconds", 1);
    await phone.setFault("drop", 100);
    await phone.write("你好");
    await phone.items("system").filter({ hasText: "该公众号提供的服务出现故障" }).waitFor({ timeout: 20_000 });
    const exchange = await phone.newestExchange();
    assert.equal(await exchange.locator("[data-testid=outcome]").getAttribute("data-outcome"), "dropped");
    await phone.at("tab-faults").click();
    await phone.at("faults-off").click();
    await phone.at("fault-badge").waitFor({ state: "hidden" });
    assert.match(await phone.answerTo(() => phone.write("你好")), /想喝点什么/);
  });

  story("wrong-signature-is-refused", {}, async (phone) => {
    await phone.follow();
    await phone.at("tab-faults").click();
    await phone.at("fault-wrong_signature").check();
    await phone.at("fault-badge").filter({ hasText: "签名错误" }).waitFor();
    await phone.write("你好");
    await phone.items("system").filter({ hasText: "该公众号提供的服务出现故障" }).waitFor({ timeout: 20_000 });
    const exchange = await phone.newestExchange(true);
    assert.match(await exchange.innerText(), /HTTP 403/);
  });

  story("the-clock-moves", {}, async (phone) => {
    await phone.at("tab-faults").click();
    const { clock } = await world.api("GET", "/state");
    await phone.at("clock-60").click();
    await phone.at("clock").filter({ hasText: "分钟" }).waitFor();
    const later = await world.api("GET", "/state");
    assert.equal(later.clock.offset - clock.offset, 60);
    await world.api("POST", "/clock", { advance: -60 });
  });
});

describe("inspector", () => {
  story("both-faces-of-an-encrypted-push", {}, async (phone) => {
    await phone.follow();
    await phone.answerTo(() => phone.write("你好"));
    const exchange = await phone.newestExchange(true);
    const body = exchange.locator("[data-testid=wire-body]");
    assert.match(await body.innerText(), /<Content><!\[CDATA\[你好\]\]><\/Content>/);
    assert.match(await exchange.innerText(), /msg_signature/);
    await exchange.locator("[data-testid=sealed]").first().click();
    assert.match(await body.innerText(), /<Encrypt>/);
    assert.doesNotMatch(await body.innerText(), /你好/);
    assert.match(await exchange.locator("[data-testid=wire-answer]").innerText(), /MsgSignature/);
    await phone.at("clear").click();
    assert.equal(await phone.at("exchange").count(), 0);
  });

  story("verify-url", {}, async (phone) => {
    await phone.at("verify").click();
    await phone.at("toast").filter({ hasText: "验证通过" }).waitFor();
    await phone.at("tab-exchanges").click();
    assert.equal(await phone.at("exchange").first().getAttribute("data-kind"), "verify");
  });
});

describe("several phones", () => {
  story("unread-and-side-by-side", {}, async (phone) => {
    await phone.follow();
    await phone.at("add-phone").first().click();
    await phone.at("field-nickname").fill("第二部手机");
    await phone.page.keyboard.press("Enter");
    const second = phone.at("phone");
    await second.locator("[data-testid=follow]").waitFor();
    assert.notEqual(await second.getAttribute("data-phone"), `${phone.held.appid}/${phone.held.openid}`);
    await world.api("POST", `/phones/${phone.held.appid}/${phone.held.openid}/act`, { action: "text", content: "你好" });
    const row = phone.page.locator(`[data-testid=roster-phone][data-phone="${phone.held.appid}/${phone.held.openid}"]`);
    await row.locator("[data-testid=unread]").filter({ hasText: "1" }).waitFor();
    const item = row.locator("xpath=..");
    await item.hover();
    await item.locator("[data-testid=beside]").click();
    await phone.screen.waitFor();
    assert.equal(await phone.at("phone").count(), 2, "both phones are on the desk");
    assert.equal(await row.locator("[data-testid=unread]").count(), 0, "what is on the screen is read");
  });
});

describe("state", () => {
  for (const viewport of [undefined, NARROW]) {
    story(`the-state-page-shows-who-follows-${viewport ? "narrow" : "wide"}`, { viewport }, async (phone) => {
      await phone.follow();
      const { page } = phone;
      await page.goto(`${world.origin}/phone/state`);
      await page.locator("[data-testid=language]").click();
      assert.equal(await page.locator("html").getAttribute("lang"), "en");
      await page.locator("[data-testid=section-followers]").click();
      await page.locator("[data-testid=lines]").getByText(/the-state-page/).first().waitFor();
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing scrolls sideways");
    });
  }
});

describe("everybody", () => {
  story("english", { language: "en" }, async (phone) => {
    assert.equal(await phone.page.locator("html").getAttribute("lang"), "en");
    await phone.on("follow").filter({ hasText: "Follow account" }).click();
    await phone.items("system", "event").filter({ hasText: "You followed" }).waitFor();
    await phone.at("language").click();
    await phone.items("system", "event").filter({ hasText: "你已关注" }).waitFor();
    assert.equal(await phone.page.locator("html").getAttribute("lang"), "zh-CN");
    await phone.page.goto(phone.page.url().replace("?lang=en", ""));
    await phone.items("system", "event").filter({ hasText: "你已关注" }).waitFor();
  });

  story("what-is-typed-survives-a-change-of-language", {}, async (phone) => {
    await phone.follow();
    await phone.openKeyboard();
    await phone.on("write").fill("还没写完");
    await phone.at("language").click();
    await phone.openKeyboard();
    assert.equal(await phone.on("write").inputValue(), "还没写完");
  });

  for (const language of ["zh-CN", "en"]) {
    story(`nothing-scrolls-sideways-${language}`, { viewport: NARROW, language }, async (phone) => {
      const fits = async (where) =>
        assert.equal(await phone.page.evaluate(() => document.documentElement.scrollWidth), NARROW.width, where);
      await fits("profile");
      await phone.follow();
      await phone.answerTo(() => phone.write(`${"很长的一句话".repeat(20)} https://example.com/${"x".repeat(120)}`));
      const chat = phone.on("chat");
      assert.equal(await chat.evaluate((box) => box.scrollWidth - box.clientWidth), 0, "chat");
      await phone.on("plus").click();
      await fits("plus panel");
      await phone.on("open-inspector").click();
      await phone.at("exchange-head").first().click();
      await fits("inspector");
      const panel = phone.page.locator("#panel-exchanges");
      assert.equal(await panel.evaluate((box) => box.scrollWidth - box.clientWidth), 0, "an unfolded exchange");
      await phone.at("tab-faults").click();
      await fits("faults");
      await phone.at("close-inspector").click();
      await phone.on("back").click();
      await phone.at("roster-phone").first().waitFor();
      await fits("list");
    });
  }

  story("keyboard-only", {}, async (phone) => {
    const { page } = phone;
    const focusedHook = () => page.evaluate(() => document.activeElement?.dataset?.testid);
    const tabTo = async (hook) => {
      for (let i = 0; i < 60; i += 1) {
        if ((await focusedHook()) === hook) return;
        await page.keyboard.press("Tab");
      }
      assert.fail(`Tab never reached ${hook}`);
    };
    await tabTo("follow");
    await phone.answerTo(() => page.keyboard.press("Enter"));
    await tabTo("menu-toggle");
    await page.keyboard.press("Enter");
    assert.equal(await focusedHook(), "write", "the keyboard opens with the cursor in it");
    await page.keyboard.type("hello");
    assert.match(await phone.answerTo(() => page.keyboard.press("Enter")), /想喝点什么/);
    assert.equal(await focusedHook(), "write");
    await tabTo("plus");
    await page.keyboard.press("Enter");
    await tabTo("tile-scan");
    await page.keyboard.press("Enter");
    assert.equal(await phone.on("scan-sheet").count(), 1);
    for (let i = 0; i < 6; i += 1) {
      await page.keyboard.press("Tab");
      assert.ok(await page.evaluate(() => !!document.activeElement?.closest("[data-testid=scan-sheet]")), "Tab stays in the sheet");
    }
    await page.keyboard.press("Escape");
    await phone.on("scan-sheet").waitFor({ state: "detached" });
  });

  story("new-messages-are-read-out", {}, async (phone) => {
    await phone.follow();
    await phone.answerTo(() => phone.write("你好"));
    assert.match(await phone.at("announcer").innerText(), /铺子茶铺：.*想喝点什么/s);
  });

  story("dark", { colorScheme: "dark" }, async (phone) => {
    await phone.follow();
    const bubble = phone.items("account", "text").locator(".bubble").first();
    assert.equal(await bubble.evaluate((element) => getComputedStyle(element).backgroundColor), "rgb(44, 44, 44)");
    await phone.at("theme").click();
    assert.equal(await bubble.evaluate((element) => getComputedStyle(element).backgroundColor), "rgb(255, 255, 255)");
  });
});
