import { z } from 'zod';
import { instant } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { route } from '../answer-route/route.js';
import { answerWhy } from '../explain-journey/answer-why.js';
import { describeStep } from '../explain-journey/describe-step.js';
import { LIMITS, TEXT } from '../limits.js';
import type { Journey, JourneySearch, JourneyStore } from './journey.store.js';

const step = z.object({
  at: instant,
  service: z.string(),
  step: z.string().describe('A keyword, stable.'),
  detail: z.string().describe('The same in a sentence, with the evidence.'),
  documentId: z.string().nullable().describe('The document (and job) that it is about; null: the whole message.'),
  evidence: z.record(z.string(), z.unknown()),
}).meta({ id: 'JourneyStep' });

const message = z.object({
  messageId: z.string(),
  receivedAt: instant,
  sender: z.string(),
  subject: z.string(),
  internetMessageId: z.string().describe('Message-ID of the mail (RFC 5322).'),
  mailbox: z.string(),
  traceId: z.string(),
  answer: z.string().describe('Why the mail was printed, or was not, or not yet: one sentence.'),
  steps: z.array(step),
}).meta({ id: 'JourneyMessage' });

const answer = z.object({
  messages: z.array(message),
  nextBefore: instant.nullable().describe('`before` of the next page; null: there are no more.'),
});

function toMessage({ receivedAt, steps, ...head }: Journey): z.input<typeof message> {
  return {
    ...head, receivedAt: receivedAt.toISOString(), answer: answerWhy(steps),
    steps: steps.map((entry) => ({
      at: entry.at.toISOString(), service: entry.service, step: entry.step, detail: describeStep(entry), documentId: entry.documentId ?? null, evidence: { ...entry.evidence },
    })),
  };
}

const EVERYTHING: Omit<JourneySearch, 'limit'> = { sender: '', subject: '', internetMessageId: '', documentId: undefined, messageId: undefined, before: undefined };

/** "Why was my mail (not) printed?": one answer in one call. */
export function journeyRoutes(journeys: JourneyStore) {
  return [
    route({
      method: 'GET', path: '/api/v0/journey', operation: 'searchJourney', right: 'journey.read', summary: 'Why was my mail (not) printed?',
      description: 'The latest messages that match all that is given, each with its steps and one sentence that answers.',
      query: z.strictObject({
        sender: z.string().max(TEXT.address).default('').describe('The whole address.'),
        subject: z.string().max(TEXT.search).default('').describe('A part of the subject.'),
        messageId: z.string().max(1_000).default('').describe('Message-ID of the mail, with its angle brackets (RFC 5322).'),
        job: z.uuid().optional().describe('A job, which is a document of the mail.'),
        before: instant.optional().describe('Received before this time.'),
        limit: z.coerce.number().int().min(1).max(LIMITS.pageMax).default(LIMITS.journeyPageDefault),
      }),
      status: 200, answer,
      handle: async ({ query: { sender, subject, messageId, job, before, limit } }) => {
        const found = await journeys.search({ ...EVERYTHING, sender, subject, internetMessageId: messageId, documentId: job, before: before === undefined ? undefined : new Date(before), limit });
        return { messages: found.map(toMessage), nextBefore: found.length === limit ? (found.at(-1)?.receivedAt.toISOString() ?? null) : null };
      },
    }),
    route({
      method: 'GET', path: '/api/v0/journey/{messageId}', operation: 'getJourney', right: 'journey.read', summary: 'The journey of one message',
      params: z.strictObject({ messageId: z.uuid() }), status: 200, answer: message, refusals: [404],
      handle: async ({ params: { messageId } }) => {
        const [journey] = await journeys.search({ ...EVERYTHING, messageId, limit: 1 });
        if (!journey) throw new Problem('not-found', `There is no journey of a message ${messageId}; journeys are kept for ${LIMITS.journeyDays} days.`);
        return toMessage(journey);
      },
    }),
  ];
}
