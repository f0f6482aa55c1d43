/** Faulty copies of code under test, to see whether the tests notice. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { ClaimChainFiles } from "../../../src/adapters/fs/task/claim/chain_files.ts";
import type { Protocol } from "./claim_calls.ts";
import { makeTempDir } from "../scene/scratch.ts";

/** One change of the text. */
export interface Change {
  readonly from: string;
  readonly to: string;
  readonly also?: Change;
}

/** A fault. */
export interface Mutation extends Change {
  readonly name: string;
}

/** Loads a module of this repository with a fault in it; the text to replace must occur once. */
export async function mutated(path: string, mutation: Mutation): Promise<unknown> {
  const original = new URL(`../../../${path}`, import.meta.url);
  let text = readFileSync(original, "utf-8");
  for (const { from, to } of [mutation, ...(mutation.also === undefined ? [] : [mutation.also])]) {
    const parts = text.split(from);
    if (parts.length !== 2) throw new Error(`${parts.length - 1} times in ${path}: ${from}`);
    text = parts.join(to);
  }
  text = text.replace(
    /(from |import\()"(\.[^"]*)"/g,
    (_, word, to) => `${word}"${new URL(to, original)}"`,
  );
  const copy = `${makeTempDir()}/mutant.ts`;
  writeFileSync(copy, text);
  return await import(`file://${copy}`);
}

/**
 * Loads modules that import each other, with a fault in one of them; the text to replace must occur
 * once in all of them together.
 */
export async function mutatedTogether(
  paths: readonly string[],
  ...mutations: Change[]
): Promise<unknown[]> {
  const folder = makeTempDir();
  const originals = paths.map((path) => new URL(`../../../${path}`, import.meta.url));
  const known = new Set(originals.map(({ href }) => href));
  let texts = originals.map((url) => readFileSync(url, "utf-8"));
  for (const change of mutations.flatMap((each) => each.also ? [each, each.also] : [each])) {
    const parts = texts.map((text) => text.split(change.from));
    const found = parts.reduce((sum, { length }) => sum + length - 1, 0);
    if (found !== 1) throw new Error(`${found} times in ${paths.join()}: ${change.from}`);
    texts = parts.map((some) => some.join(change.to));
  }
  texts.forEach((text, index) => {
    const copy = text.replace(/(from )"(\.[^"]*)"/g, (all, word, to) => {
      const { href } = new URL(to, originals[index]);
      return known.has(href) ? all : `${word}"${href}"`;
    });
    const path = `${folder}/${paths[index]}`;
    mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    writeFileSync(path, copy);
  });
  return await Promise.all(paths.map((path) => import(`file://${folder}/${path}`)));
}

/** The modules of the protocol of `claims/`. */
const CLAIM_CHAIN = [
  "src/adapters/fs/task/claim_chain.ts",
  "src/adapters/fs/task/claim/head.ts",
  "src/adapters/fs/disk/trim.ts",
];

/** A chain is trimmed at every sign of life, down to the newest. */
export const TRIMMED_AT_ONCE: Change = {
  from: 'import { KEPT_BEATS } from "../../../domain/limits.ts";',
  to: "const KEPT_BEATS = 1;",
};

/** The protocol of `claims/` with faults. */
export async function mutatedClaims(...mutations: Change[]): Promise<Protocol> {
  const [chain] = await mutatedTogether(CLAIM_CHAIN, ...mutations);
  return chain as Protocol;
}

/** A protocol on files whose exclusive creation is a look and then a replacement. */
export function notExclusive(protocol: Protocol): Protocol {
  const faulty = (files: ClaimChainFiles): ClaimChainFiles => ({
    read: (name) => files.read(name),
    exists: (name) => files.exists(name),
    hasTask: (stem) => files.hasTask(stem),
    remove: (name) => files.remove(name),
    replace: (name, state) => files.replace(name, state),
    isBroken: (name) => files.isBroken(name),
    isUnchanged: (name) => files.isUnchanged(name),
    readAgain: (name) => files.readAgain(name),
    sync: (name) => files.sync(name),
    slots: (stem) => files.slots(stem),
    link: (name, other) => files.link(name, other),
    stage(next) {
      const staged = files.stage(next);
      return {
        create(name) {
          if (files.exists(name)) return false;
          files.replace(name, next);
          return true;
        },
        replace: (name) => staged.replace(name),
        discard: () => staged.discard(),
      };
    },
  });
  return {
    transition: (files, stem, rule) => protocol.transition(faulty(files), stem, rule),
    firstTransition: (files, stem, rule) => protocol.firstTransition(faulty(files), stem, rule),
    readHead: (files, stem, listed) => protocol.readHead(files, stem, listed),
    mend: (files, stem) => protocol.mend(faulty(files), stem),
    archive: (files, stem, end) => protocol.archive(faulty(files), stem, end),
  };
}
