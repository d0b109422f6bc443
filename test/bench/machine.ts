import { availableParallelism, cpus, totalmem } from "node:os";

/** What figures were measured on, in words. */
export const machine = `${availableParallelism()} x ${cpus()[0]?.model.trim() ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`;
