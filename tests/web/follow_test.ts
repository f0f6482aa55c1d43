/** The states for pages whose connections a test has in its hand. */
import type { Fleet } from "../../mod.ts";
import { noTasks } from "../../src/domain/task/listing.ts";
import { CoordError } from "../../src/domain/errors.ts";
import { FleetPages } from "../../src/web/follow.ts";
import { assertEquals, it } from "../deps.ts";
import { noFleet } from "../support/fake/fleet.ts";

/** A connection that takes what is written, or is behind. */
class FakeStream {
  isBehind = false;
  hasEnded = false;
  readonly written: string[] = [];

  write(text: string): void {
    this.written.push(text);
  }

  end(): void {
    this.hasEnded = true;
  }

  /** The names of the events that were written since the last call. */
  events(): string[] {
    return this.written.splice(0).flatMap((text) =>
      [...text.matchAll(/^event: (\w+)$/gm)].map(([, name = ""]) => name)
    );
  }
}

/** A fleet whose states a test gives, and which knows how many follow it. */
class FakeFleet {
  following = 0;
  #give: ((step: Fleet | Error) => void) | undefined;
  readonly coord = {
    fleet: ({ signal }: { signal?: AbortSignal } = {}) => this.#states(signal),
    forecast: () => new Promise<never>(() => {}),
  };

  async *#states(signal?: AbortSignal): AsyncGenerator<Fleet, undefined> {
    this.following++;
    try {
      while (true) {
        const step = await new Promise<Fleet | Error | undefined>((resolve) => {
          this.#give = resolve;
          signal?.addEventListener("abort", () => resolve(undefined));
        });
        if (step === undefined) return;
        if (step instanceof Error) throw step;
        yield step;
      }
    } finally {
      this.following--;
    }
  }

  /** Gives the next state, or a failure, and lets all see it. */
  async next(step: Fleet | Error = state(0)): Promise<void> {
    await turns();
    this.#give?.(step);
    await turns();
  }
}

function turns(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function state(second: number): Fleet {
  return noFleet({
    at: new Date(Date.UTC(2026, 10, 21, 9, 30, second)).toISOString(),
    tasks: { ...noTasks(), completed: second },
    attempts: [],
  });
}

const ALL = ["hello", "samples", "attempts", "fleet"];

it("the fleet is followed once for all pages, and only while one is open", async () => {
  const fleet = new FakeFleet();
  const pages = new FleetPages(fleet.coord);
  assertEquals(fleet.following, 0);
  const [a, b] = [new FakeStream(), new FakeStream()];
  pages.open(a, {});
  pages.open(b, {});
  await fleet.next();
  assertEquals([fleet.following, pages.size, a.events(), b.events()], [1, 2, ALL, ALL]);
  pages.close(a);
  await turns();
  assertEquals([fleet.following, pages.size], [1, 1]);
  pages.close(b);
  await turns();
  assertEquals([fleet.following, pages.size], [0, 0]);
  const c = new FakeStream();
  pages.open(c, {});
  await fleet.next();
  assertEquals([fleet.following, c.events()], [1, ALL]);
  pages.close(c);
});

it("a page that is behind gets nothing more, and then all at once; the others go on", async () => {
  const fleet = new FakeFleet();
  const pages = new FleetPages(fleet.coord);
  const [slow, quick] = [new FakeStream(), new FakeStream()];
  pages.open(slow, {});
  pages.open(quick, {});
  await fleet.next(state(0));
  slow.events();
  quick.events();
  slow.isBehind = true;
  for (let second = 1; second <= 50; second++) await fleet.next(state(second));
  assertEquals([slow.written.length, quick.events().length >= 50], [0, true]);
  slow.isBehind = false;
  pages.ready(slow);
  assertEquals([slow.written.join("").includes("09:30:50.000Z"), slow.events()], [true, ALL]);
  await fleet.next(state(51));
  assertEquals(slow.events(), ["change"]);
  pages.close(slow);
  pages.close(quick);
});

it("a state in which nothing but the time has changed is not sent", async () => {
  const fleet = new FakeFleet();
  const pages = new FleetPages(fleet.coord);
  const page = new FakeStream();
  pages.open(page, {});
  await fleet.next(state(0));
  page.events();
  await fleet.next({ ...state(0), at: state(1).at });
  assertEquals(page.written, []);
  await fleet.next(state(1));
  assertEquals(page.events(), ["change"]);
  pages.close(page);
});

it("a page that opens between two states gets the newest at once", async () => {
  const fleet = new FakeFleet();
  const pages = new FleetPages(fleet.coord);
  const first = new FakeStream();
  pages.open(first, {});
  await fleet.next(state(7));
  const second = new FakeStream();
  pages.open(second, { control: true });
  assertEquals(second.written.join("").includes("09:30:07.000Z"), true);
  assertEquals(second.events(), ALL);
  pages.close(first);
  pages.close(second);
});

it("where the workspace cannot be read, each page hears why, and may come again", async () => {
  const fleet = new FakeFleet();
  const pages = new FleetPages(fleet.coord);
  const page = new FakeStream();
  pages.open(page, {});
  await fleet.next();
  page.events();
  await fleet.next(new CoordError("io_error", "Cannot read"));
  assertEquals(
    page.written.join(""),
    `event: failure\ndata: {"status":"io_error","error":"Cannot read"}\n\n`,
  );
  assertEquals([page.hasEnded, pages.size, fleet.following], [true, 0, 0]);
  const again = new FakeStream();
  pages.open(again, {});
  await fleet.next();
  assertEquals(again.events(), ALL);
  pages.close(again);
});
