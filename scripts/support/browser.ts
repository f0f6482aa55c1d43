/** A page in Chromium without a window, spoken to by the DevTools protocol. */
const STARTED_MS = 20_000;

/** What the protocol calls an answer; each method has its own fields. */
// deno-lint-ignore no-explicit-any
type Answer = any;

/** Where the program is; `undefined` where it is not installed. */
export function chromiumPath(): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return folders.map((folder) => `${folder}/chromium`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false; // not in this folder
    }
  });
}

/** How wide and how dark. */
export interface Look {
  readonly width: number;
  readonly height: number;
  readonly dark?: boolean;
  /** Whether a person asked for little motion. */
  readonly still?: boolean;
  readonly scale?: number;
}

/** The browser; its pages share nothing with those of another. */
export class Browser {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { take(answer: Answer): void; fail(error: Error): void }>();
  readonly #listeners = new Set<(message: Answer) => void>();
  #id = 0;

  private constructor(
    readonly process: Deno.ChildProcess,
    readonly folder: string,
    socket: WebSocket,
  ) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    socket.onclose = () => {
      for (const { fail } of this.#waiting.values()) fail(new Error("Chromium has ended"));
    };
  }

  /** Starts it. */
  static async start(): Promise<Browser> {
    const folder = await Deno.makeTempDir({ prefix: "coord_chromium_" });
    const process = new Deno.Command(chromiumPath() ?? "chromium", {
      args: [
        "--headless=new",
        // Its sandbox needs rights that root in a container has not; all pages are ours.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-extensions",
        "--disable-background-networking",
        "--hide-scrollbars",
        // Letters without coloured edges, which take half of a picture.
        "--disable-lcd-text",
        "--no-first-run",
        "--remote-debugging-port=0",
        `--user-data-dir=${folder}`,
        "about:blank",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const until = performance.now() + STARTED_MS;
    for (;;) {
      try {
        const [port, path] = Deno.readTextFileSync(`${folder}/DevToolsActivePort`).split("\n");
        if (path === undefined) throw new Deno.errors.NotFound("not whole");
        const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
        await new Promise((resolve, reject) => {
          socket.onopen = resolve;
          socket.onerror = () => reject(new Error("Cannot speak to Chromium"));
        });
        return new Browser(process, folder, socket);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound) || performance.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /** Calls a method, of a page where its session is given. */
  call(method: string, params: object = {}, sessionId?: string): Promise<Answer> {
    const id = ++this.#id;
    return new Promise((take, fail) => {
      this.#waiting.set(id, { take, fail });
      this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  }

  listen(listener: (message: Answer) => void): void {
    this.#listeners.add(listener);
  }

  #take(message: Answer): void {
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) {
      for (const listener of this.#listeners) listener(message);
      return;
    }
    this.#waiting.delete(message.id);
    if (message.error === undefined) waiting.take(message.result);
    else waiting.fail(new Error(`Chromium: ${message.error.message}`));
  }

  /** An empty page. */
  async page(look: Look): Promise<Page> {
    const { browserContextId } = await this.call("Target.createBrowserContext");
    const { targetId } = await this.call("Target.createTarget", {
      url: "about:blank",
      browserContextId,
      width: look.width,
      height: look.height,
    });
    const attached = await this.call("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, attached.sessionId);
    for (const domain of ["Page", "Runtime", "Log"]) await page.call(`${domain}.enable`);
    await page.look(look);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.onclose = null;
    await this.call("Browser.close").catch(() => {});
    this.#socket.close();
    const end = setTimeout(() => this.process.kill("SIGKILL"), 5_000);
    await this.process.status;
    clearTimeout(end);
    await Deno.remove(this.folder, { recursive: true }).catch(() => {});
  }
}

/** One page. */
export class Page {
  readonly #faults: string[] = [];

  constructor(readonly browser: Browser, readonly session: string) {
    browser.listen(({ method, params, sessionId }) => {
      if (sessionId !== session) return;
      if (method === "Runtime.exceptionThrown") {
        const { text, exception } = params.exceptionDetails;
        this.#faults.push(`${text} ${exception?.description ?? ""}`);
      }
      // What the policy refuses is an entry of the log, and so is a request that failed.
      if (method === "Log.entryAdded" && params.entry.level === "error") {
        this.#faults.push(`${params.entry.text} ${params.entry.url ?? ""}`);
      }
    });
  }

  /** Errors of its script, requests that failed, and what its policy refused. */
  get faults(): readonly string[] {
    return this.#faults;
  }

  call(method: string, params: object = {}): Promise<Answer> {
    return this.browser.call(method, params, this.session);
  }

  async look({ width, height, dark = false, still = true, scale = 1 }: Look): Promise<void> {
    await this.call("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: scale,
      mobile: false,
    });
    await this.call("Emulation.setEmulatedMedia", {
      features: [
        { name: "prefers-color-scheme", value: dark ? "dark" : "light" },
        { name: "prefers-reduced-motion", value: still ? "reduce" : "no-preference" },
      ],
    });
  }

  async open(url: string): Promise<void> {
    await this.call("Page.navigate", { url });
  }

  /** The value of an expression, which may be a promise. */
  async value<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  }

  /** Waits until an expression is true; fails with the page's text when that takes too long. */
  async until(expression: string, ms = 20_000): Promise<void> {
    const end = performance.now() + ms;
    for (;;) {
      // While a page is loaded there may be none.
      if (await this.value<boolean>(`Boolean(${expression})`).catch(() => false)) return;
      if (performance.now() > end) {
        const text = await this.value<string>("document.body.innerText").catch(String);
        throw new Error(
          `${expression} did not become true within ${ms} ms: ${this.#faults.join()}\n${text}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  /** Presses a key: a character, or a name such as `Enter`. */
  async press(key: string): Promise<void> {
    const [code = 0] = [KEYS[key] ?? key.toUpperCase().charCodeAt(0)];
    const text = key.length === 1 ? key : key === "Enter" ? "\r" : undefined;
    const event = { key, text, windowsVirtualKeyCode: code };
    await this.call("Input.dispatchKeyEvent", { type: "keyDown", ...event });
    await this.call("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  /** Clicks into the middle of an element. */
  async click(selector: string): Promise<void> {
    const { x, y } = await this.value<{ x: number; y: number }>(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ block: "nearest" });
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    })()`);
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.call("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
    }
  }

  /** A picture of what is in view. */
  async picture(): Promise<Uint8Array> {
    const { data } = await this.call("Page.captureScreenshot", { format: "png" });
    return Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  }
}

const KEYS: Readonly<Record<string, number>> = {
  Tab: 9,
  Enter: 13,
  Escape: 27,
  ArrowLeft: 37,
  ArrowUp: 38,
  ArrowRight: 39,
  ArrowDown: 40,
};
