/** One record at the side, as `coord show` has it, and what may be done about it. */
import { byId, clean, make, setText, shortId } from "./text.js";

/**
 * @typedef {object} Doing
 * @property {(path: string, init?: RequestInit) => Promise<Response>} call With the token.
 * @property {() => boolean} mayControl
 */

/** What may be done about a record, by its kind and status. */
const ACTIONS = [
  {
    action: "requeue",
    name: "Requeue",
    kind: "task",
    of: ["failed", "cancelled", "expired"],
    asks: "The task becomes pending again, with its attempts counted from the beginning.",
  },
  {
    action: "cancel",
    name: "Cancel",
    kind: "task",
    of: ["pending", "claimed", "timed_out", "blocked", "delayed"],
    asks: "The task ends now. If a run is at work on it, its next heartbeat is refused.",
  },
  {
    action: "release",
    name: "Release",
    kind: "reservation",
    of: ["live"],
    asks: "Others may reserve these addresses at once, even if the run still edits them.",
  },
  {
    action: "release",
    name: "Release",
    kind: "lane",
    of: ["live", "dead"],
    asks: "Others may take the lane at once, even if its holder is still at work.",
  },
];

/** Fields that are shown elsewhere, or that no person reads. */
const LEFT_OUT = new Set(["nonce", "claim_nonce", "title", "payload", "task_id", "reservation_id"]);

/** Milliseconds between two looks at the record that is open. */
const READ_MS = 400;

/** @typedef {Record<string, any>} Json */

export class Panel {
  /** @type {string | undefined} */
  #id;
  /** @type {Element | null} */
  #before = null;
  #shown = "";
  #readAt = 0;

  /** @param {Doing} doing */
  constructor(doing) {
    this.doing = doing;
    this.box = byId("panel");
    this.dialog = /** @type {HTMLDialogElement} */ (byId("confirm"));
    this.title = make("h2");
    this.title.id = "panel-h";
    this.body = make("div", "record");
    this.acts = make("p", "acts");
    this.said = make("p", "outcome");
    this.said.setAttribute("role", "status");
    const close = make("button", "close", "Close");
    close.type = "button";
    close.addEventListener("click", () => this.close());
    const head = make("div", "panel-head");
    head.append(this.title, close);
    this.box.append(head, this.acts, this.said, this.body);
  }

  get isOpen() {
    return !this.box.hidden;
  }

  /**
   * Shows a record.
   *
   * @param {string} id
   */
  async open(id) {
    if (!this.isOpen) this.#before = document.activeElement;
    this.#id = id;
    this.#shown = "";
    setText(this.title, shortId(id));
    setText(this.said, "");
    this.body.replaceChildren(make("p", "none", "Reading the record"));
    this.acts.replaceChildren();
    this.box.hidden = false;
    this.box.focus();
    await this.refresh();
  }

  close() {
    this.box.hidden = true;
    this.#id = undefined;
    if (this.#before instanceof HTMLElement) this.#before.focus();
  }

  /** Reads the record again, unless that was just done. */
  async follow() {
    if (performance.now() - this.#readAt > READ_MS) await this.refresh();
  }

  /** Reads the record again, and shows what changed. */
  async refresh() {
    const id = this.#id;
    if (id === undefined) return;
    this.#readAt = performance.now();
    /** @type {Json} */
    let answer;
    try {
      answer = await (await this.doing.call(`/record?id=${encodeURIComponent(id)}`)).json();
    } catch {
      answer = { ok: false, error: "Cannot read the record: the connection is lost" };
    }
    if (this.#id !== id) return;
    const { duration_ms: _ms, timestamp: _at, ...rest } = answer;
    const text = JSON.stringify(rest);
    if (text === this.#shown) return;
    this.#shown = text;
    if (answer["ok"] === false) {
      this.body.replaceChildren(make("p", "none", clean(answer["error"] ?? answer["status"])));
      return;
    }
    this.#fill(answer);
  }

  /** @param {Json} record */
  #fill(record) {
    const { kind, status, task, claim, reservation, intent, lane } = record;
    const main = task ?? reservation ?? intent ?? lane ?? {};
    setText(
      this.title,
      clean(task?.title ?? main.addresses?.[0] ?? main.lane ?? shortId(this.#id ?? "")),
    );
    const list = make("dl");
    const add = (/** @type {string} */ name, /** @type {unknown} */ value) => {
      if (value === null || value === undefined || value === "") return;
      if (Array.isArray(value) && value.length === 0) return;
      const text = Array.isArray(value) ? value.map(clean).join("\n") : clean(value);
      list.append(make("dt", "", name.replaceAll("_", " ")), make("dd", "", text));
    };
    add("kind", kind);
    add("status", status);
    add("id", this.#id);
    for (const [name, value] of Object.entries(main)) {
      if (!LEFT_OUT.has(name) && !(name === "status" && value === status)) add(name, value);
    }
    if (status === "claimed") {
      add("expires_at", claim?.expires_at);
      add("heartbeat_at", claim?.heartbeat_at);
    }
    add("note", claim?.note);
    add("error", claim?.error);
    add("result", claim?.result);
    /** @type {(HTMLElement | undefined)[]} */
    const parts = [
      list,
      tableOf("Attempts", record["attempts"], [
        "attempt",
        "run_id",
        "claimed_at",
        "ended_at",
        "end",
        "error",
      ]),
      tableOf("Notes", record["notes"], ["attempt", "run_id", "note"]),
      tableOf("Waits for", record["blocked_by"], ["task_id", "status"]),
      tableOf("Entries", record["entries"], ["seq", "type", "ts"]),
    ];
    if (task?.payload !== undefined && Object.keys(task.payload).length > 0) {
      parts.push(
        make("h3", "", "Payload"),
        make("pre", "", JSON.stringify(task.payload, undefined, 2)),
      );
    }
    this.body.replaceChildren(...parts.filter((part) => part !== undefined));
    this.#offer(kind, status);
  }

  /**
   * @param {string} kind
   * @param {string} status
   */
  #offer(kind, status) {
    const may = this.doing.mayControl() ? ACTIONS : [];
    const fits = may.filter((each) => each.kind === kind && each.of.includes(status));
    this.acts.replaceChildren(...fits.map((each) => {
      const button = make("button", each.action, each.name);
      button.type = "button";
      button.addEventListener("click", () => this.#ask(each));
      return button;
    }));
  }

  /** @param {typeof ACTIONS[number]} act */
  #ask(act) {
    const heading = make("h2", "", `${act.name} this ${act.kind}?`);
    heading.id = "confirm-h";
    const form = make("form");
    form.method = "dialog";
    const no = make("button", "", "Keep it");
    no.value = "no";
    const yes = make("button", `yes ${act.action}`, `${act.name} the ${act.kind}`);
    yes.value = "yes";
    form.append(no, yes);
    const what = make("p", "subject", this.title.textContent ?? "");
    this.dialog.replaceChildren(heading, what, make("p", "", act.asks), form);
    this.dialog.returnValue = "";
    this.dialog.addEventListener("close", () => {
      if (this.dialog.returnValue === "yes") void this.#act(act.action);
    }, { once: true });
    this.dialog.showModal();
  }

  /** @param {string} action */
  async #act(action) {
    const id = this.#id;
    setText(this.said, "Asked for it");
    /** @type {Json} */
    let answer;
    try {
      const init = { method: "POST", body: JSON.stringify({ action, id }) };
      const response = await this.doing.call("/control", init);
      const text = await response.text();
      answer = text === ""
        ? { ok: false, error: `Refused with ${response.status}` }
        : JSON.parse(text);
    } catch {
      answer = { ok: false, error: "Cannot reach coord web" };
    }
    const why = answer["error"] ?? answer["status"] ?? "the answer is no";
    setText(
      this.said,
      answer["ok"] === true ? `Done: ${clean(answer["status"])}` : `Not done: ${clean(why)}`,
    );
    await this.refresh();
  }
}

/**
 * A table of plain values; `undefined` where there are none.
 *
 * @param {string} title
 * @param {readonly Json[] | undefined} items
 * @param {readonly string[]} names
 */
function tableOf(title, items, names) {
  if (items === undefined || items.length === 0) return undefined;
  const shown = names.filter((name) =>
    items.some((item) => item[name] !== null && item[name] !== undefined)
  );
  const table = make("table");
  table.append(make("caption", "", title));
  const head = make("tr");
  for (const name of shown) {
    const cell = make("th", "", name.replace(/_(?:id|at)$/, "").replaceAll("_", " "));
    cell.scope = "col";
    head.append(cell);
  }
  const top = make("thead");
  top.append(head);
  const body = make("tbody");
  for (const item of items) {
    const row = make("tr");
    for (const name of shown) {
      const text = clean(item[name]);
      const short = /_at$|^ts$/.test(name)
        ? text.slice(11, 19)
        : name === "task_id"
        ? shortId(text)
        : text;
      const cell = make("td", "", short);
      cell.title = text;
      row.append(cell);
    }
    body.append(row);
  }
  table.append(top, body);
  return table;
}
