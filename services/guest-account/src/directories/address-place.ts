/** Where an address stands in a filter of one's own. */
export const ADDRESS_PLACE = '{address}';
