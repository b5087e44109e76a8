// The browser's rules against the same cases that a server's rule has to tell apart.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// Node cannot read TypeScript in every version that the build supports.
const source = fileURLToPath(new URL("../src/validate/rules.ts", import.meta.url));
const { outputFiles } = await build({ entryPoints: [source], bundle: true, format: "esm", write: false });
const { firstFault, keeps } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);

const text = (...texts) => ({ measure: "text", texts, files: [] });
const number = (...texts) => ({ measure: "number", texts, files: [] });
const list = (...texts) => ({ measure: "list", texts, files: [] });
const files = (...files) => ({ measure: "file", texts: [], files });
const nobody = () => [];

/** Says for each value of a rule whether it passes. */
function table(rule, args, cases, given = text, others = nobody) {
  for (const [value, passes] of cases) {
    const values = Array.isArray(value) ? value : [value];
    assert.equal(keeps({ rule, args, message: "" }, given(...values), others, "field"), passes, `${rule}(${args}) of ${JSON.stringify(value)}`);
  }
}

test("only required, required_with and accepted mind an empty field", () => {
  for (const rule of ["min", "email", "digits", "in", "date", "between", "json", "unique", "confirmed"])
    table(rule, [3, 5], [["", true]]);
  table("required", [], [["", false], ["x", true]]);
  table("required", [], [[[], false], [["a"], true]], list);
  table("required", [], [[[], false], [[{ name: "a.png", size: 1, type: "image/png" }], true]], files);
  table("accepted", [], [["", false], ["0", false], ["1", true], ["on", true]]);
  table("required_with", ["phone"], [["", false], ["x", true]], text, (name) => (name === "phone" ? ["138"] : []));
  table("required_with", ["phone"], [["", true]], text, () => [""]);
});

test("bounds count characters, numbers, entries and kibibytes", () => {
  table("max", [3], [["春茶好", true], ["春茶真好", false], ["🍵🍵🍵", true]]);
  table("min", [3], [["ab", false], ["abc", true]]);
  table("size", [2], [["ab", true], ["abc", false]]);
  table("between", [1, 5], [["0", false], ["1", true], ["5", true], ["5.01", false], ["-3", false]], number);
  table("max", [2], [[["a", "b"], true], [["a", "b", "c"], false]], list);
  const file = (size) => [{ name: "a.png", size, type: "image/png" }];
  table("max", [1], [[file(1024), true], [file(1025), false]], files);
});

test("a rule may say what it counts", () => {
  const rule = { rule: "max", args: [19.9], of: "number", message: "" };
  assert.equal(keeps(rule, text("19.90"), nobody, "price"), true);
  assert.equal(keeps(rule, text("19.91"), nobody, "price"), false);
  assert.equal(keeps({ ...rule, of: "text", args: [4] }, number("19.90"), nobody, "price"), false);
  // What is no number breaks another rule, not this one.
  assert.equal(keeps(rule, text("cheap"), nobody, "price"), true);
});

test("addresses", () => {
  table("email", [], [["a@b.cn", true], ["林@茶.中国", true], ["a@b", false], ["a b@c.cn", false], ["a@@b.cn", false], ["@b.cn", false]]);
  table("url", [], [["https://a.cn/x?y=1", true], ["http://localhost:8080", true], ["javascript:alert(1)", false], ["a.cn", false], ["https://a b", false]]);
  table("ip", [], [["127.0.0.1", true], ["::1", true], ["fe80::1:2", true], ["256.1.1.1", false], ["1.2.3", false], ["01.2.3.4", false], ["::g", false]]);
});

test("days that exist, earlier and later", () => {
  table("date", [], [["2026-02-28", true], ["2026-02-29", false], ["2028-02-29", true], ["2026-13-01", false], ["22.11.2026", false], ["2026-11-22T14:05", true]]);
  table("before", ["2026-11-22"], [["2026-11-21", true], ["2026-11-22", false]]);
  table("after", ["start"], [["2026-11-23", true], ["2026-11-22", false]], text, (name) => (name === "start" ? ["2026-11-22"] : []));
  table("after", ["today"], [["2020-01-01", false], ["2999-01-01", true]]);
  // The other field is empty: nothing to compare with.
  table("after", ["start"], [["2026-11-23", true]]);
});

test("letters and digits of any script", () => {
  table("alpha", [], [["茶", true], ["Tea", true], ["Tea1", false], ["a b", false]]);
  table("alpha_num", [], [["茶1", true], ["a-1", false]]);
  table("alpha_dash", [], [["a-1_茶", true], ["a.b", false]]);
  table("numeric", [], [["-1.5", true], ["1e3", true], [".5", true], ["1,000", false], ["0x1", false], ["--1", false]]);
  table("integer", [], [["-12", true], ["1.0", false]]);
  table("digits", [4], [["0012", true], ["012", false], ["12a4", false]]);
  table("digits_between", [2, 3], [["1", false], ["12", true], ["123", true], ["1234", false]]);
  table("boolean", [], [["true", true], ["0", true], ["yes", false]]);
});

test("other fields, sets, patterns, files", () => {
  const others = (name) => ({ field_confirmation: ["abc"], old: ["x"] })[name] ?? [];
  table("confirmed", [], [["abc", true], ["abd", false]], text, others);
  table("same", ["old"], [["x", true], ["y", false]], text, others);
  table("different", ["old"], [["x", false], ["y", true]], text, others);
  table("in", ["a", "b"], [["a", true], ["c", false]]);
  table("in", ["a", "b"], [[["a", "b"], true], [["a", "c"], false]], list);
  table("not_in", ["a"], [["a", false], ["c", true]]);
  table("regex", ["^wx[0-9a-f]{4}$"], [["wx12af", true], ["wx12ag", false]]);
  // A pattern that only the server can read is left to it.
  table("regex", ["(?i)^x\\z"], [["whatever", true]]);
  table("json", [], [['{"a":1}', true], ["{a:1}", false]]);
  const png = { name: "a.PNG", size: 1, type: "image/png" };
  const pdf = { name: "a.pdf", size: 1, type: "application/pdf" };
  table("image", [], [[[png], true], [[png, pdf], false]], files);
  table("mimes", ["png", "jpg"], [[[png], true], [[{ ...png, name: "a.jpeg", type: "image/jpeg" }], true], [[pdf], false]], files);
});

test("the first broken rule is told, and what only the server knows passes", () => {
  const rules = [
    { rule: "required", message: "empty" },
    { rule: "max", args: [3], message: "long" },
    { rule: "alpha", message: "letters" },
    { rule: "unique", message: "taken" },
  ];
  const fault = (value) => firstFault(rules, text(value), nobody, "field");
  assert.deepEqual(["", "12345", "12", "abc"].map(fault), ["empty", "long", "letters", null]);
});
