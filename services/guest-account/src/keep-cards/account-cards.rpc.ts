import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { AccountCardService, CreateAccountCardRequest, DeleteAccountCardRequest, ListAccountCardsRequest } from '@inkpost/contracts/admin/v1/identification_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { GUESTS } from '../directories/directory.js';
import { cardEnd, cardHash, secretsProblem } from '../guests/guest-secrets.js';
import type { KeyedHash } from '../keyed-hash/keyed-hash.js';
import { ACCOUNT_LENGTH_MAX, CURSOR_LENGTH_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, SEARCH_LENGTH_MAX } from '../limits.js';
import type { AccountFinder } from '../sign-in/account-finder.js';
import { sqlState } from '../sql-state.js';
import type { AccountCard, AccountCardStore } from './account-card.store.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** Cards of people of directories, for administrators. */
export class AccountCardsRpc implements ServiceImpl<typeof AccountCardService> {
  constructor(
    private readonly store: AccountCardStore,
    private readonly accounts: AccountFinder,
    private readonly hash: KeyedHash,
    private readonly log: Log,
  ) {}

  async listAccountCards({ search, limit, cursor }: ListAccountCardsRequest, context: HandlerContext) {
    authorize(context, 'guests.read');
    if (search.length > SEARCH_LENGTH_MAX || search.includes('\u0000')) throw invalidField('search', `must be at most ${SEARCH_LENGTH_MAX} characters of text`);
    if (limit > PAGE_SIZE_MAX) throw invalidField('limit', `must be at most ${PAGE_SIZE_MAX}`);
    const pageSize = limit || PAGE_SIZE_DEFAULT;
    const found = await this.store.list({ search: search.trim().toLowerCase(), after: cursor === '' ? undefined : readCursor(cursor), limit: pageSize + 1 });
    const cards = found.slice(0, pageSize);
    const last = found.length > pageSize ? cards.at(-1) : undefined;
    return { cards: cards.map(toWire), nextCursor: last ? Buffer.from(JSON.stringify([last.loginKey, last.cardId])).toString('base64url') : '' };
  }

  async createAccountCard({ directoryId, login, cardNumber }: CreateAccountCardRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'guests.edit');
    const problem = cardNumber.trim() === '' ? { reason: 'is missing' } : secretsProblem({ cardNumber });
    if (problem) throw invalidField('cardNumber', problem.reason);
    if (login.trim() === '' || login.length > ACCOUNT_LENGTH_MAX || login.includes('\u0000')) throw invalidField('login', `must be 1 to ${ACCOUNT_LENGTH_MAX} characters of text`);
    if (directoryId === GUESTS) throw invalidField('directoryId', 'must be another directory: a guest\'s card is a field of the guest');
    const found = await this.accounts.inDirectory(directoryId, login.trim());
    if (found === 'no-directory') throw invalidField('directoryId', 'must be the id of a directory that has people');
    if (found === 'nobody') throw invalidField('login', 'is nobody\'s in this directory');
    const { accountId } = found.person;
    const cardId = await this.create({ hash: cardHash(cardNumber, this.hash), end: cardEnd(cardNumber), directoryId, accountId, login: found.person.login });
    if (cardId === undefined) throw new ConnectError('cardNumber: it is somebody\'s card already; take it from them first.', Code.AlreadyExists);
    this.log.info('card given', { cardId, accountId, actor });
    return { card: await this.existing(cardId) };
  }

  async deleteAccountCard({ cardId }: DeleteAccountCardRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'guests.edit');
    if (!UUID.test(cardId) || !(await this.store.remove(cardId))) throw notFound('card', cardId.slice(0, 64));
    this.log.info('card taken', { cardId, actor });
    return {};
  }

  private async create(card: Parameters<AccountCardStore['create']>[0]): Promise<string | undefined> {
    try {
      return await this.store.create(card);
    } catch (error) {
      // The directory was deleted since it answered.
      if (sqlState(error) === '23503') throw invalidField('directoryId', 'must be the id of a directory that has people');
      throw error;
    }
  }

  private async existing(cardId: string) {
    const card = await this.store.find(cardId);
    if (!card) throw notFound('card', cardId);
    return toWire(card);
  }
}

function toWire({ cardId, directoryId, directoryName, login, cardEnd: end, createdAt }: AccountCard) {
  return { cardId, directoryId, directoryName, login, cardEnd: end, createdAt: timestampFromDate(createdAt) };
}

function readCursor(cursor: string): { readonly loginKey: string; readonly cardId: string } {
  try {
    const [loginKey, cardId] = cursor.length > CURSOR_LENGTH_MAX ? [] : (JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]);
    if (typeof loginKey === 'string' && !loginKey.includes('\u0000') && loginKey.isWellFormed() && typeof cardId === 'string' && UUID.test(cardId)) return { loginKey, cardId };
  } catch {
    // Whatever it is, it is no cursor of ours.
  }
  throw invalidField('cursor', 'must be the nextCursor of the page before');
}
