import { createSecureContext } from 'node:tls';
import type { Answered, CrowdState, SlavesToStart, Told } from './conversation.js';
import { DspCaller } from './dsp-caller.js';
import { SimulatedSlave } from './simulated-slave.js';
import { type Answering, openDoor } from './slave-door.js';
import { SlaveLife } from './slave-life.js';

// A process of its own: what the slaves cost is not the master's. Told by its parent what to do; ends with it.

interface Slave {
  readonly slave: SimulatedSlave;
  readonly life: SlaveLife;
}

class Crowd {
  private readonly slaves: Slave[] = [];
  private readonly requests = new Map<number, number>();
  private isDeaf = false;

  async start({ slaves, authorityCertificatePem, domainId, epoch, members, doorPort, masterId, masterOrigin, succession }: SlavesToStart): Promise<void> {
    const byId = new Map<string, Answering>();
    for (const { serverId, certificatePem, keyPem } of slaves) {
      const context = createSecureContext({ cert: certificatePem, key: keyPem, ca: authorityCertificatePem, minVersion: 'TLSv1.3' });
      const slave = new SimulatedSlave(domainId, epoch);
      const life = new SlaveLife(slave, new DspCaller({ context, masterId, masterOrigin, succession, onRequest: () => this.count() }), members);
      byId.set(serverId, {
        context,
        get isDeaf() {
          return life.isDeaf;
        },
        obey: (message) => {
          this.count();
          return life.obey(message);
        },
        answered: () => {
          slave.acknowledgedAt ||= Date.now();
        },
      });
      this.slaves.push({ slave, life });
    }
    await openDoor(doorPort, authorityCertificatePem, byId);
    for (const { life } of this.slaves) life.start();
  }

  hear(isDeaf: boolean): void {
    this.isDeaf = isDeaf;
    for (const { life } of this.slaves) life.setDeaf(isDeaf);
  }

  get state(): CrowdState {
    const sum = (what: (slave: Slave) => number): number => this.slaves.reduce((total, slave) => total + what(slave), 0);
    return { slaves: this.slaves.map(({ slave }) => slave.state), requests: [...this.requests], inventories: sum(({ slave }) => slave.inventories), failures: sum(({ life }) => life.failures) };
  }

  private count(): void {
    if (this.isDeaf) return;
    const second = Math.floor(Date.now() / 1_000);
    this.requests.set(second, (this.requests.get(second) ?? 0) + 1);
  }
}

const crowd = new Crowd();

async function obey(told: Told): Promise<Answered> {
  if (told.tell === 'state') return { answer: 'state', state: crowd.state };
  if (told.tell === 'start') await crowd.start(told.slaves);
  else crowd.hear(told.deaf);
  return { answer: told.tell === 'start' ? 'started' : 'heard' };
}

process.on('message', (told: Told) => void obey(told).then((answer) => process.send?.(answer)));
process.on('disconnect', () => process.exit(0));
