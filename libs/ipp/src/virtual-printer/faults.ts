/** What a printer can do wrong, switched on and off while it runs: for tests, and to see in a demo how the product copes. */
export interface VirtualPrinterFaults {
  /** Create-Job and Print-Job are refused with server-error-busy. */
  busy: boolean;
  /** Create-Job is carried out, and the connection ends without an answer. */
  dropBeforeAnswer: boolean;
  /** The connection ends in the middle of a document; its job goes on waiting for it. */
  dropDuringDocument: boolean;
  /** A document is taken whole and printed, and the connection ends without an answer. */
  dropAfterDocument: boolean;
  /** Jobs stay in processing, as with an empty paper tray. */
  neverCompletes: boolean;
  /** Every request gets HTTP status 500. */
  http500: boolean;
  /** Every answer has an attribute whose length is negative. */
  hostileLength: boolean;
  /** Requests of IPP/2.0 are refused, as printers from before 2009 do. */
  version1Only: boolean;
  /** Asked for jobs, the printer knows none. */
  forgetJobs: boolean;
  /** A job with an option that the printer doesn't have is refused, although its client asked for no fidelity: some printers do so. */
  insistsOnFidelity: boolean;
  /** Options that the printer doesn't have are passed over without a word. */
  ignoresSilently: boolean;
}

export const noFaults: Readonly<VirtualPrinterFaults> = {
  busy: false,
  dropBeforeAnswer: false,
  dropDuringDocument: false,
  dropAfterDocument: false,
  neverCompletes: false,
  http500: false,
  hostileLength: false,
  version1Only: false,
  forgetJobs: false,
  insistsOnFidelity: false,
  ignoresSilently: false,
};

/** A successful answer whose only attribute says it has a name of 65535 octets. */
export const hostileAnswer = Buffer.from('02000000000000010147ffff6161616161616103', 'hex');
