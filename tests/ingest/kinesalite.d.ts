declare module 'kinesalite' {
  import type { Server } from 'node:http'

  /** A server that speaks Kinesis; what it has is kept in memory, or in the folder `path`. */
  export default function kinesalite(options?: {
    readonly path?: string
    readonly createStreamMs?: number
    readonly updateStreamMs?: number
    readonly shardLimit?: number
  }): Server
}
