/** The rules for single values of reservations and intents. */
import { integer, oneOf } from "../input/fields.ts";
import * as limits from "../limits.ts";
import { OPERATIONS } from "./reservation.ts";

/** What an agent is about to do. */
export const operation = oneOf(OPERATIONS);

export const reservationTtl = integer(limits.RESERVATION_TTL_S);

/** What a list of reservations may be narrowed to. */
export const reservationKind = oneOf(["reservation", "intent"]);
