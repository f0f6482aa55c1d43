/** Attempts at tasks as bars, a line for each run, on one canvas that draws what is in view. */
import { wordOf } from "./model.js";
import { clean, make, setText, short, timeOfDay } from "./text.js";
/** @typedef {import("./model.js").Bar} Bar */

const LINE = 22;
const AXIS = 22;
const MOST = 12;
/** Spans to choose from, in minutes; 0 fits what there is. */
const SPANS =
  /** @type {const} */ ([[0, "Auto"], [5, "5 min"], [15, "15 min"], [60, "1 h"], [360, "6 h"]]);
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600].map((s) => s * 1000);
const MINUTE = 60_000;
const HINT = "Point at a bar, or select one with the arrow keys";

/** The variable with the colour of each end. */
const COLOURS = { completed: "--good", failed: "--bad", timed_out: "--warn", claimed: "--accent" };
const KINDS = /** @type {const} */ (["claimed", "completed", "failed", "timed_out"]);

export class Timeline {
  /** @type {Bar[]} */
  #bars = [];
  /** @type {string[]} */
  #runs = [];
  /** @type {Map<string, Bar[]>} */
  #byRun = new Map();
  #now = Date.now();
  #minutes = 0;
  /** @type {{ bar: Bar, x: number, y: number, width: number }[]} */
  #drawn = [];
  /** @type {string | undefined} */
  #chosen;
  /** @type {Record<string, string>} */
  #ink = {};

  /**
   * @param {HTMLElement} section
   * @param {(id: string) => void} onOpen
   */
  constructor(section, onOpen) {
    this.onOpen = onOpen;
    const tools = make("div", "bar");
    const heading = make("h2", "", "Timeline");
    heading.id = "timeline-h";
    const legend = make("span", "legend");
    for (const kind of KINDS) {
      const item = make("span", `key ${kind}`, kind === "claimed" ? "at work" : wordOf(kind));
      legend.append(item);
    }
    const label = make("label", "hidden", "Time shown");
    label.htmlFor = "span";
    const select = make("select");
    select.id = "span";
    for (const [minutes, name] of SPANS) {
      const option = make("option", "", name);
      option.value = String(minutes);
      select.append(option);
    }
    select.addEventListener("change", () => {
      this.#minutes = Number(select.value);
      this.draw();
    });
    tools.append(heading, legend, label, select);
    this.none = make("p", "none", "No task was claimed yet");
    this.box = make("div", "timeline");
    this.box.tabIndex = 0;
    this.box.setAttribute("role", "application");
    this.box.setAttribute(
      "aria-label",
      "Attempts at tasks by run and time; arrows select, Enter shows",
    );
    this.box.setAttribute("aria-describedby", "timeline-said");
    this.tall = make("div", "tall");
    this.canvas = make("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.tall.append(this.canvas);
    this.box.append(this.tall);
    this.said = make("p", "said", HINT);
    this.said.id = "timeline-said";
    section.append(tools, this.none, this.box, this.said);
    this.box.addEventListener("scroll", () => this.draw(), { passive: true });
    this.box.addEventListener("keydown", (event) => this.#pressed(event));
    this.canvas.addEventListener("mousemove", (event) => this.#say(this.#under(event)));
    this.canvas.addEventListener("mouseleave", () => this.#say(this.#selected()));
    this.canvas.addEventListener("click", (event) => {
      const bar = this.#under(event);
      if (bar === undefined) return;
      this.#chosen = bar.key;
      this.draw();
      onOpen(bar.task_id);
    });
    new ResizeObserver(() => this.draw()).observe(this.box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#ink = {};
      this.draw();
    });
  }

  /**
   * Shows these attempts.
   *
   * @param {Bar[]} bars By when they began.
   * @param {readonly string[]} first Runs that come first, in this order.
   * @param {number} now
   */
  set(bars, first, now) {
    this.#now = now;
    if (bars !== this.#bars) {
      this.#bars = bars;
      this.#byRun = Map.groupBy(bars, ({ run_id }) => run_id);
    }
    const known = new Set(first);
    const rest = [...this.#byRun.keys()].filter((run) => !known.has(run));
    const last = (/** @type {string} */ run) => {
      const bar = this.#byRun.get(run)?.at(-1);
      return bar?.to ?? bar?.from ?? 0;
    };
    rest.sort((a, b) => last(b) - last(a));
    this.#runs = [...first.filter((run) => this.#byRun.has(run)), ...rest];
    this.none.hidden = this.#runs.length > 0;
    this.box.hidden = this.said.hidden = this.#runs.length === 0;
    this.tall.style.height = `${this.#runs.length * LINE + AXIS}px`;
    this.box.style.maxHeight = `${MOST * LINE + AXIS}px`;
    this.draw();
  }

  #window() {
    const to = this.#now;
    if (this.#minutes > 0) return { from: to - this.#minutes * MINUTE, to };
    const first = this.#bars[0]?.from ?? to;
    return { from: Math.max(to - 60 * MINUTE, Math.min(first, to - MINUTE)), to };
  }

  /** @param {string} name */
  #colour(name) {
    return this.#ink[name] ??= getComputedStyle(this.box).getPropertyValue(name).trim();
  }

  draw() {
    const width = this.box.clientWidth;
    const height = Math.min(this.#runs.length, MOST) * LINE + AXIS;
    const context = this.canvas.getContext("2d");
    if (context === null || width === 0 || this.box.hidden) return;
    const scale = devicePixelRatio || 1;
    const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = `12px ${getComputedStyle(this.box).fontFamily}`;
    context.textBaseline = "middle";
    const gutter = Math.min(170, Math.max(84, Math.round(width * 0.2)));
    const { from, to } = this.#window();
    const x = (/** @type {number} */ at) =>
      gutter + (at - from) / (to - from) * (width - gutter - 12);
    this.#axis(context, { from, to, x, width, height, gutter });
    this.#drawn = [];
    const top = this.box.scrollTop;
    const first = Math.floor(top / LINE);
    context.save();
    context.beginPath();
    context.rect(0, AXIS, width, height - AXIS);
    context.clip();
    for (let at = first; at < Math.min(this.#runs.length, first + MOST + 1); at++) {
      const run = this.#runs[at] ?? "";
      const y = AXIS + at * LINE - top;
      context.fillStyle = this.#colour("--dim");
      context.textAlign = "left";
      context.fillText(fitting(context, clean(run), gutter - 24), 14, y + LINE / 2);
      let until = -1;
      for (const bar of this.#byRun.get(run) ?? []) {
        if ((bar.to ?? to) < from) continue;
        const left = Math.max(gutter, x(bar.from));
        const right = Math.max(left + 2, x(bar.to ?? to));
        // Of bars that fall on one pixel one is enough, unless it ended badly.
        if (right <= until && bar.end !== "failed" && bar.key !== this.#chosen) continue;
        until = right;
        this.#bar(context, bar, left, y + 4, right - left);
      }
    }
    context.restore();
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {{ from: number, to: number, x: (at: number) => number, width: number, height: number, gutter: number }} frame
   */
  #axis(context, { from, to, x, width, height, gutter }) {
    const room = Math.max(2, Math.floor((width - gutter) / 84));
    const step = STEPS.find((step) => (to - from) / step <= room) ?? 2 * 3_600_000;
    context.textAlign = "center";
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
      context.fillStyle = this.#colour("--line");
      context.fillRect(Math.round(x(at)), AXIS - 4, 1, height);
      context.fillStyle = this.#colour("--dim");
      if (x(at) < width - 32) {
        context.fillText(timeOfDay(at).slice(0, step < MINUTE ? 8 : 5), x(at), 9);
      }
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Bar} bar
   * @param {number} x
   * @param {number} y
   * @param {number} width
   */
  #bar(context, bar, x, y, width) {
    const height = LINE - 8;
    const end = /** @type {keyof typeof COLOURS} */ (bar.end ?? "claimed");
    const colour = this.#colour(COLOURS[end] ?? "--dim");
    context.fillStyle = colour;
    context.globalAlpha = bar.end === "completed" ? 0.55 : 1;
    context.beginPath();
    context.roundRect(x, y, Math.max(2, width - 1), height, 2);
    if (bar.end === "timed_out" || bar.end === "given_back") {
      context.globalAlpha = 0.3;
      context.fill();
      context.globalAlpha = 1;
      context.strokeStyle = colour;
      context.stroke();
    } else context.fill();
    context.globalAlpha = 1;
    if (bar.end === null && width > 3) {
      // It goes on: its end is open.
      context.fillRect(x + width - 1, y - 2, 2, height + 4);
    }
    if (bar.key === this.#chosen) {
      context.strokeStyle = this.#colour("--text");
      context.lineWidth = 2;
      context.strokeRect(x - 1, y - 1, width + 2, height + 2);
      context.lineWidth = 1;
    }
    this.#drawn.push({ bar, x, y, width });
    if (width < 60) return;
    context.fillStyle = this.#colour(bar.end === null || bar.end === "failed" ? "--on" : "--text");
    context.textAlign = "left";
    context.fillText(fitting(context, clean(bar.title), width - 12), x + 6, y + height / 2 + 0.5);
  }

  /** @param {MouseEvent} event */
  #under({ offsetX, offsetY }) {
    const found = this.#drawn.findLast(({ x, y, width }) =>
      offsetX >= x - 2 && offsetX <= x + width + 2 && offsetY >= y - 3 && offsetY <= y + LINE - 4
    )?.bar;
    this.canvas.style.cursor = found === undefined ? "" : "pointer";
    return found;
  }

  #selected() {
    return this.#bars.find(({ key }) => key === this.#chosen);
  }

  /** @param {Bar | undefined} bar */
  #say(bar) {
    if (bar === undefined) return setText(this.said, HINT);
    const { title, run_id, attempt, end, from, to, error } = bar;
    const took = short((to ?? this.#now) - from);
    const again = attempt > 1 ? `, attempt ${attempt}` : "";
    const why = error ? `: ${error}` : "";
    const state = end === null ? `at work for ${took}` : `${wordOf(end)} after ${took}`;
    setText(this.said, clean(`${title} (${run_id}${again}) ${state}${why}`));
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const bar = this.#selected();
    if (event.key === "Enter" && bar !== undefined) this.onOpen(bar.task_id);
    else if (/^Arrow/.test(event.key)) this.#move(event.key, bar);
    else return;
    event.preventDefault();
  }

  /**
   * @param {string} key
   * @param {Bar | undefined} bar
   */
  #move(key, bar) {
    const place = bar === undefined ? -1 : this.#runs.indexOf(bar.run_id);
    let next = bar;
    if (place < 0) next = this.#byRun.get(this.#runs[0] ?? "")?.at(-1);
    else if (bar !== undefined) {
      const own = this.#byRun.get(bar.run_id) ?? [];
      if (key === "ArrowLeft") next = own[own.indexOf(bar) - 1] ?? bar;
      else if (key === "ArrowRight") next = own[own.indexOf(bar) + 1] ?? bar;
      else {
        const other = this.#byRun.get(this.#runs[place + (key === "ArrowUp" ? -1 : 1)] ?? "");
        next = other?.findLast(({ from }) => from <= bar.from) ?? other?.[0] ?? bar;
      }
    }
    if (next === undefined) return;
    this.#chosen = next.key;
    const y = this.#runs.indexOf(next.run_id) * LINE;
    const room = MOST * LINE;
    if (y < this.box.scrollTop) this.box.scrollTop = y;
    else if (y + LINE > this.box.scrollTop + room) this.box.scrollTop = y + LINE - room;
    this.draw();
    this.#say(next);
  }
}

/**
 * Text that fits into a width, with a mark where some is left out.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} width
 */
function fitting(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let [least, most] = [0, text.length];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) least = middle;
    else most = middle - 1;
  }
  return least === 0 ? "" : `${text.slice(0, least)}…`;
}
