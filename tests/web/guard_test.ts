import { newToken, passed } from "../../src/web/guard.ts";
import { assertEquals, it } from "../deps.ts";

const TOKEN = "a".repeat(42) + "_";
const PORT = 8123;

/** Whether a request with these headers passes. */
function passes(
  headers: readonly (readonly [string, string])[],
  { method = "GET", target = `/?token=${TOKEN}`, port = PORT } = {},
): boolean {
  const values = (name: string) => headers.flatMap(([each, value]) => each === name ? value : []);
  return passed({ method, target, values }, { port, token: TOKEN }) !== undefined;
}

const HOST = ["host", `127.0.0.1:${PORT}`] as const;

it("passed() takes the token of a query and of a header", () => {
  assertEquals(passes([HOST]), true);
  assertEquals(passes([HOST, ["x-coord-token", TOKEN]], { target: "/log?limit=1" }), true);
});

for (
  const [what, target] of [
    ["no token", "/"],
    ["an empty token", "/?token="],
    ["a token that is too short", `/?token=${TOKEN.slice(1)}`],
    ["a token that is too long", `/?token=${TOKEN}a`],
    ["a token with another last character", `/?token=${TOKEN.slice(0, -1)}-`],
    ["a token with another first character", `/?token=b${TOKEN.slice(1)}`],
    ["a token that is the right one in other case", `/?token=${TOKEN.toUpperCase()}`],
    ["two tokens", `/?token=${TOKEN}&token=${TOKEN}`],
    ["a token behind a second question mark", `/?x?token=${TOKEN}`],
    ["a token in the path", `/${TOKEN}`],
    ["a token of NULs", `/?token=${"%00".repeat(43)}`],
  ] as const
) it(`passed() refuses ${what}`, () => assertEquals(passes([HOST], { target }), false));

for (
  const host of [`127.0.0.1:${PORT}`, `localhost:${PORT}`, `LOCALHOST:${PORT}`, `[::1]:${PORT}`]
) {
  it(`passed() takes the host ${host}, and that as the origin`, () => {
    assertEquals(passes([["host", host]]), true);
    assertEquals(passes([["host", host], ["origin", `http://${host.toLowerCase()}`]]), true);
  });
}

for (
  const host of [
    "",
    "127.0.0.1",
    "127.0.0.1:81",
    `127.0.0.2:${PORT}`,
    `evil.example:${PORT}`,
    `127.0.0.1.evil.example:${PORT}`,
    `evil.example@127.0.0.1:${PORT}`,
    `localhost.:${PORT}`,
    `0.0.0.0:${PORT}`,
    `2130706433:${PORT}`,
    `127.0.0.1:${PORT} `,
  ]
) it(`passed() refuses the host "${host}"`, () => assertEquals(passes([["host", host]]), false));

it("passed() refuses no host, and two of them", () => {
  assertEquals(passes([]), false);
  assertEquals(passes([HOST, HOST]), false);
});

for (
  const origin of [
    "null",
    "",
    `https://127.0.0.1:${PORT}`,
    `http://localhost:${PORT}`,
    `http://127.0.0.1`,
    "http://evil.example",
    `http://127.0.0.1:${PORT}.evil.example`,
    `http://127.0.0.1:${PORT}/`,
  ]
) {
  it(`passed() refuses the origin "${origin}" where the host is 127.0.0.1`, () => {
    assertEquals(passes([HOST, ["origin", origin]]), false);
    const headers = [HOST, ["origin", origin], ["x-coord-token", TOKEN]] as const;
    assertEquals(passes(headers, { method: "POST", target: "/control" }), false);
  });
}

it("passed() wants the token of what is no GET in the header, and an origin", () => {
  const origin = ["origin", `http://127.0.0.1:${PORT}`] as const;
  const token = ["x-coord-token", TOKEN] as const;
  const post = { method: "POST", target: "/control" };
  assertEquals(passes([HOST, origin, token], post), true);
  assertEquals(passes([HOST, token], post), false);
  assertEquals(passes([HOST, origin], { ...post, target: `/control?token=${TOKEN}` }), false);
  assertEquals(passes([HOST, origin, token], { ...post, method: "OPTIONS" }), true);
});

it("passed() takes a host without a port at port 80 alone", () => {
  assertEquals(passes([["host", "localhost"]], { port: 80 }), true);
  assertEquals(passes([["host", "localhost"]]), false);
});

it("newToken() makes 256 bits, in characters that an address takes", () => {
  const tokens = Array.from({ length: 100 }, newToken);
  assertEquals(new Set(tokens).size, 100);
  for (const token of tokens) assertEquals(/^[\w-]{43}$/.test(token), true, token);
});
