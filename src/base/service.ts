/**
 * A thing with a lifetime. `start` resolves when it serves; `drain` stops taking new work and waits for the work in hand;
 * `stop` releases what it holds. Started left to right, drained and stopped right to left (server/lifecycle.ts).
 */
export interface Service {
  readonly name: string
  start?(): Promise<void>
  drain?(): Promise<void>
  stop?(): Promise<void>
}
