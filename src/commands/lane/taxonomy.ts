import { badInput, type InputProblem } from "../../domain/errors.ts";
import { parseObject } from "../../domain/json.ts";
import { quoted } from "../../domain/text.ts";
import type { LaneTaxonomy } from "../../engine/lane/types.ts";
import type { AnswerCommand, Block } from "../command.ts";
import { clipped, column, counted } from "../text.ts";
import { holdText } from "./text.ts";

interface TaxonomyValues {
  readonly file?: string;
}

export const taxonomy: AnswerCommand<LaneTaxonomy, TaxonomyValues> = {
  details:
    "Show the lanes that the team has set down, or set them down from a file, for all who use the " +
    "workspace. FILE is in the form of lanes.json, and its globs mean what lies in this checkout. In a " +
    "workspace of files it becomes .coord/lanes.json. In a data base it is kept there, so that all " +
    "machines have the same lanes. Leases stay as they are.",
  examples: ["lane taxonomy", "lane taxonomy lanes.json"],
  operands: [{ name: "FILE", summary: "what to set down (default: show what is)", as: "file" }],
  flags: {},
  async run(context, { file }) {
    const { lanes } = await context.open();
    return file === undefined
      ? await lanes.taxonomy()
      : await lanes.setTaxonomy(await valueOf(context.bytes(file), file));
  },
  text({ lanes, autopick, kinds }) {
    if (lanes.length === 0) return "No lanes are set down";
    const blocks: Block[] = [{
      columns: [column("LANE", "main"), "KIND", "EXCLUSIVE", column("TREE", "main")],
      rows: lanes.map(({ lane, lane_kind, tree, exclusive }) => [
        clipped(lane),
        lane_kind === "" ? null : clipped(lane_kind),
        exclusive ? "yes" : null,
        holdText({ tree, name_only: tree.length === 0 }),
      ]),
    }];
    if (autopick.length > 0) blocks.push("", `Picked where none is named: ${autopick.join(", ")}`);
    for (const { lane_kind, max_concurrent } of kinds) {
      blocks.push(`Of kind ${lane_kind} at most ${counted(max_concurrent, "lease")}`);
    }
    return blocks;
  },
};

/** The object that a file holds. */
async function valueOf(bytes: AsyncIterable<Uint8Array>, file: string): Promise<object> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of bytes) text += decoder.decode(piece, { stream: true });
  const value = parseObject(text + decoder.decode());
  if (value !== undefined) return value;
  const message = `must be a JSON object`;
  throw badInput([{ field: quoted(file, 200), code: "bad_args", message } satisfies InputProblem]);
}
