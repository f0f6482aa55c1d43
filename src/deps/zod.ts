export * as z from "npm:zod@^4.6/mini";
