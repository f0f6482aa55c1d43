/**
 * The tools, as a client lists them. A model reads all of it in every session, so each word must earn its
 * place: a test holds the whole to 1,500 tokens.
 */
import * as fields from "../domain/input/fields.ts";
import { HOOK_TTL_S } from "../domain/input/hook/settings.ts";
import type { JsonObject } from "../domain/json.ts";
import { type InputRule, type Kind, ruled, TEXTS } from "../domain/input/rule.ts";
import { OPERATIONS } from "../domain/reservation/reservation.ts";
import { RESERVATION_INPUTS } from "../engine/reservation/types.ts";
import { TASK_FIELDS } from "../engine/task/new_task.ts";
import { TASK_INPUTS } from "../engine/task/types.ts";

/** One argument: what a client reads of it, and the rule for it. */
export interface Argument {
  readonly schema: JsonObject;
  readonly rule: InputRule;
  readonly required?: true;
}

type Type = "string" | "boolean" | "object" | "array" | "null";

/** A tool without what it does. */
export interface Tool {
  readonly title: string;
  readonly description: string;
  readonly args: Readonly<Record<string, Argument>>;
  /** What the answer may have besides `ok` and `run_id`, with the type of each. */
  readonly answer: Readonly<Record<string, Type | readonly Type[]>>;
  readonly readOnly?: true;
  /** Whether a second call changes nothing more. */
  readonly idempotent: boolean;
}

/** Seconds that a call may wait: hosts give up on one after a minute or two. */
const MAX_WAIT_S = 100;

const TEXT = { type: "string" } as const;
const LIST = { type: "array", items: TEXT };
const WHOLE = { type: "integer" } as const;
const OBJECT = { type: "object" } as const;
const FLAG = { type: "boolean" } as const;

const BOOLEAN: Kind<boolean> = {
  is: (value) => typeof value === "boolean",
  message: "must be true or false",
};
const flag = ruled(BOOLEAN, () => undefined);

const RUN_ID: Argument = { schema: TEXT, rule: fields.holderId };
const WAIT: Argument = {
  schema: { ...WHOLE, maximum: MAX_WAIT_S },
  rule: fields.integer({ min: 0, max: MAX_WAIT_S }),
};
const ADDRESSES: Argument = { schema: LIST, rule: RESERVATION_INPUTS.reserve.addresses };
const QUEUE: Argument = { schema: TEXT, rule: TASK_INPUTS.claim.queue };

/** What becomes of a task. */
export const OUTCOMES = ["done", "fail", "release"] as const;

/** Ids, none of which is empty. */
const ids = ruled(
  TEXTS,
  (values) =>
    values.length === 0 ? "must not be empty" : values.flatMap((id) =>
      fields.recordId.problems(id)
        .map((problem) => `holds ${JSON.stringify(id)}, which ${problem}`)
    ),
  "bad_id",
);

/** A claimer asks for one tag. */
const oneTag = ruled(
  TEXTS,
  ([tag, ...more]) =>
    more.length > 0
      ? "must be one tag"
      : tag === undefined
      ? "must not be empty"
      : TASK_INPUTS.claim.tag.problems(tag),
);

/** By name, in the order in which they are listed. */
export const TOOLS = {
  coord_reserve: {
    title: "Reserve files",
    description:
      "Hold paths (a.ts, a.ts::name, src/**) for yourself before you edit them. Refused " +
      "with the holders while another run holds them.",
    args: {
      addresses: { ...ADDRESSES, required: true },
      exclusive: { schema: { ...FLAG, default: true }, rule: flag },
      op: { schema: { enum: [...OPERATIONS] }, rule: RESERVATION_INPUTS.reserve.operation },
      ttl: { schema: { ...WHOLE, default: HOOK_TTL_S }, rule: RESERVATION_INPUTS.reserve.ttl },
      wait_seconds: WAIT,
      note: { schema: TEXT, rule: RESERVATION_INPUTS.reserve.note },
      run_id: RUN_ID,
    },
    answer: { reservation_id: "string", expires_at: "string", conflicts: "array" },
    idempotent: true,
  },
  coord_release: {
    title: "Release files",
    description: "End reservations of yours: those in ids, or all.",
    args: {
      ids: { schema: LIST, rule: ids },
      all: { schema: FLAG, rule: flag },
      run_id: RUN_ID,
    },
    answer: { released: "array" },
    idempotent: true,
  },
  coord_status: {
    title: "Who holds what",
    description:
      "Holds, tasks, lanes and who works. With addresses: whether they are free, mine or held.",
    args: {
      addresses: ADDRESSES,
      mine: { schema: FLAG, rule: flag },
      run_id: RUN_ID,
    },
    answer: { holds: "array", tasks: "object", lanes: "array", who: "array" },
    readOnly: true,
    idempotent: true,
  },
  coord_task_add: {
    title: "Add a task",
    description: "Queue a task. With a key, a repeated call gives the same task.",
    args: {
      title: { schema: TEXT, rule: TASK_FIELDS.title, required: true },
      payload: { schema: OBJECT, rule: TASK_FIELDS.payload },
      queue: QUEUE,
      priority: { schema: WHOLE, rule: TASK_FIELDS.priority },
      tags: { schema: LIST, rule: TASK_FIELDS.tags },
      after: { schema: LIST, rule: TASK_FIELDS.after },
      key: { schema: TEXT, rule: TASK_FIELDS.key },
      run_id: RUN_ID,
    },
    answer: { task_id: "string", existing: "boolean" },
    idempotent: false,
  },
  coord_task_take: {
    title: "Take a task",
    description:
      "Claim the next task; no other agent gets it until the claim expires. task is null if none is there.",
    args: {
      queue: QUEUE,
      tags: { schema: { ...LIST, maxItems: 1 }, rule: oneTag },
      wait_seconds: WAIT,
      claim_ttl: { schema: WHOLE, rule: TASK_INPUTS.claim.claimTtl },
      run_id: RUN_ID,
    },
    answer: { task: ["object", "null"], claim: "object" },
    idempotent: false,
  },
  coord_task_end: {
    title: "End a task",
    description:
      "End a task that you took: done with result, fail with error, or release it for others.",
    args: {
      task_id: { schema: TEXT, rule: TASK_INPUTS.complete.id, required: true },
      outcome: { schema: { enum: [...OUTCOMES] }, rule: fields.oneOf(OUTCOMES), required: true },
      result: { schema: OBJECT, rule: TASK_INPUTS.complete.result },
      error: { schema: TEXT, rule: TASK_INPUTS.fail.error },
      note: { schema: TEXT, rule: TASK_INPUTS.heartbeat.note },
      run_id: RUN_ID,
    },
    answer: { status: "string", next_attempt_at: "string" },
    idempotent: true,
  },
} as const satisfies Readonly<Record<string, Tool>>;

export type ToolName = keyof typeof TOOLS;

/** All tools in the words of the protocol. */
export function listedTools() {
  return Object.entries<Tool>(TOOLS).map(([name, tool]) => {
    const required = Object.entries(tool.args).filter(([, arg]) => arg.required).map(([arg]) =>
      arg
    );
    return {
      name,
      title: tool.title,
      description: tool.description,
      inputSchema: {
        type: "object" as const,
        properties: Object.fromEntries(
          Object.entries(tool.args).map(([arg, { schema }]) => [arg, schema]),
        ),
        ...(required.length > 0 && { required }),
        additionalProperties: false,
      },
      outputSchema: {
        type: "object" as const,
        properties: {
          ok: FLAG,
          run_id: TEXT,
          ...Object.fromEntries(
            Object.entries(tool.answer).map((
              [field, type],
            ) => [field, { type: typeof type === "string" ? type : [...type] }]),
          ),
        },
        required: ["ok", "run_id"],
      },
      annotations: {
        readOnlyHint: tool.readOnly === true,
        destructiveHint: false,
        idempotentHint: tool.idempotent,
        openWorldHint: false,
      },
    };
  });
}
