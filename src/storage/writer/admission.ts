/** How many times what is free one table may hold: alone 80 % of everything; of two floods 44 % each, and a newcomer always finds room. */
const shareOfFree = 4

/**
 * Whether more may wait, of a table that has `own` waiting and with `all` waiting over all tables. The bound of a table follows what is left:
 * the more one has, the less it may add, so that it never takes the place of the others.
 */
export function mayWait(own: number, all: number, added: number, bound: number): boolean {
  const free = bound - all
  return free > 0 && added <= free && own + added <= shareOfFree * free
}
