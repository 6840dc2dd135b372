import { describe, expect, it } from 'vitest';
import { PermanentFailure, TransientFailure } from '@inkpost/failure/failure.js';
import type { PrinterCapabilities } from '../queues/printer-capabilities.js';
import { type AppliedFinishing, applyFinishing, type JobToApply, passedOver, withoutRefused } from './apply-finishing.js';

const usual = { copies: 1, media: '', pageRanges: '', pages: 3 } as const;
const wanted: JobToApply = { ...usual, colorMode: 'monochrome', sides: 'two-sided-long-edge' };
const plain: JobToApply = { ...usual, colorMode: 'color', sides: 'one-sided' };
const all = { printColorMode: 'monochrome', sides: 'two-sided-long-edge' } as const;
const everything: PrinterCapabilities = { sides: ['one-sided', 'two-sided-long-edge', 'two-sided-short-edge'], colorModes: ['color', 'monochrome'], color: true };
const able: PrinterCapabilities = { ...everything, copiesMax: 9, media: ['iso_a4_210x297mm', 'iso_a5_148x210mm'], pageRanges: true };
const A5 = 'iso_a5_148x210mm';
const plainAsked = { printColorMode: 'color', sides: 'one-sided' } as const;
const simple: PrinterCapabilities = { sides: ['one-sided'], colorModes: ['monochrome'], color: false };
const silent: PrinterCapabilities = { sides: [], colorModes: [] };

describe('the options of a job', () => {
  it.each<[string, JobToApply, PrinterCapabilities | undefined, AppliedFinishing]>([
    ['all by a printer that has them', wanted, everything, { asked: all, notApplied: [] }],
    ['all by a printer that was never heard', wanted, undefined, { asked: all, notApplied: [] }],
    ['one side for a printer that has no duplex unit', wanted, simple, { asked: { printColorMode: 'monochrome' }, notApplied: ['sides'] }],
    ['no colour from a printer without it', plain, simple, { asked: { sides: 'one-sided' }, notApplied: ['colorMode'] }],
    ['nothing special from a printer that says nothing', plain, silent, { asked: {}, notApplied: [] }],
    ['nothing of it from a printer that says nothing', wanted, silent, { asked: {}, notApplied: ['colorMode', 'sides'] }],
    ['colour from a printer that has no choice of it', plain, { ...silent, color: true }, { asked: {}, notApplied: [] }],
    ['no colour from a printer that has no choice and no colour', plain, { ...silent, color: false }, { asked: {}, notApplied: ['colorMode'] }],
    ['monochrome from a printer that has no colour anyway', wanted, { ...silent, color: false }, { asked: {}, notApplied: ['sides'] }],
    ['no single sides from a printer that has only two', plain, { ...everything, sides: ['two-sided-long-edge'] }, { asked: { printColorMode: 'color' }, notApplied: ['sides'] }],
    ['copies, paper and pages by a printer that has them', { ...plain, copies: 2, media: A5, pageRanges: '2-9' }, able, { asked: { ...plainAsked, copies: 2, media: A5, pageRanges: [{ first: 2, last: 3 }] }, notApplied: [] }],
    ['copies, paper and pages by nobody else', { ...plain, copies: 2, media: A5, pageRanges: '2-9' }, everything, { asked: plainAsked, notApplied: ['copies', 'media', 'pageRanges'] }],
    ['no more copies than it makes', { ...plain, copies: 10 }, able, { asked: plainAsked, notApplied: ['copies'] }],
    ['all pages without a word when all are wanted', { ...plain, pageRanges: '1-9' }, everything, { asked: plainAsked, notApplied: [] }],
    ['all pages of a document that has none of the wanted ones', { ...plain, pageRanges: '4-9' }, able, { asked: plainAsked, notApplied: ['pageRanges'] }],
  ])('are applied: %s', (_, finishing, capabilities, applied) => {
    expect(applyFinishing(finishing, capabilities)).toEqual(applied);
  });

  it('that the printer passes over are told; others of its attributes are not ours', () => {
    expect(passedOver({ asked: all, notApplied: [] }, ['sides', 'x-acme-fold'])).toEqual(['sides']);
    expect(passedOver({ asked: { printColorMode: 'color' }, notApplied: ['sides'] }, ['print-color-mode', 'sides'])).toEqual(['sides', 'colorMode']);
    expect(passedOver({ asked: all, notApplied: [] }, [])).toEqual([]);
  });
});

describe('a refusal', () => {
  const asked = { asked: all, notApplied: [] };
  const refusal = (fields: Record<string, string>) =>
    new PermanentFailure('ipp.request-refused', 'no', { fields: { operation: 'Create-Job', status: 'client-error-attributes-or-values-not-supported', ...fields } });

  it('for one option leaves the other', () => {
    expect(withoutRefused(asked, refusal({ unsupportedAttributes: 'sides' }))).toEqual({ asked: { printColorMode: 'monochrome' }, notApplied: ['sides'] });
  });

  it('that names none of ours, or nothing, leaves neither', () => {
    for (const fields of [{}, { unsupportedAttributes: 'media' }, { status: 'client-error-conflicting-attributes' }]) {
      expect(withoutRefused(asked, refusal(fields))).toEqual({ asked: {}, notApplied: ['colorMode', 'sides'] });
    }
  });

  it('of a job that asked for nothing, of another operation or for another reason is none of the options', () => {
    expect(withoutRefused({ asked: {}, notApplied: ['sides'] }, refusal({ unsupportedAttributes: 'sides' }))).toBeUndefined();
    expect(withoutRefused(asked, refusal({ operation: 'Send-Document' }))).toBeUndefined();
    expect(withoutRefused(asked, refusal({ status: 'client-error-not-authorized' }))).toBeUndefined();
    expect(withoutRefused(asked, new TransientFailure('ipp.printer-busy', 'busy', { fields: { operation: 'Create-Job' } }))).toBeUndefined();
  });
});
