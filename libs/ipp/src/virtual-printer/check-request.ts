import { findAttribute, findGroup, textOf, textsOf } from '../codec/attribute.js';
import { groupTag, type IppAttribute, type IppGroup, type IppMessage } from '../codec/message.js';
import { operationName, type OperationName } from '../codec/operation.js';
import type { StatusKeyword } from '../codec/status.js';
import { copiesMax, supportedFormats, type SupportedKeywords } from './describe-printer.js';

/** The operation a request asks for and its operation attributes, or the status that refuses it. */
type CheckedRequest =
  | { readonly operation: OperationName; readonly attributes: IppGroup }
  | { readonly refusal: StatusKeyword };

/** What every request must have, in the order in which RFC 8011 section 4.1 has it checked. */
export function checkRequest(request: IppMessage, printerPath: string, versionMax: number): CheckedRequest {
  if (request.version.major < 1 || request.version.major > versionMax) return { refusal: 'server-error-version-not-supported' };
  if (request.requestId <= 0) return { refusal: 'client-error-bad-request' };
  const operation = operationName(request.code);
  if (!operation) return { refusal: 'server-error-operation-not-supported' };
  const [attributes] = request.groups;
  if (attributes?.tag !== groupTag.operation) return { refusal: 'client-error-bad-request' };
  const [charset, language] = attributes.attributes;
  if (charset?.name !== 'attributes-charset' || language?.name !== 'attributes-natural-language') return { refusal: 'client-error-bad-request' };
  if (!['utf-8', 'us-ascii'].includes(textOf(attributes, 'attributes-charset')?.toLowerCase() ?? '')) return { refusal: 'client-error-charset-not-supported' };
  const target = textOf(attributes, 'printer-uri') ?? textOf(attributes, 'job-uri');
  if (target === undefined) return { refusal: 'client-error-bad-request' };
  if (!pathOf(target).startsWith(printerPath)) return { refusal: 'client-error-not-found' };
  if ((textOf(attributes, 'compression') ?? 'none') !== 'none') return { refusal: 'client-error-compression-not-supported' };
  const format = textOf(attributes, 'document-format') ?? supportedFormats[0];
  if (!supportedFormats.some((supported) => supported === format)) return { refusal: 'client-error-document-format-not-supported' };
  return { operation, attributes };
}

function pathOf(uri: string): string {
  return /^[a-z]+:\/\/[^/]*(\/[^?#]*)?/i.exec(uri)?.[1] ?? '';
}

/** The job template attributes of a request, sorted into what the printer honours and what not (RFC 8011 section 4.1.7). */
export function sortTemplate(request: IppMessage, supported: SupportedKeywords): { readonly accepted: IppAttribute[]; readonly unsupported: IppAttribute[] } {
  const group = findGroup(request, groupTag.job);
  const accepted: IppAttribute[] = [];
  const unsupported: IppAttribute[] = [];
  for (const attribute of group?.attributes ?? []) (isHonoured(attribute, supported) ? accepted : unsupported).push(attribute);
  return { accepted, unsupported };
}

function isHonoured(attribute: IppAttribute, supported: SupportedKeywords): boolean {
  const { name } = attribute;
  const [value] = attribute.values;
  const keywords = Object.hasOwn(supported, name) ? supported[name] : undefined;
  if (keywords) return textsOf({ tag: groupTag.job, attributes: [attribute] }, name).every((text) => keywords.includes(text));
  switch (name) {
    case 'copies':
      return value?.syntax === 'integer' && value.value >= 1 && value.value <= copiesMax;
    case 'page-ranges':
      return attribute.values.every((range) => range.syntax === 'rangeOfInteger' && range.lower >= 1 && range.lower <= range.upper);
    case 'orientation-requested':
    case 'print-quality':
      return value?.syntax === 'enum' && value.value >= 3 && value.value <= (name === 'print-quality' ? 5 : 6);
    case 'finishings':
      return value?.syntax === 'enum' && value.value === 3;
    default:
      return false;
  }
}

/** RFC 8011 section 4.2.5.1: `requested-attributes` by name or by group; left out, it is `fallback`. */
export function pickRequested(attributes: readonly IppAttribute[], request: IppGroup, fallback: readonly string[]): IppAttribute[] {
  const requested = findAttribute(request, 'requested-attributes') ? textsOf(request, 'requested-attributes') : fallback;
  if (requested.some((name) => attributeGroups.has(name))) return [...attributes];
  return attributes.filter((attribute) => requested.includes(attribute.name));
}

/** Asked for any of these groups, the printer gives all it has: more than asked for is allowed. */
const attributeGroups: ReadonlySet<string> = new Set(['all', 'job-template', 'job-description', 'printer-description']);
