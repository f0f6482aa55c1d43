/** Any other host, by way of a script that puts what the host says into this form. */
import { BY_CODE, type HookMoment, type HostDialect, plainText } from "../event.ts";
import { pathsOf, shellCall, textOf } from "../reading.ts";

const MOMENTS: readonly HookMoment[] = [
  "pre",
  "post",
  "session_start",
  "session_end",
  "subagent_end",
];

export const generic: HostDialect = {
  ...BY_CODE,
  brief: plainText,
  read(payload, event) {
    const said = textOf(payload, "moment") ?? event;
    const moment = MOMENTS.find((each) => each === said) ?? "other";
    const isUse = moment === "pre" || moment === "post";
    return {
      moment,
      session: textOf(payload, "session"),
      agent: textOf(payload, "agent"),
      cwd: textOf(payload, "cwd"),
      writes: isUse ? pathsOf(payload, "writes") : [],
      reads: isUse ? pathsOf(payload, "reads") : [],
      shell: moment === "pre" ? shellCall(payload) : undefined,
    };
  },
};
