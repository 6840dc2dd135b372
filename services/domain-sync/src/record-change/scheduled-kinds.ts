/** What server maintenance replicates (WSC-012 to WSC-015), and which kinds of objects that are. */
export const MAINTENANCE_ITEMS = {
  'security-profiles': ['security-profile', 'role'],
  // Each event with its own words.
  notification: ['notification-event'],
  'release-profiles': ['release-profile'],
  'default-release-profiles': ['default-release-profile'],
} as const;

export type MaintenanceItem = keyof typeof MAINTENANCE_ITEMS;

export const MAINTENANCE_ITEM_NAMES = Object.keys(MAINTENANCE_ITEMS) as MaintenanceItem[];

const SCHEDULED: readonly string[] = Object.values(MAINTENANCE_ITEMS).flat();

/** Such objects are not sent with each change, but when maintenance is due or wanted. */
export function isScheduled(kind: string): boolean {
  return SCHEDULED.includes(kind);
}
