import type { CpuData } from '../tsbs.ts'

/** A rival that speaks SQL, with a table `cpu` of the benchmark's data. */
export interface SqlPeer {
  readonly name: string
  load(data: CpuData): Promise<void>
  /** Runs to the last row; answers the number of rows. */
  query(text: string): Promise<number>
  /** Bytes of its data on the disk, as they are now. */
  bytesOnDisk(): number
  /** Ends it and removes its data. */
  stop(): Promise<void>
}
