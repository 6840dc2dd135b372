/** Of what is only a day: its first moment, or the one after its last. */
export type DayEdge = 'begin' | 'end';

const ISO_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/u;
/** 2026-12-31, or 31/12/2026 and 31.12.2026 with the day first; perhaps a time of day. */
const DAY = /^(?:(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)|(?<dayFirst>\d{1,2})[/.](?<monthSecond>\d{1,2})[/.](?<yearLast>\d{4}))(?:[ T](?<hour>\d{1,2}):(?<minute>\d\d))?$/u;

/** A moment in a field of a CSV; days and times without a zone are those of this server. undefined: it is none. */
export function readMoment(text: string, edge: DayEdge): Date | undefined {
  if (ISO_INSTANT.test(text)) return real(new Date(text));
  const { year, month, day, dayFirst, monthSecond, yearLast, hour, minute } = DAY.exec(text)?.groups ?? {};
  const [years, months, days] = [Number(year ?? yearLast), Number(month ?? monthSecond) - 1, Number(day ?? dayFirst)];
  const moment = real(new Date(years, months, days, Number(hour ?? 0), Number(minute ?? 0)));
  // The 31st of June would be the 1st of July.
  if (!moment || moment.getMonth() !== months || moment.getDate() !== days) return undefined;
  return hour === undefined && edge === 'end' ? new Date(years, months, days + 1) : moment;
}

function real(moment: Date): Date | undefined {
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}
