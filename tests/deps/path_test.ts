import { posix } from "../../src/deps/path.ts";
import { assertEquals, it, nodePosix as node } from "../deps.ts";

/** Every text of these characters up to a length, without two slashes first, which Node keeps there. */
function texts(characters: string, most: number): string[] {
  let last = [""];
  const all = [...last];
  for (let length = 1; length <= most; length++) {
    last = last.flatMap((text) => [...characters].map((character) => text + character));
    all.push(...last);
  }
  return all.filter((text) => !text.startsWith("//"));
}

it("basename() and dirname() are those of POSIX, for every short path", () => {
  for (const path of texts("/.ab", 6)) {
    assertEquals(posix.basename(path), node.basename(path) || path, `basename ${path}`);
    const above = node.dirname(path).replace(/(.)\/+$/, "$1"); // Node keeps all but one slash
    assertEquals(posix.dirname(path), above, `dirname ${path}`);
  }
});

it("join() and resolve() are those of POSIX, for every two short paths", () => {
  const paths = texts("/.a", 3);
  for (const first of paths) {
    for (const second of paths) {
      const [parts, from] = [[first, second], `${first} and ${second}`] as const;
      assertEquals(posix.join(...parts), node.join(...parts), `join ${from}`);
      assertEquals(posix.resolve("/w", ...parts), node.resolve("/w", ...parts), `resolve ${from}`);
    }
  }
  for (const path of texts("/.a", 7)) {
    assertEquals(posix.join(path), node.join(path), `join ${path}`);
    assertEquals(posix.resolve("/w/x", path), node.resolve("/w/x", path), `resolve ${path}`);
  }
});
