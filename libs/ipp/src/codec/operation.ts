import { namesByCode } from './names-by-code.js';

/** operation-id values (RFC 8011 section 5.4.15, PWG 5100.7 and 5100.11) of what the client asks and the virtual printer answers. */
export const operationId = {
  'Print-Job': 0x0002,
  'Validate-Job': 0x0004,
  'Create-Job': 0x0005,
  'Send-Document': 0x0006,
  'Cancel-Job': 0x0008,
  'Get-Job-Attributes': 0x0009,
  'Get-Jobs': 0x000a,
  'Get-Printer-Attributes': 0x000b,
  'Cancel-My-Jobs': 0x0039,
  'Close-Job': 0x003b,
} as const;

export type OperationName = keyof typeof operationId;

const operationNames = namesByCode(operationId);

export function operationName(code: number): OperationName | undefined {
  return operationNames.get(code);
}
