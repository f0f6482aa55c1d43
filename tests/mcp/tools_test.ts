/** What a model reads of the server in every session. */
import { listedResources } from "../../src/mcp/resources.ts";
import { INSTRUCTIONS } from "../../src/mcp/server.ts";
import { listedTools } from "../../src/mcp/tools.ts";
import { assert_, assertEquals, it } from "../deps.ts";

/**
 * Characters of one token, at the least. Of this text cl100k_base and o200k_base make one of 4.1 to 4.3
 * characters each, so there is a quarter to spare for other tokenizers.
 */
const CHARACTERS = 3.2;

it("all tools and resources together take less than 1,500 tokens", () => {
  const text = JSON.stringify({ tools: listedTools() }) +
    JSON.stringify({ resources: listedResources() });
  assert_(text.length / CHARACTERS < 1500, `${text.length} characters`);
  assert_(INSTRUCTIONS.length <= 600, `${INSTRUCTIONS.length} characters`);
});

it("listedTools() says of each tool what a client may expect of it", () => {
  assertEquals(
    listedTools().map(({ name, annotations: { readOnlyHint, idempotentHint } }) => ({
      name,
      readOnlyHint,
      idempotentHint,
    })),
    [
      ["coord_reserve", false, true],
      ["coord_release", false, true],
      ["coord_status", true, true],
      ["coord_task_add", false, false],
      ["coord_task_take", false, false],
      ["coord_task_end", false, true],
    ].map(([name, readOnlyHint, idempotentHint]) =>
      ({ name, readOnlyHint, idempotentHint }) as never
    ),
  );
});
