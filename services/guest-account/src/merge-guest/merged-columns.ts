/** What stays of a guest who is somebody of a directory now, as columns of merged_account and of guest. */
export const MERGED_COLUMNS = {
  names: 'guest_account_id, pin_hash, card_hash, card_end, group_name, analytical_code',
  ofGuest: 'account_id, pin_hash, card_hash, card_end, group_name, analytical_code',
} as const;
