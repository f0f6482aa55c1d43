/** When a writer looks at the mutex, and what it does then. */
import { FsJournal } from "../../../../src/adapters/fs/lane/journal.ts";
import { FsMutex } from "../../../../src/adapters/fs/lane/mutex.ts";
import { assertEquals, it } from "../../../deps.ts";
import { notingLooks } from "../../../support/fake/looks.ts";
import {
  append,
  grant,
  halt,
  linesOf,
  lonelyHost,
  openJournal,
  quickHost,
  textOf,
  turnOf,
} from "../../../support/scene/journals.ts";

/** What one append asks the file system about the journal and its mutex, by their names. */
async function asked(staleMs?: number): Promise<string[]> {
  const { journal: { location } } = openJournal();
  await append(openJournal(location).journal, () => [halt(1)]);
  const { fs, take } = notingLooks(quickHost.fs, location);
  const host = { ...quickHost, fs };
  const mutex = new FsMutex(host, `${location}.lock`, staleMs);
  using session = await turnOf(new FsJournal(host, location, Date.now, () => {}, mutex));
  session.read();
  take();
  assertEquals(session.append([halt(2)]), "kept");
  return take().filter((look) => /^(lstat lock|appendSynced)/.test(look));
}

it("append() looks at the mutex after the write, and before it where the hold is not young", async () => {
  const look = ["lstat lock/3", "lstat lock/2"];
  assertEquals({ young: await asked(), old: await asked(0) }, {
    young: ["appendSynced ", ...look],
    old: [...look, "appendSynced ", ...look],
  });
});

it("append() of a writer who was overtaken is unsure, and compact() changes nothing", async () => {
  const { journal } = openJournal();
  await append(journal, () => [grant(1, "api")]);
  // A hold that is never young: it looks at the mutex before it writes.
  const mutex = new FsMutex(quickHost, `${journal.location}.lock`, 0);
  const first = new FsJournal(quickHost, journal.location, Date.now, () => {}, mutex);
  const old = await turnOf(first);
  const next = openJournal(journal.location, lonelyHost).journal;
  using session = await turnOf(next);
  assertEquals(old.append([halt(2)]), "unsure");
  assertEquals(old.compact().status, "unsure");
  assertEquals(textOf(journal.location), linesOf([grant(1, "api")]));
  assertEquals(session.append([halt(2)]), "kept");
  old[Symbol.dispose]();
  assertEquals(session.append([halt(3)]), "kept", "a late end ends nothing of others");
});
