/** What a claim is granted for, and for how long it is kept without a sign of life. */
import { isNumber } from "../../json.ts";
import { CLAIM_TTL_S } from "../../limits.ts";

/** Who asks for tasks, and what each of them would be granted. */
export interface ClaimGrant {
  readonly runId: string;
  readonly ttlSeconds: number;
  /** Different for every search. */
  readonly nonce: string;
}

/** Seconds by which a heartbeat that names none extends a claim. */
export function claimTtl({ ttl_seconds: ttl }: { readonly ttl_seconds?: number }): number {
  return isNumber(ttl) && Number(ttl) >= CLAIM_TTL_S.min && Number(ttl) <= CLAIM_TTL_S.max
    ? Number(ttl)
    : CLAIM_TTL_S.default;
}
