import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ConnectRouter } from '@connectrpc/connect';
import { SignInService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { BalanceService } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { IdentificationService, PinService } from '@inkpost/contracts/admin/v1/identification_pb.js';
import { type Identification, OwnDocumentService } from '@inkpost/contracts/admin/v1/own_documents_pb.js';
import { ReleaseService } from '@inkpost/contracts/admin/v1/print_pb.js';
import { ReleaseProfileService } from '@inkpost/contracts/admin/v1/release_profiles_pb.js';
import { callerOf } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';

/** A document in the owner's hands. */
export interface HeldDocument {
  readonly jobId: string;
  readonly fileName: string;
  readonly accountId: string;
  queueName: string;
  jobState: string;
  jobStateReason: string;
  allowedMeans: string[];
  price: bigint;
  question: string;
  copies: number;
  sides: string;
  forced: string[];
  choices: boolean;
}

/** What print-submit and guest-account have and heard, in the test's hands: enough for the page to show what it makes of each answer. */
export class ReleaseOwners {
  readonly documents: HeldDocument[] = [];
  /** What stays when it is wanted, with its reason. */
  readonly refusals = new Map<string, { readonly reason: string; readonly problem: string }>();
  readonly heard: { codes: string[]; who: Identification[]; pins: string[]; points: string[] } = { codes: [], who: [], pins: [], points: [] };
  readonly newPins: string[] = [];
  readonly mailed: string[] = [];
  means = ['puk', 'login-pin', 'card-pin'];
  idleSeconds = 60;

  reset(): void {
    this.documents.splice(0);
    this.refusals.clear();
    this.newPins.splice(0);
    this.mailed.splice(0);
    Object.assign(this.heard, { codes: [], who: [], pins: [], points: [] });
    Object.assign(this, { means: ['puk', 'login-pin', 'card-pin'], idleSeconds: 60 });
  }

  /** A new one of Ada's. */
  hold(fileName: string, rest: Partial<HeldDocument> = {}): HeldDocument {
    const jobId = `00000000-0000-4000-8000-${String(this.documents.length).padStart(12, '0')}`;
    const document = {
      jobId, fileName, accountId: 'ada', queueName: 'Lobby', jobState: 'pending-held', jobStateReason: 'job-hold-until-specified', allowedMeans: ['puk', 'login-pin', 'card-pin'],
      price: 0n, question: '', copies: 1, sides: 'one-sided', forced: [], choices: true, ...rest,
    };
    this.documents.push(document);
    return document;
  }

  readonly printSubmit = (router: ConnectRouter): void => {
    router.service(ReleaseProfileService, {
      describeReleasePoint: ({ queueId, releasePoint }, context) => {
        callerOf(context);
        this.heard.points.push(releasePoint);
        return { queueName: queueId === 'lobby' ? 'Lobby' : '', means: this.means, idleSeconds: this.idleSeconds };
      },
    });
    router.service(ReleaseService, {
      requestCode: ({ address, source }) => {
        this.mailed.push(`code ${address} ${source}`);
        return {};
      },
    });
    router.service(BalanceService, {
      getStanding: ({ accountId }) => ({ currency: 'EUR', balance: { holder: { kind: 'account', name: accountId }, mode: 'refuse', amount: 12_500n }, quotas: [{ quota: { name: 'Everybody', unit: 'impressions', period: 'month', amount: 200n, mode: 'warn' }, used: 40n }] }),
    });
    router.service(OwnDocumentService, {
      openByCode: ({ code }) => {
        this.heard.codes.push(code);
        if (code === 'LOCKED99') return { outcome: 'locked-out', retryAfterSeconds: 90 };
        return code === 'GOODGOOD' ? { outcome: 'valid', accountId: 'ada' } : { outcome: 'wrong-code' };
      },
      listOwnDocuments: ({ who }) => ({ documents: this.of(who).map(toWire) }),
      releaseOwnDocuments: ({ who, jobIds, confirmedJobIds }) => {
        const wanted = this.of(who).filter(({ jobId, jobState }) => jobIds.includes(jobId) && jobState === 'pending-held');
        const stays = ({ jobId, question }: HeldDocument) => this.refusals.get(jobId) ?? (question !== '' && !confirmedJobIds.includes(jobId) ? { reason: 'unconfirmed', problem: '' } : undefined);
        const going = wanted.filter((each) => !stays(each) && each.allowedMeans.includes(who?.means ?? ''));
        for (const each of going) Object.assign(each, { jobState: 'processing', jobStateReason: 'none' });
        return { documents: going.map(toWire), notReleased: wanted.flatMap((each) => { const why = stays(each); return why ? [{ jobId: each.jobId, ...why }] : []; }) };
      },
      listOwnHistory: ({ who }) => ({ documents: this.of(who).filter(({ jobState }) => jobState === 'canceled').map(toWire), nextCursor: 'older' }),
      deleteOwnDocuments: ({ who, jobIds }) => {
        const gone = this.of(who).filter(({ jobId, jobState }) => jobIds.includes(jobId) && jobState === 'pending-held');
        for (const each of gone) Object.assign(each, { jobState: 'canceled', jobStateReason: 'job-canceled-by-user' });
        return { documents: gone.map(toWire) };
      },
      changeOwnFinishing: ({ who, jobId, change }) => {
        const document = this.of(who).find((each) => each.jobId === jobId);
        if (!document || document.jobState !== 'pending-held') return {};
        const { copies = 1 } = change ?? {};
        if (copies < 1 || copies > 5) throw invalidField('copies', 'must be 1 to 5 on this printer');
        Object.assign(document, { copies: change?.copies ?? document.copies, sides: change?.sides ?? document.sides });
        return { document: toWire(document) };
      },
    });
  };

  readonly guestAccount = (router: ConnectRouter): void => {
    router.service(SignInService, {
      signIn: ({ account, password }) => {
        if (account === 'locked') return { outcome: 'locked-out', retryAfterSeconds: 30 };
        if (password !== 'Right-Passw0rd') return { outcome: 'refused' };
        if (account === 'maintenance') return { outcome: 'signed-in', account: { name: 'maintenance' } };
        return { outcome: 'signed-in', account: { name: 'CORP\\ada', directoryId: 'corp', accountId: 'ada', login: 'ada' } };
      },
    });
    router.service(PinService, {
      requestPinLink: ({ address }) => {
        this.mailed.push(`pin ${address}`);
        return {};
      },
      getPinPolicy: () => ({ policy: { lengthMin: 4 } }),
      getOwnPin: () => ({ hasPin: this.newPins.length > 0, policy: { lengthMin: 4 } }),
      setOwnPin: ({ account, pin }) => {
        if (!/^\d{4,12}$/.test(pin) || pin === '1234') throw invalidField('pin', 'must be 4 to 12 digits');
        this.newPins.push(`${account?.name} ${account?.directoryId} ${account?.login} ${pin}`);
        return {};
      },
    });
    router.service(IdentificationService, {
      identify: ({ who, pin, releasePoint, source }, context) => {
        callerOf(context);
        this.heard.pins.push(`${who.case} ${who.value} ${releasePoint} ${source}`);
        if (who.value === 'locked') return { outcome: 'locked-out', retryAfterSeconds: 30 };
        if (pin !== '4711') return { outcome: 'refused' };
        return { outcome: 'identified', account: { name: 'CORP\\ada', directoryId: 'corp', accountId: 'ada', login: 'ada' }, displayName: 'Ada Lovelace', language: 'fr' };
      },
    });
  };

  private of(who: Identification | undefined): HeldDocument[] {
    if (who) this.heard.who.push(who);
    return this.documents.filter(({ accountId }) => accountId === who?.accountId);
  }
}

function toWire({ jobId, fileName, queueName, jobState, jobStateReason, allowedMeans, price, question, copies, sides, forced, choices }: HeldDocument) {
  return {
    queueName, allowedMeans,
    job: {
      jobId, fileName, jobState, jobStateReason, pages: 3, queueId: 'lobby', price, currency: 'EUR', question, forced,
      finishing: { colorMode: 'color', sides, copies }, jobHoldUntil: timestampFromDate(new Date('2026-11-25T13:05:00Z')),
      ...(choices ? { finishingChoices: { colorModes: ['color', 'monochrome'], sides: ['one-sided', 'two-sided-long-edge'], copiesMax: 9, pageRanges: true } } : {}),
    },
  };
}
