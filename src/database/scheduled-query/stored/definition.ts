import type { Tags } from '../../../storage/table-record.ts'
import type { ErrorReportConfiguration } from '../scheduled-queries.ts'
import type { TargetConfiguration } from '../target/target-configuration.ts'

/** The document of a scheduled query; kind `scheduled-query`, key: its name. Only the tags change. */
export interface Definition {
  /** The last part of the ARN: the name, a dash and 16 hexadecimal digits. Never used twice. */
  readonly queryId: string
  readonly name: string
  readonly queryString: string
  readonly scheduleExpression: string
  readonly creationTimeMs: number
  readonly topicArn: string
  readonly executionRoleArn: string
  readonly errorReport: ErrorReportConfiguration
  readonly target?: TargetConfiguration
  readonly kmsKeyId?: string
  readonly tags: Tags
  /** As whom it reads and writes. */
  readonly owner: { readonly name: string; readonly isRoot: boolean }
  /** What makes a repeated creation the same: digests of the token and of all that was asked for. */
  readonly creation?: { readonly token: string; readonly request: string }
}

/** The name in `name-0123456789abcdef`; undefined for another form. */
export function nameOf(queryId: string): string | undefined {
  return /^(.+)-[0-9a-f]{16}$/s.exec(queryId)?.[1]
}
