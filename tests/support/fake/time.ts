/** Timers and a clock that move by hand. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { realTimers, type Timers } from "../../../src/async/timers.ts";

/** 2026-11-21T09:30:00.000Z */
const START = 1_795_253_400_000;

interface Alarm {
  readonly at: number;
  readonly body: () => void;
}

export class FakeTime {
  #ms = 0;
  #alarms = new Set<Alarm>();

  /** Milliseconds since 1970. */
  readonly clock = (): number => START + this.#ms;

  readonly timers: Timers = {
    now: () => this.#ms,
    after: (ms, body) => {
      const alarm = { at: this.#ms + ms, body };
      this.#alarms.add(alarm);
      return () => void this.#alarms.delete(alarm);
    },
    turn,
  };

  /** How many timers run. */
  get armed(): number {
    return this.#alarms.size;
  }

  /** An instant a number of seconds after the start, as records have it. */
  iso(seconds: number): string {
    return new Date(START + seconds * 1000).toISOString();
  }

  /**
   * Lets everything happen that has no need of time: more steps than any test takes, and what the
   * machine has begun besides, a hash or a turn of others.
   */
  async settle(): Promise<void> {
    while (true) {
      for (let n = 0; n < 10_000; n++) await undefined;
      if (begun === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  /** Moves on, ringing every alarm at its time. */
  async advance(seconds: number): Promise<void> {
    await this.settle();
    const end = this.#ms + seconds * 1000;
    while (true) {
      let next: Alarm | undefined;
      for (const alarm of this.#alarms) {
        if (alarm.at <= end && (next === undefined || alarm.at < next.at)) next = alarm;
      }
      if (next === undefined) break;
      this.#alarms.delete(next);
      this.#ms = Math.max(this.#ms, next.at);
      next.body();
      await this.settle();
    }
    this.#ms = end;
  }
}

/** What takes the machine's time, and has not ended. */
let begun = 0;

async function counted<T>(work: Promise<T>): Promise<T> {
  begun++;
  try {
    return await work;
  } finally {
    begun--;
  }
}

const digest = crypto.subtle.digest.bind(crypto.subtle);
crypto.subtle.digest = (...input) => counted(digest(...input));

function turn(): Promise<void> {
  return counted(new Promise((resolve) => setTimeout(resolve, 0)));
}

// Long work pauses by the machine's own clock, on a busy machine also where it is short.
Object.assign(realTimers, { turn });

/** What the engine imports when it is needed would take more than the time that stands still. */
async function importAll(folder: string): Promise<void> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      await importAll(path);
      continue;
    }
    for (const [, name = ""] of readFileSync(path, "utf8").matchAll(/import\("(\.[^"]+)"\)/g)) {
      await import(pathToFileURL(join(dirname(path), name)).href);
    }
  }
}

await importAll(fileURLToPath(new URL("../../../src/engine/", import.meta.url)));
