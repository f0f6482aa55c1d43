/** The page: what comes from the server goes into the sections; keys and the filter. */
import { holdRows, noted, trend } from "./cells.js";
import { Grid } from "./grid.js";
import { Bars, changed, QueueLines } from "./model.js";
import { Panel } from "./panel.js";
import { byId, clean, make, setText, timeOfDay } from "./text.js";
import { Timeline } from "./timeline.js";
/** @typedef {import("./grid.js").Row} Row */

/** Milliseconds without a word from the server after which the connection counts as lost. */
const SILENCE_MS = 8_000;
/** Updates whose times are kept. */
const MEASURED = 1_000;
/** Events in the list. */
const EVENTS = 200;
/** Milliseconds before the stream is opened again, at first and at most. */
const RETRY = { first: 500, most: 5_000 };

const token = takeToken();
const bars = new Bars();
const samples = new QueueLines();
/** @type {any} */
let state;
let offset = 0;
let control = false;
let filter = "";
/** @type {Set<string>} */
const closed = new Set();
let isDue = false;
let areBarsNew = true;

/** The token of the address, which leaves the address; of a page loaded again the one kept. */
function takeToken() {
  const given = new URLSearchParams(location.search).get("token");
  if (given !== null) {
    sessionStorage.setItem("token", given);
    history.replaceState(null, "", "/");
  }
  return given ?? sessionStorage.getItem("token") ?? "";
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 */
function call(path, init = {}) {
  const headers = { "x-coord-token": token, "content-type": "application/json" };
  return fetch(path, { ...init, headers, cache: "no-store" });
}

const panel = new Panel({ call, mayControl: () => control });
const open = (/** @type {Row} */ row) => {
  if (row.id !== undefined && row.id !== null) void panel.open(row.id);
};

const grids = {
  ALERTS: new Grid(byId("alerts"), {
    title: "Alerts",
    none: "Nothing needs attention",
    most: 8,
    onOpen: open,
    pill: "ALERT",
  }),
  RUNS: new Grid(byId("runs"), {
    title: "Runs",
    none: "No run holds anything",
    most: 12,
    onOpen: open,
    pill: "STATUS",
    paint: (cell, _row, text, name) => name === "NOTE" && noted(cell, text),
  }),
  FAILURES: new Grid(byId("failures"), {
    title: "Failures",
    none: "No task failed",
    most: 8,
    onOpen: open,
  }),
  QUEUES: new Grid(byId("queues"), {
    title: "Queues",
    none: "There are no tasks",
    most: 8,
    onOpen: open,
    pill: "STATE",
    paint: (cell, row, _text, name) =>
      name === "TREND" && trend(cell, samples.of(row.about[0] ?? "")),
  }),
  CONFLICTS: new Grid(byId("conflicts"), {
    title: "Conflicts",
    none: "No two runs hold the same",
    most: 6,
    onOpen: open,
  }),
  WAITS: new Grid(byId("waits"), {
    title: "Waits",
    none: "No run waits for another",
    most: 6,
    onOpen: open,
  }),
};
const holds = new Grid(byId("holds"), {
  title: "Holds",
  none: "Nothing is held",
  most: 12,
  onOpen: (row) => row.isOpen === undefined ? open(row) : fold(row, !row.isOpen),
  onFold: fold,
});
const events = new Grid(byId("events"), {
  title: "Events",
  none: "No task was claimed yet",
  most: 10,
  onOpen: open,
});
const timeline = new Timeline(byId("timeline"), (id) => void panel.open(id));

/**
 * @param {Row} row
 * @param {boolean} isOpen
 */
function fold(row, isOpen) {
  const path = row.key.slice("folder ".length);
  if (isOpen) closed.delete(path);
  else closed.add(path);
  update();
}

/** @param {readonly string[]} about */
function isWanted(about) {
  return filter === "" || about.some((name) => name.toLowerCase().includes(filter));
}

let updates = 0;

/** Shows what there is in the next frame; what comes until then is shown with it. */
function update() {
  if (isDue) return;
  isDue = true;
  // A page in the background gets no frames, and shows what there is when it is looked at.
  requestAnimationFrame(() => {
    isDue = false;
    performance.mark("coord-update-start");
    show();
    performance.measure("coord-update", "coord-update-start");
    performance.clearMarks("coord-update-start");
    // The browser keeps all of them, and a page may be open for days.
    if (++updates % MEASURED === 0) performance.clearMeasures("coord-update");
    document.documentElement.dataset["at"] = state?.at ?? "";
  });
}

/** The first column of a section has the section's name on the terminal. */
const FIRST = { ALERTS: "ALERT", RUNS: "RUN", QUEUES: "QUEUE", WAITS: "RUN", CONFLICTS: "RUNS" };

function show() {
  if (state === undefined) return;
  const now = Date.now() + offset;
  setText(byId("clock"), `${timeOfDay(now)} UTC`);
  counts();
  for (const [title, grid] of Object.entries(grids)) {
    const section = state.sections.find((/** @type {any} */ each) => each.title === title);
    if (section === undefined) {
      grid.set([], [], now);
      continue;
    }
    const first = FIRST[/** @type {keyof typeof FIRST} */ (title)];
    const columns = section.columns.map((/** @type {any} */ each) =>
      each.name === title && first ? { ...each, name: first } : each
    );
    if (title === "QUEUES") columns.push({ name: "TREND", least: 8, drop: 0.5 });
    const rows = section.rows.filter((/** @type {Row} */ row) => isWanted(row.about));
    grid.set(columns, rows, now, filter === "" ? section.count : rows.length);
  }
  showHolds(now);
  showBars(now);
}

/** @param {number} now */
function showHolds(now) {
  const wanted = state.holds.filter((/** @type {any} */ hold) => isWanted([hold.run_id]));
  holds.set(
    [
      { name: "PATH", least: 16, share: 3 },
      { name: "HOW", least: 5 },
      { name: "RUN", least: 10, share: 2 },
      { name: "LEFT", least: 6, right: true },
    ],
    holdRows(wanted, closed),
    now,
    filter === "" ? state.holds_total : wanted.length,
  );
}

/** @type {import("./model.js").Bar[]} */
let shownBars = [];

/** @param {number} now */
function showBars(now) {
  if (areBarsNew) {
    areBarsNew = false;
    const isMine = (/** @type {import("./model.js").Bar} */ bar) =>
      isWanted([bar.run_id, bar.queue]);
    shownBars = bars.all().filter(isMine);
    events.set(
      [
        { name: "TIME", least: 9 },
        { name: "WHAT", least: 10 },
        { name: "TASK", least: 12, share: 3 },
        { name: "RUN", least: 10, share: 2, drop: 1 },
      ],
      bars.newest(EVENTS, isMine).map(({ bar, what, at }) => ({
        key: `${bar.key} ${what}`,
        id: bar.task_id,
        about: [bar.run_id, bar.queue],
        cells: [timeOfDay(at), what, bar.title, bar.run_id],
        tones: { 0: "dim", 1: TONES[what] ?? "plain", 3: "dim" },
      })),
      now,
    );
  }
  const runs = state.sections.find((/** @type {any} */ each) => each.title === "RUNS");
  timeline.set(shownBars, (runs?.rows ?? []).map((/** @type {Row} */ row) => row.about[0]), now);
}

/** @type {Readonly<Record<string, string>>} */
const TONES = { completed: "good", failed: "bad", "timed out": "warn" };

/** The numbers at the top. */
function counts() {
  const { runs, tasks } = state;
  /** @type {[string, number, string, string?][]} */
  const all = [
    ["runs", runs.total, "plain"],
    ["working", runs.working, "good"],
    ["silent", runs.silent, "warn"],
    ["stuck", runs.stuck, "warn"],
    ["lost", runs.lost, "bad"],
    ["pending", tasks.pending, "plain"],
    ["claimed", tasks.claimed, "plain"],
    ["blocked", tasks.blocked, "plain"],
    ["failed", tasks.failed, "bad"],
    ["completed", tasks.completed, "plain"],
    ["waiting", state.waiting, "plain"],
    ["conflicts/min", state.conflicts_last_minute, "warn", state.conflicts_counted ? "" : "+"],
    ["done/min", state.done_last_minute, "plain"],
  ];
  const list = byId("counts");
  for (const [at, [name, count, tone, more = ""]] of all.entries()) {
    let item = list.children[at];
    if (item === undefined) {
      item = make("div", "figure");
      item.append(make("dt", "", name), make("dd"));
      list.append(item);
    }
    item.setAttribute("data-tone", count === 0 ? "none" : tone);
    setText(/** @type {Element} */ (item.lastElementChild), count.toLocaleString("en") + more);
  }
}

/** Alerts that were read out. @type {Set<string> | undefined} */
let said;

/** Has a screen reader say which alerts are new. */
function sayNew() {
  const alerts = state.sections.find((/** @type {any} */ each) => each.title === "ALERTS");
  const rows = /** @type {Row[]} */ (alerts?.rows ?? []);
  const fresh = said === undefined ? [] : rows.filter(({ key }) => !said?.has(key));
  said = new Set(rows.map(({ key }) => key));
  if (fresh.length === 0) return;
  const [first] = fresh;
  const more = fresh.length > 1 ? `, and ${fresh.length - 1} more` : "";
  setText(byId("said"), `Alert: ${clean((first?.cells ?? []).slice(0, 3).join(", "))}${more}`);
}

/** @param {"live" | "lost" | "refused"} how @param {string} [why] */
function connection(how, why = "") {
  const live = byId("live");
  live.dataset["state"] = how;
  setText(live, how === "live" ? "live" : "not connected");
  const lost = byId("lost");
  lost.hidden = how === "live";
  setText(lost, clean(why));
}

let wait = RETRY.first;

/** @type {EventSource | undefined} */
let source;
let heardAt = 0;

function connect() {
  const stream = source = new EventSource(`/events?token=${encodeURIComponent(token)}`);
  /**
   * @param {string} name
   * @param {(data: any) => void} take
   */
  const on = (name, take) =>
    stream.addEventListener(name, (event) => {
      heardAt = performance.now();
      take(JSON.parse(/** @type {MessageEvent} */ (event).data));
      update();
    });
  on("hello", ({ place, control: may, now, samples_max: most }) => {
    wait = RETRY.first;
    connection("live");
    control = may === true;
    samples.most = most ?? samples.most;
    offset = Date.parse(now) - Date.now() || 0;
    setText(byId("place"), clean(place));
    byId("place").title = clean(place);
    document.title = `coord ${
      clean(place).split("/").findLast((part) => part !== "" && part !== ".coord") ?? ""
    }`;
    setText(byId("mode"), control ? "control" : "");
  });
  on("samples", ({ queues }) => samples.replace(queues));
  on("sample", ({ at, queues }) => samples.add(at, queues));
  on("attempts", ({ full, attempts }) => {
    bars.take(attempts, full);
    areBarsNew = true;
  });
  const took = (/** @type {any} */ next) => {
    state = next;
    offset = Date.parse(next.at) - Date.now();
    sayNew();
    void panel.follow();
  };
  on("fleet", took);
  on("change", (change) => took(changed(state, change)));
  on("beat", () => {});
  on("failure", ({ error }) => connection("lost", `Cannot read the workspace: ${clean(error)}`));
  heardAt = performance.now();
  stream.addEventListener("error", () => {
    stream.close();
    source = undefined;
    void lost();
  });
}

/** Says that there is no connection, tries again, and says why as soon as that is known. */
async function lost() {
  connection("lost", "The connection is lost. What you see is as of then; it is tried again.");
  setTimeout(connect, wait);
  wait = Math.min(RETRY.most, wait * 2);
  try {
    if ((await call("/record?id=lane:-")).status !== 403) return;
  } catch {
    return; // It cannot be reached either.
  }
  connection(
    "refused",
    "Access was refused. Open the address that coord web printed last; each start has a new token.",
  );
}

/** A stream that is open and says nothing is of no use: there is a beat all the time. */
function checkSilence() {
  if (source === undefined || performance.now() - heardAt < SILENCE_MS) return;
  source.close();
  source = undefined;
  void lost();
}

/** @param {string} text */
function setFilter(text) {
  filter = text.trim().toLowerCase();
  const field = /** @type {HTMLInputElement} */ (byId("filter"));
  if (field.value !== text) field.value = text;
  areBarsNew = true;
  update();
}

const field = /** @type {HTMLInputElement} */ (byId("filter"));
field.addEventListener("input", () => setFilter(field.value));
byId("filter-form").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (/** @type {HTMLDialogElement} */ (byId("confirm")).open) return;
  const isTyping = event.target === field;
  if (event.key === "/" && !isTyping) {
    field.focus();
    field.select();
  } else if (event.key === "Escape" && panel.isOpen) panel.close();
  else if (event.key === "Escape" && filter !== "") setFilter("");
  else if (event.key === "Escape" && isTyping) field.blur();
  else if (event.key === "f" && !isTyping) {
    const grid = [...Object.values(grids), holds, events]
      .find(({ table }) => table === document.activeElement);
    const name = grid?.selected?.about[0];
    if (name === undefined) return;
    setFilter(name);
  } else return;
  event.preventDefault();
});
setInterval(() => {
  checkSilence();
  update();
}, 1_000);
connect();
