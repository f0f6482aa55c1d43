import { CONFIG_KEYS, parseConfig } from "../../../src/domain/input/config_file.ts";
import { assertEquals, it } from "../../deps.ts";

it("parseConfig() reads every key, and leaves comments out", () => {
  const all = {
    ttl: 600,
    claim_ttl: 900,
    retention: 0,
    worktrees: "block" as const,
    store: "postgres://db/x",
    hook: { mode: "warn" as const, ignore: ["docs/**"] },
    lanes: {},
    autopick: [],
    kinds: {},
  };
  assertEquals(Object.keys(all).sort(), [...CONFIG_KEYS].sort());
  assertEquals(parseConfig({ $schema: "x", _why: 1, ...all }), all);
  assertEquals(parseConfig({}), {});
});

it("parseConfig() names what is wrong with the key for hooks", () => {
  assertEquals(parseConfig({ hook: { mode: "ask", ignore: "docs", ttl: 1 } }), [
    "hook.mode must be one of deny, warn, off",
    "hook.ignore must be a list of texts",
    "hook.ttl is unknown, known are mode, git, ignore",
  ]);
  assertEquals(parseConfig({ ttl: 0, hook: [] }), [
    "ttl must be between 1 and 31536000, got 0",
    "hook must be a JSON object",
  ]);
});

it("parseConfig() names all problems, and the key that was meant", () => {
  assertEquals(parseConfig([]), ["must be a JSON object"]);
  assertEquals(
    [
      ...parseConfig({
        ttl: 0,
        claim_ttl: 1.5,
        retention: "7d",
        worktrees: "no",
        store: 5,
        claimttl: 1,
        colour: 1,
      }) as readonly string[],
    ].sort(),
    [
      "claim_ttl must be a whole number",
      "claimttl is unknown, did you mean claim_ttl?",
      `colour is unknown, known are ${CONFIG_KEYS.join(", ")}`,
      "retention must be a number",
      "store must be text",
      "ttl must be between 1 and 31536000, got 0",
      "worktrees must be one of warn, block",
    ].sort(),
  );
});
