export { parser } from "npm:@lezer/python@^1.1";
