// The names that are used, one by one: all of them together are twenty times as much to bundle.
export {
  _default,
  any,
  array,
  boolean,
  check,
  type core,
  gte,
  int,
  optional,
  pipe,
  record,
  strictObject,
  string,
  transform,
  unknown,
} from "npm:zod@^4.6/mini";
