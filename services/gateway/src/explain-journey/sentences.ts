import { cause, clause, counted, fact, given, moment } from './evidence.js';
import { moneyWords, ruleWords } from './charging-words.js';
import { finishingWords, notAppliedWords } from './finishing-words.js';
import { whyLeftOut, whyStopped } from './part-words.js';
import { sourceWords } from './source-words.js';
import type { Evidence } from './step.js';

type Sentences = Readonly<Record<string, (evidence: Evidence) => string>>;

const file = (evidence: Evidence): string => fact(evidence, 'fileName') || 'The document';
const recipient = (evidence: Evidence): string => fact(evidence, 'to') || 'The owner';
const owner = (evidence: Evidence): string => fact(evidence, 'address') || 'the sender';
const because = (evidence: Evidence): string => clause(evidence, 'statusText') || clause(evidence, 'problem') || clause(evidence, 'reason') || 'no reason is given';

const AUTHENTICITY = new Map([
  ['pass', 'The mail comes from whom it names as its sender'],
  ['fail', 'The mail does not come from whom it names as its sender'],
  ['temperror', 'Whether the mail comes from its sender could not be found out, since DNS did not answer'],
]);

const measuredBy = (e: Evidence): string => (fact(e, 'measuredBy') === 'inkpost' ? '; Inkpost looked itself' : given(e, 'measuredBy', '; the mail server ', ' looked'));

const authenticationResults = (e: Evidence): string => {
  const results = ['spf', 'dmarc', 'arc'].flatMap((method) => (fact(e, method) === '' ? [] : [`${method.toUpperCase()} says ${fact(e, method)}`]));
  return results.length === 0 ? '' : `: ${results.join(', ')}`;
};

const mailSteps: Sentences = {
  received: (e) => {
    const parts = Number(fact(e, 'refusedParts')) > 0 ? ` and ${counted(e, 'refusedParts', 'part')} that can't be printed` : '';
    const automatic = given(e, 'automaticSign', '; it is an automatic mail (', '), which is never answered');
    return `A mail${given(e, 'sender', ' from ')} came in${given(e, 'mailbox', ' for ')}${sourceWords(e)}, with ${counted(e, 'documents', 'document') || 'its documents'}${parts}${automatic}.`;
  },
  submitted: (e) => `${file(e)} was handed in${given(e, 'submitter', ' by ')} for ${fact(e, 'login') || fact(e, 'address') || 'somebody'}${given(e, 'sizeBytes', ' (', ' bytes)')}.`,
  'received-again': (e) => `The same mail came in again${sourceWords(e)}; it is not processed twice.`,
  'sender-authenticated': (e) => `${AUTHENTICITY.get(fact(e, 'verdict')) ?? 'Nothing shows whether the mail comes from its sender'}${given(e, 'basis', ' (by ', ')')}${measuredBy(e)}${authenticationResults(e)}.`,
  'document-extracted': (e) => `${file(e)} was taken out of the mail${given(e, 'sizeBytes', ' (', ' bytes)')}.`,
  'part-refused': (e) => `${file(e)} can't be printed: ${because(e)}.`,
  'part-ignored': (e) => `${fact(e, 'fileName') || 'A part'}${given(e, 'mediaType', ' (', ')')} was left out: ${whyLeftOut(e)}.`,
  'parts-not-listed': (e) => `More parts of the mail were left out${given(e, 'parts', ': ')}.`,
  'reading-stopped': (e) => `The mail was not read to its end: ${whyStopped(e)}.`,
};

const acceptanceSteps: Sentences = {
  'sender-accepted': (e) => `${fact(e, 'address') || 'The sender'} may print${given(e, 'rule', ', by the rule "', '"')}.`,
  'sender-refused': (e) => `${clause(e, 'statusText') || 'The sender may not print'}${given(e, 'rule', ' (', ')')}.`,
  'sender-unauthenticated': (e) => `${clause(e, 'statusText') || 'The sender is not authenticated'}${given(e, 'rule', ' (', ')')}.`,
  'document-accepted': (e) => `${file(e)} can be printed${fact(e, 'pages') === '' ? '' : `, ${counted(e, 'pages', 'page')}`}.`,
  'document-refused': (e) => `${file(e)} can't be printed: ${because(e)}.`,
  'message-refused': (e) => `${clause(e, 'statusText') || 'The mail is refused'}${given(e, 'parts', ' (', ')')}.`,
};

/** Who is waited for, with an unknown sender (SKY-071). */
function whoDecides(e: Evidence): string {
  const asked = fact(e, 'alreadyAsked') === 'true' ? 'was asked before' : 'is asked by mail';
  if (fact(e, 'policy') === 'confirm') return `the sender ${asked} to confirm`;
  if (fact(e, 'sponsors') !== '') return `a sponsor (${fact(e, 'sponsors')}) ${asked} to vouch for the sender`;
  return 'it waits until an administrator lets the sender in';
}

function approval(e: Evidence): string {
  switch (fact(e, 'by')) {
    case 'sender':
      return `${owner(e)} confirmed that the mail is theirs`;
    case 'sponsor':
      return `${fact(e, 'name') || 'A sponsor'} vouched for ${owner(e)}`;
    default:
      return `${fact(e, 'name') || 'An administrator'} let ${owner(e)} in`;
  }
}

const ownerSteps: Sentences = {
  'owner-found': (e) => `It is printed for ${owner(e)}${given(e, 'directory', ', known in the directory ')}${given(e, 'server', ' of ')}${given(e, 'askedBefore', ' (not in ', ')')}${given(e, 'answerAgeSeconds', ', as it said ', ' s before')}.${given(e, 'groupsProblem', ' As a member of no group, since its groups are not known: ')}`,
  'owner-revived': (e) => `It is printed for ${owner(e)}, whose account${given(e, 'server', ' on ')} had ended and is valid again.`,
  'owner-created': (e) => `It is printed for ${owner(e)}, who became a guest${given(e, 'server', ' on ')}${given(e, 'validDays', ' for ', ' days after the last use')}.`,
  'sender-awaited': (e) => `No valid account has the address ${owner(e)}${given(e, 'notIn', ' (looked for in ', ')')}: ${whoDecides(e)}${moment(e, 'waitsUntil') === '' ? '' : `, until ${moment(e, 'waitsUntil')}`}.`,
  'sender-approved': (e) => `${approval(e)}; the mail goes on.`,
  'guest-merged': (e) => `The guest ${owner(e)} is somebody of the directory${given(e, 'directory', ' ')} now: waiting documents, PIN and card went to that account.`,
  'owner-changed': (e) => `${fact(e, 'actor') || 'An administrator'} gave ${file(e)} to ${owner(e)}${given(e, 'directory', ' of the directory ')}, whose code opens it from now on.`,
  'owner-merged': (e) => `It belongs to ${owner(e)}${given(e, 'directory', ' of the directory ')} now, who was a guest before.`,
  'people-erased': (e) => `Who sent it and what it was called is erased${given(e, 'erasureId', ' (erasure ', ')')}.`,
  'owner-refused': (e) => `${clause(e, 'statusText') || 'There is nobody to print for'}${given(e, 'notIn', ' (looked for in ', ')')}${given(e, 'logins', ' (', ')')}${given(e, 'name', ' (decided by ', ')')}${given(e, 'validFrom', ' (valid from ', ')')}${given(e, 'validUntil', ' (valid until ', ')')}.${given(e, 'cause', ' ')}`,
};

const onQueue = (e: Evidence): string => given(e, 'queueName', ' on ') || given(e, 'queueId', ' on ');

const printedLater = (e: Evidence): string => (finishingWords(e) === '' ? '' : `; it is to be printed ${finishingWords(e)}`);
/** Of more than a page: how much paper it was. */
const paperUsed = (e: Evidence): string => (Number(fact(e, 'impressions')) > 1 ? `, ${counted(e, 'impressions', 'page')} on ${counted(e, 'sheets', 'sheet')}` : '');
const though = (e: Evidence): string => (notAppliedWords(e) === '' ? '' : `, though ${notAppliedWords(e)}`);

function releasedAfter(e: Evidence): string {
  switch (fact(e, 'after')) {
    case 'uncertain':
      return 'since nobody could say whether it was printed';
    case 'reprint':
      return 'to be printed once more';
    default:
      return 'without its code';
  }
}

function releasedBy(e: Evidence): string {
  switch (fact(e, 'by')) {
    case 'queue-without-validation':
      return 'the queue asks for no code';
    case 'administrator':
      return `by ${fact(e, 'actor') || 'an administrator'}, ${releasedAfter(e)}`;
    case 'login-pin':
      return `its owner signed in with login and PIN${given(e, 'releasePoint', ' at ')}`;
    case 'card-pin':
      return `its owner showed a card and gave its PIN${given(e, 'releasePoint', ' at ')}`;
    default:
      return `its code was given${given(e, 'releasePoint', ' at ')}`;
  }
}

function redirectedBy(e: Evidence): string {
  switch (fact(e, 'why')) {
    case 'always':
      return 'the group of the first one sends all its jobs there';
    case 'fault':
      return `the printer of the first one failed${given(e, 'problem', ' (', ')')}`;
    default:
      return `${fact(e, 'actor') || 'an administrator'} sent it there`;
  }
}

function canceledBy(e: Evidence): string {
  switch (fact(e, 'by')) {
    case 'administrator':
    case 'submitter':
      return `${fact(e, 'actor') || 'an administrator'} canceled it`;
    case 'owner':
      return `its owner deleted it${given(e, 'releasePoint', ' at ')}`;
    case 'erasure':
      return 'its owner was erased';
    case 'server':
      return `the other server says so${given(e, 'problem', ': ')}`;
    default:
      return because(e);
  }
}

const printSteps: Sentences = {
  held: (e) => `${file(e)} is held${onQueue(e)} until its code is given${moment(e, 'jobHoldUntil') === '' ? '' : `, at the latest until ${moment(e, 'jobHoldUntil')}`}${printedLater(e)}.`,
  released: (e) => `${file(e)} was released${onQueue(e)}: ${releasedBy(e)}${printedLater(e)}.`,
  'finishing-changed': (e) => `${file(e)} is to be printed ${finishingWords(e)}${onQueue(e)}: ${fact(e, 'by') === 'owner' ? 'its owner' : fact(e, 'actor') || 'an administrator'} changed that.`,
  redirected: (e) => `${fact(e, 'fileName') || 'It'} goes to another queue${given(e, 'fromQueueName', ', from ')}${given(e, 'queueName', ' to ')}: ${redirectedBy(e)}.`,
  'sent-to-printer': (e) => `${file(e)} went to the printer${onQueue(e)}${given(e, 'bytes', ', ', ' bytes')}${given(e, 'printerJobId', ', as its job ')}${given(e, 'convertedTo', ', made ', ' for it since it takes no PDF')}${though(e)}.`,
  'printer-says': (e) => `The printer${onQueue(e)} has stopped${given(e, 'printerJobStateReasons', ': ')}.`,
  'sending-to-server': (e) => `${file(e)} goes to the other server${given(e, 'server', ' ')}, which holds and prints it${printedLater(e)}.`,
  'sent-to-server': (e) => `${file(e)} was handed to the other server${given(e, 'server', ' ')}${given(e, 'bytes', ', ', ' bytes')}${given(e, 'serverJobId', ', as its job ')}; it goes on there.`,
  'waiting-for-server': (e) => `${file(e)} waits for the other server${given(e, 'server', ' ')}: ${because(e)}.`,
  'waiting-for-printer': (e) => `${file(e)} waits for its printer${onQueue(e)}: ${because(e)}.`,
  uncertain: (e) => `Nobody can say whether ${file(e)} was printed${onQueue(e)}: ${because(e)}. A person has to look, and then to confirm it, release it again or cancel it.`,
  printed: (e) => `${file(e)} was printed${onQueue(e)}${given(e, 'confirmation', ' (', ')')}${paperUsed(e)}${moneyWords(fact(e, 'price'), e)}${though(e)}.`,
  reprinted: (e) => `${fact(e, 'actor') || 'An administrator'} had ${file(e)} printed once more${onQueue(e)}.`,
  'filter-applied': (e) => `The rule${given(e, 'filter', ' "', '"')} ${ruleWords(e)}.`,
  'not-released': (e) => `${file(e)} was asked for and stays held${onQueue(e)}: ${because(e)}.`,
  'limit-exceeded': (e) => `${file(e)} is printed all the same, though: ${because(e)}.`,
  refunded: (e) => `${fact(e, 'actor') || 'An administrator'} gave back what ${file(e)} cost${moneyWords(fact(e, 'amount'), e)}${given(e, 'reason', ': ')}.`,
  canceled: (e) => `${file(e)} is not printed: ${canceledBy(e)}.`,
  aborted: (e) => `${file(e)} is not printed: ${because(e)}.`,
  expiring: (e) => `${file(e)} expires soon: its code was not given yet.`,
  expired: (e) => `${file(e)} is not printed: its code was not given in time${moment(e, 'jobHoldUntil') === '' ? '' : ` (until ${moment(e, 'jobHoldUntil')})`}, and the document is erased.`,
};

const answered = (e: Evidence): string => given(e, 'answer', '; the mail server said: ');

/** Why notification tells somebody nothing, by the code in its evidence. */
const UNTOLD = new Map([
  ['sender-may-not-be-told', 'the mail came from a program, or its sender may be forged'],
  ['sender-unknown', 'nobody showed that the mail came from this address, and nobody is known by it'],
  ['no-address', 'no address is known'],
  ['too-many-notices', 'this address was told often enough within an hour'],
  ['too-late-to-ask', 'it was too late to ask: the mail server was away, or none was set'],
  ['account-erased', 'the account was erased meanwhile'],
  ['address-unusable', 'no mail can be sent to this address'],
  ['event-off', 'mails about this are switched off, in general or for this group of queues'],
  ['no-target', 'mails about this go to contacts of the queue\'s group, and it has none'],
  ['own-address', 'it is the address that Inkpost itself sends from'],
]);

const untold = (e: Evidence): string => UNTOLD.get(fact(e, 'reason')) ?? because(e);

const noticeSteps: Sentences = {
  'code-mailed': (e) => `The code${fact(e, 'documents') === '' ? '' : ` for ${counted(e, 'documents', 'document')}`} was mailed${given(e, 'to', ' to ')}${answered(e)}.`,
  'code-requested': (e) => `A new code was asked for${fact(e, 'documents') === '' ? '' : `; it opens ${counted(e, 'documents', 'document')}`}.`,
  'waiting-mailed': (e) => `${recipient(e)} was told by mail that ${counted(e, 'documents', 'document') || 'it'} can be fetched with the PIN${answered(e)}.`,
  'refusal-mailed': (e) => `${recipient(e)} was told by mail why nothing is printed${answered(e)}.`,
  'confirmation-mailed': (e) => `${recipient(e)} was asked by mail to confirm${answered(e)}.`,
  'sponsor-request-mailed': (e) => `${recipient(e)} was asked by mail to vouch for the sender${answered(e)}.`,
  'aborted-mailed': (e) => `${recipient(e)} was told by mail that it is not printed${answered(e)}.`,
  'completed-mailed': (e) => `${recipient(e)} was told by mail that it was printed${answered(e)}.`,
  'expiring-mailed': (e) => `${recipient(e)} was reminded by mail to fetch ${counted(e, 'documents', 'document') || 'it'}${answered(e)}.`,
  'expired-mailed': (e) => `${recipient(e)} was told by mail that ${counted(e, 'documents', 'document') || 'it'} expired${answered(e)}.`,
  'mail-not-delivered': (e) => `The ${fact(e, 'kind') || 'notice'} mail${given(e, 'to', ' to ')} was not delivered: ${clause(e, 'answer') || 'no reason is given'}.`,
  'not-told': (e) => `${fact(e, 'to') || 'Nobody'} was${fact(e, 'to') === '' ? '' : ' not'} told by mail: ${untold(e)}.`,
  counted: (e) => `It is in the statistics${given(e, 'pages', ', pages: ')}.`,
};

/** What administrators do with the list of jobs. */
const listSteps: Sentences = {
  'deleted-from-list': (e) => `${fact(e, 'actor') || 'An administrator'} deleted the error from the list of jobs.`,
};

/** What the flow itself writes when a step does not succeed at once. */
const flowSteps: Sentences = {
  waiting: (e) => `It waits, and goes on by itself: ${cause(e)}.`,
  'attempt-failed': (e) => `Attempt${given(e, 'attempt', ' ')} failed and is made again: ${cause(e)}.`,
  'gave-up': (e) => `Given up${fact(e, 'attempt') === '' ? '' : ` after ${counted(e, 'attempt', 'attempt')}`}: ${cause(e)}. An administrator can send it again.`,
  'sent-again': (e) => `${fact(e, 'by') || 'An administrator'} sent it again.`,
};

/** A mail that Inkpost sends to one of its own mailboxes, to see whether it comes in. */
const canarySteps: Sentences = {
  'canary-requested': (e) => `A canary mail${given(e, 'mailbox', ' to ')} was asked for ${fact(e, 'by') === '' ? 'by the schedule' : `by ${fact(e, 'by')}`}.`,
  'canary-mailed': (e) => `It was sent${given(e, 'to', ' to ')}${answered(e)}.`,
  'canary-not-mailed': (e) => `It was not sent: ${clause(e, 'answer') || 'no reason is given'}.`,
  'canary-received': (e) => `It came in${given(e, 'mailbox', ' for ')}${sourceWords(e)}.`,
};

/** By the keyword that a service gave its step. */
export const SENTENCES: Sentences = { ...mailSteps, ...canarySteps, ...acceptanceSteps, ...ownerSteps, ...printSteps, ...noticeSteps, ...listSteps, ...flowSteps };
