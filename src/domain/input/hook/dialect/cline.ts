/**
 * Cline. Every agent has an id there, so it is a subagent only where it has a parent. The extension and
 * the command line have names of their own for events and tools.
 */
import { answerJson, type HostDialect } from "../event.ts";
import { editsBy, readEvent, textOf } from "../reading.ts";

const edits = editsBy("write_to_file", "replace_in_file", "editor", "apply_patch");

export const cline: HostDialect = {
  read(payload, said) {
    const event = readEvent(payload, said, edits);
    const session = textOf(payload["sessionContext"], "rootSessionId") ?? event.session;
    if (textOf(payload, "parent_agent_id") === undefined) {
      return { ...event, session, agent: undefined };
    }
    const hasEnded = textOf(payload, "hookName") === "agent_end";
    return { ...event, session, moment: hasEnded ? "subagent_end" : event.moment };
  },
  pass: answerJson({ cancel: false }),
  deny: (errorMessage) => answerJson({ cancel: true, errorMessage }),
  warn: (contextModification) => answerJson({ cancel: false, contextModification }),
};
