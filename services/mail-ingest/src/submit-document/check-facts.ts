import type { SubmissionFacts } from '@inkpost/contracts/admin/v1/print_api_pb.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { IDEMPOTENCY_KEY_CHARACTERS_MAX, QUEUE_ID_CHARACTERS_MAX, TITLE_CHARACTERS_MAX, USER_CHARACTERS_MAX } from '../limits.js';
import { safeFileName, safeText } from '../receive-message/safe-text.js';

/** What is said of a document, as it is relied on. */
export interface CheckedFacts {
  /** Undefined: none. */
  readonly idempotencyKey: string | undefined;
  readonly queueId: string;
  /** One of both is empty. */
  readonly userLogin: string;
  /** In normal form. */
  readonly userAddress: string;
  readonly fileName: string;
  /** fr, en, or empty. */
  readonly language: string;
  readonly options: NonNullable<SubmissionFacts['options']> | undefined;
  readonly createGuest: boolean;
}

/** Throws the refusal that names the first field that is wrong. Options of finishing are print-submit's to judge: it is said in the job what was not applied. */
export function checkFacts(facts: SubmissionFacts): CheckedFacts {
  const { idempotencyKey, queueId, user, title, language, options, createGuest } = facts;
  if (idempotencyKey.length > IDEMPOTENCY_KEY_CHARACTERS_MAX) throw invalidField('Idempotency-Key', `must have at most ${IDEMPOTENCY_KEY_CHARACTERS_MAX} characters`);
  if (queueId === '' || queueId.length > QUEUE_ID_CHARACTERS_MAX) throw invalidField('target.queueId', 'must name a queue');
  if (title.length > TITLE_CHARACTERS_MAX) throw invalidField('title', `must have at most ${TITLE_CHARACTERS_MAX} characters`);
  if (!['', 'fr', 'en'].includes(language)) throw invalidField('language', 'must be fr or en');
  if (createGuest && user.case !== 'userAddress') throw invalidField('user.create', 'needs an address: nobody is made of a login');
  return { idempotencyKey: idempotencyKey || undefined, queueId, ...checkUser(user), fileName: fileNameOf(title), language, options, createGuest };
}

function checkUser(user: SubmissionFacts['user']): Pick<CheckedFacts, 'userLogin' | 'userAddress'> {
  if (user.case === 'userAddress') {
    const address = parseMailAddress(user.value.trim())?.text;
    if (address === undefined || address.length > USER_CHARACTERS_MAX) throw invalidField('user.address', 'must be an e-mail address such as ada@example.org');
    return { userLogin: '', userAddress: address };
  }
  const login = safeText(user.value ?? '', USER_CHARACTERS_MAX + 1);
  if (login === '' || login.length > USER_CHARACTERS_MAX) throw invalidField('user.login', 'must be a login, or DIRECTORY\\login');
  return { userLogin: login, userAddress: '' };
}

function fileNameOf(title: string): string {
  return safeFileName(title) || 'document.pdf';
}
