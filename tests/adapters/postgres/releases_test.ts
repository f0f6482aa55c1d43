/** What the store promises on each release of PostgreSQL that coord runs on, not on Debian's alone. */
import {
  hasRelease,
  releasePrograms,
  RELEASES,
} from "../../../scripts/support/postgres_releases.ts";
import { run } from "../../../scripts/support/run.ts";
import { assertEquals, itIf } from "../../deps.ts";
import { isLong, sized } from "../../support/length.ts";
import { noServer } from "../../support/postgres.ts";
import { MUST_HAVE } from "../../support/program/programs.ts";

const ROOT = new URL("../../..", import.meta.url).pathname;

/** Tests that take their server from COORD_POSTGRES. */
const CONFORMANCE = "tests/conformance/postgres_test.ts";
const ALL = [
  CONFORMANCE,
  ...["commits", "doctor", "feed", "fsck", "holds", "place", "queue", "spaces"].map((name) =>
    `tests/adapters/postgres/${name}_test.ts`
  ),
];

/** In CI there is no time for all tests on a release between the oldest and the newest one. */
const between = sized([CONFORMANCE], [CONFORMANCE], ALL);

const releases = Object.keys(RELEASES);
for (const release of releases) {
  const tests = [releases[0], releases.at(-1)].includes(release) ? ALL : between;
  const isThere = MUST_HAVE || hasRelease(release);
  const reason = noServer() ?? (isThere ? undefined : `PostgreSQL ${release} is not installed`);
  itIf(reason === undefined, reason ?? "")(
    `the store keeps its promises on PostgreSQL ${release}`,
    async () => {
      const { code, output } = await run(
        Deno.execPath(),
        ["test", "-A", "--no-check", ...tests],
        {
          cwd: ROOT,
          env: {
            [isLong() ? "COORD_LONG" : "COORD_HEAVY"]: "1",
            COORD_POSTGRES: releasePrograms(release),
          },
        },
      );
      // What failed comes last.
      assertEquals({ code, end: code === 0 ? "" : output.slice(-4_000) }, { code: 0, end: "" });
      const [, passed] = /(\d+) passed/.exec(output) ?? [];
      assertEquals(Number(passed) > 200, true, `${passed} tests ran`);
    },
  );
}
