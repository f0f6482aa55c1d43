/**
 * Claims as the feed looks at them. claim_chain.ts finds their newest states. A listing knows which slots there
 * are, so comparing a claim that did not change costs one look at its view; and names that came say
 * where the newest state is, so a claim that did change costs one reading.
 */
import { idOfStem, stemOfId } from "../../../../domain/ids.ts";
import type { JsonObject } from "../../../../domain/json.ts";
import type { ClaimRecord } from "../../../../domain/task/claim.ts";
import { unmarked } from "../../../../domain/task/foreign_claim.ts";
import type { FileStat, HostFs } from "../../../../ports/host.ts";
import { readHead } from "../../task/claim_chain.ts";
import { endName, groupClaims, type ListedClaim, slotName } from "../../task/claim/names.ts";
import { ReadClaim, readClaim } from "../../task/claim/read_claim.ts";
import type { RecordHint, RecordListing, RecordLook } from "../records.ts";
import { broken, found, GONE, guarded, isSure, SAME, type Versions } from "./versions.ts";

/** A look at a claim; one that has gone may lie in a segment. */
type LookAt = (id: string, known: string | undefined) => RecordLook;

export class ClaimLooks {
  constructor(readonly fs: HostFs, readonly folder: string, readonly versions: Versions) {}

  /** The claims in a listing of the folder. */
  list(names: readonly string[]): RecordListing {
    const claims = groupClaims(names);
    const none = { hasView: false, slots: [], isEnded: false };
    return {
      ids: [...claims.keys()].map(idOfStem),
      look: (id, known) => this.look(id, known, claims.get(stemOfId(id)) ?? none),
    };
  }

  /** @param listed What a listing showed; without it slots are looked for. */
  look(id: string, known: string | undefined, listed?: ListedClaim): RecordLook {
    const stem = stemOfId(id);
    return guarded("claim", slotName(stem, 1), known, () => {
      if (known !== undefined && listed !== undefined) {
        // The slot of a revival stays, so without a slot there was none.
        const isOver = listed.isEnded && listed.slots.length === 0;
        const name = isOver ? endName(stem) : slotName(stem, 1);
        const stat = this.fs.lstat(`${this.folder}/${name}`);
        const isNewest = isOver ||
          !listed.isEnded && listed.slots.every((slot) => slot <= Number.parseInt(known));
        if (stat !== undefined && isNewest && isSure(known, stat)) return SAME;
      }
      const files = new ReadClaim(this.fs, this.folder);
      const state = readHead(files, stem, listed);
      if (state === undefined) return GONE;
      const { name, problem, stat } = files.sourceOf(stem, state);
      if (problem !== undefined) return broken("claim", name, problem, known);
      return this.#found(state, stat, known);
    });
  }

  /** Hints at the claims whose names differ between two listings. @param names Those of the later one. */
  hintsOfListed(differing: readonly string[], names: readonly string[], whole: LookAt) {
    const stemIn = (name: string) => name.slice(0, name.indexOf("."));
    const stems = new Set(differing.map(stemIn));
    const listed = groupClaims(names.filter((name) => stems.has(stemIn(name))));
    return this.#hints(groupClaims(differing).keys(), (id, known) => {
      const claim = listed.get(stemOfId(id));
      if (claim === undefined) return whole(id, known);
      return this.#lookAt(id, known, claim) ?? this.look(id, known, claim);
    });
  }

  /** Hints at the claims to whose names something has happened. */
  hintsOfNoted(names: Iterable<string>, whole: LookAt): RecordHint[] {
    const noted = groupClaims(names);
    return this.#hints(noted.keys(), (id, known) => {
      const claim = noted.get(stemOfId(id));
      if (claim === undefined) return whole(id, known);
      // All names of one that is new were noted.
      const isNew = known === undefined && claim.hasView;
      return this.#lookAt(id, known, claim) ??
        (isNew ? this.look(id, known, claim) : whole(id, known));
    });
  }

  #hints(stems: Iterable<string>, look: LookAt): RecordHint[] {
    return [...stems].map((stem) => {
      const id = idOfStem(stem);
      return { about: "record", kind: "claim", id, look: (known) => look(id, known) };
    });
  }

  /**
   * The newest state that names lead to, where it is beyond the known one, in one reading; otherwise
   * `undefined`. What overrules it has a name too, and is met at the next look at the latest.
   */
  #lookAt(
    id: string,
    known: string | undefined,
    { isEnded, slots, laterEnds }: ListedClaim,
  ): RecordLook | undefined {
    const before = known === undefined ? 1 : Number.parseInt(known);
    const last = Math.max(before, ...slots);
    if (laterEnds !== undefined || !isEnded && !(last > before)) return undefined;
    const stem = stemOfId(id);
    const name = isEnded ? endName(stem) : slotName(stem, last);
    let isNewest = false;
    const look = guarded("claim", name, known, () => {
      const file = readClaim(this.fs, this.folder, name);
      if (file === undefined || file.problem !== undefined) return GONE;
      const { transition } = file.claim;
      // A slot after the end is that of a revival.
      isNewest = isEnded ? transition > last : transition === last;
      return this.#found(unmarked(file.claim), file.stat, known);
    });
    return isNewest ? look : undefined;
  }

  #found(state: ClaimRecord, stat: FileStat, known: string | undefined): RecordLook {
    const text = JSON.stringify(state);
    const version = this.versions.of(text, stat, `${state.transition}.`);
    // The parser only adds fields that JSON can hold.
    return found(version, state as unknown as JsonObject, text, known);
  }
}
