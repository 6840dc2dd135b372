const DAY_MS = 86_400_000;

/** How near the end of a certificate is: the number of days that it fell below last, 0 once it has ended. Undefined: nothing to say yet. */
export function expiryStage(endsAt: Date, now: Date, warnDays: readonly number[]): number | undefined {
  const leftMs = endsAt.getTime() - now.getTime();
  if (leftMs <= 0) return 0;
  const reached = warnDays.filter((days) => leftMs <= days * DAY_MS);
  return reached.length === 0 ? undefined : Math.min(...reached);
}
