export const SENTENCES: Record<string, (evidence: import('./step.js').Evidence) => string> = {};
