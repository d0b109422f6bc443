import { CronExpressionParser } from "cron-parser";

/** The times at which a timer trigger fires, in UTC. */
export interface Schedule {
  expression: string;
  next(after: Date): Date;
}

/**
 * Parses NCRONTAB: six fields with seconds, or five without. Throws one sentence that says what is wrong.
 * TimeSpan schedules are refused, as Consumption and Flex Consumption do not accept them either.
 */
export function parseSchedule(expression: string, usedBy: string): Schedule {
  const fields = expression.trim().split(/\s+/);
  const refuse = (reason: string, cause?: unknown) =>
    new Error(
      `parse schedule of ${usedBy}: "${expression}" ${reason} (write {second} {minute} {hour} {day} {month} {weekday})`,
      {
        cause,
      },
    );
  if (fields.length === 5) fields.unshift("0");
  if (fields.length !== 6) throw refuse("has neither five nor six fields");
  // cron-parser supports more than NCRONTAB (L, #, H, ?, @daily).
  if (
    !fields.every((field) =>
      /^(?:[\d*,/-]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)+$/i.test(field),
    )
  ) {
    throw refuse("uses something that NCRONTAB does not have");
  }
  const [day, weekday] = [fields[3], fields[5]];
  try {
    const parse = (currentDate: Date) =>
      CronExpressionParser.parse(everyDayOfWeek.join(" "), { currentDate, tz: "UTC" });
    const everyDayOfWeek = day === "*" || weekday === "*" ? fields : [...fields.slice(0, 5), "*"];
    const allowed = CronExpressionParser.parse(fields.join(" "), { tz: "UTC" }).fields.dayOfWeek.values.map(Number);
    parse(new Date(0));
    return {
      expression,
      next(after) {
        const occurrences = parse(after);
        for (;;) {
          const candidate = occurrences.next().toDate();
          // In NCRONTAB both the day and the weekday must match; in cron-parser, as in cron, either.
          if (allowed.includes(candidate.getUTCDay())) return candidate;
        }
      },
    };
  } catch (cause) {
    throw refuse(`is not valid: ${(cause as Error).message}`, cause);
  }
}
