/** As many answers as a master gives in a second, each with the whole list of members. */
const MS_PER_MEMBER = 10;

/** All slaves are told at once that the domain changed: when one of them asks what, so that a thousand do not ask in the same second. `random`: 0 to 1. */
export function spreadMs(members: number, random: number): number {
  return Math.round(members * MS_PER_MEMBER * random);
}
