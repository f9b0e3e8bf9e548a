/** What the contract takes as a label's key. */
export const isLabelKey = (text: string): boolean => /^[a-z][a-z0-9_.-]{0,62}$/.test(text);
