/** The page in a browser, with processes of a fleet behind it. */
import { chromiumPath, type Look, type Page } from "../../scripts/support/browser.ts";
import { assert_, assertEquals, axeSource, itIf } from "../deps.ts";
import { isHeavy } from "../support/length.ts";
import { itWith } from "../support/program/programs.ts";
import { pageScene, SCREEN, shows, start } from "../support/scene/page.ts";

const itHeavy = isHeavy()
  ? itWith("chromium", chromiumPath() !== undefined)
  : itIf(false, "a browser is for the heavy run");

/** Milliseconds in which an event must be on the screen, however busy the machine is. */
const SOON_MS = 5_000;

/** Does something, and waits until the page shows it; returns how many milliseconds that took. */
async function shown(page: Page, act: () => Promise<unknown>, expression: string) {
  const before = performance.now();
  await act();
  await page.until(expression, SOON_MS);
  return performance.now() - before;
}

itHeavy("the page shows a claim, a failure, a conflict and a loss as they happen", async () => {
  await using scene = await pageScene();
  const { coord, page, folder } = scene;
  for (const title of ["Build it", "Ship it"]) await coord.tasks.enqueue({ title });
  await scene.open();
  const took: Record<string, number> = {};
  let id = "";
  took["claim"] = await shown(page, async () => {
    const claimed = await coord.tasks.claim({ runId: "agent-1" });
    if (claimed.status !== "empty") id = claimed.task_id;
  }, shows("runs", "Build it"));
  await page.until(shows("events", "claimed"));
  took["failure"] = await shown(
    page,
    () => coord.tasks.fail({ id, runId: "agent-1", error: "exit code 7" }),
    `${shows("failures", "exit code 7")} && ${shows("alerts", "Build it")}`,
  );
  await coord.reservations.reserve({ addresses: ["src/api/**"], runId: "agent-1" });
  took["conflict"] = await shown(
    page,
    () => coord.reservations.reserve({ addresses: ["src/api/a.ts"], runId: "agent-2" }),
    `${shows("conflicts", "agent-1")} && ${shows("conflicts", "agent-2")}`,
  );
  await page.until(shows("holds", "a.ts"));
  await page.until(shows("counts", "conflicts/min\n1"));
  const args = ["work", "--run-id", "victim", "--claim-ttl", "2", "--", "sleep", "60"];
  const worker = start(folder, args);
  await page.until(shows("runs", "Ship it"));
  worker.kill("SIGKILL");
  await worker.status;
  await worker.stdout.cancel();
  await page.until(`${shows("alerts", "lost")} && ${shows("alerts", "victim")}`);
  await page.until(shows("events", "timed out"));
  for (const [what, ms] of Object.entries(took)) console.log(`${what}: ${Math.round(ms)} ms`);
  assertEquals(page.faults, []);
});

itHeavy(
  "the page takes the token out of its address, and without it there is no page",
  async () => {
    await using scene = await pageScene(
      ["--control"],
      (coord) => coord.tasks.enqueue({ title: "Keep this" }),
    );
    const { page, url, browser, coord } = scene;
    await scene.open();
    assertEquals(await page.value("location.pathname + location.search"), "/");
    for (const path of ["/", "/?token=", `/?token=${"x".repeat(43)}`]) {
      const other = await browser.page(SCREEN);
      await other.open(url.origin + path);
      await other.until("document.readyState === 'complete'");
      const text = await other.value<string>("document.body.innerText");
      const isOurs = await other.value("document.querySelector('main') !== null");
      assertEquals({ path, is403: text.includes("403"), isOurs }, {
        path,
        is403: true,
        isOurs: false,
      });
    }
    // A page of another origin that knows the token: it can neither read nor act.
    const [task] = (await coord.tasks.list({})).items;
    await using foreign = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response("<p>foreign</p>", { headers: { "content-type": "text/html" } }),
    );
    const other = await browser.page(SCREEN);
    await other.open(`http://127.0.0.1:${foreign.addr.port}/`);
    await other.until("document.querySelector('p')");
    const token = url.searchParams.get("token") ?? "";
    const body = JSON.stringify({ action: "cancel", id: task?.task_id });
    const results = await other.value(`(async () => {
    const results = {};
    const go = async (name, path, init) => {
      try {
        const answer = await fetch(${JSON.stringify(url.origin)} + path, init);
        results[name] = answer.type + " " + await answer.text();
      } catch (error) {
        results[name] = error.name;
      }
    };
    await go("read", "/tasks?token=${token}", {});
    await go("blind", "/control", { method: "POST", mode: "no-cors", body: ${
      JSON.stringify(body)
    } });
    await go("act", "/control", {
      method: "POST",
      headers: { "x-coord-token": "${token}", "content-type": "application/json" },
      body: ${JSON.stringify(body)},
    });
    return results;
  })()`);
    assertEquals(results, { read: "TypeError", blind: "TypeError", act: "TypeError" });
    assertEquals((await coord.tasks.list({})).items[0]?.status, "pending");
  },
);

itHeavy(
  "with --control the page requeues, cancels and releases, each after a question",
  async () => {
    await using scene = await pageScene(["--control"]);
    const { coord, page } = scene;
    const failed = await coord.tasks.enqueue({ title: "Failed one" });
    await coord.tasks.claim({ runId: "agent-1" });
    await coord.tasks.fail({ id: failed.task_id, runId: "agent-1", error: "no" });
    await coord.reservations.reserve({ addresses: ["a/b.ts"], runId: "agent-2" });
    await scene.open();
    const statusOf = async (id: string) => {
      const shown = await coord.show(id);
      return shown.status;
    };
    const act = async (row: string, button: string, answer: string) => {
      await page.until(`document.querySelector(${JSON.stringify(row)})`);
      await page.click(row);
      await page.until(`document.querySelector("#panel .${button}")`);
      await page.click(`#panel .${button}`);
      await page.until("document.querySelector('#confirm').open");
      await page.click(`#confirm [value=${answer}]`);
      await page.until("!document.querySelector('#confirm').open");
    };
    const row = "#failures .body .row";
    await act(row, "requeue", "no");
    assertEquals(await statusOf(failed.task_id), "failed");
    await act(row, "requeue", "yes");
    await page.until(shows("panel", "Done"));
    assertEquals(await statusOf(failed.task_id), "pending");
    await page.until("document.querySelector('#panel .cancel')");
    await page.click("#panel .cancel");
    await page.until("document.querySelector('#confirm').open");
    await page.click("#confirm [value=yes]");
    await page.until(shows("panel", "cancelled"));
    assertEquals(await statusOf(failed.task_id), "cancelled");
    await page.press("Escape");
    await act("#holds .body .row:not([aria-expanded])", "release", "yes");
    await page.until(shows("panel", "released"));
    assertEquals((await coord.reservations.list({})).live, 0);
    assertEquals(page.faults, []);
  },
);

itHeavy("without --control the page has no control", async () => {
  await using scene = await pageScene([], (coord) => coord.tasks.enqueue({ title: "Only look" }));
  const { page, url, coord } = scene;
  await scene.open();
  await page.click("#queues .body .row");
  await page.until(shows("panel", "Only look"));
  await page.until(shows("panel", "pending"));
  const names = `[...document.querySelectorAll("button")].map((each) => each.innerText)`;
  assertEquals(await page.value(names), ["Close"]);
  const [task] = (await coord.tasks.list({})).items;
  const token = url.searchParams.get("token") ?? "";
  const status = await page.value(`fetch("/control", {
    method: "POST",
    headers: { "x-coord-token": "${token}", "content-type": "application/json" },
    body: '{"action":"cancel","id":"${task?.task_id}"}',
  }).then(({ status }) => status)`);
  assertEquals({ status, task: (await coord.tasks.list({})).items[0]?.status }, {
    status: 403,
    task: "pending",
  });
});

itHeavy("what agents write is text on the page, whatever it is", async () => {
  await using scene = await pageScene();
  const { coord, page } = scene;
  const evil = `<img src=x onerror="window.hit=1"><script>window.hit=1</script>`;
  const odd = "\u202egnp.exe \u2066x\u2069 \u001b[31m \u200b\u0007end";
  const bad = await coord.tasks.enqueue({ title: evil, payload: { text: evil } });
  await coord.tasks.claim({ runId: "agent-1" });
  await coord.tasks.fail({ id: bad.task_id, runId: "agent-1", error: evil });
  await coord.tasks.enqueue({ title: odd, queue: "odd" });
  await coord.tasks.claim({ runId: "agent-2", queue: "odd" });
  await coord.reservations.reserve({
    addresses: [`${evil.replaceAll("/", "")}.ts`],
    runId: "agent-3",
    note: evil,
  });
  await scene.open();
  await page.until(shows("runs", "gnp.exe"));
  await page.click("#failures .body .row");
  await page.until(`${shows("panel", evil)} && ${shows("panel", "Payload")}`);
  const found = await page.value(`({
    hit: window.hit ?? 0,
    elements: document.querySelectorAll("img, body script:not([nonce]), iframe, object").length,
    hidden: /[\\u0000-\\u0008\\u001b\\u200b\\u202a-\\u202e\\u2066-\\u2069]/.test(document.body.innerText),
    titles: [...document.querySelectorAll("[title]")].some((each) => /[\\u202e\\u001b]/.test(each.title)),
  })`);
  assertEquals(found, { hit: 0, elements: 0, hidden: false, titles: false });
  assertEquals(page.faults, []);
});

itHeavy("the page is worked by the keyboard alone", async () => {
  await using scene = await pageScene([], async (coord) => {
    for (const n of [1, 2, 3]) {
      await coord.tasks.enqueue({ title: `Task ${n}`, queue: `q${n}` });
      await coord.tasks.claim({ runId: `agent-${n}`, queue: `q${n}` });
    }
  });
  const { page } = scene;
  await scene.open();
  await page.until(shows("runs", "agent-3"));
  const place = `document.activeElement.id ||
    document.activeElement.closest("section")?.id || document.activeElement.className`;
  const order: string[] = [];
  for (let n = 0; n < 8; n++) {
    await page.press("Tab");
    order.push(await page.value(place));
  }
  assertEquals(order, [
    "skip",
    "filter",
    "runs",
    "span",
    "timeline",
    "queues",
    "events",
    order.at(-1) ?? "",
  ]);
  await page.press("/");
  assertEquals(await page.value(place), "filter");
  for (const key of "gent-2") await page.press(key);
  await page.until(`!${shows("runs", "agent-1")} && ${shows("runs", "agent-2")}`);
  assert_(await page.value(`!${shows("queues", "q1")}`), "a queue has no such name");
  await page.press("Escape");
  await page.until(shows("runs", "agent-1"));
  await page.value(`document.querySelector("#runs .grid").focus()`);
  for (const key of ["ArrowDown", "ArrowDown"]) await page.press(key);
  await page.until(
    `document.querySelector("#runs [aria-selected=true]")?.innerText.includes("agent-2")`,
  );
  const active = `document.getElementById(
    document.activeElement.getAttribute("aria-activedescendant"))?.innerText.includes("agent-2")`;
  assert_(await page.value(active), "a screen reader hears of the selected row");
  await page.press("Enter");
  await page.until(shows("panel", "Task 2"));
  assertEquals(await page.value(place), "panel");
  await page.press("Escape");
  await page.until("document.querySelector('#panel').hidden");
  assertEquals(await page.value(place), "runs");
  await page.press("f");
  await page.until(`!${shows("runs", "agent-1")}`);
  assertEquals(await page.value("document.querySelector('#filter').value"), "agent-2");
  await page.value(`document.querySelector(".timeline").focus()`);
  for (const key of ["ArrowDown", "Enter"]) await page.press(key);
  await page.until(shows("panel", "Task 2"));
  assertEquals(page.faults, []);
});

/** The looks in which the page is checked. */
const LOOKS: Readonly<Record<string, Look>> = {
  light: SCREEN,
  dark: { ...SCREEN, dark: true },
  narrow: { width: 400, height: 800 },
};

itHeavy(
  "the page has no fault of accessibility, light, dark and narrow, with a record open",
  async () => {
    await using scene = await pageScene(["--control"], async (coord) => {
      const { task_id: id } = await coord.tasks.enqueue({ title: "Failed", queue: "build" });
      await coord.tasks.claim({ runId: "agent-1" });
      await coord.tasks.fail({ id, runId: "agent-1", error: "exit code 1" });
      await coord.tasks.enqueue({ title: "At work" });
      const claimed = await coord.tasks.claim({ runId: "agent-2" });
      if (claimed.status === "empty") throw new Error("there is no task");
      const { task_id } = claimed;
      await coord.tasks.heartbeat({
        id: task_id,
        runId: "agent-2",
        progress: { done: 1, total: 3 },
      });
      await coord.reservations.reserve({ addresses: ["src/a/**"], runId: "agent-2" });
      await coord.reservations.reserve({ addresses: ["src/a/b.ts"], runId: "agent-3" });
    });
    const { page } = scene;
    await scene.open();
    await page.value(`${await axeSource()}; 0`);
    const faults: Record<string, unknown> = {};
    for (const [name, look] of Object.entries(LOOKS)) {
      await page.look(look);
      for (const part of ["page", "record"]) {
        if (part === "record") {
          await page.click("#failures .body .row");
          await page.until(shows("panel", "Attempts"));
        }
        const found = await page.value<unknown[]>(`axe.run().then(({ violations }) =>
        violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join()))`);
        if (found.length > 0) faults[`${name} ${part}`] = found;
      }
      await page.press("Escape");
      const wide = await page.value("document.documentElement.scrollWidth - innerWidth");
      if (Number(wide) > 0) faults[`${name} is wider than the window`] = wide;
    }
    assertEquals(faults, {});
  },
);

itHeavy("a lost connection is shown, and tried again", async () => {
  await using scene = await pageScene([], (coord) => coord.tasks.enqueue({ title: "Before" }));
  const { page } = scene;
  await scene.open();
  const isLive = `document.querySelector("#live").innerText === "live"`;
  await page.until(isLive);
  const isSaid = `getComputedStyle(document.querySelector("#waits .none")).visibility`;
  assertEquals(await page.value(isSaid), "visible", "that no run waits");
  const early = `(delete document.documentElement.dataset.at, ${isSaid})`;
  assertEquals(await page.value(early), "hidden", "before anything is known");
  // A server that is stopped closes nothing.
  scene.web.kill("SIGSTOP");
  await page.until(`!(${isLive})`);
  scene.web.kill("SIGCONT");
  await page.until(isLive);
  await scene.stop();
  await page.until(`document.querySelector("#lost").innerText.includes("lost")`);
  assertEquals(await page.value(`document.querySelector("#live").innerText`), "not connected");
  assert_(await page.value(shows("queues", "default")), "what was seen last still shows");
  // Another coord web at the same address has another token.
  const again = start(scene.folder, ["web", "--json", "--port", scene.url.port]);
  await page.until(`document.querySelector("#lost").innerText.includes("refused")`);
  again.kill("SIGKILL");
  await again.stdout.cancel();
  await again.status;
});

itHeavy(
  "with 10,000 tasks and 200 agents the page is there at once, and an event too",
  async () => {
    await using scene = await pageScene([], async (coord) => {
      for (let from = 0; from < 10_000; from += 5_000) {
        const tasks = Array.from({ length: 5_000 }, (_, n) => ({
          title: `Task ${from + n}`,
          queue: `queue-${n % 20}`,
        }));
        await coord.tasks.enqueueAll(tasks);
      }
      for (let n = 0; n < 200; n++) {
        await coord.tasks.claim({ runId: `agent-${n}` });
        await coord.reservations.reserve({ addresses: [`src/part-${n}/**`], runId: `agent-${n}` });
      }
    });
    const { coord, page } = scene;
    await scene.open();
    await page.until(shows("runs", "200"));
    const paint = await page.value<number>(
      `performance.getEntriesByName("first-contentful-paint")[0].startTime`,
    );
    const events: number[] = [];
    for (let n = 0; n < 3; n++) {
      // A state that took in much is followed by a rest.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const runId = `agent-new-${n}`;
      const ms = await shown(page, () => coord.tasks.claim({ runId }), shows("events", runId));
      events.push(Math.round(ms));
    }
    const { updates, elements } = await page.value<{ updates: number[]; elements: number }>(`({
    updates: performance.getEntriesByName("coord-update").map(({ duration }) => duration),
    elements: document.querySelectorAll("*").length,
  })`);
    const sorted = updates.map(Math.round).sort((a, b) => a - b);
    const [median = 0, slowest = 0] = [sorted[sorted.length >> 1], sorted.at(-1)];
    console.log(
      `first paint ${Math.round(paint)} ms, events ${events.join(", ")} ms, ` +
        `${sorted.length} updates of ${median} ms, the slowest ${slowest} ms, ${elements} elements`,
    );
    assert_(paint < SOON_MS && slowest < 1_000, "the page is slow");
    assert_(elements < 3_000, `the page has ${elements} elements`);
  },
);
