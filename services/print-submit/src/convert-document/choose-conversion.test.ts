import { describe, expect, it } from 'vitest';
import { applyFinishing, type JobToApply } from '../deliver-job/apply-finishing.js';
import type { PrinterCapabilities } from '../queues/printer-capabilities.js';
import { chooseConversion, type Conversion } from './choose-conversion.js';
import { paperSize } from './paper-size.js';

const job: JobToApply & { readonly documentFormat: string } = {
  documentFormat: 'application/pdf', pages: 5, colorMode: 'color', sides: 'two-sided-short-edge', copies: 2, media: '', pageRanges: '',
};
const printer: PrinterCapabilities = {
  colorModes: ['color', 'monochrome'], sides: ['one-sided', 'two-sided-long-edge', 'two-sided-short-edge'], copiesMax: 9, color: true, media: ['na_letter_8.5x11in'], mediaDefault: 'na_letter_8.5x11in',
  documentFormats: ['image/pwg-raster'], raster: { resolutions: [150, 600, 300], types: ['sgray_8', 'srgb_8'], sheetBack: 'rotated' },
};

function chosen(said: Partial<PrinterCapabilities>, wanted: Partial<typeof job> = {}, wantedFormat = ''): Conversion | undefined {
  const [asJob, capabilities] = [{ ...job, ...wanted }, { ...printer, ...said }];
  return chooseConversion(asJob, applyFinishing(asJob, capabilities), capabilities, wantedFormat);
}

describe('a document', () => {
  it('is sent as an administrator says, whatever the printer takes, even where it was never heard', () => {
    expect(chosen({}, {}, 'application/pdf')).toBeUndefined();
    expect(chosen({ documentFormats: ['application/pdf'] }, {}, 'application/postscript')?.options[0]).toBe('-sDEVICE=ps2write');
    expect(chooseConversion(job, applyFinishing(job, undefined), undefined, 'application/vnd.hp-PCL')?.documentFormat).toBe('application/vnd.hp-PCL');
  });

  it.each([
    ['the printer takes it', { documentFormats: ['image/pwg-raster', 'application/pdf'] }, {}],
    ['the printer does not say what it takes', { documentFormats: [] }, {}],
    ['nothing can be made that the printer takes', { documentFormats: ['text/plain'] }, {}],
    ['the printer looks into documents itself, and does not say what it knows', { documentFormats: ['application/octet-stream'] }, {}],
    ['it is no PDF', {}, { documentFormat: 'image/jpeg' }],
  ])('goes as it is where %s', (_, said, wanted) => {
    expect(chosen(said, wanted)).toBeUndefined();
  });

  it.each([
    [['application/vnd.hp-PCL', 'application/postscript', 'IMAGE/PWG-RASTER'], 'image/pwg-raster', 'pwgraster'],
    [['application/octet-stream', 'image/urf'], 'image/urf', 'urf'],
    [['application/octet-stream', 'application/vnd.hp-PCL', 'application/postscript'], 'application/postscript', 'ps2write'],
    [['application/vnd.hp-PCLXL'], 'application/vnd.hp-PCLXL', 'pxlcolor'],
    [['application/vnd.hp-PCL', 'text/plain'], 'application/vnd.hp-PCL', 'ljet4d'],
  ])('for a printer that takes %j is made %s', (documentFormats, documentFormat, device) => {
    const conversion = chosen({ documentFormats });
    expect(conversion?.documentFormat).toBe(documentFormat);
    expect(conversion?.options[0]).toBe(`-sDEVICE=${device}`);
  });
});

describe('a conversion', () => {
  it('is to the printer\'s own measure: resolution, colour, paper, sides', () => {
    expect(chosen({})).toEqual({
      documentFormat: 'image/pwg-raster', pages: 5,
      options: ['-sDEVICE=pwgraster', '-dcupsBitsPerColor=8', '-dcupsColorSpace=19', '-r300', '-scupsBackSideOrientation=Rotated',
        '-dFIXEDMEDIA', '-dPDFFitPage', '-dDEVICEWIDTHPOINTS=612.00', '-dDEVICEHEIGHTPOINTS=792.00', '-dDuplex=true', '-dTumble=true'],
      finishing: { asked: { printColorMode: 'color', sides: 'two-sided-short-edge', copies: 2 }, notApplied: [] },
    });
    expect(chosen({ raster: { resolutions: [100, 200], types: ['srgb_8'], sheetBack: '-dSAFER=false' } })?.options.slice(3, 5)).toEqual(['-r200', '-dFIXEDMEDIA']);
    expect(chosen({ documentFormats: ['image/urf'], urf: ['W8', 'SRGB24', 'RS600-1200', 'DM2'] })?.options.slice(0, 5)).toEqual(['-sDEVICE=urf', '-dcupsBitsPerColor=8', '-dcupsColorSpace=19', '-r600', '-scupsBackSideOrientation=Flipped']);
  });

  it('leaves pages out and colours away by itself, and says where it has no colour', () => {
    const grey = chosen({ colorModes: [] }, { colorMode: 'monochrome', pageRanges: '2-3,5-9' });
    expect(grey).toMatchObject({ pages: 3, finishing: { asked: { sides: 'two-sided-short-edge', copies: 2 }, notApplied: [] } });
    expect(grey?.options).toEqual(expect.arrayContaining(['-dcupsColorSpace=18', '-sPageList=2-3,5']));
    expect(chosen({ raster: { resolutions: [], types: ['sgray_8'], sheetBack: '' } })?.finishing.notApplied).toEqual(['colorMode']);
    expect(chosen({ documentFormats: ['application/vnd.hp-PCL'] }, { pageRanges: '7' })).toMatchObject({ pages: 5, finishing: { notApplied: ['pageRanges', 'colorMode'] } });
  });
});

describe('paper', () => {
  it('is measured by its name', () => {
    expect(paperSize('iso_a4_210x297mm')).toEqual({ widthPt: expect.closeTo(595.28, 2), heightPt: expect.closeTo(841.89, 2) });
    expect(paperSize('na_letter_8.5x11in')).toEqual({ widthPt: 612, heightPt: 792 });
    for (const none of ['', 'letter', 'custom_0x0mm', 'x_1x99999999in', 'om_x_1x1km']) expect(paperSize(none)).toBeUndefined();
  });
});
