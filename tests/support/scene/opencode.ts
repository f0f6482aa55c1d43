/** The plugin of opencode with a program in the place of coord. */
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import plugin from "../../../plugin/opencode/coord.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import { makeTempDir } from "./scratch.ts";

/** What a test does with it. */
export interface FakeCoord {
  readonly plugin: typeof plugin;
  /** Moves it to where the `PATH` does not find it; where that is. */
  hide(): string;
  /** Another text of the plugin, as the host runs it. */
  run(text: string): Promise<typeof plugin>;
  /** What coord answers from now on; at first it has no opinion. */
  answer(answer: { readonly code: number; readonly err: string; readonly out?: string }): void;
  /** How it was called. */
  calls(): { readonly args: string; readonly said: JsonObject }[];
  /** It is there no more. */
  remove(): void;
}

/** Runs a body with such a `coord` on the `PATH`. */
export async function withCoord(body: (coord: FakeCoord) => Promise<void>): Promise<void> {
  const dir = makeTempDir();
  const program = `${dir}/coord`;
  const lines = [
    "#!/bin/sh",
    `printf '%s\\n' "$*" >> '${dir}/calls'`,
    `cat >> '${dir}/calls'`,
    `echo >> '${dir}/calls'`,
    `. '${dir}/answer'`,
  ];
  writeFileSync(program, `${lines.join("\n")}\n`);
  chmodSync(program, 0o755);
  const answer: FakeCoord["answer"] = ({ code, err, out = "" }) =>
    writeFileSync(`${dir}/answer`, `echo '${err}' >&2; echo "${out}"; exit ${code}\n`);
  answer({ code: 0, err: "" });
  const path = process.env["PATH"];
  process.env["PATH"] = `${dir}:/usr/bin:/bin`;
  try {
    await body({
      plugin,
      hide() {
        const hidden = `${makeTempDir()}/coord`;
        renameSync(program, hidden);
        return hidden;
      },
      async run(text) {
        const path = `${makeTempDir()}/plugin.ts`;
        writeFileSync(path, text);
        return (await import(`file://${path}`)).default;
      },
      answer,
      calls() {
        const text = readFileSync(`${dir}/calls`, "utf-8").split("\n");
        return Array.from({ length: Math.floor(text.length / 2) }, (_, at) => ({
          args: text[2 * at] ?? "",
          said: JSON.parse(text[2 * at + 1] || "{}") as JsonObject,
        }));
      },
      remove: () => rmSync(program),
    });
  } finally {
    process.env["PATH"] = path;
  }
}

/** Why a call was refused; `undefined` where it was not. */
export function rejection(call: Promise<unknown> | undefined): Promise<string | undefined> {
  return Promise.resolve(call).then(() => undefined, ({ message }: Error) => message);
}
