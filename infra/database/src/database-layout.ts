import { fileURLToPath } from 'node:url';

/** The services, each with its own schema and login role of the same name (with `_` for `-`). */
export const SERVICES = ['mail-ingest', 'acceptance', 'guest-account', 'print-submit', 'notification', 'domain-sync', 'gateway'] as const;

export type ServiceName = (typeof SERVICES)[number];

const root = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

interface FunctionSchema {
  readonly schema: string;
  readonly owner: string;
  readonly migrationsFolder: string;
  /** Function -> services that may execute it. */
  readonly grants: Readonly<Record<string, readonly ServiceName[]>>;
}

const SPOOL_USERS: readonly ServiceName[] = ['mail-ingest', 'acceptance', 'guest-account', 'print-submit'];

/** Schemas that nobody may touch but through their functions, in the order in which they depend on each other. */
export const FUNCTION_SCHEMAS: readonly FunctionSchema[] = [
  {
    schema: 'journey',
    owner: 'journey_owner',
    migrationsFolder: root('libs/journey/migrations'),
    grants: {
      begin_message: ['mail-ingest', 'print-submit'],
      append: SERVICES,
      search: ['gateway'],
      entries: ['gateway'],
      heads: ['gateway'],
      standing: ['gateway'],
      settle: ['gateway'],
      count_steps: ['gateway'],
      purge: ['gateway'],
      // Ids alone: mail-ingest doesn't know otherwise which mails of its ledger are whose.
      of_people: ['mail-ingest'],
      erase: ['guest-account'],
    },
  },
  {
    schema: 'flow',
    owner: 'flow_owner',
    migrationsFolder: root('libs/flow/migrations'),
    grants: {
      publish: SERVICES,
      publish_by_relay: ['guest-account', 'print-submit', 'notification'],
      consume: SERVICES,
      step: SERVICES,
      fail: SERVICES,
      wait: SERVICES,
      claim: SERVICES,
      resend_all: SERVICES,
      close_all: SERVICES,
      troubled: ['gateway'],
      under_way: ['gateway'],
      redrive: ['gateway'],
      backlog: ['gateway'],
      is_open: ['notification'],
      forget: ['acceptance', 'guest-account', 'print-submit', 'notification'],
    },
  },
  {
    schema: 'spool',
    owner: 'spool_owner',
    migrationsFolder: root('libs/spool/migrations'),
    grants: {
      put: ['mail-ingest', 'print-submit'],
      open: SPOOL_USERS,
      hand_over: SPOOL_USERS,
      keep_until: SPOOL_USERS,
      drop: SPOOL_USERS,
      expire: ['mail-ingest'],
      removable: ['mail-ingest'],
    },
  },
];

/** Where a service keeps its Prisma migrations. */
export function serviceMigrationsFolder(service: ServiceName): string {
  return root(`services/${service}/prisma/migrations`);
}
