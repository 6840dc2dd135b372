import type { DirectoryPerson, Found, PeopleDirectory, WayToDirectory } from '../../ports/directory.port.js';
import type { GuestBase } from '../../ports/guest-base.port.js';
import type { WscClientParts } from './wsc-client.js';
import { WscWay } from './wsc-way.js';

/** The guests of another installation as a directory is asked in its test. They sign in there, not here. */
export class WscGuestDirectory implements PeopleDirectory {
  constructor(
    private readonly guests: GuestBase,
    private readonly parts: WscClientParts,
  ) {}

  async findByAddress(address: string): Promise<Found> {
    const guest = await this.guests.find(address);
    if (!guest) return { kind: 'nobody' };
    const { accountId, displayName, language, locked } = guest;
    const person: DirectoryPerson = { accountId, reference: accountId, login: guest.address, displayName, addresses: [guest.address], language, locked };
    return { kind: 'found', person };
  }

  async findByLogin(login: string): Promise<Found> {
    return login.includes('@') ? this.findByAddress(login.toLowerCase()) : { kind: 'nobody' };
  }

  async groupsOf(): Promise<readonly string[]> {
    return [];
  }

  async checkCredentials(): Promise<boolean> {
    return false;
  }

  testWay(): WayToDirectory {
    return new WscWay(this.parts);
  }

  close(): void {
    // The connections are the server's, which closes them.
  }
}
