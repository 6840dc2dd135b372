import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { Finishing as AskedFinishing } from '@inkpost/ipp/client/finishing.js';
import type { Finishing, FinishingOption } from '../finishing/finishing.js';
import type { PrinterCapabilities } from '../queues/printer-capabilities.js';

/** What the printer is asked for, and what of the job's options it can't do. */
export interface AppliedFinishing {
  readonly asked: Pick<AskedFinishing, 'printColorMode' | 'sides'>;
  readonly notApplied: readonly FinishingOption[];
}

/** Our options by the names that IPP has for them. */
const OPTIONS_BY_ATTRIBUTE: ReadonlyMap<string, FinishingOption> = new Map([['print-color-mode', 'colorMode'], ['sides', 'sides']]);

/** A printer's refusals for the options alone: without them it takes the job. */
const OPTION_REFUSALS: ReadonlySet<unknown> = new Set(['client-error-attributes-or-values-not-supported', 'client-error-conflicting-attributes']);

/**
 * A printer is asked only for what it says it can do: some refuse a job for an option that they don't have, others take it and print
 * as they can. One that was never heard (`capabilities` undefined) is asked for all, and answers for itself.
 */
export function applyFinishing({ colorMode, sides }: Finishing, capabilities: PrinterCapabilities | undefined): AppliedFinishing {
  if (!capabilities) return { asked: { printColorMode: colorMode, sides }, notApplied: [] };
  const hasColorMode = capabilities.colorModes.includes(colorMode);
  const hasSides = capabilities.sides.includes(sides);
  return {
    asked: { ...(hasColorMode ? { printColorMode: colorMode } : {}), ...(hasSides ? { sides } : {}) },
    notApplied: [...(hasColorMode || isInColorModeAnyway(colorMode, capabilities) ? [] : ['colorMode' as const]), ...(hasSides || isOneSidedAnyway(sides, capabilities) ? [] : ['sides' as const])],
  };
}

/** A printer without the option prints as it is built. */
function isInColorModeAnyway(wanted: Finishing['colorMode'], { colorModes, color }: PrinterCapabilities): boolean {
  return wanted === 'monochrome' ? color === false : colorModes.length === 0 && color !== false;
}

function isOneSidedAnyway(wanted: Finishing['sides'], { sides }: PrinterCapabilities): boolean {
  return wanted === 'one-sided' && sides.length === 0;
}

/** The printer took the job and names attributes that it passes over (RFC 8011, section 4.1.7). */
export function passedOver({ asked, notApplied }: AppliedFinishing, attributes: readonly string[]): readonly FinishingOption[] {
  const named = askedOptions(asked).filter((option) => optionsOf(attributes).includes(option));
  return [...notApplied, ...named];
}

/**
 * What is left to ask for after the printer refused the job because of its options, although it was not asked for fidelity: without
 * those that it names, or without any. Undefined: the options were not the reason.
 */
export function withoutRefused({ asked, notApplied }: AppliedFinishing, error: unknown): AppliedFinishing | undefined {
  const options = askedOptions(asked);
  const isForOptions = error instanceof PermanentFailure && error.fields['operation'] === 'Create-Job' && OPTION_REFUSALS.has(error.fields['status']);
  if (!isForOptions || options.length === 0) return undefined;
  const named = optionsOf(String(error.fields['unsupportedAttributes'] ?? '').split(' '));
  const refused = options.filter((option) => named.includes(option));
  const dropped = refused.length > 0 ? refused : options;
  const { printColorMode, sides } = asked;
  return {
    asked: { ...(printColorMode && !dropped.includes('colorMode') ? { printColorMode } : {}), ...(sides && !dropped.includes('sides') ? { sides } : {}) },
    notApplied: [...notApplied, ...dropped],
  };
}

function askedOptions({ printColorMode, sides }: AppliedFinishing['asked']): FinishingOption[] {
  return [...(printColorMode ? ['colorMode' as const] : []), ...(sides ? ['sides' as const] : [])];
}

function optionsOf(attributes: readonly string[]): FinishingOption[] {
  return attributes.flatMap((name) => OPTIONS_BY_ATTRIBUTE.get(name) ?? []);
}
