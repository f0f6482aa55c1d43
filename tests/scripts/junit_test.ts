import { assertEquals, it } from "../deps.ts";
import { parseJunit } from "../../scripts/support/junit.ts";

it("parseJunit() counts what Deno and Bun report", () => {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="5" failures="2" errors="0" time="0.2">
    <testsuite name="./a_test.ts" tests="5" disabled="1" errors="0" failures="2">
        <testcase name="one &lt;a&gt; / &quot;b&quot;" classname="./a_test.ts" time="0.001" line="3">
        </testcase>
        <testcase name="two" time="0" line="4" assertions="0" />
        <testcase name="three" classname="./a_test.ts">
            <failure message="1 > 2
&lt;skipped/&gt;">at file:///a_test.ts:4:19</failure>
        </testcase>
        <testcase name="four" time="0" line="4">
          <error message="no &amp; more&#10;here" />
        </testcase>
        <testcase name="five: &amp;lt; is not here" classname="./a_test.ts">
            <skipped/>
        </testcase>
    </testsuite>
</testsuites>`;
  assertEquals(parseJunit(xml), {
    passed: 2,
    failed: 2,
    skipped: ["five: &lt; is not here"],
    failures: [
      { name: "three", text: "at file:///a_test.ts:4:19" },
      { name: "four", text: "no & more\nhere" },
    ],
  });
});

it("parseJunit() finds nothing in a report that was never written", () => {
  assertEquals(parseJunit(""), { passed: 0, failed: 0, skipped: [], failures: [] });
});
