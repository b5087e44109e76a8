// Starts the demo for a test run and waits until it tells where its phone is.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PHONE = /https?:\/\/[^\s"']+\/phone\b/;
const PATIENCE_MS = 60_000;

/**
 * The phone's address and a way to stop: of a demo that runs already (`PUZI_PHONE_URL`), or of one started here from
 * the binary `PUZI_BIN`, on free ports and in a folder of its own, with these further environment variables.
 */
export async function startDemo(environment = process.env, language = undefined, variables = {}) {
  if (environment.PUZI_PHONE_URL) return { url: environment.PUZI_PHONE_URL, stop: async () => {} };
  if (!environment.PUZI_BIN) throw new Error("set PUZI_BIN to the puzi binary, or PUZI_PHONE_URL to a running demo's phone");
  const data = await mkdtemp(join(tmpdir(), "puzi-browser-"));
  const tidy = () => rm(data, { recursive: true, force: true });
  try {
    const demo = await startCommand(environment.PUZI_BIN, ["demo", "--port", "0", "--phone-port", "0", "--data", data], PHONE, { ...(language && { PUZI_LANGUAGE: language }), ...variables });
    return { url: demo.url, said: demo.said, data, stop: () => demo.stop().finally(tidy) };
  } catch (error) {
    await tidy();
    throw error;
  }
}

/** An empty shop, as it stands before its first run: its address, and a way to stop it. */
export async function startShop(language) {
  const data = await mkdtemp(join(tmpdir(), "puzi-browser-"));
  const variables = { PUZI_LANGUAGE: language, PUZI_LOG: "info", PUZI_LOG_FORMAT: "json" };
  const listening = /"address":"([^"]+)"/;
  const shop = await startCommand(process.env.PUZI_BIN, ["serve", "--listen", "127.0.0.1:0", "--data", data], listening, variables);
  const url = `http://${listening.exec(shop.said)[1]}`;
  return { url, stop: () => shop.stop().finally(() => rm(data, { recursive: true, force: true })) };
}

/** Runs a command of puzi's to its end with these words on its standard input. */
export function runPuzi(args, input, language = "en") {
  return new Promise((done, fail) => {
    const child = spawn(process.env.PUZI_BIN, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, PUZI_LANGUAGE: language } });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (said += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
    child.once("error", fail);
    child.once("exit", (code) => (code === 0 ? done(said) : fail(new Error(`puzi ${args.join(" ")} ended with ${code}\n${said}`))));
    child.stdin.end(input);
  });
}

/** Runs a command until a line of its output matches; what it said is part of the error when none does. */
export function startCommand(command, args, pattern = PHONE, variables = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...variables } });
    const ended = new Promise((end) => child.once("exit", end));
    let said = "";
    const stop = async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGINT");
      const forced = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(forced);
    };
    const giveUp = (why) => {
      clearTimeout(timer);
      stop().then(() => fail(new Error(`${command} ${why}\n${said}`)));
    };
    const timer = setTimeout(() => giveUp(`did not tell its address within ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
    const listen = (chunk) => {
      said += chunk;
      const found = pattern.exec(said);
      if (!found) return;
      clearTimeout(timer);
      child.stdout.off("data", listen).resume();
      child.stderr.off("data", listen).resume();
      child.off("exit", early);
      done({ url: found[0], said, stop });
    };
    const early = (code) => giveUp(`ended with ${code}`);
    child.stdout.setEncoding("utf8").on("data", listen);
    child.stderr.setEncoding("utf8").on("data", listen);
    child.once("exit", early);
    child.once("error", (error) => {
      clearTimeout(timer);
      fail(error);
    });
  });
}
