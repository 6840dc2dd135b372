import { CauseDown } from '@inkpost/failure/failure.js';
import type { Outcome } from '@inkpost/flow/flow-client.js';
import { placeName } from '@inkpost/server-connection/reach-server.js';
import type { GuestBase, GuestCreation } from '../../ports/guest-base.port.js';
import { creationFailed, type KnownGuest, type NewGuest } from '../../resolve-owner/decide-owner.js';
import type { AcceptedMessage } from '../../resolve-owner/owner-outcome.js';
import type { LiveServer } from '../../user-management/live-server.js';
import { ServerTrouble } from '../../user-management/server-status.js';
import { readAdded, readGuest } from './wsc-answers.js';
import type { WscClient } from './wsc-client.js';

/** Goes on with the message here, once the other server has done its part. */
export type HandOver = (message: AcceptedMessage, outcome: Outcome) => Promise<void>;

/** The guests of another installation. Each of its requests may be repeated: they go by the address, and what was done once stays done. */
export class WscGuestBase implements GuestBase {
  readonly server: string;

  constructor(
    private readonly client: WscClient,
    private readonly live: LiveServer,
    { address, port }: { readonly address: string; readonly port: number },
    private readonly handOver: HandOver,
  ) {
    this.server = placeName(address, port);
  }

  async find(address: string): Promise<KnownGuest | undefined> {
    return this.live.run(async () => readGuest(await this.client.call({ method: 'GET', path: sender(address) })));
  }

  async use(message: AcceptedMessage, outcome: Outcome, guest: KnownGuest): Promise<void> {
    // A guest who was erased a moment ago was there when it was asked, as with one's own base.
    await this.live.run(() => this.client.call({ method: 'POST', path: `${sender(guest.address)}/use` }));
    await this.handOver(message, outcome);
  }

  async create(message: AcceptedMessage, guest: NewGuest, outcomeOf: (accountId: string) => Outcome): Promise<GuestCreation> {
    const { address, displayName, language, visitedPerson } = guest;
    const answer = await this.live.run(() => this.add(address, { displayName, language, visitedPerson })).catch((error: unknown) => {
      // Waited for, in the words of SKY-122.
      throw error instanceof ServerTrouble ? new CauseDown(error.code, `${creationFailed(address).statusText}. ${error.message}`, { cause: error }) : error;
    });
    // A no is an answer (EDG-03).
    if ('refusal' in answer) return { outcome: 'refused', cause: typeof answer.refusal === 'string' ? answer.refusal : this.live.noteTrouble(answer.refusal).message };
    const { created, accountId } = answer;
    if (!created) return { outcome: 'taken' };
    await this.handOver(message, outcomeOf(accountId));
    return { outcome: 'created' };
  }

  private async add(address: string, body: object) {
    const answer = await this.client.ask({ method: 'PUT', path: sender(address), body });
    return 'refusal' in answer ? answer : readAdded(answer.body);
  }
}

function sender(address: string): string {
  return `/wsc/v1/senders/${encodeURIComponent(address)}`;
}
