/** What the model that plays for hosts does after what a host answers. */
import { type Play, playIn, promptOf, type Step, turnsOf } from "../../scripts/hosts/play.ts";
import { assertEquals, it } from "../deps.ts";

const WRITE = { do: "write", path: "/p/a.ts", text: "a\n" } as const;
const READ = { do: "read", path: "/p/b.ts" } as const;
const PLAY: Play = { name: "ö", steps: [WRITE, READ] };

const HELD = '"a.ts" is held by "x". Work on something else, or wait: coord wait --address a.ts ' +
  "--timeout 300. Do not edit it through the shell.";
const CHANGED = '"a.ts" was changed by "x", after you saw it. Read it again, then edit.';

it("playIn() finds the play of a prompt in what a host makes of it", () => {
  assertEquals(playIn(`<reminder>\n${promptOf(PLAY)}\n"`), PLAY);
  assertEquals(playIn("write the file"), undefined);
});

it("turnsOf() does what a denial asks for, and then tries the write again", () => {
  const { made, next } = turnsOf(PLAY, [HELD, "done", CHANGED, "a", "written"]);
  const wait = { do: "shell", command: "coord wait --address a.ts --timeout 300" } as const;
  assertEquals(made.map(({ call, denial }) => ({ call, denial })), [
    { call: WRITE, denial: "held" },
    { call: wait, denial: undefined },
    { call: WRITE, denial: "changed" },
    { call: { do: "read", path: WRITE.path }, denial: undefined },
    { call: WRITE, denial: undefined },
  ]);
  assertEquals(next, { step: READ, call: READ });
});

it("turnsOf() goes on after a denial where it is not to try again, and ends with the last step", () => {
  const once: Play = { name: "a", steps: [{ ...WRITE, once: true }, READ] };
  assertEquals(turnsOf(once, [HELD]).next?.call, READ);
  assertEquals(turnsOf(once, [HELD, "b"]).next, undefined);
});

it("turnsOf() waits for a subagent that goes on by itself, as long as that takes, and closes it", () => {
  const child = { do: "agent", play: PLAY } as const;
  const play: Play = { name: "a", steps: [child, READ] };
  const started = '{"agent_id":"x","nickname":"y"}';
  const late = '{"status":{},"timed_out":true}';
  const ended = '{"status":{"x":{"completed":"done"}},"timed_out":false}';
  const { made, next } = turnsOf(play, [started, late, ended, "closed"]);
  const waits = { do: "await", agent: "x" } as const;
  const calls: Step[] = [child, waits, waits, { do: "close", agent: "x" }];
  assertEquals(made.map(({ call }) => call), calls);
  assertEquals(next?.call, READ);
  // Other hosts answer when it has ended.
  assertEquals(turnsOf(play, ["done"]).next?.call, READ);
});
