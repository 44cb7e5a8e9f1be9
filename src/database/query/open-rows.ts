import type { Session } from '../../sql/compile.ts'
import type { Type } from '../../sql/types/type.ts'
import type { ResultColumn } from '../database.ts'
import type { Encoder } from './encode/row-encoder.ts'
import type { ReadInsights } from './query-insights.ts'
import type { RowSource } from './row-source.ts'

export type QueryParameters = NonNullable<Session['parameters']>

/** How a text is to be understood: whose spelling, in which database, with which values of parameters. */
export type Reading = Pick<Session, 'dialect' | 'database' | 'parameters' | 'parameterTypes'>

/** A query whose rows are written in another form than the API's JSON. */
export interface RowsInput extends Reading {
  readonly queryString: string
  readonly insights?: boolean
  /** Makes what writes one row of these types. */
  readonly encoder: (types: readonly Type[]) => Encoder
}

export interface OpenRows {
  readonly columns: readonly ResultColumn[]
  /** `encoded`: as the encoder writes them. `json`: the few rows of SHOW, DESCRIBE, EXPLAIN and UNLOAD, in the API's JSON. */
  readonly form: 'encoded' | 'json'
  /** Whoever opened it closes it. */
  readonly source: RowSource
  readonly insights?: ReadInsights
}
