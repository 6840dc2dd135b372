import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { answers, findServer, ServerProcess } from './server-process.js';
import { temporaryFolder } from './temporary-folder.js';

const packages = ['cups-ipp-utils', 'dbus'];

export interface IppevePrinter {
  readonly port: number;
  readonly uri: string;
  readonly secureUri: string;
  /** Where its self-signed certificate is written at the first TLS connection (`localhost.crt`). */
  readonly keyFolder: string;
  /** Each printed document as `<job-id>.bin`, byte for byte. */
  readonly printedFolder: string;
  /** The job template attributes that came with a printed job, by their IPP names (`sides`, `print-color-mode`). */
  jobAttributes(jobId: number): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

export interface IppevePrinterOptions {
  readonly name?: string;
  /** How long the printer takes for a job; it refuses others as busy meanwhile. 0 by default. */
  readonly printingTimeMs?: number;
  /** Prints on both sides; true by default. */
  readonly duplex?: boolean;
  /** Prints in colour; true by default. */
  readonly color?: boolean;
  /** What it says to have printed of each job; without, it does not count. */
  readonly impressions?: number;
  /** MIME types that it takes; PDF and two of pictures by default. */
  readonly formats?: readonly string[];
}

/**
 * The IPP Everywhere reference printer of CUPS. It insists on a D-Bus that answers although it registers nothing here: a private one is
 * started beside it.
 */
export async function startIppeve(options: IppevePrinterOptions = {}): Promise<IppevePrinter> {
  const program = findServer('ippeveprinter', packages);
  const dbusDaemon = findServer('dbus-daemon', packages);
  const folder = await temporaryFolder('ippeve');
  const started: ServerProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const server of started.toReversed()) await server.stop();
    await folder.remove();
  };
  try {
    await chmod(folder.path, 0o755);
    const busSocket = join(folder.path, 'bus');
    await writeFile(join(folder.path, 'bus.conf'), busConfiguration(busSocket));
    const busParameters = [`--config-file=${join(folder.path, 'bus.conf')}`, '--nofork', '--nopidfile'];
    started.push(await ServerProcess.start(dbusDaemon, busParameters, process.env, () => answers({ path: busSocket })));
    const keyFolder = join(folder.path, 'keys');
    const printedFolder = join(folder.path, 'printed');
    const spoolFolder = join(folder.path, 'spool');
    const attributesFolder = join(folder.path, 'attributes');
    for (const path of [keyFolder, printedFolder, spoolFolder, attributesFolder]) await mkdir(path);
    const command = await writePrintCommand(folder.path, options);
    const port = await freePort();
    const parameters = ['-r', 'off', '-n', 'localhost', '-p', String(port), '-K', keyFolder, '-d', spoolFolder, '-k', ...(options.duplex === false ? [] : ['-2']), '-c', command];
    const formats = ['-f', (options.formats ?? ['application/pdf', 'image/pwg-raster', 'image/urf']).join(), '-M', 'Acme', '-m', 'Laser9', '-s', options.color === false ? '40' : '40,20'];
    const environment = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${busSocket}`, PRINTED_FOLDER: printedFolder, ATTRIBUTES_FOLDER: attributesFolder };
    const ready = (): Promise<boolean> => answers({ port });
    started.push(await ServerProcess.start(program, [...parameters, ...formats, options.name ?? 'Laser9'], environment, ready));
    return {
      port,
      uri: `ipp://localhost:${port}/ipp/print`,
      secureUri: `ipps://localhost:${port}/ipp/print`,
      keyFolder,
      printedFolder,
      jobAttributes: async (jobId) => JSON.parse(await readFile(join(attributesFolder, `${jobId}.json`), 'utf8')) as Record<string, string>,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * ippeveprinter calls it with the spooled file, and with each attribute of the job and of the printer in a variable (`IPP_SIDES`,
 * `IPP_SIDES_DEFAULT`); it is a Node script, so that no shell decides about names.
 */
async function writePrintCommand(folder: string, { printingTimeMs = 0, impressions }: IppevePrinterOptions): Promise<string> {
  const path = join(folder, 'print.mjs');
  const script = [
    `#!${process.execPath}`,
    "import { copyFileSync, writeFileSync } from 'node:fs';",
    "import { setTimeout as sleep } from 'node:timers/promises';",
    'const { PRINTED_FOLDER, ATTRIBUTES_FOLDER, IPP_JOB_ID } = process.env;',
    "const names = ['copies', 'sides', 'print-color-mode', 'media'];",
    "const attributes = names.map((name) => [name, process.env[`IPP_${name.toUpperCase().replaceAll('-', '_')}`]]);",
    'writeFileSync(`${ATTRIBUTES_FOLDER}/${IPP_JOB_ID}.json`, JSON.stringify(Object.fromEntries(attributes)));',
    "copyFileSync(process.argv[2], `${PRINTED_FOLDER}/${IPP_JOB_ID}.bin`);",
    ...(impressions === undefined ? [] : [`process.stderr.write('ATTR: job-impressions-completed=${impressions}\\n');`]),
    `await sleep(${printingTimeMs});`,
    '',
  ];
  await writeFile(path, script.join('\n'), { mode: 0o755 });
  return path;
}

function busConfiguration(socket: string): string {
  return [
    '<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">',
    `<busconfig><type>system</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>`,
    '<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/></policy></busconfig>',
    '',
  ].join('\n');
}
