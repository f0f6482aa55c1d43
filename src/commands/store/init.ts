import type { StoreInit } from "../../engine/upkeep/store.ts";
import type { AnswerCommand } from "../command.ts";

export const storeInit: AnswerCommand<StoreInit, {
  readonly roles?: readonly string[];
  readonly force?: boolean;
}> = {
  details:
    "Make the schema and the space in the PostgreSQL data base that --store, $COORD_STORE or " +
    "coord.json names. Running it again changes nothing. The user must be allowed to make a schema. " +
    "Agents need less: --grant lets a role work with the records and make no tables. Without it the " +
    "answer has the statements for that. A new space is refused where the files of this workspace have " +
    "unfinished tasks or live holds: store import makes it, and takes them along.",
  examples: [
    "store init --store 'postgres://owner@db.example/coord?space=acme/api' --grant agent",
  ],
  operands: [],
  flags: {
    grant: {
      type: "text",
      repeatable: true,
      as: "roles",
      placeholder: "ROLE",
      summary: "a role that may work with the records (repeatable)",
    },
    force: { type: "boolean", summary: "leave the records of the files behind" },
  },
  run: async (context, values) => (await context.store()).init(values),
  text(value) {
    if (value.status === "refused") return value.error;
    const { store, status, granted, grants } = value;
    const role = granted.length === 1 ? "Role" : "Roles";
    return [
      `Store ${status === "made" ? "made" : "exists"}: ${store}`,
      ...(granted.length > 0 ? [`${role} that may work with it: ${granted.join(", ")}`] : []),
      ...(grants.length > 0 ? ["", "What the role of your agents needs:"] : []),
      ...grants.map((grant) => `  ${grant};`),
    ];
  },
};
