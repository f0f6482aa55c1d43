/**
 * What the model is to do in one session. The prompt names the whole play, and a host sends with each
 * request what came of the calls so far. So the model needs no memory, and any number of hosts may ask it.
 */

/** One thing to do. */
export type Step =
  | { readonly do: "read"; readonly path: string }
  | {
    readonly do: "write";
    readonly path: string;
    readonly text: string;
    /** Not tried again after a denial. */
    readonly once?: true;
    /** A patch says where it is by `cd`, where the host takes patches by its shell. */
    readonly within?: string;
  }
  | { readonly do: "shell"; readonly command: string }
  /** A tool of a server, whatever the host puts before its name. */
  | { readonly do: "tool"; readonly name: string; readonly input: object }
  | { readonly do: "agent"; readonly play: Play }
  /** What a host asks for besides, whose subagents go on in the background. */
  | { readonly do: "await" | "close"; readonly agent: string };

/** What one agent does, one thing after the other. */
export interface Play {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** How an answer denies a write: another run holds the file, or it was changed. */
export type Denial = "held" | "changed";

/** What is to be done now. */
export interface Turn {
  /** Which of the steps it is for. */
  readonly step: Step;
  /** The step itself, or what its denial asks for. */
  readonly call: Step;
}

/** A call that was made, with its result. */
export interface Made extends Turn {
  readonly result: string;
  readonly denial?: Denial;
}

/** A prompt that makes the model do it. */
export function promptOf(play: Play): string {
  const bytes = new TextEncoder().encode(JSON.stringify(play));
  return `Please play PLAY(${bytes.toBase64()})`;
}

/** The play that a text asks for. */
export function playIn(text: string): Play | undefined {
  const [, coded] = /PLAY\(([A-Za-z0-9+/=]+)\)/.exec(text) ?? [];
  if (coded === undefined) return undefined;
  return JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(coded)));
}

/** What a result says of a write: coord's denial, or the host's own of a file that it saw change. */
export function denialIn(result: string): Denial | undefined {
  if (/Do not edit it through the shell/.test(result)) return "held";
  const isOld = /Read (?:it|them) again, then edit|modified since|read the file again/i;
  return isOld.test(result) ? "changed" : undefined;
}

/** The calls that led to these results, and the one that comes now; none when all is done. */
export function turnsOf(
  { steps }: Play,
  results: readonly string[],
): { readonly made: readonly Made[]; readonly next: Turn | undefined } {
  const made: Made[] = [];
  let at = 0;
  let call = steps[0];
  for (const result of results) {
    const step = steps[at];
    if (step === undefined || call === undefined) break;
    const denial = call.do === "write" ? denialIn(result) : undefined;
    made.push({ step, call, result, ...(denial === undefined ? {} : { denial }) });
    if (step.do === "write" && denial !== undefined && step.once !== true) {
      call = asked(step.path, denial, result);
      continue;
    }
    const follows = ofAgent(call, result);
    if (follows !== undefined) {
      call = follows;
      continue;
    }
    // After what a denial asked for comes the write itself, again.
    if (call === step || call.do === "close") at++;
    call = steps[at];
  }
  const step = steps[at];
  return { made, next: step && call && { step, call } };
}

/** What a denial asks for. */
function asked(path: string, denial: Denial, result: string): Step {
  if (denial === "changed") return { do: "read", path };
  const [command] = /coord wait --address \S+ --timeout \d+/.exec(result) ?? [];
  if (command === undefined) throw new Error(`No command to wait in ${result}`);
  return { do: "shell", command };
}

/** What comes after the start of a subagent that goes on by itself: its end is waited for. */
function ofAgent(call: Step, result: string): Step | undefined {
  if (call.do === "agent") {
    const agent = /"agent_id":\s*"([^"]+)"/.exec(result)?.[1];
    return agent === undefined ? undefined : { do: "await", agent };
  }
  if (call.do !== "await") return undefined;
  return /"timed_out":\s*true/.test(result) ? call : { do: "close", agent: call.agent };
}
