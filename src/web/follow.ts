/**
 * The states of a fleet for any number of pages: followed once, and only while a page is open. A page that
 * reads slowly misses states and never delays the others; what is kept for it does not grow.
 */
import { jsonLine } from "../domain/json.ts";
import { msOf } from "../domain/time.ts";
import type { Coord } from "../engine/coord.ts";
import type { Forecast } from "../engine/forecast/forecast.ts";
import type { Fleet, FleetAttempt } from "../engine/watch/fleet/types.ts";
import type { HttpStream } from "../host/people/http.ts";
import { failureOf } from "../cli/exit_codes.ts";
import { PageChanges } from "./delta.ts";
import { SAMPLE_S, Samples } from "./samples.ts";
import { type PageState, pageState, shortened } from "./view.ts";

/** Seconds between two states at least, and at most where nothing but ages changes. */
const INTERVAL_S = { least: 0.16, most: SAMPLE_S } as const;

/** Attempts that a page gets. */
const ATTEMPTS = 500;

/** Milliseconds between two signs of life to a page, and after which a broken connection is noticed. */
const BEAT_MS = 3_000;

/** Milliseconds between two looks for conflicts, which compare all holds. */
const LOOK_MS = 2_000;

/** One event as it goes out. */
function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${jsonLine(data as object)}\n\n`;
}

/** A page that is open. */
interface Page {
  readonly stream: HttpStream;
  readonly hello: object;
  /** Whether it has a state, so that what has changed since is enough. */
  isCurrent: boolean;
}

export class FleetPages {
  readonly #coord: Pick<Coord, "fleet" | "forecast">;
  readonly #pages = new Map<HttpStream, Page>();
  readonly #samples = new Samples();
  #following: AbortController | undefined;
  #beat: ReturnType<typeof setInterval> | undefined;
  #fleet: Fleet | undefined;
  /** The newest state, how it differs from the one before, and the attempts that were in one. */
  #state: PageState | undefined;
  #changes = new PageChanges();
  readonly #attempts = new WeakSet<FleetAttempt>();
  /** What is held, as it was when conflicts were last looked for, and what was found. */
  #held = "";
  #forecast: Forecast | undefined;
  #isLooking = false;

  constructor(coord: Pick<Coord, "fleet" | "forecast">) {
    this.#coord = coord;
  }

  get size(): number {
    return this.#pages.size;
  }

  /** Opens a page: it gets the state as soon as there is one, and each that follows. */
  open(stream: HttpStream, hello: object): void {
    const page = { stream, hello, isCurrent: false };
    this.#pages.set(stream, page);
    stream.write("retry: 1000\n\n");
    if (this.#following === undefined) this.#follow();
    else this.#bringUp(page);
  }

  /** The page has caught up with what was written to it. */
  ready(stream: HttpStream): void {
    const page = this.#pages.get(stream);
    if (page !== undefined) this.#bringUp(page);
  }

  /** The page has gone. */
  close(stream: HttpStream): void {
    if (!this.#pages.delete(stream) || this.#pages.size > 0) return;
    this.#end();
  }

  #end(): void {
    this.#following?.abort();
    this.#following = undefined;
    this.#fleet = undefined;
    clearInterval(this.#beat);
  }

  #follow(): void {
    const following = new AbortController();
    this.#following = following;
    this.#beat = setInterval(() => this.#toAll("event: beat\ndata: {}\n\n"), BEAT_MS);
    const { signal } = following;
    const { least: interval, most: ages } = INTERVAL_S;
    const states = this.#coord.fleet({ interval, ages, attempts: ATTEMPTS, signal });
    void this.#pass(states, signal);
  }

  async #pass(states: AsyncIterable<Fleet>, signal: AbortSignal): Promise<void> {
    try {
      for await (const fleet of states) {
        if (signal.aborted) return;
        this.#show(fleet);
      }
    } catch (error) {
      if (signal.aborted) return;
      const { status, error: message } = failureOf(error);
      this.#toAll(event("failure", { status, error: message }));
      // Each page comes again, and finds what can be read then.
      for (const stream of this.#pages.keys()) stream.end();
      this.#pages.clear();
      this.#end();
    }
  }

  #show(fleet: Fleet): void {
    this.#fleet = fleet;
    this.#look(fleet);
    this.#state = pageState(fleet, this.#forecast);
    const change = this.#changes.next(this.#state);
    const changed = (fleet.attempts ?? []).filter((each) => !this.#attempts.has(each));
    for (const each of changed) this.#attempts.add(each);
    const moment = this.#samples.take(msOf(fleet.at), fleet.queues);
    const news = [
      ...(changed.length === 0
        ? []
        : [event("attempts", { full: false, attempts: shortened(changed) })]),
      ...(change === undefined ? [] : [event("change", change)]),
      ...(moment === undefined ? [] : [event("sample", moment)]),
    ].join("");
    for (const page of this.#pages.values()) {
      if (page.stream.isBehind) page.isCurrent = false;
      else if (!page.isCurrent) this.#bringUp(page);
      else if (news !== "") page.stream.write(news);
    }
  }

  /** Looks for conflicts where what is held has changed: one look at a time, and then a rest. */
  #look({ reservations, leases }: Fleet): void {
    if (this.#isLooking) return;
    const held = JSON.stringify([
      reservations.map(({ reservation_id }) => reservation_id),
      leases.map(({ lane, loop_ts }) => [lane, loop_ts]),
    ]);
    if (held === this.#held) return;
    this.#held = held;
    this.#isLooking = true;
    this.#coord.forecast().then((forecast) => {
      this.#forecast = forecast;
      if (this.#fleet !== undefined) this.#show(this.#fleet);
    }).catch(() => {
      // The states cannot be read either then, and say why.
    }).finally(() =>
      setTimeout(() => {
        this.#isLooking = false;
        // What has changed meanwhile waits for no state.
        if (this.#fleet !== undefined) this.#look(this.#fleet);
      }, LOOK_MS)
    );
  }

  /** Gives a page all that it needs, where there is a state that it has not. */
  #bringUp(page: Page): void {
    if (page.isCurrent || page.stream.isBehind || this.#fleet === undefined) return;
    page.isCurrent = true;
    const attempts = shortened(this.#fleet.attempts ?? []);
    page.stream.write([
      event("hello", page.hello),
      event("samples", { queues: this.#samples.all() }),
      event("attempts", { full: true, attempts }),
      event("fleet", this.#state),
    ].join(""));
  }

  #toAll(text: string): void {
    for (const stream of this.#pages.keys()) if (!stream.isBehind) stream.write(text);
  }
}
