/** Characters of a set's name, at most. */
export const LONGEST_NAME = 200;
