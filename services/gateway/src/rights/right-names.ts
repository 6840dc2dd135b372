import type { Right } from '@inkpost/service/rights.js';

/** A right as administrators read it; its name as the manuals write it where they do (WSC-008). */
interface NamedRight {
  readonly name: string;
  readonly frenchName: string;
  readonly description: string;
}

/** "Console: Configuration" of the manuals is the first two together. */
export const RIGHT_NAMES: Readonly<Record<Right, NamedRight>> = {
  'configuration.read': { name: 'Console: Configuration (read)', frenchName: 'Console : Configuration (lecture)', description: 'See all settings: mailboxes, conditions, directories, queues, outgoing mail.' },
  'configuration.write': { name: 'Console: Configuration', frenchName: 'Console : Configuration', description: 'Change them, and the people of local directories.' },
  'guests.read': { name: 'Guests: Read', frenchName: 'Invités : Lecture', description: 'Find and see guests.' },
  'guests.add': { name: 'Guests: Add', frenchName: 'Invités : Ajout', description: 'Add guests, and let waiting senders in.' },
  'guests.edit': { name: 'Guests: Edit', frenchName: 'Invités : Edition', description: 'Change guests, their passwords and PINs too.' },
  'guests.delete': { name: 'Guests: Delete', frenchName: 'Invités : Suppression', description: 'Erase guests and what is kept of them.' },
  'jobs.read': { name: 'Jobs: Read', frenchName: 'Travaux : Lecture', description: 'See jobs and their owners.' },
  'jobs.manage': { name: 'Jobs: Manage', frenchName: 'Travaux : Gestion', description: 'Release and cancel jobs of others.' },
  'journey.read': { name: 'Journey: Read', frenchName: 'Parcours : Lecture', description: 'See why a mail was or was not printed, with its sender.' },
  'diagnostics': { name: 'Console: Support', frenchName: 'Console : Support', description: 'Log levels, conversations with mail servers, messages that were given up.' },
  'statistics.read': { name: 'Statistics: Read', frenchName: 'Statistiques : Lecture', description: 'See what was printed, by whom and where, as figures.' },
  'audit.read': { name: 'Audit log: Read', frenchName: 'Journal d\'audit : Lecture', description: 'See who changed or tried what.' },
  'rights.manage': { name: 'Access rights', frenchName: 'Droits d\'accès', description: 'Security profiles, roles, API tokens and single sign-on; nobody gives a right that they lack.' },
  'print-on-behalf': { name: 'Print on behalf', frenchName: 'Impression pour le compte d\'autrui', description: 'Submit documents in the place of others (the manuals\' Skyprint role).' },
};
