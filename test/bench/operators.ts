/**
 * `npm run bench:operators`: measures what operators' calls and the timers cost at 1,000 and 10,000 desktops, each size in a new
 * process, against a real PostgreSQL and an API that only reads. Exits with 1 if a page of 10,000 takes more than 200 ms of
 * CPU, one desktop more than 30 ms, a timer of 30 seconds more than 100 kB, or a call about one person more requests than
 * at 1,000; and if anything takes more than 11 times as many requests or bytes, or 12 times as much CPU on the product's own
 * thread, at 10,000.
 */
import { machine } from "./machine.ts";
import { measureEstate, type MeasuredWorks } from "./measured-estate.ts";

const sizes = [1_000, 10_000] as const;
/** Most CPU in milliseconds, and most bytes, at 10,000. */
const limits: Record<string, { cpu?: number; bytes?: number; isAboutOne?: boolean }> = {
  "one page of desktops": { cpu: 200 },
  "one page, the worst first": { cpu: 200 },
  "one page, by a field": { cpu: 200 },
  "one person's desktops": { cpu: 30, isAboutOne: true },
  "one desktop": { cpu: 30, isAboutOne: true },
  wakeForgotten: { bytes: 100_000 },
  endLeaves: { bytes: 100_000 },
  followScaling: { bytes: 100_000 },
};
const mostGrowth = 11;
/** Of CPU. The garbage of 55 MB among what is kept of 10,000 desktops costs more than ten times that of 5.5 MB among 1,000. */
const mostGrowthOfCpu = 12;
/** Less CPU than this is noise. */
const leastCpu = 20;

process.stdout.write(`${machine}\n\n`);
const [small, large] = [await measureEstate(sizes[0]), await measureEstate(sizes[1])];
process.exitCode = report(small, large) ? 0 : 1;

function report(few: MeasuredWorks, many: MeasuredWorks): boolean {
  const faults: string[] = [];
  process.stdout.write(
    `${"".padEnd(24)}${sizes.map((size) => `${size} desktops: CPU ms, own CPU, requests, kB`.padStart(46)).join("")}\n`,
  );
  for (const [name, large] of Object.entries(many)) {
    const least = few[name] ?? large;
    const figures = [least, large].map(
      ({ cpu, ownCpu, requests, bytes }) =>
        `${cpu.toFixed(0).padStart(16)}${ownCpu.toFixed(0).padStart(10)}${requests.toFixed(0).padStart(10)}${(bytes / 1_000).toFixed(0).padStart(10)}`,
    );
    process.stdout.write(`${name.padEnd(24)}${figures.join("")}\n`);
    const limit = limits[name] ?? {};
    if (large.cpu > (limit.cpu ?? Infinity)) faults.push(`${name}: ${large.cpu.toFixed(0)} ms of CPU`);
    if (large.bytes > (limit.bytes ?? Infinity)) faults.push(`${name}: ${large.bytes} bytes`);
    if (limit.isAboutOne && large.requests > least.requests) faults.push(`${name}: more requests than at ${sizes[0]}`);
    if (large.ownCpu > mostGrowthOfCpu * Math.max(least.ownCpu, leastCpu))
      faults.push(`${name}: more than its share of CPU`);
    if (large.requests > mostGrowth * least.requests) faults.push(`${name}: more than its share of requests`);
    if (large.bytes > mostGrowth * least.bytes) faults.push(`${name}: more than its share of bytes`);
  }
  for (const fault of faults) process.stdout.write(`limit exceeded: ${fault}\n`);
  return faults.length === 0;
}
