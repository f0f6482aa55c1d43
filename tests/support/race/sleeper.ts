/** Lives for a number of seconds. */
import process from "node:process";

setTimeout(() => {}, Number(process.argv[2]) * 1000);
