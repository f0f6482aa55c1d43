import { GLOBAL_FLAGS } from "../../src/cli/locate.ts";
import { COMMANDS } from "../../src/commands/registry.ts";
import { assertEquals, it } from "../deps.ts";

for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
  it(`the description of ${name} is whole and contradicts nothing`, async () => {
    const { flags, operands } = await load();
    assertEquals(/^[a-z].*[^.]$/.test(summary), true, summary);
    const shorts = Object.values({ ...flags, ...GLOBAL_FLAGS }).flatMap(({ short }) => short ?? []);
    assertEquals(shorts.length, new Set(shorts).size);
    for (const [flag, spec] of Object.entries(flags)) {
      assertEquals(/^[a-z][a-z0-9-]+$/.test(flag), true, flag);
      assertEquals(
        // What is no text for people has forms of its own.
        Object.hasOwn(GLOBAL_FLAGS, flag) && (flag !== "format" || spec.choices?.includes("text")),
        false,
        `--${flag} is a flag of every command`,
      );
      assertEquals(/^[a-z].*[^.]$/.test(spec.summary), true, spec.summary);
      assertEquals(spec.type === "boolean", spec.placeholder === undefined, flag);
      if (spec.choices === undefined && spec.type !== "text" && spec.type !== "boolean") {
        assertEquals(spec.field !== undefined, true, `--${flag} has no rule`);
      }
    }
    // What stands after `--` is apart.
    const others = operands.filter((operand) => operand.last !== true);
    assertEquals(operands.slice(0, -1).some((operand) => operand.last === true), false);
    const required = others.map((operand) => operand.required === true);
    assertEquals(required, required.toSorted().toReversed());
    assertEquals(others.slice(0, -1).some((operand) => operand.repeatable === true), false);
  });
}
